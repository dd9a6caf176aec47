"""What happens, when, where and with whom; and how the public gets to see it."""

from app.programme.cards.views import pages as cards
from app.programme.feeds.views import pages as feeds
from app.programme.following.views import pages as following
from app.programme.now.views import pages as now
from app.programme.views import pages

__all__ = ["pages"]

for part in (cards, feeds, following, now):
    pages.register_blueprint(part)

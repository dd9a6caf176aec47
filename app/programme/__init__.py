"""What happens, when, where and with whom."""

from app.programme.feeds.views import pages as feeds
from app.programme.views import pages

__all__ = ["pages"]

pages.register_blueprint(feeds)

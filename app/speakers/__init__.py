"""What speakers do for themselves, and those who help them: their own pages at ``/speak``."""

from app.speakers.answering import pages as answering
from app.speakers.taking_part import pages as taking_part
from app.speakers.views import pages

__all__ = ["pages"]

for part in (taking_part, answering):
    pages.register_blueprint(part)

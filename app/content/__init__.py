"""Pages and news that organisers write."""

from app.content.views import pages

__all__ = ["pages"]

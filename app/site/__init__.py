"""The front door: home, search, site map, feedback, access keys, and what machines ask for."""

from app.site.views import pages

__all__ = ["pages"]

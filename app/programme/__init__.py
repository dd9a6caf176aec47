"""What happens, when, where and with whom."""

from app.programme.views import pages

__all__ = ["pages"]

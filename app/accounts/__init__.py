"""Who someone is and what they may see."""

from app.accounts.views import pages

__all__ = ["pages"]

"""Who someone is and what they may see."""

from app.accounts.views import pages
from app.web import headers

headers.keep_addresses(pages)

__all__ = ["pages"]

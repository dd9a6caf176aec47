"""Pages and news that organisers write."""

from app.content import models
from app.content.views import pages

__all__ = ["models", "pages"]

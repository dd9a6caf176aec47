"""How a person becomes a delegate."""

from app.registration.views import pages

__all__ = ["pages"]

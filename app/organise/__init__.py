"""The back office: one door, one guard."""

from app.organise.views import pages

__all__ = ["pages"]

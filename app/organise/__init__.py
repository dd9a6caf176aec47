"""The back office: one door, one guard, and no rules of its own.

Every part is registered on this blueprint and inherits the guard, so none can forget it.
"""

from app.accounts import guards
from app.organise.views import pages

pages.before_request(guards.require_organiser)

__all__ = ["pages"]

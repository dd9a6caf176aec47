"""Which entries of the audit log the current user may see."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement

from app.accounts import guards, roles
from app.registration.requirement_history import IS_ABOUT_REQUIREMENTS


def list_hidden() -> Sequence[ColumnElement[bool]]:
    """Return the conditions of the entries that are hidden from the current user."""
    return () if guards.can_read(roles.REQUIREMENT_CASES) else (IS_ABOUT_REQUIREMENTS,)

"""The audit log of delegates' requirements, separate from that of their bookings.

Not everyone who may read the history of bookings may know who has requirements.
"""

from typing import Final

from sqlalchemy import ColumnElement, or_

from app.delegates.models import Delegate
from app.delegates.requirement_models import SUBJECT_SUFFIX, TYPES
from app.history import services as history
from app.history.models import HistoryEntry

SUBJECT: Final = "requirements"  # followed by the reference of the booking
CHANGED: Final = "The access or dietary requirements were changed"
VIEWED: Final = "The access and dietary requirements were viewed"
REMOVED: Final = (
    "Access and dietary requirements were deleted: nobody at the old address approved the new one"
)
KINDS: Final = (SUBJECT, *(f"{one}{SUBJECT_SUFFIX}".strip() for one in TYPES))  # of subjects
LISTS: Final = tuple(f"{one} requirements" for one in TYPES)  # subjects of lists that were viewed
EMAILS: Final = frozenset({"requirements_changed", "access_answered"})  # that reveal requirements
# Summaries of earlier versions, whose entries are about the booking.
_MENTIONS_NEEDS: Final = HistoryEntry.summary.startswith("Changed: ") & or_(
    HistoryEntry.summary.endswith("needs"), HistoryEntry.summary.endswith("needs, answers")
)
IS_ABOUT_REQUIREMENTS: Final[ColumnElement[bool]] = or_(
    *(HistoryEntry.subject.startswith(f"{kind} ") for kind in KINDS),
    HistoryEntry.subject.in_(LISTS),
    HistoryEntry.subject.startswith("booking ")
    & or_(_MENTIONS_NEEDS, HistoryEntry.summary.in_((VIEWED, REMOVED))),
)


def get_subject(delegate: Delegate) -> str:
    """Return the audit log subject of a booking's requirements."""
    return f"{SUBJECT} {delegate.reference}"


def record(delegate: Delegate, summary: str, *, actor: str) -> None:
    """Record an event of a booking's requirements, never what they are."""
    history.record(summary, subject=get_subject(delegate), actor=actor)

"""Read-only queries about invitation codes."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import joinedload

from app import clock
from app.database import db, read_only_connection
from app.delegates.answer_json import Answers
from app.delegates.categories.queries import INVITATION
from app.errors import NotFound, require
from app.registration.invitations.models import InvitationCode

InvitationState = Literal["open", "used", "expired", "revoked"]
STATES: Final = ("open", "used", "expired", "revoked")
MAX_LIST = 5_000  # codes


def get_state(invitation: InvitationCode) -> InvitationState:
    """Return whether a code can be used now, or the reason why not."""
    if invitation.revoked_at is not None:
        return "revoked"
    if invitation.used >= invitation.uses:
        return "used"
    return "expired" if clock.now() >= invitation.expires_at else "open"


def find_by_code(typed: str) -> InvitationCode | None:
    """Return the invitation with a code, normalised, or None."""
    code = "".join(one for one in typed.upper() if one.isalnum())
    return db.session.scalar(select(InvitationCode).where(InvitationCode.code == code))


def get_invitation(number: int) -> InvitationCode:
    """Return the invitation with this number; raise NotFound if there is none."""
    return require(db.session.get(InvitationCode, number), NotFound("There is no such invitation"))


def has_held_place(answers: Answers) -> bool:
    """Return True if a place is kept for a person with these answers."""
    if INVITATION not in answers:
        return False
    statement = select(InvitationCode.id).where(
        InvitationCode.code == answers[INVITATION],
        InvitationCode.held > 0,
        InvitationCode.expires_at > clock.now(),
    )
    with read_only_connection(db.engine) as connection:
        return connection.execute(statement).first() is not None


def list_page(
    search: str, state: str, category: str, *, offset: int, limit: int
) -> tuple[Sequence[InvitationCode], int]:
    """Return a page of codes, the newest first, and their total number."""
    conditions = list(_iter_conditions(search, state, category))
    total = db.session.scalar(select(func.count(InvitationCode.id)).where(*conditions)) or 0
    rows = (
        select(InvitationCode)
        .where(*conditions)
        .options(joinedload(InvitationCode.category))
        .order_by(InvitationCode.id.desc())
    )
    return db.session.scalars(rows.offset(offset).limit(limit)).all(), total


def _iter_conditions(search: str, state: str, category: str) -> Iterator[ColumnElement[bool]]:
    columns = (InvitationCode.code, InvitationCode.email, InvitationCode.note)
    for word in search.split():
        yield or_(*(column.icontains(word, autoescape=True) for column in columns))
    if category:
        yield InvitationCode.category_id == int(category)
    now, is_revoked = clock.now(), InvitationCode.revoked_at.is_not(None)
    is_used = InvitationCode.used >= InvitationCode.uses
    is_expired = InvitationCode.expires_at <= now
    conditions = {
        "revoked": (is_revoked,),
        "used": (~is_revoked, is_used),
        "expired": (~is_revoked, ~is_used, is_expired),
        "open": (~is_revoked, ~is_used, ~is_expired),
    }
    yield from conditions.get(state, ())


def list_overdue(now: datetime, limit: int) -> Sequence[InvitationCode]:
    """Lock and list expired codes with kept places."""
    overdue = select(InvitationCode).where(
        InvitationCode.held > 0, InvitationCode.expires_at <= now
    )
    ordered = overdue.order_by(InvitationCode.id).limit(limit)
    return db.session.scalars(ordered.with_for_update()).all()


def is_anything_overdue() -> bool:
    """Return True if kept places may have to be released; it takes no lock."""
    overdue = select(InvitationCode.id).where(
        InvitationCode.held > 0, InvitationCode.expires_at <= clock.now()
    )
    with read_only_connection(db.engine) as connection:
        return connection.execute(overdue.limit(1)).first() is not None

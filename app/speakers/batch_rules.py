"""Recipients and exclusions of emails to many speakers, as SQL.

A page about a thousand speakers reads their names and the reasons in one statement; only those
whose email is shown or sent are loaded.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, bindparam, case, func, select

from app import clock
from app.database import db
from app.mail.models import SENT, WAITING, Email
from app.programme.models import Speaker
from app.speakers import queries
from app.speakers.checklist_conditions import CONDITIONS, HAS_OPEN_ITEM
from app.speakers.invitation_states import LAST_INVITATIONS
from app.speakers.list_filters import ADDRESS
from app.speakers.models import SpeakerAccess, SpeakerMailing
from app.speakers.recipients import INVITATION, MIN_EMAIL_INTERVAL, PLACE_REMINDER, REMINDER, THANKS

RECENTLY_EMAILED: Final = "was emailed less than 3 days ago"
NO_ADDRESS: Final = "has no contact email address"


class SpeakerRow(NamedTuple):
    """A speaker an email is for, and the reason for exclusion; "" for recipients."""

    id: int
    slug: str
    name: str
    reason: str


def _was_sent(*templates: str, within: timedelta | None = None) -> ColumnElement[bool]:
    """Match speakers to whom one of these emails was sent, ever or recently."""
    sent = select(SpeakerMailing.id).where(
        SpeakerMailing.speaker_id == Speaker.id, SpeakerMailing.template.in_(templates)
    )
    if within is not None:  # the time is bound when the statement is executed
        since = bindparam(
            "sent_since",
            callable_=lambda: clock.real_now() - within,
            type_=SpeakerMailing.sent_at.type,
        )
        sent = sent.where(SpeakerMailing.sent_at > since)
    return sent.correlate(Speaker).exists()


_HAS_WITHDRAWN: Final = Speaker.withdrawn_at.is_not(None)
_HAS_ACCESS: Final = (
    select(SpeakerAccess.id)
    .where(SpeakerAccess.speaker_id == Speaker.id, queries.IS_ACTIVE)
    .correlate(Speaker)
    .exists()
)
_IS_UNREACHABLE: Final = (ADDRESS == "") & ~_HAS_ACCESS
_INVITED_ADDRESSES: Final = select(func.lower(Email.recipient)).where(  # or queued
    Email.state.in_((WAITING, SENT)), Email.id.in_(LAST_INVITATIONS)
)


def _recently(*templates: str) -> ColumnElement[bool]:
    return _was_sent(*templates, within=MIN_EMAIL_INTERVAL)


def _choose(*reasons: tuple[ColumnElement[bool], str]) -> ColumnElement[str]:
    """Return the first reason that applies, or ""; later ones are not evaluated."""
    return case(*reasons, else_="")


REASONS: Final[Mapping[str, ColumnElement[str]]] = {
    "invitation": _choose(
        (_HAS_WITHDRAWN, "has withdrawn"),
        (ADDRESS == "", NO_ADDRESS),
        (
            _recently(INVITATION) & func.lower(ADDRESS).in_(_INVITED_ADDRESSES),
            RECENTLY_EMAILED,
        ),
    ),
    "reminder": _choose(
        (_HAS_WITHDRAWN, "has withdrawn"),
        (~_HAS_ACCESS, "has not been invited yet"),
        (~HAS_OPEN_ITEM, "has no open tasks"),
        (_recently(INVITATION, REMINDER), RECENTLY_EMAILED),
    ),
    "place": _choose(
        (
            _HAS_WITHDRAWN | ~CONDITIONS["place"].is_open,
            "has a place, or is not asked to take one",
        ),
        (_IS_UNREACHABLE, NO_ADDRESS),
        (_recently(PLACE_REMINDER), RECENTLY_EMAILED),
    ),
    "thanks": _choose(
        (
            _HAS_WITHDRAWN | Speaker.confirmed_at.is_(None),
            "has withdrawn, or has not confirmed",
        ),
        (_IS_UNREACHABLE, NO_ADDRESS),
        (_was_sent(THANKS), "has already been thanked"),
    ),
}


def list_rows(kind: str, slugs: Sequence[str] | None = None) -> Sequence[SpeakerRow]:
    """List the speakers with these slugs, by default all the email is for, by name."""
    condition: Any = queries.is_for_email(kind) if slugs is None else Speaker.slug.in_(slugs)
    rows = select(Speaker.id, Speaker.slug, Speaker.name, REASONS[kind]).where(condition)
    found = db.session.execute(rows.order_by(Speaker.name_sort_key, Speaker.id))
    return [SpeakerRow(*row) for row in found]

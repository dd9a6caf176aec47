"""How the invitation of each speaker stands: sent to which address, delivered, opened, acted on.

An invitation belongs to an address: a speaker whose contact address has changed since is not
invited yet. All times are real times, as those of emails and sign-ins are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any, Final, NamedTuple

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from app.accounts.models import Person
from app.database import db
from app.mail.models import FAILED
from app.programme.collation import sort_key
from app.programme.models import Speaker
from app.speakers import checklist, queries
from app.speakers.checklist import Progress
from app.speakers.checklist_queries import SpeakerIds
from app.speakers.models import SpeakerAccess, SpeakerMailing
from app.speakers.recipients import INVITATION

NO_ADDRESS, NOT_INVITED, UNDELIVERED = "no-address", "not-invited", "failed"
NOT_OPENED, OPENED, UNDER_WAY, COMPLETE = "not-opened", "opened", "under-way", "complete"
STATES: Final[Mapping[str, Any]] = {  # in the order in which organisers act on them
    NOT_INVITED: _l("Not invited yet"),
    UNDELIVERED: _l("Email failed"),
    NOT_OPENED: _l("Invited, not opened yet"),
    OPENED: _l("Opened, nothing done yet"),
    UNDER_WAY: _l("Some tasks done"),
    COMPLETE: _l("All tasks done"),
    NO_ADDRESS: _l("No contact email address"),
}
LIST_STATES: Final = {  # of the list of speakers, which does not look at their tasks
    **{state: STATES[state] for state in (NOT_INVITED, UNDELIVERED, NOT_OPENED)},
    OPENED: _l("Opened"),
    NO_ADDRESS: STATES[NO_ADDRESS],
}
TAKES_PART: Final = select(Speaker.id).where(Speaker.withdrawn_at.is_(None))
WITH_ACCESS: Final = TAKES_PART.where(
    Speaker.id.in_(select(SpeakerAccess.speaker_id).where(queries.IS_ACTIVE))
)


@dataclass(frozen=True)
class Invitation:
    """What became of the invitation of one speaker."""

    state: str
    address: str
    name: str  # of the speaker
    slug: str
    invited_at: datetime | None = None  # last
    invited_by: str = ""
    email_state: str = ""  # of the last invitation to this address; "" for none
    last_signed_in_at: datetime | None = None
    has_new_address: bool = False  # since they were invited

    @property
    def label(self) -> Any:
        """The state, in words."""
        return STATES[self.state]


@dataclass(frozen=True)
class InvitationGroup:
    """Speakers whose invitation stands alike: those on one page of the list."""

    state: str
    rows: Sequence[Invitation]
    total: int  # on all pages

    @property
    def label(self) -> Any:
        """The name of the group."""
        return STATES[self.state]


@dataclass(frozen=True)
class InvitationPage:
    """A page of the list of invitations, and how many there are of each state."""

    groups: Sequence[InvitationGroup]
    rows: Sequence[Invitation]
    total: int  # that match
    counts: Mapping[str, int]  # of all speakers, by state


def load(speakers: Sequence[Speaker]) -> Mapping[int, Invitation]:
    """Return the invitation of each speaker, by id, in three queries."""
    return _load([one.id for one in speakers])


def load_all() -> Mapping[int, Invitation]:
    """Return the invitations of all speakers who have not withdrawn, by speaker id."""
    return _load(TAKES_PART)


def list_page(state: str, search: str, *, offset: int, limit: int) -> InvitationPage:
    """List speakers who have not withdrawn, grouped by the state of invitation and tasks."""
    by_state = _group_by_state()
    words = sort_key(search).split()
    found = [
        one
        for key, rows in by_state.items()
        if state in ("", key)
        for one in rows
        if all(word in sort_key(f"{one.name} {one.address}") for word in words)
    ]
    shown = found[offset : offset + limit]
    return InvitationPage(
        [
            InvitationGroup(key, [*rows], len(by_state[key]))
            for key, rows in groupby(shown, lambda one: one.state)
        ],
        shown,
        len(found),
        {key: len(rows) for key, rows in by_state.items()},
    )


def list_slugs(states: Sequence[str]) -> Sequence[str]:
    """List the slugs of the speakers in these groups."""
    by_state = _group_by_state() if states else {}
    return [one.slug for state, rows in by_state.items() if state in states for one in rows]


def _group_by_state() -> Mapping[str, Sequence[Invitation]]:
    """Return all speakers by the state of their invitation and tasks, in the order of states."""
    progress = checklist.get_progress(WITH_ACCESS)
    by_state: dict[str, list[Invitation]] = {state: [] for state in STATES}
    for number, one in load_all().items():
        state = _choose_progress(number, progress) if one.state == OPENED else one.state
        by_state[state].append(one if state == one.state else replace(one, state=state))
    return by_state


def _choose_progress(number: int, progress: Progress) -> str:
    if number not in progress.with_open_items:
        return COMPLETE
    return UNDER_WAY if number in progress.begun else OPENED


def _load(ids: SpeakerIds) -> dict[int, Invitation]:
    access_rows: dict[int, list[_AccessRow]] = {}
    for row in db.session.execute(_select_access(ids)):
        access_rows.setdefault(row[0], []).append(_AccessRow(*row))
    rows = [_SpeakerRow(*row) for row in db.session.execute(_select_speakers(ids))]
    found = [(row, access_rows.get(row.id, ())) for row in rows]
    addresses = [_find_address(row, own) for row, own in found]
    is_short = not isinstance(ids, Select)
    email_states = queries.get_email_states(INVITATION, addresses if is_short else None)
    return {
        row.id: _build(row, address, own, email_states.get(address.lower(), ""))
        for (row, own), address in zip(found, addresses, strict=True)
    }


class _AccessRow(NamedTuple):
    """What an invitation needs to know of somebody with access to a speaker's pages."""

    speaker_id: int
    is_assistant: bool
    email: str
    last_signed_in_at: datetime | None


class _SpeakerRow(NamedTuple):
    """What an invitation needs to know of a speaker."""

    id: int
    slug: str
    name: str
    contact_address: str
    first_invited_at: datetime | None
    invited_at: datetime | None
    invited_by: str | None


def _select_access(ids: SpeakerIds) -> Select[Any]:
    """Select who has access, the speakers themselves before their assistants."""
    return (
        select(
            SpeakerAccess.speaker_id,
            SpeakerAccess.is_assistant,
            Person.email,
            Person.last_signed_in_at,
        )
        .join(Person, Person.id == SpeakerAccess.person_id)
        .where(SpeakerAccess.speaker_id.in_(ids), queries.IS_ACTIVE)
        .order_by(SpeakerAccess.is_assistant, Person.email)
    )


def _select_speakers(ids: SpeakerIds) -> Select[Any]:
    """Select speakers by name, with the first invitation and the last."""
    sent = (
        select(
            SpeakerMailing.speaker_id,
            func.min(SpeakerMailing.id).label("first"),
            func.max(SpeakerMailing.id).label("last"),
        )
        .where(SpeakerMailing.template == INVITATION, SpeakerMailing.speaker_id.in_(ids))
        .group_by(SpeakerMailing.speaker_id)
        .subquery()
    )
    first, last = aliased(SpeakerMailing), aliased(SpeakerMailing)
    return (
        select(
            Speaker.id,
            Speaker.slug,
            Speaker.name,
            Speaker.contact_address,
            first.sent_at,
            last.sent_at,
            last.actor,
        )
        .outerjoin(sent, sent.c.speaker_id == Speaker.id)
        .outerjoin(first, first.id == sent.c.first)
        .outerjoin(last, last.id == sent.c.last)
        .where(Speaker.id.in_(ids))
        .order_by(Speaker.name_sort_key, Speaker.id)
    )


def _find_address(row: _SpeakerRow, access_rows: Sequence[_AccessRow]) -> str:
    """Return the contact address, or else the one they sign in with; empty if unknown."""
    own = (one.email for one in access_rows if not one.is_assistant)
    return row.contact_address.strip() or next(own, "")


def _build(
    row: _SpeakerRow, address: str, access_rows: Sequence[_AccessRow], email_state: str
) -> Invitation:
    present = [one for one in access_rows if one.is_assistant or one.email == address.lower()]
    is_invited = row.invited_at is not None
    has_new_address = is_invited and all(one.is_assistant for one in present)
    opened_at = _find_last_sign_in(present)
    was_opened = opened_at and (row.first_invited_at is None or opened_at >= row.first_invited_at)
    state = _choose_state(
        address,
        is_invited=is_invited and not has_new_address,
        was_opened=bool(was_opened) and not has_new_address,
        is_undelivered=email_state == FAILED,
    )
    return Invitation(
        state=state,
        address=address,
        name=row.name,
        slug=row.slug,
        invited_at=row.invited_at,
        invited_by=row.invited_by or "",
        email_state=email_state,
        last_signed_in_at=_find_last_sign_in(access_rows),
        has_new_address=has_new_address,
    )


def _find_last_sign_in(access_rows: Sequence[_AccessRow]) -> datetime | None:
    moments = [one.last_signed_in_at for one in access_rows]
    return max((one for one in moments if one), default=None)


def _choose_state(address: str, *, is_invited: bool, was_opened: bool, is_undelivered: bool) -> str:
    if not address:
        return NO_ADDRESS
    if was_opened:
        return OPENED
    if not is_invited:
        return NOT_INVITED
    return UNDELIVERED if is_undelivered else NOT_OPENED

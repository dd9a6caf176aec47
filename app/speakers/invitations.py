"""The state of each speaker's invitation: sent to which address, delivered, opened, acted on.

An invitation belongs to an address: a speaker whose contact address has changed since is not
invited yet. All times are real times, like those of emails and sign-ins.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any, Final, NamedTuple

from sqlalchemy import BindParameter, Select, bindparam, func, select
from sqlalchemy.orm import aliased

from app.accounts.models import Person
from app.database import db
from app.mail.models import FAILED
from app.programme.models import Speaker
from app.speakers import invitation_states, queries
from app.speakers.invitation_states import (
    NO_ADDRESS,
    NOT_INVITED,
    NOT_OPENED,
    OPENED,
    STATES,
    UNDELIVERED,
)
from app.speakers.models import SpeakerAccess, SpeakerMailing
from app.speakers.recipients import INVITATION

SLUGS: Final = select(Speaker.id, Speaker.slug)


@dataclass(frozen=True)
class Invitation:
    """The invitation of one speaker and its result."""

    state: str
    address: str
    name: str  # of the speaker
    slug: str
    invited_at: datetime | None = None  # the last time
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
    """Speakers with the same state of invitation: those on one page of the list."""

    state: str
    rows: Sequence[Invitation]
    total: int  # on all pages

    @property
    def label(self) -> Any:
        """The name of the group."""
        return STATES[self.state]


@dataclass(frozen=True)
class InvitationPage:
    """A page of the list of invitations, and the number in each state."""

    groups: Sequence[InvitationGroup]
    rows: Sequence[Invitation]
    total: int  # matching
    counts: Mapping[str, int]  # of all speakers, by state


def load(speakers: Sequence[Speaker]) -> Mapping[int, Invitation]:
    """Return the invitation of each speaker, by id, in three queries."""
    return _load([speaker.id for speaker in speakers])


def list_page(state: str, search: str, *, offset: int, limit: int) -> InvitationPage:
    """List speakers who have not withdrawn, grouped by the state of invitation and tasks."""
    by_state = invitation_states.group_ids()
    matching = invitation_states.find_ids(search) if search else None
    found = [
        (number, key)
        for key, numbers in by_state.items()
        if state in ("", key)
        for number in numbers
        if matching is None or number in matching
    ]
    window = found[offset : offset + limit]
    known = _load([number for number, _ in window])
    page_invitations = [replace(known[number], state=key) for number, key in window]
    return InvitationPage(
        [
            InvitationGroup(key, [*rows], len(by_state[key]))
            for key, rows in groupby(page_invitations, lambda invitation: invitation.state)
        ],
        page_invitations,
        len(found),
        {key: len(numbers) for key, numbers in by_state.items()},
    )


def list_slugs(states: Sequence[str]) -> Sequence[str]:
    """List the slugs of the speakers in these groups."""
    by_state = invitation_states.group_ids() if states else {}
    numbers = [one for state, ids in by_state.items() if state in states for one in ids]
    slugs = dict(db.session.execute(SLUGS).tuples().all()) if numbers else {}
    return [slugs[number] for number in numbers]


def _load(ids: Collection[int]) -> dict[int, Invitation]:
    access_rows: dict[int, list[_AccessRow]] = {}
    for row in db.session.execute(ACCESS_ROWS, {"ids": ids}):
        access_rows.setdefault(row[0], []).append(_AccessRow(*row))
    rows = [_SpeakerRow(*row) for row in db.session.execute(SPEAKER_ROWS, {"ids": ids})]
    found = [(row, access_rows.get(row.id, ())) for row in rows]
    addresses = [_find_address(row, own) for row, own in found]
    email_states = queries.get_email_states(INVITATION, addresses)
    return {
        row.id: _build(row, address, own, email_states.get(address.lower(), ""))
        for (row, own), address in zip(found, addresses, strict=True)
    }


class _AccessRow(NamedTuple):
    """What an invitation needs to know about a person with access to a speaker's pages."""

    speaker_id: int
    is_assistant: bool
    email: str
    last_signed_in_at: datetime | None


class _SpeakerRow(NamedTuple):
    """What an invitation needs to know about a speaker."""

    id: int
    slug: str
    name: str
    contact_address: str
    first_invited_at: datetime | None
    invited_at: datetime | None
    invited_by: str | None


SPEAKER_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
ACCESS_ROWS: Final = (  # the speakers themselves before their assistants
    select(
        SpeakerAccess.speaker_id,
        SpeakerAccess.is_assistant,
        Person.email,
        Person.last_signed_in_at,
    )
    .join(Person, Person.id == SpeakerAccess.person_id)
    .where(SpeakerAccess.speaker_id.in_(SPEAKER_IDS), queries.IS_ACTIVE)
    .order_by(SpeakerAccess.is_assistant, Person.email)
)


def _select_speakers() -> Select[Any]:
    """Select speakers by name, with their first and last invitation."""
    sent = (
        select(
            SpeakerMailing.speaker_id,
            func.min(SpeakerMailing.id).label("first"),
            func.max(SpeakerMailing.id).label("last"),
        )
        .where(SpeakerMailing.template == INVITATION, SpeakerMailing.speaker_id.in_(SPEAKER_IDS))
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
        .where(Speaker.id.in_(SPEAKER_IDS))
        .order_by(Speaker.name_sort_key, Speaker.id)
    )


SPEAKER_ROWS: Final = _select_speakers()


def _find_address(row: _SpeakerRow, access_rows: Sequence[_AccessRow]) -> str:
    """Return the contact address, or else the one they sign in with; "" if unknown."""
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
    moments = [row.last_signed_in_at for row in access_rows]
    return max((moment for moment in moments if moment), default=None)


def _choose_state(address: str, *, is_invited: bool, was_opened: bool, is_undelivered: bool) -> str:
    if not address:
        return NO_ADDRESS
    if was_opened:
        return OPENED
    if not is_invited:
        return NOT_INVITED
    return UNDELIVERED if is_undelivered else NOT_OPENED

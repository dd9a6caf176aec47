"""How the invitation of each speaker stands: sent to which address, delivered, opened, acted on.

An invitation belongs to an address: a speaker whose contact address has changed since is not
invited yet. All times are real times, as those of emails and sign-ins are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.database import db
from app.mail.models import FAILED
from app.programme.models import Speaker
from app.speakers import checklist, queries, recipients
from app.speakers.checklist import ChecklistLine
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


@dataclass(frozen=True)
class Invitation:
    """What became of the invitation of one speaker."""

    state: str
    address: str
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
    """The speakers whose invitation stands alike."""

    state: str
    rows: Sequence[tuple[Speaker, Invitation]]

    @property
    def label(self) -> Any:
        """The name of the group."""
        return STATES[self.state]


def load(speakers: Sequence[Speaker]) -> Mapping[int, Invitation]:
    """Return the invitation of each speaker, by id, in three queries."""
    access_rows = queries.get_access_by_speaker(speakers)
    mailings = _get_mailings(speakers)
    addresses = {
        one.id: recipients.find_address(one, access_rows.get(one.id, ())) for one in speakers
    }
    email_states = queries.get_email_states(INVITATION, addresses.values())
    return {
        one.id: _build(
            addresses[one.id],
            access_rows.get(one.id, ()),
            mailings.get(one.id, ()),
            email_states.get(addresses[one.id].lower(), ""),
        )
        for one in speakers
    }


def list_groups() -> Sequence[InvitationGroup]:
    """Group all speakers who have not withdrawn by the state of their invitation and tasks."""
    speakers = db.session.scalars(
        select(Speaker)
        .where(Speaker.withdrawn_at.is_(None))
        .order_by(Speaker.name_sort_key, Speaker.id)
    ).all()
    found = load(speakers)
    progress = _get_progress([one for one in speakers if found[one.id].state == OPENED])
    groups: dict[str, list[tuple[Speaker, Invitation]]] = {state: [] for state in STATES}
    for one in speakers:
        groups[progress.get(one.id, found[one.id].state)].append((one, found[one.id]))
    return [InvitationGroup(state, rows) for state, rows in groups.items() if rows]


def list_slugs(states: Sequence[str]) -> Sequence[str]:
    """List the slugs of the speakers in these groups."""
    groups = list_groups() if states else ()
    return [one.slug for group in groups if group.state in states for one, _ in group.rows]


def load_all() -> Mapping[int, Invitation]:
    """Return the invitations of all speakers who have not withdrawn, by speaker id."""
    return load(db.session.scalars(select(Speaker).where(Speaker.withdrawn_at.is_(None))).all())


def _get_mailings(speakers: Sequence[Speaker]) -> Mapping[int, Sequence[tuple[datetime, str]]]:
    """Return when and by whom each speaker was invited, oldest first."""
    rows = db.session.execute(
        select(SpeakerMailing.speaker_id, SpeakerMailing.sent_at, SpeakerMailing.actor)
        .where(SpeakerMailing.speaker_id.in_([one.id for one in speakers]))
        .where(SpeakerMailing.template == INVITATION)
        .order_by(SpeakerMailing.id)
    )
    found: dict[int, list[tuple[datetime, str]]] = {}
    for number, moment, actor in rows:
        found.setdefault(number, []).append((moment, actor))
    return found


def _build(
    address: str,
    access_rows: Sequence[SpeakerAccess],
    mailings: Sequence[tuple[datetime, str]],
    email_state: str,
) -> Invitation:
    present = [
        one for one in access_rows if one.is_assistant or one.person.email == address.lower()
    ]
    has_new_address = bool(mailings) and all(one.is_assistant for one in present)
    opened_at = _find_last_sign_in(present)
    was_opened = opened_at and (not mailings or opened_at >= mailings[0][0])
    state = _choose_state(
        address,
        is_invited=bool(mailings) and not has_new_address,
        was_opened=bool(was_opened) and not has_new_address,
        is_undelivered=email_state == FAILED,
    )
    invited_at, invited_by = mailings[-1] if mailings else (None, "")
    return Invitation(
        state=state,
        address=address,
        invited_at=invited_at,
        invited_by=invited_by,
        email_state=email_state,
        last_signed_in_at=_find_last_sign_in(access_rows),
        has_new_address=has_new_address,
    )


def _find_last_sign_in(access_rows: Sequence[SpeakerAccess]) -> datetime | None:
    moments = [one.person.last_signed_in_at for one in access_rows]
    return max((one for one in moments if one), default=None)


def _choose_state(address: str, *, is_invited: bool, was_opened: bool, is_undelivered: bool) -> str:
    if not address:
        return NO_ADDRESS
    if was_opened:
        return OPENED
    if not is_invited:
        return NOT_INVITED
    return UNDELIVERED if is_undelivered else NOT_OPENED


def _get_progress(speakers: Sequence[Speaker]) -> Mapping[int, str]:
    """Return how far speakers have come who have opened their pages, by id."""
    if not speakers:
        return {}
    return {
        number: _choose_progress(lines)
        for number, lines in checklist.build_checklists(speakers).items()
    }


def _choose_progress(lines: Sequence[ChecklistLine]) -> str:
    if not any(line.state.is_open for line in lines):
        return COMPLETE
    return UNDER_WAY if checklist.has_begun(lines) else OPENED

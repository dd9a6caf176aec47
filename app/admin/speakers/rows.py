"""The rows of the list of speakers, as text; values that many rows share are formatted once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.mail.models import WAITING
from app.programme.collation import split_name
from app.programme.editing.speaker_queries import SpeakerRow
from app.programme.models import Speaker
from app.speakers.invitation_states import NOT_OPENED, OPENED, UNDELIVERED
from app.speakers.invitations import Invitation
from app.web.formatting import DayFormatter, FormattedMoment, site_time

MISSING_WORDS = {
    "biography": _l("biography"),
    "photo": _l("photo"),
    "contact-address": _l("email address"),
    "sessions": _l("sessions"),
}


@dataclass(frozen=True)
class Mark:
    """A state as text; ``look`` is the variant of the ``tag`` macro: "", "strong" or "warning"."""

    words: Any  # translated, or lazy
    look: str = ""


STATE_MARKS = {
    "withdrawn": Mark(_l("Withdrawn"), "warning"),
    "confirmed": Mark(_l("Confirmed"), "strong"),
    "not-confirmed": Mark(_l("Not confirmed")),
}
INVITATION_MARKS = {
    "new-address": Mark(_l("Email address changed"), "warning"),
    UNDELIVERED: Mark(_l("Email failed"), "warning"),
    WAITING: Mark(_l("Email being sent")),
    NOT_OPENED: Mark(_l("Not opened")),
    OPENED: Mark(_l("Opened"), "strong"),
}


@dataclass(frozen=True)
class InvitationText:
    """When a speaker was invited, the result, and who invited them."""

    invited: FormattedMoment | None
    mark: Mark | None
    invited_by: str  # "by Ada Lovelace", or ""
    signed_in: FormattedMoment | None  # the last time


@dataclass(frozen=True)
class SpeakerListRow:
    """A row of the list, as text."""

    speaker: Speaker
    name: tuple[str, str, str]  # text before the family name, family name, text after it
    sessions: int
    invitation: InvitationText
    state: Mark
    missing: str
    place: str


class RowFormatter:
    """Formats many speakers: each label is translated once, and each day is formatted once."""

    def __init__(self) -> None:
        self._days = DayFormatter()
        self._states = _translate(STATE_MARKS)
        self._invitations = _translate(INVITATION_MARKS)
        self._missing = {name: str(words) for name, words in MISSING_WORDS.items()}
        self._yes, self._no = gettext("Yes"), gettext("No")

    def build_row(
        self, row: SpeakerRow, invitation: Invitation, *, has_place: bool
    ) -> SpeakerListRow:
        """Return a row as text."""
        speaker = row.speaker
        without_place = "" if speaker.withdrawn_at else self._no
        return SpeakerListRow(
            speaker=speaker,
            name=split_name(speaker.name),
            sessions=row.sessions,
            invitation=self.describe_invitation(invitation),
            state=self._states[_choose_state(speaker)],
            missing=", ".join(self._missing[name] for name in row.missing),
            place=self._yes if has_place else without_place,
        )

    def describe_invitation(self, invitation: Invitation) -> InvitationText:
        """Return an invitation as text."""
        by = invitation.invited_by
        return InvitationText(
            invited=self._describe_day(invitation.invited_at),
            mark=self._invitations.get(_choose_mark(invitation)),
            invited_by=gettext("by %(who)s", who=by) if by else "",
            signed_in=self._describe_day(invitation.last_signed_in_at),
        )

    def _describe_day(self, moment: datetime | None) -> FormattedMoment | None:
        return self._days.describe(site_time(moment)) if moment else None


def _translate(marks: Mapping[str, Mark]) -> Mapping[str, Mark]:
    return {name: replace(mark, words=str(mark.words)) for name, mark in marks.items()}


def _choose_state(speaker: Speaker) -> str:
    if speaker.withdrawn_at:
        return "withdrawn"
    return "confirmed" if speaker.confirmed_at else "not-confirmed"


def _choose_mark(invitation: Invitation) -> str:
    """Return the name of the mark of an invitation, or "" if it needs none."""
    if invitation.has_new_address:
        return "new-address"
    if invitation.state == UNDELIVERED:
        return UNDELIVERED
    if invitation.email_state == WAITING:
        return WAITING
    if invitation.state == NOT_OPENED:
        return NOT_OPENED
    return OPENED if invitation.invited_at and invitation.last_signed_in_at else ""

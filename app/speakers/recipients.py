"""The recipients of emails about speakers' pages, with what decides whether they get one.

They are speakers, through everyone with access to their pages, and owners of sessions who do not
speak there: these have no checklist, only the texts of their sessions.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, Final

from app import clock
from app.accounts.models import Person
from app.database import db
from app.history import services as history
from app.programme.fields import sessions as session_fields
from app.programme.fields import speakers
from app.programme.models import Session, Speaker
from app.speakers import access, checklist, queries, session_owners
from app.speakers.checklist import PLACE, TAKING_PART, ChecklistLine
from app.speakers.models import OwnerMailing, RecipientKey, SpeakerAccess, SpeakerMailing

MIN_EMAIL_INTERVAL = timedelta(days=3)  # minimum time between two emails to one recipient
INVITATION, REMINDER, THANKS = "speaker_invited", "speaker_reminder", "speaker_thanks"
PLACE_REMINDER: Final = "speaker_place"
HISTORY_PHRASES: Final = {
    INVITATION: "was invited",
    REMINDER: "was reminded",
    THANKS: "was thanked",
    PLACE_REMINDER: "was reminded to confirm their place",
}


class Recipient(ABC):
    """A person who may get an email."""

    @property
    @abstractmethod
    def last_sent_at(self) -> Mapping[str, datetime]:
        """When each email was last sent to them, by template."""

    @property
    @abstractmethod
    def key(self) -> RecipientKey:
        """An identifier of the recipient."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The name for lists."""

    @property
    @abstractmethod
    def open_count(self) -> int:
        """The number of open tasks."""

    @property
    @abstractmethod
    def open_item_names(self) -> Collection[str]:
        """The names of the checklist items that are open."""

    @property
    @abstractmethod
    def email_addresses(self) -> Sequence[str]:
        """All addresses to which an email is sent."""

    @abstractmethod
    def email_context(self, template: str) -> dict[str, Any]:
        """Return the template variables about them."""

    @abstractmethod
    def get_person(self, address: str, actor: str) -> Person:
        """Return the person who signs in with a link to this address, granting access if needed."""

    @abstractmethod
    def record_sent(self, template: str, actor: str) -> None:
        """Record that an email was sent to them."""

    @abstractmethod
    def record_history(self, phrase: str, actor: str) -> None:
        """Add an entry to the history of the recipient."""


@dataclass(frozen=True)
class LoadedSpeakers:
    """Speakers who were loaded together, with data that only some emails need."""

    speakers: Sequence[Speaker]

    @cached_property
    def access_rows(self) -> Mapping[int, Sequence[SpeakerAccess]]:
        """The accesses to their pages, by speaker id."""
        return queries.get_access_by_speaker(self.speakers)

    @cached_property
    def last_sent_at(self) -> Mapping[int, Mapping[str, datetime]]:
        """When each email was last sent to them, by speaker id and template."""
        return queries.get_last_sent(self.speakers)

    @cached_property
    def sessions(self) -> Mapping[int, Sequence[Session]]:
        """Their sessions in the working programme, by speaker id."""
        return queries.get_sessions_by_speaker(self.speakers)


@dataclass(frozen=True)
class SpeakerRecipient(Recipient):
    """A speaker."""

    speaker: Speaker
    open_lines: Sequence[ChecklistLine]  # open checklist items
    batch: LoadedSpeakers  # the batch they were loaded in

    @property
    def access_rows(self) -> Sequence[SpeakerAccess]:
        """The accesses to the speaker's pages."""
        return self.batch.access_rows.get(self.speaker.id, ())

    @property
    def last_sent_at(self) -> Mapping[str, datetime]:
        """When each email was last sent to the speaker, by template."""
        return self.batch.last_sent_at.get(self.speaker.id, {})

    @property
    def open_count(self) -> int:
        """The number of open checklist items."""
        return len(self.open_lines)

    @property
    def key(self) -> RecipientKey:
        """The speaker's id."""
        return self.speaker.id, None

    @property
    def name(self) -> str:
        """The speaker's name."""
        return self.speaker.name

    @property
    def open_item_names(self) -> Collection[str]:
        """The names of the open checklist items."""
        return {line.item.name for line in self.open_lines}

    @property
    def email_address(self) -> str:
        """The speaker's contact address, or else the one they sign in with; "" if unknown."""
        return find_address(self.speaker, self.access_rows)

    @property
    def email_addresses(self) -> Sequence[str]:
        """The addresses of everyone with access, or else only the speaker's."""
        return [row.person.email for row in self.access_rows] or [self.email_address]

    def email_context(self, template: str) -> dict[str, Any]:
        """Return the speaker and the open items; for an invitation also their sessions."""
        context = {"speaker": self.speaker, "lines": self.open_lines}
        if template == PLACE_REMINDER:
            return context | {"confirm_by": self._get_deadline(PLACE)}
        if template != INVITATION:
            return context
        return context | {
            "sessions": self.batch.sessions.get(self.speaker.id, ()),
            "confirm_by": self._get_deadline(TAKING_PART),
        }

    def _get_deadline(self, name: str) -> date | None:
        return next((line.due_on for line in self.open_lines if line.item.name == name), None)

    def get_person(self, address: str, actor: str) -> Person:
        """Return the person with access; grant it to the speaker if there is none."""
        for row in self.access_rows:
            if row.person.email.lower() == address.strip().lower():
                return row.person
        return access.grant_own_access(self.speaker, address, actor=actor)

    def record_sent(self, template: str, actor: str) -> None:
        """Record the mailing, and add it to the history."""
        values = {"template": template, "sent_at": clock.real_now(), "actor": actor}
        db.session.add(SpeakerMailing(speaker_id=self.speaker.id, **values))
        self.record_history(HISTORY_PHRASES[template], actor)

    def record_history(self, phrase: str, actor: str) -> None:
        """Add an entry to the speaker's history."""
        subject = speakers.SPEAKER_FIELDS.history_subject(self.speaker)
        history.record(f"{self.name} {phrase}", subject=subject, actor=actor)


@dataclass(frozen=True)
class OwnerRecipient(Recipient):
    """A person who edits the text of sessions in which they do not speak."""

    owner: Person
    sessions: Sequence[Session]
    open_sessions: Sequence[Session]  # sessions with an open text
    sent_at: Mapping[str, datetime]  # when each email was last sent to them, by template

    @property
    def last_sent_at(self) -> Mapping[str, datetime]:
        """When each email was last sent to them, by template."""
        return self.sent_at

    def was_emailed_recently(self, *templates: str) -> bool:
        """Return True if one of these emails was sent to them within ``MIN_EMAIL_INTERVAL``."""
        recent = clock.real_now() - MIN_EMAIL_INTERVAL
        return any(
            self.sent_at[template] > recent for template in templates if template in self.sent_at
        )

    @property
    def open_count(self) -> int:
        """The number of open texts."""
        return len(self.open_sessions)

    @property
    def key(self) -> RecipientKey:
        """The person's id."""
        return None, self.owner.id

    @property
    def name(self) -> str:
        """The email address: nothing else is known about them."""
        return self.owner.email

    @property
    def open_item_names(self) -> Collection[str]:
        """The item for texts, if any text is open."""
        return {checklist.TEXTS} if self.open_sessions else ()

    @property
    def email_addresses(self) -> Sequence[str]:
        """The owner's address."""
        return [self.owner.email]

    def email_context(self, template: str) -> dict[str, Any]:
        """Return the sessions whose text is open, and the deadline."""
        return {
            "sessions": self.open_sessions,
            "wanted_by": queries.get_deadlines().get(checklist.TEXTS),
        }

    def get_person(self, address: str, actor: str) -> Person:
        """Return the owner."""
        return self.owner

    def record_sent(self, template: str, actor: str) -> None:
        """Record the mailing, and add it to the history."""
        values = {"template": template, "sent_at": clock.real_now(), "actor": actor}
        db.session.add(OwnerMailing(person_id=self.owner.id, **values))
        self.record_history(HISTORY_PHRASES[REMINDER], actor)

    def record_history(self, phrase: str, actor: str) -> None:
        """Add an entry to the history of each session, which outlives the owner's data."""
        for session in self.open_sessions:
            subject = session_fields.SESSION_FIELDS.history_subject(session)
            history.record(f"The owner of {session.title} {phrase}", subject=subject, actor=actor)


def find_address(speaker: Speaker, access_rows: Sequence[SpeakerAccess]) -> str:
    """Return the contact address, or else the one they sign in with; "" if unknown."""
    own = (row.person.email for row in access_rows if not row.is_assistant)
    return speaker.contact_address.strip() or next(own, "")


def load_speakers(
    speaker_rows: Sequence[Speaker], deadlines: Mapping[str, date] | None = None
) -> Sequence[SpeakerRecipient]:
    """Load recipients for these speakers, in a fixed number of queries."""
    open_items = checklist.list_open_items(speaker_rows, deadlines)
    batch = LoadedSpeakers(speaker_rows)
    return [SpeakerRecipient(row, open_items[row.id], batch) for row in speaker_rows]


def load_owners() -> Sequence[OwnerRecipient]:
    """Load recipients for all owners who do not speak, in a fixed number of queries."""
    sessions_by_owner: dict[Person, list[Session]] = {}
    for row in session_owners.list_owners_without_speaker_access():
        sessions_by_owner.setdefault(row.person, []).append(row.session)
    if not sessions_by_owner:
        return []
    states = checklist.list_owned_with_states(
        [session for sessions in sessions_by_owner.values() for session in sessions]
    )
    is_open = {session.id for session, state in states if state.is_open}
    last_sent_at = session_owners.get_last_sent(sessions_by_owner)
    return [
        OwnerRecipient(
            person,
            sessions,
            [session for session in sessions if session.id in is_open],
            last_sent_at.get(person.id, {}),
        )
        for person, sessions in sessions_by_owner.items()
    ]

"""Who gets letters about speakers’ pages, and what decides about it.

They are speakers, each by whoever keeps their pages, and the owners of sessions who do not speak
there and so have no list of a speaker: theirs are the texts of those sessions.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from app import clock
from app.accounts.models import Person
from app.database import db
from app.history import services as history
from app.programme.editing import of_sessions, of_speakers
from app.programme.models import Session, Speaker
from app.speakers import items, keeping, owned, queries
from app.speakers.items import Line
from app.speakers.models import Keeping, Key, Mailing, OwnerMailing

A_WHILE = timedelta(days=3)  # within which nobody is written to again
INVITED, REMINDER, THANKS = "speaker_invited", "speaker_reminder", "speaker_thanks"
SAYS: Final = {INVITED: "was invited", REMINDER: "was reminded", THANKS: "was thanked"}


@dataclass(frozen=True)
class Reader(ABC):
    """Somebody who may get a letter."""

    written: Mapping[str, datetime]  # when each letter went to them last

    field: ClassVar[str]  # in which a form names them

    @property
    def slug(self) -> str:
        """The address of their page in the back office, if they have one."""
        return ""

    @property
    @abstractmethod
    def key(self) -> Key:
        """What tells them from everybody else."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What people call them."""

    @property
    @abstractmethod
    def choice(self) -> str:
        """By what a form names them."""

    @property
    @abstractmethod
    def how_much(self) -> int:
        """How many things they have left to do."""

    @property
    @abstractmethod
    def left(self) -> Collection[str]:
        """The items of the list, by name, that they have left to do."""

    @property
    @abstractmethod
    def everybody(self) -> Sequence[str]:
        """All addresses to which a letter goes."""

    @abstractmethod
    def what(self) -> dict[str, Any]:
        """Give what a letter tells of them."""

    @abstractmethod
    def person(self, address: str, who: str) -> Person:
        """Find who signs in by the link in a letter to this address, or let them in."""

    @abstractmethod
    def note(self, letter: str, who: str) -> None:
        """Write down that a letter went to them."""

    @abstractmethod
    def record(self, says: str, who: str) -> None:
        """Let the history say something of them, where organisers look for it."""

    def was_written_to(self, *letters: str) -> bool:
        """Whether one of these letters went to them a short while ago."""
        recent = clock.real_now() - A_WHILE
        return any(self.written[one] > recent for one in letters if one in self.written)


@dataclass(frozen=True)
class KnownSpeaker(Reader):
    """A speaker."""

    speaker: Speaker
    keepers: Sequence[Keeping]
    lines: Sequence[Line]  # what is left to be done

    field = "chosen"

    @property
    def slug(self) -> str:
        """Where their page is."""
        return self.speaker.slug

    @property
    def choice(self) -> str:
        """The speaker’s address."""
        return self.speaker.slug

    @property
    def how_much(self) -> int:
        """How many items are open."""
        return len(self.lines)

    @property
    def key(self) -> Key:
        """The speaker’s number."""
        return self.speaker.id, None

    @property
    def name(self) -> str:
        """The speaker’s name."""
        return self.speaker.name

    @property
    def left(self) -> Collection[str]:
        """The items that are open."""
        return {line.item.name for line in self.lines}

    @property
    def address(self) -> str:
        """Where letters to the speaker go; nothing where nobody has said."""
        own = (one.person.email for one in self.keepers if not one.is_assistant)
        return next(own, self.speaker.contact_address)

    @property
    def everybody(self) -> Sequence[str]:
        """All who keep the pages, or else the speaker alone."""
        return [one.person.email for one in self.keepers] or [self.address]

    def what(self) -> dict[str, Any]:
        """Give the speaker, and what is open."""
        return {"speaker": self.speaker, "lines": self.lines}

    def person(self, address: str, who: str) -> Person:
        """Find who keeps the pages; let the speaker in who does not yet."""
        for one in self.keepers:
            if one.person.email == address:
                return one.person
        return keeping.let_speaker_in(self.speaker, address, who=who)

    def note(self, letter: str, who: str) -> None:
        """Write it down, and let the history say so."""
        sent = {"letter": letter, "sent_at": clock.real_now(), "who": who}
        db.session.add(Mailing(speaker_id=self.speaker.id, **sent))
        self.record(SAYS[letter], who)

    def record(self, says: str, who: str) -> None:
        """Put it to the speaker’s history."""
        about = of_speakers.KIND.about(self.speaker)
        history.record(f"{self.name} {says}", about=about, who=who)


@dataclass(frozen=True)
class KnownOwner(Reader):
    """Somebody who edits the text of sessions in which they do not speak."""

    owner: Person
    sessions: Sequence[Session]
    open_sessions: Sequence[Session]  # of which something is left to be written

    field = "owner"

    @property
    def choice(self) -> str:
        """The person’s number."""
        return str(self.owner.id)

    @property
    def how_much(self) -> int:
        """How many texts are open."""
        return len(self.open_sessions)

    @property
    def key(self) -> Key:
        """The person’s number."""
        return None, self.owner.id

    @property
    def name(self) -> str:
        """The address: nothing else is known of them."""
        return self.owner.email

    @property
    def left(self) -> Collection[str]:
        """Texts, if any is open."""
        return {items.TEXTS} if self.open_sessions else ()

    @property
    def everybody(self) -> Sequence[str]:
        """The owner alone."""
        return [self.owner.email]

    def what(self) -> dict[str, Any]:
        """Give the sessions whose text is open, and by when it is wanted."""
        return {
            "sessions": self.open_sessions,
            "wanted_by": queries.wanted_by().get(items.TEXTS),
        }

    def person(self, address: str, who: str) -> Person:
        """Give the owner."""
        return self.owner

    def note(self, letter: str, who: str) -> None:
        """Write it down, and let the history say so."""
        sent = {"letter": letter, "sent_at": clock.real_now(), "who": who}
        db.session.add(OwnerMailing(person_id=self.owner.id, **sent))
        self.record(SAYS[REMINDER], who)

    def record(self, says: str, who: str) -> None:
        """Put it to the history of each session, which outlives what is known of the owner."""
        for one in self.open_sessions:
            about = of_sessions.KIND.about(one)
            history.record(f"The owner of {one.title} {says}", about=about, who=who)


def speakers(wanted: Sequence[Speaker]) -> Sequence[KnownSpeaker]:
    """Gather what decides about letters to these speakers, in a few questions for all of them."""
    keepers, written = queries.keepers_of(wanted), queries.written_to(wanted)
    left = items.left_to_do(wanted)
    return [
        KnownSpeaker(written.get(one.id, {}), one, keepers.get(one.id, ()), left[one.id])
        for one in wanted
    ]


def owners() -> Sequence[KnownOwner]:
    """Gather what decides about letters to owners who do not speak, in a few questions for all."""
    found: dict[Person, list[Session]] = {}
    for row in owned.apart():
        found.setdefault(row.person, []).append(row.session)
    states = items.of_owned([one for sessions in found.values() for one in sessions])
    is_open = {session.id for session, state in states if state.is_open}
    written = owned.written_to(found)
    return [
        KnownOwner(
            written.get(person.id, {}),
            person,
            sessions,
            [one for one in sessions if one.id in is_open],
        )
        for person, sessions in found.items()
    ]

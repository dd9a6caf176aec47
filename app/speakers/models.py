"""What speakers keep for themselves: who keeps whose pages, and what was answered there.

What readers see of a speaker is the programme's. Here stands what only the organisers need to know.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Person
from app.database import Base
from app.programme.models import Session, Speaker

YES, NO = "yes", "no"
Key = tuple[int | None, int | None]  # of a speaker, or of a person who owns sessions
ANOTHER_TIME, WITHDRAWAL = "another time", "withdrawal"  # what is asked of the organisers


class Keeping(Base):
    """That somebody keeps a speaker's pages: the speaker themselves, or an assistant."""

    __tablename__ = "keeping"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    speaker_id: Mapped[int] = mapped_column(
        ForeignKey("speaker.id", ondelete="CASCADE"), index=True
    )
    is_assistant: Mapped[bool] = mapped_column(default=False, server_default=false())
    since: Mapped[datetime]
    named_by: Mapped[str]  # an address
    ended_at: Mapped[datetime | None] = mapped_column(default=None)

    person: Mapped[Person] = relationship()
    speaker: Mapped[Speaker] = relationship()

    __table_args__ = (
        Index(
            "ix_keeping_once",
            "speaker_id",
            "person_id",
            unique=True,
            sqlite_where=ended_at.is_(None),
        ),
    )


class Reply(Base):
    """What a speaker has told the organisers, and since when; without a moment, not yet."""

    __tablename__ = "reply"

    speaker_id: Mapped[int] = mapped_column(
        ForeignKey("speaker.id", ondelete="CASCADE"), primary_key=True
    )
    availability_at: Mapped[datetime | None] = mapped_column(default=None)
    needs_at: Mapped[datetime | None] = mapped_column(default=None)  # what they are: SpeakerNeeds
    audio_visual: Mapped[str] = mapped_column(Text, default="", server_default="")
    audio_visual_at: Mapped[datetime | None] = mapped_column(default=None)
    travel: Mapped[str] = mapped_column(Text, default="", server_default="")
    travel_at: Mapped[datetime | None] = mapped_column(default=None)
    recording: Mapped[str] = mapped_column(default="", server_default="")  # yes, no or nothing
    slides: Mapped[str] = mapped_column(default="", server_default="")  # likewise
    consent_at: Mapped[datetime | None] = mapped_column(default=None)

    __table_args__ = (
        CheckConstraint(
            "recording IN ('', 'yes', 'no') AND slides IN ('', 'yes', 'no')", name="known_consent"
        ),
    )


class SpeakerNeeds(Base):
    """What a speaker needs in order to take part: sensitive, and kept for a shorter time."""

    __tablename__ = "speaker_needs"

    speaker_id: Mapped[int] = mapped_column(
        ForeignKey("speaker.id", ondelete="CASCADE"), primary_key=True
    )
    access: Mapped[str] = mapped_column(Text)


class SpeakerRequest(Base):
    """What a speaker asks of the organisers, until they have seen to it."""

    __tablename__ = "speaker_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    speaker_id: Mapped[int] = mapped_column(
        ForeignKey("speaker.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str]
    words: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    who: Mapped[str]
    settled_at: Mapped[datetime | None] = mapped_column(default=None)

    speaker: Mapped[Speaker] = relationship()

    __table_args__ = (CheckConstraint("kind IN ('another time', 'withdrawal')", name="known_kind"),)


class SessionOwner(Base):
    """Who edits the text of a session; they need not speak in it."""

    __tablename__ = "session_owner"

    session_id: Mapped[int] = mapped_column(
        ForeignKey("session.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    named_at: Mapped[datetime]
    named_by: Mapped[str]

    session: Mapped[Session] = relationship()
    person: Mapped[Person] = relationship()


class WantedBy(Base):
    """The day by which an item of the list is wanted."""

    __tablename__ = "wanted_by"

    item: Mapped[str] = mapped_column(primary_key=True)  # its name in app.speakers.items
    day: Mapped[date]


class Mailing(Base):
    """That somebody was written to about a speaker's pages, so that nobody is pestered.

    Its moments are real ones, as those of letters are.
    """

    __tablename__ = "speaker_mailing"

    id: Mapped[int] = mapped_column(primary_key=True)
    speaker_id: Mapped[int] = mapped_column(ForeignKey("speaker.id", ondelete="CASCADE"))
    letter: Mapped[str]  # its name: speaker_invited
    sent_at: Mapped[datetime]
    who: Mapped[str]

    __table_args__ = (Index("ix_speaker_mailing_last", "speaker_id", "letter", "sent_at"),)


class OwnerMailing(Base):
    """That the owner of sessions was written to about their texts; its moments are real ones."""

    __tablename__ = "owner_mailing"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    letter: Mapped[str]  # its name: speaker_owns
    sent_at: Mapped[datetime]
    who: Mapped[str]

    __table_args__ = (Index("ix_owner_mailing_last", "person_id", "letter", "sent_at"),)


class PlannedReminder(Base):
    """A reminder that goes by itself to one speaker or owner, seen by organisers before it does.

    Whoever has nothing left to do when its moment comes is not written to.
    """

    __tablename__ = "planned_reminder"

    id: Mapped[int] = mapped_column(primary_key=True)
    speaker_id: Mapped[int | None] = mapped_column(
        ForeignKey("speaker.id", ondelete="CASCADE"), unique=True, default=None
    )
    person_id: Mapped[int | None] = mapped_column(  # of an owner
        ForeignKey("person.id", ondelete="CASCADE"), unique=True, default=None
    )
    goes_at: Mapped[datetime] = mapped_column(index=True)
    held_at: Mapped[datetime | None] = mapped_column(default=None)  # back, until it is let go
    held_by: Mapped[str] = mapped_column(default="", server_default="")

    __table_args__ = (
        CheckConstraint("(speaker_id IS NULL) <> (person_id IS NULL)", name="to_one"),
    )

    @property
    def key(self) -> Key:
        """To whom it goes."""
        return self.speaker_id, self.person_id

    def hold_back(self, at: datetime, by: str) -> None:
        """Let it not go until somebody lets it."""
        self.held_at, self.held_by = at, by

    def let_go(self, at: datetime) -> None:
        """Let it go again, at its own moment or, where that has passed, at this one."""
        self.held_at, self.held_by = None, ""
        self.goes_at = max(self.goes_at, at)


class CalendarKey(Base):
    """What the private address of a speaker's calendar signs; another one ends the old address."""

    __tablename__ = "speaker_calendar_key"

    speaker_id: Mapped[int] = mapped_column(
        ForeignKey("speaker.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]

    speaker: Mapped[Speaker] = relationship()


class TakenOff(Base):
    """That readers saw a speaker in a session and do so no more; their own calendar tells it."""

    __tablename__ = "taken_off"

    speaker_id: Mapped[int] = mapped_column(
        ForeignKey("speaker.id", ondelete="CASCADE"), primary_key=True
    )
    session_key: Mapped[str] = mapped_column(primary_key=True)


class ToldRelease(Base):
    """The release of which speakers have been told by letter what it changed; a single row."""

    __tablename__ = "told_release"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(ForeignKey("release.number"))

    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)

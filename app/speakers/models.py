"""Access to speakers' own pages, their answers there, and emails to them.

Public data about speakers is in the programme; this is for the organisers only.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Person
from app.database import Base
from app.programme.models import Session, Speaker

YES, NO = "yes", "no"
RecipientKey = tuple[int | None, int | None]  # of a speaker, or of a person who owns sessions
ANOTHER_TIME, WITHDRAWAL = "another time", "withdrawal"  # requested from the organisers
ANSWERED, TAKEN_BACK, REPLACED = "answered", "taken back", "replaced"  # outcomes of a request


class SpeakerAccess(Base):
    """The access of a person to a speaker's pages, as the speaker or as an assistant."""

    __tablename__ = "speaker_access"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    speaker_id: Mapped[int] = mapped_column(
        ForeignKey("speaker.id", ondelete="CASCADE"), index=True
    )
    is_assistant: Mapped[bool] = mapped_column(default=False, server_default=false())
    granted_at: Mapped[datetime]
    granted_by: Mapped[str]  # an email address
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)

    person: Mapped[Person] = relationship()
    speaker: Mapped[Speaker] = relationship()

    __table_args__ = (
        Index(
            "ix_speaker_access_once",
            "speaker_id",
            "person_id",
            unique=True,
            sqlite_where=revoked_at.is_(None),
        ),
    )


class SpeakerAnswers(Base):
    """A speaker's answers to the short questions; a time of None means not answered yet."""

    __tablename__ = "speaker_answers"

    speaker_id: Mapped[int] = mapped_column(
        ForeignKey("speaker.id", ondelete="CASCADE"), primary_key=True
    )
    availability_at: Mapped[datetime | None] = mapped_column(default=None)
    needs_at: Mapped[datetime | None] = mapped_column(default=None)  # to storing SpeakerNeeds
    audio_visual: Mapped[str] = mapped_column(Text, default="", server_default="")
    audio_visual_at: Mapped[datetime | None] = mapped_column(default=None)
    travel: Mapped[str] = mapped_column(Text, default="", server_default="")
    travel_at: Mapped[datetime | None] = mapped_column(default=None)
    recording: Mapped[str] = mapped_column(default="", server_default="")  # yes, no or ""
    slides: Mapped[str] = mapped_column(default="", server_default="")  # likewise
    consent_at: Mapped[datetime | None] = mapped_column(default=None)
    photo_declined_at: Mapped[datetime | None] = mapped_column(default=None)  # wants no photo

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
    """A speaker's request to the organisers, until they have resolved it."""

    __tablename__ = "speaker_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    speaker_id: Mapped[int] = mapped_column(
        ForeignKey("speaker.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str]
    message: Mapped[str] = mapped_column(Text)
    requested_at: Mapped[datetime]
    actor: Mapped[str]
    resolved_at: Mapped[datetime | None] = mapped_column(default=None)
    outcome: Mapped[str] = mapped_column(default="", server_default="")  # unknown for older ones
    resolved_by: Mapped[str] = mapped_column(default="", server_default="")  # an email address
    answer: Mapped[str] = mapped_column(Text, default="", server_default="")  # to the speaker

    speaker: Mapped[Speaker] = relationship()

    __table_args__ = (CheckConstraint("kind IN ('another time', 'withdrawal')", name="known_kind"),)

    def resolve(self, outcome: str, *, at: datetime, by: str, answer: str = "") -> None:
        """Close the request."""
        self.resolved_at, self.resolved_by = at, by
        self.outcome, self.answer = outcome, answer


class SessionOwner(Base):
    """The person who edits the text of a session; they need not speak in it."""

    __tablename__ = "session_owner"

    session_id: Mapped[int] = mapped_column(
        ForeignKey("session.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    granted_at: Mapped[datetime]
    granted_by: Mapped[str]

    session: Mapped[Session] = relationship()
    person: Mapped[Person] = relationship()


class ItemDeadline(Base):
    """The deadline of a checklist item."""

    __tablename__ = "item_deadline"

    item: Mapped[str] = mapped_column(primary_key=True)  # its name in app.speakers.checklist
    due_on: Mapped[date]


class SpeakerMailing(Base):
    """An email that was sent to a speaker, recorded to limit how often they are emailed.

    Its time is real time, as for all emails.
    """

    __tablename__ = "speaker_mailing"

    id: Mapped[int] = mapped_column(primary_key=True)
    speaker_id: Mapped[int] = mapped_column(ForeignKey("speaker.id", ondelete="CASCADE"))
    template: Mapped[str]  # its name: speaker_invited
    sent_at: Mapped[datetime]
    actor: Mapped[str]

    __table_args__ = (Index("ix_speaker_mailing_last", "speaker_id", "template", "sent_at"),)


class OwnerMailing(Base):
    """An email that was sent to the owner of sessions; its time is real time."""

    __tablename__ = "owner_mailing"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    template: Mapped[str]  # its name: speaker_owns
    sent_at: Mapped[datetime]
    actor: Mapped[str]

    __table_args__ = (Index("ix_owner_mailing_last", "person_id", "template", "sent_at"),)


class PlannedReminder(Base):
    """An automatic reminder to one speaker or owner, which organisers can review before it is sent.

    It is not sent to a person without open tasks at that time.
    """

    __tablename__ = "planned_reminder"

    id: Mapped[int] = mapped_column(primary_key=True)
    speaker_id: Mapped[int | None] = mapped_column(
        ForeignKey("speaker.id", ondelete="CASCADE"), unique=True, default=None
    )
    person_id: Mapped[int | None] = mapped_column(  # of an owner
        ForeignKey("person.id", ondelete="CASCADE"), unique=True, default=None
    )
    send_at: Mapped[datetime] = mapped_column(index=True)
    paused_at: Mapped[datetime | None] = mapped_column(default=None)  # until it is resumed
    paused_by: Mapped[str] = mapped_column(default="", server_default="")

    __table_args__ = (
        CheckConstraint("(speaker_id IS NULL) <> (person_id IS NULL)", name="to_one"),
    )

    @property
    def key(self) -> RecipientKey:
        """The key of its recipient."""
        return self.speaker_id, self.person_id

    def pause(self, at: datetime, by: str) -> None:
        """Do not send it until it is resumed."""
        self.paused_at, self.paused_by = at, by

    def resume(self, at: datetime) -> None:
        """Resume it for its planned time or, if that has passed, for ``at``."""
        self.paused_at, self.paused_by = None, ""
        self.send_at = max(self.send_at, at)


class CalendarKey(Base):
    """The key of a speaker's private calendar URL; a new key invalidates the URL."""

    __tablename__ = "speaker_calendar_key"

    speaker_id: Mapped[int] = mapped_column(
        ForeignKey("speaker.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]

    speaker: Mapped[Speaker] = relationship()


class RemovedAppearance(Base):
    """A published session that a speaker no longer appears in, for their calendar feed."""

    __tablename__ = "removed_appearance"

    speaker_id: Mapped[int] = mapped_column(
        ForeignKey("speaker.id", ondelete="CASCADE"), primary_key=True
    )
    session_key: Mapped[str] = mapped_column(primary_key=True)


class LastComparedRelease(Base):
    """The release to compare the next one with, to record removals; a single row."""

    __tablename__ = "last_compared_release"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(ForeignKey("release.number"))

    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)

"""The tables that organisers work on, and the releases that the public reads."""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    event,
    false,
)
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from app.database import Base
from app.programme import names

WAITING, DONE, CANCELLED, FAILED = "waiting", "done", "cancelled", "failed"  # of a plan
IN_ORDER = String().with_variant(String(collation="C"), "postgresql")  # the same on each database
DRAFT, CONFIRMED, WITHDRAWN = "draft", "confirmed", "withdrawn"  # of a session, or cancelled


class Edited:
    """What a row that organisers edit knows of its edits."""

    version: Mapped[int] = mapped_column(default=1, server_default="1")  # one more for each edit
    changed_at: Mapped[datetime | None] = mapped_column(default=None)
    notes: Mapped[str] = mapped_column(Text, default="", server_default="")  # never public


class Conference(Base):
    """The facts of the conference; a single row."""

    __tablename__ = "conference"

    id: Mapped[int] = mapped_column(primary_key=True)
    acronym: Mapped[str]
    title: Mapped[str]
    subtitle: Mapped[str] = mapped_column(default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    time_zone: Mapped[str]
    place: Mapped[str] = mapped_column(default="")
    summary: Mapped[str] = mapped_column(Text, default="")
    contact_email: Mapped[str] = mapped_column(default="")
    registration_opens_at: Mapped[datetime | None] = mapped_column(default=None)
    registration_closes_at: Mapped[datetime | None] = mapped_column(default=None)
    is_invented: Mapped[bool] = mapped_column(default=False)  # made up, to try things out
    walking_minutes: Mapped[int] = mapped_column(default=5, server_default="5")  # between rooms
    version: Mapped[int] = mapped_column(default=1, server_default="1")  # one more for each edit
    in_effect: Mapped[str] = mapped_column(Text, default="", server_default="")
    trusted_fields: Mapped[str] = mapped_column(default="", server_default="")  # by spaces
    current_release: Mapped[int | None] = mapped_column(ForeignKey("release.number"), default=None)

    __table_args__ = (
        CheckConstraint("id = 1", name="single_row"),
        CheckConstraint("starts_on <= ends_on", name="days_in_order"),
    )


class Theme(Edited, Base):
    """What sessions have in common: a word, a shape and a colour."""

    __tablename__ = "theme"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    summary: Mapped[str] = mapped_column(Text, default="")
    letter: Mapped[str] = mapped_column(default="")
    shape: Mapped[str] = mapped_column(default="circle")
    palette: Mapped[int] = mapped_column(default=1)
    colour: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=0)


class Room(Edited, Base):
    """A place where sessions happen."""

    __tablename__ = "room"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    capacity: Mapped[int | None] = mapped_column(default=None)
    description: Mapped[str] = mapped_column(Text, default="")
    features: Mapped[str] = mapped_column(default="")  # names of access features, by spaces
    is_illustrative: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)


class Speaker(Edited, Base):
    """A person who appears in a session."""

    __tablename__ = "speaker"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str] = mapped_column(default="")
    organisation: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(default="")
    biography: Mapped[str] = mapped_column(Text, default="")  # in English
    honorific: Mapped[str] = mapped_column(default="", server_default="")  # Professor, Dr
    pronunciation: Mapped[str] = mapped_column(default="", server_default="")  # of the name
    pronouns: Mapped[str] = mapped_column(default="", server_default="")
    biographies: Mapped[str] = mapped_column(
        Text, default="[]", server_default="[]"
    )  # JSON: [[language, text], …]
    links: Mapped[str] = mapped_column(Text, default="[]", server_default="[]")  # as of a session
    contact_address: Mapped[str] = mapped_column(default="", server_default="")  # never public
    confirmed_at: Mapped[datetime | None] = mapped_column(default=None)  # that they take part
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)
    found_by: Mapped[str] = mapped_column(Text, default="", server_default="")  # what search reads
    name_order: Mapped[str] = mapped_column(IN_ORDER, default="", server_default="")
    organisation_order: Mapped[str] = mapped_column(IN_ORDER, default="", server_default="")

    absences: Mapped[list["Absence"]] = relationship(
        order_by="Absence.starts_at", cascade="all, delete-orphan"
    )
    photo: Mapped["Photo | None"] = relationship(passive_deletes=True)


@event.listens_for(Speaker, "before_insert")
@event.listens_for(Speaker, "before_update")
def _let_be_found(_mapper: object, _connection: object, speaker: Speaker) -> None:
    """Keep what search and sorting read, without accents and case, whoever changes a speaker."""
    speaker.name_order = names.folded(speaker.name)
    speaker.organisation_order = names.folded(speaker.organisation or "")
    address = names.folded(speaker.contact_address or "")
    speaker.found_by = f"{speaker.name_order} {speaker.organisation_order} {address}"


class Session(Edited, Base):
    """Something that happens at the conference, at a time and usually in a room."""

    __tablename__ = "session"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    subtitle: Mapped[str] = mapped_column(default="")
    kind: Mapped[str] = mapped_column(default="")
    theme_id: Mapped[int | None] = mapped_column(ForeignKey("theme.id"), default=None)
    room_id: Mapped[int | None] = mapped_column(ForeignKey("room.id"), default=None)
    starts_at: Mapped[datetime | None] = mapped_column(default=None)
    ends_at: Mapped[datetime | None] = mapped_column(default=None)
    abstract: Mapped[str] = mapped_column(Text, default="")
    description: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(default="")
    licence: Mapped[str] = mapped_column(default="")
    links: Mapped[str] = mapped_column(Text, default="[]")  # JSON: [[address, label], …]
    is_recorded: Mapped[bool] = mapped_column(default=False)
    is_illustrative: Mapped[bool] = mapped_column(default=False)
    seats: Mapped[int | None] = mapped_column(default=None)  # how many may come; None: the room's
    is_draft: Mapped[bool] = mapped_column(default=False, server_default=false())  # not published
    cancelled_at: Mapped[datetime | None] = mapped_column(default=None)
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)
    title_order: Mapped[str] = mapped_column(IN_ORDER, default="", server_default="")

    theme: Mapped[Theme | None] = relationship()
    room: Mapped[Room | None] = relationship()
    appearances: Mapped[list["Appearance"]] = relationship(
        order_by="Appearance.position", cascade="all, delete-orphan"
    )

    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),
        Index("ix_session_starts_at", "starts_at"),
    )

    @property
    def state(self) -> str:
        """Where it stands: draft, confirmed or cancelled; withdrawn when a file left it out."""
        if self.withdrawn_at is not None:
            return WITHDRAWN
        if self.cancelled_at is not None:
            return CANCELLED
        return DRAFT if self.is_draft else CONFIRMED

    @property
    def is_for_readers(self) -> bool:
        """Whether it is part of what would be published now."""
        return self.state in {CONFIRMED, CANCELLED}


@event.listens_for(Session, "before_insert")
@event.listens_for(Session, "before_update")
def _let_its_title_be_found(_mapper: object, _connection: object, session: Session) -> None:
    """Keep the title as it is searched and sorted, without accents and case."""
    session.title_order = names.folded(session.title)


class Absence(Base):
    """A time at which a speaker cannot appear."""

    __tablename__ = "absence"

    id: Mapped[int] = mapped_column(primary_key=True)
    speaker_id: Mapped[int] = mapped_column(
        ForeignKey("speaker.id", ondelete="CASCADE"), index=True
    )
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),)


class Photo(Base):
    """A picture of a speaker, as readers are shown it.

    One that was replaced or taken away belongs to nobody, and is kept while readers see it. So
    does one that a speaker has handed in, which is kept while it is proposed.
    """

    __tablename__ = "photo"

    key: Mapped[str] = mapped_column(primary_key=True)  # its address: a hash of what it holds
    speaker_id: Mapped[int | None] = mapped_column(
        ForeignKey("speaker.id", ondelete="SET NULL"), unique=True, default=None
    )
    description: Mapped[str] = mapped_column(Text)  # for those who do not see it
    picture: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)  # a square JPEG
    made_at: Mapped[datetime]
    cut: Mapped[str] = mapped_column(default="50 50 100", server_default="50 50 100")
    whole: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True, default=None)
    has_whole: Mapped[bool] = column_property(whole.is_not(None))
    painting_until: Mapped[datetime | None] = mapped_column(default=None)  # lent to a worker
    painted_at: Mapped[datetime | None] = mapped_column(default=None)


class Rendition(Base):
    """A photo in one size and one kind of file."""

    __tablename__ = "rendition"

    photo_key: Mapped[str] = mapped_column(
        ForeignKey("photo.key", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(primary_key=True)  # avif, webp or jpg
    side: Mapped[int] = mapped_column(primary_key=True)  # pixels
    body: Mapped[bytes] = mapped_column(LargeBinary)


class Appearance(Base):
    """A speaker's part in a session: speaker, chair, panellist or moderator."""

    __tablename__ = "appearance"

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"))
    speaker_id: Mapped[int] = mapped_column(ForeignKey("speaker.id"), index=True)
    role: Mapped[str] = mapped_column(default="speaker")
    position: Mapped[int] = mapped_column(default=0)

    speaker: Mapped[Speaker] = relationship()

    __table_args__ = (UniqueConstraint("session_id", "speaker_id", "role"),)


class Release(Base):
    """The whole programme as it was published once; never changed."""

    __tablename__ = "release"

    number: Mapped[int] = mapped_column(primary_key=True)
    published_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(default="")
    who: Mapped[str] = mapped_column(default="", server_default="")  # published it
    overruled: Mapped[str] = mapped_column(Text, default="", server_default="")  # clashes, and why
    document: Mapped[str] = mapped_column(Text)  # JSON of app.programme.document.Document
    frozen_at: Mapped[datetime | None] = mapped_column(default=None)  # the rest of it, if earlier

    @property
    def why(self) -> str:
        """Why it was published in spite of clashes; nothing where there were none."""
        return self.overruled.partition("\n")[0]

    @property
    def clashes(self) -> list[str]:
        """The clashes that stood in it, a line each."""
        return self.overruled.split("\n")[1:]


class Revision(Base):
    """How often readers were told something else of a session: what calendars go by.

    It never falls, whichever release is shown, and it outlives the session: those who have it
    in their calendars are told that it was withdrawn.
    """

    __tablename__ = "revision"

    key: Mapped[str] = mapped_column(primary_key=True)
    slug: Mapped[str]
    title: Mapped[str]
    starts_at: Mapped[datetime | None] = mapped_column(default=None)  # as last told
    ends_at: Mapped[datetime | None] = mapped_column(default=None)
    sequence: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime]
    is_withdrawn: Mapped[bool] = mapped_column(default=False)


class PlannedRelease(Base):
    """That the working programme will be published at a set moment."""

    __tablename__ = "planned_release"

    id: Mapped[int] = mapped_column(primary_key=True)
    publish_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(default="")
    overrules: Mapped[str] = mapped_column(Text, default="")  # why clashes may stand
    accepted: Mapped[str] = mapped_column(Text, default="")  # those clashes, a line each
    who: Mapped[str]
    planned_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default=WAITING)
    outcome: Mapped[str] = mapped_column(Text, default="")  # why it failed, in a sentence
    release_number: Mapped[int | None] = mapped_column(ForeignKey("release.number"), default=None)

    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'done', 'cancelled', 'failed')", name="known_state"),
        Index("ix_planned_release_state", "state", "publish_at"),
    )


class Preview(Base):
    """A link that shows the working programme to whoever holds it, for a while."""

    __tablename__ = "preview"

    id: Mapped[int] = mapped_column(primary_key=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)  # SHA-256 of what the link holds
    label: Mapped[str] = mapped_column(default="")  # for whom it was made
    who: Mapped[str]
    made_at: Mapped[datetime]  # this and the others by the real clock
    expires_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)

    def has_ended(self, now: datetime) -> bool:
        """Whether it shows nothing more."""
        return self.withdrawn_at is not None or self.expires_at <= now


class Upload(Base):
    """A programme file that was handed in, until it is loaded or a day has gone."""

    __tablename__ = "upload"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    who: Mapped[str]
    uploaded_at: Mapped[datetime]
    is_merged: Mapped[bool]  # it only adds and changes; else what it does not hold is withdrawn
    seen: Mapped[str]  # what the working programme was when it was tried (loading.fingerprint)
    told: Mapped[str] = mapped_column(Text)  # JSON of what trying it showed

"""Tables of the working programme, and the releases made from it."""

from datetime import date, datetime
from typing import Any

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
from app.programme import collation

THEME_SHAPES = ("circle", "triangle", "square", "diamond", "hexagon", "star", "cross", "pentagon")
PALETTE_SIZE = 12  # numbered colours in the style sheets

CANCELLED = "cancelled"  # of a session
SORT_KEY_TYPE = String().with_variant(
    String(collation="C"), "postgresql"
)  # the same on both databases
OPEN_TO_ALL, BOOKABLE = "open", "bookable"  # of a session
DRAFT, CONFIRMED, WITHDRAWN = "draft", "confirmed", "withdrawn"  # of a session, or cancelled


class Editable:
    """Columns of every entity that organisers edit."""

    version: Mapped[int] = mapped_column(default=1, server_default="1")  # one more for each edit
    changed_at: Mapped[datetime | None] = mapped_column(default=None)
    notes: Mapped[str] = mapped_column(Text, default="", server_default="")  # never public


class Conference(Base):
    """The conference and its settings; a single row."""

    __tablename__ = "conference"

    id: Mapped[int] = mapped_column(primary_key=True)
    acronym: Mapped[str]
    title: Mapped[str]
    subtitle: Mapped[str] = mapped_column(default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    time_zone: Mapped[str]
    place: Mapped[str] = mapped_column(default="")
    coordinates: Mapped[str] = mapped_column(default="", server_default="")  # of the venue
    doors_open: Mapped[str] = mapped_column(default="", server_default="")  # times of day
    summary: Mapped[str] = mapped_column(Text, default="")
    contact_email: Mapped[str] = mapped_column(default="")
    registration_opens_at: Mapped[datetime | None] = mapped_column(default=None)
    registration_closes_at: Mapped[datetime | None] = mapped_column(default=None)
    is_demo: Mapped[bool] = mapped_column(default=False)  # demo data
    walking_minutes: Mapped[int] = mapped_column(default=5, server_default="5")  # between rooms
    version: Mapped[int] = mapped_column(default=1, server_default="1")  # one more for each edit
    public_settings: Mapped[str] = mapped_column(Text, default="", server_default="")
    trusted_fields: Mapped[str] = mapped_column(default="", server_default="")  # space-separated
    email_paragraph: Mapped[str] = mapped_column(Text, default="", server_default="")
    email_signatory: Mapped[str] = mapped_column(default="", server_default="")
    current_release: Mapped[int | None] = mapped_column(ForeignKey("release.number"), default=None)

    __table_args__ = (
        CheckConstraint("id = 1", name="single_row"),
        CheckConstraint("starts_on <= ends_on", name="days_in_order"),
    )


def _first_slug(context: Any) -> str:
    return str(context.get_current_parameters()["slug"])


class Theme(Editable, Base):
    """A theme that sessions share: name, shape and colour."""

    __tablename__ = "theme"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True, default=_first_slug)  # missing in older backups
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    short_name: Mapped[str] = mapped_column(default="", server_default="")  # short form for lists
    summary: Mapped[str] = mapped_column(Text, default="")
    letter: Mapped[str] = mapped_column(default="")
    shape: Mapped[str] = mapped_column(default="circle")
    palette: Mapped[int] = mapped_column(default=1)
    colour: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=0)


class Room(Editable, Base):
    """A room in which sessions take place."""

    __tablename__ = "room"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    capacity: Mapped[int | None] = mapped_column(default=None)
    description: Mapped[str] = mapped_column(Text, default="")
    features: Mapped[str] = mapped_column(default="")  # access features, space-separated
    is_illustrative: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)


class Speaker(Editable, Base):
    """A person who appears in sessions, in whatever role."""

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
    links: Mapped[str] = mapped_column(Text, default="[]", server_default="[]")  # as for sessions
    contact_address: Mapped[str] = mapped_column(default="", server_default="")  # never public
    confirmed_at: Mapped[datetime | None] = mapped_column(default=None)  # that they take part
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)
    search_text: Mapped[str] = mapped_column(Text, default="", server_default="")  # for the search
    name_sort_key: Mapped[str] = mapped_column(SORT_KEY_TYPE, default="", server_default="")
    organisation_sort_key: Mapped[str] = mapped_column(SORT_KEY_TYPE, default="", server_default="")

    absences: Mapped[list["Absence"]] = relationship(
        order_by="Absence.starts_at", cascade="all, delete-orphan"
    )
    photo: Mapped["Photo | None"] = relationship(passive_deletes=True)


@event.listens_for(Speaker, "before_insert")
@event.listens_for(Speaker, "before_update")
def _update_search_and_sort_keys(_mapper: object, _connection: object, speaker: Speaker) -> None:
    """Update the columns for searching and sorting, which ignore accents and case."""
    speaker.name_sort_key = collation.person_sort_key(speaker.name)
    speaker.organisation_sort_key = collation.sort_key(speaker.organisation or "")
    others = (speaker.name, speaker.organisation, speaker.contact_address)
    speaker.search_text = " ".join(collation.sort_key(text or "") for text in others)


class Session(Editable, Base):
    """A session of the conference, which may not have a time or a room yet."""

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
    links: Mapped[str] = mapped_column(Text, default="[]")  # JSON: [[URL, label], …]
    keywords: Mapped[str] = mapped_column(
        Text, default="[]", server_default="[]"
    )  # JSON: [word, …]
    is_recorded: Mapped[bool] = mapped_column(default=False)
    is_illustrative: Mapped[bool] = mapped_column(default=False)
    seats: Mapped[int | None] = mapped_column(default=None)  # None: the room's capacity
    booking: Mapped[str] = mapped_column(default=OPEN_TO_ALL, server_default=OPEN_TO_ALL)
    seats_reason: Mapped[str] = mapped_column(
        Text, default="", server_default=""
    )  # why there are more seats than the room has; never public
    serves_food: Mapped[bool] = mapped_column(
        default=False, server_default=false()
    )  # a meal, for the caterer; never public
    is_draft: Mapped[bool] = mapped_column(default=False, server_default=false())  # not published
    cancelled_at: Mapped[datetime | None] = mapped_column(default=None)
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)
    title_sort_key: Mapped[str] = mapped_column(SORT_KEY_TYPE, default="", server_default="")

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
        """The state: draft, confirmed, cancelled, or withdrawn if it was missing in an import."""
        if self.withdrawn_at is not None:
            return WITHDRAWN
        if self.cancelled_at is not None:
            return CANCELLED
        return DRAFT if self.is_draft else CONFIRMED

    @property
    def is_publishable(self) -> bool:
        """Whether the session would be public if the programme were published now."""
        return not self.is_draft and self.withdrawn_at is None

    @property
    def booking_seats(self) -> int | None:
        """The seats that people may book: limited by the capacity, unless a reason allows more."""
        if self.booking != BOOKABLE:
            return None
        capacity = self.room.capacity if self.room else None
        if self.seats is None or capacity is None or self.seats_reason:
            return self.seats or capacity or 0
        return min(self.seats, capacity)


@event.listens_for(Session, "before_insert")
@event.listens_for(Session, "before_update")
def _update_title_sort_key(_mapper: object, _connection: object, session: Session) -> None:
    """Update the title's sort key, which ignores accents and case."""
    session.title_sort_key = collation.sort_key(session.title)


class Absence(Base):
    """A period in which a speaker is not available."""

    __tablename__ = "absence"

    id: Mapped[int] = mapped_column(primary_key=True)
    speaker_id: Mapped[int] = mapped_column(
        ForeignKey("speaker.id", ondelete="CASCADE"), index=True
    )
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),)


class Photo(Base):
    """A photo of a speaker.

    A replaced or removed photo has no speaker, and is kept while it is public; so is an uploaded
    photo while it is proposed.
    """

    __tablename__ = "photo"

    key: Mapped[str] = mapped_column(primary_key=True)  # in its URL; a hash of speaker and picture
    speaker_id: Mapped[int | None] = mapped_column(
        ForeignKey("speaker.id", ondelete="SET NULL"), unique=True, default=None
    )
    description: Mapped[str] = mapped_column(Text)  # text alternative
    picture: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)  # a square JPEG
    created_at: Mapped[datetime]
    crop: Mapped[str] = mapped_column(default="50 50 100", server_default="50 50 100")
    original: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True, default=None)
    has_original: Mapped[bool] = column_property(original.is_not(None))
    # until when a worker has leased it, or a retry is postponed
    rendering_until: Mapped[datetime | None] = mapped_column(default=None)
    render_attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    rendered_at: Mapped[datetime | None] = mapped_column(default=None)


class Rendition(Base):
    """A photo in one size and format."""

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


class SlugRedirect(Base):
    """A former slug of a session, speaker, room or theme."""

    __tablename__ = "slug_redirect"

    kind: Mapped[str] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str]  # of the last entity with this slug

    __table_args__ = (
        CheckConstraint("kind IN ('session', 'speaker', 'room', 'theme')", name="known_kind"),
    )


class Release(Base):
    """A snapshot of the programme as it was published; it never changes."""

    __tablename__ = "release"

    number: Mapped[int] = mapped_column(primary_key=True)
    published_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(default="")
    published_by: Mapped[str] = mapped_column(default="", server_default="")  # or by whom
    clash_override: Mapped[str] = mapped_column(
        Text, default="", server_default=""
    )  # accepted clashes, and the reason
    snapshot: Mapped[str] = mapped_column(Text)  # JSON of app.programme.snapshot.Snapshot
    snapshot_at: Mapped[datetime | None] = mapped_column(default=None)  # if earlier (auto-approval)

    @property
    def override_reason(self) -> str:
        """The reason to publish in spite of clashes, or ""."""
        return self.clash_override.partition("\n")[0]

    @property
    def clashes(self) -> list[str]:
        """The clashes that were accepted, one per line."""
        return self.clash_override.split("\n")[1:]

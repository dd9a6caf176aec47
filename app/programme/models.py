"""The tables that organisers work on, and the releases that the public reads."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base


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
    current_release: Mapped[int | None] = mapped_column(ForeignKey("release.number"), default=None)

    __table_args__ = (
        CheckConstraint("id = 1", name="single_row"),
        CheckConstraint("starts_on <= ends_on", name="days_in_order"),
    )


class Theme(Base):
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


class Room(Base):
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


class Speaker(Base):
    """A person who appears in a session."""

    __tablename__ = "speaker"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str] = mapped_column(default="")
    organisation: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(default="")
    biography: Mapped[str] = mapped_column(Text, default="")
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)


class Session(Base):
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
    cancelled_at: Mapped[datetime | None] = mapped_column(default=None)
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)

    theme: Mapped[Theme | None] = relationship()
    room: Mapped[Room | None] = relationship()
    appearances: Mapped[list["Appearance"]] = relationship(
        order_by="Appearance.position", cascade="all, delete-orphan"
    )

    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),
        Index("ix_session_starts_at", "starts_at"),
    )


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
    document: Mapped[str] = mapped_column(Text)  # JSON of app.programme.document.Document

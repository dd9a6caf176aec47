"""Tables about releases: revisions, schedules, preview links, activations and share images."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base

WAITING, DONE, CANCELLED, FAILED = "waiting", "done", "cancelled", "failed"


class Revision(Base):
    """How often a session has changed for the public: SEQUENCE in calendars (RFC 5545).

    It never decreases, whichever release is current, and it outlives the session, so that calendars
    learn of its withdrawal.
    """

    __tablename__ = "revision"

    key: Mapped[str] = mapped_column(primary_key=True)
    slug: Mapped[str]
    title: Mapped[str]
    starts_at: Mapped[datetime | None] = mapped_column(default=None)  # as last public
    ends_at: Mapped[datetime | None] = mapped_column(default=None)
    sequence: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime]
    is_withdrawn: Mapped[bool] = mapped_column(default=False)


class ScheduledRelease(Base):
    """A release that will be published at a set time."""

    __tablename__ = "scheduled_release"

    id: Mapped[int] = mapped_column(primary_key=True)
    publish_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(default="")
    override_reason: Mapped[str] = mapped_column(Text, default="")  # reason to accept clashes
    accepted_clashes: Mapped[str] = mapped_column(Text, default="")  # one per line
    scheduled_by: Mapped[str]
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default=WAITING)
    outcome: Mapped[str] = mapped_column(Text, default="")  # why it failed, in a sentence
    release_number: Mapped[int | None] = mapped_column(ForeignKey("release.number"), default=None)

    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'done', 'cancelled', 'failed')", name="known_state"),
        Index("ix_scheduled_release_state", "state", "publish_at"),
    )


class PreviewLink(Base):
    """A link that shows the working programme to anyone who has it, for a limited time."""

    __tablename__ = "preview_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)  # SHA-256 of the secret in the link
    label: Mapped[str] = mapped_column(default="")  # the recipient
    created_by: Mapped[str]
    created_at: Mapped[datetime]  # real time, not the site clock (also below)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)

    def has_ended(self, now: datetime) -> bool:
        """Return True if the link was revoked or has expired."""
        return self.revoked_at is not None or self.expires_at <= now


SESSION, SPEAKER, ROOM, THEME = "session", "speaker", "room", "theme"  # with slug redirects


class ReleaseActivation(Base):
    """A moment at which a release became current; rows never change.

    A release is activated when it is published, and again after each rollback to it.
    """

    __tablename__ = "release_activation"

    id: Mapped[int] = mapped_column(primary_key=True)
    release_number: Mapped[int] = mapped_column(ForeignKey("release.number"))
    ordinal: Mapped[int]  # 1 when it was published, 2 when it was first restored, and so on
    previous_release: Mapped[int | None] = mapped_column(ForeignKey("release.number"), default=None)
    activated_at: Mapped[datetime]
    change_summary: Mapped[str | None] = mapped_column(Text, default=None)  # JSON of ChangeSummary

    __table_args__ = (
        UniqueConstraint("release_number", "ordinal"),
        CheckConstraint("ordinal >= 1", name="counted_from_one"),
    )


class ShareImage(Base):
    """The share image of a session; different content makes another row."""

    __tablename__ = "card"

    key: Mapped[str] = mapped_column(primary_key=True)  # public URL; a hash of its content
    picture: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime]

"""Which release readers saw from when on, and where things were before they moved."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base

SESSION, SPEAKER = "session", "speaker"  # kinds of things that have an address


class Showing(Base):
    """That readers have seen a release from a moment on; a row is never changed.

    A release is shown when it is published, and again each time somebody goes back to it.
    """

    __tablename__ = "showing"

    id: Mapped[int] = mapped_column(primary_key=True)
    release_number: Mapped[int] = mapped_column(ForeignKey("release.number"))
    turn: Mapped[int]  # 1 when it was published, 2 when it was first shown again, and so on
    instead_of: Mapped[int | None] = mapped_column(ForeignKey("release.number"), default=None)
    began_at: Mapped[datetime]
    differences: Mapped[str | None] = mapped_column(Text, default=None)  # JSON of Differences

    __table_args__ = (
        UniqueConstraint("release_number", "turn"),
        CheckConstraint("turn >= 1", name="counted_from_one"),
    )


class FormerAddress(Base):
    """That a session or a speaker could once be found at an address."""

    __tablename__ = "former_address"

    kind: Mapped[str] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str]  # of what was there last

    __table_args__ = (CheckConstraint("kind IN ('session', 'speaker')", name="known_kind"),)

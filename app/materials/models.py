"""Tables of materials; files are stored in the database in chunks, so that every host has them."""

from datetime import date, datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.programme.models import Session

LINK: Final = "link"
KINDS: Final = ("pdf", "odp", "pptx", LINK)
NOW, START, END, ON_RELEASE = "now", "start", "end", "word"
AVAILABILITIES: Final = (NOW, START, END, ON_RELEASE)


class Material(Base):
    """A file or link of a session, and when it becomes public."""

    __tablename__ = "material"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  # public URL; random
    session_id: Mapped[int] = mapped_column(
        ForeignKey("session.id", ondelete="CASCADE"), index=True
    )
    title: Mapped[str]
    kind: Mapped[str]
    address: Mapped[str] = mapped_column(default="")  # URL of a link
    size: Mapped[int] = mapped_column(default=0)  # bytes of a file
    digest: Mapped[str] = mapped_column(default="")  # SHA-256 of a file
    available_from: Mapped[str]  # one of AVAILABILITIES
    created_at: Mapped[datetime]
    released_at: Mapped[datetime | None] = mapped_column(default=None)  # with ON_RELEASE

    session: Mapped[Session] = relationship()

    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="known_kind"),
        CheckConstraint(f"available_from IN {AVAILABILITIES}", name="known_opening"),
        CheckConstraint("(kind = 'link') = (address <> '')", name="file_or_link"),
    )

    @property
    def is_link(self) -> bool:
        """Whether it is a link rather than a file."""
        return self.kind == LINK

    @property
    def is_awaiting_release(self) -> bool:
        """Whether it becomes public only when organisers release it, and they have not."""
        return self.available_from == ON_RELEASE and self.released_at is None

    def opens_at(self, starts_at: datetime | None, ends_at: datetime | None) -> datetime | None:
        """Return when it becomes public, given its session's times; None if not known yet."""
        moments = {
            NOW: self.created_at,
            START: starts_at,
            END: ends_at,
            ON_RELEASE: self.released_at,
        }
        return moments[self.available_from]


class MaterialChunk(Base):
    """A chunk of a file."""

    __tablename__ = "material_chunk"

    material_id: Mapped[int] = mapped_column(
        ForeignKey("material.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class DownloadCount(Base):
    """The number of downloads of a file on a day, without personal data."""

    __tablename__ = "download_count"

    material_id: Mapped[int] = mapped_column(
        ForeignKey("material.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]

    __table_args__ = (CheckConstraint("count > 0", name="some"),)

"""Tables of materials; files are stored in the database in chunks, so that every host has them."""

from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.programme.models import Session, Speaker

LINK: Final = "link"
KINDS: Final = ("pdf", "odp", "pptx", LINK)
NOW, START, END, ON_RELEASE, TECHNICIANS = "now", "start", "end", "word", "technicians"
AVAILABILITIES: Final = (NOW, START, END, ON_RELEASE, TECHNICIANS)
RECOVERY_PERIOD: Final = timedelta(days=7)  # in which a deleted material can be restored


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
    released_at: Mapped[datetime | None] = mapped_column(default=None)  # when it was approved
    speaker_id: Mapped[int | None] = mapped_column(  # the speaker's; None: the organisers' or old
        ForeignKey("speaker.id", ondelete="SET NULL"), index=True, default=None
    )
    uploaded_by: Mapped[str] = mapped_column(default="", server_default="")  # an email address
    deleted_at: Mapped[datetime | None] = mapped_column(default=None)
    deleted_by: Mapped[str] = mapped_column(default="", server_default="")

    session: Mapped[Session] = relationship()
    speaker: Mapped[Speaker | None] = relationship()

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
    def is_internal(self) -> bool:
        """Whether it is for the technicians only and never public."""
        return self.available_from == TECHNICIANS

    @property
    def is_awaiting_release(self) -> bool:
        """Whether organisers must approve it before it can become public."""
        return not self.is_internal and self.released_at is None

    @property
    def purge_at(self) -> datetime | None:
        """When it is deleted permanently; None if it has not been deleted."""
        return self.deleted_at and self.deleted_at + RECOVERY_PERIOD

    def opens_at(self, starts_at: datetime | None, ends_at: datetime | None) -> datetime | None:
        """Return when it becomes public, given its session's times; None if not known yet."""
        if self.released_at is None or self.is_internal:
            return None
        moments = {
            NOW: self.released_at,
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

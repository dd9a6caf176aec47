"""The tables of materials. A file is kept as a row of pieces, so that every host sees it."""

from datetime import date, datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.programme.models import Session

LINK: Final = "link"
KINDS: Final = ("pdf", "odp", "pptx", LINK)
NOW, START, END, WORD = "now", "start", "end", "word"
OPENINGS: Final = (NOW, START, END, WORD)


class Material(Base):
    """Slides or a paper of a session: a file or a link, and when readers see it."""

    __tablename__ = "material"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  # its address, which nobody guesses
    session_id: Mapped[int] = mapped_column(
        ForeignKey("session.id", ondelete="CASCADE"), index=True
    )
    title: Mapped[str]
    kind: Mapped[str]
    address: Mapped[str] = mapped_column(default="")  # where a link leads
    size: Mapped[int] = mapped_column(default=0)  # bytes of a file
    digest: Mapped[str] = mapped_column(default="")  # SHA-256 of a file
    opens: Mapped[str]  # from when on readers see it
    made_at: Mapped[datetime]
    released_at: Mapped[datetime | None] = mapped_column(default=None)  # on the organisers' word

    session: Mapped[Session] = relationship()

    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="known_kind"),
        CheckConstraint(f"opens IN {OPENINGS}", name="known_opening"),
        CheckConstraint("(kind = 'link') = (address <> '')", name="file_or_link"),
    )

    @property
    def is_link(self) -> bool:
        """Whether it leads to another site."""
        return self.kind == LINK

    @property
    def waits_for_word(self) -> bool:
        """Whether readers see it once the organisers say so."""
        return self.opens == WORD and self.released_at is None

    def opens_at(self, starts_at: datetime | None, ends_at: datetime | None) -> datetime | None:
        """Tell from when on readers see it, by the times of its session, if it is known."""
        moments = {NOW: self.made_at, START: starts_at, END: ends_at, WORD: self.released_at}
        return moments[self.opens]


class Piece(Base):
    """A piece of a file."""

    __tablename__ = "piece"

    material_id: Mapped[int] = mapped_column(
        ForeignKey("material.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class Downloads(Base):
    """How often a file was asked for on a day, and by nobody in particular."""

    __tablename__ = "downloads"

    material_id: Mapped[int] = mapped_column(
        ForeignKey("material.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]

    __table_args__ = (CheckConstraint("count > 0", name="some"),)

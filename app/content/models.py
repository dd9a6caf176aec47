"""What organisers write for the public: each save is a version of its own, and none is lost."""

from datetime import date, datetime
from typing import Final

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base

PAGE: Final = "page"
NEWS: Final = "news"
LINK: Final = "link"
NOTICE: Final = "notice"


class Writing(Base):
    """One version of a page, a news item, a link or the urgent notice in one language.

    The one that readers see is the newest whose moment has come; before the first there is what
    was shipped in the content folder. A link has its words as title and its address as body; the
    notice is a title alone, and may end.
    """

    __tablename__ = "writing"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    slug: Mapped[str]  # of a link: its number; of the notice: the kind once more
    language: Mapped[str] = mapped_column(default="en")
    version: Mapped[int]
    title: Mapped[str]
    summary: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text, default="")  # Markdown
    dated_on: Mapped[date]  # when a page was brought up to date, or a news item published
    appears_at: Mapped[datetime]
    ends_at: Mapped[datetime | None] = mapped_column(default=None)  # None: stays
    is_removed: Mapped[bool] = mapped_column(default=False)  # this version takes it away
    who: Mapped[str]
    written_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("kind", "slug", "language", "version"),
        CheckConstraint("kind IN ('page', 'news', 'link', 'notice')", name="known_kind"),
        CheckConstraint("ends_at >= appears_at", name="ends_after_it_appears"),
        Index("ix_writing_appears_at", "appears_at"),
    )


class Link(Base):
    """The place of a link under “Additional links” on a page; what it says are its versions."""

    __tablename__ = "link"

    id: Mapped[int] = mapped_column(primary_key=True)
    page: Mapped[str]  # its slug
    position: Mapped[int] = mapped_column(default=0)

"""What organisers write for the public: each save is a version of its own, and none is lost."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base

PAGE, NEWS = "page", "news"


class Writing(Base):
    """One version of a page or a news item in one language.

    The one that readers see is the newest whose moment has come; before the first there is what
    was shipped in the content folder.
    """

    __tablename__ = "writing"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    slug: Mapped[str]
    language: Mapped[str] = mapped_column(default="en")
    version: Mapped[int]
    title: Mapped[str]
    summary: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text, default="")  # Markdown
    dated_on: Mapped[date]  # when a page was brought up to date, or a news item published
    appears_at: Mapped[datetime]
    is_removed: Mapped[bool] = mapped_column(default=False)  # this version takes it away
    who: Mapped[str]
    written_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("kind", "slug", "language", "version"),
        CheckConstraint("kind IN ('page', 'news')", name="known_kind"),
        Index("ix_writing_appears_at", "appears_at"),
    )


class Link(Base):
    """A link that stands under “Additional links” on a page."""

    __tablename__ = "link"

    id: Mapped[int] = mapped_column(primary_key=True)
    page: Mapped[str]  # its slug
    address: Mapped[str]
    label: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)


class Notice(Base):
    """An urgent sentence above every page, for a while."""

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[str] = mapped_column(Text)
    appears_at: Mapped[datetime]
    ends_at: Mapped[datetime | None] = mapped_column(default=None)
    who: Mapped[str]
    written_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("ends_at >= appears_at", name="ends_after_it_appears"),)

"""Tables of pages, news, links and the urgent notice; each save adds a version, none is deleted."""

from datetime import date, datetime
from typing import Final

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base

PAGE: Final = "page"
NEWS: Final = "news"
LINK: Final = "link"
NOTICE: Final = "notice"


class ContentVersion(Base):
    """One version of a page, news item, link or the urgent notice in one language.

    Visitors see the newest version that has appeared, or the default text in the content folder
    before the first. A link has its label as title and its URL as body; a notice has only a title,
    and may end.
    """

    __tablename__ = "content_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    slug: Mapped[str]  # id of a link; "notice" for the notice
    language: Mapped[str] = mapped_column(default="en")
    version: Mapped[int]
    title: Mapped[str]
    summary: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text, default="")  # Markdown
    dated_on: Mapped[date]  # page updated, or news item published
    appears_at: Mapped[datetime]
    ends_at: Mapped[datetime | None] = mapped_column(default=None)  # None: stays
    is_removed: Mapped[bool] = mapped_column(default=False)  # this version removes the text
    author: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("kind", "slug", "language", "version"),
        CheckConstraint("kind IN ('page', 'news', 'link', 'notice')", name="known_kind"),
        CheckConstraint("ends_at >= appears_at", name="ends_after_it_appears"),
        Index("ix_content_version_appears_at", "appears_at"),
    )


class Link(Base):
    """The position of a link under “Additional links” on a page; its content is in versions."""

    __tablename__ = "link"

    id: Mapped[int] = mapped_column(primary_key=True)
    page: Mapped[str]  # its slug
    position: Mapped[int] = mapped_column(default=0)

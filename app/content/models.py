"""Tables of pages, news, links, the urgent notice, pictures, menus and the look.

Each save of a text adds a version; none is deleted.
"""

from datetime import date, datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint
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


class MenuEntry(Base):
    """A page in a menu of the site; a menu without rows is the shipped one."""

    __tablename__ = "menu_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    menu: Mapped[str]
    page: Mapped[str]  # its path, without the slash
    position: Mapped[int]
    label: Mapped[str] = mapped_column(default="", server_default="")  # "": that of the page

    __table_args__ = (
        UniqueConstraint("menu", "page"),
        CheckConstraint("menu IN ('header', 'conference', 'help', 'site')", name="known_menu"),
    )


class PageImage(Base):
    """A picture for the text of a page or news item, which refers to it by URL."""

    __tablename__ = "page_image"

    key: Mapped[str] = mapped_column(primary_key=True)  # its address; a hash of text and picture
    kind: Mapped[str]
    slug: Mapped[str]
    description: Mapped[str] = mapped_column(Text)  # text alternative; "" for a decoration
    file_name: Mapped[str]
    width: Mapped[int]  # pixels
    height: Mapped[int]
    picture: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)  # a JPEG
    added_by: Mapped[str]
    created_at: Mapped[datetime]
    # until when a worker has leased it, or a retry is postponed
    rendering_until: Mapped[datetime | None] = mapped_column(default=None)
    render_attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    rendered_at: Mapped[datetime | None] = mapped_column(default=None)

    __table_args__ = (
        CheckConstraint("kind IN ('page', 'news')", name="known_kind"),
        Index("ix_page_image_kind_slug", "kind", "slug"),
    )


class PageImageRendition(Base):
    """A picture of a page in one width and format."""

    __tablename__ = "page_image_rendition"

    image_key: Mapped[str] = mapped_column(
        ForeignKey("page_image.key", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(primary_key=True)  # avif, webp or jpg
    width: Mapped[int] = mapped_column(primary_key=True)  # pixels
    body: Mapped[bytes] = mapped_column(LargeBinary)


class SiteLook(Base):
    """The colours of the site if they differ from the shipped ones: one row, or none."""

    __tablename__ = "site_look"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    brand: Mapped[str]  # #rrggbb
    accent: Mapped[str]
    version: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)


class SiteLogo(Base):
    """The logo in place of the shipped mark: one row, or none; without a picture it was removed."""

    __tablename__ = "site_logo"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    key: Mapped[str] = mapped_column(default="")  # used in its URL; a hash of the picture
    picture: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)  # a WebP
    width: Mapped[int] = mapped_column(default=0)  # pixels
    height: Mapped[int] = mapped_column(default=0)
    description: Mapped[str] = mapped_column(default="")  # text alternative
    has_plate: Mapped[bool] = mapped_column(default=False)  # on white, not on the header's colour
    has_name: Mapped[bool] = mapped_column(default=True)  # shown with the conference's name
    version: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("id = 1", name="single_row"),
        CheckConstraint("picture IS NULL OR description <> ''", name="described"),
    )

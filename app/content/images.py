"""Pictures in the text of pages and news, which refers to them by URL: added, removed and served.

A picture belongs to one page or news item, in all its languages, and can be shown in any. The URL
contains a hash of the picture, so that caches are never out of date.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from sqlalchemy import ColumnElement, Connection, Select, delete, func, select

from app import clock
from app.cache_version import bump_cache_version
from app.content.models import PageImage, PageImageRendition
from app.content.versions import ContentKey, ContentStore, ImageInfo, Version
from app.database import db, lock_table
from app.errors import NotFound, RuleViolation
from app.history import services as history
from app.text import collapse_whitespace

KEY_LENGTH: Final = 32  # hexadecimal characters: cannot be guessed
MAX_IMAGES_PER_TEXT: Final = 50
MAX_FILE_NAME_LENGTH: Final = 80  # characters
IMAGE_PATH: Final = re.compile(rf"/pictures/([0-9a-f]{{{KEY_LENGTH}}})\.jpg")
IN_MARKDOWN: Final = re.compile(r"([\\\[\]])")  # characters to escape in a text alternative


@dataclass(frozen=True)
class PreparedImage:
    """A picture that has been decoded and reduced."""

    picture: bytes  # a JPEG
    width: int
    height: int


def list_images(key: ContentKey) -> Sequence[PageImage]:
    """List the pictures of a page or news item, oldest first."""
    return db.session.scalars(
        select(PageImage).where(*_belongs_to(key)).order_by(PageImage.created_at, PageImage.key)
    ).all()


def get_image(key: ContentKey, image_key: str) -> PageImage:
    """Return a picture of a page or news item; raise NotFound if there is none."""
    image = db.session.get(PageImage, image_key)
    if image is None or (image.kind, image.slug) != (key.kind, key.slug):
        raise NotFound("There is no such picture")
    return image


def add(
    key: ContentKey, prepared: PreparedImage, description: str, file_name: str, *, actor: str
) -> PageImage:
    """Add a picture to a page or news item; without a description it is a decoration."""
    lock_table(PageImage)
    image_key = sha256(f"{key.kind} {key.slug}\n".encode() + prepared.picture).hexdigest()
    image = db.session.get(PageImage, image_key[:KEY_LENGTH])
    if image is None:
        _check_limit(key)
        image = PageImage(
            key=image_key[:KEY_LENGTH],
            kind=key.kind,
            slug=key.slug,
            width=prepared.width,
            height=prepared.height,
            picture=prepared.picture,
            added_by=actor,
            created_at=clock.now(),
        )
        db.session.add(image)
    image.description = description
    image.file_name = collapse_whitespace(file_name)[:MAX_FILE_NAME_LENGTH] or "picture"
    db.session.flush()
    _record(image, "was added", actor)
    return image


def remove(store: ContentStore, image: PageImage, *, actor: str) -> None:
    """Remove a picture; raise RuleViolation while a text that is or will be public shows it."""
    uses = find_uses(store, image.key)
    if uses:
        raise RuleViolation(
            f"This picture is still used in “{uses[0].title}”. Remove it from the text first"
        )
    _record(image, "was removed", actor)
    renditions = delete(PageImageRendition).where(PageImageRendition.image_key == image.key)
    db.session.execute(renditions)
    db.session.delete(image)
    db.session.flush()


def find_uses(store: ContentStore, image_key: str) -> Sequence[Version]:
    """Find the texts that show a picture now, or will when a scheduled version appears."""
    path = _path(image_key)
    return [one for one in store.saved if path in store.bodies.get(one.id, "")]


def to_markdown(image: PageImage) -> str:
    """Return the Markdown that shows a picture."""
    description = IN_MARKDOWN.sub(r"\\\1", image.description)
    return f"![{description}]({_path(image.key)})"


def load_infos(connection: Connection) -> Mapping[str, ImageInfo]:
    """Load the metadata of the pictures of a page, by key."""
    offered = PageImageRendition.kind, PageImageRendition.width
    rows = connection.execute(
        select(PageImage.key, PageImage.width, PageImage.height, *offered)
        .outerjoin(PageImageRendition, PageImageRendition.image_key == PageImage.key)
        .order_by(PageImage.key, *offered)
    )
    widths: dict[tuple[str, int, int], dict[str, list[int]]] = {}
    for key, width, height, kind, rendition_width in rows:
        kinds = widths.setdefault((key, width, height), {})
        if kind is not None:
            kinds.setdefault(kind, []).append(rendition_width)
    return {
        image[0]: ImageInfo(*image, tuple((kind, tuple(found)) for kind, found in kinds.items()))
        for image, kinds in widths.items()
    }


def find_in_text(images: Mapping[str, ImageInfo], body: str) -> tuple[ImageInfo, ...]:
    """Return the metadata of the pictures in a text."""
    return tuple(_iterate_known(images, body))


def get_picture(image_key: str) -> bytes:
    """Return the JPEG of a picture; raise NotFound if there is none."""
    return _get_body(select(PageImage.picture).where(PageImage.key == image_key))


def get_rendition(image_key: str, kind: str, width: int) -> bytes:
    """Return a picture in one width and format; raise NotFound if there is none."""
    return _get_body(
        select(PageImageRendition.body).where(
            PageImageRendition.image_key == image_key,
            PageImageRendition.kind == kind,
            PageImageRendition.width == width,
        )
    )


def _iterate_known(images: Mapping[str, ImageInfo], body: str) -> Iterator[ImageInfo]:
    for key in dict.fromkeys(IMAGE_PATH.findall(body)):
        if key in images:
            yield images[key]


def _get_body(statement: Select[tuple[bytes]]) -> bytes:
    body = db.session.scalar(statement)
    if body is None:
        raise NotFound("There is no picture at that web address")
    return bytes(body)


def _check_limit(key: ContentKey) -> None:
    count = db.session.scalar(select(func.count()).select_from(PageImage).where(*_belongs_to(key)))
    if (count or 0) >= MAX_IMAGES_PER_TEXT:
        raise RuleViolation(f"A page can have up to {MAX_IMAGES_PER_TEXT} pictures")


def _belongs_to(key: ContentKey) -> tuple[ColumnElement[bool], ...]:
    return PageImage.kind == key.kind, PageImage.slug == key.slug


def _path(image_key: str) -> str:
    return f"/pictures/{image_key}.jpg"


def _record(image: PageImage, event: str, actor: str) -> None:
    """Record a change of a picture in the history; cached pages may show it."""
    summary = f"The picture “{image.file_name}” {event}"
    history.record(summary, subject=f"{image.kind} {image.slug}", actor=actor)
    bump_cache_version()

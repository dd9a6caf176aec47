"""Slugs of pages, made from names in any script.

A former slug stays reserved and redirects to the new one permanently (``SlugRedirect``).
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from anyascii import anyascii
from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select

from app.database import db, queue_for
from app.errors import Moved, RuleViolation
from app.programme.fields.table import N_, Field, Kind, Question
from app.programme.models import Room, Session, SlugRedirect, Speaker, Theme

NON_SLUG_CHARACTERS = re.compile(r"[^a-z0-9]+")
NON_ASCII = re.compile(r"[^\x00-\x7f]+")
SYLLABLE = re.compile(r"(?<=[a-z])(?=[A-Z])")  # LiMing: each character gives a capital letter
MAX_SLUG_LENGTH = 80
MAX_LINE_LENGTH = 300
HINT_OF_NAME = _l(
    "Public. The last part of the page address. Leave empty to create it from the name. Old "
    "addresses redirect to the new one"
)

Addressed = Room | Session | Speaker | Theme


class SlugTaken(RuleViolation):
    """Another page has this slug, or had it before."""


def slugify(value: str) -> str:
    """Return a name as a slug: Łukasz gives lukasz, 李明 li-ming; "" if no characters remain."""
    composed = unicodedata.normalize("NFKC", value[:MAX_LINE_LENGTH])
    return _join_letters(NON_ASCII.sub(_transliterate, composed))


def make_code(value: str) -> str:
    """Return a word as a code for programs to compare, or "" if it has no ASCII letters."""
    letters = unicodedata.normalize("NFKD", value[:MAX_LINE_LENGTH])
    return _join_letters(letters.encode("ascii", "ignore").decode())


def _transliterate(run: re.Match[str]) -> str:
    return SYLLABLE.sub(" ", anyascii(run[0]))


def _join_letters(letters: str) -> str:
    slug = NON_SLUG_CHARACTERS.sub("-", letters.lower())
    return slug.strip("-")[:MAX_SLUG_LENGTH].strip("-")


def allocate(model: type[Addressed], name: str) -> str:
    """Return an unused slug, reserved until the transaction ends.

    The slug is also used as the key, so it must differ from other keys too. A name that gives no
    slug uses the table's name: speaker, speaker-2.
    """
    _lock_slugs(model)
    wish = slugify(name) or model.__tablename__
    taken = (model.slug, model.key)
    near = or_(*(column.startswith(wish, autoescape=True) for column in taken))
    known = {one for row in db.session.execute(select(*taken).where(near)) for one in row}
    known |= map_redirects(model.__tablename__).keys()
    return number_if_taken(wish, known.__contains__)


def _lock_slugs(model: type[Addressed]) -> None:
    """Keep other transactions from choosing a slug of this kind; rows can still be edited."""
    queue_for(f"slugs of {model.__tablename__}")


def number_if_taken(wish: str, is_taken: Callable[[str], bool]) -> str:
    """Return the wanted slug, with the first number that makes it unused if it is taken."""
    found, number = wish, 1
    while is_taken(found):
        number += 1
        found = f"{wish}-{number}"
    return found


def map_redirects(kind: str) -> dict[str, str]:
    """Map former slugs of a kind to the keys of their entities."""
    former = select(SlugRedirect.slug, SlugRedirect.key).where(SlugRedirect.kind == kind)
    return {one.slug: one.key for one in db.session.execute(former)}


def check_not_moved(model: type[Addressed], slug: str) -> None:
    """Raise Moved if this is a former slug of an existing entity."""
    current = find_moved(model, slug)
    if current and current != slug:
        raise Moved(current, is_public=False)


def find_moved(model: type[Addressed], slug: str) -> str:
    """Return the current slug of the entity with this former slug, or ""."""
    former = (SlugRedirect.kind == model.__tablename__, SlugRedirect.slug == slug)
    current = db.session.scalar(
        select(model.slug).join(SlugRedirect, SlugRedirect.key == model.key).where(*former)
    )
    return current or ""


def make_field(hint: Any) -> Field:
    """Return the form field for changing the slug."""
    return Field(
        "slug",
        N_("Page address"),
        Kind(normalise=slugify),
        file_name="",
        question=Question(
            _l("Page address (optional)"),
            _l("The page address"),
            hint,
            MAX_SLUG_LENGTH,
            {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none", "dir": "ltr"},
        ),
        is_public=False,
        set=change,
    )


def change(entity: Addressed, wish: str) -> None:
    """Give an entity another slug, and reserve the old one; raise SlugTaken."""
    slug = slugify(wish)
    if not slug or slug == entity.slug:
        return
    model = type(entity)
    _lock_slugs(model)
    other = select(model.id).where(model.slug == slug, model.key != entity.key)
    owner = map_redirects(model.__tablename__).get(slug, entity.key)
    if owner != entity.key or db.session.scalar(other) is not None:
        raise SlugTaken(f"The page address {slug} is already used. Enter another")
    if entity.id is not None:
        db.session.merge(SlugRedirect(kind=model.__tablename__, slug=entity.slug, key=entity.key))
    entity.slug = slug

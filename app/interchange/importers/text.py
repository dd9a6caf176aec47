"""Cleaning texts from files: control characters, length, slugs, keys and numbers."""

import hashlib
import html
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

import email_validator

from app.interchange.importers.parsed_programme import ImportLog
from app.programme.fields.table import (
    MAX_WORD_LENGTH,
    MAX_WORDS,
    PROSE,
    WORDS,
    YES_NO,
    Field,
    normalise_words,
    parse_words,
)
from app.programme.slugs import MAX_LINE_LENGTH, slugify
from app.text import UNSAFE_CHARACTERS, WHITESPACE, shorten

MAX_TEXT_LENGTH = 50_000
MAX_KEY_LENGTH = 100
HTML_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
WHOLE_NUMBER = re.compile(r"\s*(\d{1,9})(?:\.0+)?\s*$")
UNESCAPED_PERCENT = re.compile(r"%(?![0-9a-fA-F]{2})")
URI_SAFE = "%/?:@!$&'()*+,;=~"
HTML_TAG = re.compile(r"</?[a-zA-Z]")
ESCAPED_HTML_TAG = re.compile(r"&lt;/?(?:p|ul|ol|li|a|br|em|strong|div|h\d)\b")

# As in forms: whether an address of a reserved domain works shows when an email is sent.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


def normalise_name(name: str) -> str:
    """Return a key that is equal for two spellings of one name."""
    return WHITESPACE.sub(" ", unicodedata.normalize("NFKC", name)).strip().casefold()


def clean_line(raw_text: str, where: str, log: ImportLog, limit: int = MAX_LINE_LENGTH) -> str:
    """Return a text on one line, and note what was fixed."""
    if HTML_ENTITY.search(raw_text):
        raw_text = html.unescape(raw_text)
        log.add_fix(where, shorten(raw_text), "Its special characters were encoded twice")
    if UNSAFE_CHARACTERS.search(raw_text):
        raw_text = UNSAFE_CHARACTERS.sub("", raw_text)
        log.add_fix(where, shorten(raw_text), "It had hidden characters; we removed them")
    raw_text = WHITESPACE.sub(" ", unicodedata.normalize("NFC", raw_text)).strip()
    return _truncate(raw_text, limit, where, log)


def clean_text(raw_text: str, subject: str, where: str, log: ImportLog) -> str:
    """Return a longer text with its line breaks, and note what was fixed."""
    if ESCAPED_HTML_TAG.search(raw_text) and not HTML_TAG.search(raw_text):
        raw_text = html.unescape(raw_text)
        log.add_fix(where, subject, "Its text was encoded twice")
    if UNSAFE_CHARACTERS.search(raw_text):
        raw_text = UNSAFE_CHARACTERS.sub("", raw_text)
        log.add_fix(where, subject, "Its text had hidden characters; we removed them")
    raw_text = raw_text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return _truncate(raw_text, MAX_TEXT_LENGTH, where, log)


def _truncate(value: str, limit: int, where: str, log: ImportLog) -> str:
    """Shorten a text that is too long, and note it."""
    if len(value) <= limit:
        return value
    log.add_fix(
        where, shorten(value), f"We shortened it to {limit:,} characters; it had {len(value):,}"
    )
    return value[: limit - 1].rstrip() + "…"


class SlugAllocator:
    """Unique slugs for one type of entity."""

    def __init__(self, default: str) -> None:
        self._default = default
        self._used: set[str] = set()
        self._next: dict[str, int] = {}

    def allocate(self, *candidates: str) -> str:
        """Return the first candidate that makes a slug, with a number if it is taken."""
        base = next(filter(None, map(slugify, candidates)), self._default)
        slug, number = base, self._next.get(base, 2)
        while slug in self._used:
            slug, number = f"{base}-{number}", number + 1
        self._next[base] = number
        self._used.add(slug)
        return slug


def normalise_key(value: str) -> str:
    """Return a key that can be stored: short, and without hidden characters."""
    plain = UNSAFE_CHARACTERS.sub("", value).strip()
    if len(plain) <= MAX_KEY_LENGTH:
        return plain
    return hashlib.sha256(plain.encode()).hexdigest()


def normalise_uri(address: str) -> str:
    """Percent-encode characters that a URI must not contain (RFC 3986, section 2)."""
    try:
        parts = urlsplit(UNESCAPED_PERCENT.sub("%25", address))
    except ValueError:  # not an IP address
        return address
    return parts._replace(
        path=quote(parts.path, URI_SAFE),
        query=quote(parts.query, URI_SAFE),
        fragment=quote(parts.fragment, URI_SAFE),
    ).geturl()


def parse_number(value: str, maximum: int) -> int | None:
    """Parse a whole number from 1 to a maximum, or return None."""
    match = WHOLE_NUMBER.match(value)
    if match is None or not 1 <= int(match[1]) <= maximum:
        return None
    return int(match[1])


def parse_email(value: str) -> str:
    """Return an email address as forms would accept it, or "" if it is invalid."""
    try:
        return email_validator.validate_email(value, check_deliverability=False).normalized
    except email_validator.EmailNotValidError:
        return ""


def as_text(value: Any) -> str:
    """Return a text, a number as text, or the English text of a translated value."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return _preferred_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(value)


def _preferred_text(value: Mapping[str, Any]) -> str:
    """Return the English text, or else the first that is not empty."""
    texts = [value.get("en"), *value.values()]
    return next((text for text in texts if isinstance(text, str) and text), "")


def as_mapping(value: Any) -> Mapping[str, Any]:
    """Return a mapping, or an empty one for any other value."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: Any) -> list[Any]:
    """Return a list, or an empty one for any other value."""
    return value if isinstance(value, list) else []


def as_mappings(value: Any, name: str, log: ImportLog) -> list[Mapping[str, Any]]:
    """Return the mappings in a list, and note other items."""
    if not isinstance(value, list):
        if value:
            log.add_skipped(name, name, "It is not a list, so we could not read it")
        return []
    for number, item in enumerate(value, start=1):
        if not isinstance(item, Mapping):
            log.add_skipped(
                f"{name}, number {number}", name, "It is not a record, so we could not read it"
            )
    return [item for item in value if isinstance(item, Mapping)]


def first_text(mapping: Mapping[str, Any], *names: str) -> str:
    """Return the first of several keys that has a text."""
    return next((text for name in names if (text := as_text(mapping.get(name)).strip())), "")


def parse_value(field: Field, value: Any) -> Any:
    """Return a JSON value as the raw value of a simple field, not of links or translations."""
    if field.kind is YES_NO:
        return value is True
    if field.kind is WORDS:
        return None if value is None else [*map(as_text, as_list(value))]
    return as_text(value)


def clean_value(field: Field, raw_value: Any, subject: str, where: str, log: ImportLog) -> Any:
    """Return the raw value of a simple field in the form of a parsed record."""
    if field.kind is YES_NO:
        return raw_value is True
    if field.kind is WORDS:
        return None if raw_value is None else _clean_words(field, raw_value, subject, where, log)
    raw_text = as_text(raw_value)
    if field.kind is PROSE:
        return clean_text(raw_text, subject, where, log)
    return clean_line(raw_text, where, log)


def _clean_words(
    field: Field, raw_words: Sequence[str], subject: str, where: str, log: ImportLog
) -> tuple[str, ...]:
    """Clean words as a form would, including the characters that separate them there."""
    lines = [clean_line(word, where, log, MAX_TEXT_LENGTH) for word in raw_words]
    shortened = (
        _truncate(one, MAX_WORD_LENGTH, where, log) for one in parse_words(", ".join(lines))
    )
    words = normalise_words(list(shortened))
    if len(words) > MAX_WORDS:
        log.add_skipped(
            where,
            subject,
            f"It has more than {MAX_WORDS} {field.label.lower()}; "
            f"these were not loaded: {', '.join(words[MAX_WORDS:])}",
        )
    return tuple(words[:MAX_WORDS])

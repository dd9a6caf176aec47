"""Words as they should stand: one line, no tricks, a bearable length."""

import hashlib
import html
import re
import unicodedata
from urllib.parse import quote, urlsplit

from app.programme.reading.characters import SPACE, TRICKS, short
from app.programme.reading.notebook import Notebook

LINE = 300
TEXT = 50_000
SLUG = 80
KEY = 100

NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")
ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
NUMBER = re.compile(r"\s*(\d{1,9})(?:\.0+)?\s*$")
LOOSE_PERCENT = re.compile(r"%(?![0-9a-fA-F]{2})")
IN_ADDRESS = "%/?:@!$&'()*+,;=~"
TAG = re.compile(r"</?[a-zA-Z]")
HIDDEN_TAG = re.compile(r"&lt;/?(?:p|ul|ol|li|a|br|em|strong|div|h\d)\b")


def folded(name: str) -> str:
    """Give the form under which two spellings of one name are the same."""
    return SPACE.sub(" ", unicodedata.normalize("NFKC", name)).strip().casefold()


def line(words: str, where: str, notebook: Notebook, limit: int = LINE) -> str:
    """Give what should stand on one line, and note what had to be done."""
    if ENTITY.search(words):
        words = html.unescape(words)
        notebook.mended(where, short(words), "Its characters were written as codes twice over")
    if TRICKS.search(words):
        words = TRICKS.sub("", words)
        notebook.mended(
            where, short(words), "It held characters that cannot be seen; they were removed"
        )
    words = SPACE.sub(" ", unicodedata.normalize("NFC", words)).strip()
    return _cut(words, limit, where, notebook)


def text(words: str, subject: str, where: str, notebook: Notebook) -> str:
    """Give a longer text with its lines, and note what had to be done."""
    if HIDDEN_TAG.search(words) and not TAG.search(words):
        words = html.unescape(words)
        notebook.mended(where, subject, "Its text was written as codes twice over")
    if TRICKS.search(words):
        words = TRICKS.sub("", words)
        notebook.mended(
            where, subject, "Its text held characters that cannot be seen; they were removed"
        )
    words = words.replace("\r\n", "\n").replace("\r", "\n").strip()
    return _cut(words, TEXT, where, notebook)


def _cut(words: str, limit: int, where: str, notebook: Notebook) -> str:
    """Bring words to a length that a page can bear."""
    if len(words) <= limit:
        return words
    notebook.mended(
        where, short(words), f"It was cut to {limit:,} characters; it had {len(words):,}"
    )
    return words[: limit - 1].rstrip() + "…"


def plain_slug(words: str) -> str:
    """Spell words as an address does; nothing when no letter of them can stand in one."""
    letters = unicodedata.normalize("NFKD", words[:LINE]).encode("ascii", "ignore").decode().lower()
    return NOT_IN_SLUG.sub("-", letters).strip("-")[:SLUG].strip("-")


class Slugs:
    """Addresses of one kind of thing: no two are the same."""

    def __init__(self, otherwise: str) -> None:
        self._otherwise = otherwise
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def take(self, *wishes: str) -> str:
        """Give the first wish that makes an address, numbered if it is already taken."""
        wish = next(filter(None, map(plain_slug, wishes)), self._otherwise)
        slug, number = wish, self._next.get(wish, 2)
        while slug in self._taken:
            slug, number = f"{wish}-{number}", number + 1
        self._next[wish] = number
        self._taken.add(slug)
        return slug


def identity(words: str) -> str:
    """Give an identity as it may be stored: short, and without what cannot be seen."""
    plain = TRICKS.sub("", words).strip()
    if len(plain) <= KEY:
        return plain
    return hashlib.sha256(plain.encode()).hexdigest()


def uri(address: str) -> str:
    """Spell an address with none but the characters that one may have (RFC 3986, 2)."""
    parts = urlsplit(LOOSE_PERCENT.sub("%25", address))
    return parts._replace(
        path=quote(parts.path, IN_ADDRESS),
        query=quote(parts.query, IN_ADDRESS),
        fragment=quote(parts.fragment, IN_ADDRESS),
    ).geturl()


def number(words: str, most: int) -> int | None:
    """Read a whole number between one and the most that makes sense."""
    match = NUMBER.match(words)
    if match is None or not 1 <= int(match[1]) <= most:
        return None
    return int(match[1])

"""Words as search compares them: without case or accents, the same on every database."""

import re
import unicodedata
from collections.abc import Iterable

from app.programme.names import WHOLE

WORD = re.compile(r"[^\W_]+")
MAY_BE_MARKS = re.compile("[\u0300-\U0010ffff]+")  # no character before combines with another
LONGEST = 40  # characters of a word that are compared


def bare(text: str) -> str:
    """Give a text without case or accents (Unicode NFKD): each character by itself."""
    if text.isascii():
        return text.lower()
    parted = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return MAY_BE_MARKS.sub(_without_marks, parted).translate(WHOLE)


def words(text: str) -> frozenset[str]:
    """Give the words of a text."""
    return frozenset(word[:LONGEST] for word in WORD.findall(bare(text)))


def token(word: str) -> str:
    """Write a word in plain letters and digits, which every database takes as one word.

    What begins with another word still does: any other character becomes z and six digits, and z
    is doubled.
    """
    return word.replace("z", "zz") if word.isascii() else "".join(map(_plain, word))


def tokens(some: Iterable[str]) -> str:
    """Write words so, in one line."""
    return " ".join(sorted(map(token, some)))


def _plain(character: str) -> str:
    if not character.isascii():
        return f"z{ord(character):06x}"
    return "zz" if character == "z" else character


def _without_marks(some: re.Match[str]) -> str:
    return "".join(one for one in some[0] if not unicodedata.combining(one))

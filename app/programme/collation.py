"""Alphabetical sorting of names, and grouping of long lists by first letter (A to Z)."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Generic, TypeVar

OTHER_LETTER = "#"  # for names that do not start with a letter
UNDECOMPOSED_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th"}
)


def sort_key(name: str) -> str:
    """Return the key to sort a name by: no accents, no case, no leading punctuation."""
    plain = name.lower() if name.isascii() else _remove_accents(name)  # most names, faster
    return plain.lstrip("\"'’‘“”([{.-– ")


def _remove_accents(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name)
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return plain.casefold().translate(UNDECOMPOSED_LETTERS)


NAME_SUFFIXES = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"})
DEGREES = frozenset({"phd", "md", "mph", "msc", "mbbs", "frcp", "obe", "cbe", "mbe", "esq"})
ARTICLES = ("al-", "el-")  # in Arabic names, which are sorted by what follows
MAX_INITIALS = 2  # letters of a word in capitals that may be initials: AJ Smith
VOWELS = frozenset("AEIOUY")
FAMILY_FIRST_SCRIPTS = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA")


def family_name(name: str) -> str:
    """Return the family name, as far as the name shows it.

    That is the part before a comma, words in capitals (LI Wei), the first word in East Asian
    scripts, or else the last word, without Jr, III or a degree.
    """
    before, _, after = name.partition(",")
    ends = {word.casefold().replace(".", "") for word in after.replace(",", " ").split()}
    if ends and not ends <= NAME_SUFFIXES | DEGREES:
        return before.strip()
    words = [word for word in before.split() if word.casefold() not in NAME_SUFFIXES]
    capitals = [word for word in words if _is_in_capitals(word)]
    if capitals and len(capitals) < len(words):
        return " ".join(capitals)
    return (words[0] if _is_family_first(name) else words[-1]) if words else name


def split_name(name: str) -> tuple[str, str, str]:
    """Return a name in three parts: before the family name, the family name, and after it."""
    family = family_name(name)
    before, found, after = name.rpartition(family)
    return (before, found, after) if found else (name, "", "")


def family_sort_key(name: str) -> str:
    """Return the sort key of the family name, without an Arabic article."""
    key = sort_key(family_name(name))
    return next((key.removeprefix(article) for article in ARTICLES if key.startswith(article)), key)


def person_sort_key(name: str) -> str:
    """Return the key to sort people by: by family name, then by the whole name."""
    return f"{family_sort_key(name)} {sort_key(name)}"


def _is_in_capitals(word: str) -> bool:
    """Return True for a family name in capitals; initials of two letters seldom end in a vowel."""
    is_longer = len(word) > MAX_INITIALS or (len(word) == MAX_INITIALS and word[-1] in VOWELS)
    return is_longer and word.isupper() and "." not in word


def _is_family_first(name: str) -> bool:
    return unicodedata.name(name.strip()[:1] or " ", "").startswith(FAMILY_FIRST_SCRIPTS)


def index_letter(name: str) -> str:
    """Return the letter under which a name is listed (A for A, Å and a), or ``OTHER_LETTER``."""
    first = sort_key(name)[:1].upper()
    return first if first.isalpha() else OTHER_LETTER


ItemT = TypeVar("ItemT")

MAX_UNGROUPED = 40  # items; longer lists are grouped by letter


@dataclass(frozen=True)
class IndexGroup(Generic[ItemT]):
    """The items whose names start with one letter."""

    letter: str
    entries: tuple[ItemT, ...]


def group_by_initial(
    items: Sequence[ItemT], get_name: Callable[[ItemT], str]
) -> tuple[IndexGroup[ItemT], ...]:
    """Group items by first letter in their order; return () for ``MAX_UNGROUPED`` or fewer.

    A script with few names is one group, such as "王–李".
    """
    if len(items) <= MAX_UNGROUPED:
        return ()
    found: dict[str, list[ItemT]] = defaultdict(list)
    for item in items:
        found[index_letter(get_name(item))].append(item)
    ordered = sorted(found, key=lambda letter: (letter == OTHER_LETTER, letter))
    groups: list[IndexGroup[ItemT]] = []
    by_script = [list(letters) for _, letters in groupby(ordered, key=_get_script)]
    largest = max(by_script, key=lambda letters: sum(len(found[letter]) for letter in letters))
    for letters in by_script:
        entries = [thing for letter in letters for thing in found[letter]]
        if letters is largest or len(letters) == 1 or len(entries) > MAX_UNGROUPED:
            groups += [IndexGroup(letter, tuple(found[letter])) for letter in letters]
        else:
            groups.append(IndexGroup(f"{letters[0]}–{letters[-1]}", tuple(entries)))
    return tuple(groups)


def _get_script(letter: str) -> str:
    """Return the script of a letter, such as LATIN, which its Unicode name begins with."""
    return unicodedata.name(letter, "").partition(" ")[0]

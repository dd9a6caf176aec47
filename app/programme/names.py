"""The order of names, and the letters under which they are looked up."""

import unicodedata

ELSEWHERE = "#"  # for names that begin with no letter
WHOLE = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})


def folded(name: str) -> str:
    """Give a name as it is sorted: without accents, case and what precedes its first letter."""
    parted = unicodedata.normalize("NFKD", name)
    plain = "".join(one for one in parted if not unicodedata.combining(one))
    return plain.casefold().translate(WHOLE).lstrip("\"'’‘“”([{.-– ")


def letter(name: str) -> str:
    """Tell the letter under which a name is looked up: A, Å and a are one."""
    first = folded(name)[:1].upper()
    return first if first.isalpha() else ELSEWHERE

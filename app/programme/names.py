"""The order of names, and the letters under which they are looked up."""

import unicodedata

ELSEWHERE = "#"  # for names that begin with no letter


def folded(name: str) -> str:
    """Give a name as it is sorted: without accents, case and what precedes its first letter."""
    parted = unicodedata.normalize("NFKD", name)
    plain = "".join(one for one in parted if not unicodedata.combining(one)).casefold()
    return plain.lstrip("\"'’‘“”([{.-– ")


def letter(name: str) -> str:
    """Tell the letter under which a name is looked up: A, Å and a are one."""
    first = folded(name)[:1].upper()
    return first if first.isalpha() else ELSEWHERE

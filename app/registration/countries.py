"""The countries of the world, by name in the language of the page."""

import unicodedata
from functools import cache

from babel import Locale

NO_COUNTRIES = frozenset(
    {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}
)  # what CLDR also lists: unions, spare codes, and parts of other countries


@cache
def listed(language: str) -> tuple[tuple[str, str], ...]:
    """List code (ISO 3166-1 alpha-2) and name of each country, by name."""
    territories = Locale.parse(language, sep="-" if "-" in language else "_").territories
    found = [
        (code, str(name))
        for code, name in territories.items()
        if len(code) == 2 and code not in NO_COUNTRIES
    ]
    return tuple(sorted(found, key=lambda country: _in_order(country[1])))


@cache
def named(code: str, language: str) -> str:
    """Give the name of a country, or its code when that is all we know."""
    return dict(listed(language)).get(code, code)


def _in_order(name: str) -> str:
    """Let an accent or a capital letter not decide where a name stands."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()

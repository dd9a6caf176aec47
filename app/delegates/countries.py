"""The countries of the world, with names in the language of the page."""

import unicodedata
from functools import cache

from babel import Locale

NOT_COUNTRIES = frozenset(
    {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}
)  # territories in CLDR that are not countries: unions, reserved codes, parts of other countries


@cache
def choices(language: str) -> tuple[tuple[str, str], ...]:
    """Return code (ISO 3166-1 alpha-2) and name of each country, sorted by name."""
    territories = Locale.parse(language, sep="-" if "-" in language else "_").territories
    found = [
        (code, str(name))
        for code, name in territories.items()
        if len(code) == 2 and code not in NOT_COUNTRIES
    ]
    return tuple(sorted(found, key=lambda country: _sort_key(country[1])))


@cache
def name_of(code: str, language: str) -> str:
    """Return the name of a country, or its code if it has no name in this language."""
    return dict(choices(language)).get(code, code)


def _sort_key(name: str) -> str:
    """Return a name without accents and case, for sorting."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()

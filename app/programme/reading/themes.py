"""Themes, known by their names however these are spelt."""

import re
from dataclasses import replace

from app.programme.reading import words
from app.programme.reading.found import FoundTheme
from app.programme.reading.notebook import Notebook
from app.programme.reading.written import WrittenTheme

COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$")
PALETTE = 12


class Themes:
    """The themes of a file, in the order in which it names them."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        self._slugs = words.Slugs("theme")
        self._by_name: dict[str, WrittenTheme] = {}
        self._spellings: set[str] = set()

    @property
    def all(self) -> tuple[WrittenTheme, ...]:
        """Every theme."""
        return tuple(self._by_name.values())

    def add(self, found: FoundTheme) -> str | None:
        """Keep a theme, or recognise one, and give its slug; None for one without a name."""
        raw = found.name or found.slug
        name = words.line(raw, found.where, self._notebook)
        if not name:
            return None
        known = self._by_name.get(words.folded(name))
        theme = self._new(name, found) if known is None else self._same(known, name, found)
        self._by_name[words.folded(name)] = theme
        self._spellings.add(name)
        return theme.slug

    def _new(self, name: str, found: FoundTheme) -> WrittenTheme:
        """Keep a theme that the file has not named before."""
        return WrittenTheme(
            slug=self._slugs.take(found.slug, name),
            name=name,
            summary=words.text(found.summary, name, found.where, self._notebook),
            letter=words.line(found.letter, found.where, self._notebook)[:2],
            shape=words.plain_slug(found.shape),
            palette=self._palette(name, found),
            colour=self._colour(name, found),
        )

    def _same(self, known: WrittenTheme, name: str, found: FoundTheme) -> WrittenTheme:
        """Recognise a theme, perhaps under another spelling."""
        if name not in self._spellings:
            self._notebook.mended(
                found.where, name, f"This is the theme “{known.name}”, spelt in another way"
            )
        if found.colour and not known.colour:
            return replace(known, colour=self._colour(name, found))
        return known

    def _colour(self, name: str, found: FoundTheme) -> str:
        """Keep a colour that is one."""
        if not found.colour or COLOUR.match(found.colour):
            return found.colour.lower()
        self._notebook.left_out(found.where, name, f"Its colour is not one: {found.colour[:40]}")
        return ""

    def _palette(self, name: str, found: FoundTheme) -> int | None:
        """Keep a place in the palette that exists."""
        if not found.palette:
            return None
        if found.palette.isdecimal() and 1 <= int(found.palette[:4]) <= PALETTE:
            return int(found.palette[:4])
        self._notebook.left_out(
            found.where, name, f"There is no colour {found.palette[:40]} in the palette"
        )
        return None

"""Themes, known by their names however these are spelt."""

import re
from dataclasses import replace

from app.programme.reading import words
from app.programme.reading.found import Found, FoundTheme
from app.programme.reading.notebook import Notebook
from app.programme.reading.written import WrittenTheme

COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$")
PALETTE = 12


def drop_empty(found: Found, notebook: Notebook) -> None:
    """Take out the tracks that are announced but hold no session."""
    used = {name for session in found.sessions if session.theme for name in _names(session.theme)}
    for theme in found.themes:
        if not used & _names(theme):
            notebook.left_out(theme.where, theme.name, "This theme has no session")
    found.themes = [theme for theme in found.themes if used & _names(theme)]


def _names(theme: FoundTheme) -> set[str]:
    """Give what a theme may be known by."""
    return {words.folded(name) for name in (theme.name, theme.slug) if name}


class Themes:
    """The themes of a file, in the order in which it names them."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        self._slugs = words.Slugs("theme")
        self._themes: dict[str, WrittenTheme] = {}
        self._slugs_of: dict[str, str] = {}
        self._spellings: set[str] = set()

    @property
    def all(self) -> tuple[WrittenTheme, ...]:
        """Every theme."""
        return tuple(self._themes.values())

    def add(self, found: FoundTheme) -> str | None:
        """Keep a theme, or recognise one, and give its slug; None for one without a name."""
        raw = found.name or found.slug
        name = words.line(raw, found.where, self._notebook)
        if not name:
            return None
        own = words.folded(found.slug or name)
        slug = self._slugs_of.get(words.folded(name)) or self._slugs_of.get(own)
        theme = self._same(self._themes[slug], name, found) if slug else self._new(name, found)
        self._themes[theme.slug] = theme
        self._slugs_of.setdefault(words.folded(name), theme.slug)
        self._slugs_of.setdefault(own, theme.slug)
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

"""Rooms and themes, identified by their keys or by their names in any spelling."""

import re
from dataclasses import replace

from app.interchange.importers import text
from app.interchange.importers.parsed_programme import ImportLog, ParsedRoom, ParsedTheme
from app.interchange.importers.raw import RawProgramme, RawRoom, RawTheme
from app.programme import slugs

MAX_CAPACITY = 1_000_000


class RoomBuilder:
    """Collects the rooms of a file in order."""

    def __init__(self, log: ImportLog) -> None:
        self._log = log
        self._slugs = text.SlugAllocator("room")
        self._rooms: dict[str, ParsedRoom] = {}
        self._keys: dict[str, str] = {}
        self._spellings: set[str] = set()

    @property
    def all(self) -> tuple[ParsedRoom, ...]:
        """Return all rooms."""
        return tuple(self._rooms.values())

    def add(self, raw: RawRoom) -> str | None:
        """Add or recognise a room and return its key; return None if it has no name."""
        name = text.clean_line(raw.name, raw.where, self._log)
        if not name:
            return None
        own_key = self._find_own_key(raw, name)
        key = self._keys.get(own_key) or self._keys.get(text.normalise_name(name))
        if key is None:
            key = self._add_new(own_key or _key_by_name(name), name, raw)
        else:
            self._note_spelling(key, name, raw)
        self._keys.setdefault(text.normalise_name(name), key)
        self._spellings.add(name)
        return key

    def _find_own_key(self, raw: RawRoom, name: str) -> str:
        """Return the key in the file, unless a room with another name has the same one."""
        own_key = text.normalise_key(raw.key)
        known = self._rooms.get(own_key)
        if known is None or text.normalise_name(known.name) == text.normalise_name(name):
            return own_key
        self._log.add_fix(
            raw.where,
            name,
            f"The room “{known.name}” also has the number {own_key}; "
            "they are loaded as separate rooms",
        )
        return ""

    def _add_new(self, key: str, name: str, raw: RawRoom) -> str:
        self._keys[key] = key
        self._rooms[key] = ParsedRoom(
            key=key,
            name=name,
            slug=self._slugs.allocate(raw.slug, name),
            capacity=self._parse_capacity(name, raw),
            description=text.clean_text(raw.description, name, raw.where, self._log),
            features=tuple(dict.fromkeys(filter(None, map(slugs.make_code, raw.features)))),
            illustrative=raw.illustrative,
        )
        return key

    def _note_spelling(self, key: str, name: str, raw: RawRoom) -> None:
        """Note another spelling of a known room."""
        known = self._rooms[key]
        if name not in self._spellings:
            self._log.add_fix(
                raw.where, name, f"This is a different spelling of the room “{known.name}”"
            )
        if raw.capacity and known.capacity is None:
            self._rooms[key] = replace(known, capacity=self._parse_capacity(name, raw))

    def _parse_capacity(self, name: str, raw: RawRoom) -> int | None:
        """Return the capacity, or note it and return None if it is invalid."""
        if not raw.capacity:
            return None
        number = text.parse_number(raw.capacity, MAX_CAPACITY)
        if number is None:
            self._log.add_skipped(
                raw.where, name, f"Its capacity is not a number: {raw.capacity[:40]}"
            )
        return number


def _key_by_name(name: str) -> str:
    return text.normalise_key(f"name:{text.normalise_name(name)}")


HEX_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$")
PALETTE_SIZE = 12


def drop_empty_themes(raw: RawProgramme, log: ImportLog) -> None:
    """Remove themes without sessions."""
    used = {
        name for session in raw.sessions if session.theme for name in _spellings_of(session.theme)
    }
    for theme in raw.themes:
        if not used & _spellings_of(theme):
            log.add_skipped(theme.where, theme.name, "This theme has no sessions")
    raw.themes = [theme for theme in raw.themes if used & _spellings_of(theme)]


def _spellings_of(theme: RawTheme) -> set[str]:
    """Return the names by which a theme may be recognised."""
    return {text.normalise_name(name) for name in (theme.name, theme.slug) if name}


class ThemeBuilder:
    """Collects the themes of a file in order."""

    def __init__(self, log: ImportLog) -> None:
        self._log = log
        self._slugs = text.SlugAllocator("theme")
        self._themes: dict[str, ParsedTheme] = {}
        self._slugs_of: dict[str, str] = {}
        self._spellings: set[str] = set()

    @property
    def all(self) -> tuple[ParsedTheme, ...]:
        """Return all themes."""
        return tuple(self._themes.values())

    def add(self, raw: RawTheme) -> str | None:
        """Add or recognise a theme and return its slug; return None if it has no name."""
        raw_name = raw.name or raw.slug
        name = text.clean_line(raw_name, raw.where, self._log)
        if not name:
            return None
        own = text.normalise_name(raw.slug or name)
        slug = self._slugs_of.get(text.normalise_name(name)) or self._slugs_of.get(own)
        theme = (
            self._merge_spelling(self._themes[slug], name, raw) if slug else self._build(name, raw)
        )
        self._themes[theme.slug] = theme
        self._slugs_of.setdefault(text.normalise_name(name), theme.slug)
        self._slugs_of.setdefault(own, theme.slug)
        self._spellings.add(name)
        return theme.slug

    def _build(self, name: str, raw: RawTheme) -> ParsedTheme:
        return ParsedTheme(
            slug=self._slugs.allocate(raw.slug, name),
            name=name,
            summary=text.clean_text(raw.summary, name, raw.where, self._log),
            letter=text.clean_line(raw.letter, raw.where, self._log)[:2],
            shape=slugs.make_code(raw.shape),
            palette=self._parse_palette(name, raw),
            colour=self._parse_colour(name, raw),
            short_name=text.clean_line(raw.short_name, raw.where, self._log),
        )

    def _merge_spelling(self, known: ParsedTheme, name: str, raw: RawTheme) -> ParsedTheme:
        """Recognise a theme, perhaps under another spelling."""
        if name not in self._spellings:
            self._log.add_fix(
                raw.where, name, f"This is a different spelling of the theme “{known.name}”"
            )
        if raw.colour and not known.colour:
            return replace(known, colour=self._parse_colour(name, raw))
        return known

    def _parse_colour(self, name: str, raw: RawTheme) -> str:
        """Return the colour, or note it and return an empty string if it is invalid."""
        if not raw.colour or HEX_COLOUR.match(raw.colour):
            return raw.colour.lower()
        self._log.add_skipped(raw.where, name, f"Its colour is not valid: {raw.colour[:40]}")
        return ""

    def _parse_palette(self, name: str, raw: RawTheme) -> int | None:
        """Return the position in the palette, or None if it does not exist."""
        if not raw.palette:
            return None
        if raw.palette.isdecimal() and 1 <= int(raw.palette[:4]) <= PALETTE_SIZE:
            return int(raw.palette[:4])
        self._log.add_skipped(raw.where, name, f"The palette has no colour {raw.palette[:40]}")
        return None

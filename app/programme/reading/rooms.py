"""Rooms, known by their own identity or by their names however these are spelt."""

from dataclasses import replace

from app.programme.reading import words
from app.programme.reading.found import FoundRoom
from app.programme.reading.notebook import Notebook
from app.programme.reading.written import WrittenRoom

LARGEST = 1_000_000


class Rooms:
    """The rooms of a file, in the order in which it names them."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        self._slugs = words.Slugs("room")
        self._rooms: dict[str, WrittenRoom] = {}
        self._keys: dict[str, str] = {}
        self._spellings: set[str] = set()

    @property
    def all(self) -> tuple[WrittenRoom, ...]:
        """Every room."""
        return tuple(self._rooms.values())

    def add(self, found: FoundRoom) -> str | None:
        """Keep a room, or recognise one, and give its key; None for one without a name."""
        name = words.line(found.name, found.where, self._notebook)
        if not name:
            return None
        own_key = words.identity(found.key)
        key = self._keys.get(own_key) or self._keys.get(words.folded(name))
        if key is None:
            key = self._new(own_key or words.identity(f"name:{words.folded(name)}"), name, found)
        else:
            self._same(key, name, found)
        self._keys.setdefault(words.folded(name), key)
        self._spellings.add(name)
        return key

    def _new(self, key: str, name: str, found: FoundRoom) -> str:
        """Keep a room that the file has not named before."""
        self._keys[key] = key
        self._rooms[key] = WrittenRoom(
            key=key,
            name=name,
            slug=self._slugs.take(found.slug, name),
            capacity=self._capacity(name, found),
            description=words.text(found.description, name, found.where, self._notebook),
            features=tuple(dict.fromkeys(filter(None, map(words.plain_slug, found.features)))),
            illustrative=found.illustrative,
        )
        return key

    def _same(self, key: str, name: str, found: FoundRoom) -> None:
        """Recognise a room, perhaps under another spelling."""
        known = self._rooms[key]
        if name not in self._spellings:
            self._notebook.mended(
                found.where, name, f"This is the room “{known.name}”, spelt in another way"
            )
        if found.capacity and known.capacity is None:
            self._rooms[key] = replace(known, capacity=self._capacity(name, found))

    def _capacity(self, name: str, found: FoundRoom) -> int | None:
        """Keep a number of seats that is one."""
        if not found.capacity:
            return None
        number = words.number(found.capacity, LARGEST)
        if number is None:
            self._notebook.left_out(
                found.where, name, f"Its capacity is not a number of seats: {found.capacity[:40]}"
            )
        return number

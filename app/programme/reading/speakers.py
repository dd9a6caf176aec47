"""Speakers, known by their own identity, or by name where they have none."""

from dataclasses import replace

from app.programme.reading import profiles, words
from app.programme.reading.found import FoundPerson
from app.programme.reading.notebook import Notebook
from app.programme.reading.written import WrittenSpeaker

NAME = 200


class Speakers:
    """The speakers of a file, in the order in which it names them."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        self._slugs = words.Slugs("speaker")
        self._speakers: dict[str, WrittenSpeaker] = {}
        self._names: dict[str, str] = {}
        self._spellings: set[str] = set()

    @property
    def all(self) -> tuple[WrittenSpeaker, ...]:
        """Every speaker."""
        return tuple(self._speakers.values())

    def add(self, found: FoundPerson) -> str | None:
        """Keep a speaker, or recognise one, and give their key; None for one without a name."""
        name = words.line(found.name, found.where, self._notebook, limit=NAME)
        own_key = words.identity(found.key)
        if not name:
            return own_key if own_key in self._speakers else None
        key = self._key(own_key, name, found)
        if key in self._speakers:
            self._same(key, name, found)
            self._learn(key, found)
        else:
            self._new(key, name, found)
        self._spellings.add(name)
        return key

    def _key(self, own_key: str, name: str, found: FoundPerson) -> str:
        """Decide who this is."""
        by_name = words.identity(f"name:{words.folded(name)}")
        if not own_key:
            return self._names.get(words.folded(name), by_name)
        known = self._speakers.get(own_key)
        if known is None:
            return by_name if by_name in self._speakers else own_key
        if words.folded(known.name) == words.folded(name):
            return own_key
        if by_name not in self._speakers:
            self._notebook.mended(
                found.where,
                name,
                f"The number {own_key} is that of {known.name} too; they are kept apart",
            )
        return by_name

    def _new(self, key: str, name: str, found: FoundPerson) -> None:
        """Keep a speaker whom the file has not named before."""
        numbered = f"speaker-{found.key}" if found.key else ""
        self._names.setdefault(words.folded(name), key)
        self._speakers[key] = WrittenSpeaker(
            key=key,
            name=name,
            slug=self._slugs.take(found.slug, name, numbered),
            role=words.line(found.role, found.where, self._notebook),
            organisation=words.line(found.organisation, found.where, self._notebook),
            country=words.line(found.country, found.where, self._notebook),
            biography=words.text(found.biography, name, found.where, self._notebook),
            profile=None if found.profile is None else profiles.read(found, self._notebook),
        )

    def _same(self, key: str, name: str, found: FoundPerson) -> None:
        """Recognise a speaker, perhaps under another spelling."""
        if name not in self._spellings:
            self._notebook.mended(
                found.where,
                name,
                f"This is the speaker “{self._speakers[key].name}”, spelt in another way",
            )

    def _learn(self, key: str, found: FoundPerson) -> None:
        """Add what an earlier mention did not say."""
        known = self._speakers[key]
        if found.biography and not known.biography:
            biography = words.text(found.biography, known.name, found.where, self._notebook)
            known = self._speakers[key] = replace(known, biography=biography)
        if found.profile is not None and known.profile is None:
            told = profiles.read(found, self._notebook)
            self._speakers[key] = replace(known, profile=told)

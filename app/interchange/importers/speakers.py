"""Speakers, with the profile fields that only native JSON and tables have."""

from collections.abc import Container, Iterator, Mapping
from typing import Any

from app.interchange.importers import text as cleaning
from app.interchange.importers.parsed_programme import (
    PROFILE_FIELDS,
    ImportLog,
    ParsedSpeaker,
    build_parsed_speaker,
    fill_in,
)
from app.interchange.importers.raw import RawPerson
from app.interchange.importers.text import as_mapping, as_mappings, as_text, first_text
from app.programme import speaker_links
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.fields.table import LINKS, TRANSLATIONS

Values = dict[str, Any]
MAX_NAME_LENGTH = 200
OWN_FIELDS = {field.file_name for field in SPEAKER_FIELDS.in_files} - PROFILE_FIELDS - {"name"}


def _clean_values(raw: RawPerson, name: str, names: Container[str], log: ImportLog) -> Values:
    """Return the values of these fields; unsafe links and unknown languages are left out."""
    values: Values = {}
    for field in SPEAKER_FIELDS.in_files:
        value = raw.values.get(field.file_name)
        if field.file_name not in names:
            continue
        if field.kind is TRANSLATIONS:
            values[field.file_name] = tuple(sorted(_parse_biographies(raw, log)))
        elif field.kind is LINKS:
            values[field.file_name] = tuple(_parse_links(raw, log))
        else:
            values[field.file_name] = cleaning.clean_value(field, value, name, raw.where, log)
    return values


def _parse_biographies(raw: RawPerson, log: ImportLog) -> Iterator[tuple[str, str]]:
    for code, text in as_mapping(raw.values.get("biographies")).items():
        if code not in speaker_links.LANGUAGES:
            reason = f"A biography has an unknown language code: {code[:20]}"
            log.add_skipped(raw.where, raw.name, reason)
        elif isinstance(text, str) and text.strip():
            yield code, cleaning.clean_text(text, raw.name, raw.where, log)


def _parse_links(raw: RawPerson, log: ImportLog) -> Iterator[tuple[str, str]]:
    for link in as_mappings(raw.values.get("links"), f"{raw.where}, links", log):
        address = first_text(link, "address")
        if error := speaker_links.link_error(address):
            log.add_skipped(raw.where, raw.name, f"The link {address[:60]} {error}")
        else:
            label = cleaning.clean_line(first_text(link, "label"), raw.where, log)
            yield from map(_as_pair, speaker_links.parse_links(f"{address} {label}"))


def _as_pair(link: list[str]) -> tuple[str, str]:
    address, label = link
    return address, label


class SpeakerBuilder:
    """Collects the speakers of a file in order."""

    def __init__(self, log: ImportLog) -> None:
        self._log = log
        self._slugs = cleaning.SlugAllocator("speaker")
        self._speakers: dict[str, ParsedSpeaker] = {}
        self._names: dict[str, str] = {}
        self._spellings: set[str] = set()
        self._address_places: dict[str, str] = {}  # where in the file, by key

    @property
    def all(self) -> tuple[ParsedSpeaker, ...]:
        """Return all speakers."""
        return tuple(self._speakers.values())

    def add(self, raw: RawPerson) -> str | None:
        """Add or recognise a speaker and return their key; return None without a name."""
        name = cleaning.clean_line(raw.name, raw.where, self._log, limit=MAX_NAME_LENGTH)
        own_key = cleaning.normalise_key(raw.key)
        if not name:
            return own_key if own_key in self._speakers else None
        key = self._choose_key(own_key, name, raw)
        if key in self._speakers:
            self._note_spelling(key, name, raw)
            self._fill_gaps(key, raw)
        else:
            self._add_new(key, name, raw)
        self._spellings.add(name)
        return key

    def _choose_key(self, own_key: str, name: str, raw: RawPerson) -> str:
        """Return the key by which a person is recognised."""
        by_name = cleaning.normalise_key(f"name:{cleaning.normalise_name(name)}")
        if not own_key:
            return self._names.get(cleaning.normalise_name(name), by_name)
        known = self._speakers.get(own_key)
        if known is None:
            return by_name if by_name in self._speakers else own_key
        if cleaning.normalise_name(known.name) == cleaning.normalise_name(name):
            return own_key
        if by_name not in self._speakers:
            self._log.add_fix(
                raw.where,
                name,
                f"{known.name} also has the number {own_key}; they are loaded as separate people",
            )
        return by_name

    def _add_new(self, key: str, name: str, raw: RawPerson) -> None:
        numbered = f"speaker-{raw.key}" if raw.key else ""
        self._names.setdefault(cleaning.normalise_name(name), key)
        slug = self._slugs.allocate(raw.slug, name, numbered)
        profile = PROFILE_FIELDS if raw.has_profile else frozenset()
        values = _clean_values(raw, name, OWN_FIELDS | profile, self._log)
        values |= {"name": name, "contact_address": self._contact_address(key, raw)}
        self._speakers[key] = build_parsed_speaker(key, slug, values)

    def _note_spelling(self, key: str, name: str, raw: RawPerson) -> None:
        """Note another spelling of a known speaker."""
        if name not in self._spellings:
            self._log.add_fix(
                raw.where,
                name,
                f"This is the speaker “{self._speakers[key].name}”, with a different spelling",
            )

    def _fill_gaps(self, key: str, raw: RawPerson) -> None:
        """Fill in what an earlier mention did not contain."""
        known = self._speakers[key]
        gaps = set() if known.biography or not raw.values.get("biography") else {"biography"}
        if raw.has_profile and known.profile is None:
            gaps |= PROFILE_FIELDS
        values = _clean_values(raw, known.name, gaps, self._log)
        if not known.contact_address:
            values["contact_address"] = self._contact_address(key, raw)
        self._speakers[key] = fill_in(known, values)

    def note_shared_addresses(self, known: Mapping[str, str]) -> None:
        """Note speakers with the email address of another one, in the file or in the programme.

        ``known`` maps the addresses in the programme to names.
        """
        first = dict(known)
        for key, speaker in self._speakers.items():
            address = (speaker.contact_address or "").casefold()
            other = first.setdefault(address, speaker.name) if address else speaker.name
            if cleaning.normalise_name(other) != cleaning.normalise_name(speaker.name):
                where = self._address_places[key]
                self._log.add_clash(where, speaker.name, f"{other} has the same email address")

    def _contact_address(self, key: str, raw: RawPerson) -> str | None:
        """Return the email address of a person, if the file has a valid one."""
        typed = as_text(raw.values.get("contact_address"))
        line = cleaning.clean_line(typed, raw.where, self._log)
        address = cleaning.parse_email(line)
        if line and not address:
            reason = f"This is not an email address: {line[:60]}"
            self._log.add_skipped(raw.where, raw.name, reason)
        if address:
            self._address_places[key] = raw.where
        return address or None

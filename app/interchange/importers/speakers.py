"""Speakers, with the profile fields that only native JSON and tables have."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from app.interchange.importers import text as cleaning
from app.interchange.importers.import_log import ImportLog
from app.interchange.importers.parsed import ParsedProfile, ParsedSpeaker
from app.interchange.importers.raw import RawPerson
from app.interchange.importers.text import as_mapping, as_mappings, first_text
from app.programme import speaker_links


def parse_profile(raw: RawPerson, log: ImportLog) -> ParsedProfile:
    """Parse a profile; unsafe links and unknown languages are left out."""
    profile_record = as_mapping(raw.profile)
    return ParsedProfile(
        honorific=cleaning.clean_line(first_text(profile_record, "honorific"), raw.where, log),
        pronunciation=cleaning.clean_line(
            first_text(profile_record, "pronunciation"), raw.where, log
        ),
        pronouns=cleaning.clean_line(first_text(profile_record, "pronouns"), raw.where, log),
        biographies=tuple(sorted(_parse_biographies(profile_record, raw, log))),
        links=tuple(_parse_links(profile_record, raw, log)),
    )


def _parse_biographies(
    profile_record: Mapping[str, Any], raw: RawPerson, log: ImportLog
) -> Iterator[tuple[str, str]]:
    for code, text in as_mapping(profile_record.get("biographies")).items():
        if code not in speaker_links.LANGUAGES:
            reason = f"No biography can be in the language {code[:20]}"
            log.add_skipped(raw.where, raw.name, reason)
        elif isinstance(text, str) and text.strip():
            yield code, cleaning.clean_text(text, raw.name, raw.where, log)


def _parse_links(
    profile_record: Mapping[str, Any], raw: RawPerson, log: ImportLog
) -> Iterator[tuple[str, str]]:
    for link in as_mappings(profile_record.get("links"), f"{raw.where}, links", log):
        address = first_text(link, "address")
        if error := speaker_links.link_error(address):
            log.add_skipped(raw.where, raw.name, f"The link {address[:60]} {error}")
        else:
            label = cleaning.clean_line(first_text(link, "label"), raw.where, log)
            yield from map(_as_pair, speaker_links.parse_links(f"{address} {label}"))


def _as_pair(link: list[str]) -> tuple[str, str]:
    address, label = link
    return address, label


MAX_NAME_LENGTH = 200


class SpeakerBuilder:
    """Collects the speakers of a file in order."""

    def __init__(self, log: ImportLog) -> None:
        self._log = log
        self._slugs = cleaning.SlugAllocator("speaker")
        self._speakers: dict[str, ParsedSpeaker] = {}
        self._names: dict[str, str] = {}
        self._spellings: set[str] = set()

    @property
    def all(self) -> tuple[ParsedSpeaker, ...]:
        """Return all speakers."""
        return tuple(self._speakers.values())

    def add(self, raw: RawPerson) -> str | None:
        """Add or recognise a speaker and return their key; return None for one without a name."""
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
                f"The number {own_key} is that of {known.name} too; they are kept apart",
            )
        return by_name

    def _add_new(self, key: str, name: str, raw: RawPerson) -> None:
        numbered = f"speaker-{raw.key}" if raw.key else ""
        self._names.setdefault(cleaning.normalise_name(name), key)
        self._speakers[key] = ParsedSpeaker(
            key=key,
            name=name,
            slug=self._slugs.allocate(raw.slug, name, numbered),
            role=cleaning.clean_line(raw.role, raw.where, self._log),
            organisation=cleaning.clean_line(raw.organisation, raw.where, self._log),
            country=cleaning.clean_line(raw.country, raw.where, self._log),
            biography=cleaning.clean_text(raw.biography, name, raw.where, self._log),
            profile=None if raw.profile is None else parse_profile(raw, self._log),
        )

    def _note_spelling(self, key: str, name: str, raw: RawPerson) -> None:
        """Note another spelling of a known speaker."""
        if name not in self._spellings:
            self._log.add_fix(
                raw.where,
                name,
                f"This is the speaker “{self._speakers[key].name}”, spelt in another way",
            )

    def _fill_gaps(self, key: str, raw: RawPerson) -> None:
        """Fill in what an earlier mention did not contain."""
        known = self._speakers[key]
        if raw.biography and not known.biography:
            biography = cleaning.clean_text(raw.biography, known.name, raw.where, self._log)
            known = self._speakers[key] = replace(known, biography=biography)
        if raw.profile is not None and known.profile is None:
            profile = parse_profile(raw, self._log)
            self._speakers[key] = replace(known, profile=profile)

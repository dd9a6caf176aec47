"""Matching the contents of a calendar or a table to existing entities.

Such files contain few fields, and often no keys. A session is matched by its key, or else by its
title and start; a speaker, a room and a theme by name. Fields that the file does not contain stay
unchanged, and so do entities of a type that it does not list.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar

from app.content import markdown
from app.interchange.exporters import source
from app.interchange.importers.native_json import CONFERENCE_FIELDS
from app.interchange.importers.parsed_programme import (
    PROFILE_FIELDS,
    FieldCoverage,
    ParsedAppearance,
    ParsedProfile,
    ParsedProgramme,
    ParsedRoom,
    ParsedSession,
    ParsedSpeaker,
    ParsedTheme,
    fill_in,
)
from app.interchange.importers.raw import NO_TARGET, TargetConference
from app.interchange.importers.text import normalise_name
from app.programme import queries
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.fields.table import PROSE
from app.programme.slugs import slugify

NamedEntity = TypeVar("NamedEntity", ParsedRoom, ParsedSpeaker, ParsedTheme)
DescribedEntity = TypeVar("DescribedEntity", ParsedSession, ParsedSpeaker)
KeyMap = Mapping[str, str]  # existing key by key in the file
PROSE_FIELDS = SESSION_FIELDS.names_of(PROSE) | SPEAKER_FIELDS.names_of(PROSE)  # plain there


LIKENESSES: Sequence[Callable[[ParsedSession], Any]] = (  # of sessions, the surest first
    lambda one: one.key,
    lambda one: (normalise_name(one.title), one.starts_at, one.room),
    lambda one: (normalise_name(one.title), one.starts_at),
    lambda one: normalise_name(one.title),
)


def target_conference() -> TargetConference:
    """Return the conference of the working programme, for the importers."""
    if not queries.has_conference():
        return NO_TARGET
    row = queries.get_conference()
    facts = {name: _as_fact(getattr(row, name)) for name in CONFERENCE_FIELDS if hasattr(row, name)}
    speakers = queries.list_speakers()
    return TargetConference(
        {**facts, "invented": "yes" if row.is_demo else ""},
        tuple(speaker.name for speaker in speakers),
        {
            speaker.contact_address.casefold(): speaker.name
            for speaker in speakers
            if speaker.contact_address
        },
    )


def match_existing(programme: ParsedProgramme) -> ParsedProgramme:
    """Return the programme with the existing keys, and existing values of missing fields."""
    coverage = programme.coverage
    if not queries.has_conference():
        return programme
    if coverage is None:
        return _keep_theme_slugs(programme)
    known = source.load_working_programme("").programme
    keys = _ExistingKeys(
        _map_keys(known.themes, programme.themes, "slug"),
        _map_keys(known.rooms, programme.rooms, "key"),
        _map_keys(known.speakers, programme.speakers, "key"),
    )
    resolved = map(keys.resolve_session, programme.sessions)
    names = {one.key: normalise_name(one.name) for one in (*programme.speakers, *known.speakers)}
    merged = tuple(_merge_sessions(known.sessions, resolved, coverage.session_fields, names))
    sessions = (*merged, *_select_inexpressible(known.sessions, merged, coverage))
    return replace(
        programme,
        themes=(*known.themes, *_select_new(known.themes, programme.themes, keys.themes, "slug")),
        rooms=(*known.rooms, *_select_new(known.rooms, programme.rooms, keys.rooms, "key")),
        speakers=tuple(
            _merge_speakers(
                known.speakers,
                _drop_ambiguous(programme.speakers, known.speakers, keys.speakers, merged),
                keys,
                coverage,
            )
        ),
        sessions=sessions if coverage.session_fields else known.sessions,
    )


def _keep_theme_slugs(programme: ParsedProgramme) -> ParsedProgramme:
    """Return the programme with the existing slugs of themes that the file only names."""
    known = {theme.slug: slugify(theme.name) for theme in queries.list_themes()}
    in_file = {theme.slug for theme in programme.themes}
    slugs = {
        by_name: slug
        for slug, by_name in known.items()
        if slug not in in_file and by_name not in known
    }
    return replace(
        programme,
        themes=tuple(
            replace(theme, slug=slugs.get(theme.slug, theme.slug)) for theme in programme.themes
        ),
        sessions=tuple(
            replace(session, theme=slugs.get(session.theme or "", session.theme))
            for session in programme.sessions
        ),
    )


@dataclass(frozen=True)
class _ExistingKeys:
    """The existing keys of the entities in the file."""

    themes: KeyMap
    rooms: KeyMap
    speakers: KeyMap

    def resolve_session(self, parsed: ParsedSession) -> ParsedSession:
        """Return a session that refers to theme, room and speakers by existing keys."""
        return replace(
            parsed,
            theme=self.themes[parsed.theme] if parsed.theme else None,
            room=self.rooms[parsed.room] if parsed.room else None,
            appearances=tuple(
                ParsedAppearance(self.speakers[appearance.speaker], appearance.role)
                for appearance in parsed.appearances
            ),
        )


def _as_fact(value: str | date | None) -> str:
    return value.isoformat() if isinstance(value, date) else value or ""


def _map_keys(
    known: Iterable[NamedEntity], parsed: Iterable[NamedEntity], key_field: str
) -> KeyMap:
    """Map keys in the file to existing keys; new entities keep their own."""
    by_name: dict[str, list[str]] = defaultdict(list)
    for one in known:
        by_name[normalise_name(one.name)].append(getattr(one, key_field))
    known_keys = {one for some in by_name.values() for one in some}
    key_map = {}
    for one in parsed:
        own, same = getattr(one, key_field), by_name[normalise_name(one.name)]
        key_map[own] = same[0] if own not in known_keys and len(same) == 1 else own
    return key_map


def _select_new(
    known: Iterable[NamedEntity], parsed: Iterable[NamedEntity], key_map: KeyMap, key_field: str
) -> Iterator[NamedEntity]:
    """Yield the entities of the file that do not exist yet."""
    known_keys = {getattr(entity, key_field) for entity in known}
    return (entity for entity in parsed if key_map[getattr(entity, key_field)] not in known_keys)


def _drop_ambiguous(
    parsed: Iterable[ParsedSpeaker],
    known: Iterable[ParsedSpeaker],
    key_map: KeyMap,
    sessions: Iterable[ParsedSession],
) -> Iterator[ParsedSpeaker]:
    """Yield the speakers, except unneeded ones whose name several existing people have."""
    names = {normalise_name(speaker.name) for speaker in known}
    appearing = {part.speaker for session in sessions for part in session.appearances}
    known_keys = {speaker.key for speaker in known}
    for one in parsed:
        is_used = key_map[one.key] in appearing | known_keys
        if is_used or normalise_name(one.name) not in names:
            yield one


def _merge_speakers(
    known: Iterable[ParsedSpeaker],
    parsed: Iterable[ParsedSpeaker],
    keys: _ExistingKeys,
    coverage: FieldCoverage,
) -> Iterable[ParsedSpeaker]:
    """Yield all existing speakers, updated from the file, and the new ones."""
    merged = {speaker.key: speaker for speaker in known}
    for one in parsed:
        key = keys.speakers[one.key]
        fields = _stated_fields(one, coverage)
        merged[key] = _merge_speaker(merged[key], one, fields) if key in merged else one
    return merged.values()


def _stated_fields(parsed: ParsedSpeaker, coverage: FieldCoverage) -> frozenset[str]:
    """Return the fields that the file has; an empty contact address does not count."""
    profile = parsed.profile or ParsedProfile()
    return frozenset(
        name
        for name in coverage.speaker_fields
        if (coverage.clears_speakers and name != "contact_address")
        or getattr(profile if name in PROFILE_FIELDS else parsed, name)
    )


def _merge_speaker(
    known: ParsedSpeaker, parsed: ParsedSpeaker, fields: frozenset[str]
) -> ParsedSpeaker:
    """Update a speaker; profile fields without a column stay."""
    changed = _apply_changes(known, parsed, fields - PROFILE_FIELDS)
    names = fields & PROFILE_FIELDS if parsed.profile else ()
    return fill_in(changed, {name: getattr(parsed.profile, name) for name in names})


def _merge_sessions(
    known: Iterable[ParsedSession],
    parsed: Iterable[ParsedSession],
    fields: frozenset[str],
    names: Mapping[str, str],
) -> Iterator[ParsedSession]:
    """Yield the sessions of the file, completed with existing data."""
    unmatched = {session.key: session for session in known}
    waiting = list(parsed)
    pairs: dict[int, ParsedSession] = {}
    for alike in LIKENESSES:
        _match_unique(waiting, unmatched, pairs, alike)
    for index, one in enumerate(waiting):
        yield _merge_session(pairs[index], one, fields, names) if index in pairs else one


def _select_inexpressible(
    known: Iterable[ParsedSession], merged: Iterable[ParsedSession], coverage: FieldCoverage
) -> Iterator[ParsedSession]:
    """Yield the sessions that the format cannot express, so that they are not withdrawn."""
    keys = {session.key for session in merged}
    for one in known:
        is_unscheduled = one.starts_at is None and not coverage.has_unscheduled
        is_draft = one.draft is True and "draft" not in coverage.session_fields
        if one.key not in keys and (is_unscheduled or is_draft):
            yield one


def _match_unique(
    waiting: Sequence[ParsedSession],
    unmatched: dict[str, ParsedSession],
    pairs: dict[int, ParsedSession],
    identify: Callable[[ParsedSession], Any],
) -> None:
    """Pair new and existing sessions where exactly one on each side has the same key."""
    wanted = Counter(identify(one) for place, one in enumerate(waiting) if place not in pairs)
    candidates: dict[Any, list[ParsedSession]] = defaultdict(list)
    for one in unmatched.values():
        candidates[identify(one)].append(one)
    for index, one in enumerate(waiting):
        same = candidates[identify(one)]
        if index not in pairs and len(same) == wanted[identify(one)] == 1:
            pairs[index] = unmatched.pop(same[0].key)


def _name_participants(session: ParsedSession, names: Mapping[str, str]) -> Sequence[Any]:
    """Return the names of participants as a table shows them; equal names are one."""
    return [
        *dict.fromkeys(
            (names[appearance.speaker], appearance.role) for appearance in session.appearances
        )
    ]


def _merge_session(
    known: ParsedSession, parsed: ParsedSession, fields: frozenset[str], names: Mapping[str, str]
) -> ParsedSession:
    """Update a session; if the file has only a new start, the duration stays."""
    if _name_participants(known, names) == _name_participants(parsed, names):
        fields = fields - {"appearances"}
    changed = _apply_changes(known, parsed, fields)
    if "starts_at" not in fields or "ends_at" in fields:
        return changed
    if not (parsed.starts_at and known.starts_at and known.ends_at):
        return replace(changed, ends_at=parsed.ends_at)
    return replace(changed, ends_at=parsed.starts_at + (known.ends_at - known.starts_at))


def _apply_changes(
    known: DescribedEntity, parsed: DescribedEntity, fields: frozenset[str]
) -> DescribedEntity:
    """Apply the changed fields; a text that only looks different stays as typed."""
    differing = (
        name
        for name in fields
        if _as_displayed(name, getattr(known, name)) != _as_displayed(name, getattr(parsed, name))
    )
    return replace(known, **{name: getattr(parsed, name) for name in differing})


def _as_displayed(name: str, value: Any) -> Any:
    """Format a field as a spreadsheet shows it."""
    if name in PROSE_FIELDS:
        return markdown.sanitised_to_text(markdown.sanitise(value))
    if name == "links":
        return [address for address, _ in value]
    return normalise_name(value) if name == "kind" else value

"""The native JSON format, the only one with all fields, and its extension in c3voc schedules."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from app.interchange.importers.parsed_programme import ImportLog, ParsedConference
from app.interchange.importers.raw import RawPerson, RawProgramme, RawRoom, RawSession, RawTheme
from app.interchange.importers.text import (
    as_list,
    as_mapping,
    as_mappings,
    as_text,
    first_text,
    normalise_uri,
    parse_value,
)
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.fields.table import LINKS, MOMENT, TRANSLATIONS, Field

Item = TypeVar("Item")

FORMAT = "conference/1"
SCHEDULE_FIELDS = frozenset(  # fields of sessions that c3voc schedules have
    {"title", "subtitle", "kind", "abstract", "description", "language"}
    | {"links", "licence", "recorded"}
)
THEME_TEXTS = ("slug", "summary", "letter", "shape", "palette", "colour", "short_name")
CONFERENCE_FIELDS = [field.name for field in fields(ParsedConference) if field.name != "invented"]


def parse(root: Mapping[str, Any], log: ImportLog) -> RawProgramme:
    """Parse a native JSON document."""
    conference = as_mapping(root.get("conference"))
    themes = _parse_by_slug("themes", _parse_theme, root, log)
    rooms = _parse_by_slug("rooms", _parse_room, root, log)
    people = _parse_by_slug("speakers", _parse_person, root, log)
    raw = RawProgramme(conference=parse_facts(conference))
    raw.themes, raw.rooms, raw.people = (
        [*themes.values()],
        [*rooms.values()],
        [*people.values()],
    )
    for number, record in enumerate(as_mappings(root.get("sessions"), "sessions", log), start=1):
        session = _parse_session(record, number)
        session.theme = _look_up(themes, record, "theme", session, log)
        session.room = _look_up(rooms, record, "room", session, log)
        session.people = _parse_appearances(record, people, session, log)
        raw.sessions.append(session)
    return raw


def parse_facts(conference: Mapping[str, Any]) -> dict[str, str]:
    """Return the data of the conference."""
    values = {name: as_text(conference.get(name)).strip() for name in CONFERENCE_FIELDS}
    return {**values, "invented": "yes" if conference.get("invented") is True else ""}


def _parse_by_slug(
    name: str,
    parse_item: Callable[[Mapping[str, Any]], Item],
    root: Mapping[str, Any],
    log: ImportLog,
) -> dict[str, Item]:
    """Parse the entities of one type, by slug."""
    items: dict[str, Item] = {}
    for number, record in enumerate(as_mappings(root.get(name), name, log), start=1):
        slug = first_text(record, "slug", "name")
        if slug in items or not slug:
            reason = "Its slug is already used" if slug else "It has no slug or name"
            log.add_skipped(f"{name}, number {number}", slug or name, reason)
        else:
            items[slug] = parse_item(record)
    return items


def _look_up(
    items: Mapping[str, Item],
    record: Mapping[str, Any],
    name: str,
    session: RawSession,
    log: ImportLog,
) -> Item | None:
    """Return the theme or room that a session refers to; note it and return None if missing."""
    slug = first_text(record, name)
    if slug and slug not in items:
        log.add_skipped(
            session.where,
            session.title,
            f"It refers to a {name} that is not in the file: {slug[:60]}",
        )
    return items.get(slug)


def _parse_appearances(
    record: Mapping[str, Any],
    people: Mapping[str, RawPerson],
    session: RawSession,
    log: ImportLog,
) -> list[RawPerson]:
    """Return the people who appear in a session, with their roles."""
    found = []
    for appearance in as_mappings(record.get("appearances"), f"{session.where}, appearances", log):
        person = _look_up(people, appearance, "speaker", session, log)
        if person is not None:
            found.append(
                replace(person, appearance_role=first_text(appearance, "role"), where=session.where)
            )
    return found


def _parse_session(record: Mapping[str, Any], number: int) -> RawSession:
    slug = first_text(record, "slug")
    return RawSession(
        where=f"session {slug[:60]}" if slug else f"session number {number}",
        title=first_text(record, "title"),
        guid=first_text(record, "key", "slug"),
        slug=slug,
        date=first_text(record, "starts_at"),
        end=first_text(record, "ends_at"),
        cancelled=record.get("cancelled") is True,
        draft=record["draft"] is True if "draft" in record else None,
        values={
            field.file_name: _parse_field(field, record.get(field.file_name))
            for field in SESSION_FIELDS.in_files
            if field.kind is not MOMENT
        },
    )


def _parse_field(field: Field, value: Any) -> Any:
    """Return the raw value of a field."""
    if field.kind is LINKS:
        links = map(as_mapping, as_list(value))
        return [(first_text(link, "address"), first_text(link, "label")) for link in links]
    return parse_value(field, value)


def _parse_theme(theme: Mapping[str, Any]) -> RawTheme:
    texts = {name: first_text(theme, name) for name in THEME_TEXTS}
    return RawTheme(
        name=first_text(theme, "name", "slug"), where=f"theme {texts['slug'][:60]}", **texts
    )


def _parse_room(room: Mapping[str, Any]) -> RawRoom:
    return RawRoom(
        name=first_text(room, "name", "slug"),
        key=first_text(room, "key", "slug", "name"),
        slug=first_text(room, "slug"),
        capacity=first_text(room, "capacity"),
        description=first_text(room, "description"),
        features=tuple(filter(None, map(as_text, as_list(room.get("features"))))),
        illustrative=room.get("illustrative") is True,
        where=f"room {first_text(room, 'slug')[:60]}",
    )


def _parse_person(person: Mapping[str, Any]) -> RawPerson:
    return RawPerson(
        name=first_text(person, "name", "slug"),
        key=first_text(person, "key", "slug", "name"),
        slug=first_text(person, "slug"),
        where=f"speaker {first_text(person, 'slug')[:60]}",
        values={
            field.file_name: _parse_speaker_field(field, person[field.file_name])
            for field in SPEAKER_FIELDS.in_files
            if field.file_name in person
        },
    )


def _parse_speaker_field(field: Field, value: Any) -> Any:
    """Return the raw value of a field; records unchanged, so that invalid ones are noted."""
    return value if field.kind in {LINKS, TRANSLATIONS} else parse_value(field, value)


Restorable = TypeVar("Restorable", RawRoom, RawTheme)


def restore_extension(raw: RawProgramme, extension: Mapping[str, Any]) -> None:
    """Restore keys, slugs and further fields from the extension of the site's own schedules."""
    conference = as_mapping(extension.get("conference"))
    if conference:
        raw.conference.update(parse_facts(conference))
    known_as = as_mapping(extension.get("known_as"))
    if known_as:
        _restore_identities(raw, known_as)
    rest = as_mapping(extension.get("rest"))
    if rest:
        _restore_rest(raw, parse(rest, ImportLog()), as_text(extension.get("illustrative")))


def _restore_identities(raw: RawProgramme, known_as: Mapping[str, Any]) -> None:
    for room in raw.rooms:
        _restore_identity(room, known_as)
    for session in raw.sessions:
        identity = as_mapping(known_as.get(session.guid))
        session.guid = first_text(identity, "key") or session.guid
        session.slug = first_text(identity, "slug") or session.slug
        for entity in _people_and_room(session):
            _restore_identity(entity, known_as)


def _people_and_room(session: RawSession) -> list[RawRoom | RawPerson]:
    return [*session.people, session.room] if session.room else [*session.people]


def _restore_identity(entity: RawRoom | RawPerson, known_as: Mapping[str, Any]) -> None:
    identity = as_mapping(known_as.get(entity.key))
    entity.key = first_text(identity, "key") or entity.key
    entity.slug = first_text(identity, "slug") or entity.slug


def _restore_rest(raw: RawProgramme, rest: RawProgramme, illustrative_notice: str) -> None:
    raw.people = [*raw.people, *rest.people]
    raw.rooms = _merge_missing(raw.rooms, {room.key: room for room in rest.rooms}, "key")
    themes = {one.slug: one for one in rest.themes}
    for theme in raw.themes:
        _restore_colour(theme, themes.get(theme.slug))
    raw.themes = _merge_missing(raw.themes, themes, "slug")
    rest_sessions = {one.guid: one for one in rest.sessions}
    for session in raw.sessions:
        _restore_session(session, rest_sessions.pop(session.guid, None), illustrative_notice)
    raw.sessions += [one for one in rest_sessions.values() if one.title]


def _merge_missing(
    entities: Sequence[Restorable], rest: dict[str, Restorable], key_field: str
) -> list[Restorable]:
    """Fill in missing fields, and add entities that the schedule does not contain."""
    completed = list(entities)
    for entity in completed:
        other = rest.pop(getattr(entity, key_field), None)
        for field in fields(entity) if other else ():
            value = getattr(entity, field.name) or getattr(other, field.name)
            setattr(entity, field.name, value)
    completed += rest.values()
    return completed


def _restore_colour(theme: RawTheme, original: RawTheme | None) -> None:
    """Restore a three-digit colour that the schedule has with six digits."""
    if original and theme.colour == "#" + "".join(2 * figure for figure in original.colour[1:]):
        theme.colour = original.colour


def _restore_session(
    session: RawSession, original: RawSession | None, illustrative_notice: str
) -> None:
    if original is None:
        return
    other_fields = {
        name: value for name, value in original.values.items() if name not in SCHEDULE_FIELDS
    }
    session.values |= other_fields
    if session.values["illustrative"]:
        session.values["abstract"] = session.values["abstract"].removeprefix(illustrative_notice)
    if _list_addresses(session) == _list_addresses(original):
        session.values["links"] = original.values["links"]
    if [one.key for one in session.people] == [one.key for one in original.people]:
        for person, known in zip(session.people, original.people, strict=True):
            person.appearance_role = known.appearance_role


def _list_addresses(session: RawSession) -> list[str]:
    return [normalise_uri(address) for address, _ in session.values["links"]]

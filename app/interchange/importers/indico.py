"""Importing the JSON that Indico exports of one event: its contributions are the sessions.

Date, time and zone are separate values. A contribution without speakers lists only its authors.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from app.errors import InvalidFile
from app.interchange.importers import datetimes
from app.interchange.importers.parsed_programme import FieldCoverage, ImportLog
from app.interchange.importers.raw import RawPerson, RawProgramme, RawRoom, RawSession, RawTheme
from app.interchange.importers.text import as_list, as_mapping, as_mappings, as_text, first_text

Record = Mapping[str, Any]

SESSION_FIELDS = frozenset(
    {"title", "starts_at", "ends_at", "room", "theme", "kind", "abstract", "keywords"}
    | {"appearances"}
)
SPEAKER_FIELDS = frozenset({"name", "organisation"})
ROLES = (("speakers", "speaker"), ("conveners", "chair"))


def is_indico(root: Record) -> bool:
    """Return True if a document is of this format."""
    return any("contributions" in as_mapping(one) for one in as_list(root.get("results")))


def parse(root: Record, log: ImportLog) -> RawProgramme:
    """Parse an event."""
    events = as_mappings(root.get("results"), "results", log)
    if len(events) > 1:
        raise InvalidFile(f"This file has {len(events):,} events. Export one of them and try again")
    [event] = events
    records = [*_list_contributions(event, log)]
    return RawProgramme(
        _conference_facts(event),
        sessions=[_parse_contribution(one, number, log) for number, one in enumerate(records, 1)],
        coverage=FieldCoverage(SESSION_FIELDS, SPEAKER_FIELDS),
    )


def _list_contributions(event: Record, log: ImportLog) -> Iterator[Record]:
    """Yield the contributions, including those within sessions, and sessions without any."""
    yield from as_mappings(event.get("contributions"), "contributions", log)
    for session in as_mappings(event.get("sessions"), "sessions", log):
        title = first_text(session, "title")
        own = as_mappings(session.get("contributions"), f"session “{title[:60]}”", log)
        yield from ({"session": title, **one} for one in own)
        if not own:
            yield session


def _conference_facts(event: Record) -> dict[str, str]:
    places = (first_text(event, "location"), first_text(event, "address"))
    return {
        "title": first_text(event, "title"),
        "summary": first_text(event, "description"),
        "place": ", ".join(filter(None, places)),
        "starts_on": _parse_moment(event.get("startDate")),
        "ends_on": _parse_moment(event.get("endDate")),
        "time_zone": first_text(event, "timezone"),
    }


def _parse_moment(value: Any) -> str:
    """Return a time in ISO 8601 with its offset, or the original value if it cannot be parsed."""
    moment = as_mapping(value)
    text = f"{first_text(moment, 'date')}T{first_text(moment, 'time')}".strip("T")
    zone = datetimes.find_zone(first_text(moment, "tz"))
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone).isoformat()
    except ValueError:
        return text


def _parse_contribution(record: Record, number: int, log: ImportLog) -> RawSession:
    known_as = first_text(record, "db_id", "id")
    where = f"contribution {known_as[:60]}" if known_as else f"contribution number {number}"
    theme = first_text(record, "track", "session")
    room = first_text(record, "roomFullname", "room")
    return RawSession(
        where=where,
        title=first_text(record, "title"),
        guid=known_as,
        theme=RawTheme(name=theme, where=where) if theme else None,
        room=RawRoom(name=room, where=where) if room else None,
        date=_parse_moment(record.get("startDate")),
        end=_parse_moment(record.get("endDate")),
        duration=first_text(record, "duration"),
        people=_parse_people(record, where, log),
        values={
            "abstract": as_text(record.get("description")),
            "kind": as_text(record.get("type")),
            "keywords": [*map(as_text, as_list(record.get("keywords")))],
            "links": [*_list_links(record)],
        },
    )


def _parse_people(record: Record, where: str, log: ImportLog) -> list[RawPerson]:
    """Return the speakers and chairs; if there are none, the authors as speakers."""
    people = [
        _parse_person(person, role, where)
        for name, role in ROLES
        for person in map(as_mapping, as_list(record.get(name)))
    ]
    if people:
        return people
    authors = [*map(as_mapping, as_list(record.get("primaryauthors")))]
    if authors:
        log.count_fix(
            "A contribution has no speakers; we used its main authors",
            "{count} contributions have no speakers; we used their main authors",
        )
    return [_parse_person(person, "speaker", where) for person in authors]


def _parse_person(person: Record, role: str, where: str) -> RawPerson:
    names = (first_text(person, "first_name"), first_text(person, "last_name"))
    return RawPerson(
        name=" ".join(filter(None, names)) or first_text(person, "fullName", "name"),
        key=first_text(person, "person_id"),
        values={"organisation": first_text(person, "affiliation")},
        appearance_role=role,
        where=where,
    )


def _list_links(record: Record) -> Iterator[tuple[str, str]]:
    """Yield the public files and links of a contribution, with their titles."""
    for folder in map(as_mapping, as_list(record.get("folders"))):
        for one in map(as_mapping, as_list(folder.get("attachments"))):
            address = first_text(one, "link_url", "download_url")
            if address and one.get("is_protected") is not True:
                yield address, first_text(one, "title")

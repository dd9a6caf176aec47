"""Importing the JSON of Sessionize: its view “All” of sessions, speakers, rooms, categories.

It names neither the conference nor a time zone; its times are local times of the conference.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from app.interchange.importers.parsed_programme import FieldCoverage, ImportLog
from app.interchange.importers.raw import (
    RawPerson,
    RawProgramme,
    RawRoom,
    RawSession,
    RawTheme,
    TargetConference,
)
from app.interchange.importers.text import (
    as_list,
    as_mapping,
    as_mappings,
    as_text,
    first_text,
    normalise_name,
)

Record = Mapping[str, Any]

SESSION_FIELDS = frozenset({"title", "starts_at", "ends_at", "room", "abstract", "appearances"})
SPEAKER_FIELDS = frozenset({"name", "role", "biography", "links"})
CATEGORY_FIELDS = {  # maps category titles to fields; other categories are keywords
    **dict.fromkeys(("track", "tracks", "theme", "themes", "topic", "topics"), "theme"),
    **dict.fromkeys(("session format", "format", "session type", "type", "kind"), "kind"),
    **dict.fromkeys(("language", "languages", "session language"), "language"),
}
ACCEPTED = {"", "accepted"}


def is_sessionize(root: Record) -> bool:
    """Return True if a document is of this format."""
    return isinstance(root.get("sessions"), list) and {"speakers", "rooms", "categories"} <= {*root}


def parse(root: Record, log: ImportLog, target: TargetConference) -> RawProgramme:
    """Parse a document."""
    people = {
        first_text(record, "id"): _parse_person(record)
        for record in as_mappings(root.get("speakers"), "speakers", log)
    }
    rooms = {
        first_text(record, "id"): _parse_room(record)
        for record in as_mappings(root.get("rooms"), "rooms", log)
    }
    categories = _Categories(as_mappings(root.get("categories"), "categories", log))
    sessions = [
        _parse_session(record, people, rooms, categories)
        for record in as_mappings(root.get("sessions"), "sessions", log)
    ]
    _note_answers(root, log)
    return RawProgramme(
        target.facts_for(sessions),
        rooms=[*rooms.values()],
        people=[*people.values()],
        sessions=sessions,
        coverage=FieldCoverage(SESSION_FIELDS | categories.fields, SPEAKER_FIELDS),
        names_conference=False,
    )


class _Categories:
    """The items that a session may have, by the field that they fill."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._items: dict[str, tuple[str, str]] = {}
        for record in records:
            field = CATEGORY_FIELDS.get(normalise_name(first_text(record, "title")), "keywords")
            for item in map(as_mapping, as_list(record.get("items"))):
                self._items[first_text(item, "id")] = field, first_text(item, "name")

    @property
    def fields(self) -> frozenset[str]:
        """The fields of sessions that the categories of this file fill."""
        return frozenset(field for field, _ in self._items.values())

    def names_by_field(self, numbers: Sequence[Any]) -> Mapping[str, list[str]]:
        """Return the names of these items by field."""
        names: dict[str, list[str]] = defaultdict(list)
        for number in map(as_text, numbers):
            if number in self._items:
                field, name = self._items[number]
                names[field].append(name)
        return names


def _parse_session(
    record: Record,
    people: Mapping[str, RawPerson],
    rooms: Mapping[str, RawRoom],
    categories: _Categories,
) -> RawSession:
    where = f"session {first_text(record, 'id')[:60]}"
    names = categories.names_by_field(as_list(record.get("categoryItems")))
    theme = next(iter(names["theme"]), "")
    return RawSession(
        where=where,
        title=first_text(record, "title"),
        guid=first_text(record, "id"),
        theme=RawTheme(name=theme, where=where) if theme else None,
        room=rooms.get(first_text(record, "roomId")) or _parse_named_room(record, where),
        date=first_text(record, "startsAt"),
        end=first_text(record, "endsAt"),
        draft=None if first_text(record, "status").lower() in ACCEPTED else True,
        people=[
            people.get(first_text(person, "id")) or _parse_person(person)
            for person in _list_people(record)
        ],
        values={
            "abstract": as_text(record.get("description")),
            "kind": ", ".join(names["kind"]) or _kind_of(record),
            "language": next(iter(names["language"]), ""),
            "keywords": names["keywords"],
            "links": [
                (address, label)
                for name, label in (("liveUrl", "Live"), ("recordingUrl", "Recording"))
                if (address := first_text(record, name))
            ],
        },
    )


def _list_people(record: Record) -> list[Record]:
    """Return the people of a session; each is a number or a record."""
    return [
        one if isinstance(one, Mapping) else {"id": one} for one in as_list(record.get("speakers"))
    ]


def _kind_of(record: Record) -> str:
    """Return the kind of a session that has no format."""
    if record.get("isServiceSession") is True:
        return "break"
    return "plenary" if record.get("isPlenumSession") is True else ""


def _parse_person(record: Record) -> RawPerson:
    parts = (first_text(record, "firstName"), first_text(record, "lastName"))
    key = first_text(record, "id")
    return RawPerson(
        name=first_text(record, "fullName", "name") or " ".join(filter(None, parts)),
        key=key,
        values={
            "biography": first_text(record, "bio"),
            "role": first_text(record, "tagLine"),
            "links": [
                {"address": first_text(link, "url"), "label": first_text(link, "title")}
                for link in map(as_mapping, as_list(record.get("links")))
            ],
        },
        where=f"speaker {key[:60]}",
    )


def _parse_room(record: Record) -> RawRoom:
    return RawRoom(first_text(record, "name"), first_text(record, "id"), where="rooms")


def _parse_named_room(record: Record, where: str) -> RawRoom | None:
    name = first_text(record, "room")
    return RawRoom(name, where=where) if name else None


def _note_answers(root: Record, log: ImportLog) -> None:
    """Note which questions to speakers were skipped: their answers may be private."""
    for question in map(as_mapping, as_list(root.get("questions"))):
        reason = "Answers to the organisers’ questions are not loaded"
        log.add_skipped("questions", first_text(question, "question") or "a question", reason)

"""Our own JSON: the format of the conference as shipped, the only one that holds all we know."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from app.programme.reading.found import Found, FoundPerson, FoundRoom, FoundSession, FoundTheme
from app.programme.reading.notebook import Notebook
from app.programme.reading.values import first, record, records, words

Thing = TypeVar("Thing")

FORMAT = "conference/1"
PROFILE = frozenset({"honorific", "pronunciation", "pronouns", "biographies", "links"})
FACTS = (
    "acronym",
    "title",
    "subtitle",
    "starts_on",
    "ends_on",
    "time_zone",
    "place",
    "summary",
    "contact_email",
    "places",
    "registration_opens_at",
    "registration_closes_at",
)


def find(root: Mapping[str, Any], notebook: Notebook) -> Found:
    """Find everything that the file holds."""
    conference = record(root.get("conference"))
    themes = _by_slug("themes", _theme, root, notebook)
    rooms = _by_slug("rooms", _room, root, notebook)
    people = _by_slug("speakers", _person, root, notebook)
    found = Found(conference=facts(conference))
    found.themes, found.rooms, found.people = (
        [*themes.values()],
        [*rooms.values()],
        [*people.values()],
    )
    for number, written in enumerate(records(root.get("sessions"), "sessions", notebook), start=1):
        session = _session(written, number)
        session.theme = _known(themes, written, "theme", session, notebook)
        session.room = _known(rooms, written, "room", session, notebook)
        session.people = _appearances(written, people, session, notebook)
        found.sessions.append(session)
    return found


def facts(conference: Mapping[str, Any]) -> dict[str, str]:
    """Read the facts of the conference."""
    said = {name: words(conference.get(name)).strip() for name in FACTS}
    return {**said, "invented": "yes" if conference.get("invented") is True else ""}


def _by_slug(
    name: str,
    read: Callable[[Mapping[str, Any]], Thing],
    root: Mapping[str, Any],
    notebook: Notebook,
) -> dict[str, Thing]:
    """Read the things of one kind, each known by its slug."""
    things: dict[str, Thing] = {}
    for number, written in enumerate(records(root.get(name), name, notebook), start=1):
        slug = first(written, "slug", "name")
        if slug in things or not slug:
            reason = "Its slug is taken by another" if slug else "It has neither slug nor name"
            notebook.left_out(f"{name}, number {number}", slug or name, reason)
        else:
            things[slug] = read(written)
    return things


def _known(
    things: Mapping[str, Thing],
    written: Mapping[str, Any],
    name: str,
    session: FoundSession,
    notebook: Notebook,
) -> Thing | None:
    """Find the theme or the room that a session names."""
    slug = first(written, name)
    if slug and slug not in things:
        notebook.left_out(
            session.where,
            session.title,
            f"It names a {name} that the file does not hold: {slug[:60]}",
        )
    return things.get(slug)


def _appearances(
    written: Mapping[str, Any],
    people: Mapping[str, FoundPerson],
    session: FoundSession,
    notebook: Notebook,
) -> list[FoundPerson]:
    """Find who appears in a session, and as what."""
    found = []
    for appearance in records(
        written.get("appearances"), f"{session.where}, appearances", notebook
    ):
        person = _known(people, appearance, "speaker", session, notebook)
        if person is not None:
            found.append(replace(person, appears_as=first(appearance, "role"), where=session.where))
    return found


def _session(written: Mapping[str, Any], number: int) -> FoundSession:
    """Read a session."""
    slug = first(written, "slug")
    return FoundSession(
        where=f"session {slug[:60]}" if slug else f"session number {number}",
        title=first(written, "title"),
        guid=first(written, "key", "slug"),
        slug=slug,
        subtitle=first(written, "subtitle"),
        kind=first(written, "kind"),
        date=first(written, "starts_at"),
        end=first(written, "ends_at"),
        abstract=words(written.get("abstract")),
        description=words(written.get("description")),
        language=first(written, "language"),
        illustrative=written.get("illustrative") is True,
        cancelled=written.get("cancelled") is True,
        draft=written["draft"] is True if "draft" in written else None,
        links=[
            (first(record(link), "address"), first(record(link), "label"))
            for link in _list(written.get("links"))
        ],
        licence=first(written, "licence"),
        recorded=written.get("recorded") is True,
    )


def _theme(theme: Mapping[str, Any]) -> FoundTheme:
    """Read a theme."""
    return FoundTheme(
        name=first(theme, "name", "slug"),
        slug=first(theme, "slug"),
        summary=first(theme, "summary"),
        letter=first(theme, "letter"),
        shape=first(theme, "shape"),
        palette=first(theme, "palette"),
        colour=first(theme, "colour"),
        where=f"theme {first(theme, 'slug')[:60]}",
    )


def _room(room: Mapping[str, Any]) -> FoundRoom:
    """Read a room."""
    return FoundRoom(
        name=first(room, "name", "slug"),
        key=first(room, "key", "slug", "name"),
        slug=first(room, "slug"),
        capacity=first(room, "capacity"),
        description=first(room, "description"),
        features=tuple(filter(None, map(words, _list(room.get("features"))))),
        illustrative=room.get("illustrative") is True,
        where=f"room {first(room, 'slug')[:60]}",
    )


def _person(person: Mapping[str, Any]) -> FoundPerson:
    """Read a speaker."""
    return FoundPerson(
        name=first(person, "name", "slug"),
        key=first(person, "key", "slug", "name"),
        slug=first(person, "slug"),
        role=first(person, "role"),
        organisation=first(person, "organisation"),
        country=first(person, "country"),
        biography=first(person, "biography"),
        where=f"speaker {first(person, 'slug')[:60]}",
        profile=person if PROFILE & person.keys() else None,
    )


def _list(value: Any) -> list[Any]:
    """Give a list, or an empty one."""
    return value if isinstance(value, list) else []

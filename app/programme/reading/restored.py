"""What our own schedules tell beside what the format has words for (``exporting/meta.py``).

It is only ever added: what the schedule itself says stands, for somebody may have changed it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar

from app.programme.reading import own_json
from app.programme.reading.found import Found, FoundPerson, FoundRoom, FoundSession, FoundTheme
from app.programme.reading.notebook import Notebook
from app.programme.reading.values import first, record, words
from app.programme.reading.words import uri

Thing = TypeVar("Thing", FoundRoom, FoundTheme)


def restore(found: Found, meta: Mapping[str, Any]) -> None:
    """Give things back the identities and addresses by which we know them, and all the rest."""
    conference = record(meta.get("conference"))
    if conference:
        found.conference.update(own_json.facts(conference))
    known = record(meta.get("known_as"))
    if known:
        _restore_identities(found, known)
    rest = record(meta.get("rest"))
    if rest:
        _restore_rest(found, own_json.find(rest, Notebook()), words(meta.get("illustrative")))


def _restore_identities(found: Found, known: Mapping[str, Any]) -> None:
    for room in found.rooms:
        _restore_thing(room, known)
    for session in found.sessions:
        told = record(known.get(session.guid))
        session.guid = first(told, "key") or session.guid
        session.slug = first(told, "slug") or session.slug
        for thing in _things_of(session):
            _restore_thing(thing, known)


def _things_of(session: FoundSession) -> list[FoundRoom | FoundPerson]:
    return [*session.people, session.room] if session.room else [*session.people]


def _restore_thing(thing: FoundRoom | FoundPerson, known: Mapping[str, Any]) -> None:
    told = record(known.get(thing.key))
    thing.key = first(told, "key") or thing.key
    thing.slug = first(told, "slug") or thing.slug


def _restore_rest(found: Found, rest: Found, mark: str) -> None:
    found.people = [*found.people, *rest.people]
    found.rooms = _completed(found.rooms, {one.key: one for one in rest.rooms}, "key")
    themes = {one.slug: one for one in rest.themes}
    for theme in found.themes:
        _restore_colour(theme, themes.get(theme.slug))
    found.themes = _completed(found.themes, themes, "slug")
    told = {one.guid: one for one in rest.sessions}
    for session in found.sessions:
        _restore_session(session, told.pop(session.guid, None), mark)
    found.sessions += [one for one in told.values() if one.title]


def _completed(found: Sequence[Thing], rest: dict[str, Thing], name: str) -> list[Thing]:
    """Fill what a thing does not say itself; add what the schedule does not name."""
    completed = list(found)
    for thing in completed:
        told = rest.pop(getattr(thing, name), None)
        for field in fields(thing) if told else ():
            said = getattr(thing, field.name) or getattr(told, field.name)
            setattr(thing, field.name, said)
    completed += rest.values()
    return completed


def _restore_colour(theme: FoundTheme, told: FoundTheme | None) -> None:
    """Write a colour as it was, where the schedule writes the same one with twice the figures."""
    if told and theme.colour == "#" + "".join(2 * figure for figure in told.colour[1:]):
        theme.colour = told.colour


def _restore_session(session: FoundSession, told: FoundSession | None, mark: str) -> None:
    if told is None:
        return
    session.illustrative = told.illustrative
    if told.illustrative:
        session.abstract = session.abstract.removeprefix(mark)
    if [uri(one) for one, _ in session.links] == [uri(one) for one, _ in told.links]:
        session.links = told.links
    if [one.key for one in session.people] == [one.key for one in told.people]:
        for person, known in zip(session.people, told.people, strict=True):
            person.appears_as = known.appears_as

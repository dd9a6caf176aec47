"""From loose words to a programme: each part in turn, and at the end what clashes."""

from app.errors import Unreadable
from app.programme.reading import clashes, conference, zones
from app.programme.reading.found import Found
from app.programme.reading.notebook import Notebook
from app.programme.reading.rooms import Rooms
from app.programme.reading.sessions import Sessions
from app.programme.reading.speakers import Speakers
from app.programme.reading.themes import Themes
from app.programme.reading.timing import Calendar
from app.programme.reading.written import WrittenProgramme

MOST = 20_000


def written(found: Found, notebook: Notebook) -> WrittenProgramme:
    """Make a programme of what was found, and note what had to be done."""
    _refuse_the_impossible(len(found.sessions))
    zone = zones.of(found, notebook)
    calendar = Calendar(zone, found.conference.get("day_change", ""), notebook)
    themes, rooms, speakers = Themes(notebook), Rooms(notebook), Speakers(notebook)
    for theme in found.themes:
        themes.add(theme)
    for room in found.rooms:
        rooms.add(room)
    for person in found.people:
        speakers.add(person)
    sessions = Sessions(themes, rooms, speakers, calendar, notebook)
    base = found.conference.get("base_url", "")
    for session in found.sessions:
        sessions.add(session, base)
    _refuse_the_impossible(len(sessions.all))
    facts = conference.written(found, zone, sessions.all, notebook)
    programme = WrittenProgramme(facts, themes.all, rooms.all, speakers.all, sessions.all)
    clashes.find(programme, sessions.where, notebook)
    return programme


def _refuse_the_impossible(count: int) -> None:
    """Refuse a programme without a session, or with more than any conference has."""
    if not count:
        raise Unreadable("There is no session in this file that can be read")
    if count > MOST:
        raise Unreadable(f"This file holds more than {MOST:,} sessions")

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


def written(found: Found, notebook: Notebook) -> WrittenProgramme:
    """Make a programme of what was found, and note what had to be done."""
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
    if not sessions.all:
        raise Unreadable("There is no session in this file that can be read")
    facts = conference.written(found, zone, sessions.all, notebook)
    programme = WrittenProgramme(facts, themes.all, rooms.all, speakers.all, sessions.all)
    clashes.find(programme, sessions.where, notebook)
    return programme

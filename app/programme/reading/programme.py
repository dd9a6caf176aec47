"""From loose words to a programme: each part in turn, and at the end what clashes."""

from zoneinfo import ZoneInfo

from app.errors import Unreadable
from app.programme.reading import clashes, conference, zones
from app.programme.reading.found import Found
from app.programme.reading.notebook import Notebook
from app.programme.reading.rooms import Rooms
from app.programme.reading.sessions import Sessions
from app.programme.reading.speakers import Speakers
from app.programme.reading.themes import Themes
from app.programme.reading.timing import Calendar, Clocks, NoClocks
from app.programme.reading.written import WrittenProgramme

MOST = 20_000


def written(found: Found, notebook: Notebook) -> WrittenProgramme:
    """Make a programme of what was found, and note what had to be done."""
    _refuse_the_impossible(found, len(found.sessions))
    zone = zones.of(found, notebook)
    themes, rooms, speakers = Themes(notebook), Rooms(notebook), Speakers(notebook)
    for theme in found.themes:
        themes.add(theme)
    for room in found.rooms:
        rooms.add(room)
    for person in found.people:
        speakers.add(person)
    sessions = Sessions(themes, rooms, speakers, _clocks(found, zone, notebook), notebook)
    base = found.conference.get("base_url", "")
    for session in found.sessions:
        sessions.add(session, base)
    _refuse_the_impossible(found, len(sessions.all))
    facts = conference.written(found, zone, sessions.all, notebook)
    programme = WrittenProgramme(
        facts, themes.all, rooms.all, speakers.all, sessions.all, found.says
    )
    clashes.find(programme, sessions.where, notebook)
    return programme


def _clocks(found: Found, zone: ZoneInfo, notebook: Notebook) -> Clocks:
    """Give the clocks by which the file tells its hours, if it tells any."""
    if found.says is not None and "starts_at" not in found.says.of_sessions:
        return NoClocks()
    return Calendar(zone, found.conference.get("day_change", ""), notebook)


def _refuse_the_impossible(found: Found, count: int) -> None:
    """Refuse a programme without a session, or with more than any conference has."""
    holds_only_people = found.says is not None and not found.says.of_sessions
    if not count and not (holds_only_people and found.people):
        raise Unreadable("There is no session in this file that can be read")
    if count > MOST:
        raise Unreadable(f"This file holds more than {MOST:,} sessions")

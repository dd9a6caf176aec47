"""Say in the report of a file what cannot all be true of the programme in it."""

from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from app.programme import clashes
from app.programme.placed import Frame, Needed, Place, Placed, needed
from app.programme.reading.notebook import Notebook
from app.programme.reading.written import WrittenProgramme, WrittenSession


def find(programme: WrittenProgramme, where: Mapping[str, str], notebook: Notebook) -> None:
    """Note what each session clashes with; where there is more than one, what lasts longest.

    All sessions are kept: an organiser decides what gives way.
    """
    written = {f"{number:09}": session for number, session in enumerate(programme.sessions)}
    conference = programme.conference
    frame = Frame(conference.starts_on, conference.ends_on, ZoneInfo(conference.time_zone))
    told: set[tuple[str, str]] = set()
    for clash in clashes.find(_placed(programme, written), frame):
        if clash.need and (clash.session, clash.need) in told:
            continue
        told.add((clash.session, clash.need))
        session = written[clash.session]
        notebook.clash(where[session.key], session.title, clash.words.told(str))


def _placed(programme: WrittenProgramme, written: Mapping[str, WrittenSession]) -> Iterator[Placed]:
    """Give what takes place at a time; their keys keep the order of the file."""
    names = {speaker.key: speaker.name for speaker in programme.speakers}
    rooms = {room.key: Place(room.key, room.name, room.capacity) for room in programme.rooms}
    for key, session in written.items():
        if session.starts_at and not session.cancelled:
            yield Placed(
                key=key,
                title=session.title,
                starts_at=session.starts_at,
                ends_at=session.ends_at or session.starts_at,
                room=rooms[session.room] if session.room else None,
                people=_people(session, names),
            )


def _people(session: WrittenSession, names: Mapping[str, str]) -> tuple[Needed, ...]:
    return needed((one.speaker, names[one.speaker], one.role) for one in session.appearances)

"""Small programme files to read: a test names only the fault it is about."""

from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from app.programme.reading import read
from app.programme.reading.written import Reading

FILES = Path(__file__).parent / "files"
CONFERENCE = {
    "acronym": "faults",
    "title": "A conference of faults",
    "start": "2009-06-10",
    "end": "2009-06-11",
    "time_zone_name": "Europe/London",
}
EVENT = {
    "date": "2009-06-10T10:00:00+01:00",
    "start": "10:00",
    "duration": "00:30",
    "room": "Main hall",
    "title": "Warm homes",
    "track": "Daily life",
}


def an_event(
    people: str = "", guid: str = "one", number: str = "1", links: str = "", **about: str
) -> str:
    """Write an event; a field set to nothing is left out."""
    fields = {**EVENT, **about}
    said = "".join(f"<{name}>{escape(words)}</{name}>" for name, words in fields.items() if words)
    names = f"guid={quoteattr(guid)}" if guid else ""
    names += f" id={quoteattr(number)}" if number else ""
    return f"<event {names}>{said}<persons>{people}</persons><links>{links}</links></event>\n"


def a_schedule(
    *events: str,
    day: str = 'date="2009-06-10" start="2009-06-10T06:00:00+01:00"',
    room: str = "Main hall",
    **conference: str,
) -> str:
    """Write a schedule of one day and one room; a fact set to nothing is left out."""
    facts = {**CONFERENCE, **conference}
    said = "".join(f"<{name}>{escape(words)}</{name}>" for name, words in facts.items() if words)
    return (
        f"<schedule><conference>{said}</conference>\n<day index='1' {day}>\n"
        f"<room name={quoteattr(room)}>\n{''.join(events or (an_event(),))}</room></day></schedule>"
    )


def reading_of(contents: str | bytes, folder: Path) -> Reading:
    """Save a file and read it."""
    path = folder / "programme"
    path.write_bytes(contents if isinstance(contents, bytes) else contents.encode())
    return read(path)


def notes_of(reading: Reading) -> list[tuple[str, str]]:
    """Give what was noted, and of which kind."""
    return [(note.kind, note.reason) for note in reading.notes]

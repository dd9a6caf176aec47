"""Small programme files to read: a test names only the fault it is about."""

from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from app.interchange.importers.detect import read_file
from app.interchange.importers.parsed_programme import ParseResult

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


def make_event_xml(
    people: str = "", guid: str = "one", number: str = "1", links: str = "", **values: str
) -> str:
    """Write an event; a field set to nothing is left out."""
    fields = {**EVENT, **values}
    elements = "".join(
        f"<{name}>{escape(words)}</{name}>" for name, words in fields.items() if words
    )
    names = f"guid={quoteattr(guid)}" if guid else ""
    names += f" id={quoteattr(number)}" if number else ""
    return f"<event {names}>{elements}<persons>{people}</persons><links>{links}</links></event>\n"


def make_schedule_xml(
    *events: str,
    day: str = 'date="2009-06-10" start="2009-06-10T06:00:00+01:00"',
    room: str = "Main hall",
    **conference: str,
) -> str:
    """Write a schedule of one day and one room; a fact set to nothing is left out."""
    facts = {**CONFERENCE, **conference}
    elements = "".join(
        f"<{name}>{escape(words)}</{name}>" for name, words in facts.items() if words
    )
    return (
        f"<schedule><conference>{elements}</conference>\n<day index='1' {day}>\n"
        f"<room name={quoteattr(room)}>\n{''.join(events or (make_event_xml(),))}</room>"
        "</day></schedule>"
    )


def parse_contents(contents: str | bytes, folder: Path) -> ParseResult:
    """Save a file and read it."""
    path = folder / "programme"
    path.write_bytes(contents if isinstance(contents, bytes) else contents.encode())
    return read_file(path)


def list_notes(result: ParseResult) -> list[tuple[str, str]]:
    """Give what was noted, and of which kind."""
    return [(note.kind, note.reason) for note in result.notes]

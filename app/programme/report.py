"""What loading a programme says at its end, for whoever loaded it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.programme.reading.written import Note
from app.programme.services import Loaded

MOST_NAMES = 20  # of one sort; what else there is, is counted
MOST_NOTES = 100  # of one sort; what was left out is always told in full
HEADINGS: Mapping[str, str] = {
    "left out": "Left out, because it could not be read",
    "mended": "Mended",
    "clash": "Clashes",
}


@dataclass(frozen=True)
class Part:
    """What a report says of one sort: a heading, and a line for each thing."""

    heading: str
    lines: tuple[str, ...]
    most: int  # lines that a short report holds


def parts(loaded: Loaded) -> Iterator[Part]:
    """Tell what was added, changed, withdrawn, left out and mended, each thing in full."""
    difference = loaded.difference
    for heading, names in (
        ("Added", difference.added),
        ("Changed", difference.changed),
        ("Withdrawn", difference.withdrawn),
    ):
        yield Part(heading, tuple(names), MOST_NAMES)
    for kind, heading in HEADINGS.items():
        some = tuple(_line(note) for note in loaded.notes if note.kind == kind)
        yield Part(heading, some, len(some) if kind == "left out" else MOST_NOTES)


def told(loaded: Loaded) -> Iterator[str]:
    """Tell the same in short, a line each."""
    for part in parts(loaded):
        if part.lines:
            yield f"{part.heading}:"
            yield from (f"  {line}" for line in part.lines[: part.most])
            yield from _more(len(part.lines) - part.most)
            yield ""
    yield summary(loaded)


def _line(note: Note) -> str:
    return f"{note.where}: {note.subject}: {note.reason}"


def _more(count: int) -> Iterator[str]:
    if count > 0:
        yield f"  … and {count:,} more"


def summary(loaded: Loaded) -> str:
    """Count what a report tells."""
    count = Counter[str](note.kind for note in loaded.notes)
    clashes = "1 clash" if count["clash"] == 1 else f"{count['clash']} clashes"
    noted = {"left out": "{} left out", "mended": "{} mended", "clash": clashes}
    words = [noted[kind].format(count[kind]) for kind in noted if count[kind]]
    return "; ".join(filter(None, [str(loaded.difference), ", ".join(words)]))

"""What loading a programme says at its end, for whoever loaded it."""

from collections import Counter
from collections.abc import Iterator, Sequence

from app.programme.reading.written import Note
from app.programme.services import Loaded

MOST_NAMES = 20  # of one sort; what else there is, is counted
MOST_NOTES = 100  # of one sort; what was left out is always told in full


def told(loaded: Loaded) -> Iterator[str]:
    """Tell what was added, changed, withdrawn, mended and left out, a line each."""
    difference = loaded.difference
    for heading, names in (
        ("Added", difference.added),
        ("Changed", difference.changed),
        ("Withdrawn", difference.withdrawn),
    ):
        yield from _named(heading, names)
    yield from _notes(loaded.notes)
    yield _summary(loaded)


def _named(heading: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        yield f"{heading}:"
        yield from (f"  {name}" for name in names[:MOST_NAMES])
        yield from _more(len(names) - MOST_NAMES)
        yield ""


def _notes(notes: Sequence[Note]) -> Iterator[str]:
    for kind, heading in (
        ("left out", "Left out, because it could not be read:"),
        ("mended", "Mended:"),
        ("clash", "Clashes:"),
    ):
        some = [note for note in notes if note.kind == kind]
        if some:
            most = len(some) if kind == "left out" else MOST_NOTES
            yield heading
            yield from (f"  {note.where}: {note.subject}: {note.reason}" for note in some[:most])
            yield from _more(len(some) - most)
            yield ""


def _more(count: int) -> Iterator[str]:
    if count > 0:
        yield f"  … and {count:,} more"


def _summary(loaded: Loaded) -> str:
    count = Counter[str](note.kind for note in loaded.notes)
    clashes = "1 clash" if count["clash"] == 1 else f"{count['clash']} clashes"
    noted = {"left out": "{} left out", "mended": "{} mended", "clash": clashes}
    words = [noted[kind].format(count[kind]) for kind in noted if count[kind]]
    return "; ".join(filter(None, [str(loaded.difference), ", ".join(words)]))

"""Where the reading writes down what an organiser should know."""

from collections import Counter

from app.programme.reading.characters import short
from app.programme.reading.written import Kind, Note

THE_FILE = "the file"


class Notebook:
    """Notes in the order in which they were made, none twice; what befell many is told once."""

    def __init__(self) -> None:
        self._notes: dict[Note, None] = {}
        self._counts: Counter[tuple[str, str]] = Counter()

    def mended(self, where: str, subject: str, reason: str) -> None:
        """Say that something was put right."""
        self._notes[_note(where, subject, "mended", reason)] = None

    def left_out(self, where: str, subject: str, reason: str) -> None:
        """Say that something could not be kept."""
        self._notes[_note(where, subject, "left out", reason)] = None

    def clash(self, where: str, subject: str, reason: str) -> None:
        """Say that a person or a room is wanted twice at once."""
        self._notes[_note(where, subject, "clash", reason)] = None

    def often(self, one: str, many: str) -> None:
        """Count a mend that may concern every session: ``many`` holds ``{count}``."""
        self._counts[one, many] += 1

    def notes(self) -> tuple[Note, ...]:
        """Give every note: first what concerns the whole file."""
        general = [
            Note(
                THE_FILE,
                "the whole file",
                "mended",
                one if count == 1 else many.format(count=count),
            )
            for (one, many), count in self._counts.items()
        ]
        return (*general, *self._notes)


def _note(where: str, subject: str, kind: Kind, reason: str) -> Note:
    """Make a note that can be printed, whatever stood in the file."""
    return Note(short(where, 80), short(subject, 120), kind, short(reason, 400))

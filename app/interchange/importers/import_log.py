"""The log of an import: what was fixed or left out, and what clashes."""

from collections import Counter

from app.interchange.importers.parsed import ImportNote, NoteKind
from app.text import shorten

THE_FILE = "the file"


class ImportLog:
    """Notes in order and without duplicates; common ones are counted instead."""

    def __init__(self) -> None:
        self._notes: dict[ImportNote, None] = {}
        self._counts: Counter[tuple[str, str]] = Counter()

    def add_fix(self, where: str, subject: str, reason: str) -> None:
        """Note that something was fixed."""
        self._notes[_make_note(where, subject, "fixed", reason)] = None

    def add_skipped(self, where: str, subject: str, reason: str) -> None:
        """Note that something was left out."""
        self._notes[_make_note(where, subject, "left out", reason)] = None

    def add_clash(self, where: str, subject: str, reason: str) -> None:
        """Note that a person or a room is needed twice at once."""
        self._notes[_make_note(where, subject, "clash", reason)] = None

    def count_fix(self, singular: str, plural: str) -> None:
        """Count a fix that may concern every session; `plural` contains ``{count}``."""
        self._counts[singular, plural] += 1

    def notes(self) -> tuple[ImportNote, ...]:
        """Return all notes, those about the whole file first."""
        general = [
            ImportNote(
                THE_FILE,
                "the whole file",
                "fixed",
                one if count == 1 else many.format(count=count),
            )
            for (one, many), count in self._counts.items()
        ]
        return (*general, *self._notes)


def _make_note(where: str, subject: str, kind: NoteKind, reason: str) -> ImportNote:
    """Return a note without control characters, whatever was in the file."""
    return ImportNote(shorten(where, 80), shorten(subject, 120), kind, shorten(reason, 400))

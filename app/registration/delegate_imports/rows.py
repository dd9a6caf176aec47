"""The rows of a spreadsheet of delegates, and how they are stored until they are saved.

They hold everything that bookings hold, access requirements too, so all of it is encrypted.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from app.delegates import private_answers
from app.delegates.answer_json import Answers
from app.encryption import get_key_ring
from app.errors import NotFound

UNREADABLE = "We can no longer read this file. Upload it again"


@dataclass(frozen=True)
class RowFault:
    """What is wrong with a cell, in the language of whoever uploaded the file."""

    column: str
    message: str


@dataclass(frozen=True)
class ImportedRow:
    """A person of the file."""

    number: int  # as spreadsheets count, from 1
    name: str
    email: str
    category: str  # the number of a category as text, or ""
    answers: Answers  # as the desk's form would give them; none if there are faults
    faults: Sequence[RowFault] = ()
    notes: Sequence[str] = ()  # what to look at, though the row can be saved


@dataclass(frozen=True)
class ImportedSheet:
    """All that was read from a file."""

    rows: Sequence[ImportedRow]
    unused_columns: Sequence[str] = ()


def dump(sheet: ImportedSheet, key: str) -> str:
    """Return what was read as it is stored."""
    text = json.dumps(asdict(sheet), ensure_ascii=False)
    return get_key_ring().encrypt(text, _place(key))


def load(document: str, key: str) -> ImportedSheet:
    """Return what was read from how it is stored; raise NotFound if its key is lost."""
    text = get_key_ring().decrypt(document, _place(key))
    if private_answers.is_unreadable(text):
        raise NotFound(UNREADABLE)
    stored = json.loads(text)
    rows = [
        ImportedRow(**{**one, "faults": [RowFault(**fault) for fault in one["faults"]]})
        for one in stored["rows"]
    ]
    return ImportedSheet(rows, stored["unused_columns"])


def _place(key: str) -> str:
    return f"delegate_import.document {key}"

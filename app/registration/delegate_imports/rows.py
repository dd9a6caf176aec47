"""The rows of a spreadsheet of delegates, and their stored form until they are saved.

They contain everything that bookings do, including access requirements, so all of it is encrypted.
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
    """A fault of a cell, in the language of the uploader."""

    column: str
    message: str


@dataclass(frozen=True)
class ImportedRow:
    """A person in the file."""

    number: int  # of the spreadsheet row, from 1
    name: str
    email: str
    category: str  # the number of a category as text, or ""
    answers: Answers  # in the form of the desk; empty if there are faults
    faults: Sequence[RowFault] = ()
    notes: Sequence[str] = ()  # warnings, though the row can be saved


@dataclass(frozen=True)
class ImportedSheet:
    """The contents of a file."""

    rows: Sequence[ImportedRow]
    unused_columns: Sequence[str] = ()


def dump(sheet: ImportedSheet, key: str) -> str:
    """Return the contents in their stored form."""
    text = json.dumps(asdict(sheet), ensure_ascii=False)
    return get_key_ring().encrypt(text, _place(key))


def load(document: str, key: str) -> ImportedSheet:
    """Load the contents from their stored form; raise NotFound if the key is lost."""
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

"""Answers that refer to a file: its key, size and original name, as “KEY SIZE NAME”.

A form checks and stores a new file (``provide_sent``), and returns a file stored before as a signed
answer, so that no one can refer to another person's file.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from secrets import token_hex
from typing import Final, NamedTuple

from flask import g

from app.web import signing

KEY_BYTES: Final = 16
ANSWER: Final = re.compile(r"(?P<key>[0-9a-f]{32}) (?P<size>[1-9][0-9]{0,8}) (?P<name>\S.*)")
KEYS: Final = re.compile(r"[0-9a-f]{32}(?= [1-9])")  # in any text that contains such answers
REMOVE: Final = "remove"  # sent by a form with an answer, to remove its file
MAX_NAME_LENGTH: Final = 80  # characters
NOT_IN_NAMES: Final = re.compile(r"[^\w\-. ]+")


class FileAnswer(NamedTuple):
    """The file that an answer refers to."""

    key: str
    size: int  # bytes
    name: str

    def dump(self) -> str:
        """Return it in its stored form."""
        return f"{self.key} {self.size} {self.name}"


class SentFile(NamedTuple):
    """The result for a file that a form has sent or returned."""

    answer: str  # from now on; "" if there is none
    error: str = ""


def read(answer: str) -> FileAnswer | None:
    """Parse an answer that refers to a file; return None for others."""
    found = ANSWER.fullmatch(answer)
    return FileAnswer(found["key"], int(found["size"]), found["name"]) if found else None


def find_keys(text: str) -> frozenset[str]:
    """Return the keys of all files that a text refers to."""
    return frozenset(KEYS.findall(text))


def create(filename: str, kind: str, size: int) -> FileAnswer:
    """Return the answer for a new file, with a name that is valid on every system."""
    stem = re.split(r"[/\\]", filename)[-1].rpartition(".")[0] or filename
    plain = " ".join(NOT_IN_NAMES.sub(" ", unicodedata.normalize("NFC", stem)).split())
    name = plain[:MAX_NAME_LENGTH].strip(" .-") or "file"
    return FileAnswer(token_hex(KEY_BYTES), size, f"{name}.{kind}")


def sign(name: str, answer: str) -> str:
    """Return an answer with its signature, for the form that asks this question again."""
    return signing.sign_text(f"file of {name}", answer)


def read_sent_back(name: str, values: Sequence[str]) -> str:
    """Return the answer that a form returned; "" if it is removed, or the signature is invalid."""
    signed = "" if REMOVE in values else next(iter(values), "")
    return signing.unsign_text(f"file of {name}", signed) or ""


def provide_sent(files: Mapping[str, SentFile]) -> None:
    """Pass the results for this request's files to its fields, by the names of answers."""
    g.sent_files = files


def find_sent(name: str) -> SentFile | None:
    """Return the result for the file that this request sent as an answer, if any."""
    sent: Mapping[str, SentFile] = g.get("sent_files", {})
    return sent.get(name)

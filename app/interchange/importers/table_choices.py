"""The possible meanings of table columns, their names, and organisers' choices."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from pydantic import TypeAdapter, ValidationError

from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.speakers import SPEAKER_FIELDS

NON_NAME_CHARACTERS = re.compile(r"[\W_]+")
NAMES_FILE: Final = Path(__file__).with_name("column_names.toml")
LANGUAGES: Final = ("en", "de", "fr", "es", "pt")
LABELS: Final[Mapping[str, Any]] = {  # of meanings that are not fields, or have another label here
    "title": _l("Title of the session"),
    "paper_title": _l("Title of the paper"),
    "session_title": _l("Session that the paper is part of"),
    "kind": _l("Type of session"),
    "day": _l("Day"),
    "start": _l("Start, or start and end"),
    "end": _l("End"),
    "duration": _l("Length"),
    "people": _l("Speakers of the session"),
    "presenters": _l("Presenting authors"),
    "authors": _l("Authors"),
    "chairs": _l("Chairs"),
    "moderators": _l("Moderators"),
    "panellists": _l("Panellists"),
    "state": _l("Status"),
    "cancelled": _l("Cancelled"),
    "name": _l("Name of the speaker"),
    "given": _l("Given names of the speaker"),
    "family": _l("Family name of the speaker"),
    "contact_address": _l("Email address of the speaker (not published)"),
    "sessions": _l("Sessions of the speaker (not loaded)"),
    "key": _l("Number or key"),
    "slug": _l("Page address"),
}
ROLES: Final[Mapping[str, str]] = {  # of people in a session, by the column's meaning
    "presenters": "speaker",
    "people": "",
    "authors": "",
    "chairs": "chair",
    "moderators": "moderator",
    "panellists": "panellist",
}
SESSION_MEANINGS: Final = frozenset(
    {
        *("paper_title", "session_title", "day", "start", "end", "duration", "state", "cancelled"),
        *ROLES,
        *(one.file_name or one.name for one in SESSION_FIELDS if one.column),
    }
)
REPEATABLE: Final = frozenset({*ROLES, "links", "keywords"})  # several columns may have these
HONORIFIC_WORDS: Final = (
    "dr prof professor mr mrs ms miss mx sir dame lord lady rev hon herr frau mme mlle sr sra dra "
    "profa eng ing mag doctor docteur doutor doutora doctora associate assistant emeritus"
)
HONORIFICS: Final = frozenset(HONORIFIC_WORDS.split())


def normalise_column_name(name: str) -> str:
    """Return the same key for “First name”, “first_name” and “firstName”."""
    plain = unicodedata.normalize("NFKD", name.strip().casefold())
    letters = "".join(character for character in plain if not unicodedata.combining(character))
    return NON_NAME_CHARACTERS.sub("", letters)


def _collect_names() -> dict[str, str]:
    """Return the meanings by normalised name; the first meaning with a name wins."""
    found: dict[str, str] = {}
    for known in (*SESSION_FIELDS, *SPEAKER_FIELDS):
        for name in known.column.names.split() if known.column else ():
            found.setdefault(name, known.file_name or known.name)
    for meaning, names in tomllib.loads(NAMES_FILE.read_text(encoding="utf-8")).items():
        for language in LANGUAGES:
            for name in map(normalise_column_name, names.get(language, ())):
                found.setdefault(name, meaning)
    return found


def _collect_labels() -> dict[str, Any]:
    """Return the labels of all meanings: of sessions, of speakers, and of both."""
    fields = {
        one.file_name or one.name: one.label
        for one in (*SPEAKER_FIELDS, *SESSION_FIELDS)
        if one.column
    }
    return {name: LABELS.get(name) or _l(fields[name]) for name in (*LABELS, *fields)}


MEANING_BY_NAME: Final[Mapping[str, str]] = _collect_names()
MEANING_LABELS: Final[Mapping[str, Any]] = _collect_labels()


@dataclass(frozen=True)
class ColumnChoices:
    """What columns mean, as chosen for this table or for an earlier one."""

    by_header: Mapping[str, Sequence[str]] = field(default_factory=dict)  # meanings by header key
    by_name: Mapping[str, str] = field(default_factory=dict)  # for unknown column names


@dataclass(frozen=True)
class TableChoices:
    """All choices; those about people are whether spellings of a name mean one person."""

    columns: ColumnChoices = field(default_factory=ColumnChoices)
    date_order: str = ""  # "": as in the other dates of the file
    same_people: Mapping[str, bool] = field(default_factory=dict)  # by plain name


NO_COLUMN_CHOICES: Final = ColumnChoices()
NO_CHOICES: Final = TableChoices()
_adapter = TypeAdapter(TableChoices)


def dump(choices: TableChoices) -> str:
    """Return the choices as JSON."""
    return _adapter.dump_json(choices).decode()


def load(text: str) -> TableChoices:
    """Parse choices from JSON; return no choices if it is empty or invalid."""
    try:
        return _adapter.validate_json(text) if text else NO_CHOICES
    except ValidationError:
        return NO_CHOICES


def with_remembered(choices: TableChoices, remembered: ColumnChoices) -> TableChoices:
    """Return the choices completed by those for earlier tables."""
    columns = ColumnChoices(
        {**remembered.by_header, **choices.columns.by_header},
        {**remembered.by_name, **choices.columns.by_name},
    )
    return replace(choices, columns=columns)

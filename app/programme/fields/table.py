"""Tables of fields: everything about a field of a session or speaker is declared in its row.

Editing, forms, history, proposals, snapshots, comparisons, search, imports and exports iterate over
the tables, so a field of one of the kinds below needs no code of its own. A row may have its own
functions where it differs from its kind.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlsplit

from app.programme import speaker_links

EntityT = TypeVar("EntityT")
RecordT = TypeVar("RecordT")
MAX_WORDS: Final = 20
MAX_WORD_LENGTH: Final = 60  # characters
SAME_NAME: Final = "="
EMPTY_VALUES: Final[tuple[Any, ...]] = (None, "", [])


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools expect
    """Mark a text that is stored in English and translated when displayed."""
    return message


def _unchanged(value: Any) -> Any:
    return value


def _dump_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _value_or_none(value: Any) -> Any:
    return value or None


def dump_moment(moment: datetime | None) -> str | None:
    """Return a datetime as a field value: ISO 8601 in UTC."""
    return moment.astimezone(UTC).isoformat() if moment else None


def load_moment(value: str | None) -> datetime | None:
    """Return the datetime of a field value."""
    return datetime.fromisoformat(value) if value else None


def _normalise_moment(value: datetime | str | None) -> str | None:
    return dump_moment(load_moment(value) if isinstance(value, str) else value)


def _display_yes_or_no(value: Any) -> str:
    return "yes" if value else "no"


def _normalise_pairs(pairs: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the pairs as JSON lists, without duplicates."""
    return [list(pair) for pair in dict.fromkeys((first, second) for first, second in pairs)]


def _display_links(links: Sequence[Sequence[str]]) -> str:
    return ", ".join(f"{label} ({address})" for address, label in links)


def parse_links(typed: str) -> list[list[str]]:
    """Return the URL and text of each line; the default text is the host name."""
    split_lines = [line.split(maxsplit=1) for line in typed.splitlines() if line.strip()]
    return [
        [address, rest[0].strip() if rest else _host(address)] for address, *rest in split_lines
    ]


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or address
    except ValueError:
        return address


def normalise_words(words: Sequence[str]) -> list[str]:
    """Return the words without empty ones and duplicates, ignoring case."""
    found: dict[str, str] = {}
    for word in (" ".join(one.split()) for one in words):
        found.setdefault(word.casefold(), word)
    return [word for word in found.values() if word]


def parse_words(typed: str) -> list[str]:
    """Split a text into words at commas, semicolons or line breaks."""
    return normalise_words(typed.replace(";", ",").replace("\n", ",").split(","))


@dataclass(frozen=True, eq=False)
class Kind:
    """The behaviour shared by all fields of a kind.

    A value is anything that JSON can represent: a text, a number, a boolean, null, or a list of
    these.
    """

    load: Callable[[Any], Any] = _unchanged  # from the value in the column
    dump: Callable[[Any], Any] = _unchanged
    normalise: Callable[[Any], Any] = _unchanged
    display: Callable[[Any], str] = str
    parse: Callable[[str], Any] = _unchanged  # from the text typed into a form
    format: Callable[[Any], Any] = _unchanged


LINE: Final = Kind()
PROSE: Final = Kind()  # Markdown; HTML in a snapshot
LANGUAGE: Final = Kind()  # a language code
YES_NO: Final = Kind(display=_display_yes_or_no)
NUMBER: Final = Kind(normalise=_value_or_none)
REFERENCE: Final = Kind(normalise=_value_or_none)  # the key of another entity
MOMENT: Final = Kind(dump_moment, load_moment, _normalise_moment)
LINKS: Final = Kind(  # [[url, label], …]
    json.loads,
    _dump_json,
    _normalise_pairs,
    _display_links,
    parse_links,
    speaker_links.format_links,
)
WORDS: Final = Kind(json.loads, _dump_json, normalise_words, ", ".join, parse_words, ", ".join)
TRANSLATIONS: Final = Kind(json.loads, _dump_json, _normalise_pairs)  # [[language, Markdown], …]
LISTS: Final = frozenset({LINKS, WORDS, TRANSLATIONS})  # JSON in their columns


@dataclass(frozen=True)
class Question:
    """How forms ask for a field; the texts are translatable."""

    label: Any
    subject: Any  # its name in messages: The licence
    hint: Any
    limit: int = 0  # characters; 0: the usual limit of a form
    attributes: Mapping[str, str] = field(default_factory=dict)  # HTML attributes


@dataclass(frozen=True)
class Column:
    """The column of a field in spreadsheets."""

    names: str  # recognised on import, without spaces and accents
    description: Any = ""  # in template files, translatable; "": not in template files
    example: str = ""
    is_exported: bool = True
    heading: str = ""  # if not the label: spreadsheets keep their earlier headings


@dataclass(frozen=True)
class Field:
    """A field, whose name is that of its column, its snapshot attribute and its history changes.

    Its label is English, as the history stores it; pages translate it.
    """

    name: str
    label: str
    kind: Kind = LINE
    file_name: str = SAME_NAME  # in files and parsed records; "": not imported or exported by loops
    column: Column | None = None
    question: Question | None = None
    is_public: bool = True  # in snapshots
    is_proposed: bool = False  # speakers may propose it
    is_searched: bool = False
    filter_name: str = ""  # query parameter of its filter
    get: Callable[[Any], Any] | None = None  # this and the following override its kind
    set: Callable[[Any, Any], None] | None = None
    display: Callable[[Any], str] | None = None

    def __post_init__(self) -> None:
        if self.file_name == SAME_NAME:
            object.__setattr__(self, "file_name", self.name)

    def get_value(self, entity: Any) -> Any:
        """Return the value in an entity."""
        return self.get(entity) if self.get else self.kind.load(getattr(entity, self.name))

    def set_value(self, entity: Any, value: Any) -> None:
        """Set the value in an entity; raise RuleViolation if it is not valid."""
        if self.set:
            self.set(entity, value)
        else:
            setattr(entity, self.name, self.kind.dump(value))

    def read_row(self, row: Any) -> Any:
        """Return a row's value in the form of snapshots and parsed records: tuples for lists."""
        value = getattr(row, self.name)
        return _freeze(self.kind.load(value)) if self.kind in LISTS else value

    def to_record(self, value: Any) -> Any:
        """Return a value in the form of snapshots and parsed records: tuples for lists."""
        return _freeze(value) if self.kind in LISTS else value

    def to_column(self, value: Any) -> Any:
        """Return the value of a snapshot or parsed record in the form of its column."""
        return self.kind.dump(value) if self.kind in LISTS else value


def _freeze(value: Any) -> Any:
    return tuple(map(_freeze, value)) if isinstance(value, list) else value


def copy_attributes(source: Any, record: type[RecordT], **values: Any) -> RecordT:
    """Build a dataclass from the attributes of the same names of an object, and values."""
    names = (one.name for one in fields(record) if one.name not in values)  # type: ignore[arg-type]
    return record(**{name: getattr(source, name) for name in names}, **values)


class FieldTable(Generic[EntityT]):
    """The fields of one kind of entity, in their order; a ``FieldSet`` of versioned edits."""

    def __init__(
        self,
        subject: Callable[[EntityT], str],
        name: Callable[[EntityT], str],
        check: Callable[[EntityT], None],
        *fields: Field,
    ) -> None:
        self.history_subject = subject
        self.name = name
        self.check = check  # raises RuleViolation if fields contradict each other
        self._fields = {one.name: one for one in fields}

    def __iter__(self) -> Iterator[Field]:
        return iter(self._fields.values())

    def __getitem__(self, name: str) -> Field:
        return self._fields[name]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all fields."""
        return tuple(self._fields)

    @property
    def labels(self) -> dict[str, str]:
        """The English labels by name."""
        return {field.name: field.label for field in self}

    @property
    def in_files(self) -> list[Field]:
        """The fields that are copied between rows, snapshots, files and parsed records."""
        return [field for field in self if field.file_name]

    @property
    def proposed_names(self) -> tuple[str, ...]:
        """The names of the fields that speakers may propose."""
        return tuple(field.name for field in self if field.is_proposed)

    def names_of(self, *kinds: Kind) -> frozenset[str]:
        """Return the names of the fields of these kinds."""
        return frozenset(field.name for field in self if field.kind in kinds)

    def get_value(self, entity: EntityT, field: str) -> Any:
        """Return the value of a field in a form that JSON can represent."""
        return self._fields[field].get_value(entity)

    def set_value(self, entity: EntityT, field: str, value: Any) -> None:
        """Set a field from such a value; raise RuleViolation if it is not valid."""
        self._fields[field].set_value(entity, value)

    def label(self, field: str) -> str:
        """Return the field's label in English."""
        return self._fields[field].label

    def display_value(self, field: str, value: Any) -> str:
        """Return a value as text, or "" if it is empty."""
        if value in EMPTY_VALUES:
            return ""
        row = self._fields[field]
        return (row.display or row.kind.display)(value)

    def normalise(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values in comparable form, as they are saved, in field order."""
        given = (one for one in self if one.name in values)
        return {one.name: one.kind.normalise(values[one.name]) for one in given}

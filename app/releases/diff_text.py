"""Differences as text: what changed in the same way, and each field's old and new value."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import takewhile
from typing import Any, Generic, Protocol, TypeVar

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.programme.fields.conference import CONFERENCE_FIELDS
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.fields.table import WORDS
from app.programme.labels import feature_name, kind_name, language_name, role_name
from app.programme.snapshot import Appearance, Session
from app.releases.comparison import PROSE_FIELDS, FieldChange, Modified
from app.web.formatting import local_date, local_days, local_moment, local_time

DEFAULT_ROLE = "speaker"  # the usual role, which is not shown
CONTEXT_WORDS = 8  # words shown before and after a difference
LABELS: Mapping[str, Any] = {
    **{
        one.name: _l(one.label)
        for one in (*CONFERENCE_FIELDS, *SPEAKER_FIELDS, *SESSION_FIELDS)
        if one.is_public
    },
    "booking_seats": _l("Bookable seats"),
    "capacity": _l("Capacity"),
    "colour": _l("Colour"),
    "ends_at": _l("Ends"),
    "features": _l("Access features"),
    "is_invented": _l("Invented"),
    "letter": _l("Letter"),
    "palette": _l("Colour"),
    "parts": _l("Speakers"),
    "shape": _l("Shape"),
    "short_name": _l("Short name"),
    "slug": _l("Page address"),
    "starts_at": _l("Starts"),
}


SESSION_HEADINGS: Mapping[str, Any] = {  # by the names of the groups
    "added": _l("Added sessions"),
    "moved": _l("Moved sessions"),
    "renamed": _l("Renamed sessions"),
    "cancelled": _l("Cancelled sessions"),
    "back": _l("Reinstated sessions"),
    "withdrawn": _l("Withdrawn sessions"),
    "reworded": _l("Other changes to sessions"),
}
ItemT = TypeVar("ItemT")


@dataclass(frozen=True)
class ChangeGroup(Generic[ItemT]):
    """Similar changes; only the first items if there are many."""

    name: str
    heading: Any
    count: int
    items: tuple[ItemT, ...]

    @property
    def hidden_count(self) -> int:
        """Return the number of items that are not shown."""
        return self.count - len(self.items)


class Timed(Protocol):
    """Anything with a start and an end."""

    @property
    def starts_at(self) -> datetime | None: ...  # noqa: D102
    @property
    def ends_at(self) -> datetime | None: ...  # noqa: D102


@dataclass(frozen=True)
class DiffRow:
    """One changed field as text."""

    label: str
    old: str
    new: str


def build_rows(modified: Modified[Any]) -> list[DiffRow]:
    """Return a row for each change; a session's start and end share one row."""
    times = {"starts_at", "ends_at"} & {field.name for field in modified.fields}
    found = [_build_row(field) for field in modified.fields if field.name not in times]
    if times:
        found.insert(
            0, DiffRow(gettext("Time"), describe_time(modified.old), describe_time(modified.new))
        )
    return found


def describe_time(session: Timed) -> str:
    """Format a session's time in the conference's time zone."""
    if session.starts_at is None:
        return str(gettext("No time yet"))
    if session.ends_at is None:
        return local_moment(session.starts_at)
    starts, ends = local_time(session.starts_at), local_time(session.ends_at)
    day = local_date(session.starts_at)
    return str(gettext("%(starts)s to %(ends)s on %(day)s", starts=starts, ends=ends, day=day))


def describe_time_and_room(session: Session) -> str:
    """Format a session's time and room."""
    return (
        f"{describe_time(session)}, {session.room.name}" if session.room else describe_time(session)
    )


def describe_days(days: Sequence[date]) -> str:
    """Format the range from the first to the last day, or return ""."""
    return local_days(days[0], days[-1]) if days else ""


def excerpt_difference(old: str, new: str) -> tuple[str, str]:
    """Shorten two versions of a text to where they differ, with a few words of context."""
    if not old or not new:
        return old, new
    before, after = old.split(), new.split()
    same = _common_prefix_length(before, after)
    longest = min(len(before), len(after)) - same
    same_at_end = min(_common_prefix_length(before[::-1], after[::-1]), longest)
    return _excerpt(before, same, same_at_end), _excerpt(after, same, same_at_end)


def _common_prefix_length(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many words two texts have in common at the start."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _excerpt(text: Sequence[str], same: int, same_at_end: int) -> str:
    first = max(0, same - CONTEXT_WORDS)
    last = min(len(text), len(text) - same_at_end + CONTEXT_WORDS)
    begins = ["…"] if first else []
    ends = ["…"] if last < len(text) else []
    return " ".join([*begins, *text[first:last], *ends])


def _build_row(field: FieldChange) -> DiffRow:
    label = str(LABELS.get(field.name, field.name))
    if field.name == "photo" and field.old == field.new:
        return DiffRow(label, field.old, gettext("New picture: %(words)s", words=field.new))
    if field.name not in PROSE_FIELDS:
        return DiffRow(
            label, display_value(field.name, field.old), display_value(field.name, field.new)
        )
    if field.old == field.new:
        return DiffRow(label, "", gettext("Only the layout or a link has changed"))
    return DiffRow(label, *excerpt_difference(field.old, field.new))


def display_value(name: str, value: Any) -> str:
    """Return a value as text in the current locale, or "" if it is None."""
    if value is None:
        return ""
    of_kind = (say for kind, say in TYPE_FORMATTERS if isinstance(value, kind))
    say = FIELD_FORMATTERS.get(name) or next(of_kind, str)
    return say(value)


def _yes_or_no(value: bool) -> str:  # noqa: FBT001 – a formatter of one value
    return str(gettext("Yes") if value else gettext("No"))


def _join(values: tuple[Any, ...]) -> str:
    return ", ".join(_display_items(values))


def _display_items(values: tuple[Any, ...]) -> Iterator[str]:
    for value in values:
        if isinstance(value, Appearance):
            yield (
                value.name
                if value.role == DEFAULT_ROLE
                else f"{value.name} ({role_name(value.role)})"
            )
        elif isinstance(value, tuple):  # a link: (url, label)
            yield " ".join(filter(None, reversed(value)))
        else:
            yield feature_name(str(value))


def _display_number(value: int) -> str:
    return str(gettext("Number %(number)s", number=value))


def _display_biographies(biographies: tuple[tuple[str, str], ...]) -> str:
    return "\n".join(f"{language_name(code)}: {text}" for code, text in biographies)


FIELD_FORMATTERS: Mapping[str, Callable[[Any], str]] = {
    "biographies": _display_biographies,
    "kind": lambda kind: kind_name(kind) if kind else "",
    "language": lambda code: language_name(code) if code else "",
    "palette": _display_number,
    **dict.fromkeys(SESSION_FIELDS.names_of(WORDS), ", ".join),
}
TYPE_FORMATTERS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (bool, _yes_or_no),
    (datetime, local_moment),
    (date, local_date),
    (tuple, _join),
)

"""What differs of a thing, in words: a label, what stood there, what stands there now."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import takewhile
from typing import Any, Protocol

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.programme.document import Part, Session
from app.programme.publishing.comparison import AS_TEXT, Altered, Field
from app.programme.shown import feature_name, kind_name, language_name, role_name
from app.web.words import local_date, local_days, local_moment, local_time

SPEAKER = "speaker"  # the usual role, which needs no word
BEFORE_IT = 8  # words shown before and after what differs in a text
LABELS: Mapping[str, Any] = {
    "abstract": _l("Abstract"),
    "biographies": _l("Biography in other languages"),
    "biography": _l("Biography"),
    "capacity": _l("Capacity"),
    "colour": _l("Colour"),
    "contact_email": _l("Contact address"),
    "country": _l("Country"),
    "description": _l("Description"),
    "ends_at": _l("Ends"),
    "ends_on": _l("Last day"),
    "features": _l("Access features"),
    "honorific": _l("Title before the name"),
    "is_illustrative": _l("Illustrative"),
    "is_invented": _l("Invented"),
    "is_recorded": _l("Recorded"),
    "kind": _l("Kind"),
    "language": _l("Language"),
    "letter": _l("Letter"),
    "licence": _l("Licence"),
    "links": _l("Links"),
    "name": _l("Name"),
    "organisation": _l("Organisation"),
    "palette": _l("Colour"),
    "parts": _l("Who appears"),
    "photo": _l("Photo"),
    "place": _l("Place"),
    "pronouns": _l("Pronouns"),
    "pronunciation": _l("How to say the name"),
    "registration_closes_at": _l("Registration closes"),
    "registration_opens_at": _l("Registration opens"),
    "role": _l("Role"),
    "room": _l("Room"),
    "seats": _l("Seats"),
    "shape": _l("Shape"),
    "slug": _l("Address of its page"),
    "starts_at": _l("Starts"),
    "starts_on": _l("First day"),
    "subtitle": _l("Subtitle"),
    "summary": _l("Summary"),
    "theme": _l("Theme"),
    "time_zone": _l("Time zone"),
    "title": _l("Title"),
}


class Timed(Protocol):
    """Something that is at a time."""

    @property
    def starts_at(self) -> datetime | None: ...  # noqa: D102
    @property
    def ends_at(self) -> datetime | None: ...  # noqa: D102


@dataclass(frozen=True)
class Row:
    """One thing that is said otherwise."""

    label: str
    old: str
    new: str


def rows(altered: Altered[Any]) -> list[Row]:
    """Tell in what a thing differs; the time of a session is told as one."""
    times = {"starts_at", "ends_at"} & {field.name for field in altered.fields}
    found = [_row(field) for field in altered.fields if field.name not in times]
    if times:
        found.insert(0, Row(gettext("Time"), when(altered.old), when(altered.new)))
    return found


def when(session: Timed) -> str:
    """Tell when a session is, by the conference's clocks."""
    if session.starts_at is None:
        return str(gettext("No time yet"))
    if session.ends_at is None:
        return local_moment(session.starts_at)
    starts, ends = local_time(session.starts_at), local_time(session.ends_at)
    day = local_date(session.starts_at)
    return str(gettext("%(starts)s to %(ends)s on %(day)s", starts=starts, ends=ends, day=day))


def where_and_when(session: Session) -> str:
    """Tell when and where a session is."""
    return f"{when(session)}, {session.room.name}" if session.room else when(session)


def days(found: Sequence[date]) -> str:
    """Tell days, from the first to the last."""
    return local_days(found[0], found[-1]) if found else ""


def excerpts(old: str, new: str) -> tuple[str, str]:
    """Cut two versions of a text to where they differ, with a few words around it."""
    if not old or not new:
        return old, new
    before, after = old.split(), new.split()
    same = _same(before, after)
    longest = min(len(before), len(after)) - same
    same_at_end = min(_same(before[::-1], after[::-1]), longest)
    return _cut(before, same, same_at_end), _cut(after, same, same_at_end)


def _same(one: Sequence[str], other: Sequence[str]) -> int:
    """Tell with how many of the same words two texts begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _cut(text: Sequence[str], same: int, same_at_end: int) -> str:
    first = max(0, same - BEFORE_IT)
    last = min(len(text), len(text) - same_at_end + BEFORE_IT)
    begins = ["…"] if first else []
    ends = ["…"] if last < len(text) else []
    return " ".join([*begins, *text[first:last], *ends])


def _row(field: Field) -> Row:
    label = str(LABELS.get(field.name, field.name))
    if field.name == "photo" and field.old == field.new:
        return Row(label, field.old, gettext("Another picture: %(words)s", words=field.new))
    if field.name not in AS_TEXT:
        return Row(label, said(field.name, field.old), said(field.name, field.new))
    if field.old == field.new:
        return Row(label, "", gettext("The words are the same; their layout or a link is not"))
    return Row(label, *excerpts(field.old, field.new))


def said(name: str, value: Any) -> str:
    """Say a value in words; nothing for nothing."""
    if value is None:
        return ""
    of_kind = (say for kind, say in SAYINGS if isinstance(value, kind))
    say = OF_FIELDS.get(name) or next(of_kind, str)
    return say(value)


def _yes_or_no(value: bool) -> str:  # noqa: FBT001 – what is said is this value
    return str(gettext("Yes") if value else gettext("No"))


def _list(values: tuple[Any, ...]) -> str:
    return ", ".join(_items(values))


def _items(values: tuple[Any, ...]) -> Iterator[str]:
    for value in values:
        if isinstance(value, Part):
            yield value.name if value.role == SPEAKER else f"{value.name} ({role_name(value.role)})"
        elif isinstance(value, tuple):  # a link: its address and its words
            yield " ".join(filter(None, reversed(value)))
        else:
            yield feature_name(str(value))


def _number(value: int) -> str:
    return str(gettext("Number %(number)s", number=value))


def _in_languages(told: tuple[tuple[str, str], ...]) -> str:
    return "\n".join(f"{language_name(code)}: {text}" for code, text in told)


OF_FIELDS: Mapping[str, Callable[[Any], str]] = {
    "biographies": _in_languages,
    "kind": lambda kind: kind_name(kind) if kind else "",
    "language": lambda code: language_name(code) if code else "",
    "palette": _number,
}
SAYINGS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (bool, _yes_or_no),
    (datetime, local_moment),
    (date, local_date),
    (tuple, _list),
)

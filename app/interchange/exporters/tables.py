"""Tables of sessions and speakers for spreadsheets, and template files for imports."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.content import markdown
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.fields.table import LINKS, N_, PROSE, WORDS, YES_NO, Field, Kind
from app.programme.labels import kind_name, role_name
from app.programme.snapshot import Session, Snapshot, Speaker

TableRow = Sequence[str]
Table = tuple[Sequence[str], Sequence[TableRow]]


@dataclass(frozen=True)
class TableColumn:
    """A column: its heading, what its cells show, and how template files describe it."""

    name: str
    read: Callable[[Any, ZoneInfo], str] | None  # None: only in template files
    description: Any = ""  # translatable text; "": not in template files
    example: str = ""


KEY_HINT = _l("Leave empty, or as it was in the exported file")


def _field_column(field: Field) -> TableColumn:
    """Return the column of a field of a table."""
    column = field.column
    if column is None:
        raise LookupError(field.name)
    return TableColumn(
        column.heading or field.label,
        (lambda entity, _: _format_field(field, entity)) if column.is_exported else None,
        column.description,
        column.example,
    )


def _format_field(field: Field, entity: Session | Speaker) -> str:
    value = getattr(entity, field.name)
    if field.name in {"theme", "room"}:
        return value.name if value else ""
    if field.name == "kind":
        return kind_name(value)
    if field.kind is LINKS and isinstance(entity, Session):
        return "\n".join(address for address, _ in value)
    return CELL_FORMATTERS.get(field.kind, field.display or field.kind.display)(value)


def _format_boolean(value: Any) -> str:
    return str(gettext("Yes") if value else gettext("No"))


CELL_FORMATTERS: Mapping[Kind, Callable[[Any], str]] = {
    PROSE: markdown.sanitised_to_text,
    YES_NO: _format_boolean,
    WORDS: ", ".join,
}


def _format_time(name: str, form: str) -> Callable[[Session, ZoneInfo], str]:
    def read(session: Session, zone: ZoneInfo) -> str:
        moment = getattr(session, name)
        return format(moment.astimezone(zone), form) if moment else ""

    return read


def _format_participants(session: Session, _: ZoneInfo) -> str:
    return "\n".join(f"{part.name} ({role_name(part.role)})" for part in session.parts)


_columns = {field.name: _field_column(field) for field in SESSION_FIELDS if field.column}
SESSION_COLUMNS = (
    *(_columns.pop(name) for name in ("title", "subtitle", "kind")),
    TableColumn(
        N_("Day"),
        _format_time("starts_at", "%Y-%m-%d"),
        _l("2008-11-06 or 6 November 2008"),
        "2008-11-06",
    ),
    TableColumn(
        N_("Starts"),
        _format_time("starts_at", "%H:%M"),
        _l("9:30 or 9:30am, in the conference’s local time"),
        "09:30",
    ),
    TableColumn(
        N_("Ends"),
        _format_time("ends_at", "%H:%M"),
        _l("The same. Or use a Length column, in minutes"),
        "10:30",
    ),
    *(_columns.pop(name) for name in ("room", "theme")),
    TableColumn(
        N_("People"),
        _format_participants,
        _l("One per line, each with a role in brackets"),
        "Ada Marsh (Chair)\nBo Lund",
    ),
    *(_columns.pop(name) for name in ("language", "abstract", "description", "links")),
    TableColumn(
        N_("Cancelled"), lambda one, _: _format_boolean(one.is_cancelled), _l("Yes or no"), "No"
    ),
    *(_columns.pop(name) for name in ("is_illustrative", "is_recorded")),
    *_columns.values(),  # those that are not listed above
    TableColumn(N_("Address"), lambda one, _: f"/sessions/{one.slug}"),
    TableColumn(N_("Key"), lambda one, _: one.key, KEY_HINT),
)
SPEAKER_COLUMNS = (
    *(_field_column(field) for field in SPEAKER_FIELDS if field.column),
    TableColumn(N_("Key"), lambda one, _: one.key or one.slug, KEY_HINT),
)
CONTACT = SPEAKER_FIELDS["contact_address"]
TEMPLATES: Mapping[str, Sequence[TableColumn]] = {
    name: [column for column in columns if column.description]
    for name, columns in (("sessions", SESSION_COLUMNS), ("speakers", SPEAKER_COLUMNS))
}


def build_sessions_table(snapshot: Snapshot) -> Table:
    """Return a table of all sessions, in the order of the programme."""
    return _build_table(SESSION_COLUMNS, snapshot.sessions, snapshot)


def build_speakers_table(
    snapshot: Snapshot, contact_addresses: Mapping[str, str] | None = None
) -> Table:
    """Return a table of all speakers by name, with their sessions.

    Contact addresses (by slug) are not in a snapshot, because they are not published.
    """
    titles: dict[str, list[str]] = defaultdict(list)
    for session in snapshot.sessions:
        for slug in dict.fromkeys(part.slug for part in session.parts):
            titles[slug].append(session.title)
    *columns, key = SPEAKER_COLUMNS
    addresses = contact_addresses or {}
    contact = TableColumn(_field_column(CONTACT).name, lambda one, _: addresses.get(one.slug, ""))
    others = (
        *([] if contact_addresses is None else [contact]),
        TableColumn(N_("Sessions"), lambda one, _: "\n".join(titles[one.slug])),
        TableColumn(N_("Address"), lambda one, _: f"/speakers/{one.slug}"),
    )
    return _build_table((*columns, *others, key), snapshot.speakers, snapshot)


def _build_table(
    columns: Sequence[TableColumn], entities: Sequence[Session | Speaker], snapshot: Snapshot
) -> Table:
    zone = ZoneInfo(snapshot.conference.time_zone)
    readers = [(gettext(column.name), column.read) for column in columns if column.read]
    return [name for name, _ in readers], [
        [read(entity, zone) for _, read in readers] for entity in entities
    ]


def build_template(name: str) -> Table:
    """Return a table with the column names and one example row."""
    columns = TEMPLATES[name]
    return [column.name for column in columns], [[column.example for column in columns]]

"""Tables of sessions and speakers for spreadsheets, and template files for imports."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.content import markdown
from app.programme import speaker_links
from app.programme.labels import kind_name, role_name
from app.programme.snapshot import Appearance, Session, Snapshot

TableRow = Sequence[str]
Table = tuple[Sequence[str], Sequence[TableRow]]


def build_sessions_table(snapshot: Snapshot) -> Table:
    """Return a table of all sessions, in the order of the programme."""
    zone = ZoneInfo(snapshot.conference.time_zone)
    head = [
        gettext("Title"),
        gettext("Subtitle"),
        gettext("Kind"),
        gettext("Day"),
        gettext("Starts"),
        gettext("Ends"),
        gettext("Room"),
        gettext("Theme"),
        gettext("People"),
        gettext("Language"),
        gettext("Abstract"),
        gettext("Description"),
        gettext("Links"),
        gettext("Cancelled"),
        gettext("Illustrative"),
        gettext("Recorded"),
        gettext("Address"),
        gettext("Key"),
    ]
    return head, [_session_row(one, zone) for one in snapshot.sessions]


def build_speakers_table(snapshot: Snapshot) -> Table:
    """Return a table of all speakers by name, with their sessions."""
    titles: dict[str, list[str]] = defaultdict(list)
    for session in snapshot.sessions:
        for slug in dict.fromkeys(part.slug for part in session.parts):
            titles[slug].append(session.title)
    head = [
        gettext("Name"),
        gettext("Title before the name"),
        gettext("How to say the name"),
        gettext("Pronouns"),
        gettext("Role"),
        gettext("Organisation"),
        gettext("Country"),
        gettext("Biography"),
        gettext("Links"),
        gettext("Sessions"),
        gettext("Address"),
        gettext("Key"),
    ]
    rows = [
        [
            one.name,
            one.honorific,
            one.pronunciation,
            one.pronouns,
            one.role,
            one.organisation,
            one.country,
            markdown.to_text(one.biography),
            speaker_links.format_links(one.links),
            "\n".join(titles[one.slug]),
            f"/speakers/{one.slug}",
            one.key or one.slug,
        ]
        for one in snapshot.speakers
    ]
    return head, rows


def _session_row(session: Session, zone: ZoneInfo) -> TableRow:
    starts, ends = (
        moment.astimezone(zone) if moment else None
        for moment in (session.starts_at, session.ends_at)
    )
    return [
        session.title,
        session.subtitle,
        kind_name(session.kind),
        f"{starts:%Y-%m-%d}" if starts else "",
        f"{starts:%H:%M}" if starts else "",
        f"{ends:%H:%M}" if ends else "",
        session.room.name if session.room else "",
        session.theme.name if session.theme else "",
        "\n".join(map(_format_participant, session.parts)),
        session.language,
        markdown.to_text(session.abstract),
        markdown.to_text(session.description),
        "\n".join(address for address, _ in session.links),
        _format_boolean(value=session.is_cancelled),
        _format_boolean(value=session.is_illustrative),
        _format_boolean(value=session.is_recorded),
        f"/sessions/{session.slug}",
        session.key,
    ]


def _format_participant(part: Appearance) -> str:
    return f"{part.name} ({role_name(part.role)})"


def _format_boolean(*, value: bool) -> str:
    return str(gettext("Yes") if value else gettext("No"))


@dataclass(frozen=True)
class TemplateColumn:
    """A column of a template: its name, a description, and an example."""

    name: str
    description: Any  # translatable text
    example: str


SESSION_COLUMNS = (
    TemplateColumn(
        "Title", _l("What the session is called. Only this is needed"), "Fair financing"
    ),
    TemplateColumn("Subtitle", _l("A second line of the title"), ""),
    TemplateColumn(
        "Kind", _l("Plenary, parallel session, break, workshop, or a kind of your own"), "Plenary"
    ),
    TemplateColumn("Day", _l("2008-11-06 or 6 November 2008"), "2008-11-06"),
    TemplateColumn("Starts", _l("9:30 or 9:30am, by the clocks of the conference"), "09:30"),
    TemplateColumn("Ends", _l("The same. Or a column Length, in minutes"), "10:30"),
    TemplateColumn("Room", _l("Its name. A room that is not known yet is added"), "Main hall"),
    TemplateColumn(
        "Theme", _l("Its name. A theme that is not known yet is added"), "Fair financing"
    ),
    TemplateColumn(
        "People", _l("One a line, each with a role in brackets"), "Ada Marsh (Chair)\nBo Lund"
    ),
    TemplateColumn("Language", _l("Its code: en, fr, es"), "en"),
    TemplateColumn(
        "Abstract", _l("What the session is about"), "Who pays for health, and who should."
    ),
    TemplateColumn("Description", _l("More about it"), ""),
    TemplateColumn("Links", _l("Addresses, one a line"), "https://conference.example/paper"),
    TemplateColumn("Cancelled", _l("Yes or no"), "No"),
    TemplateColumn("Key", _l("Leave it empty, or as it was when you took the table away"), ""),
)
SPEAKER_COLUMNS = (
    TemplateColumn(
        "Name", _l("The whole name. Only this is needed. Or First name and Last name"), "Ada Marsh"
    ),
    TemplateColumn("Title before the name", _l("Professor, Dr, or nothing"), "Dr"),
    TemplateColumn("How to say the name", _l("In plain letters"), "AY-da marsh"),
    TemplateColumn("Pronouns", _l("As somebody gives them"), "she/her"),
    TemplateColumn("Role", _l("What somebody is"), "Professor of public health"),
    TemplateColumn("Organisation", _l("Where somebody works"), "University of the Marshes"),
    TemplateColumn("Country", _l("Where that is"), "Kenya"),
    TemplateColumn("Biography", _l("A few sentences"), "Ada Marsh studies who pays for health."),
    TemplateColumn(
        "Links",
        _l("Addresses, one a line, each with words after it"),
        "https://marshes.example/ada University page",
    ),
    TemplateColumn("Key", _l("Leave it empty, or as it was when you took the table away"), ""),
)
TEMPLATES: Mapping[str, Sequence[TemplateColumn]] = {
    "sessions": SESSION_COLUMNS,
    "speakers": SPEAKER_COLUMNS,
}


def build_template(name: str) -> Table:
    """Return a table with the column names and one example row."""
    columns = TEMPLATES[name]
    return [one.name for one in columns], [[one.example for one in columns]]

"""Tables of sessions and of speakers, for people who work in a spreadsheet."""

from collections import defaultdict
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from flask_babel import gettext

from app.content import prose
from app.programme import profile
from app.programme.document import Document, Part, Session
from app.programme.shown import kind_name, role_name

Row = Sequence[str]
Table = tuple[Sequence[str], Sequence[Row]]


def sessions(document: Document) -> Table:
    """Give every session, as the programme lists them."""
    zone = ZoneInfo(document.conference.time_zone)
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
    return head, [_session(one, zone) for one in document.sessions]


def speakers(document: Document) -> Table:
    """Give every speaker, by name, with their sessions."""
    titles: dict[str, list[str]] = defaultdict(list)
    for session in document.sessions:
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
            prose.plain(one.biography),
            profile.shown_links(one.links),
            "\n".join(titles[one.slug]),
            f"/speakers/{one.slug}",
            one.key or one.slug,
        ]
        for one in document.speakers
    ]
    return head, rows


def _session(session: Session, zone: ZoneInfo) -> Row:
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
        "\n".join(map(_person, session.parts)),
        session.language,
        prose.plain(session.abstract),
        prose.plain(session.description),
        "\n".join(address for address, _ in session.links),
        _yes_or_no(is_so=session.is_cancelled),
        _yes_or_no(is_so=session.is_illustrative),
        _yes_or_no(is_so=session.is_recorded),
        f"/sessions/{session.slug}",
        session.key,
    ]


def _person(part: Part) -> str:
    return f"{part.name} ({role_name(part.role)})"


def _yes_or_no(*, is_so: bool) -> str:
    return str(gettext("Yes") if is_so else gettext("No"))

"""The programme as plain text for terminals, with lines of at most 76 characters except URLs.

Titles may contain anything, so control characters are removed.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from textwrap import wrap

from flask_babel import gettext

from app.content import markdown
from app.programme.labels import feature_name, kind_name, role_name
from app.programme.listing import ProgrammeDay, SessionLine
from app.programme.snapshot import Appearance, Conference, Session
from app.programme.time_zones import zone_code
from app.releases.published_programme import PublishedProgramme
from app.web.formatting import local_date, local_days, local_time
from app.web.rendering import absolute_url

WIDTH = 76
INDENT = 20  # columns left of the text, for the times
CONTROL_CATEGORIES = {
    "Cc",
    "Cf",
    "Cs",
    "Zl",
    "Zp",
}  # Unicode categories: controls, format characters, surrogates, separators
SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class LinkContext:
    """The base URL of the pages, and translated texts for sessions."""

    site_url: str
    illustrative: str
    awaits_speakers: str

    def session_url(self, session: Session) -> str:
        """Return the URL of a session."""
        return f"{self.site_url}/sessions/{session.slug}"


def render_programme(programme: PublishedProgramme, context: LinkContext) -> str:
    """Render all days."""
    return _join_lines(_programme_lines(programme, context))


def render_day(programme: PublishedProgramme, day: ProgrammeDay, context: LinkContext) -> str:
    """Render one day."""
    return _join_lines([*_header_lines(programme.conference), *_day_lines(day, context)])


def render_session(programme: PublishedProgramme, session: Session, context: LinkContext) -> str:
    """Render all details of one session."""
    conference = programme.conference
    return _join_lines(
        [
            *_wrap(conference.title),
            "",
            *_session_lines(session, context),
            "",
            *_notice_lines(conference),
        ]
    )


def _programme_lines(programme: PublishedProgramme, context: LinkContext) -> Iterator[str]:
    yield from _header_lines(programme.conference)
    if not programme.sessions:
        yield gettext("The programme has not been published yet")
    for day in programme.days:
        yield from _day_lines(day, context)
    if programme.listing.unscheduled:
        yield from _heading_lines(gettext("No time yet"))
        yield from _session_list_lines(programme.listing.unscheduled, context)


def _header_lines(conference: Conference) -> Iterator[str]:
    yield from _wrap(conference.title.upper())
    yield from _wrap(conference.subtitle)
    days = local_days(conference.starts_on, conference.ends_on)
    yield from _wrap(", ".join(filter(None, (days, conference.place))))
    yield ""
    yield from _notice_lines(conference)
    yield ""


def _notice_lines(conference: Conference) -> Iterator[str]:
    if conference.is_invented:
        yield from _wrap(gettext("This conference is invented. Nothing in it is real."))
    yield from _wrap(
        gettext("Times are those of the conference (%(zone)s).", zone=zone_code(conference))
    )


def _heading_lines(title: str) -> Iterator[str]:
    yield title
    yield "=" * len(title)
    yield ""


def _day_lines(day: ProgrammeDay, context: LinkContext) -> Iterator[str]:
    yield from _heading_lines(local_date(day.date))
    yield from _session_list_lines(day.lines, context)


def _session_list_lines(listed: Iterable[SessionLine], context: LinkContext) -> Iterator[str]:
    for line in listed:
        details = [
            *_wrap(_format_title(line.session), WIDTH - INDENT),
            *_wrap(_format_facts(line.session, context), WIDTH - INDENT),
            *_wrap(_format_people(line.session.parts), WIDTH - INDENT),
        ]
        if line.session.has_page:
            details.append(context.session_url(line.session))
        times = [_format_times(line.session), *[""] * len(details)]
        yield from (f"{when:{INDENT}}{what}" for when, what in zip(times, details, strict=False))
        yield ""


def _format_times(session: Session) -> str:
    ends = f" – {local_time(session.ends_at)}" if session.ends_at else ""
    return local_time(session.starts_at) + ends if session.starts_at else ""


def _format_title(session: Session) -> str:
    if session.is_cancelled:
        return str(gettext("CANCELLED: %(title)s", title=session.title))
    return session.title


def _format_facts(session: Session, context: LinkContext) -> str:
    """Return type and room of a session in one line."""
    facts = [
        kind_name(session.kind),
        session.room.name if session.room else "",
        session.theme.name if session.theme else "",
        context.illustrative if session.is_illustrative else "",
        context.awaits_speakers if session.is_awaiting_speakers else "",
    ]
    return ", ".join(filter(None, facts))


def _format_people(parts: Iterable[Appearance]) -> str:
    return ", ".join(f"{part.name} ({role_name(part.role)})" for part in parts)


def _session_lines(session: Session, context: LinkContext) -> Iterator[str]:
    yield from _wrap(_format_title(session).upper())
    yield from _wrap(session.subtitle)
    yield ""
    if session.starts_at:
        yield from _wrap(f"{_format_times(session)}, {local_date(session.starts_at)}")
    yield from _wrap(_format_facts(session, context))
    if session.room and session.room.features:
        yield from _wrap(", ".join(map(feature_name, session.room.features)))
    yield from _wrap(_format_people(session.parts))
    yield context.session_url(session)
    for html in filter(None, (session.abstract, session.description)):
        yield ""
        for paragraph in markdown.sanitised_to_text(html).splitlines():
            yield from _wrap(paragraph)
    for address, label in session.links:
        yield ""
        yield from _wrap(label)
        yield strip_control_characters(address)


def _wrap(text: str, width: int = WIDTH) -> list[str]:
    return wrap(strip_control_characters(text), width, break_on_hyphens=False)


def strip_control_characters(text: str) -> str:
    """Remove characters that a terminal would interpret instead of showing."""
    visible = (
        c for c in SPACES.sub(" ", text) if unicodedata.category(c) not in CONTROL_CATEGORIES
    )
    return "".join(visible)


def _join_lines(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"


def create_link_context() -> LinkContext:
    """Return a context for the current site and language."""
    return LinkContext(
        site_url=absolute_url("site.home").rstrip("/"),
        illustrative=gettext("illustrative"),
        awaits_speakers=gettext("speaker to be announced"),
    )

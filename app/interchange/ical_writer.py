"""iCalendar feeds (RFC 5545): of the programme, of one session, of chosen sessions.

    ical_writer.dump(current_release.get_programme(), site=…, name=…, address=…)
    ical_writer.dump(…, keys=starred_keys)

It executes no SQL and imports no library: public feeds are rendered again after each release, and a
feed of two thousand sessions must be as fast as a page.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from urllib.parse import quote

from flask_babel import gettext, ngettext

from app import clock
from app.content import markdown
from app.errors import NotFound
from app.interchange.ical_lines import (
    escape_list,
    escape_text,
    fold,
    format_utc,
    property_line,
    quote_parameter,
)
from app.interchange.identifiers import make_guid
from app.programme.labels import kind_name
from app.programme.snapshot import Session
from app.releases.published_programme import PublishedProgramme
from app.releases.revisions import SessionRevision

ICAL_KEY, ICAL_ROOM = "X-CONFERENCE-KEY", "X-CONFERENCE-ROOM"  # of a session, in our calendars
ICAL_PREFACE = "X-CONFERENCE-PREFACE"  # text before the abstract in the description

PRODID = "-//Closing the Gap//Conference site//EN"
REFRESH_INTERVAL = "PT1H"  # an hour between refreshes
MAX_WITHDRAWN = 1000  # withdrawn sessions that are listed as cancelled


@dataclass(frozen=True)
class CalendarContext:
    """What every event needs: the conference's data and translated texts."""

    acronym: str
    place: str
    site: str
    illustrative_note: str
    illustrative_category: str
    notes: Mapping[str, str]  # for the recipient, by the key of the session
    organizer: str = ""  # a content line, required in a calendar with a method


@dataclass(frozen=True)
class CalendarEvent:
    """A session in a calendar, perhaps one that is withdrawn or cancelled."""

    revision: SessionRevision
    session: Session | None  # None: withdrawn, or cancelled for the recipient
    is_tentative: bool = False  # a seat that was offered to the recipient and not yet accepted

    @property
    def is_confirmed(self) -> bool:
        """Whether it will take place at its time."""
        session = self.session
        return session is not None and session.starts_at is not None and not session.is_cancelled

    @property
    def status(self) -> str:
        """The value of STATUS."""
        if not self.is_confirmed:
            return "CANCELLED"
        return "TENTATIVE" if self.is_tentative else "CONFIRMED"


def dump(  # noqa: PLR0913 - the options of a calendar
    programme: PublishedProgramme,
    *,
    site: str,
    name: str,
    address: str,
    keys: Collection[str] | None = None,
    cancelled_for_reader: Collection[str] = (),
    changed_for_reader: Mapping[str, datetime] = MappingProxyType({}),
    steps_for_reader: Mapping[str, int] = MappingProxyType({}),
    tentative: Collection[str] = (),
    notes: Mapping[str, str] = MappingProxyType({}),
) -> bytes:
    """Return the calendar of a programme, or of the sessions with these keys, as UTF-8.

    Sessions in ``cancelled_for_reader`` are listed as cancelled, and those in ``tentative`` as not
    confirmed yet; ``changed_for_reader`` is when that changed, and ``steps_for_reader`` how often,
    which is added to SEQUENCE. ``notes`` are sentences for the recipient about a session, which
    come first in its description. ``site`` is the base URL of the session pages, ``address`` the
    URL of the calendar itself if clients can refresh it.
    """
    without_time = sum(
        session.starts_at is None and (keys is None or session.key in keys)
        for session in programme.sessions
        if session.key not in cancelled_for_reader
    )
    lines = [
        property_line("BEGIN", "VCALENDAR"),
        property_line("VERSION", "2.0"),
        property_line("PRODID", PRODID),
        property_line("CALSCALE", "GREGORIAN"),
        *_render_calendar_properties(name, _describe_unscheduled(without_time), address),
    ]
    context = _build_context(programme, site, notes)
    for event in list_events(programme, keys, cancelled_for_reader):
        revision = event.revision
        changed_at = changed_for_reader.get(revision.key, revision.changed_at)
        newest = _add_personal_steps(revision, steps_for_reader)._replace(
            changed_at=max(changed_at, revision.changed_at)
        )
        own = replace(event, revision=newest, is_tentative=revision.key in tentative)
        lines += _render_event(own, context)
    return fold([*lines, property_line("END", "VCALENDAR")])


def dump_update(  # noqa: PLR0913 - the options of an update
    programme: PublishedProgramme,
    *,
    site: str,
    keys: Collection[str],
    cancelled_for_reader: Collection[str] = (),
    changed_at: datetime | None = None,
    steps_for_reader: Mapping[str, int] = MappingProxyType({}),
    notes: Mapping[str, str] = MappingProxyType({}),
) -> bytes:
    """Return the sessions with these keys as they are now, to be emailed (RFC 5546, 3.2.1).

    They replace earlier entries with the same UID and at most the same SEQUENCE. Sessions that were
    cancelled or withdrawn, for everyone or for the recipient, have the status CANCELLED.
    ``changed_at`` is when the recipient changed something: of equal entries the latest counts.
    ``steps_for_reader`` is how often they did, which is added to SEQUENCE.
    """
    facts = programme.conference
    name = " ".join(facts.title.split())
    organizer = property_line(
        "ORGANIZER", f"mailto:{facts.contact_email}", CN=quote_parameter(name)
    )
    context = replace(
        _build_context(programme, site, notes), organizer=organizer if facts.contact_email else ""
    )
    lines = [
        property_line("BEGIN", "VCALENDAR"),
        property_line("VERSION", "2.0"),
        property_line("PRODID", PRODID),
        property_line("METHOD", "PUBLISH"),
    ]
    for event in list_events(programme, keys, cancelled_for_reader):
        stamp = changed_at or event.revision.changed_at
        revision = _add_personal_steps(event.revision, steps_for_reader)._replace(changed_at=stamp)
        fresh = replace(event, revision=revision)
        lines += _render_event(fresh, context)
    return fold([*lines, property_line("END", "VCALENDAR")])


def _add_personal_steps(revision: SessionRevision, steps: Mapping[str, int]) -> SessionRevision:
    """Return a revision with its SEQUENCE for the recipient."""
    return revision._replace(sequence=revision.sequence + steps.get(revision.key, 0))


def _build_context(
    programme: PublishedProgramme, site: str, notes: Mapping[str, str]
) -> CalendarContext:
    return CalendarContext(
        acronym=programme.conference.acronym,
        place=programme.conference.place,
        site=site,
        illustrative_note=gettext("This session is illustrative. It is not on record."),
        illustrative_category=gettext("Illustrative"),
        notes=notes,
    )


def list_events(
    programme: PublishedProgramme,
    keys: Collection[str] | None = None,
    cancelled_for_reader: Collection[str] = (),
) -> list[CalendarEvent]:
    """List the sessions in a calendar: those with a time, now or when last published."""
    sessions = [session for session in programme.sessions if keys is None or session.key in keys]
    withdrawn = [
        told
        for told in programme.revisions.values()
        if told.is_withdrawn and (keys is None or told.key in keys)
    ]
    events = [
        *(
            CalendarEvent(
                _get_revision(session, programme),
                None if session.key in cancelled_for_reader else session,
            )
            for session in sessions
        ),
        *(
            CalendarEvent(told, None)
            for told in sorted(withdrawn, key=_latest_change_first)[:MAX_WITHDRAWN]
        ),
    ]
    return [entry for entry in events if entry.revision.starts_at is not None]


def get_event(programme: PublishedProgramme, slug: str) -> CalendarEvent:
    """Return the event of a session by its slug, including withdrawn ones."""
    withdrawn = (told.key for told in programme.revisions.values() if told.slug == slug)
    keys = {session.key for session in programme.sessions if session.slug == slug} or set(withdrawn)
    for event in list_events(programme, keys):
        return event
    programme.get_session(slug)  # raises the error that gives the reason
    raise NotFound("This session has no time yet, so there is nothing for a calendar")


def _latest_change_first(revision: SessionRevision) -> tuple[float, str]:
    return -revision.changed_at.timestamp(), revision.key


def _get_revision(session: Session, programme: PublishedProgramme) -> SessionRevision:
    """Return the published revision of a session, or one of its current data in a preview."""
    revision = programme.revisions.get(session.key)
    if revision is not None:
        return revision
    moment = programme.published_at or clock.now()
    begins, ends = session.starts_at, session.ends_at
    return SessionRevision(session.key, session.slug, session.title, begins, ends, 0, moment)


def _render_calendar_properties(name: str, description: str, address: str) -> Iterator[str]:
    """Yield the calendar's properties, including their names from before RFC 7986."""
    yield property_line("NAME", escape_text(name))
    yield property_line("X-WR-CALNAME", escape_text(name))
    if description:
        yield property_line("DESCRIPTION", escape_text(description))
        yield property_line("X-WR-CALDESC", escape_text(description))
    if address:
        yield property_line("SOURCE", address, VALUE="URI")
        yield property_line("REFRESH-INTERVAL", REFRESH_INTERVAL, VALUE="DURATION")
        yield property_line("X-PUBLISHED-TTL", REFRESH_INTERVAL)


def _describe_unscheduled(without_time: int) -> str:
    if not without_time:
        return ""
    description: str = ngettext(
        "One session has no time yet, so it is not in this calendar.",
        "%(num)s sessions have no time yet, so they are not in this calendar.",
        without_time,
    )
    return description


def _render_event(event: CalendarEvent, context: CalendarContext) -> Iterator[str]:
    revision, session = event.revision, event.session
    yield property_line("BEGIN", "VEVENT")
    yield property_line("UID", make_guid(context.acronym, "session", revision.key))
    yield property_line("DTSTAMP", format_utc(revision.changed_at))
    yield property_line("LAST-MODIFIED", format_utc(revision.changed_at))
    yield property_line("SEQUENCE", str(revision.sequence))
    yield from _render_times(revision)
    yield property_line("STATUS", event.status)
    if context.organizer:
        yield context.organizer
    yield property_line("SUMMARY", escape_text(revision.title))
    yield property_line("URL", f"{context.site}/sessions/{quote(revision.slug)}")
    if session is None or not event.is_confirmed or session.is_break:
        yield property_line("TRANSP", "TRANSPARENT")  # it does not block time in a calendar
    if session is not None:
        yield from _render_details(session, context)
    yield property_line("END", "VEVENT")


def _render_times(revision: SessionRevision) -> Iterator[str]:
    begins: datetime | None
    for name, begins in (("DTSTART", revision.starts_at), ("DTEND", revision.ends_at)):
        if begins is not None:
            yield property_line(name, format_utc(begins))


def _render_details(session: Session, context: CalendarContext) -> Iterator[str]:
    preface = _join_paragraphs(
        context.notes.get(session.key, ""),
        context.illustrative_note if session.is_illustrative else "",
        session.subtitle,
        ", ".join(dict.fromkeys(part.name for part in session.parts)),
    )
    room = session.room.name if session.room else ""
    yield from _render_own_properties(session.key, room, preface)
    if room or context.place:
        location = ", ".join(filter(None, (room, context.place)))
        yield property_line("LOCATION", escape_text(location))
    description = _join_paragraphs(preface, markdown.sanitised_to_text(session.abstract))
    if description:
        yield property_line("DESCRIPTION", escape_text(description))
    categories = [
        kind_name(session.kind),
        session.theme.name if session.theme else "",
        context.illustrative_category if session.is_illustrative else "",
    ]
    if any(categories):
        yield property_line("CATEGORIES", escape_list(filter(None, categories)))


def _render_own_properties(key: str, room: str, preface: str) -> Iterator[str]:
    """Yield the properties by which the importer recognises the site's own calendars."""
    yield property_line(ICAL_KEY, escape_text(key))
    if room:
        yield property_line(ICAL_ROOM, escape_text(room))
    if preface:
        yield property_line(ICAL_PREFACE, escape_text(preface))


def _join_paragraphs(*paragraphs: str) -> str:
    return "\n\n".join(filter(None, paragraphs))

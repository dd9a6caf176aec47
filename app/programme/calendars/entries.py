"""Sessions as the entries of a calendar that others subscribe to (RFC 5545, 7986).

An entry keeps its UID whatever becomes of its session, and its SEQUENCE rises with each change
that readers were shown, so a calendar replaces what it has. What was cancelled or withdrawn
stays and says so: what is simply gone would stay in the calendars of those who have it. The same
release gives the same bytes.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from flask_babel import gettext, ngettext

from app import clock
from app.errors import NotFound
from app.programme.calendars.content_lines import folded, line, moment, text, texts
from app.programme.document import Session
from app.programme.exporting import identities
from app.programme.published import Programme
from app.programme.revisions import Told
from app.programme.shown import kind_name

MAKER = "-//Closing the Gap//Conference site//EN"
ASK_AGAIN_AFTER = "PT1H"  # an hour; who subscribes asks again
MOST_GONE = 1000  # withdrawn sessions that are still told of


@dataclass(frozen=True)
class Setting:
    """What every entry of a calendar needs: of which conference it is, and words for it."""

    acronym: str
    place: str
    site: str
    note: str
    illustrative: str


@dataclass(frozen=True)
class Entry:
    """A session that a calendar knows or should know, if only as one that was there."""

    told: Told
    session: Session | None  # none: it was withdrawn, or whoever this is for has left it

    @property
    def takes_place(self) -> bool:
        """Whether it is still to be at its time."""
        session = self.session
        return session is not None and session.starts_at is not None and not session.is_cancelled


def written(  # noqa: PLR0913 - which calendar, of what, and for whom
    programme: Programme,
    *,
    site: str,
    name: str,
    address: str,
    keys: Collection[str] | None = None,
    left: Collection[str] = (),
) -> bytes:
    """Write the calendar of a programme, or of those of its sessions that have these keys.

    To whoever it is for, those that they have ``left`` are told as cancelled.
    ``site`` is where the pages of sessions are, ``address`` where this calendar itself is, if
    it can be asked for there again.
    """
    without_time = sum(
        session.starts_at is None and (keys is None or session.key in keys)
        for session in programme.sessions
        if session.key not in left
    )
    lines = [
        line("BEGIN", "VCALENDAR"),
        line("VERSION", "2.0"),
        line("PRODID", MAKER),
        line("CALSCALE", "GREGORIAN"),
        *_about(name, _said_of(without_time), address),
    ]
    setting = Setting(
        acronym=programme.conference.acronym,
        place=programme.conference.place,
        site=site,
        note=gettext("This session is illustrative. It is not on record."),
        illustrative=gettext("Illustrative"),
    )
    for entry in entries(programme, keys, left):
        lines += _event(entry, setting)
    return folded([*lines, line("END", "VCALENDAR")])


def entries(
    programme: Programme, keys: Collection[str] | None = None, left: Collection[str] = ()
) -> list[Entry]:
    """List what a calendar holds: all that has a time, or had one when readers last saw it."""
    shown = [one for one in programme.sessions if keys is None or one.key in keys]
    gone = [
        told
        for told in programme.revisions.values()
        if told.is_withdrawn and (keys is None or told.key in keys)
    ]
    every = [
        *(Entry(_told(one, programme), None if one.key in left else one) for one in shown),
        *(Entry(told, None) for told in sorted(gone, key=_latest_first)[:MOST_GONE]),
    ]
    return [entry for entry in every if entry.told.starts_at is not None]


def entry(programme: Programme, slug: str) -> Entry:
    """Find by its address what a calendar holds of one session, which may be withdrawn by now."""
    gone = (told.key for told in programme.revisions.values() if told.slug == slug)
    keys = {one.key for one in programme.sessions if one.slug == slug} or set(gone)
    for found in entries(programme, keys):
        return found
    programme.session(slug)  # else it says why there is none
    raise NotFound("This session has no time yet, so there is nothing for a calendar")


def _latest_first(told: Told) -> tuple[float, str]:
    return -told.changed_at.timestamp(), told.key


def _told(session: Session, programme: Programme) -> Told:
    """Tell what is known of a session; in a preview, and at first, that is what it says itself."""
    told = programme.revisions.get(session.key)
    if told is not None:
        return told
    moment = programme.published_at or clock.now()
    begins, ends = session.starts_at, session.ends_at
    return Told(session.key, session.slug, session.title, begins, ends, 0, moment)


def _about(name: str, description: str, address: str) -> Iterator[str]:
    """Tell what the calendar is, also in the words of those who knew no others before RFC 7986."""
    yield line("NAME", text(name))
    yield line("X-WR-CALNAME", text(name))
    if description:
        yield line("DESCRIPTION", text(description))
        yield line("X-WR-CALDESC", text(description))
    if address:
        yield line("SOURCE", address, VALUE="URI")
        yield line("REFRESH-INTERVAL", ASK_AGAIN_AFTER, VALUE="DURATION")
        yield line("X-PUBLISHED-TTL", ASK_AGAIN_AFTER)


def _said_of(without_time: int) -> str:
    if not without_time:
        return ""
    said: str = ngettext(
        "One session has no time yet, so it is not in this calendar.",
        "%(num)s sessions have no time yet, so they are not in this calendar.",
        without_time,
    )
    return said


def _event(entry: Entry, setting: Setting) -> Iterator[str]:
    told, session = entry.told, entry.session
    yield line("BEGIN", "VEVENT")
    yield line("UID", identities.guid(setting.acronym, "session", told.key))
    yield line("DTSTAMP", moment(told.changed_at))
    yield line("LAST-MODIFIED", moment(told.changed_at))
    yield line("SEQUENCE", str(told.sequence))
    yield from _times(told)
    yield line("STATUS", "CONFIRMED" if entry.takes_place else "CANCELLED")
    yield line("SUMMARY", text(told.title))
    yield line("URL", f"{setting.site}/sessions/{quote(told.slug)}")
    if session is None or not entry.takes_place or session.is_pause:
        yield line("TRANSP", "TRANSPARENT")  # nobody is busy with it
    if session is not None:
        yield from _told_of(session, setting)
    yield line("END", "VEVENT")


def _times(told: Told) -> Iterator[str]:
    begins: datetime | None
    for name, begins in (("DTSTART", told.starts_at), ("DTEND", told.ends_at)):
        if begins is not None:
            yield line(name, moment(begins))


def _told_of(session: Session, setting: Setting) -> Iterator[str]:
    where = ", ".join(filter(None, (session.room.name if session.room else "", setting.place)))
    if where:
        yield line("LOCATION", text(where))
    description = "\n\n".join(
        filter(
            None,
            (
                setting.note if session.is_illustrative else "",
                session.subtitle,
                ", ".join(dict.fromkeys(part.name for part in session.parts)),
                session.summary,
            ),
        )
    )
    if description:
        yield line("DESCRIPTION", text(description))
    categories = [
        kind_name(session.kind),
        session.theme.name if session.theme else "",
        setting.illustrative if session.is_illustrative else "",
    ]
    if any(categories):
        yield line("CATEGORIES", texts(filter(None, categories)))

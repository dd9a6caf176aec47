"""The programme for a terminal: plain text, no line longer than 76 characters but an address.

A title may hold anything; what a terminal would obey is left out.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from textwrap import wrap

from flask_babel import gettext

from app.content import prose
from app.programme.document import Conference, Part, Session
from app.programme.lines import Day, Line
from app.programme.published import Programme
from app.programme.shown import feature_name, kind_name, role_name
from app.web.words import local_date, local_days, local_time

WIDTH = 76
INDENT = 20  # of what stands beside the times
OBEYED = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # kinds of characters: controls, directions and their like
SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class Place:
    """Where the pages are to which a text leads, and what it says of many sessions."""

    site: str
    illustrative: str
    awaits_speakers: str

    def of(self, session: Session) -> str:
        """Give the address of a session."""
        return f"{self.site}/sessions/{session.slug}"


def whole(programme: Programme, place: Place) -> str:
    """Write every day."""
    return _joined(_whole(programme, place))


def day(programme: Programme, found: Day, place: Place) -> str:
    """Write one day."""
    return _joined([*_opening(programme.conference), *_day(found, place)])


def session(programme: Programme, found: Session, place: Place) -> str:
    """Write all that is known of one session."""
    conference = programme.conference
    return _joined(
        [*_wrapped(conference.title), "", *_session(found, place), "", *_foot(conference)]
    )


def _whole(programme: Programme, place: Place) -> Iterator[str]:
    yield from _opening(programme.conference)
    if not programme.sessions:
        yield gettext("The programme is not out yet")
    for found in programme.days:
        yield from _day(found, place)
    if programme.listing.unscheduled:
        yield from _heading(gettext("No time yet"))
        yield from _lines(programme.listing.unscheduled, place)


def _opening(conference: Conference) -> Iterator[str]:
    yield from _wrapped(conference.title.upper())
    yield from _wrapped(conference.subtitle)
    days = local_days(conference.starts_on, conference.ends_on)
    yield from _wrapped(", ".join(filter(None, (days, conference.place))))
    yield ""
    yield from _foot(conference)
    yield ""


def _foot(conference: Conference) -> Iterator[str]:
    if conference.is_invented:
        yield from _wrapped(gettext("This conference is invented. Nothing in it is real."))
    yield from _wrapped(
        gettext("Times are those of the conference (%(zone)s).", zone=conference.time_zone)
    )


def _heading(words: str) -> Iterator[str]:
    yield words
    yield "=" * len(words)
    yield ""


def _day(found: Day, place: Place) -> Iterator[str]:
    yield from _heading(local_date(found.date))
    yield from _lines(found.lines, place)


def _lines(lines: Iterable[Line], place: Place) -> Iterator[str]:
    for line in lines:
        beside = [
            *_wrapped(_title(line.session), WIDTH - INDENT),
            *_wrapped(_facts(line.session, place), WIDTH - INDENT),
            *_wrapped(_people(line.session.parts), WIDTH - INDENT),
        ]
        if line.session.is_told:
            beside.append(place.of(line.session))
        times = [_times(line.session), *[""] * len(beside)]
        yield from (f"{when:{INDENT}}{what}" for when, what in zip(times, beside, strict=False))
        yield ""


def _times(found: Session) -> str:
    ends = f" – {local_time(found.ends_at)}" if found.ends_at else ""
    return local_time(found.starts_at) + ends if found.starts_at else ""


def _title(found: Session) -> str:
    if found.is_cancelled:
        return str(gettext("CALLED OFF: %(title)s", title=found.title))
    return found.title


def _facts(found: Session, place: Place) -> str:
    """Tell shortly what a session is, and where."""
    facts = [
        kind_name(found.kind),
        found.room.name if found.room else "",
        found.theme.name if found.theme else "",
        place.illustrative if found.is_illustrative else "",
        place.awaits_speakers if found.awaits_speakers else "",
    ]
    return ", ".join(filter(None, facts))


def _people(parts: Iterable[Part]) -> str:
    return ", ".join(f"{part.name} ({role_name(part.role)})" for part in parts)


def _session(found: Session, place: Place) -> Iterator[str]:
    yield from _wrapped(_title(found).upper())
    yield from _wrapped(found.subtitle)
    yield ""
    if found.starts_at:
        yield from _wrapped(f"{_times(found)}, {local_date(found.starts_at)}")
    yield from _wrapped(_facts(found, place))
    if found.room and found.room.features:
        yield from _wrapped(", ".join(map(feature_name, found.room.features)))
    yield from _wrapped(_people(found.parts))
    yield place.of(found)
    for html in filter(None, (found.abstract, found.description)):
        yield ""
        for paragraph in prose.plain(html).splitlines():
            yield from _wrapped(paragraph)
    for address, label in found.links:
        yield ""
        yield from _wrapped(label)
        yield plain(address)


def _wrapped(words: str, width: int = WIDTH) -> list[str]:
    return wrap(plain(words), width, break_on_hyphens=False)


def plain(words: str) -> str:
    """Leave out what a terminal would obey instead of showing it."""
    shown = (c for c in SPACES.sub(" ", words) if unicodedata.category(c) not in OBEYED)
    return "".join(shown)


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"

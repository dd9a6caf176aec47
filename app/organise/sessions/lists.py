"""How the list of sessions can be narrowed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.errors import NotFound
from app.organise.lists import PAGE_SIZE, Asked, Filter, Listing, asked
from app.programme import queries
from app.programme.editing import sessions_listed
from app.programme.editing.sessions_listed import Choices, Row, Wanted
from app.programme.models import CANCELLED, CONFIRMED, DRAFT, WITHDRAWN
from app.programme.shown import KINDS, kind_name
from app.web.words import local_date, on_the_clock, plain_date, zone

EN_DASH: Final = "–"
MOST_DAYS: Final = 40  # of a conference that are offered
STATES: Final = {
    DRAFT: _l("Draft"),
    CONFIRMED: _l("Confirmed"),
    CANCELLED: _l("Cancelled"),
    WITHDRAWN: _l("Withdrawn"),
}
LACKS: Final = {
    "room": _l("Room"),
    "time": _l("Time"),
    "abstract": _l("Abstract"),
    "speakers": _l("Speakers"),
    "word": _l("Your word on slides and papers"),
}


@dataclass(frozen=True)
class Line:
    """A line of the list, in words."""

    session: Row
    kind: str
    mark: str  # what is unusual about it
    starts: str
    day: str
    machine: str  # when it starts, for programs
    changed: str


def listing() -> Listing[Line]:
    """Give the page of the list that the address asks for."""
    ways = _filters(sessions_listed.choices(), days())
    wish = asked(ways, tuple(sessions_listed.SORTS))
    found = sessions_listed.found(
        _wanted(wish), wish.sort, is_reversed=wish.is_reversed, offset=wish.offset, limit=PAGE_SIZE
    )
    return Listing(_lines(found.rows), found.total, wish, ways)


def days() -> Sequence[date]:
    """List the days of the conference, when there is one."""
    try:
        conference = queries.conference()
    except NotFound:
        return ()
    many = min((conference.ends_on - conference.starts_on).days + 1, MOST_DAYS)
    return [conference.starts_on + timedelta(days=number) for number in range(many)]


def kinds(choices: Choices) -> list[tuple[str, str]]:
    """List the kinds that are in use, each by its name."""
    return [(kind, kind_name(kind)) for kind, _ in choices.kind]


def kinds_to_choose(choices: Choices) -> list[tuple[str, str]]:
    """List the kinds that are in use, and the usual ones."""
    used = dict.fromkeys(kind for kind, _ in choices.kind)
    return [(kind, kind_name(kind)) for kind in {**used, **KINDS}]


def _lines(rows: Sequence[Row]) -> list[Line]:
    """Put rows in words; what many share is put in words once."""
    say = Words(cache(local_date), cache(plain_date), cache(kind_name), cache(_mark), zone())
    return [_line(row, say) for row in rows]


@dataclass(frozen=True)
class Words:
    """How days, kinds and states are said, and by which clocks."""

    day: Callable[[date], str]
    changed: Callable[[date], str]
    kind: Callable[[str], str]
    mark: Callable[[str], str]
    zone: ZoneInfo


def _line(row: Row, say: Words) -> Line:
    starts = row.starts_at.astimezone(say.zone) if row.starts_at else None
    ends = f" {EN_DASH} {on_the_clock(row.ends_at.astimezone(say.zone))}" if row.ends_at else ""
    return Line(
        session=row,
        kind=say.kind(row.kind),
        mark=say.mark(row.state),
        starts=f"{on_the_clock(starts)}{ends}" if starts else "",
        day=say.day(starts.date()) if starts else "",
        machine=starts.isoformat() if starts else "",
        changed=say.changed(row.changed_at.astimezone(say.zone).date()) if row.changed_at else "",
    )


def _mark(state: str) -> str:
    """Say what is unusual about the state of a session."""
    return "" if state == CONFIRMED else str(STATES[state])


def _filters(choices: Choices, days: Sequence[date]) -> Sequence[Filter]:
    return (
        Filter("day", gettext("Day"), [(day.isoformat(), local_date(day)) for day in days]),
        Filter("theme", gettext("Theme"), choices.theme),
        Filter("room", gettext("Room"), choices.room),
        Filter("kind", gettext("Kind"), kinds(choices)),
        Filter("state", gettext("State"), [(state, str(name)) for state, name in STATES.items()]),
        Filter("missing", gettext("Missing"), [(lack, str(name)) for lack, name in LACKS.items()]),
    )


def _wanted(wish: Asked) -> Wanted:
    day = wish.choice("day")
    return Wanted(
        search=wish.search,
        day=(date.fromisoformat(day), zone()) if day else None,
        theme=wish.choice("theme"),
        room=wish.choice("room"),
        kind=wish.choice("kind"),
        state=wish.choice("state"),
        missing=wish.choice("missing"),
    )

"""Reminders that go by themselves: planned a day before, so that organisers can see them first.

The worker plans a reminder for whoever has left undone what is wanted within a week, at most once
a week each, and sends it when its moment has come, to those who still have something left to do.
Until then it stands in the back office, where it can be held back.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from app import clock, edition
from app.database import db, hold
from app.errors import Refused
from app.history import services as history
from app.programme import releases
from app.speakers import mailing, queries, readers
from app.speakers.models import Key, PlannedReminder
from app.speakers.readers import Reader

A_WEEK = timedelta(days=7)  # before a day, and between two reminders
NOTICE = timedelta(days=1)  # within which organisers can see a reminder before it goes
AT: Final = time(9)  # o’clock at the conference: nobody is woken by a letter
MOST_AT_ONCE = 50  # so that nobody waits long for the database
GOES = PlannedReminder.held_at.is_(None)


@dataclass(frozen=True)
class Planned:
    """A reminder that is planned, and who gets it as things stand."""

    row: PlannedReminder
    reader: Reader

    @property
    def is_held(self) -> bool:
        """Whether it was held back."""
        return self.row.held_at is not None


@dataclass(frozen=True)
class Look:
    """All that goes by itself, as things stand."""

    planned: Sequence[Planned]  # the soonest first
    later: datetime | None  # when the next one after those would go
    readers: Sequence[Reader]  # and to whom


@dataclass(frozen=True)
class Calendar:
    """Which days decide about reminders; without any, nobody is reminded."""

    wanted_by: Mapping[str, date]
    last: date  # of the conference
    zone: ZoneInfo

    @classmethod
    def of_now(cls) -> "Calendar":
        """Read it."""
        programme = releases.current()
        about = programme.conference
        days = queries.wanted_by() if programme.is_published else {}
        return cls(days, about.ends_on, ZoneInfo(about.time_zone))

    def ready(self, reader: Reader) -> datetime | None:
        """Tell from when on somebody may be reminded, if they have anything dated left to do."""
        kind = mailing.reminder_to(reader)
        days = [self.wanted_by[one] for one in reader.left if one in self.wanted_by]
        if not days or kind.why_not(reader) not in {"", mailing.RECENTLY}:
            return None
        wanted = min(days) - A_WEEK
        return datetime.combine(max([wanted, *self._rested(reader)]), AT, self.zone)

    def is_due(self, reader: Reader, at: datetime) -> bool:
        """Whether somebody is to be reminded at a moment."""
        ready = self.ready(reader)
        return ready is not None and ready <= at and self._is_before_the_end(at)

    def next_after(self, moment: datetime) -> datetime:
        """Give the next moment at which reminders go."""
        local = moment.astimezone(self.zone)
        today = datetime.combine(local.date(), AT, self.zone)
        later = datetime.combine(local.date() + timedelta(days=1), AT, self.zone)
        return (today if local <= today else later).astimezone(UTC)

    def coming(self, reader: Reader) -> datetime | None:
        """Tell when somebody would be reminded, as things stand."""
        ready = self.ready(reader)
        at = self.next_after(max(ready, clock.now() + NOTICE)) if ready else None
        return at if at and self._is_before_the_end(at) else None

    def _rested(self, reader: Reader) -> Sequence[date]:
        """Tell the days that are a week after somebody was written to, which was in real time."""
        distance = clock.now() - clock.real_now()
        sent = [(moment + distance).astimezone(self.zone) for moment in reader.written.values()]
        return [moment.date() + A_WEEK for moment in sent]

    def _is_before_the_end(self, at: datetime) -> bool:
        return at.astimezone(self.zone).date() <= self.last


def plan() -> None:
    """Plan a reminder for whoever is to have one, and drop those that nobody needs any more."""
    if not edition.agrees_on_time():
        return
    hold(PlannedReminder)
    calendar, known = Calendar.of_now(), _everybody()
    rows = _rows()
    needed = {one.row for one in _planned(rows, known, calendar)}
    for row in rows.values():
        if row not in needed:
            db.session.delete(row)
    goes_at = calendar.next_after(clock.now() + NOTICE)
    for key, reader in known.items():
        if key not in rows and calendar.is_due(reader, goes_at):
            speaker, person = key
            db.session.add(PlannedReminder(speaker_id=speaker, person_id=person, goes_at=goes_at))
    db.session.flush()


def send_what_is_due() -> None:
    """Write to those whose moment has come, if they still have something left to do."""
    due = select(PlannedReminder).where(GOES, PlannedReminder.goes_at <= clock.now())
    if db.session.scalars(due.limit(1)).first() is None or not edition.agrees_on_time():
        return
    mailing.hold_letters()
    hold(PlannedReminder)
    calendar, known = Calendar.of_now(), _everybody()
    for row in db.session.scalars(due.order_by(PlannedReminder.id).limit(MOST_AT_ONCE)).all():
        reader = known.get(row.key)
        if reader is not None and calendar.is_due(reader, clock.now()):
            mailing.send_one(mailing.reminder_to(reader), reader, who=history.THE_SITE)
        db.session.delete(row)


def look() -> Look:
    """Tell what goes by itself, and when, as things stand."""
    rows, known, calendar = _rows(), _everybody(), Calendar.of_now()
    later: dict[datetime, list[Reader]] = {}
    for key, reader in known.items():
        at = None if key in rows else calendar.coming(reader)
        if at is not None:
            later.setdefault(at, []).append(reader)
    soonest = min(later, default=None)
    return Look(_planned(rows, known, calendar), soonest, later[soonest] if soonest else ())


def next_planned() -> tuple[datetime | None, int]:
    """Tell when the next reminder goes by itself, and how many go then or later."""
    rows = select(func.min(PlannedReminder.goes_at), func.count(PlannedReminder.id)).where(GOES)
    moment, count = db.session.execute(rows).one()
    return moment, count


def hold_back(numbers: Collection[int], *, who: str) -> None:
    """Let these not go by themselves until somebody lets them."""
    for one in _changed(numbers):
        if not one.is_held:
            one.row.hold_back(clock.now(), who)
            one.reader.record("is not reminded by itself: it was held back", who)


def let_go(numbers: Collection[int], *, who: str) -> None:
    """Let these go after all: at their moment, or at the next one where that has passed."""
    soonest = Calendar.of_now().next_after(clock.now())
    for one in _changed(numbers):
        if one.is_held:
            one.row.let_go(soonest if one.row.goes_at <= clock.now() else one.row.goes_at)
            one.reader.record("is reminded by itself again", who)


def _changed(numbers: Collection[int]) -> Sequence[Planned]:
    """Find what is planned, and let nobody send it meanwhile; raise where all of it has gone."""
    hold(PlannedReminder)
    every = _planned(_rows(), _everybody(), Calendar.of_now())
    found = [one for one in every if one.row.id in numbers]
    if numbers and not found:
        raise Refused("These reminders have gone already, or nobody needs them any more")
    return found


def _planned(
    rows: Mapping[Key, PlannedReminder], known: Mapping[Key, Reader], calendar: Calendar
) -> Sequence[Planned]:
    """Give what is planned and still needed, the soonest first."""
    found = [
        Planned(row, known[key])
        for key, row in rows.items()
        if key in known and calendar.is_due(known[key], max(row.goes_at, clock.now()))
    ]
    return sorted(found, key=lambda one: (one.row.goes_at, one.reader.name))


def _rows() -> Mapping[Key, PlannedReminder]:
    """Give all that is planned, as it stands now."""
    fresh = select(PlannedReminder).execution_options(populate_existing=True)
    return {row.key: row for row in db.session.scalars(fresh)}


def _everybody() -> Mapping[Key, Reader]:
    """Gather all who may be reminded."""
    known = [*readers.speakers(queries.speakers_of("reminder")), *readers.owners()]
    return {one.key: one for one in known}

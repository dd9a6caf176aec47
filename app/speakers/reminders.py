"""Automatic reminders, planned a day ahead so that organisers can review them.

The worker plans a reminder for everyone with an open task that is due within a week, at most one
per week each. It sends a planned reminder when it is due, if the task is still open. Until then the
reminder is shown in the admin, where it can be paused.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Row, delete, func, select

from app import cache_version, clock
from app.accounts import queries as accounts
from app.database import db, lock_table
from app.errors import RuleViolation
from app.history import services as history
from app.mail import services as mail
from app.mail.models import Email
from app.materials import queries as materials
from app.programme.editing import speakers
from app.programme.models import Conference
from app.proposals import queries as proposals
from app.proposals.queries import ProposalFilter
from app.releases import current_release
from app.speakers import batch_emails, queries
from app.speakers.models import PlannedReminder, RecipientKey
from app.speakers.recipients import OwnerRecipient, Recipient
from app.speakers.reminder_candidates import (
    Candidate,
    list_candidates,
    load_owners,
    load_recipients,
)

A_WEEK = timedelta(days=7)  # before a deadline, and between two reminders
NOTICE_PERIOD = timedelta(days=1)  # how long organisers can review a reminder before it is sent
SEND_TIME: Final = time(9)  # in the conference's time zone
BATCH_SIZE = 50  # per transaction, so that others do not wait long for the database
IS_NOT_PAUSED = PlannedReminder.paused_at.is_(None)


class PendingReminder(NamedTuple):
    """A planned reminder that is still needed."""

    id: int
    key: RecipientKey
    name: str  # of its recipient
    send_at: datetime
    paused_at: datetime | None
    paused_by: str

    @property
    def is_paused(self) -> bool:
        """Whether an organiser has paused it."""
        return self.paused_at is not None


@dataclass(frozen=True)
class ReminderOverview:
    """All automatic reminders as of now."""

    planned: Sequence[PendingReminder]  # soonest first
    next_at: datetime | None  # when the next one that is not yet planned would be sent
    next_names: Sequence[str]  # names of their recipients
    deadlines: Mapping[str, date]
    owners: Sequence[OwnerRecipient]  # the possible recipients

    def load_recipients(self, some: Sequence[PendingReminder]) -> Mapping[RecipientKey, Recipient]:
        """Load the recipients of some of the reminders."""
        return load_recipients({reminder.key for reminder in some}, self.deadlines, self.owners)


@dataclass(frozen=True)
class ReminderSchedule:
    """The deadlines that decide about reminders; without any, no one is reminded."""

    deadlines: Mapping[str, date]
    last_day: date  # last day of the conference
    zone: ZoneInfo

    @classmethod
    def current(cls) -> "ReminderSchedule":
        """Load the schedule."""
        programme = current_release.get_programme()
        conference = programme.conference
        days = queries.get_deadlines() if programme.is_published else {}
        return cls(days, conference.ends_on, ZoneInfo(conference.time_zone))

    def earliest_at(self, candidate: Candidate) -> datetime:
        """Return the earliest time of a reminder: a week after the last email to the person."""
        first_day = candidate.due_on - A_WEEK
        if candidate.last_sent_at is not None:  # which is a real time
            sent_at = candidate.last_sent_at + (clock.now() - clock.real_now())
            first_day = max(first_day, sent_at.astimezone(self.zone).date() + A_WEEK)
        return _to_utc(first_day, SEND_TIME, self.zone)

    def is_due(self, candidate: Candidate, at: datetime) -> bool:
        """Return True if a reminder is due at a moment."""
        return self.earliest_at(candidate) <= at < self.ends_at

    def next_send_time(self, moment: datetime) -> datetime:
        """Return the next time at which reminders are sent."""
        local = moment.astimezone(self.zone)
        today = datetime.combine(local.date(), SEND_TIME, self.zone)
        later = datetime.combine(local.date() + timedelta(days=1), SEND_TIME, self.zone)
        return (today if local <= today else later).astimezone(UTC)

    def expected_send_time(self, candidate: Candidate) -> datetime | None:
        """Return the expected time of a person's reminder, or None."""
        at = self.next_send_time(max(self.earliest_at(candidate), clock.now() + NOTICE_PERIOD))
        return at if at < self.ends_at else None

    @cached_property
    def ends_at(self) -> datetime:
        """The moment when the conference ends."""
        return _to_utc(self.last_day + timedelta(days=1), time.min, self.zone)


@lru_cache(maxsize=256)
def _to_utc(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Convert a local time, shared by many people, to UTC, which is faster to compare."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def lock_planning() -> None:
    """Let nobody else plan, pause or send reminders until the transaction ends."""
    speakers.lock_deletions()
    lock_table(PlannedReminder)


def plan() -> None:
    """Plan new reminders, and delete those that are no longer needed."""
    if not cache_version.is_clock_in_sync():
        return
    lock_planning()
    schedule = ReminderSchedule.current()
    candidates = list_candidates(schedule.deadlines, load_owners(schedule.deadlines))
    rows = _list_rows()
    needed = {one.id for one in _list_pending(rows, candidates, schedule)}
    outdated = [row.id for row in rows if row.id not in needed]
    if outdated:
        db.session.execute(delete(PlannedReminder).where(PlannedReminder.id.in_(outdated)))
    planned = {(row.speaker_id, row.person_id) for row in rows}
    send_at = schedule.next_send_time(clock.now() + NOTICE_PERIOD)
    for candidate in candidates:
        if candidate.key not in planned and schedule.is_due(candidate, send_at):
            speaker, person = candidate.key
            db.session.add(PlannedReminder(speaker_id=speaker, person_id=person, send_at=send_at))
    db.session.flush()


def send_due() -> None:
    """Send the reminders that are due, if there are still open tasks."""
    due = select(PlannedReminder).where(IS_NOT_PAUSED, PlannedReminder.send_at <= clock.now())
    if db.session.scalars(due.limit(1)).first() is None or not cache_version.is_clock_in_sync():
        return
    batch_emails.lock_mailings()
    lock_planning()
    schedule = ReminderSchedule.current()
    owners = load_owners(schedule.deadlines)
    due_keys = {
        candidate.key
        for candidate in list_candidates(schedule.deadlines, owners)
        if schedule.is_due(candidate, clock.now())
    }
    rows = db.session.scalars(due.order_by(PlannedReminder.id).limit(BATCH_SIZE)).all()
    recipients_by_key = load_recipients(
        {row.key for row in rows} & due_keys, schedule.deadlines, owners
    )
    for row in rows:
        recipient = recipients_by_key.get(row.key)
        if recipient is not None:
            batch_emails.send_one(
                batch_emails.reminder_kind_for(recipient), recipient, actor=history.ACTOR_SITE
            )
        db.session.delete(row)


def get_overview() -> ReminderOverview:
    """Return the planned reminders, and the expected next ones."""
    rows, schedule = _list_rows(), ReminderSchedule.current()
    if not schedule.deadlines:  # so no tasks matter
        return ReminderOverview((), None, (), {}, ())
    owners = load_owners(schedule.deadlines)
    candidates = list_candidates(schedule.deadlines, owners)
    planned = {(row.speaker_id, row.person_id) for row in rows}
    names_by_time: dict[datetime, list[str]] = {}
    for candidate in candidates:
        at = None if candidate.key in planned else schedule.expected_send_time(candidate)
        if at is not None:
            names_by_time.setdefault(at, []).append(candidate.name)
    soonest = min(names_by_time, default=None)
    return ReminderOverview(
        _list_pending(rows, candidates, schedule),
        soonest,
        names_by_time[soonest] if soonest else (),
        schedule.deadlines,
        owners,
    )


def get_next_planned() -> tuple[datetime | None, int]:
    """Return the time of the next reminder, and how many are planned."""
    rows = select(func.min(PlannedReminder.send_at), func.count(PlannedReminder.id)).where(
        IS_NOT_PAUSED
    )
    moment, count = db.session.execute(rows).one()
    return moment, count


def pause(reminder_ids: Collection[int], *, actor: str) -> None:
    """Pause these reminders until they are resumed."""
    for row, recipient in _lock_selected(reminder_ids):
        if row.paused_at is None:
            row.pause(clock.now(), actor)
            recipient.record_history("had an automatic reminder paused", actor)


def resume(reminder_ids: Collection[int], *, actor: str) -> None:
    """Resume these reminders: at their time or, if that has passed, at the next one."""
    soonest = ReminderSchedule.current().next_send_time(clock.now())
    for row, recipient in _lock_selected(reminder_ids):
        if row.paused_at is not None:
            row.resume(soonest if row.send_at <= clock.now() else row.send_at)
            recipient.record_history("had an automatic reminder resumed", actor)


def _lock_selected(reminder_ids: Collection[int]) -> Sequence[tuple[PlannedReminder, Recipient]]:
    """Return these reminders and lock them; raise an error if none is left."""
    lock_planning()
    overview = get_overview()
    found = [one for one in overview.planned if one.id in reminder_ids]
    if reminder_ids and not found:
        raise RuleViolation("These reminders have already been sent, or are no longer needed")
    recipients_by_key = overview.load_recipients(found)
    rows = select(PlannedReminder).where(PlannedReminder.id.in_([one.id for one in found]))
    fresh = rows.order_by(PlannedReminder.id).execution_options(populate_existing=True)
    return [(row, recipients_by_key[row.key]) for row in db.session.scalars(fresh)]


def _list_pending(
    rows: Sequence[Row[Any]], candidates: Sequence[Candidate], schedule: ReminderSchedule
) -> Sequence[PendingReminder]:
    """Return the planned reminders that are still needed, soonest first."""
    by_key = {candidate.key: candidate for candidate in candidates}
    found, now = [], clock.now()
    for row in rows:
        one = by_key.get((row.speaker_id, row.person_id))
        if one is not None and schedule.is_due(one, max(row.send_at, now)):
            found.append(
                PendingReminder(
                    row.id, one.key, one.name, row.send_at, row.paused_at, row.paused_by
                )
            )
    return sorted(found, key=lambda one: (one.send_at, one.name))


def _list_rows() -> Sequence[Row[Any]]:
    """List the values of all planned reminders, from the database."""
    return db.session.execute(
        select(
            PlannedReminder.id,
            PlannedReminder.speaker_id,
            PlannedReminder.person_id,
            PlannedReminder.send_at,
            PlannedReminder.paused_at,
            PlannedReminder.paused_by,
        )
    ).all()


TEMPLATE: Final = "changes_waiting"
MIN_INTERVAL: Final = timedelta(days=1)
GATHERING_TIME: Final = timedelta(minutes=30)
MAX_LISTED: Final = 20


@dataclass(frozen=True)
class WaitingChange:
    """A change that waits for approval: its subject, and when it was sent."""

    name: str
    sent_at: datetime


def send_organiser_digest() -> None:
    """Send the email if it is due; run by the worker, only once even with several workers."""
    if not cache_version.is_clock_in_sync() or not _is_due(list_waiting()):
        return
    lock_table(Conference)
    waiting = list_waiting()
    if _is_due(waiting):
        for organiser in accounts.list_organisers():
            mail.enqueue(TEMPLATE, to=organiser.email, **build_digest(waiting))


def build_digest(waiting: Sequence[WaitingChange]) -> dict[str, Any]:
    """Return the template variables of the email: the waiting changes; empty if there are none."""
    return {"waiting": waiting[:MAX_LISTED], "total": len(waiting)} if waiting else {}


def list_waiting() -> Sequence[WaitingChange]:
    """List the waiting changes, oldest first."""
    reviews = proposals.list_reviews(
        ProposalFilter(state="open"), "sent", is_reversed=False, offset=0, limit=None
    )
    found = [
        WaitingChange(review.proposal.entity_name, review.proposal.sent_at) for review in reviews
    ]
    for material in materials.list_awaiting_release():
        name = f"{material.session.title}: {material.title}"
        found.append(WaitingChange(name, material.created_at))
    return sorted(found, key=lambda one: one.sent_at)


def _is_due(waiting: Sequence[WaitingChange]) -> bool:
    last, now = _last_sent_at(), clock.now()
    if last is not None and now - last < MIN_INTERVAL:
        return False
    new = [change.sent_at for change in waiting if last is None or change.sent_at > last]
    return bool(new) and min(new) <= now - GATHERING_TIME


def _last_sent_at() -> datetime | None:
    """Return when the last one was queued, in the site's time; emails have real times."""
    written = db.session.scalar(
        select(func.max(Email.created_at)).where(Email.template == TEMPLATE)
    )
    return None if written is None else clock.now() - (clock.real_now() - written)

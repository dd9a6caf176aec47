"""Automatic reminders, planned a day ahead so that organisers can review them.

The worker plans a reminder for everyone with an open task that is due within a week, at most one
per week each. It sends a planned reminder when its time comes, if the task is still open. Until
then the reminder is shown in the admin, where it can be paused.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from app import cache_version, clock
from app.accounts import queries as accounts
from app.database import db, lock_table
from app.errors import RuleViolation
from app.history import services as history
from app.mail import services as mail
from app.mail.models import Email
from app.materials import queries as materials
from app.programme.models import Conference
from app.proposals import queries as proposals
from app.proposals.queries import ProposalFilter
from app.releases import current_release
from app.speakers import batch_emails, queries, recipients
from app.speakers.models import PlannedReminder, RecipientKey
from app.speakers.recipients import Recipient

A_WEEK = timedelta(days=7)  # before a deadline, and between two reminders
NOTICE_PERIOD = timedelta(days=1)  # how long organisers can review a reminder before it is sent
SEND_TIME: Final = time(9)  # in the conference's time zone
BATCH_SIZE = 50  # per transaction, so that nobody waits long for the database
IS_NOT_PAUSED = PlannedReminder.paused_at.is_(None)


@dataclass(frozen=True)
class PendingReminder:
    """A planned reminder with its recipient as of now."""

    row: PlannedReminder
    recipient: Recipient

    @property
    def is_paused(self) -> bool:
        """Whether an organiser has paused it."""
        return self.row.paused_at is not None


@dataclass(frozen=True)
class ReminderOverview:
    """All automatic reminders as of now."""

    planned: Sequence[PendingReminder]  # soonest first
    next_at: datetime | None  # when the next one that is not yet planned would be sent
    next_recipients: Sequence[Recipient]  # recipients of those


@dataclass(frozen=True)
class ReminderSchedule:
    """The deadlines that decide about reminders; without any, nobody is reminded."""

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

    def earliest_at(self, recipient: Recipient) -> datetime | None:
        """Return from when a recipient may be reminded, or None if no open task has a deadline."""
        days = [self.deadlines[one] for one in recipient.open_item_names if one in self.deadlines]
        if not days:
            return None
        first_day = min(days) - A_WEEK
        return datetime.combine(
            max([first_day, *self._days_after_mailings(recipient)]), SEND_TIME, self.zone
        )

    def is_due(self, recipient: Recipient, at: datetime) -> bool:
        """Return True if a recipient should be reminded at a moment."""
        earliest = self.earliest_at(recipient)
        return earliest is not None and earliest <= at and self._is_before_end(at)

    def next_send_time(self, moment: datetime) -> datetime:
        """Return the next time at which reminders are sent."""
        local = moment.astimezone(self.zone)
        today = datetime.combine(local.date(), SEND_TIME, self.zone)
        later = datetime.combine(local.date() + timedelta(days=1), SEND_TIME, self.zone)
        return (today if local <= today else later).astimezone(UTC)

    def expected_send_time(self, recipient: Recipient) -> datetime | None:
        """Return when a recipient would be reminded if nothing changes, or None."""
        earliest = self.earliest_at(recipient)
        at = self.next_send_time(max(earliest, clock.now() + NOTICE_PERIOD)) if earliest else None
        return at if at and self._is_before_end(at) else None

    def _days_after_mailings(self, recipient: Recipient) -> Sequence[date]:
        """Return the days that are a week after the last mailings, whose times are real times."""
        distance = clock.now() - clock.real_now()
        sent = [
            (moment + distance).astimezone(self.zone) for moment in recipient.last_sent_at.values()
        ]
        return [moment.date() + A_WEEK for moment in sent]

    def _is_before_end(self, at: datetime) -> bool:
        return at.astimezone(self.zone).date() <= self.last_day


def plan() -> None:
    """Plan new reminders, and delete those that are no longer needed."""
    if not cache_version.is_clock_in_sync():
        return
    lock_table(PlannedReminder)
    schedule, recipients_by_key = ReminderSchedule.current(), _load_recipients()
    rows = _load_rows()
    needed_rows = {one.row for one in _list_pending(rows, recipients_by_key, schedule)}
    for row in rows.values():
        if row not in needed_rows:
            db.session.delete(row)
    send_at = schedule.next_send_time(clock.now() + NOTICE_PERIOD)
    for key, recipient in recipients_by_key.items():
        if key not in rows and schedule.is_due(recipient, send_at):
            speaker, person = key
            db.session.add(PlannedReminder(speaker_id=speaker, person_id=person, send_at=send_at))
    db.session.flush()


def send_due() -> None:
    """Send the reminders whose time has come to those who still have open tasks."""
    due = select(PlannedReminder).where(IS_NOT_PAUSED, PlannedReminder.send_at <= clock.now())
    if db.session.scalars(due.limit(1)).first() is None or not cache_version.is_clock_in_sync():
        return
    batch_emails.lock_mailings()
    lock_table(PlannedReminder)
    schedule, recipients_by_key = ReminderSchedule.current(), _load_recipients()
    for row in db.session.scalars(due.order_by(PlannedReminder.id).limit(BATCH_SIZE)).all():
        recipient = recipients_by_key.get(row.key)
        if recipient is not None and schedule.is_due(recipient, clock.now()):
            batch_emails.send_one(
                batch_emails.reminder_kind_for(recipient), recipient, actor=history.ACTOR_SITE
            )
        db.session.delete(row)


def get_overview() -> ReminderOverview:
    """Return the planned reminders and when the next ones would be sent."""
    rows, schedule = _load_rows(), ReminderSchedule.current()
    if not rows and not schedule.deadlines:  # so nobody's tasks matter
        return ReminderOverview((), None, ())
    recipients_by_key = _load_recipients()
    by_time: dict[datetime, list[Recipient]] = {}
    for key, recipient in recipients_by_key.items():
        at = None if key in rows else schedule.expected_send_time(recipient)
        if at is not None:
            by_time.setdefault(at, []).append(recipient)
    soonest = min(by_time, default=None)
    return ReminderOverview(
        _list_pending(rows, recipients_by_key, schedule),
        soonest,
        by_time[soonest] if soonest else (),
    )


def get_next_planned() -> tuple[datetime | None, int]:
    """Return when the next reminder will be sent, and how many are planned."""
    rows = select(func.min(PlannedReminder.send_at), func.count(PlannedReminder.id)).where(
        IS_NOT_PAUSED
    )
    moment, count = db.session.execute(rows).one()
    return moment, count


def pause(reminder_ids: Collection[int], *, actor: str) -> None:
    """Pause these reminders until somebody resumes them."""
    for one in _lock_selected(reminder_ids):
        if not one.is_paused:
            one.row.pause(clock.now(), actor)
            one.recipient.record_history("had an automatic reminder paused", actor)


def resume(reminder_ids: Collection[int], *, actor: str) -> None:
    """Resume these reminders: at their time or, if that has passed, at the next one."""
    soonest = ReminderSchedule.current().next_send_time(clock.now())
    for one in _lock_selected(reminder_ids):
        if one.is_paused:
            one.row.resume(soonest if one.row.send_at <= clock.now() else one.row.send_at)
            one.recipient.record_history("had an automatic reminder resumed", actor)


def _lock_selected(reminder_ids: Collection[int]) -> Sequence[PendingReminder]:
    """Return these reminders and lock them; raise an error if none is left."""
    lock_table(PlannedReminder)
    every = _list_pending(_load_rows(), _load_recipients(), ReminderSchedule.current())
    found = [one for one in every if one.row.id in reminder_ids]
    if reminder_ids and not found:
        raise RuleViolation("These reminders have already been sent, or are no longer needed")
    return found


def _list_pending(
    rows: Mapping[RecipientKey, PlannedReminder],
    recipients_by_key: Mapping[RecipientKey, Recipient],
    schedule: ReminderSchedule,
) -> Sequence[PendingReminder]:
    """Return the planned reminders that are still needed, soonest first."""
    found = [
        PendingReminder(row, recipients_by_key[key])
        for key, row in rows.items()
        if key in recipients_by_key
        and schedule.is_due(recipients_by_key[key], max(row.send_at, clock.now()))
    ]
    return sorted(found, key=lambda one: (one.row.send_at, one.recipient.name))


def _load_rows() -> Mapping[RecipientKey, PlannedReminder]:
    """Reload and return all planned reminders, by recipient."""
    fresh = select(PlannedReminder).execution_options(populate_existing=True)
    return {row.key: row for row in db.session.scalars(fresh)}


def _load_recipients() -> Mapping[RecipientKey, Recipient]:
    """Load everyone who may be reminded."""
    candidates = [
        *recipients.load_speakers(queries.list_speakers_for_email("reminder")),
        *recipients.load_owners(),
    ]
    return {one.key: one for one in candidates}


TEMPLATE: Final = "changes_waiting"
MIN_INTERVAL: Final = timedelta(days=1)
GATHERING_TIME: Final = timedelta(minutes=30)
MAX_LISTED: Final = 20


@dataclass(frozen=True)
class WaitingChange:
    """A change that waits for approval: whose or what it is, and when it was sent."""

    name: str
    sent_at: datetime


def send_organiser_digest() -> None:
    """Send the email if it is due; run by the worker, once even with several workers."""
    if not cache_version.is_clock_in_sync() or not _is_due(_list_waiting()):
        return
    lock_table(Conference)
    waiting = _list_waiting()
    if _is_due(waiting):
        for organiser in accounts.list_organisers():
            mail.enqueue(
                TEMPLATE, to=organiser.email, waiting=waiting[:MAX_LISTED], total=len(waiting)
            )


def _list_waiting() -> Sequence[WaitingChange]:
    """List what waits, oldest first."""
    reviews = proposals.list_reviews(
        ProposalFilter(state="open"), "sent", is_reversed=False, offset=0, limit=None
    )
    found = [WaitingChange(one.proposal.entity_name, one.proposal.sent_at) for one in reviews]
    for material in materials.list_awaiting_release():
        name = f"{material.session.title}: {material.title}"
        found.append(WaitingChange(name, material.created_at))
    return sorted(found, key=lambda one: one.sent_at)


def _is_due(waiting: Sequence[WaitingChange]) -> bool:
    last, now = _last_sent_at(), clock.now()
    if last is not None and now - last < MIN_INTERVAL:
        return False
    new = [one.sent_at for one in waiting if last is None or one.sent_at > last]
    return bool(new) and min(new) <= now - GATHERING_TIME


def _last_sent_at() -> datetime | None:
    """Return when the last one was written, by the site's clock; emails have real times."""
    written = db.session.scalar(
        select(func.max(Email.created_at)).where(Email.template == TEMPLATE)
    )
    return None if written is None else clock.now() - (clock.real_now() - written)

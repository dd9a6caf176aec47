"""Schedule, cancel and stop mailings.

Who gets a mailing is decided when an organiser schedules it, after reviewing them: people who
register later do not get it. A mailing for a later day can instead choose when it is sent
(``chooses_when_sent``), so that a reminder reaches everyone who matches its filters at that time.
In both cases people who have cancelled, been erased or unsubscribed by then are excluded and
counted.

Until its time a mailing can be cancelled, and is a draft again. Its emails are written by the
worker (``app.mailings.release``).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete as sql_delete
from sqlalchemy import select, update

from app import clock
from app.database import db
from app.errors import RuleViolation, StaleEdit
from app.mail.models import WAITING, Email
from app.mailings import audiences, queries, recipient_selection, recipients, services
from app.mailings.models import (
    DONE,
    DRAFT,
    LEFT_OUT,
    PENDING,
    QUEUED,
    SCHEDULED,
    STOPPED,
    Mailing,
    MailingRecipient,
)


@dataclass(frozen=True)
class SendTime:
    """When a mailing goes out: at a moment, or some days before the conference."""

    at: datetime
    days_before: int | None = None
    time_of_day: str = ""
    chooses_when_sent: bool = False


def undo_deadline(window: timedelta) -> datetime:
    """Return when a mailing goes out that is sent now, which leaves time to undo."""
    return clock.now() + window


def schedule(
    mailing: Mailing, when: SendTime, *, expected_version: int, expected_count: int, actor: str
) -> bool:
    """Schedule a mailing to the people shown; return False if it is scheduled already.

    Raise RuleViolation if their number has changed, or there are none.
    """
    services.lock(mailing)
    if not mailing.is_draft:
        return False
    if mailing.version != expected_version:
        raise StaleEdit(mailing.version)
    if not (mailing.subject.strip() and mailing.body.strip()):
        raise RuleViolation("Write a subject and a text first")
    count = _store_recipients(mailing, stores=not when.chooses_when_sent)
    if not count:
        raise RuleViolation("Nobody would get this email. Change the filters first")
    if count != expected_count:
        raise RuleViolation(
            f"The number of recipients has changed: it is {count} now. Check who they are"
        )
    mailing.state, mailing.send_at = SCHEDULED, when.at
    mailing.days_before, mailing.time_of_day = when.days_before, when.time_of_day
    mailing.chooses_when_sent = when.chooses_when_sent
    mailing.queued_at, mailing.queued_by = clock.now(), actor
    mailing.version += 1
    people = "1 person" if count == 1 else f"{count} people"
    services.record(
        f"The group email “{mailing.subject}” was scheduled for {people}", mailing, actor
    )
    return True


def _store_recipients(mailing: Mailing, *, stores: bool) -> int:
    """Count the recipients of a mailing, and store them unless that happens when it is sent."""
    audience = audiences.get_audience(mailing.audience)
    chosen = queries.select_people(mailing)
    if not (audience.is_chosen and stores):  # prepared mailings have rows already
        return chosen.count
    recipient_selection.store(mailing, chosen)
    return queries.count_recipients(mailing, PENDING)


def cancel(mailing: Mailing, *, actor: str) -> None:
    """Cancel a scheduled mailing, which becomes a draft again."""
    services.lock(mailing)
    if not mailing.is_scheduled:
        raise RuleViolation("It is being sent already, so it can only be stopped")
    if audiences.get_audience(mailing.audience).is_chosen:
        db.session.execute(
            sql_delete(MailingRecipient).where(MailingRecipient.mailing_id == mailing.id)
        )
    mailing.state, mailing.send_at = DRAFT, None
    services.touch(mailing, actor)
    services.record(f"The group email “{mailing.subject}” was cancelled", mailing, actor)


def stop(mailing: Mailing, *, actor: str) -> int:
    """Stop a mailing that is being sent; return how many people do not get it.

    Queued emails are deleted, except those that a worker is sending now.
    """
    services.lock(mailing)
    if not (mailing.is_sending or mailing.state == DONE):
        raise RuleViolation("It is not being sent, so it cannot be stopped")
    stopped = _delete_waiting_emails(mailing)
    pending = update(MailingRecipient).where(
        MailingRecipient.mailing_id == mailing.id,
        (MailingRecipient.state == PENDING) | MailingRecipient.id.in_(stopped),
    )
    result = db.session.execute(
        pending.values(
            state=LEFT_OUT,
            reason=recipients.STOPPED_BEFORE,
            own_values="",
            calendar=None,
            email_id=None,
        )
    )
    number = int(getattr(result, "rowcount", 0))
    if number:
        mailing.state, mailing.finished_at = STOPPED, clock.now()
        mailing.version += 1
        people = "1 person does" if number == 1 else f"{number} people do"
        services.record(f"The group email was stopped, so that {people} not get it", mailing, actor)
    return number


def _delete_waiting_emails(mailing: Mailing) -> Collection[int]:
    """Delete the emails that no worker has tried to send; return their recipients."""
    waiting = (
        select(MailingRecipient.id, Email.id)
        .join(Email, Email.id == MailingRecipient.email_id)
        .where(
            MailingRecipient.mailing_id == mailing.id,
            MailingRecipient.state == QUEUED,
            Email.state == WAITING,
            Email.lease_until.is_(None),
        )
        .with_for_update(skip_locked=True, of=Email)
    )
    rows = db.session.execute(waiting).tuples().all()
    db.session.execute(sql_delete(Email).where(Email.id.in_([email for _, email in rows])))
    return [recipient for recipient, _ in rows]

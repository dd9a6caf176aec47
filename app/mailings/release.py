"""The worker's part: mailings that are due are written into the outbox.

A chunk of recipients is one transaction: their emails and the record that they have them are stored
together, so that no one gets two, even if a worker dies. The mailing is locked during it, so that
only one worker writes it at a time, and stopping it takes effect between two chunks.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, String, and_, cast, literal, select, update

from app import cache_version, clock
from app.accounts.models import Person
from app.database import db, read_only_connection, transaction
from app.database_faults import is_unavailable
from app.errors import RuleViolation
from app.history import services as history
from app.log import log
from app.mail import models as mail_models
from app.mail import services as mail
from app.mail.models import BULK, SENT, Email
from app.mailings import audiences, message, queries, recipient_selection, recipients
from app.mailings.audiences import Audience, Candidate
from app.mailings.models import (
    DONE,
    FAILED,
    LEFT_OUT,
    PENDING,
    QUEUED,
    SCHEDULED,
    SENDING,
    TEMPLATE,
    Mailing,
    MailingRecipient,
)
from app.mailings.services import lock
from app.questions.definitions import one_year_after
from app.registration.applications.models import RegistrationApplication
from app.registration.interest.models import ExpressionOfInterest
from app.registration.waiting_list.models import WaitingListEntry
from app.releases import current_release

CHUNK_SIZE = 50  # emails per transaction, so that others do not wait long for the database
START_OF_DAY = "00:00"
TOO_LATE = (
    "The dates of the conference have changed, and it has begun, so this email was not sent. You "
    "can copy it to a new draft"
)
# kinds of people who are deleted some time after they cease to wait, apply or speak
DELETED_IN_TIME: Mapping[str, Any] = {
    recipients.WAITING: WaitingListEntry,
    recipients.APPLICATION: RegistrationApplication,
    recipients.INTEREST: ExpressionOfInterest,
    recipients.ACCOUNT: Person,
}
TIME_LIMIT = 5.0  # seconds, after which the worker runs its other tasks
FAULT = (
    "A technical fault has stopped this email. Ask the person who runs the site to check the log. "
    "You can then copy the email to a new draft: exclude the people who have already had it"
)


class MailingFault(Exception):
    """A fault that concerns one mailing only."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def release_due() -> None:
    """Write the emails of the mailings that are due, chunk by chunk."""
    if not cache_version.is_clock_in_sync():
        return
    ends_at = time.monotonic() + TIME_LIMIT
    while time.monotonic() < ends_at and has_due():
        try:
            with transaction():
                if not _release_chunk():
                    return
        except MailingFault as fault:
            with transaction():
                _fail(fault.number)


def has_due() -> bool:
    """Return True if a mailing is due; called often, so it takes no lock."""
    with read_only_connection(db.engine) as connection:
        return connection.execute(select(Mailing.id).where(_is_due()).limit(1)).first() is not None


def _is_due() -> ColumnElement[bool]:
    return and_(Mailing.state.in_([SCHEDULED, SENDING]), Mailing.send_at <= clock.now())


def _release_chunk() -> bool:
    """Write the emails of some recipients; return False if other workers hold all mailings."""
    mailing = db.session.scalar(
        select(Mailing)
        .where(_is_due())
        .order_by(Mailing.send_at, Mailing.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if mailing is None:
        return False
    number = mailing.id
    try:
        _release(mailing)
    except RuleViolation as refusal:  # such as a deleted audience or filter
        _finish(mailing, FAILED, str(refusal))
    except Exception as fault:
        if is_unavailable(fault):  # concerns all mailings, and is temporary
            raise
        log.error("mailing failed", mailing=number, kind=type(fault).__name__, exc_info=True)
        raise MailingFault(number) from fault
    return True


def _release(mailing: Mailing) -> None:
    audience = audiences.get_audience(mailing.audience)
    if mailing.is_scheduled and _follow_date(mailing):
        return
    if mailing.is_scheduled:
        _start(mailing, audience)
    rows = _next_recipients(mailing)
    if rows:
        if audience.refresh is not None:
            audience.refresh(mailing, rows)
        _write_emails(mailing, audience, rows)
    else:
        _finish(mailing, DONE)


def _fail(number: int) -> None:
    """Mark a mailing as failed, so that it does not block the following ones."""
    lock(mailing := queries.get_mailing(number))
    if mailing.is_scheduled or mailing.is_sending:
        _finish(mailing, FAILED, FAULT)


def _start(mailing: Mailing, audience: Audience) -> None:
    mailing.state = SENDING
    if mailing.chooses_when_sent and not queries.has_recipients(mailing):
        recipient_selection.store(mailing, queries.select_people(mailing))


def _next_recipients(mailing: Mailing) -> Sequence[MailingRecipient]:
    return db.session.scalars(
        select(MailingRecipient)
        .where(MailingRecipient.mailing_id == mailing.id, MailingRecipient.state == PENDING)
        .order_by(MailingRecipient.id)
        .limit(CHUNK_SIZE)
        .with_for_update()  # serialises with erasures
    ).all()


def _write_emails(mailing: Mailing, audience: Audience, rows: Sequence[MailingRecipient]) -> None:
    loaded = audience.load([row.person for row in rows], mailing.query)
    people = {
        row.person: loaded[row.person].for_email(is_essential=row.is_essential)
        for row in rows
        if row.person in loaded
    }
    keys = {person: recipients.to_key(one.address) for person, one in people.items()}
    essential = {keys[row.person] for row in rows if row.is_essential and row.person in keys}
    reasons = recipients.find_reasons(mailing, {*keys.values()}, essential)
    deselected = frozenset(recipients.iter_deselected(mailing))
    urls = recipients.get_unsubscribe_urls(
        mailing, {one.address for one in people.values() if one.address}
    )
    for row in rows:
        candidate = people.get(row.person)
        reason = _get_reason(mailing, row, candidate, deselected, reasons)
        if candidate is None or reason:
            _leave_out(row, reason)
        else:
            url = "" if row.is_essential else urls.get(candidate.address, "")
            _write_email(mailing, audience, row, candidate, url)
    db.session.flush()


def _get_reason(
    mailing: Mailing,
    row: MailingRecipient,
    candidate: Candidate | None,
    deselected: Collection[str],
    reasons: Mapping[str, str],
) -> str:
    """Return why a selected person gets no email now, or ""."""
    if candidate is None:
        return recipients.NO_LONGER_THERE
    if candidate.exclusion or row.person in deselected:
        return candidate.exclusion or recipients.DESELECTED
    key = recipients.to_key(candidate.address)
    reason = recipients.address_problem(candidate.address) or reasons.get(key, "")
    if not reason and key != row.address_key and _has_address(mailing, key):
        return recipients.SAME_ADDRESS
    return reason


def _has_address(mailing: Mailing, key: str) -> bool:
    """Return True if another person in a mailing has an address that this person changed to."""
    statement = select(MailingRecipient.id).where(
        MailingRecipient.mailing_id == mailing.id,
        MailingRecipient.address_key == key,
        MailingRecipient.state != LEFT_OUT,
    )
    return db.session.scalar(select(statement.exists())) or False


def _leave_out(row: MailingRecipient, reason: str) -> None:
    row.state, row.reason = LEFT_OUT, reason
    row.own_values, row.calendar = "", None


def _write_email(
    mailing: Mailing, audience: Audience, row: MailingRecipient, candidate: Candidate, url: str
) -> None:
    rendered = message.render(mailing, audience, candidate, row, unsubscribe_url=url)
    email = mail.enqueue_rendered(
        TEMPLATE,
        rendered,
        to=candidate.address,
        booking_reference=candidate.booking_reference,
        priority=BULK,
        is_secret=message.is_secret(mailing, audience),
        calendar=row.calendar,
        headers=recipients.build_headers(url),
    )
    db.session.flush()
    row.state, row.email_id, row.own_values, row.calendar = QUEUED, email.id, "", None
    row.name, row.address = candidate.name, candidate.address
    row.address_key = recipients.to_key(candidate.address)


def _finish(mailing: Mailing, state: str, failure: str = "") -> None:
    mailing.state, mailing.finished_at, mailing.failure = state, clock.now(), failure
    if failure:
        pending = update(MailingRecipient).where(
            MailingRecipient.mailing_id == mailing.id, MailingRecipient.state == PENDING
        )
        nothing = {"own_values": "", "calendar": None}
        reason = recipients.STOPPED_BEFORE
        db.session.execute(pending.values(state=LEFT_OUT, reason=reason, **nothing))
        log.error("mailing stopped", mailing=mailing.id)
    number = queries.count_recipients(mailing, QUEUED)
    people = "1 person" if number == 1 else f"{number} people"
    summary = f"The group email “{mailing.subject}” was sent to {people}"
    sentence = f"The group email failed: {failure}" if failure else summary
    history.record(sentence, subject=mailing.history_subject)


def maintain() -> None:
    """Copy email outcomes, follow the conference's dates, and erase old personal data."""
    _record_outcomes()
    erased = MailingRecipient.address == "", MailingRecipient.state == QUEUED
    recipients.delete_unsent(*erased)  # those that were being sent at the erasure
    if cache_version.is_clock_in_sync():
        _follow_dates()
        _erase_deleted_entries()
        _erase_old_recipients()


def _record_outcomes() -> None:
    """Copy the outcomes of emails before the outbox deletes them."""
    has_failed, was_sent = Email.state == mail_models.FAILED, Email.sent_at.is_not(None)
    for condition, outcome in (
        (Email.state == SENT, queries.SENT_TO),
        (has_failed & ~was_sent, queries.REFUSED),
        (has_failed & was_sent, queries.BOUNCED),
    ):
        emails = select(Email.id).where(condition)
        db.session.execute(
            update(MailingRecipient)
            .where(
                MailingRecipient.email_id.in_(emails),
                MailingRecipient.outcome != outcome,
            )
            .values(outcome=outcome)
        )


def _follow_dates() -> None:
    """Move mailings relative to the conference when its dates have moved."""
    rows = db.session.scalars(
        select(Mailing)
        .where(Mailing.state == SCHEDULED, Mailing.days_before.is_not(None))
        .with_for_update(skip_locked=True)
    )
    for mailing in rows:
        _follow_date(mailing)


def _follow_date(mailing: Mailing) -> bool:
    """Move a mailing with the dates of the conference; return True if it is no longer due.

    If its new day is over, it is sent at once, unless the conference has begun.
    """
    if mailing.days_before is None:
        return False
    moment = days_before(mailing.days_before, mailing.time_of_day)
    if moment == mailing.send_at:
        return False
    mailing.send_at = moment
    history.record(
        f"The dates of the conference have changed, so the group email “{mailing.subject}” is "
        f"now scheduled for {moment.day} {moment:%B %Y}, {mailing.time_of_day}",
        subject=mailing.history_subject,
    )
    if clock.now() >= days_before(0, START_OF_DAY):
        _finish(mailing, FAILED, TOO_LATE)
    return mailing.state != SCHEDULED or moment > clock.now()


def _erase_deleted_entries() -> None:
    """Erase recipients who got emails as waiting people or applicants, once those are deleted."""
    for kind, model in DELETED_IN_TIME.items():
        prefix = f"{kind} "
        entries = select(literal(prefix).concat(cast(model.id, String)))
        _erase(MailingRecipient.person.startswith(prefix), MailingRecipient.person.not_in(entries))


def _erase(*conditions: ColumnElement[bool]) -> None:
    known = (MailingRecipient.name != "") | (MailingRecipient.address != "")
    erased = {"name": "", "address": "", "address_key": "", "own_values": "", "calendar": None}
    db.session.execute(update(MailingRecipient).where(known, *conditions).values(**erased))


def _erase_old_recipients() -> None:
    """Erase the recipients when bookings are erased, a year after the conference."""
    programme = current_release.get_programme()
    zone = ZoneInfo(programme.conference.time_zone)
    last = one_year_after(programme.conference.ends_on)
    over = datetime.combine(last, time_of_day.max, zone)
    if programme.is_published and clock.now() > over:
        _erase()


def days_before(days: int, at: str) -> datetime:
    """Return the moment some days before the conference begins, at a local time such as 09:00."""
    conference = current_release.get_programme().conference
    day: date = conference.starts_on - timedelta(days=days)
    zone = ZoneInfo(conference.time_zone)
    return datetime.combine(day, time_of_day.fromisoformat(at), zone)

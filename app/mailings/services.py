"""Write, schedule, cancel and stop mailings.

Who gets a mailing is decided when an organiser schedules it, after seeing them: those people get
it, and nobody who registers in between. A mailing for a later day can instead choose when it is
sent (``chooses_when_sent``), so that a reminder reaches everyone who matches its filters by then.
In both cases whoever has cancelled, been erased or unsubscribed meanwhile is left out and counted.

Until its time a mailing can be cancelled, and is a draft again. Its emails are written by the
worker (``app.mailings.release``).
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete as sql_delete
from sqlalchemy import select, update

from app import clock
from app.accounts import rate_limits
from app.database import db
from app.errors import RuleViolation, StaleEdit
from app.history import services as history
from app.history.models import Change
from app.mail import rendering
from app.mail import services as mail
from app.mail.models import URGENT, WAITING, Email
from app.mailings import (
    audiences,
    message,
    queries,
    recipient_queries,
    recipient_selection,
    recipients,
)
from app.mailings.models import (
    DONE,
    DRAFT,
    LEFT_OUT,
    PENDING,
    QUEUED,
    SCHEDULED,
    STOPPED,
    TEMPLATE,
    Mailing,
    MailingRecipient,
)
from app.mailings.recipients import PreparedRecipient

NO_LONGER_SHOWN: Final = (
    "This person is no longer in the list, so no test has been sent. Open the preview again"
)


@dataclass(frozen=True)
class Draft:
    """What an organiser writes."""

    subject: str
    body: str
    is_essential: bool = False


@dataclass(frozen=True)
class SendTime:
    """When a mailing goes out: at a moment, or some days before the conference."""

    at: datetime
    days_before: int | None = None
    time_of_day: str = ""
    chooses_when_sent: bool = False


def create(audience: str, query: str, *, actor: str) -> Mailing:
    """Begin an email to the people of an audience who match a query string."""
    audiences.get_audience(audience)
    now = clock.now()
    mailing = Mailing(
        audience=audience,
        query=query,
        created_at=now,
        created_by=actor,
        changed_at=now,
        changed_by=actor,
    )
    db.session.add(mailing)
    db.session.flush()
    return mailing


def prepare(
    audience: str, draft: Draft, prepared: Iterable[PreparedRecipient], *, actor: str
) -> Mailing:
    """Create a draft to recipients that the caller has chosen, each with values of their own."""
    mailing = create(audience, "", actor=actor)
    mailing.subject, mailing.body = draft.subject, draft.body
    mailing.is_essential = draft.is_essential
    recipients.store_prepared(mailing, prepared)
    _record("A group email was prepared", mailing, actor)
    return mailing


def save(
    mailing: Mailing, draft: Draft, *, language: str = "", expected_version: int, actor: str
) -> bool:
    """Save what an organiser has written; return whether anything changed.

    With a language it is the text for those who registered in it. A text without subject and body
    is deleted, so that they get the same as everybody else.
    """
    _lock_draft(mailing)
    if audiences.get_audience(mailing.audience).needs_consent(mailing.query):
        draft = replace(draft, is_essential=False)
    changes = _diff(mailing, draft, language)
    if not changes:
        return False
    if mailing.version != expected_version:
        raise StaleEdit(mailing.version, changes)
    if language:
        _set_translation(mailing, language, draft)
    else:
        mailing.subject, mailing.body = draft.subject, draft.body
        mailing.is_essential = draft.is_essential
    _touch(mailing, actor)
    names = [one.label.lower() for one in changes]  # the text itself would fill the history
    where = f" ({language})" if language else ""
    _record(f"Changed in the group email: {', '.join(names)}{where}", mailing, actor)
    return True


def _set_translation(mailing: Mailing, language: str, draft: Draft) -> None:
    texts: dict[str, list[str]] = json.loads(mailing.translations)
    texts.pop(language, None)
    if draft.subject or draft.body:
        texts[language] = [draft.subject, draft.body]
    mailing.translations = json.dumps(texts, ensure_ascii=False, sort_keys=True)


def choose_people(mailing: Mailing, query: str, *, actor: str) -> None:
    """Choose other people of the same audience; nobody is left out by hand any more."""
    _lock_draft(mailing)
    if mailing.query != query:
        mailing.query, mailing.deselected = query, "[]"
        if audiences.get_audience(mailing.audience).needs_consent(query):
            mailing.is_essential = False
        _touch(mailing, actor)


def deselect(mailing: Mailing, listed: Collection[str], ticked: Collection[str]) -> None:
    """Leave out those of the listed people who are not ticked, and include those who are.

    The recipients of a prepared mailing are rows already.
    """
    _lock_draft(mailing)
    before = set(json.loads(mailing.deselected))
    after = (before - set(listed)) | (set(listed) - set(ticked))
    mailing.deselected = json.dumps(sorted(after))


def copy(mailing: Mailing, *, actor: str) -> Mailing:
    """Begin another mailing with the same text and the same filters."""
    if not audiences.get_audience(mailing.audience).is_chosen:
        raise RuleViolation("This email was prepared for its recipients, so it cannot be copied")
    other = create(mailing.audience, mailing.query, actor=actor)
    other.subject, other.body = mailing.subject, mailing.body
    other.is_essential, other.translations = mailing.is_essential, mailing.translations
    _record(f"The group email “{mailing.subject}” was copied", other, actor)
    return other


def delete(mailing: Mailing, *, actor: str) -> None:
    """Delete a draft."""
    _lock_draft(mailing)
    _record(f"The draft of the group email “{mailing.subject}” was deleted", mailing, actor)
    db.session.execute(
        sql_delete(MailingRecipient).where(MailingRecipient.mailing_id == mailing.id)
    )
    db.session.delete(mailing)


def schedule(
    mailing: Mailing, when: SendTime, *, expected_version: int, expected_count: int, actor: str
) -> bool:
    """Schedule a mailing to the people who were shown; return False if it has been already.

    Raise RuleViolation if there are more or fewer by now, or if nobody gets it.
    """
    _lock(mailing)
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
    _record(f"The group email “{mailing.subject}” was scheduled for {people}", mailing, actor)
    return True


def _store_recipients(mailing: Mailing, *, stores: bool) -> int:
    """Count who gets a mailing, and store them unless that is done when it is sent."""
    audience = audiences.get_audience(mailing.audience)
    chosen = queries.select_people(mailing)
    if not (audience.is_chosen and stores):  # those of a prepared mailing are rows already
        return chosen.count
    recipient_selection.store(mailing, chosen)
    return queries.count_recipients(mailing, PENDING)


def cancel(mailing: Mailing, *, actor: str) -> None:
    """Cancel a mailing that waits for its time: it is a draft again."""
    _lock(mailing)
    if not mailing.is_scheduled:
        raise RuleViolation("It is being sent already, so it can only be stopped")
    if audiences.get_audience(mailing.audience).is_chosen:
        db.session.execute(
            sql_delete(MailingRecipient).where(MailingRecipient.mailing_id == mailing.id)
        )
    mailing.state, mailing.send_at = DRAFT, None
    _touch(mailing, actor)
    _record(f"The group email “{mailing.subject}” was cancelled", mailing, actor)


def stop(mailing: Mailing, *, actor: str) -> int:
    """Stop a mailing that is being sent; return how many people do not get it.

    Emails that wait in the outbox are deleted, except those that a worker is sending now.
    """
    _lock(mailing)
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
        _record(f"The group email was stopped, so that {people} not get it", mailing, actor)
    return number


def _delete_waiting_emails(mailing: Mailing) -> Collection[int]:
    """Delete the emails that nobody has tried to send; return the recipients."""
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


def send_test(mailing: Mailing, person: str = "", *, to: str) -> None:
    """Send the email as a recipient gets it to an organiser, without secret links.

    That is the first one, unless another is named, who may have been deleted meanwhile.
    """
    rate_limits.hit_test_email(to)
    audience = audiences.get_audience(mailing.audience)
    place = recipient_queries.find_neighbours(queries.select_people(mailing), person)
    if place is None:
        raise RuleViolation("Nobody would get this email, so there is nothing to test")
    found = audience.load([place.person], mailing.query).get(place.person)
    if found is None or place.person != (person or place.person):
        raise RuleViolation(NO_LONGER_SHOWN)
    row = queries.get_own(mailing, place.person)
    candidate = replace(found, values=message.hide_secrets(found.values, audience))
    rendered = rendering.mark_test(message.render(mailing, audience, candidate, row))
    mail.enqueue_rendered(
        TEMPLATE, rendered, to=to, priority=URGENT, calendar=row.calendar if row else None
    )


def record_export(mailing: Mailing, *, actor: str) -> None:
    """Record that somebody has downloaded who got a mailing."""
    _record("The list of recipients was downloaded", mailing, actor)


def undo_deadline(window: timedelta) -> datetime:
    """Return when a mailing that is sent now goes out."""
    return clock.now() + window


def _diff(mailing: Mailing, draft: Draft, language: str) -> list[Change]:
    subject, body = mailing.texts.get(language, ("", ""))
    before: dict[str, Any] = {"subject": subject, "body": body}
    labels = {"subject": "Subject", "body": "Text"}
    if not language:
        before["is_essential"] = mailing.is_essential
        labels["is_essential"] = "About their booking or part"
    pairs = [(name, old, getattr(draft, name)) for name, old in before.items()]
    return [
        Change(name, old, new, labels[name], _to_text(old), _to_text(new))
        for name, old, new in pairs
        if old != new
    ]


def _to_text(value: object) -> str:
    return {True: "Yes", False: "No"}[value] if isinstance(value, bool) else str(value)


def _lock(mailing: Mailing) -> None:
    db.session.flush()
    db.session.refresh(mailing, with_for_update=True)


def _lock_draft(mailing: Mailing) -> None:
    _lock(mailing)
    if not mailing.is_draft:
        raise RuleViolation("This email has been scheduled, so it can no longer be changed")


def _touch(mailing: Mailing, actor: str) -> None:
    mailing.version += 1
    mailing.changed_at, mailing.changed_by = clock.now(), actor


def _record(summary: str, mailing: Mailing, actor: str) -> None:
    history.record(summary, subject=mailing.history_subject, actor=actor)

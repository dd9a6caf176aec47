"""Write mailings, and send tests of them.

Only a draft can be changed. ``app.mailings.scheduling`` says when they go out and to whom.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import delete as sql_delete

from app import clock
from app.accounts import rate_limits
from app.database import db, wait_for_table
from app.errors import RuleViolation, StaleEdit
from app.history import services as history
from app.history.models import Change
from app.mail import rendering
from app.mail import services as mail
from app.mail.models import URGENT
from app.mailings import (
    audiences,
    message,
    queries,
    recipient_queries,
    recipients,
)
from app.mailings.models import (
    TEMPLATE,
    Mailing,
    MailingRecipient,
)
from app.mailings.notice_models import ChangeNotice
from app.mailings.recipients import PreparedRecipient
from app.row_locks import lock_row

NO_LONGER_SHOWN: Final = (
    "This person is no longer in the list, so no test has been sent. Open the preview again"
)


@dataclass(frozen=True)
class Draft:
    """The values that an organiser enters."""

    subject: str
    body: str
    is_essential: bool = False


def create(audience: str, query: str, *, actor: str) -> Mailing:
    """Create a draft for the people of an audience who match a query string."""
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
    """Create a draft for recipients that the caller has selected, each with their own values."""
    mailing = create(audience, "", actor=actor)
    mailing.subject, mailing.body = draft.subject, draft.body
    mailing.is_essential = draft.is_essential
    recipients.store_prepared(mailing, prepared)
    record("A group email was prepared", mailing, actor)
    return mailing


def save(
    mailing: Mailing, draft: Draft, *, language: str = "", expected_version: int, actor: str
) -> bool:
    """Save an organiser's changes; return whether anything changed.

    With a language it is the text for those who registered in it. A text without subject and body
    is deleted, so that they get the default text.
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
    touch(mailing, actor)
    names = [change.label.lower() for change in changes]  # the full texts would fill the history
    language_note = f" ({language})" if language else ""
    record(f"Changed in the group email: {', '.join(names)}{language_note}", mailing, actor)
    return True


def _set_translation(mailing: Mailing, language: str, draft: Draft) -> None:
    texts: dict[str, list[str]] = json.loads(mailing.translations)
    texts.pop(language, None)
    if draft.subject or draft.body:
        texts[language] = [draft.subject, draft.body]
    mailing.translations = json.dumps(texts, ensure_ascii=False, sort_keys=True)


def choose_people(mailing: Mailing, query: str, *, actor: str) -> None:
    """Select other people of the same audience; individual exclusions are reset."""
    _lock_draft(mailing)
    if mailing.query != query:
        mailing.query, mailing.deselected = query, "[]"
        if audiences.get_audience(mailing.audience).needs_consent(query):
            mailing.is_essential = False
        touch(mailing, actor)


def deselect(mailing: Mailing, listed: Collection[str], ticked: Collection[str]) -> None:
    """Exclude the listed people who are not selected, and include the selected ones.

    The recipients of a prepared mailing are rows already.
    """
    _lock_draft(mailing)
    before = set(json.loads(mailing.deselected))
    after = (before - set(listed)) | (set(listed) - set(ticked))
    mailing.deselected = json.dumps(sorted(after))


def copy(mailing: Mailing, *, actor: str) -> Mailing:
    """Create another draft with the same text and filters."""
    if not audiences.get_audience(mailing.audience).is_chosen:
        raise RuleViolation("This email was prepared for its recipients, so it cannot be copied")
    other = create(mailing.audience, mailing.query, actor=actor)
    other.subject, other.body = mailing.subject, mailing.body
    other.is_essential, other.translations = mailing.is_essential, mailing.translations
    record(f"The group email “{mailing.subject}” was copied", other, actor)
    return other


def delete(mailing: Mailing, *, actor: str) -> None:
    """Delete a draft."""
    wait_for_table(ChangeNotice)  # the notice refers to its draft
    _lock_draft(mailing)
    record(f"The draft of the group email “{mailing.subject}” was deleted", mailing, actor)
    db.session.execute(
        sql_delete(MailingRecipient).where(MailingRecipient.mailing_id == mailing.id)
    )
    db.session.delete(mailing)


def send_test(mailing: Mailing, person: str = "", *, to: str) -> None:
    """Send a recipient's email to an organiser as a test, without secret links.

    It is that of the first recipient by default; a named one may have been deleted meanwhile.
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
    """Record that a user has downloaded the recipients of a mailing."""
    record("The list of recipients was downloaded", mailing, actor)


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


def lock(mailing: Mailing) -> None:
    """Lock a mailing until the transaction ends, and reload it; raise Gone if it is deleted."""
    lock_row(mailing, queries.NO_SUCH_MAILING)


def _lock_draft(mailing: Mailing) -> None:
    lock(mailing)
    if not mailing.is_draft:
        raise RuleViolation("This email has been scheduled, so it can no longer be changed")


def touch(mailing: Mailing, actor: str) -> None:
    """Increment the version, so that pages opened earlier are refused as stale."""
    mailing.version += 1
    mailing.changed_at, mailing.changed_by = clock.now(), actor


def record(summary: str, mailing: Mailing, actor: str) -> None:
    """Record a sentence about a mailing in the history."""
    history.record(summary, subject=mailing.history_subject, actor=actor)

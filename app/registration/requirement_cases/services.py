"""Working on cases of requirements: save, answer, reply.

The audit log identifies a case only by its key, never by the requirement or the person.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app import clock
from app.accounts import rate_limits
from app.accounts.models import Person
from app.database import db
from app.delegates import requirement_texts
from app.delegates.models import Delegate, Needs
from app.delegates.requirement_models import ARRANGED, OPEN, TYPES, RequirementCase
from app.encryption import PREFIX, get_key_ring
from app.errors import RuleViolation, StaleEdit
from app.history import services as history
from app.history.models import Change
from app.history.services import ACTOR_DELEGATE
from app.registration import emails
from app.registration.requirement_cases.queries import OpenedCase
from app.row_locks import lock_row

BATCH_SIZE: Final = 200  # bookings per transaction
MAX_REPLIES: Final = 10  # of one booking, per hour
MAX_REPLIES_LENGTH: Final = 10_000  # characters of all replies about one requirement
AN_HOUR: Final = timedelta(hours=1)
LABELS: Final = {"state": "State", "owner_id": "Who arranges it", "due_on": "Due date"}
ANSWER_LABEL: Final = "Answer"


def save(
    opened: OpenedCase,
    values: Mapping[str, Any],
    *,
    expected_version: int,
    actor: str,
    notify: bool = False,
) -> bool:
    """Save state, owner, due date and answer; return True if there is news for the delegate.

    This marks a reply by the delegate as handled.
    """
    row = opened.row
    _lock(row)
    changes = diff(opened, values)
    is_new = bool(changes) or row.has_unread_reply
    if changes and row.version != expected_version:
        raise StaleEdit(row.version, changes)
    if changes:
        requirement_texts.write(row, opened.delegate.reference, "answer", values["answer"])
        for name in LABELS:
            setattr(row, name, values[name])
        _record(row, _summarise(changes), actor, changes)
    if is_new:
        _touch(row, has_unread_reply=False)
    if notify:
        _record(row, "An email was sent to say that there is an answer", actor)
        emails.send_access_answered(opened.delegate)
    return is_new or notify


def mark_arranged(opened: OpenedCase, *, actor: str) -> None:
    """Mark a requirement as arranged, unless there is a new reply.

    No email is sent, since there is no new answer.
    """
    _lock(opened.row)
    if opened.can_be_marked:
        values = {**_read_values(opened), "state": ARRANGED}
        save(opened, values, expected_version=opened.row.version, actor=actor)


def diff(opened: OpenedCase, values: Mapping[str, Any]) -> Sequence[Change]:
    """Return the changes that these values would make, as text."""
    before = _read_values(opened)
    return [
        _describe(name, before[name], values[name])
        for name in (*LABELS, "answer")
        if before[name] != values[name]
    ]


def _read_values(opened: OpenedCase) -> Mapping[str, Any]:
    return {**{name: getattr(opened.row, name) for name in LABELS}, "answer": opened.answer}


def _describe(name: str, before: Any, after: Any) -> Change:
    old, new = (_to_text(name, one) for one in (before, after))
    return Change(name, old, new, LABELS.get(name, ANSWER_LABEL), old, new)


def _to_text(name: str, value: Any) -> str:
    if name == "owner_id":
        person = db.session.get(Person, value) if value else None
        return person.email if person else ""
    return value.isoformat() if isinstance(value, date) else str(value or "")


def _summarise(changes: Sequence[Change]) -> str:
    return f"Changed: {', '.join(change.label.lower() for change in changes)}"


def reply(opened: OpenedCase, text: str) -> None:
    """Add a delegate's reply, which opens the case again."""
    reference = opened.delegate.reference
    rate_limits.hit("requirement reply", reference, times=MAX_REPLIES, within=AN_HOUR)
    row = opened.row
    _lock(row)
    whole = "\n\n".join(filter(None, (opened.reply, text)))
    if len(whole) > MAX_REPLIES_LENGTH:
        raise RuleViolation(
            "You have sent too many replies. Contact the organisers by email instead"
        )
    requirement_texts.write(row, reference, "reply", whole)
    row.state = OPEN
    _touch(row, has_unread_reply=True)
    _record(row, "The delegate replied", ACTOR_DELEGATE)


def create_missing() -> None:
    """Create the cases of bookings from before there were any.

    The worker does it, since it can decrypt the answers without making a visitor wait. Answers
    whose key is missing are skipped by the query, so that they cost nothing until it is restored.
    """
    delegates_without_cases = (
        select(Delegate)
        .join(Needs, Needs.delegate_id == Delegate.id)
        .where(or_(*map(_lacks_cases, TYPES)))
        .order_by(Delegate.id)
        .with_for_update(of=Delegate)
    )
    number = 0
    for delegate in db.session.scalars(delegates_without_cases).all():
        before = len(delegate.requirement_cases)
        requirement_texts.match(delegate)
        number += len(delegate.requirement_cases) > before
        if number == BATCH_SIZE:
            break


def _lacks_cases(type_name: str) -> ColumnElement[bool]:
    """Return the condition that a delegate has readable requirements of a type, but no case."""
    answers = [getattr(Needs, column) for column in (type_name, f"{type_name}_kinds")]
    has_case = exists().where(
        RequirementCase.delegate_id == Delegate.id, RequirementCase.type == type_name
    )
    is_given = or_(*(answer != "" for answer in answers))
    return and_(is_given, *map(_has_known_key, answers), ~has_case)


def _has_known_key(answer: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Match unencrypted answers, and those whose key is known."""
    known = [f"{PREFIX}{key_id}:" for key_id in get_key_ring().ciphers]
    readable = (answer.startswith(one, autoescape=True) for one in known)
    return or_(~answer.startswith(PREFIX, autoescape=True), *readable)


def _lock(row: RequirementCase) -> None:
    lock_row(row, "This requirement has been deleted")


def _touch(row: RequirementCase, *, has_unread_reply: bool) -> None:
    row.has_unread_reply = has_unread_reply
    row.updated_at = clock.now()
    row.version += 1


def _record(row: RequirementCase, summary: str, actor: str, changes: Sequence[Change] = ()) -> None:
    """Record a change; the answer is private, so only the fact that it changed."""
    public = [change for change in changes if change.field in LABELS]
    history.record(summary, subject=row.history_subject, actor=actor, field_changes=public)

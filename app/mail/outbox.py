"""The outbox as workers use it: lease the next emails, record the outcome of each.

A few emails are leased to a worker for a short time. If the worker dies, the lease expires and they
become due again. Any number of workers may share one outbox. The most urgent email goes first; a
paused domain gets only urgent ones (``app.mail.domains``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Engine, Executable, Table, and_, bindparam, or_, select, update

from app import clock
from app.database import db, read_only_connection
from app.mail import domains, retries
from app.mail.models import FAILED, SENT, URGENT, WAITING, Email
from app.mail.queries import IS_WAITING

MAX_ERROR_LENGTH = 500  # characters


@dataclass(frozen=True)
class LeasedEmail:
    """An email that a worker is sending."""

    id: int
    template: str
    booking_reference: str
    recipient: str
    domain: str
    priority: int
    message: bytes
    is_secret: bool
    attempts: int
    give_up_at: datetime | None
    lease_until: datetime | None = None
    domain_failures: int = 0  # consecutive temporary ones
    passes_pause: bool = False  # urgent, and to a paused domain


# SQLAlchemy Core, built once: three times as fast as the ORM.
EMAILS = cast(Table, Email.__table__)
IS_DUE = and_(
    IS_WAITING,
    Email.due_at <= bindparam("now"),
    or_(Email.lease_until.is_(None), Email.lease_until < bindparam("now")),
    domains.IS_OPEN,
)
ANY_DUE = select(Email.id).where(IS_DUE).limit(1)
EMAIL_COLUMNS = [field.name for field in fields(LeasedEmail) if field.name in EMAILS.c]
NEXT_DUE = (
    select(*(EMAILS.c[name] for name in EMAIL_COLUMNS), domains.FAILURES, domains.PASSES_PAUSE)
    .where(IS_DUE)
    .order_by(Email.priority, Email.due_at, Email.id)
    .limit(bindparam("count"))
    .with_for_update(skip_locked=True)
)
LEASE = (
    update(EMAILS)
    .where(EMAILS.c.id.in_(bindparam("numbers")))
    .values(lease_until=bindparam("until"), attempts=EMAILS.c.attempts + 1)
)
GIVE_BACK = (
    update(EMAILS)
    .where(
        EMAILS.c.id.in_(bindparam("numbers")),
        EMAILS.c.lease_until == bindparam("ours"),
        IS_WAITING,
    )
    .values(lease_until=None, attempts=EMAILS.c.attempts - 1)
)
UPDATE_EMAIL = update(EMAILS).where(EMAILS.c.id == bindparam("number"), IS_WAITING)


@dataclass(frozen=True)
class SendOutcome:
    """The outcome of one attempt to send an email."""

    state: str
    error: str = ""
    is_server_unavailable: bool = False
    is_unanswered: bool = False


def has_due(engine: Engine, *, urgent_waits: bool = False) -> bool:
    """Return True if any email is due; called often, so it takes no lock."""
    values = {"now": clock.real_now(), "urgent_waits": urgent_waits}
    with read_only_connection(engine) as connection:
        return connection.execute(ANY_DUE, values).first() is not None


def lease_next(
    lease: timedelta, count: int = 1, *, urgent_waits: bool = False
) -> Sequence[LeasedEmail]:
    """Lease the most urgent emails that are due, of those the ones due longest.

    With ``urgent_waits``, urgent emails wait for paused domains too. If emails to a domain are
    spaced out, only one at a time is leased.
    """
    now = clock.real_now()
    values = {
        "now": now,
        "urgent_waits": urgent_waits,
        "count": 1 if domains.has_limit() else count,
    }
    rows = _execute(NEXT_DUE, values)
    emails = [LeasedEmail(**{**row._mapping, "lease_until": now + lease}) for row in rows]  # noqa: SLF001 – the public API for this
    if not all(domains.take_turn(email.domain, email.priority, now) for email in emails):
        return []
    if emails:
        _execute(LEASE, {"numbers": [email.id for email in emails], "until": now + lease})
    return emails


def give_back(emails: Sequence[LeasedEmail]) -> None:
    """End the lease of emails that were not tried, unless another worker has leased them since."""
    numbers = [email.id for email in emails]
    _execute(GIVE_BACK, {"numbers": numbers, "ours": emails[0].lease_until})


def record_outcome(email: LeasedEmail, outcome: SendOutcome) -> str:
    """Record the outcome of an attempt and return the resulting state."""
    now = clock.real_now()
    state = _record_state(email, outcome, now)
    _record_domain(email, outcome, now)
    return state


def _record_state(email: LeasedEmail, outcome: SendOutcome, now: datetime) -> str:
    if outcome.state == WAITING and (email.give_up_at is None or now < email.give_up_at):
        _schedule_retry(email, outcome, now)
        return WAITING
    state = SENT if outcome.state == SENT else FAILED
    _update(
        email.id,
        state=state,
        lease_until=None,
        sent_at=now if state == SENT else None,
        last_error=outcome.error[:MAX_ERROR_LENGTH],
        **({"message": b""} if email.is_secret and state == SENT else {}),
    )
    return state


def _record_domain(email: LeasedEmail, outcome: SendOutcome, now: datetime) -> None:
    """Record whether the recipient's domain answered; unless the mail server was unavailable.

    A second refusal of the same email is ignored: it may concern its mailbox. An urgent email to a
    paused domain that fails does not extend the pause for the others.
    """
    is_news = (outcome.is_unanswered or not email.attempts) and not email.passes_pause
    if outcome.state != WAITING:
        domains.record_answer(email.domain, email.domain_failures, now)
    elif is_news and not outcome.is_server_unavailable:
        domains.record_failure(
            email.domain,
            email.domain_failures,
            outcome.error,
            now,
            is_unanswered=outcome.is_unanswered,
        )


def _schedule_retry(email: LeasedEmail, outcome: SendOutcome, now: datetime) -> None:
    pause = retries.choose_pause(
        email.attempts,
        is_urgent=email.priority == URGENT,
        is_server_unavailable=outcome.is_server_unavailable,
    )
    _update(
        email.id,
        lease_until=None,
        due_at=now + pause,
        give_up_at=email.give_up_at or now + retries.RETRY_FOR,
        last_error=outcome.error[:MAX_ERROR_LENGTH],
    )


def _update(number: int, **values: Any) -> None:
    _execute(UPDATE_EMAIL, {"number": number, **values})


def _execute(statement: Executable, values: dict[str, Any]) -> CursorResult[Any]:
    """Execute a statement without the overhead of the ORM."""
    return db.session.connection().execute(statement, values)

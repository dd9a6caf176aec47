"""Domains that get emails more slowly, or not at all for a while.

A domain whose server does not answer, or refuses several emails in a row, is paused for an
increasing time, so that it never delays emails to others. A setting can space out emails to one
domain. Urgent emails, such as sign-in links, ignore both; once one arrives, its domain is open to
all others again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from app import clock
from app.database import db
from app.mail.models import URGENT, Email, MailDomain

REFUSALS_IN_A_ROW = 3  # temporary refusals after which a domain is paused
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 900))
MAX_ERROR_LENGTH = 500  # characters
A_MINUTE = timedelta(minutes=1)

IS_FAILING = MailDomain.failures >= REFUSALS_IN_A_ROW
# SQL conditions of an email, with the parameters "now" and "urgent_waits".
_IS_CLOSED = select(MailDomain.name).where(
    MailDomain.name == Email.domain, MailDomain.resumes_at > bindparam("now")
)
_HOLDS_URGENT = and_(IS_FAILING, bindparam("urgent_waits"))
IS_OPEN: ColumnElement[bool] = ~(
    _IS_CLOSED.where(or_(Email.priority != URGENT, _HOLDS_URGENT)).exists()
)
PASSES_PAUSE = _IS_CLOSED.where(IS_FAILING).exists().label("passes_pause")
FAILURES = func.coalesce(
    select(MailDomain.failures).where(MailDomain.name == Email.domain).scalar_subquery(), 0
).label("domain_failures")


def has_limit() -> bool:
    """Return True if emails to one domain are spaced out."""
    return bool(_get_spacing())


def take_turn(domain: str, priority: int, now: datetime) -> bool:
    """Reserve the next send to a domain; return False if another worker was faster."""
    spacing = _get_spacing()
    if not spacing or priority == URGENT:
        return True
    statement = _insert(domain, resumes_at=now + spacing)
    taken = db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["name"],
            set_={"resumes_at": statement.excluded.resumes_at},
            where=MailDomain.resumes_at <= now,
        ).returning(MailDomain.name)
    )
    return taken.first() is not None


def record_failure(
    domain: str, failures: int, error: str, now: datetime, *, is_unanswered: bool
) -> None:
    """Record that a domain took no email, and pause it if the domain itself seems to fail.

    One refusal may concern one mailbox; a server that does not answer concerns all.
    """
    failures += 1
    if is_unanswered:
        failures = max(failures, REFUSALS_IN_A_ROW)
    rounds = failures - REFUSALS_IN_A_ROW
    pause = PAUSES[min(rounds, len(PAUSES) - 1)] if rounds >= 0 else timedelta()
    values = {"failures": failures, "last_error": error[:MAX_ERROR_LENGTH]}
    statement = _insert(domain, resumes_at=now + pause, **values)
    asked = statement.excluded.resumes_at  # never earlier than the limit of the domain allows
    later = case((MailDomain.resumes_at > asked, MailDomain.resumes_at), else_=asked)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["name"], set_={**values, "resumes_at": later}
        )
    )


def record_answer(domain: str, failures: int, now: datetime) -> None:
    """Record that a domain's server answered, which ends its failures and its pause."""
    if not failures:
        return
    resumes_at = MailDomain.resumes_at
    next_turn = now + _get_spacing()
    sooner = case((resumes_at > next_turn, next_turn), else_=resumes_at)
    db.session.execute(
        update(MailDomain)
        .where(MailDomain.name == domain)
        .values(failures=0, last_error="", resumes_at=sooner)
    )


def _get_spacing() -> timedelta:
    """Return the minimum time between emails to one domain; zero without a limit."""
    per_minute = int(current_app.config["LIMIT_EMAILS_PER_DOMAIN"])
    return A_MINUTE / per_minute if per_minute else timedelta()


def resume(domain: str) -> None:
    """End the pause of a domain."""
    db.session.execute(delete(MailDomain).where(MailDomain.name == domain))


def list_failing() -> Sequence[MailDomain]:
    """List the domains that are paused after failures, by name."""
    return db.session.scalars(
        select(MailDomain)
        .where(IS_FAILING, MailDomain.resumes_at > clock.real_now())
        .order_by(MailDomain.name)
    ).all()


def delete_expired() -> None:
    """Delete rows that no longer delay any email."""
    long_ago = clock.real_now() - max(PAUSES) * 4
    db.session.execute(delete(MailDomain).where(MailDomain.resumes_at < long_ago))


def _insert(domain: str, **values: Any) -> postgresql.Insert | sqlite.Insert:
    is_postgresql = db.engine.dialect.name == "postgresql"
    statement = postgresql.insert(MailDomain) if is_postgresql else sqlite.insert(MailDomain)
    return statement.values(name=domain, **values)

"""How often something may be asked for, counted in the database for all processes and hosts.

What is counted is what was allowed: whoever is told to wait and waits is let in again. An
attempt stays counted even when the request that makes it then fails. By whom it was made is
kept only as a keyed hash, so that the table tells nobody who asked for what.

Ask within a POST: a GET never writes.
"""

import hmac
from datetime import timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address

from flask import current_app
from sqlalchemy import bindparam, delete, func, insert, select

from app import clock
from app.accounts.models import Attempt
from app.database import db, write_to_stay
from app.errors import TooOften

KEPT = timedelta(days=30)  # the longest time over which anything may be limited
ONE_HOUSEHOLD = 64  # bits of an IPv6 address that one household or office holds
MADE = (
    select(func.count())
    .select_from(Attempt)
    .where(
        Attempt.what == bindparam("what"),
        Attempt.who_hash == bindparam("who_hash"),
        Attempt.tried_at > bindparam("since"),
    )
)


def allow(what: str, who: str, *, times: int, within: timedelta) -> None:
    """Count one more attempt, or say that there have been too many: ``TooOften``."""
    who_hash = _hashed(who)
    _one_at_a_time(what, who_hash)
    now = clock.real_now()
    attempt = {"what": what, "who_hash": who_hash}
    made = db.session.connection().execute(MADE, {**attempt, "since": now - within}).scalar_one()
    if made >= times:
        raise TooOften
    write_to_stay(insert(Attempt), {**attempt, "tried_at": now})


def network(address: str | None) -> str:
    """Give what stands for everyone at a network address: all of an IPv6 household is one."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        own = parsed.ipv4_mapped
        return str(own) if own else str(int(parsed) >> (128 - ONE_HOUSEHOLD))
    return str(parsed)


def forget_old() -> None:
    """Forget attempts that no limit looks at any more."""
    db.session.execute(delete(Attempt).where(Attempt.tried_at < clock.real_now() - KEPT))


def _hashed(who: str) -> str:
    key = str(current_app.config["SECRET_KEY"])
    return hmac.digest(key.encode(), f"attempt:{who}".encode(), "sha256").hex()


def _one_at_a_time(what: str, who_hash: str) -> None:
    """Let two attempts by the same person wait for each other; on SQLite all writers do."""
    if db.engine.dialect.name == "postgresql":
        turn = int.from_bytes(sha256(f"{what}:{who_hash}".encode()).digest()[:8])
        db.session.execute(select(func.pg_advisory_xact_lock(turn - 2**63)))

"""Rate limits, counted in the database for all processes and hosts.

Only allowed attempts are counted, so whoever waits as long as they are told is allowed again. An
attempt stays counted even if the request that makes it fails. Actors are stored only as keyed
hashes, so that the table does not show who asked for what.

Call `hit` in a POST only: a GET never writes.
"""

import hmac
from datetime import timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address

from flask import current_app
from sqlalchemy import delete, func, insert, select

from app import clock
from app.accounts.models import RateLimitHit
from app.database import db
from app.errors import RateLimitExceeded
from app.request_transaction import insert_despite_rollback

RETENTION = timedelta(days=30)  # the longest period of any limit
IPV6_NETWORK_BITS = 64  # the prefix length that a household or office usually has


def hit(action: str, actor: str, *, times: int, within: timedelta) -> None:
    """Count an attempt; raise RateLimitExceeded if there have been too many."""
    actor_hash = _hash_actor(actor)
    _lock_actor(action, actor_hash)
    now = clock.real_now()
    key = {"action": action, "actor_hash": actor_hash}
    recent = select(RateLimitHit.happened_at).filter_by(**key)
    recent = recent.where(RateLimitHit.happened_at > now - within)
    # the attempt that must have expired before another one is allowed
    oldest = db.session.scalar(
        recent.order_by(RateLimitHit.happened_at.desc()).offset(times - 1).limit(1)
    )
    if oldest is not None:
        raise RateLimitExceeded(retry_after=oldest + within - now)
    insert_despite_rollback(insert(RateLimitHit), {**key, "happened_at": now})


def network_key(address: str | None) -> str:
    """Return a key for the network of an IP address: for IPv6, its /64 prefix."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        ipv4 = parsed.ipv4_mapped
        return str(ipv4) if ipv4 else str(int(parsed) >> (128 - IPV6_NETWORK_BITS))
    return str(parsed)


def delete_expired() -> None:
    """Delete attempts that no limit looks at any more."""
    db.session.execute(
        delete(RateLimitHit).where(RateLimitHit.happened_at < clock.real_now() - RETENTION)
    )


def _hash_actor(actor: str) -> str:
    key = str(current_app.config["SECRET_KEY"])
    return hmac.digest(key.encode(), f"attempt:{actor}".encode(), "sha256").hex()


def _lock_actor(action: str, actor_hash: str) -> None:
    """Serialise attempts by one actor; on SQLite all writing transactions are serialised anyway."""
    if db.engine.dialect.name == "postgresql":
        lock_id = int.from_bytes(sha256(f"{action}:{actor_hash}".encode()).digest()[:8])
        db.session.execute(select(func.pg_advisory_xact_lock(lock_id - 2**63)))

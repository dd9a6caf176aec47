"""Rate limits, counted in the database for all processes and hosts.

Only allowed attempts are counted, so people who wait as long as the message says are allowed again.
An attempt stays counted even if the request that makes it fails. Actors are stored only as keyed
hashes, so that the table does not show who requested what; networks are personal data too.

Call `hit`, `hit_network` and `hit_all` in a POST only: a GET never writes. Where links can be
guessed, a GET calls `check_network` and `count_network_later`. A view that reads a file first calls
`count_network_before_reading`.

What several limits count goes through `hit_all`, once and before a booking or any other shared row
is locked: so nothing is counted when one of them refuses, and a transaction that waits for a limit
holds no lock that another one waits for.
"""

import hmac
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple

from flask import current_app
from sqlalchemy import Insert, delete, func, insert, select

from app import clock
from app.accounts.models import RateLimitHit
from app.database import db
from app.errors import NetworkLimitExceeded, RateLimitExceeded
from app.request_transaction import (
    execute_after_request,
    execute_separately,
    insert_despite_rollback,
)
from app.transaction_settings import SHORT_LOCK_TIMEOUT

RETENTION = timedelta(days=30)  # the longest period of any limit
AN_HOUR = timedelta(hours=1)
UNKNOWN_NETWORK = "unknown"
MAX_TEST_EMAILS_PER_HOUR = 20  # to the same member of the team, whatever they test
# Maps each prefix length to a multiple of what one address may do. A household has one IPv4 address
# or an IPv6 /64 to /56; an organisation has several, up to an IPv6 /48.
IPV4_PREFIXES = ((32, 1), (24, 4))
IPV6_PREFIXES = ((64, 1), (56, 2), (48, 4))


class Window(NamedTuple):
    """How often something may be done within a period."""

    times: int
    within: timedelta


class Allowance(NamedTuple):
    """How often one actor may do something."""

    actor: str
    window: Window


class _CounterKey(NamedTuple):
    action: str
    actor_hash: str


@dataclass(frozen=True)
class NetworkLimit:
    """How often one network may do what people can do without an account or a link."""

    action: str
    windows: tuple[Window, ...]
    setting: str = ""  # the setting that multiplies the counts; 0 means no limit

    @property
    def current_windows(self) -> tuple[Window, ...]:
        """Return the limits for one address, as this site is configured."""
        multiple = int(current_app.config[self.setting]) if self.setting else 1
        return tuple(
            Window(window.times * multiple, window.within)
            for window in self.windows
            if window.times * multiple
        )


@dataclass(frozen=True)
class Attempt:
    """An action, and the limit that counts it."""

    action: str
    allowances: tuple[Allowance, ...]
    refusal: type[RateLimitExceeded] = RateLimitExceeded

    @classmethod
    def by_actor(
        cls,
        action: str,
        actor: str,
        *,
        times: int,
        within: timedelta,
        refusal: type[RateLimitExceeded] = RateLimitExceeded,
    ) -> "Attempt":
        """Return an attempt that is counted for one actor, such as a person or an email address."""
        return cls(action, (Allowance(actor, Window(times, within)),), refusal)

    @classmethod
    def from_network(cls, limit: NetworkLimit, address: str | None) -> "Attempt":
        """Return an attempt counted for the networks of an IP address, unless they are exempt."""
        return cls(limit.action, tuple(_list_allowances(limit, address)), NetworkLimitExceeded)


# Everything by which someone without an account makes the site send an email, or uses up a shared
# resource.
PER_REGISTRATIONS = "LIMIT_REGISTRATIONS_PER_NETWORK"
REGISTRATION = NetworkLimit("registration from", (Window(1, AN_HOUR),), PER_REGISTRATIONS)
INTEREST = NetworkLimit("interest from", (Window(1, AN_HOUR),), PER_REGISTRATIONS)
NEW_DRAFT = NetworkLimit(
    "draft from", (Window(10, AN_HOUR), Window(100, timedelta(days=7))), PER_REGISTRATIONS
)
BOOKING_LINK = NetworkLimit("booking link from", (Window(30, AN_HOUR),))
EMAIL_CHANGE = NetworkLimit("new address from", (Window(30, AN_HOUR),))
SIGN_IN_LINK = NetworkLimit("sign in from", (Window(30, AN_HOUR),))
FEEDBACK = NetworkLimit("feedback", (Window(5, AN_HOUR),))
NEW_AGENDA = NetworkLimit("agenda", (Window(1000, AN_HOUR), Window(5000, RETENTION)))
INVITATION = NetworkLimit("invitation code", (Window(30, AN_HOUR),))
WRONG_INVITATION = NetworkLimit("wrong invitation link", (Window(30, AN_HOUR),))
GROUP = NetworkLimit("group from", (Window(20, AN_HOUR),))  # each emails up to 30 people
# For a registered group: people who are added or renamed, and links that are sent again.
GROUP_CHANGE = NetworkLimit("change of a group from", (Window(1, AN_HOUR),), PER_REGISTRATIONS)
PLACE_OFFER = NetworkLimit("offer of a place from", (Window(30, AN_HOUR),))
GROUP_FILE = NetworkLimit("file of a group from", (Window(60, AN_HOUR),))
ANSWER_FILE = NetworkLimit(  # each up to 10 MB
    "file of an answer from",
    (Window(3, AN_HOUR), Window(6, timedelta(days=1))),
    PER_REGISTRATIONS,
)
EQUALITY = NetworkLimit("equality monitoring", (Window(100, AN_HOUR),))
NETWORK_LIMITS = (
    *(REGISTRATION, INTEREST, NEW_DRAFT, BOOKING_LINK, EMAIL_CHANGE),
    *(
        SIGN_IN_LINK,
        FEEDBACK,
        NEW_AGENDA,
        INVITATION,
        WRONG_INVITATION,
        GROUP,
        GROUP_CHANGE,
        PLACE_OFFER,
        GROUP_FILE,
        ANSWER_FILE,
        EQUALITY,
    ),
)


def hit(action: str, actor: str, *, times: int, within: timedelta) -> None:
    """Count an attempt; raise RateLimitExceeded if there have been too many."""
    hit_all(Attempt.by_actor(action, actor, times=times, within=within))


def hit_test_email(address: str) -> None:
    """Count a test email that a team member requests; raise RateLimitExceeded if too many."""
    hit("test of an email", address, times=MAX_TEST_EMAILS_PER_HOUR, within=AN_HOUR)


def hit_network(limit: NetworkLimit, address: str | None) -> None:
    """Count an attempt from an IP address; raise NetworkLimitExceeded above a limit.

    Networks that the settings exempt are neither limited nor counted.
    """
    hit_all(Attempt.from_network(limit, address))


def hit_all(*attempts: Attempt) -> None:
    """Count attempts that belong together; if one is refused, raise its error and count none.

    Call it once in a transaction, which then has the locks of all these limits in one order.
    """
    counts = Counter(
        count
        for one in attempts
        for count in dict.fromkeys(
            _get_counter_key(one, allowance.actor) for allowance in one.allowances
        )
    )
    _lock_actors(counts)
    now = clock.real_now()
    for one in dict.fromkeys(attempts):
        for actor, window in one.allowances:
            count = _get_counter_key(one, actor)
            retry_at = _find_retry_time(count, window, now, more=counts[count])
            if retry_at is not None:
                raise one.refusal(retry_after=retry_at - now)
    for count in counts.elements():
        row = {**count._asdict(), "happened_at": now}
        insert_despite_rollback(insert(RateLimitHit), row)


def check_network(limit: NetworkLimit, address: str | None) -> None:
    """Raise NetworkLimitExceeded if the networks of an IP address reached a limit; count nothing.

    With ``count_network_later`` a GET can limit how often a link is guessed. Only wrong guesses
    count, but once the limit is reached right ones are refused too, so that the response reveals
    nothing.
    """
    now = clock.real_now()
    for network, window in _list_allowances(limit, address):
        retry_at = _find_retry_time(_CounterKey(limit.action, _hash_actor(network)), window, now)
        if retry_at is not None:
            raise NetworkLimitExceeded(retry_after=retry_at - now)


def count_network_before_reading(limit: NetworkLimit, address: str | None) -> None:
    """Count a file from an IP address before it is read; raise NetworkLimitExceeded like a check.

    So files that arrive while others are being read count too. The sender does not wait for the
    write lock: if the database is busy, the file is counted once the request has been answered.
    """
    check_network(limit, address)
    statements = _build_inserts(limit, address)
    if statements and not execute_separately(statements, SHORT_LOCK_TIMEOUT):
        count_network_later(limit, address)


def count_network_later(limit: NetworkLimit, address: str | None) -> None:
    """Count an attempt from an IP address after the response; a GET may do this too."""
    for statement in _build_inserts(limit, address):
        execute_after_request(statement)


def _build_inserts(limit: NetworkLimit, address: str | None) -> Sequence[Insert]:
    now = clock.real_now()
    networks = dict.fromkeys(allowance.actor for allowance in _list_allowances(limit, address))
    return [
        insert(RateLimitHit).values(
            action=limit.action, actor_hash=_hash_actor(network), happened_at=now
        )
        for network in networks
    ]


def _list_allowances(limit: NetworkLimit, address: str | None) -> Sequence[Allowance]:
    """List the allowances of an IP address's networks; empty if they are not limited."""
    if not limit.current_windows or _is_exempt(address):
        return ()
    return [
        Allowance(network, Window(times * multiple, within))
        for network, multiple in list_networks(address)
        for times, within in limit.current_windows
    ]


def list_networks(address: str | None) -> list[tuple[str, int]]:
    """List the networks of an IP address, the smallest first, each with its multiple."""
    parsed = _parse(address)
    if parsed is None:
        return [(UNKNOWN_NETWORK, 1)]
    prefixes = IPV6_PREFIXES if isinstance(parsed, IPv6Address) else IPV4_PREFIXES
    return [
        (str(ip_network((parsed, length), strict=False)), multiple) for length, multiple in prefixes
    ]


def delete_expired() -> None:
    """Delete attempts that are older than the period of any limit."""
    now = clock.real_now()
    db.session.execute(delete(RateLimitHit).where(RateLimitHit.happened_at < now - RETENTION))
    for limit in NETWORK_LIMITS:
        longest = max(window.within for window in limit.windows)
        is_expired = RateLimitHit.happened_at < now - longest
        db.session.execute(
            delete(RateLimitHit).where(RateLimitHit.action == limit.action, is_expired)
        )


def _is_exempt(address: str | None) -> bool:
    parsed = _parse(address)
    exempt = current_app.config["RATE_LIMIT_EXEMPT_NETWORKS"]
    return parsed is not None and any(parsed in network for network in exempt)


def _parse(address: str | None) -> IPv4Address | IPv6Address | None:
    """Parse an IP address, or return None; an IPv4-mapped IPv6 address counts as IPv4."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed


def _get_counter_key(attempt: Attempt, actor: str) -> _CounterKey:
    return _CounterKey(attempt.action, _hash_actor(actor))


def _find_retry_time(
    count: _CounterKey, window: Window, now: datetime, more: int = 1
) -> datetime | None:
    """Return when this many more attempts will be allowed, or None if they are allowed now."""
    if more > window.times:
        return now + window.within
    decisive = db.session.scalar(
        select(RateLimitHit.happened_at)
        .filter_by(**count._asdict())
        .where(RateLimitHit.happened_at > now - window.within)
        .order_by(RateLimitHit.happened_at.desc())
        .offset(window.times - more)
        .limit(1)
    )
    return None if decisive is None else decisive + window.within


def _hash_actor(actor: str) -> str:
    key = str(current_app.config["SECRET_KEY"])
    return hmac.digest(key.encode(), f"attempt:{actor}".encode(), "sha256").hex()


def _lock_actors(counts: Collection[_CounterKey]) -> None:
    """Serialise attempts by each actor; on SQLite all writing transactions are serialised anyway.

    All are locked by number, so that no two transactions wait for each other.
    """
    if db.engine.dialect.name == "postgresql":
        for lock_id in sorted(map(_lock_id, counts)):
            db.session.execute(select(func.pg_advisory_xact_lock(lock_id)))


def _lock_id(count: _CounterKey) -> int:
    name = f"{count.action}:{count.actor_hash}"
    return int.from_bytes(sha256(name.encode()).digest()[:8]) - 2**63

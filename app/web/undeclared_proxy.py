"""Detect a proxy that the settings do not declare.

Behind one, every visitor has the proxy's address, so that all of them count as one network for the
rate limits. The first such request of an hour is recorded in the database, where every process and
the dashboard find it; the log has one line per process. A visitor can send the header too, so this
is only a hint for the organisers.
"""

import time
from datetime import datetime, timedelta

from flask import Flask, current_app, request
from sqlalchemy import select, update

from app import clock
from app.cache_version import SiteState
from app.log import log
from app.request_transaction import execute_after_request
from config import Config

FORWARDED_HEADER = "X-Forwarded-For"
INTERVAL = 60 * 60  # seconds between two records of one process
WARNING_PERIOD = timedelta(days=1)  # how long the dashboard warns after the last request


class ProxyDetector:
    """What one process knows about an undeclared proxy."""

    def __init__(self) -> None:
        self._next_note_at = float("-inf")
        self._is_logged = False

    def inspect(self) -> None:
        """Record a request that a proxy has forwarded."""
        if FORWARDED_HEADER not in request.headers:
            return
        if not self._is_logged:
            self._is_logged = True
            log.warning("undeclared proxy", setting="PROXIES", value=0)
        if time.monotonic() >= self._next_note_at:
            self._next_note_at = time.monotonic() + INTERVAL
            now = clock.real_now()
            execute_after_request(update(SiteState).values(undeclared_proxy_seen_at=now))


def init_app(app: Flask, config: Config) -> None:
    """Inspect each request, unless the settings declare a proxy."""
    app.config["PROXIES"] = config.PROXIES
    if config.PROXIES == 0:
        app.before_request(ProxyDetector().inspect)


# When one was last seen; NULL if never. A column for other statements.
SEEN_AT = select(SiteState.undeclared_proxy_seen_at).scalar_subquery()


def is_likely(seen_at: datetime | None) -> bool:
    """Return True if there seems to be a proxy that the settings do not declare."""
    if current_app.config["PROXIES"] or seen_at is None:
        return False
    return clock.real_now() - seen_at < WARNING_PERIOD


def describe_likely(config: Config) -> str | None:
    """Return a warning for the start of a site that is probably behind a proxy, or None."""
    if config.PROXIES or not config.SITE_URL.startswith("https:"):
        return None
    return (
        "SITE_URL is https and PROXIES is 0. If a proxy is in front of this site, set PROXIES=1: "
        "otherwise all visitors share one rate limit, and soon nobody can register"
    )

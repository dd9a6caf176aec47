"""Time that goes by for cached pages too, which a frozen clock does not hold."""

import time
from datetime import timedelta
from typing import Any

import pytest


def pass_time(frozen_time: Any, monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    """Let time go by, for the site and for cached pages."""
    age_cached_pages(monkeypatch, by)
    frozen_time.shift(by)


def age_cached_pages(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    """Let time go by for cached pages alone."""
    then = time.monotonic() + by.total_seconds()
    monkeypatch.setattr("app.web.cache_policy.time.monotonic", lambda: then)

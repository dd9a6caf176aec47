"""An undeclared proxy makes all visitors one network; the organisers see a warning."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app import clock
from app.database import db
from app.factory import create_app
from app.server.__main__ import announce
from app.server.bootstrap import BootstrapResult
from app.server.options import ServerOptions
from config import Config
from tests.browser import Browser, Browsers
from tests.factories import sign_in

WARNING = "A proxy seems to be in front of this site, but the setting PROXIES is 0."
LOGGED = '"event": "undeclared proxy"'


@pytest.fixture
def fresh_browser(site: Flask, settings: dict[str, str]) -> Any:
    """Open the site as a process that has just started serves it."""
    started = create_app(Config.model_validate(settings))
    yield lambda: Browser(started, settings["SITE_URL"])
    with started.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.both_databases
def test_organisers_are_warned_of_an_undeclared_proxy(
    visitor: Browser, fresh_browser: Browsers, frozen_time: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    sign_in(visitor)
    assert WARNING not in visitor.open("/organise").text

    for _ in range(3):
        fresh_browser().open("/feedback", x_forwarded_for="192.0.2.1")

    assert WARNING in visitor.open("/organise").text
    log = "".join(capfd.readouterr())
    assert log.count(LOGGED) == 1
    assert "192.0.2.1" not in log
    frozen_time.shift(timedelta(hours=25))
    sign_in(visitor)
    assert WARNING not in visitor.open("/organise").text


@pytest.mark.settings(PROXIES="1")
def test_a_declared_proxy_causes_no_warning(
    visitor: Browser, fresh_browser: Browsers, capfd: pytest.CaptureFixture[str]
) -> None:
    fresh_browser().open("/feedback", x_forwarded_for="192.0.2.1")

    sign_in(visitor)

    assert WARNING not in visitor.open("/organise").text
    assert LOGGED not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("site_url", "proxies", "is_told"),
    [
        ("https://conference.example", "0", True),
        ("https://conference.example", "1", False),
        ("http://127.0.0.1:8000", "0", False),
    ],
)
def test_a_likely_proxy_is_mentioned_at_start(
    settings: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    site_url: str,
    proxies: str,
    is_told: bool,
) -> None:
    config = Config.model_validate({**settings, "SITE_URL": site_url, "PROXIES": proxies})

    options = ServerOptions(host="127.0.0.1", port=8000, processes=1)
    announce(config, BootstrapResult(sign_in_link="", now=clock.real_now()), options)

    assert ("If a proxy is in front of this site, set PROXIES=1" in capsys.readouterr().out) is (
        is_told
    )

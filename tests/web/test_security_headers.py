"""Security headers are on every kind of response; logs contain no personal data."""

import json
import re
from typing import NamedTuple

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.web.security_headers import CONTENT_SECURITY_POLICY
from tests.browser import Browser
from tests.factories import make_delegate
from tests.pages import read_text

SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}


class Kind(NamedTuple):
    """A kind of answer, and what asks for it."""

    method: str
    address: str
    status: int
    headers: dict[str, str] = {}  # noqa: RUF012 – never changed


KINDS = [
    Kind("GET", "/", 200),
    Kind("HEAD", "/programme", 200),
    Kind("OPTIONS", "/feedback", 200),
    Kind("GET", "/search?q=tide", 200),
    Kind("GET", "/register", 200),
    Kind("GET", "/register/check", 303),
    Kind("GET", "/organise", 303),
    Kind("POST", "/feedback", 422),
    Kind("POST", "/sign-in", 422),
    Kind("POST", "/register/again", 400),
    Kind("GET", "/nowhere", 404),
    Kind("PUT", "/programme", 405),
    Kind("GET", "/", 400, {"Host": "evil.example"}),
    Kind("GET", "/healthz", 200),
    Kind("GET", "/readyz", 200),
    Kind("GET", "/robots.txt", 200),
    Kind("GET", "/sitemap.xml", 200),
    Kind("GET", "/static/css/site.css", 200),
    Kind("GET", "/static/css/site.css", 200, {"Accept-Encoding": "br"}),
    Kind("GET", "/static/img/share.png", 200),
    Kind("GET", "/static/nothing.css", 404),
]


def _asked(visitor: Browser, kind: Kind) -> TestResponse:
    """Ask, and read all of the answer; a file is closed then."""
    answer = visitor.fetch(kind.method, kind.address, kind.headers)
    answer.get_data()
    answer.close()
    return answer


def _safe(answer: TestResponse) -> dict[str, str | None]:
    """Read the headers that keep visitors safe; a page may be stricter about referrers."""
    found = {name: answer.headers.get(name) for name in SECURITY_HEADERS}
    if found["Referrer-Policy"] == "no-referrer":
        found["Referrer-Policy"] = SECURITY_HEADERS["Referrer-Policy"]
    return found


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.method} {kind.address}")
def test_every_kind_of_response_has_security_headers(visitor: Browser, kind: Kind) -> None:
    for _ in range(2):  # the second may come from what is remembered
        answer = _asked(visitor, kind)

        assert answer.status_code == kind.status
        assert _safe(answer) == SECURITY_HEADERS
        assert re.fullmatch("[0-9a-f]{16}", answer.headers["X-Request-ID"])
        assert "Server" not in answer.headers


def test_a_304_response_has_security_headers(visitor: Browser) -> None:
    mark = visitor.fetch("GET", "/programme").headers["ETag"]

    answer = visitor.fetch("GET", "/programme", {"If-None-Match": mark})

    assert answer.status_code == 304
    assert _safe(answer) == SECURITY_HEADERS
    assert re.fullmatch('"[0-9a-f]{16}"', mark)  # short, since every later request carries it


@pytest.mark.parametrize("address", ["/register", "/booking/wrong", "/sign-in/wrong"])
def test_a_page_with_a_secret_or_answers_sends_no_referrer(visitor: Browser, address: str) -> None:
    assert visitor.fetch("GET", address).headers["Referrer-Policy"] == "no-referrer"


def test_the_content_security_policy_allows_no_inline_or_external_sources() -> None:
    policy = dict(part.split(" ", 1) for part in CONTENT_SECURITY_POLICY.split("; "))

    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert set(policy.values()) == {"'none'", "'self'"}


@pytest.mark.settings(SITE_URL="http://127.0.0.1:8000", SESSION_COOKIE_SECURE="false")
def test_without_https_no_hsts_header_is_sent(visitor: Browser) -> None:
    for address in ("/", "/static/css/site.css"):
        assert "Strict-Transport-Security" not in _asked(visitor, Kind("GET", address, 200)).headers


NOT_PRIVATE = (
    "The connection to this site is not private. Other people on the same network can read what "
    "you type. Do not enter real personal details."
)


@pytest.mark.settings(
    SITE_URL="http://127.0.0.1:8000", ALLOWED_HOSTS='["10.0.0.5:8000", "laptop.local:8000"]'
)
def test_without_https_on_a_network_pages_warn_of_the_unencrypted_connection(
    visitor: Browser,
) -> None:
    for host in ("127.0.0.1:8000", "10.0.0.5:8000", "laptop.local:8000"):
        for address in ("/", "/feedback", "/register/name"):
            visitor.open(address, host=host)
            notices = [read_text(one) for one in visitor.page.tree.find_all("section")]
            assert notices.count(NOT_PRIVATE) == 1

    form = visitor.open("/feedback", host="10.0.0.5:8000")
    token = form.tree.find_by_id("csrf_token")
    assert token is not None
    sent = visitor.fetch(
        "POST",
        "/feedback",
        {"Host": "10.0.0.5:8000", "Origin": "http://10.0.0.5:8000"},
        data={"csrf_token": token.get("value"), "message": "Hello"},
    )
    assert (sent.status_code, sent.headers["Location"]) == (303, "/feedback/sent")
    assert visitor.fetch("GET", "/", {"Host": "10.0.0.6:8000"}).status_code == 400


@pytest.mark.settings(SITE_URL="http://127.0.0.1:8000")
def test_on_localhost_there_is_no_warning_of_an_unencrypted_connection(visitor: Browser) -> None:
    assert NOT_PRIVATE not in visitor.open("/").text


def test_fingerprinted_static_files_are_cached_for_a_year(visitor: Browser) -> None:
    (sheet,) = (
        one.get("href", "")
        for one in visitor.open("/help").tree.find_all("link")
        if one.get("rel") == "stylesheet"
    )

    answer = _asked(visitor, Kind("GET", sheet, 200, {"Accept-Encoding": "br, gzip"}))

    assert re.fullmatch(r"/static/css/site\.css\?v=[0-9a-f]{8}", sheet)
    assert "max-age=31536000" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "br"


def test_a_request_id_of_the_proxy_is_kept(visitor: Browser) -> None:
    answer = visitor.fetch("GET", "/", {"X-Request-ID": "from-the-proxy-0042"})

    assert answer.headers["X-Request-ID"] == "from-the-proxy-0042"


@pytest.mark.parametrize("name", ["short", "a" * 65, "with space in it", "<script>alert</script>"])
def test_an_invalid_request_id_is_replaced(visitor: Browser, name: str) -> None:
    answer = visitor.fetch("GET", "/", {"X-Request-ID": name})

    assert re.fullmatch("[0-9a-f]{16}", answer.headers["X-Request-ID"])


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    written = capsys.readouterr().err.splitlines()
    return [json.loads(line) for line in written if line.startswith("{")]


def test_a_log_line_has_method_route_status_and_duration(
    capsys: pytest.CaptureFixture[str], visitor: Browser
) -> None:
    visitor.fetch("GET", "/sessions/opening", {"X-Request-ID": "story-0001"})
    visitor.fetch("GET", "/sessions/opening", {"X-Request-ID": "story-0002"})

    first, second = (line for line in _lines(capsys) if str(line["id"]).startswith("story"))
    assert set(first) == {"id", "method", "route", "status", "ms", "event", "level", "timestamp"}
    assert (first["method"], first["route"], first["status"]) == ("GET", "/sessions/<slug>", 200)
    assert second["route"] == first["route"]


def test_the_log_contains_no_secrets_or_personal_data(
    capsys: pytest.CaptureFixture[str], site: Flask, visitor: Browser
) -> None:
    delegate = make_delegate(given_names="Wilhelmina", email="wilhelmina@example.org")
    secret = site.jinja_env.globals["booking_link"](delegate)  # type: ignore[operator]
    visitor.open(str(secret))
    visitor.open("/booking/a-guessed-secret", 404)
    visitor.open("/sign-in/another-secret", 410)
    visitor.open("/search?q=wilhelmina@example.org")
    visitor.open("/feedback").press(
        "Send message", your_message="Hello from Wilhelmina, wilhelmina@example.org"
    )
    visitor.fetch("GET", "/", {"User-Agent": "Wilhelmina's browser", "Referer": "/x?wilhelmina"})

    written = capsys.readouterr().err.lower()
    assert written.count('"event": "request"') >= 6
    for private in (
        "wilhelmina",
        "guessed",
        "another",
        str(secret).rpartition("/")[2].lower(),
        "127.0.0.1",
    ):
        assert private not in written

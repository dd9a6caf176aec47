"""Whatever is sent, the answer has the right status and a plain page: never a traceback."""

import io
import socket
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import EnvironBuilder, run_wsgi_app
from werkzeug.wrappers import Response

from app.accounts.models import RateLimitHit
from app.database import db
from app.mail.models import Email
from tests.browser import Browser, Browsers
from tests.factories import make_delegate, sign_in
from tests.live_site import LiveSites
from tests.pages import HtmlTree, find_faults, read_text

OURS = "conference.example"
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"
LONG = 20_000
MEGABYTE = 1024 * 1024

HOSTS = [
    "evil.example",
    "conference.example.evil.example",
    "evil.example#conference.example",
    "conference.example@evil.example",
    "conference.example:8443",
    "conference.example, evil.example",
    "conference.example\\evil.example",
    "CONFERENCE.example\x00",
    "xn--evil.example",
    "[::1",
    "con ference.example",
    "ü.example",
    "a" * LONG,
    "",
]
PATHS = [
    "/\x00",
    "/programme\x00",
    "/sessions/\x00",
    "/\xff\xfe",
    "/sessions/\xed\xa0\x80",
    "/sessions/" + "a" * LONG,
    "/" + "a/" * (LONG // 2),
    "/../../etc/passwd",
    "/static/../config.py",
    "/static/..%2fconfig.py",
    "/static/\x00",
    "/static/css",
    "/static/" + "a" * LONG,
    "/..;/organise",
    "/.git/config",
    "/instance/conference.sqlite",
    "/programme/9999-99-99",
    "/programme/0000-00-00",
    "/programme/2009-06-10\n",
    "/programme/\xd9\xa2\xd9\xa0\xd9\xa0\xd9\xa9-06-10",
    "/programme/2009-6-10",
    "/sessions/..",
    "/speakers/%s%n",
    "/themes/' or 1=1 --",
    "/rooms/<script>",
    "/fr",
    "/fr/programme",
    "/en",
    "/booking/\x00",
    "/booking/" + "a" * LONG,
    "/register/confirmation/\x00",
    "/agenda/\x00.ics",
]
QUESTIONS = [
    "q=%00",
    "q=%ff%fe",
    "q=%ED%A0%80",
    "q=%EF%BF%BF",
    "q=%E2%80%AEevil",
    "q=%",
    "q=" + "a" * LONG,
    "q=" + "%20a" * 5000,
    "q=a&q=b",
    "q[]=a",
    "q[$ne]=a",
    "&" * LONG,
    "=".join("q" * 2000),
    "%00=%00",
    "q=<script>alert(1)</script>",
    "q='%20OR%201=1--",
    "q=%F0%9F%92%A9",
    "q=(((((((((((((((((((((((((",
    "q=\\",
    "q=*",
    "next=//evil.example",
]
HEADERS: list[dict[str, Any]] = [
    {"HTTP_COOKIE": "session=" + "a" * LONG},
    {"HTTP_COOKIE": "session=eyJkZXZpY2UiOiJ4In0.x.y; session=b; \x01=\xff"},
    {"HTTP_COOKIE": ";;;==;="},
    {"HTTP_COOKIE": "access_keys=off; access_keys=on"},
    {"HTTP_ACCEPT_ENCODING": "br;q=nonsense, ;;, gzip;q=-1, \xff"},
    {"HTTP_ACCEPT_ENCODING": "*;q=0"},
    {"HTTP_ACCEPT_LANGUAGE": "x" * LONG},
    {"HTTP_ACCEPT_LANGUAGE": "en;q=a, ../../etc"},
    {"HTTP_IF_NONE_MATCH": '"' * LONG},
    {"HTTP_IF_MODIFIED_SINCE": "yesterday"},
    {"HTTP_RANGE": "bytes=-1-,9999999999999999999-0"},
    {"HTTP_X_REQUEST_ID": "a\r\nSet-Cookie: a=b"},
    {"HTTP_REFERER": "javascript:alert(1)"},
    {"HTTP_ORIGIN": "https://evil.example"},
    {"HTTP_AUTHORIZATION": "Basic \xff"},
    {"HTTP_USER_AGENT": "\x00" * 100},
    {"HTTP_X_FORWARDED_FOR": "1.2.3.4" * 999},
    {"HTTP_X_FORWARDED_HOST": "evil.example"},
    {"HTTP_FORWARDED": "host=evil.example"},
    {"HTTP_X_HTTP_METHOD_OVERRIDE": "DELETE", "QUERY_STRING": "_method=DELETE"},
    {"CONTENT_TYPE": "multipart/form-data"},
    {"CONTENT_LENGTH": "rubbish"},
    {"CONTENT_LENGTH": "-1"},
    {"REMOTE_ADDR": "rubbish"},
]
BODIES = [
    (FORM, b"email=%00&csrf_token=%00"),
    (FORM, b"\xff\xfe=\xff"),
    (FORM, b"email=a@b.example&email=c@d.example"),
    (FORM, b"&" * 9999),
    (FORM, b"=".join([b"a"] * 9999)),
    (FORM, b"csrf_token=" + b"a" * 9999),
    (FORM, b""),
    ("application/json", b'{"email": "a@b.example"}'),
    ("application/json", b"{" * 9999),
    ("text/xml", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"),
    ("multipart/form-data", b"--\r\n\r\n"),
    ("multipart/form-data; boundary=", b"----\r\n"),
    ("multipart/form-data; boundary=" + "x" * 999, b"--x"),
    (PARTS, b"--x\r\nContent-Disposition: form-data\r\n\r\n--x--"),
    (PARTS, b'--x\r\nContent-Disposition: form-data; name="email"'),
    (FORM + "; charset=utf-7", b"email=+AGE-"),
    (FORM + "; charset=nonsense", b"email=a"),
    ("\xff", b"email=a"),
]
MESSAGES = [
    (FORM, b"message=%00"),
    (FORM, b"message=a&email=%00"),
    (FORM, b"message=a%00b"),
    (FORM, b"message=%EF%BF%BF"),
    (FORM, b"message=a&email=a%0D%0ABcc:b@c.example"),
    (FORM, b"message=" + b"a" * 6000),
    ("application/json", b'{"message": "a"}'),
    (PARTS, b"--x\r\n"),
]
STRANGERS: list[dict[str, Any]] = [
    {"HTTP_ORIGIN": "https://evil.example"},
    {"HTTP_ORIGIN": "null", "HTTP_SEC_FETCH_SITE": "cross-site"},
    {"HTTP_ORIGIN": "https://conference.example.evil.example"},
    {"HTTP_ORIGIN": "http://conference.example"},
    {"HTTP_ORIGIN": "ftp://conference.example"},
    {"HTTP_ORIGIN": "conference.example"},
    {"HTTP_ORIGIN": "\xff"},
    {"HTTP_ORIGIN": "https://["},
    {"HTTP_SEC_FETCH_SITE": "same-site"},
]
TWO_LENGTHS = b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
MALFORMED_HTTP = [
    b"GET /\x00 HTTP/1.1\r\nHost: {host}\r\n\r\n",
    b"GET /%00 HTTP/1.1\r\nHost: {host}\r\n\r\n",
    b"GET /%ff HTTP/1.1\r\nHost: {host}\r\n\r\n",
    b"GET //evil.example/%2f.. HTTP/1.1\r\nHost: {host}\r\n\r\n",
    b"GET http://evil.example/ HTTP/1.1\r\nHost: {host}\r\n\r\n",
    b"GET * HTTP/1.1\r\nHost: {host}\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: {host}\r\n\r\n",
    b"CONNECT evil.example:443 HTTP/1.1\r\nHost: {host}\r\n\r\n",
    b"TRACE / HTTP/1.1\r\nHost: {host}\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: {host}\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: {host}\r\nX-A: " + b"a" * 100_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: {host}\r\nCookie: session=\xff\xfe\r\n\r\n",
    b"POST /sign-in HTTP/1.1\r\nHost: {host}\r\nContent-Length: 99999999999\r\n\r\na=b",
    b"POST /sign-in HTTP/1.1\r\nHost: {host}\r\nContent-Length: -5\r\n\r\n",
    b"POST /sign-in HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"POST /sign-in HTTP/1.1\r\nHost: {host}\r\n" + TWO_LENGTHS,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"rubbish\r\n\r\n",
]


class Seen(NamedTuple):
    """What came back to a hostile request."""

    sent: str
    status: int
    heading: str


def ask(
    site: Flask, path: str = "/", method: str = "GET", body: bytes = b"", **told: str
) -> Response:
    """Send a request as it is, tidied by no client; give the answer."""
    environ: dict[str, Any] = EnvironBuilder(
        "/", method=method, input_stream=io.BytesIO(body)
    ).get_environ()
    environ |= {"PATH_INFO": path, "HTTP_HOST": OURS, "CONTENT_LENGTH": str(len(body)), **told}
    environ["wsgi.url_scheme"] = "https"
    db.session.commit()
    chunks, status, headers = run_wsgi_app(site, environ, buffered=True)
    answer = Response(chunks, status, headers)
    assert "evil.example" not in str(answer.headers)
    without_tokens = [one for one in answer.headers if one[0] != "Set-Cookie"]  # they have any four
    assert "evil" not in str(without_tokens)
    assert "a=b" not in answer.headers.get("Set-Cookie", "")
    return answer


def seen(answer: Response, *sent: object) -> Seen:
    """Look at an answer, which must be a whole and valid page."""
    source = answer.get_data(as_text=True)
    assert "Traceback" not in source
    assert "<script>alert" not in source
    found, heading = find_faults_and_heading(source)
    assert found == [], (sent, found)
    return Seen(" ".join(repr(one)[:60] for one in sent), answer.status_code, heading)


@cache
def find_faults_and_heading(source: str) -> tuple[list[str], str]:
    tree = HtmlTree(source)
    return find_faults(tree), next(read_text(one) for one in tree.find_all("h1"))


def others(answers: Iterable[Seen], *expected: int) -> list[Seen]:
    """Leave out the answers that were to be expected."""
    return [answer for answer in answers if answer.status not in expected]


def test_an_unknown_host_header_is_refused(site: Flask) -> None:
    answers = [
        seen(ask(site, path, HTTP_HOST=host), path, host)
        for path in ("/", "/register", "/sign-in", "/no-such-page")
        for host in HOSTS
    ]

    assert others(answers, 400) == []
    assert {answer.heading for answer in answers} == {"We could not understand that request"}


def test_a_request_without_host_header_is_refused(site: Flask) -> None:
    environ = EnvironBuilder("/").get_environ()
    del environ["HTTP_HOST"]

    _, status, _ = run_wsgi_app(site, environ, buffered=True)

    assert status == "400 BAD REQUEST"


def test_an_unsupported_method_answers_405_with_allow(site: Flask) -> None:
    for path in ("/", "/programme", "/sign-in", "/sign-in/sent", "/organise"):
        for method in ("PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "FOO"):
            answer = ask(site, path, method)

            assert seen(answer, path, method).status == 405
            assert "GET" in answer.headers["Allow"]


@pytest.mark.both_databases
def test_a_malformed_path_is_not_found(site: Flask) -> None:
    answers = [seen(ask(site, path), path) for path in PATHS]

    assert others(answers, 404) == []
    assert {answer.heading for answer in answers} == {
        "Page not found",
        "This link does not open a booking",
    }


@pytest.mark.both_databases
def test_an_id_too_large_for_its_column_is_not_found(visitor: Browser) -> None:
    sign_in(visitor)
    for number in (2**31, 10**30):
        visitor.open(f"/organise/speaking/requests/{number}/answer", status=404)
        visitor.open(f"/organise/emails/{number}", status=404)


@pytest.mark.both_databases
@pytest.mark.parametrize("number", ["9" * 10, "9" * 30, "9" * 5_000])
def test_a_form_with_a_number_too_large_for_its_column_is_refused(
    visitor: Browser, number: str
) -> None:
    sign_in(visitor)
    pair = [make_delegate(email=f"{name}@example.org").reference for name in ("ada", "bea")]
    merging = f"/organise/delegates/_duplicates/{pair[0]}/{pair[1]}"
    fields = visitor.open(merging).tree.find_all("input")
    form = {one.get("name", ""): one.get("value", "") for one in fields}

    for address in ("/organise/applications/_several", "/organise/interest/_several"):
        typed = {**form, "action": "decline", "chosen": number}
        assert visitor.fetch("POST", address, data=typed).status_code == 422
    versions = (f"{pair[0]}:{number}", f"{pair[0]}:1:1")
    answers = [
        visitor.fetch("POST", merging, data={**form, "versions": one}).status_code
        for one in versions
    ]
    assert answers == [409, 409]


def test_a_malformed_sign_in_link_no_longer_works(site: Flask) -> None:
    paths = ["/sign-in/\x00", "/sign-in/" + "a" * LONG, "/sign-in/\xff"]

    answers = [seen(ask(site, path), path) for path in paths]

    assert others(answers, 410) == []
    assert {answer.heading for answer in answers} == {"This link no longer works"}


def test_double_slashes_never_redirect_to_another_site(site: Flask) -> None:
    expected = {
        "//": "200",
        "//evil.example": "404",
        "//evil.example/": "404",
        "//evil.example/..": "404",
        "//evil.example/programme/": "404",
        "///programme": "200",
        "//programme/": "308",
        "/\\evil": "404",
        "/\\evil/": "404",
    }
    answered = {}
    for path in expected:
        environ = EnvironBuilder("/").get_environ() | {"PATH_INFO": path, "HTTP_HOST": OURS}

        _, status, headers = run_wsgi_app(site, environ, buffered=True)

        place = urlsplit(headers.get("Location", ""))
        answered[path] = status[:3]
        assert place.netloc in {"", OURS}
        assert not place.path.startswith("//")
    assert answered == expected


@pytest.mark.both_databases
def test_a_malformed_query_string_is_ignored(site: Flask) -> None:
    answers = [
        seen(ask(site, path, QUERY_STRING=question), path, question)
        for path in ("/search", "/programme", "/register", "/sign-in")
        for question in QUESTIONS
    ]

    assert others(answers, 200) == []


def test_malformed_headers_change_nothing(site: Flask) -> None:
    statuses = {
        path: {ask(site, path, **told).status_code for told in HEADERS}
        for path in ("/", "/programme", "/sign-in", "/organise", "/static/css/site.css")
    }

    assert statuses == {
        "/": {200},
        "/programme": {200},
        "/sign-in": {200},
        "/organise": {303},
        "/static/css/site.css": {200},
    }


@pytest.mark.both_databases
def test_a_malformed_form_is_refused_before_anything_is_done(site: Flask) -> None:
    said = {"/sign-in": 422, "/sign-in/x": 410, "/sign-out": 200, "/my/sign-out-everywhere": 400}
    for path, status_of_path in said.items():
        answers = [
            seen(ask(site, path, "POST", body, CONTENT_TYPE=kind), path, kind, body)
            for kind, body in BODIES
        ]

        assert others(answers, 400, status_of_path) == []
    with site.app_context():
        assert [db.session.scalars(select(kind)).all() for kind in (Email, RateLimitHit)] == [
            [],
            [],
        ]


@pytest.mark.both_databases
def test_malformed_feedback_is_refused_beside_the_field(site: Flask) -> None:
    answers = [
        seen(ask(site, "/feedback", "POST", body, CONTENT_TYPE=kind), kind, body)
        for kind, body in MESSAGES
    ]

    assert others(answers, 422) == []
    assert {answer.heading for answer in answers} == {"Feedback"}


def test_a_form_of_ten_megabytes_is_refused(site: Flask) -> None:
    body = b"message=" + b"a" * (10 * MEGABYTE)

    answers = [
        seen(ask(site, path, "POST", body, CONTENT_TYPE=FORM), path)
        for path in ("/feedback", "/sign-in", "/register", "/no-such-page")
    ]

    assert others(answers, 413) == []
    assert {answer.heading for answer in answers} == {"Too much data"}


def test_a_form_of_more_than_a_thousand_parts_is_refused(site: Flask) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'

    answer = ask(site, "/sign-in", "POST", part * 1500 + b"--x--\r\n", CONTENT_TYPE=PARTS)

    assert seen(answer).status == 413


def test_a_cross_site_form_is_refused(site: Flask) -> None:
    for told in STRANGERS:
        answer = ask(site, "/feedback", "POST", b"message=a", CONTENT_TYPE=FORM, **told)

        assert seen(answer, told).status == 400


def test_another_persons_csrf_token_is_refused(visitor: Browser, new_browser: Browsers) -> None:
    field = new_browser().open("/sign-in").tree.find_by_id("csrf_token")
    visitor.open("/sign-in")
    assert field is not None

    answer = visitor.fetch(
        "POST",
        "/sign-in",
        data={"email": "grace@conference.example", "csrf_token": field.get("value")},
    )

    assert answer.status_code == 422


def test_the_running_site_survives_malformed_http(live_site: LiveSites) -> None:
    running = live_site()
    host = f"127.0.0.1:{running.port}".encode()

    answers = {sent[:60]: status(running.port, sent, host) for sent in MALFORMED_HTTP}

    assert {sent: told for sent, told in answers.items() if told.startswith("5")} == {}
    honest = b"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"
    assert status(running.port, honest, host, patience=60) == "200"
    assert "Traceback" not in running.log()


def status(port: int, sent: bytes, host: bytes, patience: float = 1) -> str:
    """Give the status of the answer, or nothing when the line is closed or stays silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.settimeout(patience)
        try:
            line.sendall(sent.replace(b"{host}", host))
            return line.recv(4096).decode("latin-1").partition("\r\n")[0].partition(" ")[2][:3]
        except OSError:
            return ""

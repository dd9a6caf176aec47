"""Slow senders and receivers do not block others, and complete bodies get through."""

import json
import socket
from contextlib import ExitStack
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from app.database import db
from app.interchange.uploads import Upload
from tests.browser import Browser, Browsers
from tests.factories import SMALL_CONFERENCE, make_delegate, set_places, sign_in
from tests.live_site import WSGI, LiveSite, LiveSites
from tests.server.slow_clients import (
    FORM_TYPE,
    build_request_head,
    open_page,
    open_slow_posts,
    send,
    send_feedback,
)
from tests.waiting import HOST, wait_until

UPLOAD = "/organise/files/upload"
PARTS = "multipart/form-data; boundary=part"
MEGABYTE = 1024 * 1024
DELEGATES = 400
CLOSE = {"Connection": "close"}


def cookies_of(browser: Browser) -> str:
    return "; ".join(f"{name}={value}" for name, value in browser.cookies().items())


@pytest.fixture
def organiser(visitor: Browser) -> str:
    """The cookies of a user who may upload files."""
    return cookies_of(sign_in(visitor))


def token_for(running: LiveSite, cookies: str) -> tuple[str, str]:
    """Open the form for a programme file; give its token, and all cookies."""
    page = send(
        running.port, build_request_head(running.port, "GET", UPLOAD, {"Cookie": cookies, **CLOSE})
    )
    about, _, form = page.decode().partition("\r\n\r\n")
    [line] = [one for one in about.split("\r\n") if one.lower().startswith("set-cookie: session")]
    token = form.partition('name="csrf_token" type="hidden" value="')[2].partition('"')[0]
    return token, line.partition(": ")[2].partition(";")[0]


def a_file(summary: str) -> bytes:
    content = json.loads(SMALL_CONFERENCE.read_text(encoding="utf-8"))
    content["conference"]["summary"] = summary
    return json.dumps(content).encode()


def as_parts(token: str, file: bytes) -> bytes:
    fields = {"csrf_token": token, "action": "replace"}
    written = [
        f'--part\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    about = '--part\r\nContent-Disposition: form-data; name="file"; filename="a.json"\r\n\r\n'
    return "".join([*written, about]).encode() + file + b"\r\n--part--\r\n"


def upload(running: LiveSite, cookies: str, file: bytes) -> bytes:
    token, session = token_for(running, cookies)
    body = as_parts(token, file)
    about = {"Cookie": session, "Content-Type": PARTS, "Content-Length": str(len(body)), **CLOSE}
    return send(running.port, build_request_head(running.port, "POST", UPLOAD, about) + body)


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def test_a_large_upload_succeeds_beside_fifty_slow_uploads(
    live_site: LiveSites, organiser: str
) -> None:
    running = live_site()
    _, session = token_for(running, organiser)
    slow = {"Content-Length": str(5 * MEGABYTE), "Content-Type": PARTS, "Cookie": session}

    with open_slow_posts(50, running.port, UPLOAD, b"-" * 1000, **slow):
        assert send_feedback(running.address) == "/feedback/sent"
        assert open_page(f"{running.address}/healthz") == 200
        assert open_page(f"{running.address}/programme") == 200
        answer = upload(running, organiser, a_file("x" * (3 * MEGABYTE)))

    assert status(answer) == 303
    assert len(db.session.scalars(select(Upload.body)).one()) > 3 * MEGABYTE


@pytest.mark.parametrize(
    ("address", "about"),
    [
        ("/feedback", {}),
        ("/no-such-page", {}),
        ("/speakers", {}),
        ("/feedback", {"Content-Type": "application/json"}),
        ("/feedback", {"Content-Length": str(100 * MEGABYTE)}),
        (UPLOAD, {"Content-Length": str(10 * MEGABYTE), "Cookie": "session=nothing"}),
    ],
)
def test_slow_clients_do_not_block_forms_and_pages(
    live_site: LiveSites, address: str, about: dict[str, str]
) -> None:
    running = live_site()

    with open_slow_posts(50, running.port, address, b"m", **about):
        assert open_page(f"{running.address}/healthz") == 200
        assert open_page(f"{running.address}/speakers/ada-marsh") == 200
        assert send_feedback(running.address) == "/feedback/sent"


def test_under_wsgi_slow_clients_do_not_block_pages(live_site: LiveSites) -> None:
    running = live_site(interface=WSGI)

    with open_slow_posts(50, running.port, "/feedback"):
        assert open_page(f"{running.address}/healthz") == 200
        assert open_page(f"{running.address}/programme") == 200
        assert status(send_form(running, b"message=a")) == 503

    assert send_feedback(running.address) == "/feedback/sent"


def send_form(running: LiveSite, body: bytes, **about: str) -> bytes:
    headers = {"Content-Type": FORM_TYPE, **CLOSE}
    lengths = {} if "Transfer-Encoding" in about else {"Content-Length": str(len(body))}
    return send(
        running.port,
        build_request_head(running.port, "POST", "/feedback", headers | lengths | about) + body,
    )


def test_a_too_large_form_is_answered_with_413(live_site: LiveSites) -> None:
    answer = send_form(live_site(), b"message=" + b"a" * (500 * 1024))

    assert status(answer) == 413
    assert b"Too much data" in answer


def test_a_body_of_unknown_length_is_refused(live_site: LiveSites) -> None:
    pieces = b"9\r\nmessage=a\r\n0\r\n\r\n"

    answer = send_form(live_site(), pieces, **{"Transfer-Encoding": "chunked"})

    assert status(answer) == 411


def test_expect_100_continue_for_a_too_large_body_answers_413(live_site: LiveSites) -> None:
    running = live_site()
    about = {
        "Content-Type": FORM_TYPE,
        "Content-Length": str(100 * MEGABYTE),
        "Expect": "100-continue",
        **CLOSE,
    }

    answer = send(running.port, build_request_head(running.port, "POST", "/feedback", about))

    assert status(answer) == 413


def test_a_truncated_form_is_never_processed(live_site: LiveSites, new_browser: Browsers) -> None:
    running = live_site()
    with open_slow_posts(1, running.port, "/feedback", b"message=Half+of+what"):
        pass  # and the connection breaks

    assert send_feedback(running.address) == "/feedback/sent"
    wait_until(lambda: '"status": 303' in running.log(), "the whole one has been answered")
    assert running.log().count('"method": "POST"') == 1


def test_a_slowly_fetched_download_blocks_no_thread(live_site: LiveSites, organiser: str) -> None:
    set_places(DELEGATES)
    for number in range(DELEGATES):  # ten megabytes: more than waits in the connection itself
        make_delegate(email=f"delegate-{number}@example.org", role="clerk " * 4000)
    running = live_site()
    token, session = token_for(running, organiser)
    body = urlencode({"csrf_token": token}).encode()
    about = {"Cookie": session, "Content-Type": FORM_TYPE, "Content-Length": str(len(body))}
    export = (
        build_request_head(running.port, "POST", "/organise/delegates/_export", {**about, **CLOSE})
        + body
    )

    with ExitStack() as connections:
        for _ in range(20):
            line = connections.enter_context(socket.socket())
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.connect((HOST, running.port))
            line.sendall(export)
        assert open_page(f"{running.address}/healthz") == 200
        assert send_feedback(running.address) == "/feedback/sent"
        whole = send(running.port, export)

    assert status(whole) == 200
    assert whole.count(b"@example.org") == DELEGATES

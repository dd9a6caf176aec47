"""A large upload is read to the end only for a signed-in user."""

from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app import clock
from tests.browser import Browser, Browsers, Page
from tests.factories import sign_in

FORM = "/organise/files/upload"
ABOVE_DEFAULT_MAX_CONTENT_LENGTH = b"x" * 200_000


def send_file(browser: Browser) -> TestResponse:
    """Send a large file, as a browser does; the test client would leave files of its own open."""
    about = 'form-data; name="file"; filename="a.json"'
    fields = {
        'form-data; name="csrf_token"': _get_csrf_token(browser),
        'form-data; name="action"': b"replace",
        about: ABOVE_DEFAULT_MAX_CONTENT_LENGTH,
    }
    parts = [
        f"--part\r\nContent-Disposition: {name}\r\n\r\n".encode() + value + b"\r\n"
        for name, value in fields.items()
    ]
    kind = {"Content-Type": "multipart/form-data; boundary=part"}
    return browser.fetch("POST", FORM, kind, data=b"".join([*parts, b"--part--\r\n"]))


def _get_csrf_token(browser: Browser) -> bytes:
    token = browser.page.tree.find_by_id("csrf_token")
    return b"" if token is None else (token.get("value") or "").encode()


def test_an_organiser_can_send_a_large_file(visitor: Browser) -> None:
    sign_in(visitor).open(FORM)

    answer = send_file(visitor)

    assert answer.status_code == 422
    (error,) = Page(visitor, answer, FORM).errors
    assert error.startswith("We cannot read this file. ")


def test_a_large_upload_without_signing_in_is_refused(
    visitor: Browser, new_browser: Browsers
) -> None:
    sign_in(new_browser())
    visitor.open("/sign-in")

    assert send_file(visitor).status_code == 413


@pytest.mark.parametrize(("left", "minutes"), [(60, 45), (5, 5)])
def test_a_large_upload_after_the_login_session_expired_redirects_to_sign_in(
    visitor: Browser, new_browser: Browsers, frozen_time: Any, left: int, minutes: int
) -> None:
    """After 45 minutes in which they did nothing, or at the end of their twelve hours."""
    sign_in(visitor, expires_at=clock.real_now() + timedelta(minutes=left))
    visitor.open(FORM)
    frozen_time.shift(timedelta(minutes=minutes))
    sign_in(new_browser(), "ada@conference.example")

    answer = send_file(visitor)

    assert (answer.status_code, answer.location) == (303, f"/sign-in?next={FORM}")

"""How long someone stays signed in, where, and what becomes of what they send too late."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.accounts import login_sessions
from app.accounts.models import LoginSession, Person
from app.database import db
from tests.browser import Browser, Browsers, Page
from tests.factories import make_organiser, make_sign_in_link, sign_in

GRACE, ADA = "grace@conference.example", "ada@conference.example"
HOME = "Dashboard"
EXPIRED = "This page was open for too long. Check your answers, then try again"


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def device() -> LoginSession:
    db.session.rollback()
    return db.session.scalars(select(LoginSession)).one()


@pytest.mark.both_databases
def test_a_login_session_expires_after_45_minutes_without_activity(
    visitor: Browser, frozen_time: Any
) -> None:
    sign_in(visitor)

    frozen_time.shift(minutes(44))
    assert visitor.open("/organise").heading == HOME
    frozen_time.shift(minutes(44))
    assert visitor.open("/organise").heading == HOME
    frozen_time.shift(minutes(45))
    assert visitor.open("/organise").heading == "Sign in"


def test_activity_extends_only_the_login_session_it_belongs_to(
    visitor: Browser, new_browser: Browsers, frozen_time: Any
) -> None:
    sign_in(visitor)
    other = sign_in(new_browser(), ADA)

    frozen_time.shift(minutes(44))
    assert visitor.open("/organise").heading == HOME
    frozen_time.shift(minutes(1))

    assert visitor.open("/organise").heading == HOME
    assert other.open("/organise").heading == "Sign in"


def test_a_login_session_expires_after_12_hours_despite_activity(
    visitor: Browser, frozen_time: Any
) -> None:
    sign_in(visitor)

    for _ in range(17):
        frozen_time.shift(minutes(42))
        assert visitor.open("/organise").heading == HOME
    frozen_time.shift(minutes(5))
    page = visitor.open("/my")
    frozen_time.shift(minutes(1))

    assert "You will be signed out at 9:30pm, 12 hours after you signed in." in page.source
    assert visitor.open("/organise").heading == "Sign in"


@pytest.mark.settings(CLOCK_STARTS_AT="2031-10-01T09:00:00+01:00")
def test_login_session_expiry_uses_the_real_clock_not_the_site_clock(
    visitor: Browser, frozen_time: Any
) -> None:
    sign_in(visitor)
    frozen_time.shift(minutes(44))

    page = visitor.open("/organise")

    assert clock.now().year == 2031
    assert (
        "You will be signed out at 10:59am, or 45 minutes after you last open a page."
        in page.source
    )


def test_last_used_at_is_updated_at_most_once_a_minute(
    visitor: Browser, frozen_time: Any, queries: list[str]
) -> None:
    sign_in(visitor)
    began = clock.real_now()

    frozen_time.shift(timedelta(seconds=59))
    visitor.open("/organise")
    assert device().last_used_at == began
    assert not [one for one in queries if one.startswith("UPDATE")]
    frozen_time.shift(timedelta(seconds=1))
    visitor.open("/organise")

    assert device().last_used_at == clock.real_now()
    assert len([one for one in queries if one.startswith("UPDATE")]) == 1


def test_a_page_is_shown_when_last_used_at_cannot_be_written(
    visitor: Browser, frozen_time: Any, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sign_in(visitor)
    frozen_time.shift(minutes(5))

    with closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as somebody_else:
        somebody_else.execute("BEGIN IMMEDIATE")
        assert visitor.open("/organise").heading == HOME

    (line,) = (one for one in capsys.readouterr().err.splitlines() if "unavailable" in one)
    told = json.loads(line)
    assert (told["place"], told["code"]) == ("after the request", "SQLITE_BUSY")


def test_staying_signed_in_extends_the_login_session(visitor: Browser, frozen_time: Any) -> None:
    sign_in(visitor)
    frozen_time.shift(minutes(10))
    page = visitor.open("/my")
    frozen_time.shift(minutes(41))
    (box,) = page.tree.find_by_class("ending")

    answer = visitor.fetch("POST", "/my/stay", data={"csrf_token": token(page)})

    assert box.get("data-ending") == str(45 * 60)
    assert answer.get_json() == {"left": 45 * 60, "until": "11:06am"}
    frozen_time.shift(minutes(44))
    assert visitor.open("/organise").heading == HOME


def token(page: Page) -> str:
    field = page.tree.find_by_id("token-everywhere")
    assert field is not None
    return field.get("value") or ""


def test_a_device_can_be_signed_out_from_another_device(
    visitor: Browser, new_browser: Browsers, frozen_time: Any
) -> None:
    sign_in(new_browser(), label="Safari on iPhone")
    frozen_time.shift(minutes(3))
    telephone = sign_in(new_browser(), label="Chrome on Android")
    sign_in(new_browser(), ADA)
    sign_in(visitor)
    page = visitor.open("/my")

    frozen_time.shift(minutes(1))
    page = page.press("Sign out: Chrome on Android, signed in at 9:33am on Tuesday 12 May 2009")

    assert "Safari on iPhone" in page.text
    assert "Chrome on Android" not in page.text
    assert telephone.open("/organise").heading == "Sign in"
    assert len(db.session.scalars(select(LoginSession)).all()) == 3


def test_nobody_can_sign_out_another_persons_device(
    visitor: Browser, new_browser: Browsers
) -> None:
    ada = sign_in(new_browser(), ADA)
    theirs = device().id
    page = sign_in(visitor).open("/my")

    visitor.fetch("POST", f"/my/devices/{theirs}/sign-out", data={"csrf_token": token(page)})

    assert ada.open("/my").heading == "Your account"


WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
BROWSERS = {
    "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0": "Firefox on Windows",
    f"Mozilla/5.0 (Macintosh; Intel) {WEBKIT} Version/18.4 Safari/605.1.15": "Safari on Mac",
    f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/138 Safari/537.36": "Chrome on Android",
    f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/138 Safari/537 Edg/138": "Edge on Windows",
    "Lynx/2.9": "",
    "<script>Linux": "Linux",
    "": "",
}


@pytest.mark.parametrize(("told", "name"), list(BROWSERS.items()))
def test_the_user_agent_is_described_by_browser_and_operating_system(told: str, name: str) -> None:
    assert login_sessions.describe_user_agent(told) == name


def test_a_device_is_labelled_from_the_user_agent_header_at_sign_in(visitor: Browser) -> None:
    visitor.open(make_sign_in_link())
    form = visitor.page.tree.find_by_id("csrf_token")
    assert form is not None

    visitor.fetch(
        "POST",
        visitor.page.address,
        {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
        data={"csrf_token": form.get("value")},
    )

    assert device().label == "Firefox on Linux"


def test_a_form_sent_after_expiry_is_restored_after_signing_in_again(
    visitor: Browser, frozen_time: Any
) -> None:
    sign_in(visitor)
    form = visitor.open("/organise/people/invite")
    frozen_time.shift(minutes(50))
    answers = {"Email address": "  Ada <b>&\r\n\u202e", "Role": "Registration desk"}

    kept = form.press("Send invitation", answers, status=401)
    again = kept.press("Continue", status=401)

    assert kept.heading == again.heading == "You have been signed out"
    assert "What you typed has not been lost, but it has not been saved yet." in kept.text
    assert kept.headers["WWW-Authenticate"] == "EmailLink"
    assert kept.links["Sign in (opens in a new tab)"] == "/sign-in"
    assert sign_in_again(visitor).heading == HOME
    back = again.press("Continue", status=422)
    assert back.heading == "Invite a team member"
    assert back.errors == [
        "Enter an email address in the correct format, like name@example.com",
        EXPIRED,
    ]
    assert back.value_of("Email address") == "Ada <b>&"
    assert back.value_of("Role") == "Registration desk"
    done = back.press("Send invitation", email_address=ADA)
    assert done.heading == "Team"
    assert ADA in done.text


def sign_in_again(visitor: Browser) -> Page:
    """Sign in in another tab of the same browser, second step and all."""
    person = make_organiser()
    visitor.open(make_sign_in_link())
    visitor.press("Sign in")
    waiting = db.session.scalars(
        select(LoginSession).where(LoginSession.verified_at.is_(None))
    ).one()
    waiting.verified_at = clock.real_now()
    assert person.id == waiting.person_id
    return visitor.open("/organise")


def test_every_field_of_a_form_sent_after_expiry_is_restored(
    visitor: Browser, frozen_time: Any
) -> None:
    sign_in(visitor)
    field = visitor.open("/sign-out").tree.find_by_id("csrf_token")
    assert field is not None
    frozen_time.shift(minutes(50))
    typed = {
        "csrf_token": field.get("value"),
        "notes": 'One line\r\nand "another" <textarea>',
        "chosen": ["a", "b"],
        "empty": "",
    }

    answer = visitor.fetch("POST", "/organise/people/invite?from=here", data=typed)

    page = Page(visitor, answer, "/organise/people/invite")
    hidden = [
        (one.get("name"), one.get("value"))
        for one in page.tree.find_all("input")
        if one.get("type") == "hidden" and one.get("name") != "csrf_token"
    ]
    assert hidden == [
        ("notes", 'One line\nand "another" <textarea>'),
        ("chosen", "a"),
        ("chosen", "b"),
        ("empty", ""),
    ]
    (form,) = page.tree.find_all("form", within=page.main)
    assert form.get("action") == "/organise/people/invite?from=here"


def test_a_button_pressed_after_expiry_changes_nothing_and_explains_what_to_do(
    visitor: Browser, frozen_time: Any
) -> None:
    sign_in(visitor)
    page = visitor.open("/my")
    frozen_time.shift(minutes(50))

    kept = page.press("Sign out everywhere", status=401)

    assert "Nothing has changed yet." in kept.text
    assert "Continue" not in kept.buttons


def test_a_form_with_a_file_sent_after_expiry_asks_for_the_file_again(
    visitor: Browser, frozen_time: Any
) -> None:
    sign_in(visitor)
    page = visitor.open("/my")
    frozen_time.shift(minutes(50))
    sent = {
        "csrf_token": token(page),
        "note": "Mine",
        "file": (BytesIO(b"x"), "a.xml"),
    }

    answer = visitor.fetch("POST", "/organise/people/invite", data=sent)

    assert answer.status_code == 401
    assert "You will need to choose your file again." in answer.get_data(as_text=True)


def test_a_form_sent_before_the_second_step_is_restored_after_it(visitor: Browser) -> None:
    sign_in(visitor)
    form = visitor.open("/organise/people/invite")
    waiting = device()
    waiting.verified_at = None

    kept = form.press("Send invitation", email_address=ADA, role="Viewer", status=401)

    assert kept.heading == "Finish signing in first"
    way = kept.links["Complete your second step (opens in a new tab)"]
    assert visitor.open(way).heading == "Set up your second step"


def test_login_sessions_older_than_the_second_step_have_to_set_it_up(
    visitor: Browser, site: Flask
) -> None:
    sign_in(visitor, verified_at=None, last_used_at=None, label="")

    assert visitor.open("/organise").heading == "Set up your second step"
    assert db.session.scalars(select(Person)).one().has_second_factor is False

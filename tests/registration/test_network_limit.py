"""One network cannot take every place; refused people lose nothing and see what to do."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.database import db
from app.delegates.models import ApplicationDraft
from app.registration import queries
from tests.browser import Browser, Browsers, Page
from tests.factories import make_delegate, set_places
from tests.refusals import TOO_MANY_FROM_NETWORK
from tests.registration_flow import CHECK_PAGE_ANSWERS, answer_questions, complete_registration
from tests.sent_emails import list_emails_to


def _register(new_browser: Browsers, number: int, status: int = 200) -> Page:
    page = answer_questions(new_browser(), email=f"delegate{number}@example.org")
    return page.press("Confirm registration", status=status)


def test_one_network_can_register_sixty_people_an_hour(
    new_browser: Browsers, frozen_time: Any
) -> None:
    set_places(1000)
    for number in range(60):
        assert _register(new_browser, number).heading == "You are registered"

    refused = _register(new_browser, 60, status=429)

    assert refused.errors == [TOO_MANY_FROM_NETWORK]
    assert refused.headers["Retry-After"] == "3600"
    assert queries.get_seat_counts().taken == 60
    assert list_emails_to("delegate60@example.org") == []
    frozen_time.shift(timedelta(minutes=60))
    assert refused.press("Confirm registration").heading == "You are registered"


@pytest.mark.both_databases
@pytest.mark.settings(LIMIT_REGISTRATIONS_PER_NETWORK="1")
def test_a_rate_limited_registration_keeps_its_answers(
    visitor: Browser, new_browser: Browsers
) -> None:
    _register(new_browser, 0)

    page = answer_questions(visitor).press("Confirm registration", status=429)

    assert page.heading == "Check your answers"
    assert page.title.startswith("Error: Check your answers")
    assert page.errors == [TOO_MANY_FROM_NETWORK]
    assert page.summary_list == CHECK_PAGE_ANSWERS
    again = visitor.open("/register/check")
    assert again.summary_list == CHECK_PAGE_ANSWERS
    assert again.errors == []


@pytest.mark.both_databases
@pytest.mark.settings(LIMIT_REGISTRATIONS_PER_NETWORK="1")
def test_new_drafts_are_rate_limited_for_each_network(
    new_browser: Browsers, frozen_time: Any
) -> None:
    for _ in range(10):
        _begin(new_browser())

    refused = _begin(new_browser(), status=429)

    assert refused.heading == "What is your name?"
    assert refused.errors == [TOO_MANY_FROM_NETWORK]
    assert refused.headers["Retry-After"] == "3600"
    assert refused.value_of("Given names") == "Ada"
    assert db.session.scalar(select(func.count()).select_from(ApplicationDraft)) == 10
    frozen_time.shift(timedelta(minutes=60))
    assert refused.press("Continue").heading == "What is your email address?"


def _begin(browser: Browser, status: int = 200) -> Page:
    page = browser.open("/register/name")
    return page.press("Continue", status=status, given_names="Ada", family_name="Marsh")


@pytest.mark.settings(LIMIT_REGISTRATIONS_PER_NETWORK="1")
def test_a_double_click_counts_once_towards_the_rate_limit(visitor: Browser) -> None:
    page = answer_questions(visitor)
    first = page.press("Confirm registration")

    second = page.press("Confirm registration")

    assert second.address == first.address


@pytest.mark.settings(LIMIT_REGISTRATIONS_PER_NETWORK="1")
def test_a_full_conference_is_reported_before_the_rate_limit(
    visitor: Browser, new_browser: Browsers
) -> None:
    _register(new_browser, 0)
    page = answer_questions(visitor)
    set_places(1)

    assert page.press("Confirm registration", status=409).heading == "The conference is full"


@pytest.mark.settings(LIMIT_REGISTRATIONS_PER_NETWORK="0")
def test_without_a_network_limit_registrations_are_not_counted(new_browser: Browsers) -> None:
    set_places(1000)
    for number in range(62):
        assert _register(new_browser, number).heading == "You are registered"


@pytest.mark.settings(LIMIT_REGISTRATIONS_PER_NETWORK="1", PROXIES="1")
def test_behind_a_proxy_the_forwarded_address_is_rate_limited(new_browser: Browsers) -> None:
    statuses = []
    for number, address in enumerate(("192.0.2.1", "198.51.100.1", "192.0.2.1")):
        browser = new_browser()
        page = answer_questions(browser, name=("Ada", f"Number {number}"))
        token = page.source.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        answer = browser.fetch(
            "POST", "/register/confirm", {"X-Forwarded-For": address}, data={"csrf_token": token}
        )
        statuses.append(answer.status_code)

    assert statuses == [303, 303, 429]


@pytest.mark.settings(LIMIT_REGISTRATIONS_PER_NETWORK="1")
def test_the_desk_is_not_limited(visitor: Browser) -> None:
    for number in range(3):
        make_delegate(given_names=f"Ada {number}")

    assert complete_registration(visitor).heading == "You are registered"

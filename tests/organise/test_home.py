"""The organisers' home page says what an organiser wants to know first."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Blueprint, Flask

from app import organise
from app.accounts.guards import require_a_part
from app.mail.models import FAILED, SENT
from tests.browser import Browser, Page
from tests.factories import a_delegate, a_letter, a_session, places, published, signed_in


@pytest.fixture
def organiser(visitor: Browser) -> Browser:
    """An organiser who has signed in."""
    return signed_in(visitor)


def delegates(count: int) -> None:
    for number in range(1, count + 1):
        a_delegate(family_name=f"{number}")


def numbers(page: Page) -> dict[str, str]:
    (tiles,) = page.tree.of_class("numbers")
    return {
        "".join(tile[0].itertext()).strip(): "".join(tile[1].itertext()).strip() for tile in tiles
    }


def test_a_stranger_is_asked_to_sign_in(visitor: Browser) -> None:
    answer = visitor.fetch("GET", "/organise")

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/sign-in?next=/organise"


def test_every_part_of_the_back_office_inherits_the_guard(site: Flask) -> None:
    part = Blueprint("part", __name__)
    part.add_url_rule("/part", view_func=lambda: "for organisers only")
    whole = Blueprint("office", __name__, url_prefix="/office")
    whole.before_request(require_a_part)
    whole.register_blueprint(part)
    site.register_blueprint(whole)

    assert site.before_request_funcs["organise"] == [require_a_part]
    assert organise.pages.url_prefix == "/organise"
    assert site.test_client().get("https://conference.example/office/part").status_code == 303


def test_an_empty_conference_says_what_will_be_there_and_what_to_do(organiser: Browser) -> None:
    page = organiser.open("/organise")

    assert page.heading == "Organisers’ home page"
    assert "0 of 20 places are taken. 20 are left." in page.text
    assert "Nobody has registered yet" in page.text
    assert "No letter is waiting." in page.text


@pytest.mark.empty
def test_a_site_without_a_conference_says_how_to_begin(organiser: Browser) -> None:
    page = organiser.open("/organise")

    assert "Nobody has said yet how many places there are" in page.text
    assert "Nothing has been published yet" in page.text


def test_places_are_a_number_a_drawing_and_words(organiser: Browser) -> None:
    places(8)
    delegates(3)

    page = organiser.open("/organise")

    assert numbers(page)["places taken of 8"] == "3"
    (drawing,) = page.tree.of_class("bar")
    assert page.at(drawing.get("aria-labelledby", "")) == "3 of 8 places are taken. 5 are left."
    assert [one.get("width") for one in drawing] == ["100%", "37.5%"]


def test_a_full_conference_says_so(organiser: Browser) -> None:
    places(1)
    a_delegate()

    page = organiser.open("/organise")

    assert "Every place is taken" in page.text


@pytest.mark.parametrize(
    ("moment", "number", "meaning"),
    [
        ("2009-05-12T09:30:00+01:00", "29", "days until the conference"),
        ("2009-06-09T23:59:00+01:00", "1", "day until the conference"),
        ("2009-06-10T00:01:00+01:00", "Day 1", "of 2: the conference is on"),
        ("2009-06-11T23:59:00+01:00", "Day 2", "of 2: the conference is on"),
        ("2009-06-12T00:01:00+01:00", "Over", "The conference has taken place"),
    ],
)
def test_the_days_are_counted_by_the_clocks_of_the_conference(
    visitor: Browser, held_clock: Any, moment: str, number: str, meaning: str
) -> None:
    held_clock.move_to(moment)
    signed_in(visitor)

    page = visitor.open("/organise")

    assert numbers(page)[meaning] == number


def test_the_newest_delegates_come_first_and_their_needs_stay_out(organiser: Browser) -> None:
    a_delegate(given_names="Florence", family_name="First")
    delegates(9)
    a_delegate(given_names="Lin", family_name="Last", organisation="C <b>", country="KE")

    page = organiser.open("/organise")

    assert next(iter(page.facts)) == "places taken of 20"
    assert "Lin Last C <b>, Kenya 9:30am on Tuesday 12 May 2009" in page.text
    assert page.text.index("Lin Last") < page.text.index("Ada 9")
    assert "Florence First" not in page.text
    assert "needs" not in page.source.lower()


@pytest.mark.parametrize(
    "name", ["Ng" * 100, "محمد الأمين", "<script>alert(1)</script>", "O’Brien"]
)
def test_any_name_is_shown_as_it_was_given(organiser: Browser, name: str) -> None:
    a_delegate(given_names=name, family_name="", organisation=name)

    page = organiser.open("/organise")

    assert page.text.count(name) == 2


def test_a_letter_that_has_just_been_written_is_no_cause_for_concern(organiser: Browser) -> None:
    a_letter()

    page = organiser.open("/organise")

    assert numbers(page)["letter waiting to go out"] == "1"
    assert "That is as it should be." in page.text
    assert "Letters are not going out" not in page.text


def test_letters_that_wait_too_long_are_said_at_the_top(
    organiser: Browser, held_clock: Any
) -> None:
    a_letter()
    a_letter()
    held_clock.shift(timedelta(hours=3))

    page = organiser.open("/organise")

    assert "Letters are not going out: the oldest has waited for 3 hours." in page.text
    assert "Ask whoever runs the site to see that the mail worker runs" in page.text


def test_letters_that_failed_are_listed_with_the_reason_and_what_to_do(organiser: Browser) -> None:
    for number in range(7):
        a_letter(state=FAILED, recipient=f"p{number}@example.org", last_error="550 No such user")
    a_letter(state=SENT)

    page = organiser.open("/organise")

    assert numbers(page)["letters that could not be delivered"] == "7"
    assert "p0@example.org You have a place 550 No such user" in page.text
    assert "These are 5 of 7." in page.text
    assert "Most often the address is wrong" in page.text


def test_the_current_release_is_named(organiser: Browser) -> None:
    a_session()
    published()

    page = organiser.open("/organise")

    assert "Readers see release 2, published at 9:30am on Tuesday 12 May 2009." in page.text


def test_registration_says_until_when(organiser: Browser, held_clock: Any) -> None:
    places(3)

    assert "Registration is open until" in organiser.open("/organise").text
    held_clock.move_to("2009-06-12T09:00:00+01:00")
    assert "Registration closed at" in signed_in(organiser).open("/organise").text


def test_the_home_page_lets_an_organiser_out(organiser: Browser) -> None:
    organiser.open("/organise")

    assert organiser.press("Sign out").heading == "You are signed out"


@pytest.mark.parametrize("count", [1, 3])
def test_the_home_page_asks_the_same_few_questions(
    organiser: Browser, queries: list[str], count: int
) -> None:
    places(10)
    delegates(count)
    for _ in range(count):
        a_letter()
        a_letter(state=FAILED)
    organiser.open("/organise")
    queries.clear()

    organiser.open("/organise")

    assert len(asked(queries)) == 5


def test_thousands_of_letters_make_no_longer_page(
    organiser: Browser, queries: list[str], a_browser: Callable[[], Browser]
) -> None:
    for number in range(2000):
        a_letter(state=FAILED if number % 2 else "waiting")
    organiser.open("/organise")
    queries.clear()

    page = organiser.open("/organise")

    assert numbers(page)["letters waiting to go out"] == "1000"
    assert len(asked(queries)) == 5
    assert len(page.source) < 20_000


def asked(queries: list[str]) -> list[str]:
    """Leave out the look at the edition, which other sites take once a second."""
    return [statement for statement in queries if "FROM edition" not in statement]

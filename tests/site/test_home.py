"""The front door: what the conference is, whether one can register, and where to go next."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.database import transaction
from app.interchange import services
from app.programme import queries
from app.releases import services as releases_services
from config import ROOT
from tests.browser import Browser, Page
from tests.factories import make_delegate, make_session, make_theme, publish_programme, set_places
from tests.pages import read_text

SHIPPED = ROOT / "content" / "conference.json"


def _door(page: Page) -> str:
    """Read what the page says of registration."""
    (sentence,) = page.tree.find_by_class("hero__door")
    return read_text(sentence)


def _the_shipped_conference() -> None:
    with transaction():
        services.load_file(SHIPPED)
        releases_services.create_release()


def test_it_says_what_when_and_where(visitor: Browser) -> None:
    page = visitor.open("/")

    assert page.heading == "Tides and Harbours"
    assert page.title == "Tides and Harbours – Whitby, Wednesday 10 June 2009"
    assert "Wednesday 10 to Thursday 11 June 2009, Whitby" in page.text
    assert "Two days by the sea." in page.text


def test_while_registration_is_open_a_button_leads_there(visitor: Browser) -> None:
    page = visitor.open("/")

    assert _door(page) == "Registration is open until 5pm on Monday 8 June 2009."
    assert page.follow("Register for a place").heading == "Register for the conference"


def test_before_it_opens_the_page_says_when(visitor: Browser, frozen_time: Any) -> None:
    frozen_time.move_to("2009-04-30T12:00:00+01:00")

    page = visitor.open("/")

    assert _door(page) == "Registration opens at 9am on Friday 1 May 2009."
    assert "Register for a place" not in page.links


def test_after_it_closed_the_page_says_so(visitor: Browser, frozen_time: Any) -> None:
    frozen_time.move_to("2009-06-08T17:00:00+01:00")

    page = visitor.open("/")

    assert _door(page) == "Registration closed at 5pm on Monday 8 June 2009."
    assert "Register for a place" not in page.links


def test_when_the_last_place_goes_the_page_says_so_at_once(visitor: Browser) -> None:
    set_places(1)
    assert _door(visitor.open("/")).startswith("Registration is open")

    make_delegate()

    page = visitor.open("/")
    assert _door(page).startswith("Every place is taken.")
    assert "Register for a place" not in page.links


def test_a_door_without_hours_is_open(visitor: Browser) -> None:
    with transaction():
        queries.get_conference().registration_opens_at = None
        queries.get_conference().registration_closes_at = None
    publish_programme()

    assert _door(visitor.open("/")) == "Registration is open."


def test_a_conference_without_places_has_not_opened(visitor: Browser) -> None:
    set_places(0)

    assert _door(visitor.open("/")) == "Registration has not opened yet."


def test_a_remembered_page_does_not_outlive_the_moment_when_the_door_closes(
    visitor: Browser, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen_time.move_to("2009-06-08T16:59:30+01:00")
    visitor.open("/")
    frozen_time.shift(timedelta(minutes=1))
    then = time.monotonic() + 60  # which the held clock does not hold
    monkeypatch.setattr("app.web.cache_policy.time.monotonic", lambda: then)

    assert _door(visitor.open("/")).startswith("Registration closed")


def test_each_theme_has_its_word_its_shape_and_its_colour(visitor: Browser) -> None:
    page = visitor.open("/")

    (themes,) = page.tree.find_by_class("themes")
    told = [
        (read_text(heading), item.get("class"), shape.get("href"))
        for item in page.tree.find_all("li", within=themes)
        for heading in page.tree.find_all("h3", within=item)
        for shape in item.iter("{http://www.w3.org/2000/svg}use")
    ]
    assert told == [
        ("Water", "theme-1", "#shape-circle"),
        ("Stone", "theme-2", "#shape-square"),
    ]
    assert page.follow("Water").heading == "Water"


def test_each_day_shows_what_it_begins_with_and_no_pauses(visitor: Browser) -> None:
    page = visitor.open("/")

    shown = [read_text(one) for one in page.tree.find_by_class("glance")]
    assert [one.partition("2009 ")[2] for one in shown] == [
        "9:30am Opening 11am Reading the tide 11am Harbour walls Illustrative",
        "4pm Farewell",
    ]
    assert page.links["Thursday 11 June 2009"] == "/programme/2009-06-11"


def test_a_long_day_is_cut_and_says_how_much_more_there_is(visitor: Browser) -> None:
    for number in range(3):
        make_session(title=f"Late {number}")
    publish_programme()

    (first, _) = visitor.open("/").tree.find_by_class("glance")
    assert read_text(first).endswith("and 2 more sessions")


def test_the_latest_news_leads_to_its_place_among_the_news(visitor: Browser) -> None:
    page = visitor.open("/")

    assert page.links["Registration is open"] == "/whats-new/2008-09-01-registration-is-open"
    assert page.links["All news"] == "/whats-new"


def test_the_two_figures_belong_to_the_conference_as_shipped(
    visitor: Browser, new_browser: Callable[[], Browser]
) -> None:
    assert "82 years" not in visitor.open("/").text

    _the_shipped_conference()

    page = new_browser().open("/")
    assert page.heading == "Closing the Gap in a Generation"
    (caption,) = page.tree.find_all("figcaption")
    assert [read_text(line) for line in page.tree.find_all("p", within=caption)] == [
        "82 years is how long a man could expect to live in Lenzie, near Glasgow",
        "54 years is how long he could expect to live in Calton, a few kilometres away",
    ]


@pytest.mark.empty
def test_a_site_with_nothing_published_looks_meant(visitor: Browser) -> None:
    page = visitor.open("/")

    assert page.heading == "A conference is being prepared"
    assert page.title == "A conference is being prepared"
    assert "2008" not in read_text(next(page.tree.find_by_class("hero")))
    assert "Register for a place" not in page.links
    assert "See the programme" not in page.links
    assert "The themes" not in page.headings
    assert "All news" not in page.links
    assert page.links["Find an answer"] == "/questions"


def test_an_invented_conference_says_so_first(visitor: Browser) -> None:
    with transaction():
        queries.get_conference().is_demo = True
    publish_programme()

    page = visitor.open("/")

    assert "This conference is invented. It was made up to try things out." in page.text


def test_hostile_words_stay_words(visitor: Browser, site: Flask) -> None:
    make_theme(name='<script>alert(1)</script>" onload="x', summary="{{ 7 * 7 }}")
    with transaction():
        queries.get_conference().acronym = "../../../etc/passwd"
    publish_programme()

    page = visitor.open("/")

    assert '<script>alert(1)</script>" onload="x' in page.headings
    assert "{{ 7 * 7 }}" in page.text

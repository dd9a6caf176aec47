"""Public pages that answer questions in their address are kept once for each answer."""

import pytest
from flask import Flask
from werkzeug.test import run_wsgi_app

from app.web.cache_params import choice_param, short_text_param
from app.web.page_cache import PageCache
from tests.browser import Browser

MANY = 10_000
LONG = 5000  # characters
SEARCH = "Search sessions, speakers and pages"


def shelf(site: Flask) -> PageCache:
    """Give the store of finished pages."""
    kept: PageCache = site.extensions["page_cache"]
    return kept


def _opened(site: Flask, address: str, question: str = "") -> None:
    """Ask for a page as cheaply as can be."""
    asked = {**ASKED, "PATH_INFO": address, "QUERY_STRING": question}
    body, status, _ = run_wsgi_app(site.wsgi_app, asked)
    assert b"".join(body)
    assert status == "200 OK"


ASKED = {
    "REQUEST_METHOD": "GET",
    "SCRIPT_NAME": "",
    "HTTP_HOST": "conference.example",
    "SERVER_NAME": "conference.example",
    "SERVER_PORT": "443",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "wsgi.url_scheme": "https",
}


def test_a_page_that_answers_a_question_is_remembered_under_its_answer(
    visitor: Browser, site: Flask
) -> None:
    first = visitor.open("/programme?view=grid")
    visitor.open("/programme?view=list&view=grid")
    kept = len(shelf(site))

    again = visitor.open("/programme?from=a+letter&view=grid&zone=")

    assert again.heading == first.heading == "Programme by room and time"
    assert again.headers["ETag"] == first.headers["ETag"]
    assert visitor.open("/programme?view=list&view=grid").heading == "Programme"
    assert len(shelf(site)) == kept


def test_whatever_else_stands_in_the_address_leads_to_the_same_page(
    visitor: Browser, site: Flask
) -> None:
    plain = visitor.open("/programme")

    page = visitor.open("/programme?utm_source=newsletter&view=upside-down")

    assert page.headers["ETag"] == plain.headers["ETag"]
    assert len(shelf(site)) == 1


@pytest.mark.parametrize(
    "address",
    [*("/", "/speakers", "/schedule.xml", "/schedule.json", "/programme.txt", "/programme.ics")],
)
def test_a_page_that_answers_no_question_answers_all_of_them_from_the_store(
    visitor: Browser, site: Flask, address: str
) -> None:
    first = visitor.open(f"{address}?x=1")
    kept = shelf(site).get({"PATH_INFO": address})

    again = [visitor.open(f"{address}?{question}") for question in ("x=2", "y", "x" * LONG)]

    assert kept is not None
    assert {page.headers["ETag"] for page in again} == {first.headers["ETag"]}
    assert shelf(site).get({"PATH_INFO": address, "QUERY_STRING": "x=3"}) is kept
    assert len(shelf(site)) == 1


def test_other_questions_of_any_length_lead_to_the_same_answer(
    visitor: Browser, site: Flask
) -> None:
    page = visitor.open(f"/programme?view=grid&{'x' * LONG}=1")

    assert page.heading == "Programme by room and time"
    assert visitor.open("/programme?view=grid").headers["ETag"] == page.headers["ETag"]
    assert len(shelf(site)) == 1


def test_the_programme_as_text_answers_no_question(visitor: Browser, site: Flask) -> None:
    visitor.open("/programme?view=grid")
    as_text = {"Accept": "text/plain"}
    first = visitor.fetch("GET", "/programme?view=grid&x=1", as_text)

    again = visitor.fetch("GET", "/programme?zone=Asia/Tokyo", as_text)

    assert (first.mimetype, again.headers["ETag"]) == ("text/plain", first.headers["ETag"])
    assert len(shelf(site)) == 2


def test_a_page_that_reads_its_question_itself_is_not_kept_with_one(
    visitor: Browser, site: Flask
) -> None:
    plain = visitor.open("/search")

    found = visitor.open("/search?q=tide")

    assert (plain.value_of(SEARCH), found.value_of(SEARCH)) == ("", "tide")
    assert len(shelf(site)) == 1


def test_memory_stays_bounded_over_ten_thousand_different_addresses(
    visitor: Browser, site: Flask
) -> None:
    visitor.open("/programme")
    visitor.open("/programme?view=grid")
    before = len(shelf(site)), shelf(site).size

    for number in range(MANY // 2):
        _opened(site, "/programme", f"counter={number}")
        _opened(site, "/programme", f"view=grid&counter={number}")

    assert (len(shelf(site)), shelf(site).size) == before


def test_the_oldest_answers_make_room_for_new_ones(
    visitor: Browser, site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.page_cache.MAX_BYTES", 100_000)

    for zone in ("America/Lima", "Asia/Tokyo", "Africa/Lagos", "Europe/Paris", "Asia/Dhaka"):
        visitor.open(f"/programme?zone={zone}")
        visitor.open(f"/programme?view=grid&zone={zone}")

    assert shelf(site).size <= 100_000
    assert 0 < len(shelf(site)) < 10


def test_a_text_is_read_up_to_its_greatest_length_and_without_what_cannot_be_seen() -> None:
    read = short_text_param(3)

    assert [read("ab"), read("abc"), read("abcd"), read("a\n")] == ["ab", "abc", "", ""]


def test_of_a_choice_only_what_can_be_chosen_is_read() -> None:
    read = choice_param("grid", "list")

    assert [read(asked) for asked in ("grid", "list", "Grid", "", "map")] == [
        "grid",
        "list",
        "",
        "",
        "",
    ]

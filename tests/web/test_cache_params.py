"""Public pages that answer questions in their address are kept once for each answer."""

import pytest
from flask import Flask
from werkzeug.test import run_wsgi_app

from app.web.page_cache import PageCache
from tests.browser import Browser

MANY = 10_000


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


def test_a_page_that_answers_no_question_is_not_kept_with_one(
    visitor: Browser, site: Flask
) -> None:
    visitor.open("/speakers?utm_source=newsletter")

    assert len(shelf(site)) == 0


def test_a_question_that_is_too_long_is_answered_and_not_kept(
    visitor: Browser, site: Flask
) -> None:
    page = visitor.open(f"/programme?view=grid&{'x' * 200}=1")

    assert page.heading == "Programme by room and time"
    assert len(shelf(site)) == 0


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

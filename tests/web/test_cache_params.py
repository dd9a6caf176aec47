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


def get_page_cache(site: Flask) -> PageCache:
    """Give the store of finished pages."""
    kept: PageCache = site.extensions["page_cache"]
    return kept


def _opened(site: Flask, address: str, question: str = "") -> None:
    """Ask for a page as cheaply as can be."""
    asked = {**QUERY_STRINGS, "PATH_INFO": address, "QUERY_STRING": question}
    body, status, _ = run_wsgi_app(site.wsgi_app, asked)
    assert b"".join(body)
    assert status == "200 OK"


QUERY_STRINGS = {
    "REQUEST_METHOD": "GET",
    "SCRIPT_NAME": "",
    "HTTP_HOST": "conference.example",
    "SERVER_NAME": "conference.example",
    "SERVER_PORT": "443",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "wsgi.url_scheme": "https",
}


def test_a_page_is_cached_by_its_known_query_parameters(visitor: Browser, site: Flask) -> None:
    first = visitor.open("/programme?view=grid")
    visitor.open("/programme?view=list&view=grid")
    kept = len(get_page_cache(site))

    again = visitor.open("/programme?from=a+letter&view=grid&zone=")

    assert again.heading == first.heading == "Programme by room and time"
    assert again.headers["ETag"] == first.headers["ETag"]
    assert visitor.open("/programme?view=list&view=grid").heading == "Programme"
    assert len(get_page_cache(site)) == kept


def test_unknown_query_parameters_share_the_cached_page(visitor: Browser, site: Flask) -> None:
    plain = visitor.open("/programme")

    page = visitor.open("/programme?utm_source=newsletter&view=upside-down")

    assert page.headers["ETag"] == plain.headers["ETag"]
    assert len(get_page_cache(site)) == 1


@pytest.mark.parametrize(
    "address",
    [*("/", "/speakers", "/schedule.xml", "/schedule.json", "/programme.txt", "/programme.ics")],
)
def test_a_page_without_parameters_is_served_from_cache_for_any_query_string(
    visitor: Browser, site: Flask, address: str
) -> None:
    first = visitor.open(f"{address}?x=1")
    kept = get_page_cache(site).get({"PATH_INFO": address})

    again = [visitor.open(f"{address}?{question}") for question in ("x=2", "y", "x" * LONG)]

    assert kept is not None
    assert {page.headers["ETag"] for page in again} == {first.headers["ETag"]}
    assert get_page_cache(site).get({"PATH_INFO": address, "QUERY_STRING": "x=3"}) is kept
    assert len(get_page_cache(site)) == 1


def test_long_unknown_query_strings_share_the_cached_page(visitor: Browser, site: Flask) -> None:
    page = visitor.open(f"/programme?view=grid&{'x' * LONG}=1")

    assert page.heading == "Programme by room and time"
    assert visitor.open("/programme?view=grid").headers["ETag"] == page.headers["ETag"]
    assert len(get_page_cache(site)) == 1


def test_the_plain_text_programme_ignores_query_parameters(visitor: Browser, site: Flask) -> None:
    visitor.open("/programme?view=grid")
    as_text = {"Accept": "text/plain"}
    first = visitor.fetch("GET", "/programme?view=grid&x=1", as_text)

    again = visitor.fetch("GET", "/programme?zone=Asia/Tokyo", as_text)

    assert (first.mimetype, again.headers["ETag"]) == ("text/plain", first.headers["ETag"])
    assert len(get_page_cache(site)) == 2


def test_a_search_with_a_query_is_not_cached(visitor: Browser, site: Flask) -> None:
    plain = visitor.open("/search")

    found = visitor.open("/search?q=tide")

    assert (plain.value_of(SEARCH), found.value_of(SEARCH)) == ("", "tide")
    assert len(get_page_cache(site)) == 1


def test_the_page_cache_stays_bounded_over_ten_thousand_urls(visitor: Browser, site: Flask) -> None:
    visitor.open("/programme")
    visitor.open("/programme?view=grid")
    before = len(get_page_cache(site)), get_page_cache(site).size

    for number in range(MANY // 2):
        _opened(site, "/programme", f"counter={number}")
        _opened(site, "/programme", f"view=grid&counter={number}")

    assert (len(get_page_cache(site)), get_page_cache(site).size) == before


def test_the_oldest_cached_pages_are_evicted(
    visitor: Browser, site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.page_cache.MAX_BYTES", 100_000)

    for zone in ("America/Lima", "Asia/Tokyo", "Africa/Lagos", "Europe/Paris", "Asia/Dhaka"):
        visitor.open(f"/programme?zone={zone}")
        visitor.open(f"/programme?view=grid&zone={zone}")

    assert get_page_cache(site).size <= 100_000
    assert 0 < len(get_page_cache(site)) < 10


def test_a_short_text_parameter_refuses_long_and_invisible_text() -> None:
    read = short_text_param(3)

    assert [read("ab"), read("abc"), read("abcd"), read("a\n")] == ["ab", "abc", "", ""]


def test_a_choice_parameter_accepts_only_its_choices() -> None:
    read = choice_param("grid", "list")

    assert [read(asked) for asked in ("grid", "list", "Grid", "", "map")] == [
        "grid",
        "list",
        "",
        "",
        "",
    ]

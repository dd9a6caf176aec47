"""Every public page: the same for everyone, remembered, and known by its own name."""

import json
import re
import time
from collections.abc import Callable
from datetime import date, timedelta
from gzip import decompress as gunzip
from pathlib import Path
from typing import Any

import brotli
import pytest
from lxml import etree
from werkzeug.test import TestResponse

from app.content import services
from app.content.models import PAGE
from app.content.versions import ContentDraft, ContentKey
from app.database import db, transaction
from app.programme.models import Session
from app.programme.queries import get_conference
from tests.browser import Browser, Browsers
from tests.factories import make_ballot, make_session, publish_programme
from tests.test_every_route import ROUTES, RouteAccess

WRITTEN = (
    "/health-inequalities",
    "/help",
    "/questions",
    "/feedback",
    "/complaints",
    "/terms",
    "/privacy",
    "/cookies",
    "/accessibility",
    "/access-keys",
    "/contact",
    "/for-speakers",
    "/venue",
)
PAGES = (
    "/",
    "/programme",
    "/programme/2009-06-10",
    "/sessions/opening",
    "/speakers",
    "/speakers/ada-marsh",
    "/themes",
    "/themes/water",
    "/rooms/great-hall",
    "/search",
    "/whats-new",
    "/site-map",
    "/developers",
    *WRITTEN,
)
FOR_MACHINES = {
    "/sitemap.xml": "application/xml",
    "/robots.txt": "text/plain",
    "/.well-known/security.txt": "text/plain",
    "/favicon.ico": "image/x-icon",
}
SITE = "https://conference.example"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
SHORTEST_DESCRIPTION = 10  # characters


def _head(page: Browser, address: str, name: str, attribute: str = "content") -> list[str]:
    return [
        one.get(attribute, "")
        for one in page.open(address).tree.find_all("meta", "link")
        if name in {one.get("name"), one.get("property"), one.get("rel")}
    ]


@pytest.mark.parametrize("address", [*PAGES, *FOR_MACHINES, "/search?q=tide"])
def test_a_public_page_is_the_same_for_everyone(visitor: Browser, address: str) -> None:
    page = visitor.open(address)

    assert visitor.cookies() == {}
    assert "Set-Cookie" not in page.headers
    assert page.headers["Cache-Control"].startswith("public, max-age=60")
    varies_on = page.headers["Vary"].removeprefix("Accept, ")
    assert varies_on == "Accept-Encoding" + (", Cookie" if address == "/access-keys" else "")
    assert "X-Robots-Tag" not in page.headers


@pytest.mark.parametrize("address", [*PAGES, *FOR_MACHINES])
def test_a_conditional_request_for_an_unchanged_page_answers_304(
    visitor: Browser, address: str
) -> None:
    mark = visitor.open(address).headers["ETag"]

    again = visitor.fetch("GET", address, {"If-None-Match": mark})

    assert again.status_code == 304
    assert again.get_data() == b""
    assert again.headers["ETag"] == mark


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0.5", "br"),
        ("GZIP ; Q=1.0", "gzip"),
        ("gzip;q=0, br", "br"),
        ("br;q=0, gzip;q=0.1", "gzip"),
        ("br;q=0.000, gzip; q=0", None),
        ("brx", None),
        ("br;q=many", None),
        ("identity", None),
        ("*", "br"),
        ("*, br;q=0", "gzip"),
        ("*;q=0", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("address", ["/programme", "/register"])
def test_the_content_encoding_follows_accept_encoding(
    visitor: Browser, address: str, asked: str, given: str | None
) -> None:
    answer = visitor.fetch("GET", address, {"Accept-Encoding": asked})

    assert answer.headers.get("Content-Encoding") == given


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_pages_are_compressed_to_less_than_half(visitor: Browser, encoding: str) -> None:
    plain = visitor.fetch("GET", "/programme")

    small = visitor.fetch("GET", "/programme", {"Accept-Encoding": encoding})

    assert small.headers["Content-Encoding"] == encoding
    assert small.headers["ETag"] != plain.headers["ETag"]
    assert len(small.get_data()) < len(plain.get_data()) / 2


@pytest.mark.parametrize(("encoding", "unpack"), [("br", brotli.decompress), ("gzip", gunzip)])
def test_uncached_pages_are_compressed_too(
    visitor: Browser, encoding: str, unpack: Callable[[bytes], bytes]
) -> None:
    answer = visitor.fetch("GET", "/sign-in", {"Accept-Encoding": encoding})

    assert "<title>Sign in – Tides and Harbours</title>" in unpack(answer.get_data()).decode()
    assert "Accept-Encoding" in answer.vary


@pytest.mark.parametrize("address", PAGES)
def test_a_head_request_has_no_body(visitor: Browser, address: str) -> None:
    whole = visitor.fetch("GET", address)

    head = visitor.fetch("HEAD", address)

    assert head.status_code == 200
    assert head.get_data() == b""
    assert head.headers["ETag"] == whole.headers["ETag"]


def test_each_page_has_a_unique_title(visitor: Browser) -> None:
    titles = [visitor.open(address).title for address in PAGES]

    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("address", PAGES)
def test_each_page_has_description_canonical_link_and_share_image(
    visitor: Browser, address: str
) -> None:
    (description,) = _head(visitor, address, "description")
    (canonical,) = _head(visitor, address, "canonical", "href")
    (picture,) = _head(visitor, address, "og:image")

    assert len(description) >= SHORTEST_DESCRIPTION
    assert canonical == f"https://conference.example{address}"
    assert picture.startswith("https://conference.example/static/img/share.png?v=")
    assert list(filter(None, _head(visitor, address, "alternate", "hreflang"))) == []


@pytest.mark.parametrize("address", ["/register", "/booking", "/sign-in", "/nowhere"])
def test_private_pages_have_no_canonical_link_and_are_noindex(
    visitor: Browser, address: str
) -> None:
    page = visitor.open(address, status=404 if address == "/nowhere" else 200)

    assert [one for one in page.tree.find_all("link") if one.get("rel") == "canonical"] == []
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert page.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("address", [*WRITTEN, "/search", "/site-map", "/whats-new"])
def test_each_page_has_breadcrumbs(visitor: Browser, address: str) -> None:
    page = visitor.open(address)

    (breadcrumbs,) = (
        one for one in page.tree.find_all("nav") if one.get("aria-label") == "You are here"
    )
    assert [one.text for one in page.tree.find_all("a", "span", within=breadcrumbs)] == [
        "Home",
        page.heading,
    ]


@pytest.mark.parametrize(("address", "kind"), FOR_MACHINES.items())
def test_machine_readable_files_have_their_content_type(
    visitor: Browser, address: str, kind: str
) -> None:
    assert visitor.open(address).response.mimetype == kind


@pytest.mark.settings(LANGUAGES='["en", "fr"]')
def test_robots_txt_disallows_private_pages(visitor: Browser) -> None:
    lines = visitor.open("/robots.txt").source.splitlines()

    assert lines[0] == "User-agent: *"
    assert {"Disallow: /my$", "Disallow: /my/", "Disallow: /fr/my$"} <= set(lines)
    assert not {"Disallow: /my", "Disallow: /register"} & set(lines)
    assert lines[-2:] == [
        "Sitemap: https://conference.example/sitemap.xml",
        "Sitemap: https://conference.example/fr/sitemap.xml",
    ]


def test_security_txt_expires_after_half_a_year(
    visitor: Browser, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Expires: 2009-11-10T00:00:00Z" in visitor.open("/.well-known/security.txt").source

    a_day_later = time.monotonic() + 24 * 60 * 60 + 1  # which the held clock does not hold
    monkeypatch.setattr("app.web.cache_policy.time.monotonic", lambda: a_day_later)
    frozen_time.shift(timedelta(days=1))

    assert "Expires: 2009-11-11T00:00:00Z" in visitor.open("/.well-known/security.txt").source


@pytest.mark.settings(CLOCK_STARTS_AT="2030-10-01T09:00:00+01:00")
def test_security_txt_uses_the_real_clock(visitor: Browser) -> None:
    assert "Expires: 2009-11-10T00:00:00Z" in visitor.open("/.well-known/security.txt").source


def test_the_sitemap_lists_every_public_page(visitor: Browser) -> None:
    make_ballot()
    listed = set(addresses_and_changes(visitor))
    public = [
        route.tried
        for route in ROUTES
        if route.who is RouteAccess.PUBLIC and "GET" in route.methods
    ]

    missing = {
        address
        for address in {*PAGES, *public}
        if is_for_search(visitor.fetch("GET", address)) and SITE + address not in listed
    }

    assert missing == {"/search", "/feedback/sent"}  # responses to submitted forms
    for address in listed:
        assert visitor.fetch("GET", address).status_code == 200, address


def is_for_search(answer: TestResponse) -> bool:
    return (
        answer.mimetype == "text/html"
        and '<meta name="robots" content="noindex"' not in answer.get_data(as_text=True)
    )


def addresses_and_changes(visitor: Browser) -> dict[str, str]:
    """Give the addresses of the list for search engines, and what it says of their last change."""
    root = etree.fromstring(visitor.fetch("GET", "/sitemap.xml").data)
    return {
        entry.findtext(f"{SITEMAP}loc", ""): entry.findtext(f"{SITEMAP}lastmod", "")
        for entry in root.iterfind(f"{SITEMAP}url")
    }


def test_the_sitemap_has_the_last_modification_of_each_page(
    visitor: Browser, frozen_time: Any
) -> None:
    make_session(slug="moved")
    publish_programme()
    frozen_time.shift(timedelta(hours=1))
    with transaction():
        db.session.query(Session).filter_by(slug="moved").one().title = "Moved"
    publish_programme()

    changed = addresses_and_changes(visitor)

    assert changed[f"{SITE}/programme"] == "2009-05-12T10:30:00+01:00"
    assert changed[f"{SITE}/sessions/moved"] == "2009-05-12T10:30:00+01:00"
    assert changed[f"{SITE}/sessions/opening"] == "2009-05-12T09:30:00+01:00"
    assert changed[f"{SITE}/help"] == "2026-11-29"
    assert changed[f"{SITE}/"] == ""


def test_the_html_site_map_links_to_every_page(visitor: Browser) -> None:
    links = set(visitor.open("/site-map").links.values())

    single = {"/sessions/opening", "/speakers/ada-marsh"}
    assert {*PAGES} - single - links == set()
    assert {"/register", "/booking", "/sign-in"} <= links


def test_every_internal_link_of_public_pages_works(visitor: Browser, new_browser: Browsers) -> None:
    inside = {
        link.partition("#")[0]
        for address in PAGES
        for link in visitor.open(address).links.values()
        if link.startswith("/")
    }

    shipped = {"/sessions/opening-addresses", "/sessions/work-of-the-commission"}
    of_the_shipped_conference = shipped | {"/speakers/michael-marmot"}
    somebody = new_browser()
    for link in sorted(inside - of_the_shipped_conference):
        assert somebody.open(link).status == 200


def test_news_has_one_heading_for_each_item(visitor: Browser) -> None:
    page = visitor.open("/whats-new")

    items = list(page.tree.find_all("article"))
    assert [len(list(page.tree.find_all("h2", within=one))) for one in items] == [1, 1, 1]
    assert page.headings[:4] == [
        "What’s new",
        "The programme is published",
        "Registration is open",
        "The Commission’s final report is published",
    ]
    assert page.tree.find_by_id("2008-09-01-registration-is-open") is not None


def test_the_venue_lists_each_room_once(visitor: Browser) -> None:
    page = visitor.open("/venue")

    assert page.headings.count("Great hall") == 1
    assert page.links["Great hall"] == "/rooms/great-hall"
    assert page.summary_list["Step-free access"].startswith("There are no steps")
    assert "Interpretation" not in page.summary_list


@pytest.mark.empty
@pytest.mark.parametrize(
    "address", [one for one in PAGES if one.count("/") == 1 and one != "/programme"]
)
def test_every_page_works_before_the_first_release(visitor: Browser, address: str) -> None:
    assert visitor.open(address).status == 200


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/faq", "/questions"),
        ("/schedule", "/programme"),
        ("/rooms", "/venue#rooms"),
    ],
)
def test_common_urls_redirect_to_the_right_page(visitor: Browser, address: str, page: str) -> None:
    answer = visitor.fetch("GET", address)

    assert (answer.status_code, answer.headers["Location"]) == (308, page)
    assert answer.headers["Cache-Control"].startswith("public")


def test_the_themes_are_listed_in_the_order_of_the_programme(visitor: Browser) -> None:
    page = visitor.open("/themes")

    assert page.headings[:3] == ["Themes", "Water", "Stone"]
    assert page.follow("Water").address == "/themes/water"


@pytest.mark.parametrize("address", PAGES)
def test_a_shared_link_shows_a_title_a_description_and_a_picture(
    visitor: Browser, address: str
) -> None:
    assert _head(visitor, address, "og:url") == [SITE + address]
    assert len(_head(visitor, address, "og:title")) == 1
    assert _head(visitor, address, "og:description") == _head(visitor, address, "description")
    (picture,) = _head(visitor, address, "og:image")
    with visitor.fetch("GET", picture.removeprefix(SITE)) as answer:
        assert answer.mimetype == "image/png"


def test_the_contact_page_shows_the_address_from_the_settings(visitor: Browser) -> None:
    page = visitor.open("/contact")

    assert page.links["tides@conference.example"] == "mailto:tides@conference.example"
    assert visitor.open("/").follow("Contact").heading == "Contact"
    error = visitor.open("/nowhere", 404)
    assert "If you email tides@conference.example about this error" in error.text


def test_without_a_contact_address_pages_lead_to_the_feedback_form(visitor: Browser) -> None:
    get_conference().contact_email = ""
    publish_programme()

    page = visitor.open("/contact")

    assert not [link for link in page.links.values() if link.startswith("mailto:")]
    assert page.follow("feedback form").heading == "Feedback"
    assert "If you contact us about this error" in visitor.open("/nowhere", 404).text


def test_the_venue_page_has_a_heading_for_everything_that_visitors_ask(visitor: Browser) -> None:
    page = visitor.open("/venue")

    assert page.headings[1:10] == [
        "Address",
        "Access",
        "Contact",
        "Time zone",
        "Still to be announced",
        "Rooms",
        "Great hall",
        "Boat house",
        "Access features explained",
    ]
    assert "Still to be announced Map Getting there and parking Hotels Wi-Fi" in page.text


def test_coordinates_of_the_venue_lead_to_maps(visitor: Browser) -> None:
    with transaction():
        get_conference().coordinates = "54.4885, -0.6152"
    publish_programme()

    page = visitor.open("/venue")

    assert page.headings[4:7] == ["Time zone", "Find the venue on a map", "Still to be announced"]
    assert "Still to be announced Getting there and parking Hotels Wi-Fi" in page.text
    assert page.links["Open in your map app"] == "geo:54.4885,-0.6152"
    assert page.links["Open on OpenStreetMap"] == (
        "https://www.openstreetmap.org/?mlat=54.4885&mlon=-0.6152#map=17/54.4885/-0.6152"
    )
    assert "Latitude and longitude: 54.4885, -0.6152" in page.text
    (event,) = (
        json.loads(one.text or "")
        for one in visitor.open("/").tree.find_all("script")
        if one.get("type") == "application/ld+json"
    )
    assert event["location"]["geo"] == {
        "@type": "GeoCoordinates",
        "latitude": 54.4885,
        "longitude": -0.6152,
    }


def test_a_map_heading_written_by_organisers_replaces_the_default_one(visitor: Browser) -> None:
    draft = ContentDraft("Venue", "", "## Map\n\nThe pier.", date(2009, 5, 12))
    with transaction():
        services.create_first_version(ContentKey(PAGE, "venue", "en"), draft, actor="grace")

    page = visitor.open("/venue")

    assert page.headings.count("Map") == 1
    assert "Map The pier." in page.text


def test_after_the_conference_the_venue_page_says_so(visitor: Browser, frozen_time: Any) -> None:
    frozen_time.move_to("2009-06-12T00:00:00+01:00")

    page = visitor.open("/venue")

    assert "The conference has ended. This page shows what visitors needed to know." in page.text
    assert "Still to be announced" not in page.headings


def test_the_cookies_page_names_everything_that_javascript_stores(visitor: Browser) -> None:
    scripts = [one.read_text("utf-8") for one in Path("assets/js").rglob("*.js")]
    stores = {kind for text in scripts for kind in re.findall(r"\b(\w+)Storage\.setItem", text)}
    assert stores == {"local", "session"}

    page = visitor.open("/cookies")

    assert {one for one in stores if f"({one} storage" in page.text} == stores
    cookie = next(row for row in page.rows if row.get("Name") == "seats")
    assert "shows your seats in your agenda" in cookie["What it is for"]


def test_the_privacy_page_states_retention_of_seats_and_spreadsheets(
    visitor: Browser,
) -> None:
    rows = visitor.open("/privacy").rows
    kept = {row["Information"]: row["How long we keep it"] for row in rows if "Information" in row}

    gone = "The sessions in which you had a seat that you gave back or lost, and when"
    assert kept[gone] == "As long as your booking"
    file = "If the organisers add you from a spreadsheet: what the file says about you"
    assert kept[file].startswith("Until they add you, or 1 day.")

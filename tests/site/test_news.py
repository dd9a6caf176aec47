"""News: a page for each item, and feeds for feed readers."""

import re
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import select

from app.content import queries as content
from app.content import services
from app.content.models import NEWS
from app.content.versions import ContentDraft, ContentKey
from app.content.views import get_content_folder
from app.database import db, transaction
from app.programme.models import Session
from tests.browser import Browser
from tests.factories import publish_programme
from tests.pages import HtmlTree

ATOM = "{http://www.w3.org/2005/Atom}"
FEEDS = ("/whats-new.atom", "/changes.atom")
TAG = re.compile(r"tag:[a-z.]+,\d{4}:[\w/.-]+")  # RFC 4151
NOW = "2009-05-12T09:30:00+01:00"


def create_news_item(title: str, body: str = "Come.", **about: Any) -> str:
    """Write a news item; give its slug."""
    usual = {"title": title, "summary": "", "body": body, "dated_on": date(2009, 5, 12)}
    with transaction():
        key = services.add(
            get_content_folder(),
            ContentKey(NEWS, "", "en"),
            ContentDraft(**{**usual, **about}),
            other_slugs=(),
            actor="grace",
        )
    return key.slug


def fetch_feed(visitor: Browser, address: str) -> etree._Element:
    """Parse a feed and validate it against RFC 4287."""
    answer = visitor.fetch("GET", address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].split(";")[0] == "application/atom+xml"
    feed = etree.fromstring(answer.get_data())
    for one in [feed, *feed.findall(f"{ATOM}entry")]:  # 4.1.1 and 4.1.2
        for name in ("id", "title", "updated"):
            assert len(one.findall(f"{ATOM}{name}")) == 1, name
        assert TAG.fullmatch(text(one, "id"))
        assert datetime.fromisoformat(text(one, "updated")).tzinfo is not None  # 3.3
        links = one.findall(f"{ATOM}link")
        assert all(link.get("href", "").startswith("https://conference.example/") for link in links)
        assert len([link for link in links if link.get("rel") == "alternate"]) == 1
    assert feed.find(f"{ATOM}author/{ATOM}name") is not None
    own = [one.get("href") for one in feed.findall(f"{ATOM}link") if one.get("rel") == "self"]
    assert own == [f"https://conference.example{address}"]
    identities = [one.text for one in feed.iter(f"{ATOM}id")]
    assert len(identities) == len(set(identities))
    return feed


def text(element: etree._Element, name: str) -> str:
    return element.findtext(f"{ATOM}{name}") or ""


def entries(feed: etree._Element) -> list[etree._Element]:
    return list(feed.findall(f"{ATOM}entry"))


def titles(feed: etree._Element) -> list[str]:
    return [text(one, "title") for one in entries(feed)]


def rename_opening_and_publish(title: str) -> None:
    db.session.scalars(select(Session).where(Session.slug == "opening")).one().title = title
    publish_programme()


def test_news_list_and_home_page_link_to_each_news_item(visitor: Browser) -> None:
    for start in ("/", "/whats-new"):
        page = visitor.open(start).follow("Registration is open")

        assert page.address.endswith("/whats-new/2008-09-01-registration-is-open")
        assert page.heading == "Registration is open"
        assert page.title == "Registration is open – What’s new – Tides and Harbours"
        assert "Monday 1 September 2008" in page.text
        assert page.follow("All news").heading == "What’s new"


def test_headings_in_a_news_item_start_at_level_two(visitor: Browser) -> None:
    slug = create_news_item("The boats", "## When\n\nAt nine.")

    page = visitor.open(f"/whats-new/{slug}")

    assert [one.tag for one in page.tree.find_all("h1", "h2", "h3", within=page.main)] == [
        "h1",
        "h2",
    ]


def test_a_removed_news_item_answers_410_and_an_unknown_one_404(
    visitor: Browser,
) -> None:
    slug = create_news_item("The boats")
    with transaction():
        services.remove(
            get_content_folder(), ContentKey(NEWS, slug, "en"), expected_version=1, actor="grace"
        )

    visitor.open(f"/whats-new/{slug}", status=410)
    visitor.open("/whats-new/never-was", status=404)
    assert "The boats" not in titles(fetch_feed(visitor, "/whats-new.atom"))


def test_a_scheduled_news_item_appears_at_its_time_on_page_and_feed(
    visitor: Browser, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime(2009, 5, 12, 10, tzinfo=UTC)
    slug = create_news_item("The boats", appears_at=moment)
    visitor.open(f"/whats-new/{slug}", status=404)
    assert "The boats" not in titles(fetch_feed(visitor, "/whats-new.atom"))

    frozen_time.move_to(moment + timedelta(seconds=1))
    long_after = time.monotonic() + 7200
    monkeypatch.setattr(time, "monotonic", lambda: long_after)

    assert visitor.open(f"/whats-new/{slug}").heading == "The boats"
    newest = entries(fetch_feed(visitor, "/whats-new.atom"))[0]
    assert text(newest, "title") == "The boats"
    assert datetime.fromisoformat(text(newest, "updated")) == moment


@pytest.mark.both_databases
def test_the_news_feed_lists_items_newest_first(visitor: Browser) -> None:
    slug = create_news_item(
        "Boats & “trains” <now>", "See [the venue](/venue).", summary="All of them"
    )

    feed = fetch_feed(visitor, "/whats-new.atom")

    newest = entries(feed)[0]
    assert text(feed, "title") == "What’s new – Tides and Harbours"
    assert text(newest, "title") == "Boats & “trains” <now>"
    assert text(newest, "id") == f"tag:conference.example,2008:whats-new/{slug}"
    assert text(newest, "summary") == "All of them"
    assert text(newest, "updated") == NOW
    content_of = newest.find(f"{ATOM}content")
    assert content_of is not None
    assert content_of.get("type") == "html"
    assert 'href="https://conference.example/venue"' in (content_of.text or "")
    assert "Registration is open" in titles(feed)


def test_a_changed_news_item_keeps_its_atom_id_and_updates_its_date(
    visitor: Browser, frozen_time: Any
) -> None:
    slug = create_news_item("The boats")
    before = entries(fetch_feed(visitor, "/whats-new.atom"))[0]
    frozen_time.shift(timedelta(hours=2))
    better = ContentDraft("The boats are in", "", "Come now.", date(2009, 5, 12))
    with transaction():
        services.save(
            get_content_folder(),
            ContentKey(NEWS, slug, "en"),
            better,
            expected_version=1,
            actor="grace",
        )

    after = entries(fetch_feed(visitor, "/whats-new.atom"))[0]

    assert text(after, "title") == "The boats are in"
    assert text(after, "id") == text(before, "id")
    assert text(after, "published") == text(before, "published")
    assert text(after, "updated") == "2009-05-12T11:30:00+01:00"


@pytest.mark.both_databases
def test_the_changes_feed_lists_each_release(visitor: Browser) -> None:
    rename_opening_and_publish("A grand opening")

    feed = fetch_feed(visitor, "/changes.atom")

    assert titles(feed) == ["Release 2", "Release 1"]
    newest = entries(feed)[0]
    assert text(newest, "id") == "tag:conference.example,2008:changes/2/1"
    assert text(newest, "summary") == "Renamed sessions: 1."
    assert text(newest, "updated") == NOW
    told = HtmlTree(text(newest, "content"))
    assert [one.get("href") for one in told.find_all("a")] == [
        "https://conference.example/sessions/opening"
    ]


@pytest.mark.empty
def test_an_empty_feed_is_valid(visitor: Browser) -> None:
    assert titles(fetch_feed(visitor, "/changes.atom")) == []


def test_characters_forbidden_in_xml_are_removed_from_feeds(visitor: Browser) -> None:
    rename_opening_and_publish("A grand\x0b opening\ufffe")

    assert "A grand opening" in text(entries(fetch_feed(visitor, "/changes.atom"))[0], "content")


@pytest.mark.parametrize("address", FEEDS)
def test_atom_feeds_allow_cross_origin_requests(visitor: Browser, address: str) -> None:
    answer = visitor.fetch("GET", address, {"Origin": "https://elsewhere.example"})

    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"].startswith("public, max-age=60")


def test_every_page_links_to_the_atom_feeds(visitor: Browser) -> None:
    for address in ("/", "/programme", "/changes", "/whats-new"):
        links = visitor.open(address).tree.find_all("link")
        feeds = [one.get("href") for one in links if one.get("type") == "application/atom+xml"]
        assert feeds == list(FEEDS)


def test_the_urgent_notice_is_shown_on_every_news_and_changes_page(visitor: Browser) -> None:
    with transaction():
        shut = ContentDraft("The hall is shut.", "", "", date(2009, 5, 12))
        services.publish_notice(get_content_folder(), shut, expected_version=0, actor="grace")

    for address in (
        "/changes",
        "/changes/1",
        "/releases/1",
        "/releases/1/sessions/opening",
        "/whats-new",
        "/whats-new/2008-09-01-registration-is-open",
        "/search",
    ):
        assert "The hall is shut." in visitor.open(address).source


def test_the_sitemap_lists_news_and_changes(visitor: Browser) -> None:
    listed = visitor.fetch("GET", "/sitemap.xml").get_data(as_text=True)

    assert "<loc>https://conference.example/changes</loc>" in listed
    assert "/whats-new/2008-09-01-registration-is-open</loc>" in listed
    assert "/releases/" not in listed
    assert visitor.open("/site-map").follow("Changes to the programme").status == 200


def test_a_default_news_item_has_no_appearance_time(visitor: Browser) -> None:
    shipped = content.get_news_item(get_content_folder(), "2008-09-01-registration-is-open", "en")

    assert shipped.appeared_at is None

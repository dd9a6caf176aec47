"""What is kept on the devices of those who ask for it, as the site lists it."""

import re
from typing import Any

import pytest

from tests.browser import Browser, Browsers
from tests.factories import publish_programme, sign_in
from tests.lookups import get_session

PERSONAL = re.compile(r"/(agenda|booking|register|my|speak|organise|sign-in|sign-out)(/|$)")


def fetch_manifest(visitor: Browser, root: str = "") -> Any:
    return visitor.fetch("GET", f"{root}/offline.json").get_json()


def minutes_to_walk(visitor: Browser) -> str | None:
    """Read how many minutes the agenda on a device allows between two rooms."""
    place = visitor.open("/offline/agenda").tree.find_by_id("offline-agenda")
    return place.get("data-walking") if place is not None else None


def test_the_offline_manifest_lists_the_whole_programme_and_no_personal_pages(
    visitor: Browser,
) -> None:
    listed = fetch_manifest(visitor)["addresses"]

    assert {"/programme", "/programme/2009-06-10", "/sessions/opening"} < set(listed)
    assert {"/rooms/great-hall", "/themes/water", "/help", "/offline/away"} < set(listed)
    assert [one for one in listed if PERSONAL.match(one)] == []
    assert len(listed) == len(set(listed))


def test_every_url_of_the_offline_manifest_is_public(visitor: Browser) -> None:
    pages = [one for one in fetch_manifest(visitor)["addresses"] if not one.startswith("/static/")]

    kept = {
        address: visitor.fetch("GET", address).headers["Cache-Control"].partition(",")[0]
        for address in pages
    }

    assert set(kept.values()) == {"public"}


def test_the_offline_version_changes_with_each_release(visitor: Browser, frozen_time: Any) -> None:
    before = fetch_manifest(visitor)
    frozen_time.move_to("2009-05-12T09:45:00+01:00")
    visitor.set_cookie("access_keys", "off")  # pages without them are not those of the store
    later = visitor.fetch("GET", "/offline.json").get_json()
    get_session("opening").title = "Opening words"
    publish_programme()
    after = fetch_manifest(visitor)

    assert later["version"] == before["version"] != after["version"]
    assert later["told"] == "Last updated at 9:45am on Tuesday 12 May 2009."
    assert ("You are offline. This page was saved at 9:45am on Tuesday 12 May 2009.") in later[
        "banner"
    ]


def test_the_offline_version_changes_with_the_walking_time(
    new_browser: Browsers, visitor: Browser
) -> None:
    organiser = sign_in(new_browser(), "grace@conference.example")
    before = fetch_manifest(visitor), minutes_to_walk(visitor)

    organiser.open("/organise/settings/change")
    organiser.press("Save", minutes_to_walk_between_rooms="12")

    after = fetch_manifest(visitor), minutes_to_walk(visitor)
    assert before[0]["version"] != after[0]["version"]
    assert (before[1], after[1]) == ("5", "12")


@pytest.mark.settings(LANGUAGES='["en", "fr"]')
def test_the_offline_manifest_of_a_language_lists_its_own_pages(visitor: Browser) -> None:
    listed = fetch_manifest(visitor, "/fr")["addresses"]

    assert "/fr/programme" in listed
    assert [
        one for one in listed if not one.startswith(("/fr/", "/static/")) and one != "/fr"
    ] == []
    page = visitor.open("/fr/offline")
    place = page.tree.find_by_id("offline")
    assert place is not None
    assert (place.get("data-root"), place.get("data-worker")) == ("/fr", "/service-worker.js")


def test_the_service_worker_is_small_and_revalidated_each_time(visitor: Browser) -> None:
    answer = visitor.fetch("GET", "/service-worker.js", {"Accept-Encoding": "br"})

    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.mimetype == "text/javascript"
    assert len(answer.get_data()) < 5000
    again = visitor.fetch("GET", "/service-worker.js", {"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_without_javascript_the_offline_page_says_that_it_needs_javascript(
    visitor: Browser,
) -> None:
    page = visitor.open("/cookies")
    page = page.follow("save the programme on this device")

    assert "This needs JavaScript and a browser that can save pages." in page.text
    place = page.tree.find_by_id("offline")
    assert place is not None
    assert "hidden" in place.attrib

"""What is kept on the devices of those who ask for it, as the site lists it."""

import re
from typing import Any

import pytest

from tests.browser import Browser, Browsers
from tests.factories import publish_programme, sign_in
from tests.lookups import get_session

PERSONAL = re.compile(r"/(agenda|booking|register|my|speak|organise|sign-in|sign-out)(/|$)")


def the_list(visitor: Browser, root: str = "") -> Any:
    return visitor.fetch("GET", f"{root}/offline.json").get_json()


def minutes_to_walk(visitor: Browser) -> str | None:
    """Read how many minutes the agenda on a device allows between two rooms."""
    place = visitor.open("/offline/agenda").tree.find_by_id("offline-agenda")
    return place.get("data-walking") if place is not None else None


def test_the_list_holds_the_whole_programme_and_nothing_of_anybody(visitor: Browser) -> None:
    listed = the_list(visitor)["addresses"]

    assert {"/programme", "/programme/2009-06-10", "/sessions/opening"} < set(listed)
    assert {"/rooms/great-hall", "/themes/water", "/help", "/offline/away"} < set(listed)
    assert [one for one in listed if PERSONAL.match(one)] == []
    assert len(listed) == len(set(listed))


def test_every_address_of_the_list_is_there_and_public(visitor: Browser) -> None:
    pages = [one for one in the_list(visitor)["addresses"] if not one.startswith("/static/")]

    kept = {
        address: visitor.fetch("GET", address).headers["Cache-Control"].partition(",")[0]
        for address in pages
    }

    assert set(kept.values()) == {"public"}


def test_it_is_another_programme_after_a_publish_and_the_same_until_then(
    visitor: Browser, frozen_time: Any
) -> None:
    before = the_list(visitor)
    frozen_time.move_to("2009-05-12T09:45:00+01:00")
    visitor.set_cookie("access_keys", "off")  # pages without them are not those of the store
    later = visitor.fetch("GET", "/offline.json").get_json()
    get_session("opening").title = "Opening words"
    publish_programme()
    after = the_list(visitor)

    assert later["version"] == before["version"] != after["version"]
    assert later["told"] == "Last updated at 9:45am on Tuesday 12 May 2009."
    assert ("You are offline. This page was saved at 9:45am on Tuesday 12 May 2009.") in later[
        "banner"
    ]


def test_it_is_another_programme_when_people_need_longer_from_room_to_room(
    new_browser: Browsers, visitor: Browser
) -> None:
    organiser = sign_in(new_browser(), "grace@conference.example")
    before = the_list(visitor), minutes_to_walk(visitor)

    organiser.open("/organise/settings/change")
    organiser.press("Save", minutes_to_walk_between_rooms="12")

    after = the_list(visitor), minutes_to_walk(visitor)
    assert before[0]["version"] != after[0]["version"]
    assert (before[1], after[1]) == ("5", "12")


@pytest.mark.settings(LANGUAGES='["en", "fr"]')
def test_each_language_keeps_its_own_pages(visitor: Browser) -> None:
    listed = the_list(visitor, "/fr")["addresses"]

    assert "/fr/programme" in listed
    assert [
        one for one in listed if not one.startswith(("/fr/", "/static/")) and one != "/fr"
    ] == []
    page = visitor.open("/fr/offline")
    place = page.tree.find_by_id("offline")
    assert place is not None
    assert (place.get("data-root"), place.get("data-worker")) == ("/fr", "/service-worker.js")


def test_the_worker_is_small_and_asked_for_anew_each_time(visitor: Browser) -> None:
    answer = visitor.fetch("GET", "/service-worker.js", {"Accept-Encoding": "br"})

    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.mimetype == "text/javascript"
    assert len(answer.get_data()) < 5000
    again = visitor.fetch("GET", "/service-worker.js", {"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_without_scripts_the_page_says_that_it_cannot_be_done(visitor: Browser) -> None:
    page = visitor.open("/cookies")
    page = page.follow("save the programme on this device")

    assert "This needs JavaScript and a browser that can save pages." in page.text
    place = page.tree.find_by_id("offline")
    assert place is not None
    assert "hidden" in place.attrib

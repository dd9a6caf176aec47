"""Times: the conference's zone in words, and a visitor's own beside it when they ask for it."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from app.accounts.models import EDITOR
from app.database import transaction
from app.interchange import services
from app.programme import queries
from tests.browser import Browser, Page
from tests.factories import SMALL_CONFERENCE, make_agenda, make_session, publish_programme, sign_in
from tests.live_site import LiveSites
from tests.pages import read_text


def read_zone_note(page: Page) -> str:
    """Return the time zone that a page uses."""
    (told,) = page.tree.find_by_class("clocks")
    return read_text(next(page.tree.find_all("p", within=told)))


def list_visitor_times(page: Page) -> list[str]:
    """Read what the clocks of another place show."""
    return [read_text(one) for one in page.tree.find_by_class("row__elsewhere")]


def _in_zone(zone: str) -> None:
    with transaction():
        queries.get_conference().time_zone = zone
        queries.get_conference().public_settings = ""
    publish_programme()


def _load_with_zone(zone: str, folder: Path) -> None:
    """Load the small conference as it would be in another zone; publish nothing."""
    content = json.loads(SMALL_CONFERENCE.read_text(encoding="utf-8"))
    content["conference"]["time_zone"] = zone
    path = folder / "conference.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with transaction():
        services.load_file(path)


def test_the_zone_of_the_conference_is_named_in_words(visitor: Browser) -> None:
    for address in ("/programme", "/programme?view=grid", "/programme/2009-06-10", "/now"):
        assert read_zone_note(visitor.open(address)) == "Times are London time, BST."


@pytest.mark.parametrize(
    "address",
    ["/themes/water", "/rooms/great-hall", "/speakers/ada-marsh", "/sessions", "/agenda"],
)
def test_every_page_with_times_names_the_time_zone(visitor: Browser, address: str) -> None:
    make_agenda("opening", holder=visitor)

    assert "Times are London time, BST." in visitor.open(address).text


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("America/Argentina/Buenos_Aires", "Times are Buenos Aires time, UTC\N{MINUS SIGN}3."),
        ("Asia/Kathmandu", "Times are Kathmandu time, UTC+5:45."),
        ("America/New_York", "Times are New York time, EDT."),
        ("UTC", "Times are UTC time."),
        ("Etc/GMT-1", "Times are UTC+1."),
        ("Etc/GMT+3", "Times are UTC\N{MINUS SIGN}3."),
    ],
)
def test_any_time_zone_has_a_name(visitor: Browser, zone: str, told: str) -> None:
    _in_zone(zone)

    assert read_zone_note(visitor.open("/programme")) == told


def test_a_visitor_can_show_times_in_another_time_zone_alongside(visitor: Browser) -> None:
    visitor.open("/programme").follow("Show another time zone")

    page = visitor.press("Use this time zone", {"Time zone": "America/Lima"})

    assert read_zone_note(page) == (
        "Times are London time, BST. Times in Lima are shown alongside."
    )
    assert list_visitor_times(page)[0] == "3:30am to 4:30am in Lima"
    assert "9:30am to 10:30am" in page.text


def test_the_date_is_shown_if_it_differs_in_the_other_time_zone(visitor: Browser) -> None:
    page = visitor.open("/programme?zone=Pacific/Auckland")

    assert list_visitor_times(page)[-1] == "3am to 4am on Friday 12 June in Auckland"


def test_the_chosen_time_zone_is_kept_on_other_views_and_sessions(visitor: Browser) -> None:
    page = visitor.open("/programme?zone=Asia/Tokyo")

    grid = page.follow("By room and time")
    session = page.follow("Opening")

    assert "9:30am to 10:30am, 5:30pm to 6:30pm in Tokyo, Great hall" in grid.text
    assert "5:30pm to 6:30pm in Tokyo. Times are London time, BST." in session.text
    assert "in Tokyo" in grid.follow("Now").text


def test_choosing_a_time_zone_keeps_the_view_and_filters(visitor: Browser) -> None:
    visitor.open("/programme?view=grid&theme=water").follow("Show another time zone")

    page = visitor.press("Use this time zone", {"Time zone": "Asia/Tokyo"})

    assert page.heading == "Programme by room and time"
    assert "in Tokyo" in page.text


def test_an_unlisted_time_zone_can_be_requested_by_name(visitor: Browser) -> None:
    page = visitor.open("/programme?zone=Antarctica/Troll")

    assert list_visitor_times(page)[0].endswith("in Troll")


def test_the_time_zone_of_the_conference_adds_no_second_time(visitor: Browser) -> None:
    assert list_visitor_times(visitor.open("/programme?zone=Europe/London")) == []


@pytest.mark.parametrize(
    "asked",
    ["Mars/Olympus", "../../etc/passwd", "%00", "%3Cscript%3E", "Europe", "Etc/UTC", "x" * 500],
)
@pytest.mark.parametrize("address", ["/programme", "/programme/2009-06-10", "/now"])
def test_an_unknown_time_zone_answers_422_and_shows_conference_times(
    visitor: Browser, asked: str, address: str
) -> None:
    page = visitor.open(f"{address}?zone={asked}", 422)

    assert read_zone_note(page) == "We do not recognise that time zone."
    assert "Times are London time, BST." in page.text
    assert list_visitor_times(page) == []
    assert page.headers["Cache-Control"] == "private, no-store"


def test_a_device_in_another_time_zone_is_offered_it_without_automatic_change(
    live_site: LiveSites, chromium: Chromium
) -> None:
    home = live_site().address

    with chromium.new_context(base_url=home, timezone_id="America/Lima") as context:
        window = context.new_page()
        window.goto("/programme")
        expect(window.locator(".row__elsewhere")).to_have_count(0)
        window.get_by_text("Show Lima time as well").click()
        expect(window.get_by_label("Time zone")).to_have_value("America/Lima")
        window.get_by_role("button", name="Use this time zone").click()
        window.wait_for_url("**/programme?zone=America%2FLima")

        elsewhere = window.locator(".row__elsewhere").first
        expect(elsewhere).to_have_text("3:30am to 4:30am in Lima")


def test_an_unlisted_device_time_zone_is_offered(live_site: LiveSites, chromium: Chromium) -> None:
    home = live_site().address

    with chromium.new_context(base_url=home, timezone_id="Antarctica/Troll") as context:
        window = context.new_page()
        window.goto("/now")
        window.get_by_text("Show Troll time as well").click()
        expect(window.get_by_label("Time zone")).to_have_value("Antarctica/Troll")
        window.get_by_role("button", name="Use this time zone").click()

        window.get_by_text("Times in Troll").wait_for()


@pytest.mark.parametrize("zone", ["Europe/London", "UTC"])
def test_a_device_in_the_conference_time_zone_is_offered_no_other(
    live_site: LiveSites, chromium: Chromium, zone: str
) -> None:
    home = live_site().address

    with chromium.new_context(base_url=home, timezone_id=zone) as context:
        window = context.new_page()
        window.goto("/programme")

        expect(window.get_by_text("Show another time zone")).to_be_visible()


def test_an_imported_programme_in_another_time_zone_shows_its_times_before_publishing(
    visitor: Browser, tmp_path: Path
) -> None:
    _load_with_zone("America/New_York", tmp_path)
    make_session(slug="late", title="Late")  # 8:30 UTC
    sign_in(visitor, role=EDITOR)

    change = visitor.open("/organise/publishing")
    board = visitor.open("/organise/board?day=2009-06-10")

    assert "4:30am to 5:30am" in change.text
    assert "4:30am" in board.text
    assert "9:30am" not in board.text
    assert "9:30am" in visitor.open("/programme").text  # visitors see the published time zone


@pytest.mark.empty
def test_before_the_first_release_organisers_see_the_hours_of_their_own_zone(
    visitor: Browser, tmp_path: Path
) -> None:
    _load_with_zone("America/New_York", tmp_path)
    make_session(slug="late", title="Late")  # 8:30 UTC
    sign_in(visitor, role=EDITOR)

    board = visitor.open("/organise/board?day=2009-06-10")

    assert "4:30am" in board.text
    assert "9:30am" not in board.text


def test_plain_text_names_a_time_zone_without_a_city(visitor: Browser) -> None:
    _in_zone("Etc/GMT-1")

    text = visitor.fetch("GET", "/programme.txt").get_data(as_text=True)
    assert "Times are those of the conference (UTC+1)." in text.splitlines()

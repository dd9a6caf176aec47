"""Saving the programme and reading it offline, in a real browser."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page as Window
from playwright.sync_api import Request, Route, expect
from sqlalchemy import select

from app.database import db, transaction
from app.programme.models import Conference
from app.registration import links
from tests.chromium import Axe, expect_heading, expect_result, horizontal_overflow
from tests.factories import make_delegate, make_room, make_session, publish_programme
from tests.live_site import LiveSites
from tests.lookups import get_session
from tests.waiting import wait_until

KEEP = "Save on this device"
STORES = "caches.keys()"
WORKERS = "navigator.serviceWorker.getRegistrations().then(all => all.length)"
PAGES_LEFT = "(bar => bar.max - bar.value)(document.querySelector('progress'))"
EVERYTHING = """async () => (await Promise.all((await caches.keys()).map(async name =>
  (await (await caches.open(name)).keys()).map(one => new URL(one.url).pathname)))).flat()"""
TROUBLES = [
    "Not enough time The session before is Bell, which starts at 11am in Tower.",
    "Clash Overlaps with: Soup",
    "Clash",
    "Not enough time The session before is Reading the tide, which ends at midday in Great hall.",
    "Not enough time The session before is Soup, which ends at 1:05pm in Kitchen.",
]


@contextmanager
def _a_window(chromium: Chromium, home: str) -> Iterator[Window]:
    with chromium.new_context(base_url=home) as context:
        yield context.new_page()


def _read(address: str) -> str:
    with urlopen(address, timeout=10) as answer:
        return str(answer.read().decode())


def _is_of_opening(request: Request) -> bool:
    return request.url.endswith("/sessions/opening")


def _keep(window: Window) -> None:
    window.goto("/offline")
    window.get_by_role("button", name=KEEP).click()
    expect(window.get_by_text("Last updated at")).to_be_visible()


def test_a_saved_programme_can_be_read_offline(
    live_site: LiveSites, chromium: Chromium, axe: Axe
) -> None:
    with _a_window(chromium, live_site().address) as window:
        _keep(window)
        assert axe(window) == []
        window.context.set_offline(True)

        window.goto("/programme")
        banner = window.get_by_role("region", name="Offline")
        expect(banner).to_contain_text(
            re.compile(r"You are offline\. This page was saved at 9:\d\dam on Tuesday 12 May 2009")
        )
        assert axe(window) == []
        window.get_by_role("link", name="Reading the tide").click()

        expect_heading(window, "Reading the tide")
        expect(banner).to_be_visible()
        next_one = banner.locator("xpath=following-sibling::*[1]")
        expect(next_one).to_have_role("navigation")
        expect(next_one).to_have_accessible_name("You are here")
        window.context.set_offline(False)
        window.goto("/programme")
        expect(banner).to_have_count(0)


def test_a_page_with_a_query_string_does_not_replace_the_saved_page(
    live_site: LiveSites, chromium: Chromium
) -> None:
    with _a_window(chromium, live_site().address) as window:
        _keep(window)
        window.goto("/programme?zone=Asia/Tokyo")
        expect(window.get_by_role("main")).to_contain_text("in Tokyo")
        window.wait_for_timeout(500)  # in which it would be kept
        window.context.set_offline(True)

        window.goto("/programme")

        expect(window.get_by_role("main")).to_contain_text("Reading the tide")
        expect(window.get_by_role("main")).not_to_contain_text("in Tokyo")


def test_personal_pages_are_never_served_offline(
    live_site: LiveSites, chromium: Chromium, axe: Axe
) -> None:
    booking = f"/booking/{links.booking_token(make_delegate())}"
    with _a_window(chromium, live_site().address) as window:
        _keep(window)
        for address in (booking, "/register", "/my", "/organise", "/agenda"):
            window.goto(address)
        kept = window.evaluate(EVERYTHING)
        window.context.set_offline(True)

        for address in (booking, "/register/name", "/organise", "/sign-in"):
            answer = window.goto(address)
            assert answer is not None
            assert answer.status == 503
            expect_heading(window, "You are offline")
            expect(window.locator("body")).not_to_contain_text("Ada")
        assert axe(window) == []

    personal = ("/booking", "/register", "/my", "/organise", "/agenda", "/sign-in")
    assert [one for one in kept if one.startswith(personal)] == []


def test_the_agenda_is_available_offline(
    live_site: LiveSites, chromium: Chromium, axe: Axe
) -> None:
    with _a_window(chromium, live_site().address) as window:
        window.goto("/programme")
        for title in ("Reading the tide", "Harbour walls", "Farewell"):
            window.get_by_role("button", name=f"{title} : My agenda").click()
            expect(
                window.get_by_role("button", name=f"{title} : My agenda", pressed=True)
            ).to_be_visible()
        _keep(window)
        window.context.set_offline(True)

        window.goto("/agenda")

        expect(window).to_have_url(re.compile("/offline/agenda$"))
        expect(window.locator("#offline-agenda h3")).to_have_text(
            ["Reading the tide", "Harbour walls", "Farewell"]
        )
        expect(window.locator("#offline-agenda h2")).to_have_text(
            ["Wednesday 10 June 2009", "Thursday 11 June 2009"]
        )
        expect(window.locator(".clash")).to_have_text(
            ["Clash Overlaps with: Harbour walls", "Clash"]
        )
        assert axe(window) == []


def test_the_offline_agenda_reports_the_same_clashes_as_the_online_agenda(
    live_site: LiveSites, chromium: Chromium, axe: Axe
) -> None:
    tide = get_session("reading-the-tide")
    assert tide.ends_at
    kitchen, tower = make_room(name="Kitchen"), make_room(name="Tower")
    soup = tide.ends_at + timedelta(minutes=5)
    make_session(title="Soup", room=kitchen, starts_at=soup, language="fr")
    make_session(title="Late view", room=tower, starts_at=tide.ends_at + timedelta(minutes=70))
    make_session(title="Bell", room=tower, starts_at=tide.starts_at, ends_at=None)
    make_session(title="Cake", starts_at=tide.ends_at)  # in no room
    with transaction():
        db.session.scalars(select(Conference)).one().walking_minutes = 10
    publish_programme()
    chosen = ("Bell", "Reading the tide", "Cake", "Soup", "Late view", "Farewell")
    with _a_window(chromium, live_site().address) as window:
        window.goto("/programme")
        for title in chosen:
            window.get_by_role("button", name=f"{title} : My agenda", exact=True).click()
            pressed = window.get_by_role("button", name=f"{title} : My agenda", exact=True)
            expect(pressed).to_have_attribute("aria-pressed", "true")
        window.goto("/agenda")
        expect(window.locator(".clash")).to_have_text(TROUBLES)
        expect(window.get_by_text("of these sessions overlap.")).to_have_count(1)
        _keep(window)
        window.context.set_offline(True)

        window.goto("/agenda")

        expect(window.locator("#offline-agenda h3")).to_have_count(len(chosen))
        expect(window.locator(".clash")).to_have_text(TROUBLES)
        expect(window.locator(".clash a[lang=fr]")).to_have_text(["Soup"] * 2)
        expect(
            window.get_by_text("Some of these sessions overlap, or leave you too little time")
        ).to_be_visible()
        assert axe(window) == []


def test_a_new_release_replaces_the_saved_programme(
    live_site: LiveSites, chromium: Chromium
) -> None:
    home = live_site().address
    with _a_window(chromium, home) as window:
        _keep(window)
        before = window.evaluate(STORES)
        get_session("opening").title = "Opening words"
        publish_programme()
        wait_until(lambda: "Opening words" in _read(f"{home}/sessions/opening"), "the new title")

        window.get_by_role("button", name="Update now").click()
        wait_until(lambda: not set(before) <= set(window.evaluate(STORES)), "another store")
        expect(window.get_by_text("Last updated at")).to_be_visible()
        window.context.set_offline(True)
        window.goto("/sessions/opening")

        expect_heading(window, "Opening words")
        expect_result(window, f"{STORES}.then(all => all.length)", 2)


def test_removing_the_saved_programme_leaves_no_caches_or_service_worker(
    live_site: LiveSites, chromium: Chromium
) -> None:
    with _a_window(chromium, live_site().address) as window:
        _keep(window)

        window.get_by_role("button", name="Remove from this device").click()

        expect(
            window.get_by_text("The programme has been removed from this device.")
        ).to_be_visible()
        expect_result(window, STORES, [])
        expect_result(window, WORKERS, 0)
        expect(window.get_by_role("button", name=KEEP)).to_be_visible()


def test_a_removed_offline_programme_is_not_restored_by_an_open_page(
    live_site: LiveSites, chromium: Chromium
) -> None:
    with _a_window(chromium, live_site().address) as window:
        _keep(window)
        reader = window.context.new_page()
        reader.goto("/programme")
        expect_result(reader, "navigator.serviceWorker.controller !== null", expected=True)

        window.get_by_role("button", name="Remove from this device").click()
        expect(window.get_by_text("The programme has been removed")).to_be_visible()
        reader.get_by_role("link", name="Reading the tide").click()
        expect_heading(reader, "Reading the tide")
        reader.goto("/programme")

        expect_heading(reader, "Programme")
        expect_result(reader, STORES, [])
        expect_result(reader, WORKERS, 0)
        window.reload()
        expect(window.get_by_role("button", name=KEEP)).to_be_visible()


def test_removing_the_offline_programme_during_an_update_is_final(
    live_site: LiveSites, chromium: Chromium
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    home = live_site().address
    with _a_window(chromium, home) as window:
        _keep(window)
        get_session("opening").title = "Opening words"
        publish_programme()
        wait_until(lambda: "Opening words" in _read(f"{home}/sessions/opening"), "the new title")
        window.context.route("**/sessions/opening", hold)

        window.get_by_role("button", name="Update now").click()
        wait_until(
            lambda: window.evaluate(PAGES_LEFT) == 1 and bool(held), "all pages but the one held"
        )
        window.get_by_role("button", name="Remove from this device").click()
        removed = window.get_by_text("The programme has been removed from this device.")
        expect(removed).to_be_visible()
        with window.context.expect_event("requestfinished", _is_of_opening):
            held[0].continue_()
        window.wait_for_timeout(1000)  # in which the update would end

        expect(removed).to_be_visible()
        expect_result(window, STORES, [])
        window.reload()
        expect(window.get_by_role("button", name=KEEP)).to_be_visible()


def test_the_offline_programme_can_be_saved_again_after_removal_during_an_update(
    live_site: LiveSites, chromium: Chromium
) -> None:
    home = live_site().address
    with _a_window(chromium, home) as window:
        _keep(window)
        get_session("opening").title = "Opening words"
        publish_programme()
        wait_until(lambda: "Opening words" in _read(f"{home}/sessions/opening"), "the new title")

        window.get_by_role("button", name="Update now").click()
        window.get_by_role("button", name="Remove from this device").click()
        window.get_by_role("button", name=KEEP).click()

        expect(window.get_by_text("Last updated at")).to_be_visible()
        expect_result(window, f"{STORES}.then(all => all.length)", 2)


def test_visitors_who_did_not_save_have_no_service_worker_or_storage(
    live_site: LiveSites, chromium: Chromium
) -> None:
    with _a_window(chromium, live_site().address) as window:
        asked: list[str] = []
        window.on("request", lambda request: asked.append(request.url))
        for address in ("/", "/programme", "/sessions/opening", "/offline"):
            window.goto(address, wait_until="networkidle")

        expect_result(window, WORKERS, 0)
        expect_result(window, STORES, [])
        expect_result(window, "localStorage.length", 0)
        assert [one for one in asked if "stars.json" in one or "worker" in one] == []


def test_a_full_device_is_reported_and_keeps_the_earlier_copy(
    live_site: LiveSites, chromium: Chromium
) -> None:
    with _a_window(chromium, live_site().address) as window:
        devtools = window.context.new_cdp_session(window)
        window.goto("/offline")
        devtools.send(
            "Storage.overrideQuotaForOrigin",
            {"origin": window.evaluate("location.origin"), "quotaSize": 30_000},
        )

        window.get_by_role("button", name=KEEP).click()

        expect(window.get_by_text("There is not enough space on this device")).to_be_visible()
        stores = window.evaluate(STORES)
        assert [one for one in stores if "what is kept" in one] == []


@pytest.mark.parametrize("width", [320, 1280])
def test_offline_pages_fit_small_screens_and_work_by_keyboard(
    live_site: LiveSites, chromium: Chromium, width: int
) -> None:
    home = live_site().address
    with chromium.new_context(base_url=home, viewport={"width": width, "height": 700}) as context:
        window = context.new_page()
        for address in ("/offline", "/offline/agenda", "/offline/away"):
            window.goto(address)
            assert horizontal_overflow(window) == 0
        window.goto("/offline")
        button = window.get_by_role("button", name=KEEP)
        button.focus()
        window.keyboard.press("Enter")

        expect(window.get_by_text("Last updated at")).to_be_visible()

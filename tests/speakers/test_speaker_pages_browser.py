"""A speaker's pages on a phone: by keyboard, without JavaScript, accessibly."""

import re
from datetime import date

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from app import clock
from app.database import transaction
from app.programme.models import Speaker
from app.speakers.models import ItemDeadline
from tests.admin.test_speaker_pages import make_speaker_request
from tests.admin.test_speakers_browser import fill, go_to, press
from tests.chromium import Axe, expect_heading, horizontal_overflow
from tests.factories import (
    get_ada_marsh,
    grant_speaker_access,
    make_category,
    make_delegate,
    make_session,
    make_speaker,
    save,
    sign_in_speaker_in_window,
    sign_in_window,
)
from tests.live_site import LiveSites

TELEPHONE = ViewportSize(width=390, height=844)
SMALLEST = ViewportSize(width=320, height=568)
DESK = ViewportSize(width=1280, height=900)
LONG = "Wolfeschlegelsteinhausenbergerdorff" * 3


def test_a_speaker_completes_the_checklist_by_keyboard_on_a_phone(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    address = live_site().address
    window.set_viewport_size(TELEPHONE)
    save(ItemDeadline(item="travel", due_on=date(2009, 6, 1)))
    sign_in_speaker_in_window(window, address, get_ada_marsh())

    window.goto(f"{address}/speak")
    expect_heading(window, "Ada Marsh")
    assert axe(window) == []

    press(window, "Confirm whether you are taking part")
    assert axe(window) == []
    press(window, "Send")
    expect(window).to_have_title(re.compile("^Error:"))
    assert axe(window) == []
    go_to(window, "Yes, at the times in the programme")
    window.keyboard.press("Space")
    press(window, "Send")
    expect(window.get_by_role("status").first).to_contain_text(
        "Thank you for confirming that you are taking part."
    )

    press(window, "Access requirements")
    assert axe(window) == []
    fill(window, "What are your access requirements? (optional)", "A ramp")
    press(window, "Save")
    press(window, "When you are not available")
    press(window, "Add a time")
    window.keyboard.press("ArrowDown")
    assert axe(window) == []
    press(window, "Save")
    press(window, "Recording and slides")
    go_to(window, "Yes")
    window.keyboard.press("Space")
    window.keyboard.press("Tab")
    window.keyboard.press("ArrowDown")
    assert axe(window) == []
    press(window, "Save")
    expect(window.locator("dl.answers")).to_contain_text("Recording and slides")

    press(window, "Add an assistant")
    assert axe(window) == []
    fill(window, "Email address of an assistant", "helper@example.org")
    press(window, "Send link")
    expect(window.get_by_text("helper@example.org").first).to_be_visible()
    window.goto(f"{address}/speak/ada-marsh")
    press(window, "Your calendar")
    press(window, "Create a calendar link")
    assert axe(window) == []
    assert horizontal_overflow(window) == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_speaker_page_fits_the_smallest_phone_without_javascript(
    live_site: LiveSites, window_without_scripts: Page, axe: Axe, scheme: str
) -> None:
    window, address = window_without_scripts, live_site().address
    window.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    window.set_viewport_size(SMALLEST)
    speaker = _with_a_long_name()
    make_category(name="Speaker", is_for_speakers=True)
    with transaction():
        speaker.confirmed_at = clock.now()
    sign_in_speaker_in_window(window, address, speaker)
    grant_speaker_access(speaker, f"{'helper' * 9}@example.org", is_assistant=True)
    grant_speaker_access(get_ada_marsh(), "ada@example.org", is_assistant=True)

    for page in (
        "/speak",
        *(
            f"/speak/hubert{name}"
            for name in (
                *("", "/place", "/taking-part", "/availability", "/access-needs", "/audio-visual"),
                *("/travel", "/consent", "/assistants", "/sessions", "/calendar", "/nothing"),
            )
        ),
        "/speak/joao-mare",
    ):
        window.goto(f"{address}{page}")

        assert horizontal_overflow(window) == 0, page
        assert axe(window) == [], page


def test_organisers_email_speakers_and_close_requests_by_keyboard(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    address = live_site().address
    speaker = _with_a_long_name()
    grant_speaker_access(speaker)
    answer = f"speaking/requests/{make_speaker_request(speaker).id}/answer"
    reference = make_delegate().reference
    sign_in_window(window, address)

    for size in (SMALLEST, DESK):
        window.set_viewport_size(size)
        for page in (
            "speaking",
            "speaking/dates",
            "speaking/letters/invitation",
            "speaking/letters/reminder",
            "speaking/letters/place",
            f"delegates/{reference}/speaker",
            "speaking/speakers/hubert",
            "speaking/sessions/opening/owner",
            answer,
            "sessions",
        ):
            window.goto(f"{address}/organise/{page}")

            assert axe(window) == [], page
            assert horizontal_overflow(window) == 0, page
    window.goto(f"{address}/organise/speaking")
    window.get_by_role("button", name="Close without an answer").press("Enter")
    expect(window.get_by_role("status").first).to_contain_text("The request has been closed")


def _with_a_long_name() -> Speaker:
    """Save a speaker whose every word is long."""
    speaker = make_speaker(name=f"Hubert {LONG}", slug="hubert", contact_address="h@example.org")
    make_session(title="W" * 200, abstract=LONG, speakers=(speaker, get_ada_marsh()))
    return speaker

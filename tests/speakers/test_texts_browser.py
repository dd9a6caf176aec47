"""From a speaker's phone to the public page: by keyboard, and without JavaScript."""

from playwright.sync_api import Page, ViewportSize, expect
from sqlalchemy import select

from app.database import db
from app.programme.models import Session
from tests.admin.test_speakers_browser import fill, go_to, press
from tests.chromium import Axe, expect_heading, horizontal_overflow
from tests.factories import get_ada_marsh, make_proposal, sign_in_speaker_in_window, sign_in_window
from tests.live_site import LiveSites

PHONE: ViewportSize = {"width": 320, "height": 640}
LOOK = "Preview"


def check_page(window: Page, axe: Axe) -> None:
    """Assert that a page is accessible and fits a phone."""
    assert axe(window) == [], window.url
    assert horizontal_overflow(window) == 0, window.url


def test_a_profile_is_edited_on_a_phone_by_keyboard(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    address = live_site().address
    window.set_viewport_size(PHONE)
    sign_in_speaker_in_window(window, address, get_ada_marsh())
    window.goto(f"{address}/speak/ada-marsh")
    press(window, "Your profile")
    check_page(window, axe)
    fill(window, "Title before the name (optional)", "Captain")
    fill(window, "How to say the name (optional)", "AY-da")
    press(window, "Add another language")
    go_to(window, "Biography in this language")
    window.keyboard.type("Une capitaine.")
    fill(window, "Links (optional)", "javascript:alert(1)")
    press(window, LOOK)
    expect_heading(window, "Your profile")
    expect(window.locator(".govuk-error-summary")).to_be_focused()
    check_page(window, axe)
    go_to(window, "Language")
    window.keyboard.type("franç")
    fill(window, "Links (optional)", "https://port.example/?fbclid=1 The port")
    press(window, LOOK)
    expect_heading(window, "Captain Ada Marsh")
    check_page(window, axe)
    press(window, "Change details")
    press(window, LOOK)
    press(window, "Send")
    expect_heading(window, "Ada Marsh")
    expect(window.get_by_role("status").first).to_contain_text("Sent.")
    check_page(window, axe)


def test_a_live_character_count_is_shown_while_typing(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    address = live_site().address
    window.set_viewport_size(PHONE)
    sign_in_speaker_in_window(window, address, get_ada_marsh())
    window.goto(f"{address}/speak/sessions/opening/text")
    text = window.get_by_label("Abstract (optional)")
    told = window.locator("form [role=status]")

    expect(window.get_by_text("Characters left: 2,984")).to_be_visible()
    expect(told).to_be_empty()
    text.fill("An 🐙.")
    expect(window.get_by_text("Characters left: 2,995").first).to_be_visible()
    expect(told).to_have_text("Characters left: 2,995")
    check_page(window, axe)
    text.fill("w" * 3001)
    expect(told).to_have_text("Characters over the limit: 1")
    check_page(window, axe)
    press(window, LOOK)
    expect(window.locator(".govuk-error-summary")).to_contain_text("3000 characters or fewer")


def test_a_change_is_approved_and_published_by_keyboard(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    make_proposal(
        get_ada_marsh(),
        honorific="Captain",
        biographies=[["fr", "Une capitaine."]],
        links=[["https://port.example/", "The port"]],
    )
    address = live_site().address
    window.set_viewport_size(PHONE)
    sign_in_window(window, address)
    window.goto(f"{address}/organise")
    expect(window.get_by_role("link", name="change from a speaker to approve")).to_be_visible()
    window.goto(f"{address}/organise/proposals?state=open")
    check_page(window, axe)
    press(window, "Ada Marsh")
    check_page(window, axe)
    press(window, "Preview the public page")
    expect_heading(window, "Captain Ada Marsh")
    check_page(window, axe)
    window.go_back()
    press(window, "Approve with changes")
    check_page(window, axe)
    window.go_back()
    press(window, "Send back")
    check_page(window, axe)
    window.go_back()
    press(window, "Approve")
    expect(window.get_by_role("status").first).to_contain_text("Approved.")
    window.goto(f"{address}/organise/publishing")
    expect(window.get_by_text("Change by a speaker")).to_be_visible()
    check_page(window, axe)
    press(window, "Add a note or schedule the release")
    press(window, "Continue")
    press(window, "Publish now")

    window.goto(f"{address}/speakers/ada-marsh")
    expect_heading(window, "Captain Ada Marsh")
    expect(window.get_by_role("link", name="The port")).to_have_attribute(
        "href", "https://port.example/"
    )
    check_page(window, axe)


def test_a_session_text_is_sent_and_reviewed_without_javascript(
    live_site: LiveSites, window_without_scripts: Page
) -> None:
    window, address = window_without_scripts, live_site().address
    window.set_viewport_size(PHONE)
    sign_in_speaker_in_window(window, address, get_ada_marsh())
    window.goto(f"{address}/speak/ada-marsh")
    tasks = window.get_by_role("main").locator("dl")
    tasks.get_by_role("link", name="Titles and abstracts of your sessions").click()
    window.get_by_role("link", name="Change title and abstract").first.click()
    window.get_by_label("Abstract (optional)").fill("Come *all*.")
    window.get_by_role("button", name=LOOK).last.click()
    expect(window.locator(".prose em")).to_have_text("all")
    window.get_by_role("button", name="Send").click()
    expect(window.get_by_role("status").first).to_contain_text("Sent.")

    window.context.clear_cookies()
    sign_in_window(window, address)
    window.goto(f"{address}/organise/proposals")
    window.get_by_label("Select Opening").check()
    window.get_by_role("button", name="Approve").click()
    expect(window.get_by_role("status").first).to_contain_text("Approved.")
    session = db.session.scalars(select(Session).where(Session.slug == "opening")).one()
    db.session.refresh(session)
    assert session.abstract == "Come *all*."

"""The team in a real browser: by keyboard, on a narrow screen, accessibly."""

from playwright.sync_api import Page, expect

from app.accounts.two_factor import totp
from app.database import db
from tests.chromium import Axe, expect_heading, horizontal_overflow
from tests.factories import make_organiser, sign_in_window
from tests.live_site import LiveSites

LONG = f"{'wolfe' * 12}@{'department-of-health.' * 4}example"


def go_to(window: Page, words: str) -> None:
    """Go to a link, button or field with the Tab key, and see that focus shows."""
    window.wait_for_load_state()
    for _ in range(60):
        window.keyboard.press("Tab")
        focused = window.locator(":focus")
        name = "e => (e.labels?.[0]?.innerText || e.innerText || '').trim()"
        if focused.count() and focused.evaluate(name) == words:
            expect(focused).not_to_have_css("outline-style", "none")
            return
    raise AssertionError(f"the Tab key never comes to “{words}”")


def press(window: Page, words: str, leads_to: str) -> None:
    go_to(window, words)
    with window.expect_navigation():  # to another page, or again to one with this heading
        window.keyboard.press("Enter")
    expect_heading(window, leads_to)


def test_a_team_member_can_be_invited_changed_reset_and_removed_by_keyboard(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    site = live_site().address
    found: dict[str, tuple[list[str], int]] = {}
    window.set_viewport_size({"width": 320, "height": 640})

    def look(state: str) -> None:
        found[state] = (axe(window), horizontal_overflow(window))

    sign_in_window(window, site).goto(f"{site}/organise/people")
    look("alone")
    press(window, "Invite a team member", "Invite a team member")
    look("empty")
    press(window, "Send invitation", "Invite a team member")
    look("with errors")
    go_to(window, "Email address")
    window.keyboard.type(LONG)
    go_to(window, "Organiser")
    for _ in range(3):
        window.keyboard.press("ArrowDown")
    press(window, "Send invitation", "Team")
    expect(window.get_by_role("status").first).to_have_text("We are sending the invitation.")
    look("two")
    make_organiser(LONG, "viewer").totp_secret = totp.encrypt("secret")
    db.session.commit()

    press(window, LONG, LONG)
    look("a person")
    expect(window.get_by_label("Viewer")).to_be_checked()
    go_to(window, "Viewer")
    window.keyboard.press("ArrowUp")
    press(window, "Save role", LONG)
    expect(window.get_by_label("Registration desk")).to_be_checked()
    press(window, "Reset second step", LONG)
    look("reset")
    press(window, "Remove from the team", f"Remove {LONG} from the team?")
    look("asked")
    press(window, "Remove from the team", "Team")

    assert {state: told for state, told in found.items() if told != ([], 0)} == {}
    expect(window.get_by_text(LONG)).to_have_count(0)

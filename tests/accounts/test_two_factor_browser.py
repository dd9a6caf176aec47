"""The second step in a real browser: with a passkey, with an app, by keyboard, accessibly."""

from collections.abc import Callable

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.chromium import Axe, expect_heading, horizontal_overflow, read_heading
from tests.factories import make_sign_in_link, sign_in_window
from tests.live_site import LiveSites

KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
HOME = "Dashboard"
CODES = "ol.codes code"


@pytest.fixture
def settings(settings: dict[str, str]) -> dict[str, str]:
    """The settings of a site that is opened by a name: browsers want one for passkeys."""
    return {**settings, "SITE_URL": settings["SITE_URL"].replace("127.0.0.1", "localhost")}


@pytest.fixture
def key(window: Page) -> Callable[..., None]:
    """A passkey in this browser that answers at once, until it is replaced."""
    devtools = window.context.new_cdp_session(window)
    devtools.send("WebAuthn.enable")
    held: list[str] = []

    def plug_in(**about: object) -> None:
        for one in held:
            devtools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": one})
        answer = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {**KEY, **about}})
        held[:] = [answer["authenticatorId"]]

    plug_in()
    return plug_in


def go_to(window: Page, words: str) -> None:
    """Go to a link, button or field with the Tab key, and see that focus shows."""
    window.wait_for_load_state()
    for _ in range(80):
        window.keyboard.press("Tab")
        focused = window.locator(":focus")
        if focused.count() and words in name_of(focused.element_handle()):
            expect(focused).not_to_have_css("outline-style", "none")
            return
    raise AssertionError(f"the Tab key never comes to “{words}” on “{read_heading(window)}”")


def name_of(element: object) -> str:
    return str(
        element.evaluate("e => e.labels?.[0]?.innerText || e.innerText || ''")  # type: ignore[attr-defined]
    )


def press(window: Page, words: str, leads_to: str) -> None:
    press_plainly(window, words)
    expect_heading(window, leads_to)


def test_a_passkey_is_set_up_and_used_by_keyboard_alone(
    live_site: LiveSites, window: Page, key: Callable[..., None], axe: Axe
) -> None:
    site = live_site().address
    found: dict[str, tuple[list[str], int]] = {}
    window.set_viewport_size({"width": 320, "height": 640})

    def look(state: str = "") -> None:
        found[f"{read_heading(window)} {state}"] = (axe(window), horizontal_overflow(window))

    window.goto(site + make_sign_in_link() + "?next=/my")
    press(window, "Sign in", "Set up your second step")
    look()
    press(window, "Set up a passkey", "Set up a passkey")
    look()
    go_to(window, "Name of this passkey")
    window.keyboard.press("Control+A")
    window.keyboard.type("My telephone")
    press(window, "Create the passkey", "Your recovery codes")
    look()
    expect(window.locator(CODES)).to_have_count(10)
    press(window, "I have saved my codes", "Your account")
    look()
    expect(window.get_by_role("main")).to_contain_text("My telephone")
    press(window, "Add a passkey or an app", "Add a second step")
    press(window, "Set up an app", "Set up an authenticator app")
    press(window, "Continue", "Set up an authenticator app")
    look("with an error")
    window.goto(f"{site}/my")
    press(window, "Sign out", "You are signed out")

    window.goto(site + make_sign_in_link() + "?next=/my")
    press(window, "Sign in", "Confirm that it is you")
    look("with a passkey")
    key(isUserVerified=True)  # another key, which this site does not know
    go_to(window, "Use a passkey")
    window.keyboard.press("Enter")
    window.get_by_text("The passkey was not used.").wait_for()
    look("not known")
    press(window, "Use a recovery code", "Use a recovery code")
    look()

    assert {state: told for state, told in found.items() if told != ([], 0)} == {}
    assert len(found) == 8


def test_a_passkey_signs_in_again_and_cannot_be_added_twice(
    live_site: LiveSites, window: Page, key: Callable[..., None]
) -> None:
    site = live_site().address
    sign_in_window(window, site, verified_at=None).goto(f"{site}/second-step/set-up/passkey")
    press(window, "Create the passkey", "Your recovery codes")
    press(window, "I have saved my codes", HOME)
    window.goto(site + "/sign-out")
    press(window, "Sign out", "You are signed out")
    window.goto(site + make_sign_in_link())
    press(window, "Sign in", "Confirm that it is you")

    press(window, "Use a passkey", HOME)

    window.goto(f"{site}/second-step/set-up/passkey")
    window.get_by_role("button", name="Create the passkey").click()
    window.get_by_text("You already have a passkey on this device.").wait_for()


def test_an_app_is_set_up_and_used_by_keyboard_without_javascript(
    live_site: LiveSites, window_without_scripts: Page, window: Page, axe: Axe
) -> None:
    site, page = live_site().address, window_without_scripts
    page.goto(site + make_sign_in_link())
    press_plainly(page, "Sign in")
    expect(page.get_by_role("main")).to_contain_text(
        "A passkey works only in a browser with JavaScript"
    )
    press_plainly(page, "Set up an app")
    codes = pyotp.TOTP(page.locator(".key").inner_text().replace(" ", ""))
    go_to(page, "Code from your app")
    page.keyboard.type("12345")
    press_plainly(page, "Continue")
    expect(page.locator(".govuk-error-summary li")).to_have_text(
        "Enter the 6-digit code from your app"
    )
    go_to(page, "Code from your app")
    page.keyboard.press("Control+A")
    page.keyboard.type(codes.now())
    press_plainly(page, "Continue")
    expect(page.locator(CODES)).to_have_count(10)
    recovery = page.locator(CODES).all_inner_texts()
    press_plainly(page, "I have saved my codes")
    expect_heading(page, HOME)
    page.goto(f"{site}/sign-out")
    press_plainly(page, "Sign out")

    page.goto(site + make_sign_in_link())
    press_plainly(page, "Sign in")
    expect_heading(page, "Confirm that it is you")
    press_plainly(page, "Use a recovery code")
    go_to(page, "Recovery code")
    page.keyboard.type(recovery[3].lower().replace("-", " "))
    press_plainly(page, "Continue")

    expect_heading(page, HOME)


def press_plainly(window: Page, words: str) -> None:
    go_to(window, words)
    with window.expect_navigation():
        window.keyboard.press("Enter")

"""The access keys of the UK government's standard of May 2002, on every page and switched off."""

from urllib.request import urlopen

import pytest
from playwright.sync_api import Page as Window
from playwright.sync_api import expect

from tests.browser import Browser, Browsers, Page
from tests.live_site import LiveSites

KEYS = {
    "s": "#main",
    "1": "/",
    "2": "/whats-new",
    "3": "/site-map",
    "4": "/search",
    "5": "/questions",
    "6": "/help",
    "7": "/complaints",
    "8": "/terms",
    "9": "/feedback",
    "0": "/access-keys",
}
EVERY_KIND = ("/", "/programme", "/sessions/opening", "/help", "/search?q=tide", "/feedback")
PERSONAL = ("/register", "/register/name", "/booking", "/sign-in")


def _keys(page: Page) -> list[tuple[str, str]]:
    return sorted(
        (one.get("accesskey", ""), one.get("href", ""))
        for one in page.tree.find_all()
        if one.get("accesskey")
    )


@pytest.mark.parametrize("address", [*EVERY_KIND, *PERSONAL])
def test_every_page_has_each_access_key_once_with_its_standard_target(
    visitor: Browser, address: str
) -> None:
    assert _keys(visitor.open(address)) == sorted(KEYS.items())


def test_an_error_page_has_access_keys(visitor: Browser) -> None:
    assert _keys(visitor.open("/nowhere", status=404)) == sorted(KEYS.items())


def test_the_footer_of_the_home_page_mentions_access_keys(visitor: Browser) -> None:
    footer = next(visitor.open("/").tree.find_all("footer"))

    assert "This site uses UK government access keys" in "".join(footer.itertext())


def test_access_keys_can_be_switched_off_on_every_page_and_on_again(visitor: Browser) -> None:
    off = visitor.open("/access-keys").press("Switch access keys off")

    assert "Access keys are switched off." in off.text
    assert visitor.cookies() == {"access_keys": "off"}
    assert {address: _keys(visitor.open(address)) for address in (*EVERY_KIND, *PERSONAL)} == {
        address: [] for address in (*EVERY_KIND, *PERSONAL)
    }

    visitor.open("/access-keys").press("Switch access keys on")

    assert "access_keys" not in visitor.cookies()
    assert _keys(visitor.open("/")) == sorted(KEYS.items())


def test_switching_access_keys_off_does_not_affect_other_visitors(
    visitor: Browser, new_browser: Browsers
) -> None:
    visitor.open("/access-keys").press("Switch access keys off")
    visitor.open("/help")

    assert _keys(new_browser().open("/help")) == sorted(KEYS.items())
    assert _keys(visitor.open("/help")) == []


def test_the_access_keys_cookie_lasts_a_year_and_is_secure(visitor: Browser) -> None:
    form = visitor.open("/access-keys")
    token = next(
        one.get("value", "")
        for one in form.tree.find_all("input")
        if one.get("name") == "csrf_token"
    )

    answer = visitor.fetch("POST", "/access-keys", data={"csrf_token": token, "off": "1"})

    assert answer.status_code == 303
    parts = answer.headers["Set-Cookie"].split("; ")
    assert parts[0] == "access_keys=off"
    assert {"Secure", "Path=/", "SameSite=Lax", "Max-Age=31536000"} <= set(parts)
    assert answer.headers["Clear-Site-Data"] == '"cache"'  # pages do not vary on cookies


def test_a_page_without_access_keys_is_not_cached_publicly(
    visitor: Browser, new_browser: Browsers
) -> None:
    visitor.open("/access-keys").press("Switch access keys off")
    without, with_keys = visitor.open("/help"), new_browser().open("/help")

    assert without.headers["Cache-Control"] == "private, no-cache"
    assert with_keys.headers["Cache-Control"].startswith("public, max-age=60")
    assert visitor.open("/help").headers["ETag"] == without.headers["ETag"]


def test_switching_access_keys_off_without_csrf_token_is_refused(visitor: Browser) -> None:
    page = visitor.send("POST", "/access-keys", status=422, data={"off": "1"})

    assert page.errors == ["This page was open for too long. Check your answers, then try again"]
    assert visitor.cookies() == {}


def test_the_cookies_page_lists_every_cookie_of_the_site(visitor: Browser) -> None:
    rows = visitor.open("/cookies").rows

    cookies = [row["Name"] for row in rows if "Name" in row]
    assert cookies == [
        *(
            "answers",
            "group",
            "session",
            "agenda",
            "seats",
            "equality",
            "access_keys",
            "admin_view",
        ),
    ]
    others = [row["What"] for row in rows if "What" in row]
    assert len(others) == 3, others


def _press_with_alt(window: Window, key: str) -> None:
    """Send what the keyboard sends: the key, with Alt held down."""
    tab = window.context.new_cdp_session(window)
    letter = {"type": "char", "modifiers": 1, "text": key, "unmodifiedText": key}
    tab.send("Input.dispatchKeyEvent", letter)
    tab.detach()


def test_access_keys_work_in_a_real_browser(live_site: LiveSites, window: Window) -> None:
    home = live_site().address
    window.goto(f"{home}/programme")

    for key in "1234567890":
        _press_with_alt(window, key)
        window.wait_for_url(f"{home}{KEYS[key]}")
    _press_with_alt(window, "s")
    window.wait_for_url(f"{home}/access-keys#main")
    expect(window.locator("#main")).to_be_focused()


def test_access_keys_are_removed_from_a_page_of_a_shared_cache(
    live_site: LiveSites, window: Window
) -> None:
    home = live_site().address
    window.context.add_cookies([{"name": "access_keys", "value": "off", "url": home}])
    with urlopen(f"{home}/help", timeout=20) as page:  # a cache that knows nothing of cookies
        kept = page.read().decode()
    window.route(f"{home}/help", lambda route: route.fulfill(body=kept, content_type="text/html"))

    window.goto(f"{home}/help")

    assert kept.count(" accesskey=") == len(KEYS)
    expect(window.locator("[accesskey]")).to_have_count(0)


def test_access_keys_can_be_switched_off_without_javascript(
    live_site: LiveSites, window_without_scripts: Window
) -> None:
    window = window_without_scripts
    home = live_site().address
    window.goto(f"{home}/help")
    window.goto(f"{home}/access-keys")

    window.get_by_role("button", name="Switch access keys off").click()

    window.goto(f"{home}/help")
    expect(window.locator("[accesskey]")).to_have_count(0)
    _press_with_alt(window, "4")
    window.wait_for_timeout(200)
    expect(window).to_have_url(f"{home}/help")

    window.goto(f"{home}/access-keys")
    window.get_by_role("button", name="Switch access keys on").click()
    window.goto(f"{home}/help")
    expect(window.locator("[accesskey]")).to_have_count(len(KEYS))

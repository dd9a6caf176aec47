"""A phone and the thumb on it, for stories that count taps and how far somebody scrolls.

thumb = Thumb(window, address)      opens an address of the site on the phone
thumb.press("Register", heading)    taps a link or a button, which leads to another page
thumb.reach(locator).check()        scrolls until something is in view, and counts a tap
thumb.look_at(locator)              scrolls until something is in view
"""

from playwright.sync_api import Locator, Page, ViewportSize

from tests.chromium import expect_heading

PHONE: ViewportSize = {"width": 360, "height": 640}


class Thumb:
    """A user's thumb on a phone."""

    def __init__(self, window: Page, address: str) -> None:
        window.set_viewport_size(PHONE)
        window.goto(address)
        self.window = window
        self.taps = 0
        self.scrolled = 0.0

    def look_at(self, target: Locator) -> None:
        """Scroll until something is in view, once the page is all there."""
        self.window.wait_for_load_state()
        box = target.bounding_box()
        assert box
        hidden = max(0, box["y"] + box["height"] - PHONE["height"])
        self.window.evaluate(f"scrollBy(0, {hidden})")
        self.scrolled += hidden

    def reach(self, target: Locator) -> Locator:
        """Scroll until something is in view, and tap it."""
        self.look_at(target)
        self.taps += 1
        return target

    def press(self, words: str, heading: str) -> None:
        """Tap a link or a button, which leads to another page."""
        target = self.window.get_by_role("link", name=words, exact=True)
        button = self.window.get_by_role("button", name=words, exact=True)
        self.reach(target.or_(button).first).click()
        expect_heading(self.window, heading)

"""A long programme on a phone: laid out lazily, without losing the scroll position."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Locator, ViewportSize, expect
from playwright.sync_api import Page as Window

from tests.chromium import expect_result
from tests.factories import FIRST_MORNING, make_session, publish_programme
from tests.live_site import LiveSites
from tests.site.test_programme_browser import LAYOUT_SHIFT_SCRIPT
from tests.waiting import wait_until

TELEPHONE = ViewportSize(width=360, height=640)
WAYS = pytest.mark.parametrize(
    ("address", "lines"), [("/programme", ".row"), ("/programme?view=grid", ".slot")]
)
DAYS = 2
A_DAY = 60  # sessions
JUMPED = 72  # pixels between the top of the window, where the bar is, and what somebody jumped to
A_CLOCK_TO_MOVE = """
  window.time = 0;
  performance.now = () => time;
  window.requestIdleCallback = later => { window.later = later; };
"""
LAY_OUT_A_FEW = """() => {
  time += 200;
  later();
  return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
THREE_FRAMES = """async () => {  // what has come into view is laid out in the second
  for (const _ of [1, 2, 3]) await new Promise(requestAnimationFrame);
}"""
IS_NOTED = """lines => {
  const place = history.state?.place;
  const put = one => getComputedStyle(one).contentVisibility === "auto";
  const all = [...document.querySelectorAll(lines)];
  const waited = all.filter(one => put(one) || one.style.contentVisibility === "visible");
  return place && Math.abs(waited[place.at].getBoundingClientRect().top - place.top) < 1;
}"""
LISTENING = """() => {
  const next = event => new Promise(done => addEventListener(event, done, { once: true }));
  window.begun = next("scroll");
  window.ended = next("scrollend");
}"""
OVERLAPS = """lines => lines.filter((line, at) =>
  at && lines[at - 1].getBoundingClientRect().bottom > line.getBoundingClientRect().top + 1
).length"""


@pytest.fixture
def home(site: Any, live_site: LiveSites) -> str:
    """The address of a site whose programme goes on for many screens; titles are short and long."""
    for number in range(DAYS * A_DAY):
        day, minute = divmod(number, A_DAY)
        starts_at = FIRST_MORNING + timedelta(days=day + 1, minutes=5 * minute)
        make_session(
            title=f"Watch {number}, and {'what was seen from it ' * (number % 9)}",
            slug=f"watch-{number}",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=5),
        )
    publish_programme()
    return live_site().address


@pytest.fixture
def telephone(chromium: Chromium, home: str) -> Any:
    """A telephone that never gets the typeface.

    A first visit may be without it and the next with it (font-display: optional): then all but the
    line at the top of the window is a little higher or lower, and no place can be compared.
    """
    with chromium.new_context(base_url=home, viewport=TELEPHONE) as context:
        context.route("**/*.woff2?*", lambda route: route.abort())
        yield context.new_page()


@WAYS
def test_a_long_programme_is_laid_out_lazily_until_complete(
    telephone: Window, address: str, lines: str
) -> None:
    telephone.add_init_script("window.requestIdleCallback = later => { window.later = later; }")
    telephone.goto(address)
    last = telephone.locator(lines).last
    expect(last).to_have_css("content-visibility", "auto")

    while _count_not_laid_out(telephone, lines):
        telephone.evaluate("later()")

    expect(last).to_have_css("content-visibility", "visible")
    wait_until(
        lambda: telephone.locator(lines).evaluate_all(OVERLAPS) == 0, "no line lies on another"
    )


@WAYS
def test_a_link_to_a_day_lands_there_before_it_is_laid_out(
    telephone: Window, address: str, lines: str
) -> None:
    telephone.goto(f"{address}#day-2009-06-12")
    day = telephone.get_by_role("heading", name="Friday 12 June 2009")
    wait_until(
        lambda: 0 <= _top(day) <= JUMPED, "the day is at the top", describe=lambda: str(_top(day))
    )

    expect(telephone.locator(lines).last).to_have_css("content-visibility", "visible")

    wait_until(
        lambda: 0 <= _top(day) <= JUMPED, "the day is at the top", describe=lambda: str(_top(day))
    )


@WAYS
def test_going_back_restores_the_scroll_position(
    telephone: Window, address: str, lines: str
) -> None:
    telephone.add_init_script(A_CLOCK_TO_MOVE)
    telephone.goto(address)
    session = telephone.get_by_role("link", name="Watch 77, and", exact=False)
    session.scroll_into_view_if_needed()
    wait_until(lambda: telephone.evaluate(IS_NOTED, lines), "where they are is noted")
    while _count_not_laid_out(telephone, lines):  # in as many frames as on a slow telephone
        telephone.evaluate(LAY_OUT_A_FEW)
    wait_until(
        lambda: telephone.evaluate("later()") or telephone.evaluate(IS_NOTED, lines),
        "where they are now is noted",
    )
    left_at = _top(session)

    session.click()
    telephone.wait_for_url("**/sessions/watch-77")
    telephone.go_back()
    _expect_top(session, left_at)

    telephone.reload()
    _expect_top(session, left_at)


@WAYS
def test_going_back_restores_the_scroll_position_of_a_partly_laid_out_page(
    telephone: Window, address: str, lines: str
) -> None:
    telephone.add_init_script("window.requestIdleCallback = later => { window.later = later; }")
    telephone.goto(address)
    session = telephone.get_by_role("link", name="Watch 77, and", exact=False)
    session.scroll_into_view_if_needed()
    telephone.evaluate(THREE_FRAMES)
    wait_until(lambda: telephone.evaluate(IS_NOTED, lines), "where they are is noted")
    left_at = _top(session)

    telephone.reload()

    wait_until(lambda: _count_not_laid_out(telephone, lines) == 0, "all is laid out")
    _expect_top(session, left_at)


@WAYS
def test_scrolling_up_causes_no_layout_shift(telephone: Window, address: str, lines: str) -> None:
    telephone.add_init_script(A_CLOCK_TO_MOVE)
    telephone.goto(address)
    telephone.mouse.move(100, 300)
    telephone.evaluate(LISTENING)
    telephone.mouse.wheel(0, 9000)
    telephone.evaluate("ended")
    put_off = _count_not_laid_out(telephone, lines)
    assert put_off

    for _ in range(10):
        telephone.evaluate(LISTENING)
        telephone.mouse.wheel(0, -120)
        telephone.evaluate("begun")
        telephone.evaluate("later()")  # while it scrolls, nothing is to be laid out
        telephone.evaluate("ended")
        telephone.evaluate("time += 200, later()")
    wait_until(lambda: _count_not_laid_out(telephone, lines) < put_off, "some are laid out")

    expect_result(telephone, LAYOUT_SHIFT_SCRIPT, 0)


def test_find_in_page_finds_text_not_yet_laid_out(telephone: Window) -> None:
    telephone.add_init_script("window.requestIdleCallback = () => {}")
    telephone.goto("/programme")

    found = telephone.evaluate("find('Watch 118,')")

    assert found
    expect(telephone.get_by_role("link", name="Watch 118,", exact=False)).to_be_in_viewport()


def test_without_javascript_everything_is_laid_out(
    window_without_scripts: Window, home: str
) -> None:
    window_without_scripts.set_viewport_size(TELEPHONE)
    window_without_scripts.goto(f"{home}/programme")

    expect(window_without_scripts.locator(".row").last).to_have_css("content-visibility", "visible")


def _count_not_laid_out(window: Window, lines: str) -> int:
    """Count the sessions that wait to be laid out."""
    every = window.locator(lines)
    return int(
        every.evaluate_all(
            "all => all.filter(one => getComputedStyle(one).contentVisibility === 'auto').length"
        )
    )


def _expect_top(place: Locator, top: float) -> None:
    """Wait until something is as far from the top of the window as it was."""
    wait_until(
        lambda: abs(_top(place) - top) <= 2,
        f"{top} px from the top",
        describe=lambda: str(_top(place)),
    )


def _top(place: Locator) -> float:
    """Return the distance of an element from the top of the window, in CSS pixels."""
    return float(place.evaluate("one => one.getBoundingClientRect().top"))

"""How many rows of each list of admin are in view at once, on a laptop and on a phone."""

from dataclasses import dataclass
from functools import partial

from playwright.sync_api import Page, ViewportSize, expect

from tests.admin.full_lists import WORKSHOP, fill_all_lists
from tests.factories import (
    make_room,
    make_session,
    make_speaker,
    make_waiting_list_entry,
    set_places,
    sign_in_window,
)
from tests.live_site import LiveSites
from tests.waiting import wait_until

LISTS = (
    *("delegates", "delegates/_duplicates", "groups", "categories", "invitations", "waiting-list"),
    *("applications", "interest", "session-seats", f"session-seats/{WORKSHOP}", "ballots"),
    *("access", "dietary", "questions", "sessions", "rooms", "themes", "previews", "pages"),
    *("speakers", "speaking/invitations", "proposals", "people"),
    *("letters", "letters/replies", "letters/suppression", "mailings", "mailings/1/people"),
    *("mailings/17/recipients", "delegates/_import/1", "notices", f"session-seats/{WORKSHOP}/door"),
)
WIDE, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)
LEAST_IN_VIEW = ((WIDE, 14), (PHONE, 4))
IN_VIEW = """([width, is_compact]) => {
  document.querySelector(".office").classList.toggle("office--compact", is_compact);
  const rows = [...document.querySelectorAll(".list > tbody > tr")];
  const boxes = [document.documentElement, ...document.querySelectorAll(".list-box")];
  return {
    width: innerWidth === width,
    rows: rows.length,
    seen: rows.filter((row) => {
      const box = row.getBoundingClientRect();
      return box.top >= 0 && box.bottom <= innerHeight;
    }).length,
    beyond: Math.max(...boxes.map((box) => box.scrollWidth - box.clientWidth)),
  };
}"""


@dataclass(frozen=True)
class ListView:
    """A list in a window, dense or roomy."""

    window: Page
    size: ViewportSize
    is_compact: bool

    def measure(self) -> dict[str, int]:
        """Count its rows, those in view, and the pixels at its side."""
        found: dict[str, int] = self.window.evaluate(IN_VIEW, [self.size["width"], self.is_compact])
        return found

    def describe(self) -> str:
        """Return the text of the row, for the message of a failing test."""
        return str(self.measure())

    def has_enough(self, least: int) -> bool:
        """Return True if so many rows are in view, or all, and nothing is at the side."""
        found = self.measure()
        is_enough = found["seen"] >= min(least, found["rows"])
        return bool(found["width"] and found["rows"] and is_enough and found["beyond"] <= 0)


def open_list(window: Page, site: str, name: str) -> None:
    """Open a list; the two that say who needs what ask before they are shown."""
    window.goto(f"{site}/organise/{name}")
    if name in {"access", "dietary"}:
        window.get_by_role("button", name=f"Show {name} requirements").click()
        expect(window.locator(".list-box")).to_be_visible()


def test_every_list_shows_enough_rows_per_screen(live_site: LiveSites, window: Page) -> None:
    set_places(400)
    fill_all_lists()
    sign_in_window(window, site := live_site().address)

    for name in LISTS:
        window.set_viewport_size(WIDE)
        open_list(window, site, name)
        for size, least in LEAST_IN_VIEW:
            window.set_viewport_size(size)
            for is_compact in (False, True):
                view = ListView(window, size, is_compact)
                what = f"{least} rows of {name}, {size['width']} px wide, {is_compact=}"
                wait_until(partial(view.has_enough, least), what, 10, view.describe)


def test_the_select_all_checkbox_has_a_visible_label_on_phones(
    live_site: LiveSites, window: Page
) -> None:
    set_places(2)
    make_waiting_list_entry()
    sign_in_window(window, site := live_site().address)
    window.set_viewport_size(PHONE)
    words = window.get_by_text("Select all rows on this page")
    width = "words => words.offsetWidth"

    open_list(window, site, "waiting-list")
    wait_until(lambda: words.evaluate(width) > 100, "the words beside the box")
    open_list(window, site, "sessions")
    wait_until(lambda: words.evaluate(width) < 2, "heads of columns beside the box")


# how much of a room's name is visible: its characters up to the end of the cell
SEEN_OF_A_ROOM = """() => {
  document.querySelector(".office").classList.add("office--compact");
  const name = [...document.querySelectorAll(".list tbody td > bdi")]
    .find(one => one.textContent.startsWith("Hall"));
  const box = name.getBoundingClientRect();
  const place = document.caretRangeFromPoint(box.right - 20, box.top + box.height / 2);
  return place.startOffset > "Hall of incom".length;
}"""


def test_a_compact_row_shows_as_much_of_a_long_name_as_fits(
    live_site: LiveSites, window: Page
) -> None:
    make_session(title="Opening", room=make_room(name="Hall of incomprehensibilitiesofgovernance"))
    sign_in_window(window, site := live_site().address)
    window.set_viewport_size(WIDE)

    open_list(window, site, "sessions")

    wait_until(lambda: window.evaluate(SEEN_OF_A_ROOM), "more than the words that fit whole")


# of each place where a name is, whether the box that cuts it off is written in its direction (so
# that the ellipsis is at its end), and shows its first letter
BEGINNINGS_SEEN = """([words, direction, is_compact]) => {
  document.querySelector(".office").classList.toggle("office--compact", is_compact);
  const texts = document.createTreeWalker(document.querySelector(".list"), NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) {
    const start = texts.currentNode.data.indexOf(words);
    let box = texts.currentNode.parentElement;
    if (start < 0 || box.closest(".govuk-visually-hidden")) continue;
    while (getComputedStyle(box).overflowX === "visible" && box !== document.body) {
      box = box.parentElement;
    }
    const letter = document.createRange();
    letter.setStart(texts.currentNode, start);
    letter.setEnd(texts.currentNode, start + 1);
    const { left, right } = letter.getBoundingClientRect(), edges = box.getBoundingClientRect();
    const is_cut = box.closest(".list") !== null;
    found.push((!is_cut || getComputedStyle(box).direction === direction)
      && left >= edges.left - 1 && right <= edges.right + 1);
  }
  return found;
}"""


def test_a_name_that_is_cut_off_keeps_its_beginning_in_either_direction_of_writing(
    live_site: LiveSites, window: Page
) -> None:
    names = {
        "ltr": "Wilhelmina Featherstonehaugh-Cholmondeley von Hohenlohe-Langenburg",
        "rtl": "محمد عبد الرحمن بن عبد العزيز آل سعود الدمشقي من مدينة دمشق",
    }
    for name in names.values():
        make_session(title="Opening", speakers=(make_speaker(name=name), make_speaker(name="Bo")))
    sign_in_window(window, site := live_site().address)

    for size in (WIDE, PHONE):
        window.set_viewport_size(size)
        for page in ("sessions", "speakers", "rooms/great-hall/sessions"):
            open_list(window, site, page)
            for direction, name in names.items():
                for is_compact in (False, True):
                    seen = window.evaluate(BEGINNINGS_SEEN, [name[:9], direction, is_compact])
                    assert set(seen) == {True}, (page, size, name, is_compact, seen)

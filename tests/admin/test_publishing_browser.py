"""Publishing and files in a real browser: by keyboard, without JavaScript, accessibly."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app import clock
from app.database import db, transaction
from app.programme import queries
from app.programme.models import Session
from app.proposals import reviews
from app.proposals.queries import ProposalReview
from tests.chromium import Axe, expect_heading, horizontal_overflow, read_heading
from tests.factories import (
    SMALL_CONFERENCE,
    get_ada_marsh,
    grant_speaker_access,
    make_clash,
    make_delegate,
    make_proposal,
    make_session,
    publish_programme,
    sign_in_window,
)
from tests.live_site import LiveSites
from tests.lookups import get_session

MOVED = """
- heading "Renamed sessions 1" [level=2]
- list:
  - listitem:
    - heading "A grand opening" [level=3]:
      - link "A grand opening"
    - term: Title
    - definition:
      - deletion: "before: Opening"
      - insertion: "after: A grand opening"
    - paragraph: Affects Ada Marsh, João Maré · 1 delegate on that day
"""


def renamed(title: str) -> None:
    with transaction():
        session = db.session.scalars(select(Session).where(Session.slug == "opening")).one()
        session.title, session.changed_at = title, clock.now()


def go(window: Page, words: str) -> None:
    """Go to a link or a button with the Tab key, see that focus shows, and press Enter."""
    to(window, words)
    with window.expect_navigation():
        window.keyboard.press("Enter")


def to(window: Page, words: str) -> None:
    """Go to what bears these words with the Tab key alone, and see that focus shows."""
    window.wait_for_load_state()
    for _ in range(90):
        window.keyboard.press("Tab")
        focused = window.locator(":focus")
        if focused.count() and focused.evaluate(NAMED).startswith(words):
            expect(focused).not_to_have_css("outline-style", "none")
            return
    raise AssertionError(f"the Tab key never comes to “{words}” on {window.url}")


NAMED = "e => ((e.labels && e.labels.length ? e.labels[0] : e).innerText || e.value || '').trim()"


def write(window: Page, label: str, words: str) -> None:
    to(window, label)
    window.keyboard.type(words)


@pytest.fixture
def check_page(window: Page, axe: Axe) -> Callable[[], None]:
    """See that a page has no barrier and does not scroll sideways on a small screen."""
    window.set_viewport_size({"width": 320, "height": 640})

    def look() -> None:
        assert axe(window) == [], read_heading(window)
        assert horizontal_overflow(window) == 0, read_heading(window)

    return look


def test_publishing_and_restoring_a_release_by_keyboard(
    live_site: LiveSites, window: Page, check_page: Callable[[], None]
) -> None:
    site = live_site().address
    sign_in_window(window, site)
    window.goto(f"{site}/organise/publishing")
    expect(window.locator("main")).to_contain_text("No changes since release 1")
    check_page()
    make_delegate()
    grant_speaker_access(get_ada_marsh())
    renamed("A grand opening")
    make_clash()
    window.reload()
    expect(window.locator("main")).to_match_aria_snapshot(MOVED)
    check_page()
    go(window, "Publish changes")
    check_page()
    write(window, "Note", "The opening is grander")
    go(window, "Continue")
    expect(window.locator(":focus")).to_contain_text("Enter a reason for publishing with clashes")
    check_page()
    write(window, "Reason for publishing with clashes", "The hall is parted")
    go(window, "Continue")
    expect_heading(window, "Check before you publish")
    check_page()
    go(window, "Publish now")

    expect_heading(window, "Release 2")
    expect(window.locator(".note--done")).to_have_text("Published. This release is public now.")
    check_page()
    go(window, "Releases")
    check_page()
    go(window, "Show differences")
    expect_heading(window, "Changes from release 1 to release 2")
    check_page()
    window.go_back()
    go(window, "Release 1")
    go(window, "Restore this release")
    check_page()
    write(window, "Reason for restoring", "Too grand")
    go(window, "Restore release 1")
    expect_heading(window, "Release 1")
    window.goto(f"{site}/sessions/opening")
    expect_heading(window, "Opening")


def test_scheduling_a_release_without_javascript(
    live_site: LiveSites, window_without_scripts: Page
) -> None:
    window, site = window_without_scripts, live_site().address
    sign_in_window(window, site)
    renamed("A grand opening")
    window.goto(f"{site}/organise/publishing/publish")

    window.get_by_label("Schedule for later").check()
    window.get_by_role("button", name="Continue").click()
    expect(window).to_have_title(re.compile("^Error: "))
    window.get_by_label("Day").fill("2009-05-20")
    window.get_by_label("Time").fill("09:30")
    window.get_by_role("button", name="Continue").click()
    window.get_by_role("button", name="Schedule release").click()
    note = window.locator("main .note")
    expect(note).to_contain_text("A release is scheduled for 9:30am on Wednesday 20 May 2009")
    window.get_by_role("link", name="Reschedule").click()
    window.get_by_label("Time").fill("10:30")
    window.get_by_role("button", name="Save").click()
    expect(note).to_contain_text("10:30am")
    window.get_by_role("link", name="Cancel scheduled release").click()
    window.get_by_role("button", name="Cancel scheduled release").click()

    expect(window.get_by_role("link", name="Add a note or schedule the release")).to_be_visible()
    expect(note).to_have_count(0)


def test_a_programme_file_is_loaded_by_keyboard_alone(
    live_site: LiveSites, window: Page, check_page: Callable[[], None], tmp_path: Path
) -> None:
    site = live_site().address
    words = SMALL_CONFERENCE.read_text(encoding="utf-8")
    other = tmp_path / f"{'another' * 20}.json"
    other.write_text(words.replace("tides-2009", "walls"), encoding="utf-8")
    large = tmp_path / "large.json"
    large.write_bytes(b"x" * 21_000_000)
    sign_in_window(window, site).goto(f"{site}/organise/files")
    check_page()
    go(window, "Load a programme")
    go(window, "Preview changes")
    expect(window.locator(":focus")).to_contain_text("Choose a file")
    check_page()
    window.set_input_files("#file", large)
    go(window, "Preview changes")
    expect(window.locator(".govuk-error-message")).to_contain_text("smaller than 20 MB")

    window.set_input_files("#file", other)
    go(window, "Preview changes")
    expect(window.get_by_role("main")).to_contain_text("This file contains a different conference")
    check_page()
    go(window, "Load programme")
    check_page()
    to(window, "Load this as a different conference")
    window.keyboard.press("Space")
    go(window, "Load programme")

    expect_heading(window, "Unpublished changes")
    with transaction():
        assert queries.get_conference().acronym == "walls"


def test_the_sender_and_effect_of_a_change_are_on_separate_lines(
    live_site: LiveSites, window: Page
) -> None:
    sent = make_proposal(get_session("opening"), title="A grand opening")
    with transaction():
        reviews.approve(
            sent.id,
            expected_fingerprint=ProposalReview(sent).fingerprint,
            actor="grace@conference.example",
        )
    site = live_site().address
    sign_in_window(window, site).goto(f"{site}/organise/publishing")

    sender = window.get_by_text("sent by ada@example.org").bounding_box()
    affected = window.get_by_text("Affects Ada Marsh").bounding_box()

    assert sender is not None
    assert affected is not None
    assert sender["y"] + sender["height"] <= affected["y"]


def test_the_publishing_page_is_readable_with_hundreds_of_changes(
    live_site: LiveSites, window: Page, check_page: Callable[[], None]
) -> None:
    for number in range(101):
        make_session(title=f"{number} {'Wolfeschlegelsteinhausen' * 8}", starts_at=None)
    publish_programme()
    with transaction():
        for session in db.session.scalars(select(Session)):
            session.title = f"مدّ وجزر {session.id}"
    site = live_site().address
    sign_in_window(window, site).goto(f"{site}/organise/publishing")

    check_page()

    expect(window.get_by_role("link", name=re.compile("Show .* more"))).to_have_count(1)

"""Sessions in a real browser: by keyboard, without JavaScript, accessibly."""

import re

from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.database import db, transaction
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.models import Session
from tests.chromium import Axe, expect_heading, horizontal_overflow
from tests.factories import make_room, make_session, make_speaker, make_theme, sign_in_window
from tests.keyboard import choose, expect_focus, fill, press, tick
from tests.live_site import LiveSites

LONG = "On the determinants of health and what comes of them in harbours and on piers " * 3
LISTED = """
- region "List of sessions":
  - table:
    - rowgroup:
      - row:
        - cell "Select all rows on this page":
          - checkbox "Select all rows on this page"
        - columnheader "Title":
          - link "Title"
        - columnheader "Speakers"
        - columnheader "Time":
          - link "Time"
        - columnheader "Room":
          - link "Room"
        - columnheader "Theme"
        - columnheader "Type"
    - rowgroup:
      - row:
        - cell "Select Opening":
          - checkbox "Select Opening"
        - rowheader "Opening"
        - cell "Ada Marsh, João Maré"
        - cell "9:30am to 10:30am Wednesday 10 June"
        - cell "Great hall"
"""
WHO = """
- group "Speakers (optional)":
  - list:
    - listitem:
      - group "Ada Marsh":
        - combobox "Role"
        - paragraph:
          - 'button "Move down: Ada Marsh"'
          - button "Remove Ada Marsh"
    - listitem:
      - group "João Maré"
"""


def get_field(slug: str, field: str) -> object:
    """Return a field of a session from the database."""
    with transaction():
        found = db.session.scalars(select(Session).where(Session.slug == slug)).one()
        return SESSION_FIELDS.get_value(found, field)


def test_sessions_can_be_found_changed_and_undone_by_keyboard(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    site = live_site().address
    sign_in_window(window, site)
    window.goto(f"{site}/organise/sessions")
    expect(window.locator("form:has(table)")).to_match_aria_snapshot(LISTED)

    fill(window, "Search by title, speaker or key", "mare")
    with window.expect_navigation():
        window.keyboard.press("Enter")
    expect(window.locator("#count")).to_have_text("2 sessions")
    assert axe(window) == []
    press(window, "Opening")
    press(window, "Change")
    expect_heading(window, "Change “Opening”")
    expect(window.get_by_role("group", name="Speakers (optional)")).to_match_aria_snapshot(WHO)

    fill(window, "Title", "The opening")
    press(window, "Move down: Ada Marsh")
    expect_focus(window, "Move up: Ada Marsh")
    fill(window, "Find a speaker to add", "ada")
    with window.expect_navigation():
        window.keyboard.press("Enter")
    assert axe(window) == []
    press(window, "Add Ada Marsh")
    expect_focus(window, "Role")
    window.keyboard.type("Mod")
    press(window, "Preview both")
    expect(window.locator(".preview .prose")).to_have_text("Why we are here.")
    press(window, "Save")

    expect_heading(window, "The opening")
    assert get_field("opening", "appearances") == [
        ["joao-mare", "speaker"],
        ["ada-marsh", "chair"],
        ["ada-marsh", "moderator"],
    ]
    press(window, "Undo…")
    expect_heading(window, "Opening")
    expect(window.get_by_role("status").first).to_contain_text("Undone.")
    assert get_field("opening", "title") == "Opening"
    assert axe(window) == []


def test_sessions_can_be_bulk_changed_and_cancelled_by_keyboard(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    site = live_site().address
    sign_in_window(window, site)
    window.goto(f"{site}/organise/sessions")

    for title in ("Select Coffee", "Select Harbour walls"):
        tick(window, title)
    press(window, "Change selected sessions")
    assert axe(window) == []
    choose(window, "Theme", "Wat")
    press(window, "Preview changes")
    expect_heading(window, "Change 2 sessions?")
    assert axe(window) == []
    press(window, "Change 2 sessions")

    assert {get_field("coffee", "theme"), get_field("harbour-walls", "theme")} == {"water"}
    press(window, "Coffee")
    press(window, "Cancel this session")
    assert axe(window) == []
    assert get_field("coffee", "state") == "cancelled"
    press(window, "Restore")
    assert get_field("coffee", "state") == "confirmed"


def test_adding_a_session_and_comparing_versions_without_javascript(
    live_site: LiveSites, window_without_scripts: Page, window: Page, axe: Axe
) -> None:
    site = live_site().address
    ada, grace = window_without_scripts, window
    sign_in_window(ada, site, "ada@conference.example")
    sign_in_window(grace, site)

    ada.goto(f"{site}/organise/sessions/_add")
    ada.get_by_label("Title", exact=True).fill("Tide pools")
    ada.get_by_label("Find a speaker to add").fill("marsh")
    ada.get_by_label("Find a speaker to add").press("Enter")
    ada.get_by_role("button", name="Add Ada Marsh").click()
    ada.get_by_label("Day", exact=True).select_option("2009-06-11")
    ada.get_by_label("Starts").fill("14:00")
    ada.get_by_label("Ends", exact=True).fill("13:00")
    ada.get_by_role("button", name="Add this session").click()
    expect(ada).to_have_title(re.compile("^Error: Add a session"))
    assert axe(ada) == []
    ada.get_by_label("Ends", exact=True).fill("15:00")
    ada.get_by_role("button", name="Add this session").click()
    expect_heading(ada, "Tide pools")
    assert get_field("tide-pools", "starts_at") == "2009-06-11T13:00:00+00:00"

    for one in (ada, grace):
        one.goto(f"{site}/organise/sessions/tide-pools/change")
    grace.get_by_label("Title", exact=True).fill("Rock pools")
    grace.get_by_role("button", name="Save").click()
    expect_heading(grace, "Rock pools")
    ada.get_by_label("Abstract").fill("What lives between the tides.")
    ada.get_by_role("button", name="Save").click()
    expect(ada.get_by_role("region", name="Two versions")).to_contain_text("Rock pools")
    assert axe(ada) == []
    ada.get_by_label("Title", exact=True).fill("Rock pools")
    ada.get_by_role("button", name="Save").click()

    expect_heading(ada, "Rock pools")
    assert get_field("tide-pools", "abstract") == "What lives between the tides."


def test_session_pages_are_accessible_without_horizontal_scrolling(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    people = [make_speaker(name=name) for name in ("محمد بن موسى الخوارزمي", "Ng" * 60)]
    make_session(
        slug="long",
        title=LONG[:200],
        subtitle=LONG,
        abstract=LONG,
        notes="https://" + "a" * 200,
        room=make_room(name="Room " + "W" * 60),
        theme=make_theme(name="עושר ועוני " * 6),
        speakers=tuple(people),
        is_draft=True,
        is_illustrative=True,
    )
    site = live_site().address
    sign_in_window(window, site)
    window.set_viewport_size({"width": 320, "height": 640})
    found: dict[str, tuple[list[str], int]] = {}

    def look(path: str) -> None:
        window.goto(f"{site}/organise/sessions{path}")
        found[path] = (axe(window), horizontal_overflow(window))

    for path in (
        "",
        "?q=nothing",
        "/long",
        "/long/change",
        "/long/delete",
        "/long/cancel",
        "/_add",
    ):
        look(path)
    window.emulate_media(color_scheme="dark")
    for path in ("", "/long", "/long/change"):
        look(path)
    window.goto(f"{site}/organise/sessions/long/change")
    window.get_by_label("Title", exact=True).fill("")
    window.get_by_role("button", name="Save").click()
    found["error"] = (axe(window), horizontal_overflow(window))
    window.goto(f"{site}/organise/sessions")
    window.get_by_role("button", name="Change selected sessions").click()
    expect(window.locator(".govuk-error-summary")).to_be_focused()

    assert {state: told for state, told in found.items() if told != ([], 0)} == {}

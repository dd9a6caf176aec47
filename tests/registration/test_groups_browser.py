"""Group registration in a real browser: with and without JavaScript, by keyboard, on a phone."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.database import db
from app.registration import links
from tests.chromium import Axe, expect_heading, horizontal_overflow
from tests.factories import make_delegate, make_group, set_places, sign_in_window
from tests.live_site import LiveSites

HEAD = "Given names,Family name,Email address\n"


@pytest.fixture
def address(live_site: LiveSites) -> str:
    set_places(40)
    return live_site().address


def begin(window: Page, address: str) -> None:
    """Answer what comes before the people."""
    window.goto(f"{address}/register/group")
    window.get_by_role("link", name="Start now").click()
    window.get_by_label("Your name").fill("Mary Ward")
    window.get_by_label("Your email address").fill("mary@ward.example")
    window.get_by_role("button", name="Continue").click()
    expect_heading(window, "What is the same for everyone?")
    window.get_by_label("Wednesday 10 June 2009").check()
    window.get_by_label("Country").select_option(label="United Kingdom")
    window.get_by_role("button", name="Continue").click()
    expect_heading(window, "People in your group")


def add_ann(window: Page) -> None:
    window.get_by_role("link", name="Add a person").click()
    expect_heading(window, "Add a person")
    window.get_by_label("Given names").fill("Ann")
    window.get_by_role("button", name="Save").click()
    expect_heading(window, "People in your group")


def register(window: Page) -> None:
    window.get_by_role("link", name="Continue", exact=True).click()
    expect_heading(window, "Check your group")
    window.get_by_role("button", name="Register the group").click()
    expect_heading(window, "Your group is registered")


def test_a_group_can_be_registered_with_javascript(address: str, window: Page) -> None:
    begin(window, address)
    add_ann(window)

    register(window)

    expect(window.locator("main")).to_contain_text("Has a place")


def test_a_group_can_be_registered_from_a_file_without_javascript(
    address: str, window_without_scripts: Page, tmp_path: Path
) -> None:
    window, file = window_without_scripts, tmp_path / "group.csv"
    file.write_text(f"{HEAD}Ann,Nurse,\nBea,Nurse,nobody\n")
    begin(window, address)

    window.get_by_role("link", name="Upload a spreadsheet").click()
    expect_heading(window, "Upload a spreadsheet")
    window.get_by_label("Spreadsheet").set_input_files(file)
    window.get_by_role("button", name="Continue").click()
    expect_heading(window, "Check the spreadsheet")
    window.get_by_role("button", name="Add 1 person").click()
    expect_heading(window, "People in your group")

    register(window)


def test_group_registration_pages_have_no_accessibility_violations(
    address: str, window: Page, axe: Axe, tmp_path: Path
) -> None:
    file = tmp_path / "group.csv"
    file.write_text(f"{HEAD}Ann,{'Long' * 20},\nBea,Nurse,nobody{'long' * 30}\n")
    window.set_viewport_size({"width": 320, "height": 640})
    found = {}

    def look(path: str) -> None:
        window.goto(f"{address}{path}")
        assert horizontal_overflow(window) == 0, path
        found[path] = axe(window)

    look("/register/group")
    begin(window, address)
    add_ann(window)
    window.goto(f"{address}/register/group/upload")
    window.get_by_label("Spreadsheet").set_input_files(file)
    window.get_by_role("button", name="Continue").click()
    expect_heading(window, "Check the spreadsheet")
    for path in ("contact", "answers", "people", "people/add", "upload", "upload/check", "check"):
        look(f"/register/group/{path}")
    window.get_by_role("button", name="Register the group").click()
    expect_heading(window, "Your group is registered")
    look("/register/group/done")
    look("/group/dissolved")

    assert {path: barriers for path, barriers in found.items() if barriers} == {}


def test_group_pages_have_no_accessibility_violations(address: str, window: Page, axe: Axe) -> None:
    delegate = make_delegate(given_names="Ann", family_name="Long" * 20, email="ann@ward.example")
    group = make_group(delegate, organisation="Elsewhere" * 10)
    token, booking = links.group_token(group), links.booking_token(delegate)
    person, number = f"/group/{token}/people/{group.members[0].id}", group.id
    own = ["", "/add", "/dissolve"]
    public = [f"/group/{token}{end}" for end in own] + [f"{person}/cancel", f"{person}/name"]
    for path in (*public, "/group/x", f"/booking/{booking}/group"):
        window.set_viewport_size({"width": 320, "height": 640})
        window.goto(f"{address}{path}")
        assert (path, axe(window), horizontal_overflow(window)) == (path, [], 0)

    sign_in_window(window, address)
    for width in (320, 1280):
        window.set_viewport_size({"width": width, "height": 800})
        for path in ("", "/_add", f"/{number}", f"/{number}/dissolve"):
            window.goto(f"{address}/organise/groups{path}")
            assert (path, axe(window), horizontal_overflow(window)) == (path, [], 0)


def test_a_contact_can_manage_the_group_by_keyboard(
    address: str, window_without_scripts: Page
) -> None:
    window = window_without_scripts
    delegate = make_delegate(given_names="Ann", family_name="Nurse", email="ann@ward.example")
    token = links.group_token(make_group(delegate))
    db.session.rollback()  # on SQLite, whoever looks on holds the lock
    window.goto(f"{address}/group/{token}")

    for name, button, news in (
        ("Change name", "Save", "Nothing has changed."),
        ("Cancel place", "Cancel the place", "The person is no longer in your group."),
    ):
        window.get_by_role("link", name=name).focus()
        window.keyboard.press("Enter")
        window.get_by_role("button", name=button).focus()
        window.keyboard.press("Enter")
        expect_heading(window, "Your group")
        expect(window.get_by_role("status")).to_contain_text(news)

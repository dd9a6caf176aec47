"""Organisers choose what is in the header and footer; visitors find it on every page."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from app.content import menus
from app.history import queries as history
from tests.browser import Browser, Page
from tests.clock_helpers import pass_time
from tests.pages import read_text

MENUS = "/organise/menus"
SHIPPED = ["Programme", "My agenda", "Speakers", "Venue", "Search"]


def header(page: Page) -> Sequence[str]:
    """List the entries of the header, without the main button before them."""
    (nav,) = [one for one in page.tree.find_all("nav") if one.get("aria-label") == "Main"]
    return [read_text(one) for one in nav.iter("li")]


def footer(page: Page, heading: str) -> Sequence[str]:
    """List the entries of the footer below a heading."""
    (nav,) = [
        one for one in page.tree.find_all("nav") if one.get("aria-label") == "About this site"
    ]
    for group in nav.iter("div"):
        if [read_text(one) for one in group.iter("h2")] == [heading]:
            return [read_text(one) for one in group.iter("li")]
    return []


def add(editor: Browser, menu: str, page: str, status: int = 200) -> Page:
    editor.open(MENUS)
    return editor.press(f"Add: {menu}", {f"Add a page: {menu}": page}, status)


@pytest.mark.both_databases
def test_header_menu_entries_can_be_added_moved_labelled_and_removed(
    editor: Browser, visitor: Browser, queries: list[str]
) -> None:
    assert header(visitor.open("/help")) == SHIPPED

    add(editor, "Header", "Health inequalities")
    assert header(visitor.open("/help")) == [*SHIPPED, "Health inequalities"]

    editor.open(MENUS).press("Move Health inequalities up")
    page = editor.open(MENUS)
    label = {"Label of Health inequalities": "  Why we   meet "}
    page = page.press("Save labels: Header", label)
    queries.clear()
    page = visitor.open("/venue")
    assert header(page) == ["Programme", "My agenda", "Speakers", "Venue", "Why we meet", "Search"]
    assert page.links["Why we meet"] == "/health-inequalities"
    assert [one for one in queries if "menu_entry" in one and "FROM" in one][1:] == []
    queries.clear()
    visitor.open("/privacy")
    assert [one for one in queries if "menu_entry" in one] == []

    editor.open(MENUS).press("Remove Venue")
    assert header(visitor.open("/help")) == [
        *("Programme", "My agenda", "Speakers", "Why we meet", "Search"),
    ]
    assert [one.summary for one in history.list_newest(menus.HISTORY_SUBJECT)] == [
        "The page /venue was removed from the menu in the header",
        "The page /health-inequalities was labelled with “Why we meet” in the menu in the header",
        "The page /health-inequalities was moved to place 5 in the menu in the header",
        "The page /health-inequalities was added to the menu in the header",
    ]


def test_a_menu_can_be_reset_to_the_original(editor: Browser, visitor: Browser) -> None:
    editor.open(MENUS)
    assert "Restore the original menu: Header" not in editor.page.links
    editor.press("Remove Speakers")
    assert header(visitor.open("/help")) == ["Programme", "My agenda", "Venue", "Search"]

    editor.open(MENUS).follow("Restore the original menu: Header")
    editor.press("Restore the original menu")

    assert header(visitor.open("/help")) == SHIPPED
    assert "The menu is the original one again." in editor.page.source


def test_an_added_page_is_in_the_menu_only_while_it_is_public(
    editor: Browser, visitor: Browser
) -> None:
    words = {"title": "Getting here", "summary": "By train and by boat.", "text": "By train."}
    editor.open("/organise/pages/add/page").press("Save", {**words})
    add(editor, "Footer: The conference", "Getting here")
    assert footer(visitor.open("/help"), "The conference")[-1] == "Getting here"

    editor.open("/organise/pages/page/getting-here/en").press("Save", title="How to get here")
    assert footer(visitor.open("/help"), "The conference")[-1] == "How to get here"

    editor.open("/organise/pages/page/getting-here/en/remove").press("Delete")
    assert footer(visitor.open("/help"), "The conference")[-1] == "Site map"
    row = next(
        one
        for one in editor.open(MENUS).tree.find_all("th")
        if one.get("id") == "conference-getting-here"
    )
    assert read_text(row).startswith("How to get here Not public")


def test_a_scheduled_page_title_appears_in_the_menu_on_time(
    editor: Browser, visitor: Browser, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = {"title": "Getting here", "summary": "By train and by boat.", "text": "By train."}
    editor.open("/organise/pages/add/page").press("Save", {**words})
    add(editor, "Footer: The conference", "Getting here")
    editor.open("/organise/pages/page/getting-here/en")
    editor.press("Save", {"appears": "2009-05-20T12:00"}, title="Trains are full")
    assert footer(visitor.open("/help"), "The conference")[-1] == "Getting here"

    pass_time(frozen_time, monkeypatch, timedelta(days=30))

    assert footer(visitor.open("/help"), "The conference")[-1] == "Trains are full"


def test_a_full_menu_refuses_another_entry(editor: Browser) -> None:
    add(editor, "Header", "Contact")

    page = editor.open(MENUS)

    assert page.text.count("This menu is full: it has 6 entries. Remove one to add another.") == 1
    editor.open(MENUS).press("Remove Contact")
    rival = editor.open(MENUS)
    add(editor, "Header", "Help")
    page = rival.press("Add: Header", {"Add a page: Header": "Contact"}, 409)
    assert "This menu is full. Remove an entry before you add another" in page.text


def test_the_last_menu_entry_cannot_be_removed(editor: Browser, visitor: Browser) -> None:
    for name in SHIPPED[:-1]:
        editor.open(MENUS).press(f"Remove {name}")

    assert header(visitor.open("/help")) == ["Search"]
    assert "Remove Search" not in editor.open(MENUS).buttons


def test_an_overlong_menu_label_is_refused_and_kept_in_the_field(editor: Browser) -> None:
    editor.open(MENUS)

    page = editor.press("Save labels: Header", {"Label of Venue": "x" * 41}, 422)

    assert "The label must be 40 characters or fewer" in page.text
    assert page.value_of("Label of Venue") == "x" * 41


def test_access_keys_stay_with_their_pages_and_are_unique(
    editor: Browser, visitor: Browser
) -> None:
    def keys(page: Page) -> dict[str, str]:
        return {
            str(one.get("accesskey")): str(one.get("href"))
            for one in page.tree.find_all("a")
            if one.get("accesskey")
        }

    before = keys(visitor.open("/venue"))
    add(editor, "Footer: Getting help", "Search")
    add(editor, "Header", "Help")

    page = visitor.open("/venue")

    assert keys(page) == before
    given = [one.get("accesskey") or "" for one in page.tree.find_all("a") if one.get("accesskey")]
    assert sorted(given) == sorted(set(given))


def test_the_menus_page_needs_few_queries(editor: Browser, queries: list[str]) -> None:
    editor.open(MENUS).press("Remove Venue")
    queries.clear()

    editor.open(MENUS)

    assert len([one for one in queries if one.startswith("SELECT")]) <= 8

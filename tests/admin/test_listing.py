"""The lists in admin: their page titles, and their filters on any screen."""

import re

import pytest
from flask import Flask, render_template_string
from flask_babel import ngettext
from playwright.sync_api import Page, expect

from app.accounts.models import VIEWER
from app.admin.charts import ChartBar
from tests.admin.full_lists import WORKSHOP, fill_all_lists
from tests.browser import Browser
from tests.factories import (
    make_delegate,
    make_question,
    make_session,
    set_places,
    sign_in,
    sign_in_window,
)
from tests.live_site import LiveSites
from tests.waiting import wait_until

LIST = "/organise/sessions"
HEADING = "Sessions"
EXPORTED = (
    *("delegates", "groups", "invitations", "waiting-list", "applications", "interest"),
    *("session-seats", f"session-seats/{WORKSHOP}", "letters/suppression"),
    *("mailings/17/recipients", "history"),
)
LINE = 80  # pixels: a label, and a box below it


@pytest.mark.parametrize(
    ("question", "called"),
    [
        ("", HEADING),
        ("?sort=-title", HEADING),
        ("?q=Tide", f"{HEADING}: search for ‘Tide’"),
        ("?state=draft", f"{HEADING}: State Draft"),
        ("?q=%3Cb%3E&state=draft", f"{HEADING}: search for ‘<b>’, State Draft"),
        ("?page=2", f"{HEADING}, page 2 of 2"),
        ("?q=Talk&page=2", f"{HEADING}: search for ‘Talk’, page 2 of 2"),
    ],
)
def test_each_page_of_a_list_has_a_unique_title(
    visitor: Browser, question: str, called: str
) -> None:
    for number in range(51):
        make_session(title=f"Talk {number}")

    page = sign_in(visitor).open(f"{LIST}{question}")

    assert page.title.startswith(f"{called} – ")
    assert page.heading == HEADING


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("/organise/people", "One person"),
        ("/organise/previews", "No preview links yet"),
        ("/organise/pages/page/privacy/links", "This page has no additional links yet."),
    ],
)
def test_a_list_without_search_ignores_a_query(visitor: Browser, address: str, told: str) -> None:
    sign_in(visitor)
    whole = visitor.open(address)

    page = visitor.open(f"{address}?q=zzzz")

    assert (page.title, page.text.count(told)) == (whole.title, 1)


def test_every_exportable_list_links_to_one_export_section(
    organiser: Browser,
) -> None:
    set_places(400)
    fill_all_lists()

    for name in EXPORTED:
        page = organiser.open(f"/organise/{name}")
        assert page.links["Export list"].endswith("#export"), name
        assert page.headings.count("Export list") == 1, name
        assert page.text_by_id("export") == "Export list", name
        assert page.buttons.count("Download as CSV") == 1, name
        assert page.text.count("The file contains ") == 1, name
        is_recorded = "The download is recorded in the history." in page.text
        assert is_recorded == (name != "history"), name


def test_lists_that_cannot_be_exported_do_not_offer_it(visitor: Browser) -> None:
    make_delegate()
    sign_in(visitor, role=VIEWER)

    for name in ("delegates", "groups", "rooms"):
        assert "Export list" not in visitor.open(f"/organise/{name}").text, name


def test_large_numbers_have_separators(site: Flask) -> None:
    template = '{{ ngettext("%(num)s delegate", "%(num)s delegates", count) }}'

    with site.test_request_context():
        said = [render_template_string(template, count=count) for count in (1, 999, 1000, 12345)]
        sent = str(ngettext("%(num)s person", "%(num)s people %(when)s", 4321, when="today"))

    assert said == ["1 delegate", "999 delegates", "1,000 delegates", "12,345 delegates"]
    assert sent == "4,321 people today"


def test_large_numbers_in_charts_have_separators(site: Flask) -> None:
    template = '{% from "admin/_charts.html" import bars %}{{ bars("days", "", "Day", rows) }}'

    with site.test_request_context():
        drawn = render_template_string(template, rows=[ChartBar("Wednesday", 4321, 100)])

    assert "<span>4,321</span>" in drawn


def test_filters_are_collapsed_on_small_screens_and_applied_ones_shown(
    live_site: LiveSites, window_without_scripts: Page
) -> None:
    window, site = window_without_scripts, live_site().address
    sign_in_window(window, site)
    window.set_viewport_size({"width": 320, "height": 640})
    window.goto(f"{site}{LIST}")
    state = window.get_by_label("State", exact=True)

    expect(state).to_be_hidden()
    window.get_by_label("Search by title, speaker or key").focus()
    for key in ("Tab", "Enter"):
        window.keyboard.press(key)
    state.select_option("confirmed")
    window.get_by_role("button", name="Search").click()
    expect(window).to_have_title(re.compile(f"^{HEADING}: State Confirmed"))
    expect(state).to_be_hidden()
    expect(window.get_by_text("Filters (1)")).to_be_visible()
    expect(window.get_by_role("link", name="Remove the filter State Confirmed")).to_be_visible()

    window.set_viewport_size({"width": 1280, "height": 900})
    window.goto(f"{site}{LIST}")
    expect(state).to_be_visible()
    expect(window.get_by_text("Filters")).to_be_hidden()
    window.get_by_label("Search by title, speaker or key").focus()
    window.keyboard.press("Tab")
    expect(window.get_by_label("Day", exact=True)).to_be_focused()


def test_filters_that_do_not_fit_are_collapsed_until_one_is_applied(
    live_site: LiveSites, window_without_scripts: Page
) -> None:
    for label in ("Do you need a visa?", "Do you come by train?", "Will you come to the dinner?"):
        make_question(label, kind="yes_no")
    make_delegate()
    window, site = window_without_scripts, live_site().address
    sign_in_window(window, site)
    window.set_viewport_size({"width": 1280, "height": 900})
    window.goto(f"{site}/organise/delegates")
    dinner = window.get_by_role("combobox", name="Will you come to the dinner?")

    expect(window.get_by_label("Speaks")).to_be_visible()
    expect(dinner).to_be_hidden()
    form = window.get_by_role("search").last
    wait_until(lambda: form.evaluate("form => form.offsetHeight") < LINE, "all in one line")

    window.get_by_text("More filters").click()
    dinner.select_option("Yes")
    window.get_by_role("button", name="Search", exact=True).last.click()
    expect(window).to_have_title(re.compile("^Delegates: Will you come to the dinner. Yes"))
    expect(dinner).to_be_visible()

    window.set_viewport_size({"width": 390, "height": 844})
    window.goto(f"{site}/organise/delegates")
    expect(dinner).to_be_hidden()
    window.get_by_text("Filters", exact=True).click()
    expect(dinner).to_be_visible()
    expect(window.get_by_text("More filters")).to_be_hidden()

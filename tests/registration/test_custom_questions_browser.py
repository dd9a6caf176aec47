"""The organisers' questions in a real browser: what an answer leads to is asked at once."""

from playwright.sync_api import Page, expect

from app.database import transaction
from app.registration import services
from tests.chromium import Axe, expect_heading, horizontal_overflow
from tests.factories import make_question, sign_in_window
from tests.live_site import LiveSites
from tests.registration_answers import build_answers


def test_a_conditional_question_appears_as_soon_as_its_condition_is_met(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    dinner = make_question("Will you dine?", kind="yes_no")
    table = make_question(
        "Where?", kind="several", choices=["Window", "Door"], condition=f"{dinner.id} is yes"
    )
    make_question("Why?", condition=f"{table.id} contains c2", is_required=True)
    make_question("Anything else?", kind="long_text")
    with transaction():
        secret = services.create_draft(build_answers())
    address = live_site().address
    window.context.add_cookies([{"name": "answers", "value": secret, "url": address}])
    window.set_viewport_size({"width": 320, "height": 640})

    window.goto(f"{address}/register/more")
    where, why = window.get_by_label("Door"), window.get_by_label("Why?")
    expect(where).to_be_hidden()
    window.get_by_label("Yes").check()
    expect(where).to_be_visible()
    expect(why).to_be_hidden()
    where.check()
    expect(why).to_be_visible()
    assert horizontal_overflow(window) == 0
    assert axe(window) == []
    window.get_by_label("Yes").press("ArrowDown")
    expect(where).to_be_hidden()
    expect(why).to_be_hidden()
    window.get_by_label("No", exact=True).press("ArrowUp")
    expect(why).to_be_visible()
    why.fill("Fresh air")
    window.get_by_role("button", name="Continue").click()

    expect_heading(window, "Check your answers")
    expect(window.locator("dl.answers")).to_contain_text("Fresh air")
    assert axe(window) == []


def test_custom_question_pages_have_no_accessibility_violations(
    live_site: LiveSites, window: Page, axe: Axe
) -> None:
    dinner = make_question("Will you dine?" + " Really?" * 8, kind="yes_no")
    make_question("W" * 120, kind="country", condition=f"{dinner.id} is yes")
    address = live_site().address
    sign_in_window(window, address)
    found = {}
    window.set_viewport_size({"width": 320, "height": 640})
    for path in ("", "/_add", "/1", "/1/change", "/1/delete", "/_preview"):
        window.goto(f"{address}/organise/questions{path}")
        assert horizontal_overflow(window) == 0, path
        found[path] = axe(window)
    window.goto(f"{address}/privacy")
    assert horizontal_overflow(window) == 0
    found["privacy"] = axe(window)

    assert {path: barriers for path, barriers in found.items() if barriers} == {}

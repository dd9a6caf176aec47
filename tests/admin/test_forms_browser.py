"""Forms of admin in a real browser: what is not saved is asked about before the page is left."""

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.chromium import expect_heading
from tests.factories import sign_in_window
from tests.live_site import LiveSites

TOPS = """(names) => names.map(name => {
  const labels = [...document.querySelectorAll("label")];
  const label = labels.find(one => one.textContent.trim() === name);
  return Math.round(label.control.getBoundingClientRect().top + scrollY);
})"""


@pytest.fixture
def asked(window: Page) -> list[str]:
    """The messages of the browser's leave-page dialog; the test always stays on the page."""
    questions: list[str] = []

    def stay(dialog: Dialog) -> None:
        questions.append(dialog.type)
        dialog.dismiss()

    window.on("dialog", stay)
    return questions


def leave(window: Page) -> None:
    """Follow the link away from a form, once its script is there; the browser may ask first."""
    window.wait_for_load_state()
    window.get_by_role("link", name="Go back without saving").click()


def test_leaving_a_form_with_unsaved_changes_asks_for_confirmation(
    live_site: LiveSites, window: Page, asked: list[str]
) -> None:
    site = live_site().address
    sign_in_window(window, site)
    window.goto(f"{site}/organise/rooms/great-hall/change")
    name = window.get_by_label("Name")
    name.fill("Grand hall")
    window.get_by_label("Hearing loop").check()

    leave(window)

    expect_heading(window, "Change “Great hall”")
    assert asked == ["beforeunload"]
    expect(name).to_have_value("Grand hall")
    window.get_by_role("button", name="Save", exact=True).click()
    expect_heading(window, "Grand hall")
    assert asked == ["beforeunload"]


def test_leaving_a_short_form_with_unsaved_changes_asks_for_confirmation(
    live_site: LiveSites, window: Page, asked: list[str]
) -> None:
    site = live_site().address
    sign_in_window(window, site)
    window.goto(f"{site}/organise/letters/wording/change")
    leave(window)
    expect_heading(window, "What emails say")
    assert asked == []
    window.get_by_role("link", name="Change paragraph and signatory").click()
    window.get_by_label("Signatory (optional)").fill("Zoe Okafor")

    leave(window)

    expect_heading(window, "Change paragraph and signatory")
    assert asked == ["beforeunload"]
    window.get_by_role("button", name="Save", exact=True).click()
    expect_heading(window, "What emails say")
    assert asked == ["beforeunload"]


def test_leaving_an_unchanged_form_asks_nothing(
    live_site: LiveSites, window: Page, asked: list[str]
) -> None:
    site = live_site().address
    sign_in_window(window, site)
    window.goto(f"{site}/organise/sessions/opening/change")
    room, title = window.get_by_label("Room", exact=True), window.get_by_label("Title", exact=True)
    box = window.get_by_label("It ends on the next day")
    before = room.input_value()
    title.fill("Something else")
    room.select_option(index=0)
    box.check()

    title.fill("Opening")
    room.select_option(before)
    box.uncheck()
    leave(window)

    expect_heading(window, "Opening")
    assert asked == []


def test_changes_made_before_a_round_trip_count_as_unsaved(
    live_site: LiveSites, window: Page, asked: list[str]
) -> None:
    site = live_site().address
    sign_in_window(window, site)
    window.goto(f"{site}/organise/sessions/_add")
    window.get_by_label("Title", exact=True).fill("Salt")
    window.get_by_label("Find a speaker to add").fill("Ingrid Holm")
    window.get_by_role("button", name="Find", exact=True).click()
    window.get_by_role("button", name="Add Ingrid Holm as a new speaker").click()
    assert asked == []

    leave(window)

    expect_heading(window, "Add a session")
    assert asked == ["beforeunload"]
    window.get_by_role("button", name="Save and add another").click()
    window.get_by_text("The session has been added as a draft.").wait_for()
    leave(window)
    expect_heading(window, "Sessions")
    assert asked == ["beforeunload"]


@pytest.mark.parametrize(
    ("form", "names"),
    [
        ("delegates/_add", ["Given names", "Family name"]),  # of which one has a hint
        ("delegates/_add", ["Name on the badge (optional)", "Pronouns (optional)"]),
        ("categories/_add", ["Name", "Description (optional)"]),
    ],
)
def test_fields_beside_each_other_are_aligned_despite_hints(
    live_site: LiveSites, window: Page, form: str, names: list[str]
) -> None:
    site = live_site().address
    window.set_viewport_size({"width": 1280, "height": 900})
    sign_in_window(window, site)

    window.goto(f"{site}/organise/{form}")

    left, right = window.evaluate(TOPS, names)
    assert left == right


def test_a_long_list_of_choices_does_not_move_the_field_beside_it(
    live_site: LiveSites, window: Page
) -> None:
    site = live_site().address
    window.set_viewport_size({"width": 1280, "height": 900})
    sign_in_window(window, site)

    window.goto(f"{site}/organise/delegates/_add")

    label = window.get_by_text("Access requirements in their own words (optional)", exact=True)
    box = window.get_by_label("Access requirements in their own words (optional)")
    expect(window.get_by_role("group", name="Dietary requirements")).to_be_visible()
    above, below = label.bounding_box(), box.bounding_box()
    assert above
    assert below
    assert below["y"] - above["y"] - above["height"] < above["height"]

"""A save that came too late, of each kind of thing that is edited: said in the title, and shown."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import pytest

from tests.browser import Browser, Browsers, Page
from tests.factories import make_delegate, make_link, sign_in


class Edit(NamedTuple):
    """A form that two people have open at once, and what each of them types."""

    address: Callable[[], str]
    hers: Mapping[str, str]
    his: Mapping[str, str]
    button: str = "Save"
    way: str = ""  # a button pressed first, on a page from which the form is opened


def at(address: str) -> Callable[[], str]:
    return lambda: f"/organise/{address}"


def edit_delegate(page: str = "") -> str:
    return f"/organise/delegates/{make_delegate(dietary='Vegan').reference}{page}"


ADDRESS = "Correct email address"
FOOD = "Dietary requirements in their own words (optional)"
EDITS = {
    "session": Edit(at("sessions/opening/change"), {"Title": "Hers"}, {"Title": "His"}),
    "its move": Edit(at("board/opening"), {"start": "08:00"}, {"start": "07:00"}),
    "speaker": Edit(at("speakers/ada-marsh/change"), {"Role": "Pilot"}, {"Role": "Captain"}),
    "room": Edit(at("rooms/great-hall/change"), {"Capacity": "30"}, {"Capacity": "25"}),
    "theme": Edit(at("themes/water/change"), {"Name": "Sea"}, {"Name": "Waves"}),
    "settings": Edit(at("settings/change"), {"Title": "Storms"}, {"Title": "Winds"}),
    "page": Edit(at("pages/page/help/en"), {"Title": "Hers"}, {"Title": "His"}),
    "link": Edit(
        lambda: f"/organise/pages/page/help/links/{make_link(label='One').id}",
        {"Link text": "Hers"},
        {"Link text": "His"},
    ),
    "notice": Edit(
        at("pages/notice/write"),
        {"The notice": "Come late."},
        {"The notice": "Come early."},
        button="Save notice",
    ),
    "booking": Edit(
        lambda: edit_delegate("/change"), {"Given names": "Augusta"}, {"Given names": "Adah"}
    ),
    "address": Edit(
        lambda: edit_delegate("/address"),
        {ADDRESS: "one@example.org"},
        {ADDRESS: "two@example.org"},
        button="Correct email address",
    ),
    "needs": Edit(edit_delegate, {FOOD: "Halal"}, {FOOD: "Kosher"}, way="Show requirements"),
}


def open_form(browser: Browser, edit: Edit, address: str) -> Page:
    page = browser.open(address)
    return page.press(edit.way) if edit.way else page


@pytest.mark.parametrize("edit", EDITS.values(), ids=list(EDITS))
def test_a_stale_edit_shows_both_versions_and_focuses_the_message(
    edit: Edit, new_browser: Browsers
) -> None:
    address = edit.address()
    his = open_form(sign_in(new_browser(), "otto@conference.example"), edit, address)
    hers = open_form(sign_in(new_browser(), "ida@conference.example"), edit, address)
    hers.press(edit.button, edit.hers)

    late = his.press(edit.button, edit.his, status=409)

    assert late.title.startswith(f"Error: {late.heading} – ")
    assert "Two versions" in late.headings
    begins = [one for one in late.tree.find_all() if one.get("autofocus") is not None]
    assert [one.get("tabindex") for one in begins] == ["-1"]
    (label, answer) = next(iter(edit.his.items()))
    assert late.value_of(label) == answer  # nothing typed is lost

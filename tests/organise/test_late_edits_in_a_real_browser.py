"""Two people with the same form open at once, each in a real browser of their own."""

from collections.abc import Callable
from typing import NamedTuple

from playwright.sync_api import Browser, Locator, Page, expect

from tests.factories import a_delegate, signed_in_window
from tests.live import LiveSite


class Form(NamedTuple):
    """What stands in a form, and what each of two people types: label, hers, his, both as told."""

    address: str
    both: tuple[str, str, str]  # both type over this one
    alone: tuple[str, str, str]  # only she types over this one; his stays what it was

    def row(self, label: str, hers: str, his: str) -> str:
        """Give a row of the two versions as a screen reader hears it."""
        return f'row "{label.removesuffix(" (optional)")} {hers} {his}"'


def field(window: Page, label: str) -> Locator:
    return window.get_by_label(label, exact=True)


def save(window: Page) -> None:
    window.get_by_role("button", name="Save").click()


def told(window: Page) -> Locator:
    return window.get_by_role("status").filter(has_text="been saved")


def test_who_saves_second_sees_both_versions_and_keeps_what_was_typed(
    live_site: Callable[..., LiveSite],
    window: Page,
    chromium: Browser,
    axe: Callable[[Page], list[str]],
) -> None:
    booking = f"delegates/{a_delegate().reference}"
    site = live_site().address
    forms = [
        Form(
            "rooms/great-hall", ("Capacity (optional)", "30", "25"), ("Name", "Hall", "Great hall")
        ),
        Form("themes/water", ("Name", "Sea", "Waves"), ("Notes (optional)", "Salt", "nothing")),
        Form(
            "speakers/ada-marsh",
            ("Role (optional)", "Pilot", "Captain"),
            ("Organisation (optional)", "Port of Hull", "Port of Whitby"),
        ),
        Form("settings", ("Title", "Storms", "Winds"), ("Place (optional)", "Hull", "Whitby")),
        Form(booking, ("Given names", "Augusta", "Adah"), ("Family name", "King", "Lovelace")),
    ]
    with chromium.new_context() as another:
        hers = signed_in_window(another.new_page(), site, "ida@conference.example")
        his = signed_in_window(window, site, "otto@conference.example")
        for form in forms:
            for one in (his, hers):
                one.goto(f"{site}/organise/{form.address}/change")
            for label, typed, _ in (form.both, form.alone):
                field(hers, label).fill(typed)
            save(hers)
            expect(told(hers)).to_be_visible()

            label, _, typed = form.both
            field(his, label).fill(typed)
            save(his)
            expect(his.locator(":focus")).to_contain_text("Two versions")
            table = his.get_by_role("region", name="Two versions").get_by_role("table")
            assert all(form.row(*one) in table.aria_snapshot() for one in (form.both, form.alone))
            assert table.get_by_role("row").count() == 3  # the head, and what differs
            expect(field(his, label)).to_have_value(typed)
            assert axe(his) == []

            save(his)  # again, having seen both
            expect(told(his)).to_be_visible()
            expect(his.get_by_role("main")).to_contain_text(typed)

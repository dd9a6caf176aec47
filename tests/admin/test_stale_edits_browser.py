"""Two people with the same form open at once, each in a real browser of their own."""

from typing import NamedTuple

from playwright.sync_api import Browser, Locator, Page, expect

from tests.chromium import Axe
from tests.factories import (
    get_ada_marsh,
    make_delegate,
    make_link,
    sign_in_speaker_in_window,
    sign_in_window,
)
from tests.live_site import LiveSites

HELPER = "helper@example.org"


class Form(NamedTuple):
    """What stands in a form, and what each of two people types: label, hers, his, both as told."""

    address: str
    both: tuple[str, str, str]  # both type over this one
    alone: tuple[str, str, str]  # only she types over this one; his stays what it was

    def row(self, label: str, hers: str, his: str) -> str:
        """Give a row of the two versions as a screen reader hears it."""
        return f"{label.removesuffix(' (optional)')} {hers} {his}"


class Answer(NamedTuple):
    """What two people type over in a form, the button that saves it, and what both are told."""

    address: str
    label: str
    button: str
    hers: str
    his: str
    row: str
    done: str


def field(window: Page, label: str) -> Locator:
    return window.get_by_label(label, exact=True)


def save(window: Page) -> None:
    window.get_by_role("button", name="Save").click()


def told(window: Page) -> Locator:
    return window.get_by_role("status").filter(has_text="been saved")


def test_who_saves_second_sees_both_versions_and_keeps_what_was_typed(
    live_site: LiveSites, window: Page, chromium: Browser, axe: Axe
) -> None:
    booking = f"delegates/{make_delegate().reference}"
    site = live_site().address
    forms = [
        Form(
            "rooms/great-hall", ("Capacity (optional)", "30", "25"), ("Name", "Hall", "Great hall")
        ),
        Form("themes/water", ("Name", "Sea", "Waves"), ("Notes (optional)", "Salt", "Not given")),
        Form(
            "speakers/ada-marsh",
            ("Role (optional)", "Pilot", "Captain"),
            ("Organisation (optional)", "Port of Hull", "Port of Whitby"),
        ),
        Form("settings", ("Title", "Storms", "Winds"), ("Venue (optional)", "Hull", "Whitby")),
        Form(booking, ("Given names", "Augusta", "Adah"), ("Family name", "King", "Lovelace")),
    ]
    with chromium.new_context() as another:
        hers = sign_in_window(another.new_page(), site, "ida@conference.example")
        his = sign_in_window(window, site, "otto@conference.example")
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
            for changed in (form.both, form.alone):
                row = table.get_by_role("row", name=form.row(*changed), exact=True)
                expect(row).to_be_visible()
            expect(table.get_by_role("row")).to_have_count(3)  # the head, and what differs
            expect(field(his, label)).to_have_value(typed)
            assert axe(his) == []

            save(his)  # again, having seen both
            expect(told(his)).to_be_visible()
            expect(his.get_by_role("main")).to_contain_text(typed)


def test_a_link_the_notice_and_an_address_that_two_change_are_shown_in_both_versions(
    live_site: LiveSites, window: Page, chromium: Browser, axe: Axe
) -> None:
    booking, link = make_delegate().reference, make_link(label="Report").id
    site = live_site().address
    links, words = f"organise/pages/page/help/links/{link}", ("The WHO", "The report")
    notice, sentences = "organise/pages/notice/write", ("No trains today", "Take bus 840")
    address, typed = f"organise/delegates/{booking}/address", ("one@x.example", "two@x.example")
    correct = ("Correct email address", "Correct email address")
    answers = [
        Answer(links, "Link text", "Save", *words, "Link text", "been saved"),
        Answer(notice, "The notice", "Save notice", *sentences, "Notice", "been saved"),
        Answer(address, *correct, *typed, "Email address", "email address has been corrected"),
    ]
    with chromium.new_context() as another:
        hers = sign_in_window(another.new_page(), site, "ida@conference.example")
        his = sign_in_window(window, site, "otto@conference.example")
        for answer in answers:
            both_answer(hers, his, site, answer, axe)
            expect(his.get_by_role("main")).to_contain_text(answer.his)


def test_who_presses_on_an_old_notice_is_shown_the_new_one(
    live_site: LiveSites, window: Page, chromium: Browser, axe: Axe
) -> None:
    site = live_site().address
    with chromium.new_context() as another:
        hers = sign_in_window(another.new_page(), site, "ida@conference.example")
        his = sign_in_window(window, site, "otto@conference.example")
        for words in ("No trains today", "Take bus 840"):
            hers.goto(f"{site}/organise/pages/notice/write")
            field(hers, "The notice").fill(words)
            hers.get_by_role("button", name="Save notice").click()
            expect(told(hers)).to_be_visible()
            if words == "No trains today":
                his.goto(f"{site}/organise/pages/notice")

        his.get_by_role("button", name="Remove notice").click()

        expect(his.locator(":focus")).to_contain_text("The notice has not been removed")
        expect(his.get_by_role("main")).to_contain_text("Take bus 840")
        assert axe(his) == []


def test_needs_that_a_speaker_and_an_assistant_answer_are_shown_in_both_versions(
    live_site: LiveSites, window: Page, chromium: Browser, axe: Axe
) -> None:
    site, speaker = live_site().address, get_ada_marsh()
    needs, asked = "speak/ada-marsh/access-needs", "What are your access requirements?"
    answer = Answer(
        needs, f"{asked} (optional)", "Save", "A seat", "A ramp", "Access requirements", "Thank you"
    )
    with chromium.new_context() as another:
        hers = sign_in_speaker_in_window(another.new_page(), site, speaker)
        his = sign_in_speaker_in_window(window, site, speaker, HELPER, is_assistant=True)

        both_answer(hers, his, site, answer, axe)

        hers.goto(f"{site}/{needs}")
        expect(field(hers, answer.label)).to_have_value("A ramp")


def both_answer(hers: Page, his: Page, site: str, answer: Answer, axe: Axe) -> None:
    """Let her save first, and him twice: once too late, then having seen both versions."""
    for one in (his, hers):
        one.goto(f"{site}/{answer.address}")
    field(hers, answer.label).fill(answer.hers)
    press(hers, answer)
    expect(is_done(hers, answer)).to_be_visible()

    field(his, answer.label).fill(answer.his)
    press(his, answer)
    expect(his.locator(":focus")).to_contain_text("Two versions")
    table = his.get_by_role("region", name="Two versions").get_by_role("table")
    row = f"{answer.row} {answer.hers} {answer.his}"
    expect(table.get_by_role("row", name=row, exact=True)).to_be_visible()
    expect(table.get_by_role("row")).to_have_count(2)  # the head, and what differs
    expect(field(his, answer.label)).to_have_value(answer.his)
    assert axe(his) == []

    press(his, answer)
    expect(is_done(his, answer)).to_be_visible()


def press(window: Page, answer: Answer) -> None:
    window.get_by_role("button", name=answer.button, exact=True).click()


def is_done(window: Page, answer: Answer) -> Locator:
    return window.get_by_role("status").filter(has_text=answer.done)

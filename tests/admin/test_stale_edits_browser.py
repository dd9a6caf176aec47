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
    """The initial values of a form, and what each of two people types.

    In order: the label, her text, his text, the conflict message.
    """

    address: str
    both: tuple[str, str, str]  # both type over this one
    alone: tuple[str, str, str]  # only she types over this one; his stays what it was

    def row(self, label: str, hers: str, his: str) -> str:
        """Return a row of the comparison as a screen reader announces it."""
        return f"{label.removesuffix(' (optional)')} {hers} {his}"


class Answer(NamedTuple):
    """What two people type in a form, its save button, and the message about the conflict."""

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


def find_conflict_message(window: Page) -> Locator:
    return window.get_by_role("status").filter(has_text="been saved")


def test_stale_edits_show_both_versions_and_keep_typed_text(
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
            expect(find_conflict_message(hers)).to_be_visible()

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
            expect(find_conflict_message(his)).to_be_visible()
            expect(his.get_by_role("main")).to_contain_text(typed)


def test_stale_edits_of_link_notice_and_email_address_show_both_versions(
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
            answer_in_both_windows(hers, his, site, answer, axe)
            expect(his.get_by_role("main")).to_contain_text(answer.his)


def test_removing_an_outdated_notice_shows_the_new_one(
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
            expect(find_conflict_message(hers)).to_be_visible()
            if words == "No trains today":
                his.goto(f"{site}/organise/pages/notice")

        his.get_by_role("button", name="Remove notice").click()

        expect(his.locator(":focus")).to_contain_text("The notice has not been removed")
        expect(his.get_by_role("main")).to_contain_text("Take bus 840")
        assert axe(his) == []


def test_stale_edits_of_speaker_requirements_show_both_versions(
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

        answer_in_both_windows(hers, his, site, answer, axe)

        hers.goto(f"{site}/{needs}")
        expect(field(hers, answer.label)).to_have_value("A ramp")


def answer_in_both_windows(hers: Page, his: Page, site: str, answer: Answer, axe: Axe) -> None:
    """Let her save first, and him twice: once too late, then having seen both versions."""
    for one in (his, hers):
        one.goto(f"{site}/{answer.address}")
    field(hers, answer.label).fill(answer.hers)
    press(hers, answer)
    expect(expect_saved(hers, answer)).to_be_visible()

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
    expect(expect_saved(his, answer)).to_be_visible()


def press(window: Page, answer: Answer) -> None:
    window.get_by_role("button", name=answer.button, exact=True).click()


def expect_saved(window: Page, answer: Answer) -> Locator:
    return window.get_by_role("status").filter(has_text=answer.done)

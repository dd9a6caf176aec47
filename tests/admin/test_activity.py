"""All that happened to one person in one thread: emails, notes and changes, newest first."""

from datetime import timedelta

import pytest

from app import clock
from app.accounts.models import EDITOR
from app.database import transaction
from app.delegates.models import Delegate
from app.history.models import HistoryEntry
from app.mail.models import SENT, UNSUBSCRIBED
from app.mail.suppression import lift, list_reasons, suppress
from app.programme.models import Speaker
from app.registration.desk import annotations, services
from app.registration.waiting_list.models import ACCEPTED
from tests.browser import Browser, Page
from tests.factories import (
    get_ada_marsh,
    grant_speaker_access,
    make_delegate,
    make_email,
    make_proposal,
    make_waiting_list_entry,
    save,
    sign_in,
)
from tests.pages import read_text

DORA = "dora@conference.example"
DAY = timedelta(days=1)


@pytest.fixture
def ada() -> Speaker:
    ada = get_ada_marsh()
    ada.contact_address = "ada@example.org"
    save(ada)
    return ada


def get_path(delegate: Delegate, query: str = "") -> str:
    return f"/organise/delegates/{delegate.reference}{query}"


def happened(summary: str, subject: str, days_ago: int, actor: str = DORA) -> None:
    when = clock.now() - days_ago * DAY
    save(HistoryEntry(summary=summary, subject=subject, happened_at=when, actor=actor))


def email(subject: str, days_ago: int = 0, **values: object) -> None:
    make_email(subject=subject, created_at=clock.real_now() - days_ago * DAY, **values)


def thread(page: Page) -> list[tuple[str, list[str]]]:
    """Return each day of the thread, with the first line of each of its items."""
    [form] = page.tree.find_by_class("thread")
    days = [read_text(one) for one in page.tree.find_all("h3", within=form)]
    lists = [[read_text(item[0]) for item in one] for one in page.tree.find_by_class("past")]
    return list(zip(days, lists, strict=True))


def lines(page: Page) -> list[str]:
    return [line for _, each in thread(page) for line in each]


def filter_activity(page: Page, label: str) -> Page:
    """Follow a filter of the thread; the menu has a link "Emails" as well."""
    [filters] = page.tree.find_by_class("views")
    [link] = [one for one in page.tree.find_all("a", within=filters) if read_text(one) == label]
    return page.browser.open(str(link.get("href")).partition("#")[0])


@pytest.mark.both_databases
def test_the_activity_of_a_delegate_is_one_thread_grouped_by_day(desk: Browser) -> None:
    delegate = make_delegate(email="ada@example.org")
    waited = make_waiting_list_entry(state=ACCEPTED, delegate_id=delegate.id, ended_at=clock.now())
    somebody_else = make_waiting_list_entry()
    happened("Joined the waiting list", waited.history_subject, 4, "the delegate")
    happened("Joined the list after her", somebody_else.history_subject, 4)
    email("You are on the waiting list", 4, recipient="Ada@Example.org")
    happened("Registered", delegate.history_subject, 2, "the delegate")
    email("You have a place", 2, booking_reference=delegate.reference, recipient="old@example.org")
    email("About her sister's booking", 2, booking_reference="BCDF9999")
    email("To somebody else", 2, recipient="bea@example.org")
    with transaction():
        annotations.add_tag(delegate, "Press", actor=DORA)
        annotations.add_note(delegate, "Arrives late", actor=DORA)
        suppress("ada@example.org", UNSUBSCRIBED)
        suppress("bea@example.org", UNSUBSCRIBED)

    page = desk.open(get_path(delegate))

    assert thread(page) == [
        (
            "Tuesday 12 May 2009",
            ["Arrives late", "Group emails stopped: unsubscribed", "A tag was added"],
        ),
        ("Sunday 10 May 2009", ["You have a place", "Registered"]),
        ("Friday 8 May 2009", ["You are on the waiting list", "Joined the waiting list"]),
    ]
    sentence = (
        "Steps on the waiting list are listed here for 30 days after someone accepts a place."
    )
    assert sentence in page.text
    assert sentence not in desk.open(get_path(delegate, "?show=notes")).text


@pytest.mark.both_databases
def test_the_activity_can_be_filtered_by_emails_notes_or_changes(desk: Browser) -> None:
    delegate = make_delegate()
    email("You have a place", booking_reference=delegate.reference)
    with transaction():
        annotations.add_note(delegate, "Arrives late", actor=DORA)

    page = desk.open(get_path(delegate))
    assert lines(filter_activity(page, "Emails")) == ["You have a place"]
    assert lines(filter_activity(page, "Notes")) == ["Arrives late"]
    assert lines(filter_activity(page, "Changes")) == ["A note was added"]
    assert lines(desk.open(get_path(delegate, "?show=secrets"))) == lines(page)


def test_an_email_in_the_activity_shows_its_type_and_delivery_state(desk: Browser) -> None:
    delegate = make_delegate(email="ada@example.org")
    email("You have a place", state=SENT, sent_at=clock.real_now())

    page = desk.open(get_path(delegate))

    assert (
        "You have a place 9:30am, Confirmation Accepted for delivery to ada@example.org at "
        "9:30am on Tuesday 12 May 2009" in page.text
    )
    assert page.follow("You have a place").address.startswith("/organise/letters/")


def test_an_added_note_is_listed_once_until_it_is_deleted(
    desk: Browser,
) -> None:
    delegate = make_delegate()
    page = desk.open(get_path(delegate)).press("Add note", {"New note": "Arrives late"})
    assert lines(page) == ["Arrives late"]

    page = page.press("Delete note “Arrives late”")

    assert lines(page) == ["A note was deleted", "A note was added"]


def test_lifting_a_suppression_is_listed_in_the_activity(desk: Browser) -> None:
    delegate = make_delegate(email="ada@example.org")
    with transaction():
        suppress("ada@example.org", UNSUBSCRIBED)
    with transaction():
        lift(list_reasons("ada@example.org")[0].id, actor=DORA)

    assert lines(desk.open(get_path(delegate))) == [
        "Group emails are allowed again",
        "Group emails stopped: unsubscribed",
    ]


@pytest.mark.both_databases
def test_a_long_activity_shows_thirty_entries_and_more_on_request(
    desk: Browser, queries: list[str]
) -> None:
    delegate = make_delegate()
    for number in reversed(range(35)):
        happened(f"Change {number}", delegate.history_subject, number)
        email(f"Email {number}", number, booking_reference=delegate.reference)
    everything = [f"{kind} {number}" for number in range(35) for kind in ("Email", "Change")]

    desk.open(get_path(delegate))  # what every page reads once
    queries.clear()
    page = desk.open(get_path(delegate))

    assert len(queries) <= 9, queries
    assert lines(page) == everything[:30]
    assert (
        page.links["Show older"] == f"/organise/delegates/{delegate.reference}?pages=2#activity-31"
    )
    page = page.follow("Show older")
    assert lines(page) == everything[:60]
    page = page.follow("Show older")
    assert lines(page) == everything
    assert "Show older" not in page.links
    page = filter_activity(page, "Emails").follow("Show older")
    assert lines(page) == [f"Email {number}" for number in range(35)]


@pytest.mark.parametrize("typed", ["0", "-1", "x", "٣", "9999999999", ""])
def test_an_invalid_page_count_of_the_activity_shows_the_first_page(
    desk: Browser, typed: str
) -> None:
    delegate = make_delegate()
    for number in range(31):
        happened(f"Change {number}", delegate.history_subject, number)

    assert len(lines(desk.open(get_path(delegate, f"?pages={typed}")))) == 30


def test_the_activity_of_an_erased_delegate_names_nobody(visitor: Browser) -> None:
    delegate = make_delegate(email="ada@example.org", cancelled_at=clock.now())
    email("To whoever has the address now")
    with transaction():
        annotations.add_note(delegate, "Arrives late", actor=DORA)
        services.erase(delegate, actor=DORA)

    page = sign_in(visitor).open(get_path(delegate))

    assert lines(page) == ["The details were deleted", "A note was added"]


def test_an_empty_activity_says_what_will_appear(desk: Browser) -> None:
    delegate = make_delegate()

    page = desk.open(get_path(delegate))

    assert "Nothing yet. Emails and changes will be listed here" in page.text
    page = filter_activity(page, "Emails")
    assert "No emails. We delete emails after a while." in page.text
    page = filter_activity(page, "Notes")
    assert "No notes yet." in page.text
    page = filter_activity(page, "Changes")
    assert "No changes yet." in page.text


@pytest.mark.both_databases
def test_the_activity_of_a_speaker_includes_proposals(
    visitor: Browser, ada: Speaker, queries: list[str]
) -> None:
    organiser = sign_in(visitor)
    happened("Ada Marsh was added", f"speaker {ada.key}", 3)
    email("Your own pages", 2)
    make_proposal(ada, biography="She *swims*.")
    with transaction():
        suppress("ada@example.org", UNSUBSCRIBED)

    organiser.open("/organise/speakers/ada-marsh")  # what every page reads once
    queries.clear()
    page = organiser.open("/organise/speakers/ada-marsh")

    assert len(queries) <= 12, queries
    assert lines(page)[-2:] == ["Your own pages", "Ada Marsh was added"]
    assert sorted(lines(page)[:-2]) == [
        "Ada Marsh: changes were sent for approval (biography)",
        "Biography",
        "Group emails stopped: unsubscribed",
    ]
    assert "ada@example.org Change by a speaker: To approve" in page.text


def test_the_activity_of_a_speaker_has_emails_to_their_addresses_only(
    visitor: Browser, ada: Speaker
) -> None:
    grant_speaker_access(ada, "marsh@nhs.example")
    grant_speaker_access(ada, "helper@nhs.example", is_assistant=True)
    email("Changes to the programme", 1, recipient="Marsh@nhs.example")
    email("Your own pages", 2)
    email("Your link as an assistant", 2, recipient="helper@nhs.example")
    with transaction():
        suppress("marsh@nhs.example", UNSUBSCRIBED)

    page = sign_in(visitor).open("/organise/speakers/ada-marsh")

    assert "Group emails stopped: unsubscribed" in lines(page)
    assert lines(filter_activity(page, "Emails")) == ["Changes to the programme", "Your own pages"]


def test_an_editor_sees_no_emails_in_the_activity_of_a_speaker(
    visitor: Browser, ada: Speaker
) -> None:
    happened("Ada Marsh was added", f"speaker {ada.key}", 3)
    email("Your own pages", 2)
    with transaction():
        suppress("ada@example.org", UNSUBSCRIBED)
    editor = sign_in(visitor, "ed@conference.example", EDITOR)

    page = editor.open("/organise/speakers/ada-marsh?show=emails")

    assert lines(page) == ["Ada Marsh was added"]
    assert list(page.tree.find_by_class("views")) == []

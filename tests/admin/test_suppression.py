"""The suppression list in admin: who is on it and why, adding and lifting."""

import csv
from io import StringIO

import pytest

from app import clock
from app.accounts.models import VIEWER
from app.database import db, transaction
from app.mail import suppression
from app.mail.models import BOUNCED, BY_DESK, COMPLAINT, UNSUBSCRIBED
from app.mail.suppression import suppress
from tests.browser import Browser
from tests.factories import make_delegate, sign_in

LIST = "/organise/letters/suppression"


def reasons_of(address: str) -> list[str]:
    db.session.rollback()
    return [one.reason for one in suppression.list_reasons(address)]


def fill_list() -> None:
    with transaction():
        suppress("ada@nhs.example", BOUNCED, note="5.1.1")
        suppress("ada@nhs.example", UNSUBSCRIBED)
        suppress("grace@example.org", COMPLAINT)


@pytest.mark.both_databases
def test_the_suppression_list_can_be_searched_filtered_and_sorted(desk: Browser) -> None:
    fill_list()

    page = desk.open("/organise/letters").follow("Suppression list")
    assert [(row["Email address"], row["Reason"], row["Note"]) for row in page.rows] == [
        ("grace@example.org", "Marked an email as spam", ""),
        ("ada@nhs.example", "Unsubscribed", ""),
        ("ada@nhs.example", "Emails are returned", "5.1.1"),
    ]
    assert [row["Email address"] for row in desk.open(f"{LIST}?q=NHS").rows] == [
        *["ada@nhs.example"] * 2
    ]
    assert [row["Reason"] for row in desk.open(f"{LIST}?reason=bounced").rows] == [
        "Emails are returned"
    ]
    assert [row["Reason"] for row in desk.open(f"{LIST}?sort=-address").rows] == [
        *("Marked an email as spam", "Unsubscribed", "Emails are returned")
    ]
    assert [row["Reason"] for row in desk.open(f"{LIST}?sort=-since").rows] == [
        *("Emails are returned", "Unsubscribed", "Marked an email as spam")
    ]
    assert "No addresses found" in desk.open(f"{LIST}?q=nobody").text


def test_the_registration_desk_can_suppress_and_unsuppress_an_email_address(desk: Browser) -> None:
    page = desk.open(LIST)
    assert "No addresses on the list" in page.text
    page.follow("Add an address")

    answers = {"Email address": "Ada@NHS.example", "Why (optional)": "Asked by telephone"}
    page = desk.press("Add to the list", answers)
    assert "The address is on the list." in page.source
    assert reasons_of("ada@nhs.example") == [BY_DESK]
    [row] = page.rows
    assert (row["Added by"], row["Note"]) == ("dora@conference.example", "Asked by telephone")

    page = page.follow("ada@nhs.example")
    assert "Group emails stopped: added by hand" in page.text
    page = desk.press("Remove this reason")
    assert "The reason has been removed." in page.source
    assert reasons_of("ada@nhs.example") == []
    assert desk.open(LIST).rows == []


def test_suppressing_a_listed_email_address_changes_nothing(desk: Browser) -> None:
    with transaction():
        suppress("ada@nhs.example", BY_DESK, by="zoe@conference.example")
    desk.open(f"{LIST}/add")

    page = desk.press("Add to the list", {"Email address": "ada@nhs.example"})

    assert "The address was on the list already. Nothing has changed." in page.source
    assert [row["Added by"] for row in page.rows] == ["zoe@conference.example"]


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("", "Enter an email address"),
        ("not an address", "Enter an email address in the correct format, like name@example.com"),
    ],
)
def test_suppressing_an_invalid_email_address_is_refused(
    desk: Browser, typed: str, error: str
) -> None:
    desk.open(f"{LIST}/add")

    page = desk.press("Add to the list", {"Email address": typed}, status=422)

    assert page.errors == [error]


def test_removing_an_unsubscribed_reason_shows_a_warning(desk: Browser) -> None:
    fill_list()

    page = desk.open(f"{LIST}?reason=unsubscribed").follow("ada@nhs.example")
    assert "This person asked us to stop." in page.text
    desk.press("Remove this reason")

    assert reasons_of("ada@nhs.example") == [BOUNCED]


def test_removing_an_already_removed_reason_says_so(desk: Browser) -> None:
    fill_list()
    [reason] = suppression.list_reasons("grace@example.org")
    desk.open(f"{LIST}/{reason.id}/lift")
    with transaction():
        suppression.lift(reason.id, actor="zoe@conference.example")

    page = desk.press("Remove this reason", status=404)

    assert "That address is not on the list any more" in page.text


def test_exporting_the_suppression_list_is_recorded(desk: Browser) -> None:
    fill_list()
    with transaction():
        suppression.erase("grace@example.org")
    desk.open(f"{LIST}?q=")

    answer = desk.press("Download as CSV")

    rows = list(csv.reader(StringIO(answer.source.lstrip("\ufeff"))))
    assert rows[0] == ["Email address", "Reason", "Since", "Added by", "Note"]
    assert [row[:2] for row in rows[1:]] == [
        ["", "Marked an email as spam"],
        ["ada@nhs.example", "Unsubscribed"],
        ["ada@nhs.example", "Emails are returned"],
    ]


def test_viewers_see_the_suppression_list_but_cannot_change_it(visitor: Browser) -> None:
    fill_list()
    viewer = sign_in(visitor, "vera@conference.example", role=VIEWER)

    page = viewer.open(LIST)

    assert len(page.rows) == 3
    assert "Add an address" not in page.links
    assert "Download as CSV" not in page.buttons


@pytest.mark.parametrize("count", [1, 3])
def test_the_suppression_list_needs_few_queries(
    desk: Browser, queries: list[str], count: int
) -> None:
    with transaction():
        for number in range(count):
            suppress(f"{number}@example.org", BOUNCED)
    desk.open(LIST)
    queries.clear()

    desk.open(LIST)

    assert len(queries) <= 8


@pytest.mark.both_databases
def test_the_dashboard_lists_delegates_with_bouncing_email_addresses(
    desk: Browser,
) -> None:
    delegate = make_delegate(email="Ada@nhs.example")
    make_delegate(given_names="Byron", email="byron@nhs.example", cancelled_at=clock.now())
    with transaction():
        suppress("ada@nhs.example", BOUNCED, note="the mailbox does not exist (5.1.1)")
        suppress("byron@nhs.example", BOUNCED)
        suppress("ada@nhs.example", UNSUBSCRIBED)

    page = desk.open("/organise").follow(
        "1 delegate whose emails are returned: correct the address"
    )
    assert page.heading == "Suppression list"

    page = desk.open(f"/organise/delegates/{delegate.reference}")
    assert (
        "Emails to Ada@nhs.example are returned. Reason: the mailbox does not exist (5.1.1)"
        in page.text
    )
    page.follow("Unsubscribed")
    assert [row["Reason"] for row in desk.page.rows] == ["Unsubscribed", "Emails are returned"]


@pytest.mark.both_databases
def test_the_suppression_list_finds_unicode_and_punycode_domains(desk: Browser) -> None:
    delegate = make_delegate(email="Zoë@bücher.example")
    with transaction():
        suppress("zoë@xn--bcher-kva.example", BOUNCED)

    page = desk.open("/organise").follow(
        "1 delegate whose emails are returned: correct the address"
    )
    found = [
        page.press("Search", search=typed).rows
        for typed in ("zoë@bücher.example", "xn--bcher-kva.example", "XN--BCHER-KVA")
    ]
    desk.open(f"/organise/delegates/{delegate.reference}").follow("Emails are returned")

    assert [[row["Email address"] for row in rows] for rows in found] == [
        ["zoë@bücher.example"]
    ] * 3
    assert [row["Email address"] for row in desk.page.rows] == ["zoë@bücher.example"]

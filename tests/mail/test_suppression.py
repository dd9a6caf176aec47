"""Who gets no emails to many people: the suppression list, and links by which people leave them."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.database import db, transaction
from app.history.models import HistoryEntry, PersonalDetails
from app.mail import suppression, unsubscribe
from app.mail.models import (
    BOUNCED,
    BY_DESK,
    COMPLAINT,
    UNSUBSCRIBED,
    SuppressedAddress,
    UnsubscribeKey,
)
from app.mail.suppression import NOT_THEIR_WISH, exclusion_reasons, suppress
from app.registration import links
from app.registration.bookings import erasure
from app.web import signing
from tests.browser import Browser, Browsers
from tests.factories import get_ada_marsh, make_delegate, sign_in_speaker

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def make_link(address: str = "ada@nhs.example") -> str:
    """Give the path of the link in emails to many people."""
    with transaction():
        url = unsubscribe.get_url(address)
    return url.partition("conference.example")[2] or url[url.index("/emails/") :]


def reasons_of(address: str) -> list[str]:
    db.session.rollback()
    return [one.reason for one in suppression.list_reasons(address)]


@pytest.mark.both_databases
def test_suppressed_addresses_are_excluded_in_any_spelling(site: Flask, queries: list[str]) -> None:
    with transaction():
        suppress("Ada@NHS.example", BOUNCED)
        suppress("ada@nhs.example", UNSUBSCRIBED)
        suppress("jörg@bücher.example", BY_DESK, by="dora@conference.example", note="He rang")
    queries.clear()

    asked = [
        "ADA@nhs.example",
        "jörg@xn--bcher-kva.example",
        "grace@example.org",
        "ADA@nhs.example",
    ]
    found = exclusion_reasons(asked)

    assert found == {"ADA@nhs.example": UNSUBSCRIBED, "jörg@xn--bcher-kva.example": BY_DESK}
    assert exclusion_reasons(asked, NOT_THEIR_WISH) == {
        "ADA@nhs.example": BOUNCED,
        "jörg@xn--bcher-kva.example": BY_DESK,
    }


@pytest.mark.both_databases
def test_thousands_of_addresses_can_be_looked_up_in_one_query(site: Flask) -> None:
    with transaction():
        suppress("4711@example.org", COMPLAINT)

    asked = [f"{number}@example.org" for number in range(11_000)]

    assert exclusion_reasons(asked) == {"4711@example.org": COMPLAINT}
    assert exclusion_reasons([]) == {}
    with transaction():
        suppression.erase("4711@example.org")
    assert exclusion_reasons(asked) == {"4711@example.org": COMPLAINT}
    with transaction():  # a list that is longer than what is asked
        db.session.add_all(
            SuppressedAddress(
                address=f"other-{number}@example.org", reason=BOUNCED, suppressed_at=clock.now()
            )
            for number in range(5000)
        )
    assert exclusion_reasons(asked) == {"4711@example.org": COMPLAINT}


@pytest.mark.both_databases
def test_a_suppression_reason_is_stored_once_and_lifted_separately(site: Flask) -> None:
    with transaction():
        added = [suppress("ada@nhs.example", one) for one in (BOUNCED, BOUNCED, UNSUBSCRIBED)]
    [bounced, _] = suppression.list_reasons("ada@nhs.example")

    with transaction():
        suppression.lift(bounced.id, actor="dora@conference.example")

    assert added == [True, False, True]
    assert reasons_of("ada@nhs.example") == [UNSUBSCRIBED]
    subject = suppression.history_subject("ada@nhs.example")
    entries = db.session.scalars(select(HistoryEntry).where(HistoryEntry.subject == subject)).all()
    assert [(one.actor, one.summary) for one in entries] == [
        ("the site", "Group emails stopped: emails are returned"),
        ("the site", "Group emails stopped: unsubscribed"),
        ("dora@conference.example", "Group emails are allowed again"),
    ]
    assert "ada" not in subject


@pytest.mark.both_databases
def test_an_erased_address_stays_unsubscribed(site: Flask) -> None:
    link = make_link("ada@nhs.example")
    with transaction():
        suppress("ada@nhs.example", UNSUBSCRIBED, note="Ada rang")
    with transaction():
        suppression.erase("ada@nhs.example")

    [row] = db.session.scalars(select(SuppressedAddress)).all()
    assert re.fullmatch(r"erased:[0-9a-f]{64}", row.address)
    assert (row.note, row.suppressed_by) == ("", "")
    assert db.session.scalars(select(UnsubscribeKey.address)).all() == [row.address]
    assert db.session.scalars(select(PersonalDetails)).all() == []
    assert exclusion_reasons(["Ada@nhs.example"]) == {"Ada@nhs.example": UNSUBSCRIBED}
    assert make_link("ada@nhs.example") != link  # a new one; the old one works as well
    assert exclusion_reasons(["grace@nhs.example"]) == {}


def test_an_address_erased_by_an_earlier_version_stays_unsubscribed(site: Flask) -> None:
    former = signing.hash_text(suppression.SALT, "jörg@xn--bcher-kva.example")[0]
    about = {"reason": UNSUBSCRIBED, "suppressed_at": clock.now()}
    with transaction():
        db.session.add(SuppressedAddress(address=f"{suppression.ERASED}{former}", **about))

    assert reasons_of("jörg@bücher.example") == [UNSUBSCRIBED]
    assert exclusion_reasons(["Jörg@BÜCHER.example", "jo@bücher.example"]) == {
        "Jörg@BÜCHER.example": UNSUBSCRIBED
    }


@pytest.mark.both_databases
def test_one_click_unsubscribe_works_without_a_cookie(site: Flask, visitor: Browser) -> None:
    link = make_link()

    answer = visitor.fetch("POST", link, data=ONE_CLICK)
    again = visitor.fetch("POST", link, data=ONE_CLICK)

    assert (answer.status_code, again.status_code) == (200, 200)
    assert reasons_of("ada@nhs.example") == [UNSUBSCRIBED]
    assert exclusion_reasons(["grace@nhs.example"]) == {}


def test_the_unsubscribe_page_stops_group_emails_and_allows_them_again(visitor: Browser) -> None:
    link = make_link()

    page = visitor.open(link)
    assert page.heading == "Emails about the conference"
    assert reasons_of("ada@nhs.example") == []
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Robots-Tag"] == "noindex"

    page = visitor.press("Stop these emails")
    assert "We will not send you any more emails like the one with this link." in page.text
    assert reasons_of("ada@nhs.example") == [UNSUBSCRIBED]

    page = visitor.press("Get these emails again")
    assert "You will get emails about the conference again." in page.text
    assert reasons_of("ada@nhs.example") == []


def test_a_suppression_by_the_desk_is_not_lifted_by_an_unsubscribe_link(visitor: Browser) -> None:
    link = make_link()
    with transaction():
        suppress("ada@nhs.example", BY_DESK, by="dora@conference.example")

    page = visitor.open(link)

    assert page.buttons == []
    visitor.fetch("POST", f"{link}/on")
    assert reasons_of("ada@nhs.example") == [BY_DESK]


@pytest.mark.parametrize("way", ["shortened", "altered", "of another purpose", "rubbish"])
def test_a_forged_unsubscribe_link_is_not_found_and_changes_nothing(
    site: Flask, visitor: Browser, way: str
) -> None:
    link = make_link()
    forged = {
        "shortened": link[:-1],
        "altered": link[:-1] + ("A" if link[-1] != "A" else "B"),
        "of another purpose": "/emails/" + _sign_as_booking(),
        "rubbish": "/emails/ada@nhs.example",
    }[way]

    assert visitor.open(forged, status=404).heading == "Page not found"
    assert visitor.fetch("POST", forged, data=ONE_CLICK).status_code == 404
    assert db.session.scalars(select(SuppressedAddress)).all() == []


def _sign_as_booking() -> str:
    [key] = db.session.scalars(select(UnsubscribeKey.key)).all()
    return signing.sign("booking", key)


def test_an_unsubscribe_link_reveals_no_address_and_survives_key_rotation(
    site: Flask, visitor: Browser, new_browser: Browsers
) -> None:
    link = make_link()
    site.config["SECRET_KEY_FALLBACKS"] = [site.config["SECRET_KEY"]]
    site.config["SECRET_KEY"] = "another secret key of more than thirty-two characters"

    visitor.fetch("POST", link, data=ONE_CLICK)

    assert "@" not in link
    assert "nhs.example" not in link
    assert reasons_of("ada@nhs.example") == [UNSUBSCRIBED]


def test_group_emails_have_unsubscribe_headers_and_a_footer(site: Flask) -> None:
    assert unsubscribe.unsubscribe_headers("https://conference.example/emails/x") == {
        "List-Unsubscribe": "<https://conference.example/emails/x>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert unsubscribe.unsubscribe_footer("https://conference.example/emails/x").endswith(
        "open this page:\nhttps://conference.example/emails/x"
    )


def test_delegates_can_switch_group_emails_off_and_on(
    visitor: Browser,
) -> None:
    delegate = make_delegate()
    visitor.open(f"/booking/{links.booking_token(delegate)}")

    page = visitor.press("Switch these emails off")
    assert "We will send you only emails about your booking." in page.text
    assert reasons_of("ada@example.org") == [UNSUBSCRIBED]

    page = visitor.press("Switch these emails on")
    assert "You will get emails about the conference again." in page.text
    assert reasons_of("ada@example.org") == []


def test_speakers_can_switch_group_emails_off_and_on(visitor: Browser) -> None:
    ada = get_ada_marsh()
    sign_in_speaker(visitor, ada)
    visitor.open(f"/speak/{ada.slug}")

    visitor.press("Switch these emails off")
    [row] = db.session.scalars(select(SuppressedAddress)).all()
    assert row.reason == UNSUBSCRIBED

    visitor.press("Switch these emails on")
    db.session.rollback()
    assert db.session.scalars(select(SuppressedAddress)).all() == []


def test_delegates_cannot_switch_on_group_emails_stopped_by_organisers(visitor: Browser) -> None:
    delegate = make_delegate()
    with transaction():
        suppress("ada@example.org", BY_DESK, by="dora@conference.example")

    page = visitor.open(f"/booking/{links.booking_token(delegate)}")

    assert "the organisers stopped the others" in page.text
    assert "Switch these emails on" not in page.buttons


@pytest.mark.both_databases
def test_erasing_a_booking_hashes_the_suppressed_address_unless_shared(
    site: Flask,
) -> None:
    one = make_delegate(given_names="Ada", cancelled_at=clock.now())
    other = make_delegate(given_names="Byron", cancelled_at=clock.now())
    with transaction():
        suppress("ada@example.org", UNSUBSCRIBED)

    with transaction():
        erasure.erase_cancelled(one, actor="the delegate")
    assert db.session.scalars(select(SuppressedAddress.address)).all() == ["ada@example.org"]
    db.session.rollback()
    with transaction():
        erasure.erase_cancelled(other, actor="the delegate")

    [stored] = db.session.scalars(select(SuppressedAddress.address)).all()
    assert stored.startswith("erased:")
    assert reasons_of("ada@example.org") == [UNSUBSCRIBED]

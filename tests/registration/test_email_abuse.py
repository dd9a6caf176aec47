"""The site cannot be used to email third parties repeatedly."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.database import db
from app.mail.models import Email
from app.registration.address_limits import MAX_EMAILS_PER_DAY
from tests.browser import Browser, Browsers, Page
from tests.factories import make_delegate, set_places
from tests.lookups import booking_url
from tests.refusals import TOO_MANY_FROM_NETWORK
from tests.registration.test_email_change import QUESTION
from tests.registration.test_group_files import person, upload, write_csv
from tests.registration.test_groups import (
    CONTACT,
    EMAIL,
    SHARED,
    fill,
    list_delegates,
    open_group,
)
from tests.sent_emails import list_emails_to, list_subjects_to

VICTIM = "victim@example.net"
NAME, ADDRESS = "Your colleague’s name", "Your colleague’s email address"
TOO_MANY_TO_ADDRESS = (
    "We have already sent several emails to this email address today. "
    "Try again in 24 hours, or email tides@conference.example"
)


def add_person(visitor: Browser, given: str, email: str, status: int = 200) -> Page:
    form = open_group(visitor).follow("Add a person")
    answers = {"given_names": given, "Family name": "Nurse", EMAIL: email}
    return form.press("Add person", answers, status=status)


def offer(visitor: Browser, number: int, colleague: str, status: int = 200) -> Page:
    """Offer the place of another booking to a colleague."""
    booking = make_delegate(email=f"giver{number}@example.org", given_names=f"Giver{number}")
    form = visitor.open(booking_url(booking, "/pass-on"))
    return form.press("Offer my place", {NAME: "Bea Waite", ADDRESS: colleague}, status=status)


def count_emails(domain: str) -> int:
    such = select(func.count()).select_from(Email).where(Email.recipient.endswith(domain))
    found = db.session.scalar(such) or 0
    db.session.rollback()
    return found


def test_changing_a_name_repeatedly_sends_a_limited_number_of_emails(visitor: Browser) -> None:
    fill(visitor, "Ada").press("Register the group")
    name = "Ada"
    for number in range(MAX_EMAILS_PER_DAY):
        form = open_group(visitor).follow(f"Change name: {name} Nurse")
        name = f"Ada{number}"
        form.press("Save", given_names=name)
    before = len(list_subjects_to("ada@ward.example"))
    form = open_group(visitor).follow(f"Change name: {name} Nurse")

    page = form.press("Save", status=429, given_names="Adela")

    assert page.errors == [TOO_MANY_TO_ADDRESS]
    assert page.headers["Retry-After"] == "86400"
    assert len(list_subjects_to("ada@ward.example")) == before == MAX_EMAILS_PER_DAY + 1
    assert list_delegates() == [name]
    assert "Adela" not in open_group(visitor).text


def test_a_group_contact_can_enter_their_own_address_for_everyone(visitor: Browser) -> None:
    set_places(100)
    fill(visitor, "Ada").press("Register the group")
    own_page = open_group(visitor).address

    for number in range(MAX_EMAILS_PER_DAY + 1):
        form = visitor.open(own_page).follow("Add a person")
        answers = {
            "given_names": f"Bea{number}",
            "Family name": "Nurse",
            EMAIL: "mary@ward.example",
        }
        form.press("Add person", answers)

    assert len(list_delegates()) == MAX_EMAILS_PER_DAY + 2


@pytest.mark.both_databases
@pytest.mark.settings(LIMIT_REGISTRATIONS_PER_NETWORK="3")
def test_adding_and_cancelling_people_is_rate_limited_for_each_network(
    visitor: Browser, frozen_time: Any
) -> None:
    set_places(100)
    fill(visitor, "Ada").press("Register the group")
    for number in range(3):
        page = add_person(visitor, f"Bea{number}", f"bea{number}@victims.example")
        page.follow(f"Cancel place: Bea{number} Nurse").press("Cancel the place")

    refused = add_person(visitor, "Cy", "cy@victims.example", status=429)

    assert refused.errors == [TOO_MANY_FROM_NETWORK]
    assert count_emails("@victims.example") == 6
    assert list_delegates() == ["Ada"]
    assert "Cy" not in open_group(visitor).text
    frozen_time.shift(timedelta(minutes=60))
    assert "has a place" in refused.press("Add person").text


@pytest.mark.settings(LIMIT_REGISTRATIONS_PER_NETWORK="1")
def test_resending_links_is_rate_limited_for_each_network(
    visitor: Browser, frozen_time: Any
) -> None:
    fill(visitor, "Ada", "Bea").press("Register the group")
    frozen_time.shift(timedelta(minutes=6))
    open_group(visitor).press("Send link again: Ada Nurse")

    page = open_group(visitor).press("Send link again: Bea Nurse", status=429)

    assert TOO_MANY_FROM_NETWORK in page.text
    assert len(list_emails_to("bea@ward.example")) == 1


def test_resending_a_link_is_rate_limited_for_each_address(
    visitor: Browser, frozen_time: Any
) -> None:
    fill(visitor, "Ada").press("Register the group")
    for _ in range(MAX_EMAILS_PER_DAY):
        frozen_time.shift(timedelta(minutes=6))
        page = open_group(visitor).press("Send link again: Ada Nurse")
        assert "We are sending the link again." in page.text
    frozen_time.shift(timedelta(minutes=6))

    page = open_group(visitor).press("Send link again: Ada Nurse", status=429)

    assert "We have already sent several emails to this email address today" in page.text
    assert len(list_emails_to("ada@ward.example")) == MAX_EMAILS_PER_DAY + 1


@pytest.mark.both_databases
def test_place_transfers_to_one_address_are_rate_limited(visitor: Browser) -> None:
    for number in range(MAX_EMAILS_PER_DAY):
        offer(visitor, number, VICTIM)

    page = offer(visitor, MAX_EMAILS_PER_DAY, VICTIM.upper(), status=429)

    assert page.errors == [TOO_MANY_TO_ADDRESS]
    assert len(list_emails_to(VICTIM)) == MAX_EMAILS_PER_DAY


def test_place_transfers_are_rate_limited_for_each_network(visitor: Browser) -> None:
    set_places(40)
    for number in range(30):
        offer(visitor, number, f"stranger{number}@victims.example")

    page = offer(visitor, 30, "stranger30@victims.example", status=429)

    assert page.errors == [TOO_MANY_FROM_NETWORK]
    assert count_emails("@victims.example") == 30


def test_email_changes_to_one_address_are_rate_limited(visitor: Browser) -> None:
    for number in range(MAX_EMAILS_PER_DAY + 1):
        booking = make_delegate(email=f"mover{number}@example.org", given_names=f"Mover{number}")
        form = visitor.open(booking_url(booking)).follow("Change email address")
        status = 429 if number == MAX_EMAILS_PER_DAY else 200
        page = form.press("Send a link to the new address", {QUESTION: VICTIM}, status=status)

    assert page.errors == [TOO_MANY_TO_ADDRESS]
    assert len(list_emails_to(VICTIM)) == MAX_EMAILS_PER_DAY


def test_rate_limits_allow_an_organisation_to_register_a_hundred_people(
    new_browser: Browsers,
) -> None:
    set_places(200)
    for group in range(4):
        visitor = new_browser()
        form = visitor.open("/register/group").follow("Start now")
        form.press("Continue", CONTACT).press("Continue", SHARED)
        people = map(person, range(group * 25, group * 25 + 25))
        upload(visitor, write_csv(*people)).press("Add 25 people")

        page = visitor.open("/register/group/check").press("Register the group")

        assert page.heading == "Your group is registered"
    assert len(list_delegates()) == 100

"""People whose application was approved, and who waited for a place: what became of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.database import db, transaction
from app.delegates.models import CONFERENCE, Delegate
from app.registration import seats
from app.registration.applications import decisions
from app.registration.bookings import operations
from app.registration.waiting_list import offers
from tests.browser import Browser
from tests.factories import make_delegate, set_places, sign_in
from tests.mail_server import MailServer
from tests.mailings.test_requests import release_now
from tests.mailings.test_writing import PAGE, send
from tests.registration.test_applications import (
    GRACE,
    apply_for_place,
    decide,
    list_miscounts,
    make_press,
    open_own_application,
)
from tests.sent_emails import find_link, get_last_email_to


@pytest.fixture
def delegate(visitor: Browser) -> Delegate:
    """Have the only place, while Ada has applied, is approved and waits."""
    make_press()
    apply_for_place(visitor)
    set_places(1)
    early = make_delegate(email="early@example.org")
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)
    decide(decisions.approve, may_wait=True)
    return early


def cancel(delegate: Delegate) -> None:
    with transaction():
        operations.cancel(db.session.merge(delegate), actor=GRACE)


def leave(visitor: Browser, delegate: Delegate, frozen_time: Any) -> None:
    page = visitor.open(find_link(get_last_email_to("ada@example.org"), "/waiting-list/"))
    page.follow("Leave the waiting list").press("Leave the waiting list")


def decline(visitor: Browser, delegate: Delegate, frozen_time: Any) -> None:
    cancel(delegate)
    page = visitor.open(find_link(get_last_email_to("ada@example.org"), "/waiting-list/"))
    page.follow("Decline the place").press("Decline the place")


def miss_the_offer(visitor: Browser, delegate: Delegate, frozen_time: Any) -> None:
    cancel(delegate)
    frozen_time.shift(timedelta(days=2))
    with transaction():
        offers.run_due()


def be_removed(visitor: Browser, delegate: Delegate, frozen_time: Any) -> None:
    page = sign_in(visitor).open("/organise/waiting-list").follow("Ada Lovelace")
    page.follow("Remove from the waiting list").press("Remove from the waiting list")


@pytest.mark.both_databases
@pytest.mark.parametrize("end_wait", [leave, decline, miss_the_offer, be_removed])
def test_an_applicant_whose_wait_ended_without_a_place_is_not_listed_as_waiting(
    visitor: Browser, delegate: Delegate, frozen_time: Any, end_wait: Callable[..., None]
) -> None:
    end_wait(visitor, delegate, frozen_time)

    sign_in(visitor)
    assert "Ada Lovelace" not in visitor.open("/organise/applications?state=waiting").links
    page = visitor.open("/organise/applications").press("Search", {"State": "No longer waiting"})
    page = page.follow("Ada Lovelace")
    assert page.summary_list["State"] == "No longer waiting"
    assert page.summary_list["Waiting list"] in page.links
    assert "No longer waits for a place" in page.text
    own = open_own_application(visitor)
    assert own.heading == "You are no longer on the waiting list"
    assert own.follow("See your waiting list page").heading
    assert "Withdraw my application" not in own.links
    assert list_miscounts() == []


def test_a_group_email_to_waiting_applicants_skips_those_who_left(
    visitor: Browser, delegate: Delegate, frozen_time: Any, mailbox: MailServer
) -> None:
    sign_in(visitor)
    page = visitor.open("/organise/applications?state=waiting").press("Email these people")
    page = page.press("Save email", subject="You will hear from us", text="Not long now.")
    send(page, "Send it to 1 person")

    leave(visitor, delegate, frozen_time)
    release_now(frozen_time)

    assert "You will hear from us" not in [one.subject for one in mailbox.emails]
    assert "state changed since the people were chosen" in visitor.open(f"{PAGE}/1").text

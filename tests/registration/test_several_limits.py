"""Where several limits count one thing, whoever is refused by one has used up no other."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.accounts import rate_limits
from app.accounts.models import RateLimitHit
from app.accounts.views import MAX_EMAILS_PER_ADDRESS
from app.database import db, transaction
from app.registration.address_limits import MAX_EMAILS_PER_DAY, MAX_REGISTRATIONS_PER_DAY
from app.registration.bookings.services import MAX_EMAILS_PER_HOUR
from app.registration.groups.register_group import MAX_GROUPS_PER_DAY
from app.registration.interest.services import MAX_PER_DAY
from app.registration.transfers.services import MAX_OFFERS_PER_DAY
from tests.browser import Browser, Page
from tests.factories import make_delegate, set_places
from tests.lookups import booking_url
from tests.refusals import TOO_MANY_FROM_NETWORK
from tests.registration.test_email_abuse import ADDRESS, NAME, VICTIM
from tests.registration.test_email_change import QUESTION
from tests.registration.test_groups import EMAIL, fill, open_group
from tests.registration.test_interest import LINK, make_school
from tests.registration_flow import answer_questions
from tests.sent_emails import list_emails_to

REGISTRATION, RECIPIENT = "registration", "email from others"
Press = Callable[[int], Page]


def use_up(action: str, actor: str, times: int) -> None:
    """Do something as often as its limit allows."""
    with transaction():
        for _ in range(times):
            rate_limits.hit(action, actor, times=times, within=timedelta(days=1))


def count_all() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(RateLimitHit.id))) or 0


def sign_in(visitor: Browser) -> Press:
    use_up("sign in as", VICTIM, MAX_EMAILS_PER_ADDRESS)
    form = visitor.open("/sign-in")
    return lambda status: form.press("Email me a link", email_address=VICTIM, status=status)


def ask_for_link(visitor: Browser) -> Press:
    use_up("booking link", VICTIM, MAX_EMAILS_PER_HOUR)
    form = visitor.open("/booking")
    return lambda status: form.press("Email me the link", email_address=VICTIM, status=status)


def express_interest(visitor: Browser) -> Press:
    use_up("interest", VICTIM, MAX_PER_DAY)
    make_school()
    form = visitor.open("/register").follow(LINK)
    typed = {
        "Given names": "Bea",
        "Family name": "Waite",
        "What is your email address?": VICTIM,
    }
    return lambda status: form.press("Send", typed, status=status)


def register(visitor: Browser) -> Press:
    use_up(REGISTRATION, VICTIM, MAX_REGISTRATIONS_PER_DAY)
    check = answer_questions(visitor, email=VICTIM)
    return lambda status: check.press("Confirm registration", status=status)


def change_address(visitor: Browser) -> Press:
    use_up(RECIPIENT, VICTIM, MAX_EMAILS_PER_DAY)
    form = visitor.open(booking_url(make_delegate(), "/address"))
    name = "Send a link to the new address"
    return lambda status: form.press(name, {QUESTION: VICTIM}, status=status)


def change_address_of_busy_booking(visitor: Browser) -> Press:
    booking = make_delegate()
    use_up("address", booking.reference, MAX_EMAILS_PER_HOUR)
    form = visitor.open(booking_url(booking, "/address"))
    name = "Send a link to the new address"
    return lambda status: form.press(name, {QUESTION: VICTIM}, status=status)


def correct_address(visitor: Browser) -> Press:
    use_up(RECIPIENT, VICTIM, MAX_EMAILS_PER_DAY)
    page = answer_questions(visitor).press("Confirm registration")
    form = visitor.open(f"{page.address}/address")
    name = "Send a link to the new address"
    return lambda status: form.press(name, {QUESTION: VICTIM}, status=status)


def offer_place(visitor: Browser) -> Press:
    return _offer(visitor, RECIPIENT, VICTIM, MAX_EMAILS_PER_DAY)


def offer_place_again(visitor: Browser) -> Press:
    return _offer(visitor, "transfer", "BCDF2345", MAX_OFFERS_PER_DAY)


def _offer(visitor: Browser, action: str, actor: str, times: int) -> Press:
    form = visitor.open(booking_url(make_delegate(reference="BCDF2345"), "/pass-on"))
    use_up(action, actor, times)
    typed = {NAME: "Bea Waite", ADDRESS: VICTIM}
    return lambda status: form.press("Offer my place", typed, status=status)


def register_group(visitor: Browser) -> Press:
    use_up(REGISTRATION, "bea@ward.example", MAX_REGISTRATIONS_PER_DAY)
    check = fill(visitor, "Ada", "Bea")
    return lambda status: check.press("Register the group", status=status)


def register_another_group(visitor: Browser) -> Press:
    use_up("group", "mary@ward.example", MAX_GROUPS_PER_DAY)
    check = fill(visitor, "Ada", "Bea")
    return lambda status: check.press("Register the group", status=status)


def add_stranger(visitor: Browser) -> Press:
    return _add_to_group(visitor, RECIPIENT, MAX_EMAILS_PER_DAY)


def add_person(visitor: Browser) -> Press:
    return _add_to_group(visitor, REGISTRATION, MAX_REGISTRATIONS_PER_DAY)


def _add_to_group(visitor: Browser, action: str, times: int) -> Press:
    fill(visitor, "Ada").press("Register the group")
    form = open_group(visitor).follow("Add a person")
    use_up(action, VICTIM, times)
    answers = {"given_names": "Bea", "Family name": "Nurse", EMAIL: VICTIM}
    return lambda status: form.press("Add person", answers, status=status)


def rename_person(visitor: Browser) -> Press:
    fill(visitor, "Ada").press("Register the group")
    form = open_group(visitor).follow("Change name: Ada Nurse")
    use_up(RECIPIENT, "ada@ward.example", MAX_EMAILS_PER_DAY)
    return lambda status: form.press("Save", given_names="Adela", status=status)


@pytest.mark.parametrize(
    "prepare",
    [
        sign_in,
        ask_for_link,
        express_interest,
        register,
        change_address,
        change_address_of_busy_booking,
        correct_address,
        offer_place,
        offer_place_again,
        register_group,
        register_another_group,
        add_stranger,
        add_person,
        rename_person,
    ],
)
def test_an_attempt_refused_by_one_limit_is_counted_by_none(
    visitor: Browser, prepare: Callable[[Browser], Press]
) -> None:
    set_places(10)
    press = prepare(visitor)
    before = count_all()

    press(429)

    assert count_all() == before


@pytest.mark.settings(LIMIT_REGISTRATIONS_PER_NETWORK="1")
def test_a_rate_limited_group_link_is_not_reported_as_sent(
    visitor: Browser, frozen_time: Any
) -> None:
    fill(visitor, "Ada", "Bea").press("Register the group")
    frozen_time.shift(timedelta(minutes=6))
    open_group(visitor).press("Send link again: Ada Nurse")
    page = open_group(visitor)
    page.press("Send link again: Bea Nurse", status=429)

    refused = page.press("Send link again: Bea Nurse", status=429)

    assert TOO_MANY_FROM_NETWORK in refused.text
    assert len(list_emails_to("bea@ward.example")) == 1

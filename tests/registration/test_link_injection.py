"""The site cannot be used to email third parties a URL of an attacker."""

import pytest

from tests.browser import Browser
from tests.factories import make_delegate, make_question
from tests.lookups import booking_url
from tests.registration.test_email_abuse import ADDRESS, NAME, VICTIM
from tests.registration_flow import answer_questions
from tests.sent_emails import find_link, get_last_email_to, list_emails_to

TRAVEL = "How will you travel?"


def test_a_name_in_a_place_transfer_must_not_contain_a_web_address(visitor: Browser) -> None:
    booking = make_delegate(email="attacker@example.org")
    form = visitor.open(booking_url(booking, "/pass-on"))
    bait = "customer, your parcel waits at https://evil.example/pay now"

    page = form.press("Offer my place", {NAME: bait, ADDRESS: VICTIM}, status=422)

    assert page.errors == [
        "The name must not contain a web address. If it does not, add a space after the full stop"
    ]
    assert list_emails_to(VICTIM) == []


@pytest.mark.parametrize("kind", ["text", "long_text"])
def test_answers_with_a_web_address_are_left_out_of_emails(visitor: Browser, kind: str) -> None:
    make_question(TRAVEL, kind=kind)
    bait = "Your prize: https://evil.example/claim"
    page = answer_questions(visitor, email=VICTIM, until="more")

    page.press("Continue", {f"{TRAVEL} (optional)": bait}).press("Confirm registration")

    email = get_last_email_to(VICTIM)
    assert "evil" not in email.text + email.html
    assert "How will you travel: Shown on your booking page" in email.text
    booking = visitor.open(find_link(email, "/booking/"))
    assert booking.summary_list[TRAVEL] == bait

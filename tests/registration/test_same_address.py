"""One rule says which addresses are the same, for everything that it stops or refuses."""

import pytest
from flask import Flask

from app.database import transaction
from app.delegates.delegate_record import identity_key
from app.mail import suppression
from app.mail.addresses import is_same_address
from app.mail.models import UNSUBSCRIBED
from app.registration.address_limits import build_email_attempt, build_registration_attempt
from tests.browser import Browser
from tests.registration.test_confirmation import delegates
from tests.registration_flow import complete_registration
from tests.sent_emails import list_subjects_to

SAME = [
    ("ada@example.org", "ADA@Example.ORG"),
    ("straße@example.org", "STRASSE@example.org"),
    ("straße@example.org", "STRAẞE@example.org"),
    ("οδος@example.org", "ΟΔΟΣ@example.org"),
    ("zo\N{LATIN SMALL LETTER E WITH DIAERESIS}@example.org", "zoe\u0308@example.org"),
    ("ada@example.org", "ada@\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45.org"),  # full width
    ("ada@straße.example", "ada@xn--strae-oqa.example"),
]
DIFFERENT = [
    ("ada@example.org", "\uff41\uff44\uff41@example.org"),  # full width
    ("ada2@example.org", "ada\N{SUPERSCRIPT TWO}@example.org"),
    ("zoe@example.org", "zoë@example.org"),
    ("ada@straße.example", "ada@strasse.example"),
]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [*((*pair, True) for pair in SAME), *((*pair, False) for pair in DIFFERENT)],
)
def test_every_rule_about_addresses_agrees(
    site: Flask, one: str, other: str, *, is_same: bool
) -> None:
    with transaction():
        suppression.suppress(one, UNSUBSCRIBED)

    assert is_same_address(one, other) is is_same
    assert (identity_key("Ada", one) == identity_key("Ada", other)) is is_same
    assert (build_email_attempt(one) == build_email_attempt(other)) is is_same
    assert (build_registration_attempt(one) == build_registration_attempt(other)) is is_same
    assert (other in suppression.exclusion_reasons([other])) is is_same


def test_an_email_address_in_capitals_takes_no_second_place(visitor: Browser) -> None:
    complete_registration(visitor, email="straße@example.org")
    visitor.open("/register").press("Register someone else")

    complete_registration(visitor, email="STRASSE@example.org")

    [delegate] = delegates()
    reference = delegate.reference
    assert list_subjects_to("straße@example.org") == [
        f"You are registered for Tides and Harbours: {reference}",
        f"You already have a place at Tides and Harbours: {reference}",
    ]


def test_an_address_in_full_width_letters_takes_another_place(visitor: Browser) -> None:
    complete_registration(visitor, email="ada@example.org")
    visitor.open("/register").press("Register someone else")

    complete_registration(visitor, email="\uff41\uff44\uff41@example.org")

    assert len(delegates()) == 2

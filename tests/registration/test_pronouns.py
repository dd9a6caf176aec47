"""Pronouns on the badge: given, changed or left out."""

import pytest

from app.database import db
from app.delegates.models import Delegate
from tests.browser import Browser
from tests.registration_flow import answer_questions
from tests.sent_emails import find_link, get_last_email_to

PRONOUNS = "Pronouns (optional)"


@pytest.mark.both_databases
def test_pronouns_can_be_given_and_changed_later(visitor: Browser) -> None:
    check = (
        answer_questions(visitor).follow("Change pronouns").press("Continue", {PRONOUNS: "she/her"})
    )
    assert check.summary_list["Pronouns"] == "she/her"
    check.press("Confirm registration")
    letter = get_last_email_to("ada@example.org")
    assert "Name on your badge: Ada Lovelace\nPronouns: she/her\n" in letter.text

    page = visitor.open(find_link(letter, "/booking/")).follow("Change pronouns")
    page = page.press("Save", {PRONOUNS: "they/them"})

    assert page.summary_list["Pronouns"] == "they/them"
    news = get_last_email_to("ada@example.org").text
    assert "Pronouns:\n\nBefore: she/her\nNow: they/them\n" in news
    assert db.session.query(Delegate).one().pronouns == "they/them"


def test_pronouns_are_optional(visitor: Browser) -> None:
    answer_questions(visitor).press("Confirm registration")

    assert "Pronouns" not in get_last_email_to("ada@example.org").text

"""Questions that organisers ask when people register: who is asked what, and where it shows."""

import pytest

from app.database import db
from app.registration.models import DelegateAnswer
from tests.browser import Browser
from tests.factories import make_question
from tests.registration_flow import answer_questions
from tests.sent_emails import find_link, last_email_to

TRAVEL = "How will you travel? (optional)"
HEADING = "A few more questions"


@pytest.mark.both_databases
def test_a_question_is_asked_checked_stored_shown_and_changed(visitor: Browser) -> None:
    make_question()

    page = answer_questions(visitor, until="more")
    assert page.heading == TRAVEL
    assert "Step 7 of 8" in page.text
    check = page.press("Continue", {TRAVEL: "By bus"})
    assert check.summary_list["How will you travel?"] == "By bus"
    check.press("Confirm registration")
    letter = last_email_to("ada@example.org")
    assert "How will you travel: By bus\n" in letter.text

    booking = visitor.open(find_link(letter, "/booking/"))
    page = booking.follow("Change how will you travel?").press("Save", {TRAVEL: "By train"})

    assert page.summary_list["How will you travel?"] == "By train"
    assert [one.value for one in db.session.query(DelegateAnswer)] == ["By train"]
    assert "Before: By bus\nNow: By train\n" in last_email_to("ada@example.org").text

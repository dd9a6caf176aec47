"""A test site on another date: no page of admin shows the real one beside it."""

import pytest

from app import clock
from app.database import transaction
from app.mail import domains
from app.mail.models import FAILED
from tests.browser import Browser
from tests.factories import make_email, make_speaker

TODAY = "12 May 2009"  # the real date of each test run
pytestmark = pytest.mark.settings(CLOCK_STARTS_AT="2009-06-01T09:00:00+01:00")


def test_emails_are_dated_by_the_clock_of_the_site(organiser: Browser) -> None:
    with transaction():
        now = clock.real_now()
        domains.record_failure("busy.example", 0, "421 Later", now, is_unanswered=True)
    failed = make_email(subject="Failed", state=FAILED, last_error="550 No")
    later = make_email(subject="Later", last_error="451 Try later")

    page = organiser.open("/organise/letters")

    assert [row["Created"] for row in page.rows] == ["9am, 1 June 2009"] * 2
    assert "Emails to busy.example are on hold until 9am on Monday 1 June 2009" in page.text
    page = organiser.open(f"/organise/letters/{failed.id}")
    assert page.summary_list["Created"] == "9am on Monday 1 June 2009"
    page = organiser.open(f"/organise/letters/{later.id}")
    assert page.summary_list["State"] == "Waiting. Next attempt at 9am on Monday 1 June 2009"


def test_sign_ins_invitations_and_preview_links_are_dated_by_the_clock_of_the_site(
    organiser: Browser,
) -> None:
    make_speaker(name="Wanjiku Wave", slug="wave", contact_address="wave@example.org")
    page = organiser.open("/organise/speaking/invitations")
    page.press("Invite", {"Select Wanjiku Wave": True}).press("Send 1 email")
    organiser.open("/organise/previews").follow("Create a preview link")
    created = organiser.press("Create link", {"Who is it for?": "The chair"})

    assert "June 2009" in created.summary_list["Works until"]
    for address in ("people", "previews", "speaking/invitations", "speaking/speakers/wave"):
        page = organiser.open(f"/organise/{address}")
        assert ("June 2009" in page.text, TODAY in page.text) == (True, False), address
    page = organiser.open("/organise/people").follow("grace@conference.example")
    assert page.summary_list["Team member since"] == "9am on Monday 1 June 2009"
    page = organiser.open("/my")
    assert "Signed in at 9am on Monday 1 June 2009" in page.text
    assert TODAY not in page.text

"""Organisers email people who have applied for a place, and those who would like to come."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app import clock
from app.database import db, transaction
from app.delegates.categories.texts import CategoryTexts, dump_translations
from app.mail import suppression
from app.mail.models import UNSUBSCRIBED
from app.mailings import release
from app.mailings.models import MailingRecipient
from app.registration import links
from app.registration.applications.models import ON_HOLD, WITHDRAWN, RegistrationApplication
from app.registration.bookings import erasure
from app.registration.interest.models import INVITED
from tests.browser import Browser
from tests.factories import make_application, make_category, make_delegate, make_interest
from tests.mail_server import MailServer
from tests.mailings.test_writing import PAGE, read_facts, send
from tests.sent_emails import deliver_emails, find_link


def release_now(frozen_time: Any) -> None:
    frozen_time.shift(timedelta(minutes=10))
    release.release_due()
    deliver_emails()


@pytest.mark.both_databases
@pytest.mark.settings(LANGUAGES='["en", "fr"]')
def test_applicants_on_hold_get_their_own_link_unless_their_state_changed(
    organiser: Browser, frozen_time: Any, mailbox: MailServer
) -> None:
    french = dump_translations({"fr": CategoryTexts(name="Journaliste")})
    press = make_category(name="Press", approvals_needed=1, translations=french)
    values = {"state": ON_HOLD, "category_id": press.id}
    bea = make_application(**values, language="fr")
    cy = make_application(name="Cy Gone", email="cy@example.org", **values)
    make_application(name="Dee New", email="dee@example.org", category_id=press.id)
    page = organiser.open("/organise/applications?state=on+hold").press("Email these people")

    page = page.press(
        "Save email",
        subject="{{ category }}: not long now, {{ full_name }}",
        text="Read where it stands, or withdraw: {{ application_link }}",
    )

    assert read_facts(page) == {
        "People": "Applicants",
        "State": "On hold",
        "Will get it": "2 people",
    }
    send(page, "Send it to 2 people")
    with transaction():
        gone = db.session.merge(cy)
        gone.state, gone.ended_at = WITHDRAWN, clock.now()
    release_now(frozen_time)
    [email] = mailbox.emails
    assert (email.recipient, email.subject) == (
        "bea@example.org",
        "Journaliste: not long now, Bea Waite",
    )
    assert links.application_link(bea).rpartition("/")[2] in email.text
    assert "state changed since the people were chosen" in organiser.open(f"{PAGE}/1").text


@pytest.mark.both_databases
def test_people_who_expressed_interest_are_chosen_by_state_and_can_unsubscribe(
    organiser: Browser, frozen_time: Any, mailbox: MailServer
) -> None:
    make_interest()
    make_interest(name="Cy Gone", email="cy@example.org")
    make_interest(name="Dee Asked", email="dee@example.org", state=INVITED)
    make_interest(name="Eve Left", email="eve@example.org", state=WITHDRAWN, ended_at=clock.now())
    with transaction():
        suppression.suppress("cy@example.org", UNSUBSCRIBED)

    page = organiser.open("/organise/interest").press("Email these people")
    page = page.press("Save email", subject="News", text="Your page: {{ interest_link }}")

    assert read_facts(page)["People"] == "People who expressed interest"
    assert read_facts(page)["Will get it"] == "2 people"
    text = organiser.open(f"{PAGE}/1/people").text
    assert "request ended" in text
    assert "unsubscribed from emails like this one" in text
    send(page, "Send it to everyone in the list: 2 people")
    release_now(frozen_time)
    assert sorted(one.recipient for one in mailbox.emails) == ["bea@example.org", "dee@example.org"]
    assert find_link(mailbox.emails[0], "/emails/")


@pytest.mark.both_databases
def test_recipients_are_erased_with_their_application_or_booking(
    organiser: Browser, frozen_time: Any, mailbox: MailServer
) -> None:
    application = make_application()
    make_application(name="Ada Lovelace", email="ada@example.org")
    delegate = make_delegate()
    page = organiser.open("/organise/applications").press("Email these people")
    page = page.press("Save email", subject="News", text="Soon, {{ full_name }}")
    send(page, "Send it to everyone in the list: 2 people")
    release_now(frozen_time)
    assert len(mailbox.emails) == 2

    with transaction():
        erasure.erase(db.session.merge(delegate))
    with transaction():
        db.session.delete(db.session.get_one(RegistrationApplication, application.id))
    addresses = select(MailingRecipient.address).order_by(MailingRecipient.id)
    assert list(db.session.scalars(addresses)) == ["bea@example.org", ""]
    with transaction():
        release.maintain()
    assert list(db.session.scalars(addresses)) == ["", ""]

"""Delegates opt in to emails about the sessions in their agenda."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.database import db, transaction
from app.delegates.models import Delegate, LinkedAgenda
from app.mail import unsubscribe
from app.mail.models import Email
from app.mailings import queries as mailing_queries
from app.mailings import release
from app.registration import links
from app.registration.bookings import agenda_links
from tests.browser import Browser
from tests.factories import make_agenda, make_delegate, make_mailing, sign_in
from tests.mail_server import MailServer
from tests.sent_emails import deliver_emails

GRACE = "grace@conference.example"
CONSENT = "The organisers may email me about the sessions in my agenda"


def agenda_page(delegate: Delegate) -> str:
    return f"/agenda/booking/{links.booking_token(delegate)}"


def make_follower(name: str, *slugs: str, agrees: bool = True) -> Delegate:
    delegate = make_delegate(given_names=name, email=f"{name.lower()}@example.org")
    agenda = make_agenda(*slugs)
    with transaction():
        agenda_links.link_agenda(delegate, agenda, allows_emails=agrees)
    return delegate


def has_agreed(delegate: Delegate) -> bool:
    db.session.rollback()
    link = db.session.get(LinkedAgenda, delegate.id)
    return link is not None and link.emails_agreed_at is not None


@pytest.mark.both_databases
def test_saving_an_agenda_gives_no_consent_to_emails_until_the_box_is_ticked(
    visitor: Browser,
) -> None:
    delegate = make_delegate()
    make_agenda("opening", holder=visitor)
    visitor.open(agenda_page(delegate))
    page = visitor.press("Save the agenda with my booking")
    assert not has_agreed(delegate)

    page = page.press("Save choice", {CONSENT: True})

    assert "Your choice has been saved." in page.text
    assert has_agreed(delegate)
    page.press("Save choice", {CONSENT: False})
    assert not has_agreed(delegate)


def test_consent_to_emails_can_be_given_while_saving_the_agenda(visitor: Browser) -> None:
    delegate = make_delegate()
    make_agenda("opening", holder=visitor)

    visitor.open(agenda_page(delegate)).press("Save the agenda with my booking", {CONSENT: True})

    assert has_agreed(delegate)


def test_consent_to_agenda_emails_is_exported_shown_to_the_desk_and_deleted(
    visitor: Browser, frozen_time: Any
) -> None:
    delegate = make_follower("Ada", "opening")
    path = f"/booking/{links.booking_token(delegate)}/copy.json"
    copy = json.loads(visitor.fetch("GET", path).get_data())
    assert copy["agreed_to_emails_about_the_agenda_at"] == "2009-05-12T08:30:00+00:00"
    desk = sign_in(visitor, GRACE)
    page = desk.open(f"/organise/delegates/{delegate.reference}")
    found = page.summary_list["Emails about their sessions"]
    assert found == "Yes, 9:30am on Tuesday 12 May 2009"
    assert "Agreed to emails about the sessions in the agenda" in page.text

    with transaction():
        agenda_links.unlink_agenda(delegate)

    assert not has_agreed(delegate)
    page = desk.open(f"/organise/delegates/{delegate.reference}")
    assert "Emails about their sessions" not in page.summary_list


@pytest.mark.both_databases
def test_followers_who_consented_get_group_emails_and_can_unsubscribe(
    visitor: Browser, frozen_time: Any, mailbox: MailServer
) -> None:
    organiser = sign_in(visitor, GRACE)
    make_follower("Ada", "opening")
    make_follower("Bo", "opening", agrees=False)
    make_follower("Cy", "farewell")
    withdraws = make_follower("Di", "opening", "farewell")

    page = organiser.open("/organise/delegates?follows=opening").press("Email these people")
    assert "Each email has a link to unsubscribe." in page.text
    page = page.press("Save email", subject="The opening", text="Dear {{ first_name }}")
    assert page.summary_list["Wants emails about"] == "Opening"
    assert page.summary_list["Will get it"] == "2 people"
    page = page.follow("Send").press("Send email", {"Send it to 2 people": True})
    with transaction():
        agenda_links.allow_agenda_emails(withdraws, is_allowed=False)
    frozen_time.shift(timedelta(minutes=10))
    release.release_due()
    deliver_emails()

    [email] = mailbox.emails
    assert email.recipient == "ada@example.org"
    assert unsubscribe.get_url("ada@example.org") in email.text
    page = organiser.open("/organise/mailings/1")
    assert "no longer wants emails about this session: 1" in page.text


@pytest.mark.both_databases
def test_the_any_session_filter_selects_consenting_and_not_unsubscribed_delegates(
    visitor: Browser,
) -> None:
    sign_in(visitor, GRACE)
    make_follower("Ada", "opening")
    make_follower("Bo", "farewell", agrees=False)
    make_follower("Cy", "farewell")
    with transaction():
        unsubscribe.set_preference("cy@example.org", is_on=False)
    mailing = make_mailing(query="follows=any", is_essential=True)

    page = visitor.open(f"/organise/mailings/{mailing.id}/text")
    page = page.press("Save email", subject="Soon", text="Dear {{ first_name }}")

    assert page.summary_list["Wants emails about"] == "Any session"
    assert mailing_queries.select_people(mailing).reasons == {
        "unsubscribed from emails like this one": 1
    }
    assert list(db.session.scalars(select(Email.recipient))) == []

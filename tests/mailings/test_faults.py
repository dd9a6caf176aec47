"""What goes wrong with one group email holds up no other, and what is erased is not sent."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.database import db, transaction
from app.mail.models import Email
from app.mail.placeholders import Placeholder, declare
from app.mailings import audiences, release, scheduling
from app.mailings import queries as mailing_queries
from app.mailings import services as mailing_services
from app.mailings.audiences import Audience, Candidate
from app.mailings.models import Mailing
from app.mailings.recipients import PreparedRecipient
from app.mailings.scheduling import SendTime
from app.mailings.services import Draft
from app.programme.models import Conference
from app.registration.desk import services as desk
from tests.browser import Browser
from tests.factories import make_delegate, make_mailing, publish_programme, sign_in
from tests.mail_server import MailServer
from tests.sent_emails import deliver_emails

GRACE = "grace@conference.example"


def schedule(mailing: Mailing, when: SendTime | None = None) -> None:
    with transaction():
        scheduling.schedule(
            mailing,
            when or SendTime(clock.now()),
            expected_version=mailing.version,
            expected_count=mailing_queries.select_people(mailing).count,
            actor=GRACE,
        )


def list_addresses() -> list[str]:
    db.session.rollback()
    return sorted(db.session.scalars(select(Email.recipient).where(Email.template == "mailing")))


def load_with_error(people: Any, query: str) -> dict[str, Candidate]:
    """Return people without what their email needs, as a program with a fault would."""
    return {
        one: Candidate(one, "Bo", "bo@example.org", values={"word": 7})  # type: ignore[dict-item]
        for one in people
    }


@pytest.fixture
def broken() -> Any:
    known = declare(Placeholder("word", "A word"))
    audiences.declare(Audience("broken", "People", known, load_with_error))
    yield "broken"
    audiences.AUDIENCES.pop("broken")


@pytest.mark.both_databases
def test_a_group_email_that_fails_to_render_does_not_stop_later_ones(
    visitor: Browser, broken: str, frozen_time: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    organiser = sign_in(visitor, GRACE)
    make_delegate(given_names="Ada", email="ada@example.org")
    with transaction():
        person = PreparedRecipient(Candidate("guest 1", "Bo", "bo@example.org"))
        draft = Draft("Broken", "{{ word }}")
        number = mailing_services.prepare(broken, draft, [person], actor=GRACE).id
    schedule(mailing_queries.get_mailing(number))
    schedule(make_mailing(subject="Whole"))

    frozen_time.shift(timedelta(minutes=1))
    release.release_due()

    assert list_addresses() == ["ada@example.org"]
    page = organiser.open(f"/organise/mailings/{number}")
    assert "A technical fault has stopped this email." in page.text
    assert page.summary_list["Excluded"] == "1"
    rows = organiser.open("/organise/mailings").rows
    assert {row["Subject"]: row["State"] for row in rows} == {"Broken": "Failed", "Whole": "Sent"}
    assert "mailing failed" in capfd.readouterr().err


@pytest.mark.both_databases
def test_an_erased_delegate_gets_no_queued_group_email(
    visitor: Browser, frozen_time: Any, mailbox: MailServer
) -> None:
    organiser = sign_in(visitor, GRACE)
    make_delegate(given_names="Ada", email="ada@example.org")
    bo = make_delegate(given_names="Bo", email="bo@example.org")
    mailing = make_mailing()
    schedule(mailing)
    release.release_due()
    assert list_addresses() == ["ada@example.org", "bo@example.org"]

    with transaction():
        desk.cancel(bo, actor=GRACE, notify=False)
        desk.erase(bo, actor=GRACE)
    deliver_emails()

    assert [email.recipient for email in mailbox.emails] == ["ada@example.org"]
    page = organiser.open(f"/organise/mailings/{mailing.id}")
    assert (page.summary_list["Sent"], page.summary_list["Excluded"]) == ("1", "1")
    assert "details deleted: 1" in page.text


def test_a_leased_email_to_an_erased_delegate_is_not_retried(site: Flask, frozen_time: Any) -> None:
    bo = make_delegate(given_names="Bo", email="bo@example.org")
    schedule(make_mailing())
    release.release_due()
    with transaction():
        email = db.session.scalars(select(Email)).one()
        email.lease_until = clock.real_now() + timedelta(minutes=5)
        desk.cancel(bo, actor=GRACE, notify=False)
        desk.erase(bo, actor=GRACE)
    assert list_addresses() == ["bo@example.org"]

    with transaction():
        db.session.scalars(select(Email)).one().lease_until = None
    with transaction():
        release.maintain()

    assert list_addresses() == []


def move_conference(days: int) -> None:
    conference = db.session.scalars(select(Conference)).one()
    conference.starts_on += timedelta(days=days)
    conference.ends_on += timedelta(days=days)
    db.session.commit()
    publish_programme()


@pytest.mark.parametrize(("days", "sent"), [(7, 0), (-1, 1), (-3, 1)])
def test_a_scheduled_reminder_follows_changed_conference_dates(
    site: Flask, frozen_time: Any, days: int, sent: int
) -> None:
    make_delegate(email="ada@example.org")
    frozen_time.move_to("2009-06-03T08:50:00+01:00")
    moment = release.days_before(7, "09:00")
    mailing = make_mailing()
    schedule(mailing, SendTime(moment, days_before=7, time_of_day="09:00"))

    move_conference(days)
    frozen_time.move_to("2009-06-03T09:00:00+01:00")
    release.release_due()

    assert len(list_addresses()) == sent


def test_a_reminder_is_not_sent_once_the_conference_has_begun(
    visitor: Browser, frozen_time: Any
) -> None:
    organiser = sign_in(visitor, GRACE)
    make_delegate(email="ada@example.org")
    mailing = make_mailing()
    when = SendTime(release.days_before(7, "09:00"), days_before=7, time_of_day="09:00")
    schedule(mailing, when)
    page = organiser.open(f"/organise/mailings/{mailing.id}")
    assert "If the dates of the conference change, this changes with them." in page.text

    move_conference(-30)
    with transaction():
        release.maintain()

    page = organiser.open(f"/organise/mailings/{mailing.id}")
    assert "it has begun, so this email was not sent." in page.text
    assert list_addresses() == []

"""Emails to many people are written into the outbox, once for each of them."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.admin.mailings import audiences
from app.database import db, transaction
from app.mail import placeholders
from app.mail.models import BULK, Email
from app.mail.placeholders import Placeholder, PlaceholderKind
from app.mailings import queries as mailing_queries
from app.mailings import release, scheduling, services
from app.mailings.audiences import AUDIENCES, Audience, Candidate, declare
from app.mailings.models import Mailing, MailingRecipient
from app.mailings.recipients import PreparedRecipient
from app.mailings.scheduling import SendTime
from app.mailings.services import Draft
from app.registration.desk import services as desk_services
from app.releases import current_release
from tests.factories import make_delegate, make_many_delegates
from tests.races import run_in_threads

GRACE = "grace@conference.example"
BODY = Draft("A word, {{ first_name }}", "Dear {{ full_name }},\n\nsee [it]({{ booking_link }}).")


def write_mailing(query: str = "", audience: str = "delegates", draft: Draft = BODY) -> Mailing:
    mailing = services.create(audience, query, actor=GRACE)
    services.save(mailing, draft, expected_version=0, actor=GRACE)
    db.session.commit()
    return mailing


def schedule(mailing: Mailing, **values: Any) -> int:
    """Schedule a group email in ten minutes after seeing its recipients."""
    count = mailing_queries.select_people(mailing).count
    when = SendTime(scheduling.undo_deadline(timedelta(minutes=10)), **values)
    scheduling.schedule(
        mailing, when, expected_version=mailing.version, expected_count=count, actor=GRACE
    )
    db.session.commit()
    return count


def read_message(email: Email) -> EmailMessage:
    return message_from_bytes(email.message, policy=policy.SMTP)


def read_part(parsed: EmailMessage, kind: str) -> str:
    part = parsed.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def list_recipients() -> list[str]:
    db.session.rollback()
    return sorted(db.session.scalars(select(Email.recipient).where(Email.template == "mailing")))


@pytest.mark.both_databases
def test_email_addresses_with_sharp_s_and_double_s_are_different_recipients(
    site: Flask, frozen_time: Any
) -> None:
    make_delegate(given_names="Ada", email="Weiß@example.org")
    make_delegate(given_names="Bo", email="weiss@example.org")
    assert schedule(write_mailing()) == 2
    frozen_time.shift(timedelta(minutes=10))

    release.release_due()

    assert list_recipients() == ["Weiß@example.org", "weiss@example.org"]
    keys = db.session.scalars(select(MailingRecipient.address_key))
    assert {*keys} == {"weiß@example.org", "weiss@example.org"}


@pytest.mark.both_databases
def test_a_group_email_is_sent_once_the_time_to_cancel_is_over(
    site: Flask, frozen_time: Any
) -> None:
    make_delegate(given_names="Ada", email="ada@example.org")
    make_delegate(given_names="Bo", email="bo@example.org", days="2009-06-11")
    make_delegate(given_names="Cy", email="cy@example.org")
    mailing = write_mailing("day=2009-06-10")
    schedule(mailing)
    make_delegate(given_names="Dora", email="dora@example.org")

    release.release_due()
    assert list_recipients() == []
    frozen_time.shift(timedelta(minutes=10))
    release.release_due()
    release.release_due()

    assert list_recipients() == ["ada@example.org", "cy@example.org"]
    assert mailing.state == "done"
    [first, _] = db.session.scalars(select(Email).order_by(Email.id))
    assert first.subject == "A word, Ada"
    assert (first.priority, first.is_secret) == (BULK, True)


@pytest.mark.parametrize("query", ["", "day=2009-06-10", "country=GB&state=attending", "q=love"])
def test_choosing_five_thousand_recipients_needs_few_queries(
    site: Flask, queries: list[str], query: str
) -> None:
    make_many_delegates(5000)
    mailing = write_mailing(query)
    current_release.get_programme()  # which each process has at hand

    with site.test_request_context():
        chosen = mailing_queries.select_people(mailing)

    assert chosen.count == 5000
    assert 0 < len(queries) <= 8


@pytest.mark.both_databases
def test_pressing_send_twice_concurrently_schedules_a_group_email_once(site: Flask) -> None:
    make_delegate(email="ada@example.org")
    number = write_mailing().id
    db.session.commit()

    def press() -> bool:
        with transaction():
            mailing, now = mailing_queries.get_mailing(number), SendTime(clock.now())
            return scheduling.schedule(
                mailing, now, expected_version=1, expected_count=1, actor=GRACE
            )

    assert sorted(run_in_threads(site, [press, press])) == [False, True]
    release.release_due()
    assert list_recipients() == ["ada@example.org"]


def die_before_committing() -> None:
    with transaction():
        release._release_chunk()  # noqa: SLF001 – as a worker that dies
        raise ZeroDivisionError


def test_a_failed_batch_is_rolled_back_and_sent_later(
    site: Flask, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ada", "bo", "cy"):
        make_delegate(given_names=name, email=f"{name}@example.org")
    schedule(write_mailing())
    frozen_time.shift(timedelta(minutes=10))
    monkeypatch.setattr(release, "CHUNK_SIZE", 2)
    with transaction():
        release._release_chunk()  # noqa: SLF001 – as a worker that dies after one chunk
    with pytest.raises(ZeroDivisionError):
        die_before_committing()

    assert list_recipients() == ["ada@example.org", "bo@example.org"]
    release.release_due()

    assert list_recipients() == ["ada@example.org", "bo@example.org", "cy@example.org"]


def test_delegates_who_cancel_or_are_erased_before_sending_get_no_email(
    site: Flask, frozen_time: Any
) -> None:
    make_delegate(given_names="Ada", email="ada@example.org")
    bo = make_delegate(given_names="Bo", email="bo@example.org")
    cy = make_delegate(given_names="Cy", email="cy@example.org")
    dora = make_delegate(given_names="Dora", email="dora@example.org")
    mailing = write_mailing()
    schedule(mailing)
    with transaction():
        desk_services.cancel(bo, actor=GRACE, notify=False)
        desk_services.cancel(cy, actor=GRACE, notify=False)
        desk_services.erase(cy, actor=GRACE)
        dora.email = "ada@example.org"

    frozen_time.shift(timedelta(minutes=10))
    release.release_due()

    assert list_recipients() == ["ada@example.org"]
    db.session.rollback()
    assert dict(mailing_queries.list_reasons(mailing)) == {
        "booking cancelled": 1,
        "details deleted": 1,
        "same email address as someone else in the list": 1,
    }
    erased = db.session.scalars(
        select(MailingRecipient).where(MailingRecipient.person == f"delegate {cy.id}")
    ).one()
    assert (erased.name, erased.address, erased.address_key) == ("", "", "")


def test_typed_text_cannot_inject_headers_scripts_or_links_into_group_emails(
    site: Flask, frozen_time: Any
) -> None:
    make_delegate(
        given_names="[Ada](https://evil.example)\r\nBcc: all@example.org", email="ada@example.org"
    )
    draft = Draft("Hello {{ full_name }}", "<script>alert(1)</script>\n\nDear {{ full_name }}")
    schedule(write_mailing(draft=draft))

    frozen_time.shift(timedelta(minutes=10))
    release.release_due()

    [email] = db.session.scalars(select(Email))
    parsed = read_message(email)
    assert parsed["Bcc"] is None
    assert "\n" not in email.subject
    html = read_part(parsed, "html")
    assert "<script" not in html
    assert 'href="https://evil.example' not in html
    assert "evil.example" in email.subject


def test_a_module_can_add_a_text_block_and_calendar_for_each_recipient(
    site: Flask, frozen_time: Any
) -> None:
    person = f"delegate {make_delegate(email='ada@example.org').id}"
    block = Placeholder("changes", "Changes", kind=PlaceholderKind.BLOCK)
    known = placeholders.declare(block, *audiences.FOR_DELEGATES.values())
    declare(Audience("guests", "Guests", known, audiences.load_delegates))
    candidate = Candidate(person, "Ada Lovelace", "ada@example.org")

    mailing = services.prepare(
        "guests",
        Draft("What has changed", "Dear {{ first_name }}\n\n{{ changes }}", is_essential=True),
        [
            PreparedRecipient(candidate, {"changes": "- Opening: now at 10am"}, b"BEGIN:VCALENDAR"),
            PreparedRecipient(replace(candidate, person="delegate 0"), {"changes": "- twice"}),
        ],
        actor=GRACE,
    )
    assert schedule(mailing) == 1
    frozen_time.shift(timedelta(minutes=10))
    release.release_due()

    [email] = db.session.scalars(select(Email))
    parsed = read_message(email)
    text = read_part(parsed, "plain")
    assert text.startswith("Dear Ada\r\n\r\n- Opening: now at 10am")
    assert b"BEGIN:VCALENDAR" in email.message
    row = mailing_queries.get_own(mailing, person)
    assert row is not None
    assert (row.own_values, row.calendar) == ("", None)
    AUDIENCES.pop("guests")

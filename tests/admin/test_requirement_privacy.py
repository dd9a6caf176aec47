"""Only roles that may read requirements see who has some, not all that may see delegates."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.accounts import roles
from app.accounts.models import VIEWER
from app.admin.tasks import email_tasks
from app.admin_emails.kinds.registry import EMAIL_KINDS
from app.database import db, transaction
from app.delegates.models import Delegate
from app.history import services as history
from app.mail.models import FAILED, SENT, WAITING, Email, EmailReply
from app.mailings import release
from app.registration import requirement_history
from app.registration.bookings import data_export
from app.registration.bookings import services as bookings
from tests.browser import Browser
from tests.factories import make_delegate, make_email, make_mailing, save, sign_in
from tests.lookups import booking_url
from tests.mailings.test_choosing import make_case
from tests.mailings.test_sending import schedule
from tests.sent_emails import list_emails_to

VI, DORA = "vi@conference.example", "dora@conference.example"
OUTBOX, REPLIES = "/organise/letters", "/organise/letters/replies"
ANSWERED = "Answer about a requirement"
CHANGED, CHANGED_TEMPLATE = "Requirements changed", "requirements_changed"
WORDS = "I also need a private room"
HISTORY = "/organise/history"


def make_answered(email: str = "ada@example.org", **values: Any) -> Delegate:
    """Save a delegate who got an answer about a requirement, and replied to it by email."""
    delegate = make_delegate(email=email, **values)
    answer = make_email(
        template="access_answered",
        booking_reference=delegate.reference,
        recipient=email,
        subject="We have replied about your booking",
    )
    make_reply(answer, WORDS)
    return delegate


def make_reply(email: Email, text: str) -> None:
    reply = EmailReply(
        email_id=email.id,
        booking_reference=email.booking_reference,
        sender=email.recipient,
        subject=f"Re: {email.subject}",
        text=text,
        message_id=f"<reply-{email.id}@example.org>",
        received_at=clock.real_now(),
    )
    save(reply)


@pytest.mark.both_databases
def test_viewers_do_not_see_who_got_an_answer_about_a_requirement(
    visitor: Browser, new_browser: Any
) -> None:
    ada = make_answered()
    place = make_email(booking_reference=ada.reference, subject="You have a place")
    make_reply(place, "I come by train")
    thread = f"/organise/delegates/{ada.reference}"

    desk = sign_in(new_browser(), DORA)
    viewer = sign_in(visitor, VI, role=VIEWER)

    filtered = f"{OUTBOX}?kind=access_answered"
    assert [row["Type"] for row in desk.open(filtered).rows] == [ANSWERED]
    assert ANSWERED not in viewer.open(filtered).text
    assert [row["Subject"] for row in viewer.open(OUTBOX).rows] == ["You have a place"]
    assert viewer.page.text_by_id("count") == "1 email"
    assert viewer.open(f"{OUTBOX}?q=replied").rows == []
    assert [row["Subject"] for row in viewer.open(f"{OUTBOX}?sort=to").rows] == ["You have a place"]
    assert desk.open(f"{OUTBOX}/1").heading == "We have replied about your booking"
    assert "Ada" not in viewer.open(f"{OUTBOX}/1", 403).text
    viewer.open(f"{OUTBOX}/{place.id}")
    for page in (desk.open(thread), desk.open(f"{thread}?show=emails"), desk.open(REPLIES)):
        assert WORDS in page.text
    for page in (viewer.open(thread), viewer.open(f"{thread}?show=emails"), viewer.open(REPLIES)):
        assert "I come by train" in page.text
        for private in (ANSWERED, "We have replied", WORDS):
            assert private not in page.text
    assert viewer.page.text_by_id("count") == "1 reply"
    assert "We have replied" in desk.open("/organise/search?q=replied").text
    assert "We have replied" not in viewer.open("/organise/search?q=replied").text


def test_an_email_about_other_changes_does_not_mention_requirements(site: Flask) -> None:
    ada = make_delegate(access="A wheelchair")
    answers = {"given_names": "Adele", "access_needs": "A hearing loop"}

    with transaction():
        bookings.update(db.session.merge(ada), answers, expected_version=ada.version)

    changed, requirements = list_emails_to(ada.email)
    if "requirements" in changed.subject:
        changed, requirements = requirements, changed
    assert "Adele" in changed.text
    assert "requirements" not in changed.text
    assert "Your access or dietary requirements" in requirements.text
    assert "hearing loop" not in requirements.text


@pytest.mark.both_databases
def test_changed_requirements_have_a_separate_email_hidden_from_viewers(
    visitor: Browser, new_browser: Any
) -> None:
    ada = make_delegate(access="A wheelchair")
    visitor.open(booking_url(ada, "/access-needs"))
    visitor.press("Save", {"Tell us more (optional)": "Another thing"})
    visitor.open(booking_url(ada, "/name")).press("Save", {"Given names": "Adele"})
    told = db.session.scalars(select(Email).where(Email.template == CHANGED_TEMPLATE)).one()
    thread, filtered = f"/organise/delegates/{ada.reference}", f"{OUTBOX}?kind={CHANGED_TEMPLATE}"
    make_reply(told, WORDS)

    desk = sign_in(new_browser(), DORA)
    viewer = sign_in(new_browser(), VI, role=VIEWER)

    assert [row["Type"] for row in desk.open(filtered).rows] == [CHANGED]
    for address in (thread, f"{thread}?show=emails"):
        assert CHANGED in desk.open(address).text
        assert CHANGED not in viewer.open(address).text
        assert "Booking changed" in viewer.page.text
    assert [row["Type"] for row in viewer.open(OUTBOX).rows] == ["Booking changed"]
    assert viewer.page.text_by_id("count") == "1 email"
    assert viewer.open(f"{OUTBOX}?q=requirements").rows == []
    assert CHANGED not in viewer.open(filtered).text
    found = viewer.open("/organise/search?q=requirements").text
    assert "have been changed" not in found
    assert WORDS in desk.open(REPLIES).text
    assert WORDS not in viewer.open(REPLIES).text
    viewer.open(f"{OUTBOX}/{told.id}", 403)


@pytest.mark.both_databases
def test_viewers_cannot_filter_delegates_by_undelivered_requirement_emails(
    visitor: Browser, new_browser: Any
) -> None:
    ada = make_delegate(given_names="Ada", email="ada@example.org")
    cy = make_delegate(given_names="Cy", email="cy@example.org")
    eve = make_delegate(given_names="Eve", email="eve@example.org")
    make_email(booking_reference=ada.reference, template=CHANGED_TEMPLATE, state=FAILED)
    make_email(booking_reference=eve.reference, template="access_answered", state=WAITING)
    make_email(booking_reference=cy.reference, state=FAILED)
    make_email(booking_reference=cy.reference, state=WAITING)
    listed, failed = "/organise/delegates", "/organise/delegates?letters=failed"
    waiting = "/organise/delegates?letters=waiting"

    desk = sign_in(visitor, DORA)
    viewer = sign_in(new_browser(), VI, role=VIEWER)

    def tell(reader: Browser) -> tuple[int, int]:
        text = reader.open(listed).text
        return text.count("Email not delivered"), text.count("Email being sent")

    def find(reader: Browser, address: str) -> list[str]:
        return sorted(row["Reference"] for row in reader.open(address).rows)

    assert (tell(desk), tell(viewer)) == ((2, 1), (1, 0))
    assert find(desk, failed) == sorted([ada.reference, cy.reference])
    assert find(viewer, failed) == [cy.reference]
    assert find(desk, waiting) == sorted([eve.reference, cy.reference])
    assert find(viewer, waiting) == [cy.reference]


@pytest.mark.both_databases
def test_a_viewer_is_not_told_how_many_emails_about_requirements_wait(
    visitor: Browser, new_browser: Any
) -> None:
    ada = make_delegate()
    make_email(booking_reference=ada.reference, template=CHANGED_TEMPLATE)
    make_email(booking_reference=ada.reference, template="booking_changed")
    make_email(booking_reference=ada.reference)

    desk = sign_in(visitor, DORA)
    viewer = sign_in(new_browser(), VI, role=VIEWER)

    def count(reader: Browser) -> tuple[str, str]:
        shown = reader.open("/organise/").text
        waiting = shown.partition("emails waiting to be sent")[2].split()[0]
        reader.open(f"{OUTBOX}?state=waiting")
        return waiting, reader.page.text_by_id("count")

    assert count(desk) == ("3", "3 emails")
    assert count(viewer) == ("2", "2 emails")


def test_email_tasks_are_shown_only_to_roles_that_may_read_every_email() -> None:
    private = [kind.area for kind in EMAIL_KINDS.values() if kind.area is not None]

    for task in email_tasks.TASKS:
        for area in (*roles.PRIVATE_AREAS, *private):
            assert task.area.write_roles <= area.read_roles, task.name


@pytest.mark.both_databases
def test_viewers_do_not_see_resent_requirement_emails_in_the_history(
    visitor: Browser, new_browser: Any
) -> None:
    ada = make_delegate(given_names="Ada", email="ada@example.org")
    private = make_email(booking_reference=ada.reference, template=CHANGED_TEMPLATE)
    place = make_email(booking_reference=ada.reference, template="booking_changed")
    desk = sign_in(visitor, DORA)
    viewer = sign_in(new_browser(), VI, role=VIEWER)
    thread, again = f"/organise/delegates/{ada.reference}", "An email was sent again"

    page = desk.open(f"{OUTBOX}/{private.id}").press("Send again")

    assert again in page.text
    assert again in desk.open(thread).text
    for address in (thread, HISTORY, f"{OUTBOX}/{place.id}"):
        assert again not in viewer.open(address).text
    assert again not in viewer.fetch("GET", f"{HISTORY}.csv").text
    assert again in desk.open(f"{OUTBOX}/{place.id}").press("Send again").text
    assert again in viewer.open(thread).text


def test_emails_about_requirements_are_the_same_in_the_history_and_in_the_outbox() -> None:
    hidden = {name for name, kind in EMAIL_KINDS.items() if kind.area is roles.REQUIREMENT_CASES}

    assert hidden == requirement_history.EMAILS


@pytest.mark.both_databases
def test_recipients_chosen_by_requirements_are_hidden_from_viewers(
    visitor: Browser, new_browser: Any, frozen_time: Any
) -> None:
    ada = make_delegate(given_names="Ada", email="ada@example.org")
    make_case(ada, "access")
    make_delegate(given_names="Cy", email="cy@example.org", country="FR")
    for query, subject in (("case=open", "About Thursday"), ("country=FR", "About trains")):
        mailing = make_mailing(query=query, subject=subject)
        with transaction():
            schedule(db.session.merge(mailing))
    frozen_time.shift(timedelta(minutes=11))
    release.release_due()
    db.session.rollback()
    sent = db.session.scalars(select(Email).where(Email.subject == "About Thursday")).one()
    make_reply(sent, WORDS)
    number = sent.id
    with transaction():
        sent.state, sent.sent_at = SENT, clock.real_now()

    organiser = sign_in(new_browser())
    organiser.open(f"{OUTBOX}/{number}").press("Send again")
    subjects = [row["Subject"] for row in organiser.open(f"{OUTBOX}?sort=to").rows]
    assert subjects == ["About Thursday", "About Thursday", "About trains"]
    assert WORDS in organiser.open(REPLIES).text

    viewer = sign_in(visitor, VI, role=VIEWER)
    assert [row["Subject"] for row in viewer.open(OUTBOX).rows] == ["About trains"]
    assert viewer.open(f"{OUTBOX}?q=Thursday").rows == []
    viewer.open(f"{OUTBOX}/{number}", 403)
    assert WORDS not in viewer.open(REPLIES).text
    assert "About Thursday" not in viewer.open(f"/organise/delegates/{ada.reference}").text
    assert "Ada" not in viewer.open("/organise/search?q=thursday").text


@pytest.mark.both_databases
def test_changed_requirements_are_in_the_history_only_for_roles_that_may_read_them(
    visitor: Browser, new_browser: Any
) -> None:
    ada = make_delegate(access="A wheelchair", dietary="No nuts")
    visitor.open(booking_url(ada, "/access-needs"))
    visitor.press("Save", {"Tell us more (optional)": "Another thing"})
    visitor.open(booking_url(ada, "/name")).press("Save", {"Given names": "Adele"})
    organiser, viewer = sign_in(new_browser()), sign_in(new_browser(), VI, role=VIEWER)
    thread = f"/organise/delegates/{ada.reference}"
    organiser.open(thread).press("Show requirements")

    page = organiser.open(f"{HISTORY}?q=requirements+were")
    for change in (requirement_history.CHANGED, requirement_history.VIEWED):
        assert change in page.text
        assert change in organiser.open(thread).text
    assert page.follow(f"Open requirements {ada.reference}").heading == "Adele Lovelace"
    db.session.rollback()
    assert requirement_history.CHANGED in str(data_export.export_delegate(ada)["history"])

    assert "Changed: given names" in viewer.open(f"{HISTORY}?q=changed").text
    for words in ("needs", "requirements"):
        assert "No entries found" in viewer.open(f"{HISTORY}?q={words}").text
    for address in (HISTORY, f"{HISTORY}?thing=requirements+{ada.reference}", thread):
        assert "requirements were" not in viewer.open(address).text
    assert "requirements were" not in viewer.fetch("GET", f"{HISTORY}.csv").text
    email = db.session.scalars(select(Email).order_by(Email.id.desc())).first()
    assert email is not None
    assert "requirements were" not in viewer.open(f"{OUTBOX}/{email.id}").text


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("subject", "summary"),
    [
        ("booking {}", "Changed: needs"),
        ("booking {}", "Changed: days, needs"),
        ("booking {}", "Changed: needs, answers"),
        ("booking {}", requirement_history.VIEWED),
        ("booking {}", requirement_history.REMOVED),
        ("access-case {}", "Changed: state"),
        ("dietary-case {}", "The delegate replied"),
        ("access requirements", "The list of access requirements was viewed"),
    ],
)
def test_history_entries_about_requirements_are_hidden_from_viewers(
    visitor: Browser, new_browser: Any, subject: str, summary: str
) -> None:
    ada = make_delegate()
    email = make_email(booking_reference=ada.reference)
    with transaction():
        history.record(summary, subject=subject.format(ada.reference))
        history.record("Changed: days", subject=ada.history_subject)
    organiser, viewer = sign_in(visitor), sign_in(new_browser(), VI, role=VIEWER)

    assert summary in organiser.open(HISTORY).text
    pages = [
        viewer.open(address)
        for address in (HISTORY, f"/organise/delegates/{ada.reference}", f"{OUTBOX}/{email.id}")
    ]
    for page in pages:
        assert "Changed: days" in page.text
        assert summary.removeprefix("Changed: days") not in page.text
    assert summary not in viewer.fetch("GET", f"{HISTORY}.csv").text

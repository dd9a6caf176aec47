"""What is held about a delegate: their own copy, and how it is forgotten."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from app import clock
from app.database import db, transaction
from app.delegates.models import CONFERENCE, ApplicationDraft, Confirmation, Delegate
from app.history import queries as history
from app.mail import queries as mail
from app.registration import emails, links, retention, seats
from app.registration.bookings import category_waiting, data_export, services
from app.registration.desk import services as desk
from app.web import languages
from app.worker_tasks import PERIODIC_TASKS
from tests.browser import Browser
from tests.factories import make_category, make_confirmation, make_delegate, save, set_places
from tests.lookups import address_of
from tests.mail_server import MailServer
from tests.sent_emails import subjects_to

OF_HISTORY = ("history_entry", "history_personal_details")
PERSONAL = ("Ada", "Lovelace", "ada@", "Analytical", "Member", "ramp", "nuts")


def _everything_about_delegates() -> str:
    """Give every value of every row outside the programme, as a thief of the file would see it."""
    return _of(
        "delegate",
        "needs",
        "confirmation",
        "application_draft",
        "email",
        "rate_limit_hit",
        *OF_HISTORY,
    )


def _of(*theirs: str) -> str:
    """Give every value of every row of some tables."""
    rows = [row for name in theirs for row in db.session.execute(select(db.metadata.tables[name]))]
    return " ".join(str(value) for row in rows for value in row)


def _some_answers(**about: object) -> ApplicationDraft:
    now = clock.real_now()
    usual = {"secret_hash": str(id(about)), "document": '{"email": "ada@example.org"}'}
    return save(ApplicationDraft(**{**usual, "begun_at": now, "changed_at": now, **about}))


@pytest.fixture
def the_worker_delivers(site: Flask) -> Callable[[], None]:
    """Deliver the letters that wait."""

    def deliver() -> None:
        db.session.commit()
        assert site.test_cli_runner().invoke(args=["deliver-mail"]).exit_code == 0
        db.session.expire_all()

    return deliver


def test_a_delegate_takes_their_own_copy(visitor: Browser) -> None:
    delegate = make_delegate(reference="BCDF2345", access="A ramp", dietary="No nuts")
    page = visitor.open(address_of(delegate, "/name"))
    page = page.press("Save", {"Family name": "King"})

    answer = visitor.fetch("GET", page.links["Download your data"])

    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="booking.json"'
    copy = json.loads(answer.data)
    assert copy["booking"]["family_name"] == "King"
    assert copy["booking"]["days"] == ["2009-06-10", "2009-06-11"]
    assert copy["needs"] == {
        "access_kinds": "",
        "access_needs": "A ramp",
        "dietary_kinds": "",
        "dietary_needs": "No nuts",
    }
    assert [letter["subject"] for letter in copy["letters"]] == [
        "Your booking has been changed: BCDF2345"
    ]
    [entry] = copy["history"]
    assert (entry["what"], entry["who"]) == ("Changed: family name", "the delegate")
    assert entry["changes"] == [{"field": "Family name", "before": "Lovelace", "after": "King"}]
    assert delegate.access_key not in answer.text


def test_the_copy_has_the_emails_about_a_wait_and_erasing_deletes_them(
    site: Flask, the_worker_delivers: Callable[[], None]
) -> None:
    set_places(2)
    students, ada = make_category(0, name="Students"), make_delegate()
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)
    with transaction():
        category_waiting.join(db.session.merge(ada), students.id)
    subject = "You are on the waiting list for the category “Students”"

    copy = data_export.export_delegate(db.session.merge(ada))
    assert [letter["subject"] for letter in copy["letters"]] == [subject]
    the_worker_delivers()
    with transaction():
        services.cancel(db.session.merge(ada))
    the_worker_delivers()
    with transaction():
        services.erase_cancelled(db.session.merge(ada))

    assert subjects_to("ada@example.org") == []


def test_without_requirements_there_is_no_consent_in_the_copy(site: Flask) -> None:
    assert "consented_at" not in data_export.export_delegate(make_delegate())["booking"]


def test_the_copy_holds_every_column_but_the_keys(site: Flask) -> None:
    columns = {column.name for column in Delegate.__table__.columns}

    delegate = make_delegate(access="A ramp")
    copied = data_export.export_delegate(delegate)["booking"].keys()
    assert columns - copied == {
        *(
            "id",
            "access_key",
            "pending_email_key",
            "identity_key",
            "version",
            "erased_at",
            "is_demo",
        ),
        *("search_text", "email_key", "name_sort_key", "organisation_sort_key", "category_id"),
    }


def test_details_are_erased_only_after_cancelling(visitor: Browser) -> None:
    delegate = make_delegate()

    page = visitor.open(address_of(delegate, "/erase"))

    assert page.heading == "Cancel your booking before you delete your details"
    assert page.buttons == []
    assert page.follow("Cancel my booking").heading == "Cancel your booking?"


def test_erasing_asks_first_and_leaves_nothing(
    visitor: Browser, the_worker_delivers: Callable[[], None]
) -> None:
    delegate = make_delegate(access="A ramp", dietary="No nuts")
    receipt = make_confirmation(delegate)
    token = links.confirmation_token(receipt)
    _some_answers(confirmation=receipt)
    link = address_of(delegate)
    visitor.open(address_of(delegate, "/work")).press("Save", {"Your role (optional)": "Patron"})
    visitor.open(address_of(delegate, "/cancel"))
    visitor.press("Cancel my booking")

    page = visitor.follow("Delete your details")
    assert page.heading == "Delete your details?"
    assert "Member" in _of(*OF_HISTORY)
    assert delegate.given_names == "Ada"
    the_worker_delivers()
    page = visitor.press("Delete my details")

    assert page.heading == "Your details have been deleted"
    left = _everything_about_delegates()
    assert [words for words in PERSONAL if words in left] == []
    assert delegate.days == "2009-06-10 2009-06-11"
    assert visitor.open(link, status=410).heading == "This link no longer works"
    visitor.open(f"/register/confirmation/{token}", status=410)
    assert mail.list_for_booking(delegate.reference) == []
    assert history.list_entries(delegate.history_subject)[-1].summary == "The details were deleted"


def _changed_in_everything(delegate: Delegate, family_name: str = "King") -> None:
    """Let a delegate change all that they told us, and the desk the address besides."""
    other = {
        "given_names": "Augusta",
        "family_name": family_name,
        "badge_name": "Countess",
        "organisation": "Royal Society",
        "role": "Patron",
        "country": "FR",
        "days": "2009-06-11",
        "access_needs": "A lift",
        "dietary_needs": "No milk",
    }
    with transaction():
        services.update(delegate, other, delegate.version)
        services.request_email_change(delegate, "typo@example.org", delegate.version)
        services.cancel_email_change(delegate)
        desk.correct_email(
            delegate, "king@example.org", expected_version=delegate.version, actor="Dora"
        )


def _told(delegate: Delegate) -> list[tuple[str, str, str]]:
    entries = history.list_entries(delegate.history_subject)
    return [(one.label, one.old, one.new) for entry in entries for one in entry.field_changes]


@pytest.mark.both_databases
def test_the_history_tells_what_stood_before_and_after_but_nothing_of_needs(site: Flask) -> None:
    delegate = make_delegate(access="A ramp", dietary="No nuts")

    _changed_in_everything(delegate)

    both, one = "Wednesday 10 June 2009, Thursday 11 June 2009", "Thursday 11 June 2009"
    assert _told(delegate) == [
        ("Given names", "Ada", "Augusta"),
        ("Family name", "Lovelace", "King"),
        ("Name on the badge", "Ada Lovelace", "Countess"),
        ("Organisation", "Analytical Society", "Royal Society"),
        ("Role", "Member", "Patron"),
        ("Country", "United Kingdom", "France"),
        ("Days", both, one),
        ("New email address (not confirmed yet)", "", "typo@example.org"),
        ("New email address (not confirmed yet)", "typo@example.org", ""),
        ("Email address", "ada@example.org", "king@example.org"),
    ]
    first, *_ = history.list_entries(delegate.history_subject)
    assert first.summary.endswith("country, days")
    kept = _of(*OF_HISTORY)
    assert [needs for needs in ("ramp", "nuts", "lift", "milk") if needs in kept] == []


@pytest.mark.settings(LANGUAGES='["en", "fr"]')
def test_the_history_keeps_to_its_own_language_whatever_the_delegate_reads(site: Flask) -> None:
    delegate = make_delegate(language="fr")

    with languages.use_language("fr"), transaction():
        services.update(delegate, {"organisation": "", "country": "FR"}, delegate.version)

    assert _told(delegate) == [
        ("Organisation", "Analytical Society", ""),
        ("Country", "United Kingdom", "France"),
    ]


@pytest.mark.both_databases
@pytest.mark.parametrize("by", ["the delegate", "the desk", "time"])
def test_erasing_leaves_of_a_change_only_that_there_was_one(
    site: Flask, frozen_time: Any, by: str, the_worker_delivers: Callable[[], None]
) -> None:
    delegate, other = make_delegate(), make_delegate(given_names="Grace")
    _changed_in_everything(delegate)
    _changed_in_everything(other, "Hopper")
    sentences = [entry.summary for entry in history.list_entries(delegate.history_subject)]
    the_worker_delivers()

    if by == "time":
        frozen_time.move_to("2010-06-12T00:01:00+01:00")
        _keep_house()
    else:
        with transaction():
            services.cancel(delegate)
            if by == "the desk":
                desk.erase(delegate, actor="Dora")
            else:
                services.erase_cancelled(delegate)
    db.session.expire_all()

    assert _told(delegate) == []
    assert [entry.summary for entry in history.list_entries(delegate.history_subject)][
        :4
    ] == sentences
    assert (_told(other) == []) == (by == "time")


def test_a_delegate_with_a_place_is_not_erased_by_an_old_page(
    visitor: Browser, site: Flask
) -> None:
    cancelled, standing = make_delegate(cancelled_at=clock.now()), make_delegate()
    form = visitor.open(address_of(cancelled, "/erase"))
    cancelled.cancelled_at = None
    cancelled.identity_key = "somebody else"

    page = form.press("Delete my details", status=409)

    assert "Cancel your booking first" in page.text
    assert standing.erased_at is None


# By itself


def _keep_house() -> None:
    for task in retention.TASKS:
        with transaction():
            task()
    db.session.expire_all()


@pytest.mark.both_databases
def test_the_letter_about_a_cancellation_goes_out_even_when_all_is_erased_at_once(
    visitor: Browser, mailbox: MailServer, the_worker_delivers: Callable[[], None]
) -> None:
    delegate = make_delegate()
    visitor.open(address_of(delegate, "/cancel"))
    visitor.press("Cancel my booking")
    visitor.follow("Delete your details")
    visitor.press("Delete my details")
    _keep_house()

    the_worker_delivers()

    assert [letter.recipient for letter in mailbox.emails] == ["ada@example.org"]
    [left] = mail.list_for_booking(delegate.reference)
    assert left.message == b""
    _keep_house()
    assert mail.list_for_booking(delegate.reference) == []
    assert [words for words in PERSONAL if words in _everything_about_delegates()] == []


@pytest.mark.both_databases
def test_nobody_is_forgotten_while_a_letter_to_them_waits(
    site: Flask, frozen_time: Any, the_worker_delivers: Callable[[], None]
) -> None:
    delegate = make_delegate()
    frozen_time.move_to("2010-06-12T00:01:00+01:00")
    with transaction():
        emails.send_registration_confirmed(delegate)

    _keep_house()
    assert delegate.given_names == "Ada"
    the_worker_delivers()
    _keep_house()

    assert delegate.given_names == ""


def test_the_worker_keeps_these_promises() -> None:
    assert set(retention.TASKS) <= set(PERIODIC_TASKS)


def test_answers_are_forgotten_after_a_week(site: Flask, frozen_time: Any) -> None:
    _some_answers()

    frozen_time.shift(timedelta(days=7, seconds=-1))
    _keep_house()
    assert db.session.query(ApplicationDraft).count() == 1
    frozen_time.shift(timedelta(seconds=1))
    _keep_house()

    assert db.session.query(ApplicationDraft).count() == 0


@pytest.mark.settings(CLOCK_STARTS_AT="2009-06-01T09:00:00+01:00")
def test_answers_count_real_days_whatever_the_site_rehearses(site: Flask) -> None:
    assert clock.now() > clock.real_now()
    _some_answers(changed_at=clock.real_now() - timedelta(days=6))

    _keep_house()

    assert db.session.query(ApplicationDraft).count() == 1


@pytest.mark.parametrize(
    ("moment", "is_kept"),
    [("2009-07-11T23:59:00+01:00", True), ("2009-07-12T00:01:00+01:00", False)],
)
def test_needs_are_forgotten_thirty_days_after_the_conference(
    site: Flask,
    frozen_time: Any,
    moment: str,
    is_kept: bool,
) -> None:
    delegate = make_delegate(access="A ramp")

    frozen_time.move_to(moment)
    _keep_house()

    assert (delegate.needs is not None) == is_kept
    assert delegate.given_names == "Ada"


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("moment", "is_kept"),
    [("2010-06-11T23:59:00+01:00", True), ("2010-06-12T00:01:00+01:00", False)],
)
def test_bookings_are_forgotten_a_year_after_the_conference(
    site: Flask,
    frozen_time: Any,
    moment: str,
    is_kept: bool,
    the_worker_delivers: Callable[[], None],
) -> None:
    delegate = make_delegate()
    make_confirmation(delegate)
    with transaction():
        emails.send_registration_confirmed(delegate)
    the_worker_delivers()

    frozen_time.move_to(moment)
    _keep_house()
    _keep_house()

    assert (delegate.given_names == "Ada") == is_kept
    assert (db.session.query(Confirmation).count() == 1) == is_kept
    assert bool(mail.list_for_booking(delegate.reference)) == is_kept
    assert db.session.query(Delegate).count() == 1
    assert db.session.scalar(text("SELECT taken FROM seat_limit")) == 1


@pytest.mark.empty
def test_without_a_programme_nothing_is_forgotten(site: Flask, frozen_time: Any) -> None:
    set_places(5)
    delegate = make_delegate(access="A ramp")

    _keep_house()

    assert delegate.needs is not None

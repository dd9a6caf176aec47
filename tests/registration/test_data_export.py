"""The data a site has about a delegate: its export, and its erasure."""

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
from tests.lookups import booking_url
from tests.mail_server import MailServer
from tests.sent_emails import list_subjects_to

OF_HISTORY = ("history_entry", "history_personal_details")
PERSONAL = ("Ada", "Lovelace", "ada@", "Analytical", "Member", "ramp", "nuts")


def _dump_delegate_data() -> str:
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
def run_mail_worker(site: Flask) -> Callable[[], None]:
    """Deliver the waiting emails."""

    def deliver() -> None:
        db.session.commit()
        assert site.test_cli_runner().invoke(args=["deliver-mail"]).exit_code == 0
        db.session.expire_all()

    return deliver


def test_a_delegate_can_export_their_data(visitor: Browser) -> None:
    delegate = make_delegate(reference="BCDF2345", access="A ramp", dietary="No nuts")
    page = visitor.open(booking_url(delegate, "/name"))
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


def test_the_export_has_waiting_list_emails_and_erasing_deletes_them(
    site: Flask, run_mail_worker: Callable[[], None]
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
    run_mail_worker()
    with transaction():
        services.cancel(db.session.merge(ada))
    run_mail_worker()
    with transaction():
        services.erase_cancelled(db.session.merge(ada))

    assert list_subjects_to("ada@example.org") == []


def test_without_requirements_the_export_has_no_consent(site: Flask) -> None:
    assert "consented_at" not in data_export.export_delegate(make_delegate())["booking"]


def test_the_export_holds_every_column_except_keys(site: Flask) -> None:
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


def test_details_can_be_deleted_only_after_cancelling(visitor: Browser) -> None:
    delegate = make_delegate()

    page = visitor.open(booking_url(delegate, "/erase"))

    assert page.heading == "Cancel your booking before you delete your details"
    assert page.buttons == []
    assert page.follow("Cancel my booking").heading == "Cancel your booking?"


def test_deleting_details_asks_for_confirmation_and_leaves_nothing(
    visitor: Browser, run_mail_worker: Callable[[], None]
) -> None:
    delegate = make_delegate(access="A ramp", dietary="No nuts")
    receipt = make_confirmation(delegate)
    token = links.confirmation_token(receipt)
    _some_answers(confirmation=receipt)
    link = booking_url(delegate)
    visitor.open(booking_url(delegate, "/work")).press("Save", {"Your role (optional)": "Patron"})
    visitor.open(booking_url(delegate, "/cancel"))
    visitor.press("Cancel my booking")

    page = visitor.follow("Delete your details")
    assert page.heading == "Delete your details?"
    assert "Member" in _of(*OF_HISTORY)
    assert delegate.given_names == "Ada"
    run_mail_worker()
    page = visitor.press("Delete my details")

    assert page.heading == "Your details have been deleted"
    left = _dump_delegate_data()
    assert [words for words in PERSONAL if words in left] == []
    assert delegate.days == "2009-06-10 2009-06-11"
    assert visitor.open(link, status=410).heading == "This link no longer works"
    visitor.open(f"/register/confirmation/{token}", status=410)
    assert mail.list_for_booking(delegate.reference) == []
    assert history.list_entries(delegate.history_subject)[-1].summary == "The details were deleted"


def _change_every_answer(delegate: Delegate, family_name: str = "King") -> None:
    """Let a delegate change every answer, and the desk the email address."""
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


def _list_field_changes(delegate: Delegate) -> list[tuple[str, str, str]]:
    entries = history.list_entries(delegate.history_subject)
    return [(one.label, one.old, one.new) for entry in entries for one in entry.field_changes]


@pytest.mark.both_databases
def test_the_history_has_old_and_new_values_but_no_requirements(site: Flask) -> None:
    delegate = make_delegate(access="A ramp", dietary="No nuts")

    _change_every_answer(delegate)

    both, one = "Wednesday 10 June 2009, Thursday 11 June 2009", "Thursday 11 June 2009"
    assert _list_field_changes(delegate) == [
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
def test_the_history_is_in_the_default_language_whatever_the_delegate_uses(site: Flask) -> None:
    delegate = make_delegate(language="fr")

    with languages.use_language("fr"), transaction():
        services.update(delegate, {"organisation": "", "country": "FR"}, delegate.version)

    assert _list_field_changes(delegate) == [
        ("Organisation", "Analytical Society", ""),
        ("Country", "United Kingdom", "France"),
    ]


@pytest.mark.both_databases
@pytest.mark.parametrize("by", ["the delegate", "the desk", "time"])
def test_erasing_a_delegate_removes_personal_details_from_the_history(
    site: Flask, frozen_time: Any, by: str, run_mail_worker: Callable[[], None]
) -> None:
    delegate, other = make_delegate(), make_delegate(given_names="Grace")
    _change_every_answer(delegate)
    _change_every_answer(other, "Hopper")
    sentences = [entry.summary for entry in history.list_entries(delegate.history_subject)]
    run_mail_worker()

    if by == "time":
        frozen_time.move_to("2010-06-12T00:01:00+01:00")
        _run_retention()
    else:
        with transaction():
            services.cancel(delegate)
            if by == "the desk":
                desk.erase(delegate, actor="Dora")
            else:
                services.erase_cancelled(delegate)
    db.session.expire_all()

    assert _list_field_changes(delegate) == []
    assert [entry.summary for entry in history.list_entries(delegate.history_subject)][
        :4
    ] == sentences
    assert (_list_field_changes(other) == []) == (by == "time")


def test_a_stale_page_cannot_erase_a_delegate_who_has_a_place(
    visitor: Browser, site: Flask
) -> None:
    cancelled, standing = make_delegate(cancelled_at=clock.now()), make_delegate()
    form = visitor.open(booking_url(cancelled, "/erase"))
    cancelled.cancelled_at = None
    cancelled.identity_key = "somebody else"

    page = form.press("Delete my details", status=409)

    assert "Cancel your booking first" in page.text
    assert standing.erased_at is None


# By itself


def _run_retention() -> None:
    for task in retention.TASKS:
        with transaction():
            task()
    db.session.expire_all()


@pytest.mark.both_databases
def test_the_cancellation_email_is_sent_even_if_details_are_deleted_immediately(
    visitor: Browser, mailbox: MailServer, run_mail_worker: Callable[[], None]
) -> None:
    delegate = make_delegate()
    visitor.open(booking_url(delegate, "/cancel"))
    visitor.press("Cancel my booking")
    visitor.follow("Delete your details")
    visitor.press("Delete my details")
    _run_retention()

    run_mail_worker()

    assert [letter.recipient for letter in mailbox.emails] == ["ada@example.org"]
    [left] = mail.list_for_booking(delegate.reference)
    assert left.message == b""
    _run_retention()
    assert mail.list_for_booking(delegate.reference) == []
    assert [words for words in PERSONAL if words in _dump_delegate_data()] == []


@pytest.mark.both_databases
def test_a_delegate_is_not_erased_while_an_email_to_them_waits(
    site: Flask, frozen_time: Any, run_mail_worker: Callable[[], None]
) -> None:
    delegate = make_delegate()
    frozen_time.move_to("2010-06-12T00:01:00+01:00")
    with transaction():
        emails.send_registration_confirmed(delegate)

    _run_retention()
    assert delegate.given_names == "Ada"
    run_mail_worker()
    _run_retention()

    assert delegate.given_names == ""


def test_every_retention_task_is_a_periodic_task() -> None:
    assert set(retention.TASKS) <= set(PERIODIC_TASKS)


def test_drafts_are_deleted_after_a_week(site: Flask, frozen_time: Any) -> None:
    _some_answers()

    frozen_time.shift(timedelta(days=7, seconds=-1))
    _run_retention()
    assert db.session.query(ApplicationDraft).count() == 1
    frozen_time.shift(timedelta(seconds=1))
    _run_retention()

    assert db.session.query(ApplicationDraft).count() == 0


@pytest.mark.settings(CLOCK_STARTS_AT="2009-06-01T09:00:00+01:00")
def test_draft_retention_uses_the_real_clock(site: Flask) -> None:
    assert clock.now() > clock.real_now()
    _some_answers(changed_at=clock.real_now() - timedelta(days=6))

    _run_retention()

    assert db.session.query(ApplicationDraft).count() == 1


@pytest.mark.parametrize(
    ("moment", "is_kept"),
    [("2009-07-11T23:59:00+01:00", True), ("2009-07-12T00:01:00+01:00", False)],
)
def test_requirements_are_deleted_30_days_after_the_conference(
    site: Flask,
    frozen_time: Any,
    moment: str,
    is_kept: bool,
) -> None:
    delegate = make_delegate(access="A ramp")

    frozen_time.move_to(moment)
    _run_retention()

    assert (delegate.needs is not None) == is_kept
    assert delegate.given_names == "Ada"


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("moment", "is_kept"),
    [("2010-06-11T23:59:00+01:00", True), ("2010-06-12T00:01:00+01:00", False)],
)
def test_bookings_are_erased_a_year_after_the_conference(
    site: Flask,
    frozen_time: Any,
    moment: str,
    is_kept: bool,
    run_mail_worker: Callable[[], None],
) -> None:
    delegate = make_delegate()
    make_confirmation(delegate)
    with transaction():
        emails.send_registration_confirmed(delegate)
    run_mail_worker()

    frozen_time.move_to(moment)
    _run_retention()
    _run_retention()

    assert (delegate.given_names == "Ada") == is_kept
    assert (db.session.query(Confirmation).count() == 1) == is_kept
    assert bool(mail.list_for_booking(delegate.reference)) == is_kept
    assert db.session.query(Delegate).count() == 1
    assert db.session.scalar(text("SELECT taken FROM seat_limit")) == 1


@pytest.mark.empty
def test_without_a_programme_nothing_is_deleted(site: Flask, frozen_time: Any) -> None:
    set_places(5)
    delegate = make_delegate(access="A ramp")

    _run_retention()

    assert delegate.needs is not None

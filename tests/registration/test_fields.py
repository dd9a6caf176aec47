"""What delegates tell us is wherever it must be, nowhere else, and gone when it is erased.

These stories read the table of fields, so that a new row is in them without a word: what has been
forgotten for it fails here, and the failure names the place and the field.
"""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import String, update

from app.accounts.models import DESK
from app.database import db, transaction
from app.delegates import delegate_record, fields
from app.delegates.delegate_field import DelegateField as Field
from app.delegates.fields import BOOKING_FIELDS, CONSENT, EMAIL, FIELDS, PRIVATE_FIELDS
from app.delegates.models import COLUMNS_KEPT_AT_ERASURE, Delegate, Needs
from app.history import queries as history
from app.registration import links, services
from app.registration.bookings import changes
from app.registration.bookings import services as bookings
from app.registration.desk import services as desk
from tests.browser import Browser
from tests.factories import make_delegate, sign_in
from tests.sent_emails import get_last_email_to

MADE_BY_THE_SITE = {  # columns that are neither an answer nor left when the details are erased
    *("access_key", "identity_key", "pending_email", "pending_email_key"),
    *("search_text", "email_key", "name_sort_key", "organisation_sort_key"),
}


def sample(field: Field) -> str:
    """Give an answer that is found nowhere by chance."""
    if field.name == EMAIL:
        return "my.email@example.org"
    return list(field.choices())[-1][0] if field.choices else f"My {field.name}"


def is_in(field: Field, words: str) -> bool:
    return sample(field) in words or field.format(sample(field)) in words


def absent(places: dict[str, str], asked: tuple[Field, ...]) -> list[tuple[str, str]]:
    """List where a field should be and is not."""
    return [
        (place, field.name)
        for place, words in places.items()
        for field in asked
        if not is_in(field, words)
    ]


def present(places: dict[str, str], asked: tuple[Field, ...]) -> list[tuple[str, str]]:
    """List where a field is and should not be."""
    return [
        (where, one.name) for where, words in places.items() for one in asked if is_in(one, words)
    ]


@pytest.fixture
def answers(site: Flask) -> dict[str, str]:
    return {field.name: sample(field) for field in FIELDS}


@pytest.fixture
def delegate(answers: dict[str, str]) -> Delegate:
    """Let Ada change every answer."""
    delegate = make_delegate(email=answers[EMAIL])
    with transaction():
        bookings.update(delegate, answers, delegate.version)
    return delegate


def test_every_delegate_column_is_an_answer_or_listed_as_another_column() -> None:
    answered = {field.name for field in BOOKING_FIELDS}

    others = {column.name for column in Delegate.__table__.columns} - answered

    assert others == COLUMNS_KEPT_AT_ERASURE | MADE_BY_THE_SITE
    assert {column.name for column in Needs.__table__.columns} == {
        *("delegate_id", *(field.column for field in PRIVATE_FIELDS)),
    }
    assert {field.step for field in FIELDS} == {step.name for step in fields.STEPS}


def test_a_private_field_cannot_be_kept_after_erasing() -> None:
    for field in PRIVATE_FIELDS:
        with pytest.raises(ValueError, match=f"{field.name} is private"):
            replace(field, is_kept=True)


@pytest.mark.both_databases
def test_erasing_clears_every_field_not_marked_as_kept(site: Flask) -> None:
    delegate = make_delegate(access="A ramp", dietary="No nuts")
    texts = [one.name for one in Delegate.__table__.columns if isinstance(one.type, String)]
    kept = {"days", "language", "reference"}  # that there was a booking, and for which days
    with transaction():
        desk.cancel(delegate, actor="Dora")
        db.session.execute(update(Delegate).values({name: f"my {name}" for name in texts}))
        db.session.refresh(delegate)

    with transaction():
        desk.erase(delegate, actor="Dora")

    db.session.refresh(delegate)
    assert {name for name in texts if getattr(delegate, name) == f"my {name}"} == kept
    assert delegate.needs is None
    assert {field.name for field in FIELDS if field.is_kept} == {"days"}


def test_every_field_is_asked_once_and_shown_on_the_check_page(
    visitor: Browser, answers: dict[str, str]
) -> None:
    with transaction():
        draft = {**answers, CONSENT: "2009-05-12T08:30:00+00:00"}
        visitor.set_cookie("answers", services.create_draft(draft))

    pages = {step.name: visitor.open(f"/register/{step.name}").source for step in fields.STEPS}
    check = visitor.open("/register/check")
    change = {f"Change {field.label_for(desk=False).lower()}" for field in answered_apart()}

    assert {field.name: asking(field, pages) for field in FIELDS} == {
        field.name: [field.step] for field in FIELDS
    }
    assert absent({"the check": check.text}, FIELDS) == []
    assert change - check.links.keys() == set()


def test_every_field_is_shown_on_the_booking_with_a_link_to_change_it(
    visitor: Browser, delegate: Delegate
) -> None:
    booked = f"/booking/{links.booking_token(delegate)}"
    page = visitor.open(booked)
    places = {"booking": page.text, "copy": visitor.fetch("GET", f"{booked}/copy.json").text}
    changed = [field for field in FIELDS if field.name != EMAIL]
    forms = {
        step: visitor.open(f"{booked}/{step}").source for step in {one.step for one in changed}
    }

    assert absent(places, FIELDS) == []
    assert {one.name: asking(one, forms) for one in changed} == {
        one.name: [one.step] for one in changed
    }


def test_emails_and_history_show_changes_of_every_field_that_is_not_private(
    site: Flask, delegate: Delegate
) -> None:
    [entry] = history.list_entries(delegate.history_subject)
    recorded = {change.label: change.new for change in entry.field_changes}
    letter = get_last_email_to(delegate.email)
    told = tuple(field for field in BOOKING_FIELDS if field.name != EMAIL)

    assert recorded == {field.label_for(desk=True): field.format(sample(field)) for field in told}
    assert absent({"email": letter.text}, told) == []
    places = {"email": letter.text + letter.html, "history": str(entry.field_changes)}
    assert present(places, PRIVATE_FIELDS) == []


def test_changes_of_private_fields_are_hidden_everywhere(
    delegate: Delegate, answers: dict[str, str]
) -> None:
    other = answers | {field.name: f"{sample(field)} too" for field in PRIVATE_FIELDS}

    found = changes.diff(delegate, {**other, "role": "Clerk"})

    assert [one.field for one in found] == ["role", *(field.name for field in PRIVATE_FIELDS)]
    assert [one.field for one in changes.to_history(found)] == ["role"]


def test_the_confirmation_email_shows_every_field_marked_for_it(
    site: Flask, delegate: Delegate
) -> None:
    with transaction():
        desk.send_status_again(delegate, actor="Dora")

    letter = get_last_email_to(delegate.email).text

    assert {field.name for field in FIELDS if f"{field.label}: {sample(field)}\n" in letter} == {
        field.name for field in FIELDS if field.is_in_confirmation
    }


def test_the_desk_can_see_edit_and_export_every_field(
    visitor: Browser, answers: dict[str, str]
) -> None:
    delegate = make_delegate()
    with transaction():  # so that the history on the page does not contain them
        delegate_record.store(delegate, answers)
    sign_in(visitor, "dora@conference.example", role=DESK)
    address = f"/organise/delegates/{delegate.reference}"
    page = visitor.open(address)
    listed = visitor.open("/organise/delegates")
    file = listed.press("Download as CSV").source
    forms = {
        "add": visitor.open("/organise/delegates/_add").source,
        "change": visitor.open(f"{address}/change").source,
        "address": visitor.open(f"{address}/address").source,
        "needs": visitor.open(address).press("Show requirements").source,
    }

    assert absent({"page": page.text, "file": file}, BOOKING_FIELDS) == []
    assert present({"page": page.text, "file": file, "list": listed.text}, PRIVATE_FIELDS) == []
    assert absent({"needs": forms["needs"]}, PRIVATE_FIELDS) == []
    assert {field.name: asking(field, forms) for field in FIELDS} == {
        field.name: ["add", "needs" if field.is_private else _form_of(field)] for field in FIELDS
    }


def test_the_privacy_page_names_every_field(visitor: Browser) -> None:
    page = visitor.open("/privacy")

    unnamed = [one.name for one in FIELDS if name_in_notice(one) not in page.text.lower()]

    assert unnamed == []


def name_in_notice(field: Field) -> str:
    """Return the least that the privacy page calls a field."""
    label = field.label_for(desk=False).lower()
    return label.split()[0] if field.is_private else label.split()[-1]


def _form_of(field: Field) -> str:
    return "address" if field.name == EMAIL else "change"


def answered_apart() -> list[Field]:
    """List the fields with a row of their own: the names make one."""
    return [field for field in FIELDS if not field.is_part_of_name]


def asking(field: Field, pages: dict[str, str]) -> list[str]:
    """Name the pages that ask for a field."""
    return [name for name, source in pages.items() if f' name="{field.name}"' in source]

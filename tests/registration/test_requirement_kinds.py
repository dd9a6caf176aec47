"""People choose their access and dietary requirements from lists, and add words of their own."""

import csv
import io
import re

import pytest
from flask import Flask

from app.database import db, transaction
from app.delegates.models import Delegate, Needs
from app.delegates.requirement_kinds import ACCESS_KINDS, DIETARY_KINDS
from app.encryption import KeyRing
from app.history import queries as history
from app.registration.bookings import data_export, operations
from tests.browser import Browser
from tests.factories import make_delegate, sign_in
from tests.lookups import booking_url
from tests.registration_flow import (
    ACCESS,
    ACCESS_WORDS,
    CONSENT,
    DIET,
    DIET_WORDS,
    answer_questions,
    question_after,
)

CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
SIGN_LANGUAGE = "British Sign Language"


def register_grace(visitor: Browser) -> Delegate:
    """Register a person with choices of both lists."""
    page = answer_questions(visitor, until="access-needs", name=("Grace", "Hopper"))
    page = page.press("Continue", {ACCESS: [SIGN_LANGUAGE, "Step-free access"], CONSENT: True})
    page = page.press("Continue", {DIET: ["Halal"], DIET_WORDS: "No celery", CONSENT: True})
    page.press("Confirm registration")
    return db.session.query(Delegate).one()


@pytest.mark.both_databases
def test_chosen_requirements_are_validated_encrypted_and_shown(visitor: Browser) -> None:
    page = answer_questions(visitor, until="access-needs")

    page = page.press("Continue", {ACCESS: ["Hearing loop", "Step-free access"], CONSENT: True})
    page = page.press("Continue", {DIET: ["Vegan"], DIET_WORDS: "No celery", CONSENT: True})

    assert "Access requirements Step-free access, Hearing loop" in page.text
    assert "Dietary requirements Vegan No celery" in page.text
    page.press("Confirm registration")
    delegate = db.session.query(Delegate).one()
    stored = " ".join(str(text) for text in vars(db.session.query(Needs).one()).values())
    assert [word for word in ("hearing", "vegan", "celery") if word in stored] == []
    own = visitor.open(booking_url(delegate))
    assert "Step-free access, Hearing loop" in own.text
    assert data_export.export_delegate(delegate)["needs"] == {
        "access_kinds": "Step-free access, Hearing loop",
        "access_needs": "",
        "dietary_kinds": "Vegan",
        "dietary_needs": "No celery",
    }


def test_the_choice_something_else_needs_a_description(visitor: Browser) -> None:
    page = answer_questions(visitor, until="access-needs")

    page = page.press("Continue", {ACCESS: ["Something else"], CONSENT: True}, status=422)
    assert page.errors == ["Tell us what else you need, or untick “Something else”"]

    page = page.press("Continue", {ACCESS_WORDS: "A chair with arms", CONSENT: True})
    assert page.heading == question_after("access-needs")


def test_chosen_requirements_need_consent(visitor: Browser) -> None:
    page = answer_questions(visitor, until="access-needs")

    page = page.press("Continue", {ACCESS: ["Quiet room"]}, status=422)

    assert page.errors == ["Tick the box if you agree, or remove your answers"]
    assert page.press("Continue", {ACCESS: []}).heading == question_after("access-needs")


def test_an_unknown_requirement_is_refused(visitor: Browser) -> None:
    page = answer_questions(visitor, until="access-needs")
    typed = {"access_kinds": "valet", "consent": "y", "csrf_token": CSRF.findall(page.source)[0]}

    page = visitor.send("POST", page.address, 422, data=typed)

    assert page.errors == ["Choose from the list"]


def test_requirements_can_be_changed_on_the_booking_page(visitor: Browser) -> None:
    delegate = register_grace(visitor)

    page = visitor.open(booking_url(delegate, "/access-needs"))
    page = page.press("Save", {ACCESS: ["Large print"]})

    assert page.heading == "Your booking"
    assert "Access requirements Large print" in page.text
    assert "Halal No celery" in page.text


def test_an_existing_booking_keeps_its_free_text_requirements(visitor: Browser) -> None:
    delegate = make_delegate(access="A ramp, please")

    page = visitor.open(booking_url(delegate, "/access-needs"))

    assert page.value_of(ACCESS_WORDS) == "A ramp, please"
    page = page.press("Save", {ACCESS: ["Step-free access"], CONSENT: True})
    assert "Access requirements Step-free access A ramp, please" in page.text


def test_the_desk_can_show_and_change_requirements(visitor: Browser) -> None:
    delegate = register_grace(visitor)
    desk = sign_in(visitor, "dora@conference.example")

    page = desk.open(f"/organise/delegates/{delegate.reference}")
    assert SIGN_LANGUAGE not in page.text
    page = page.press("Show requirements")
    page.press("Save", {"Access requirements": ["Live captions"]})

    assert "Live captions" in visitor.open(booking_url(delegate)).text


def test_the_export_has_chosen_requirements_beside_the_free_text(visitor: Browser) -> None:
    register_grace(visitor)
    desk = sign_in(visitor, "dora@conference.example")

    page = desk.open("/organise/delegates/_export/needs/dietary")
    (row,) = csv.DictReader(io.StringIO(page.press("Download").source))

    assert row["Dietary requirements, chosen"] == "Halal"
    assert row["Dietary requirements"] == "No celery"
    assert "Access requirements" not in row


@pytest.mark.both_databases
def test_all_requirements_can_be_chosen_together(site: Flask) -> None:
    delegate = make_delegate()
    with transaction():
        delegate.needs = Needs(
            access_kinds=" ".join(sorted(ACCESS_KINDS)),
            dietary_kinds=" ".join(sorted(DIETARY_KINDS)),
        )

    needs = db.session.query(Needs).one()
    assert (len(needs.access_kinds.split()), len(needs.dietary_kinds.split())) == (10, 8)


# For the venue, the caterer and the interpreter


def test_the_caterer_page_has_daily_counts_and_free_text_without_names(visitor: Browser) -> None:
    register_grace(visitor)  # on Wednesday
    make_delegate(dietary="Only cooked fish")
    desk = sign_in(visitor, "dora@conference.example")

    page = desk.open("/organise/delegates/_requirements/dietary")
    assert "Only cooked fish" not in page.text
    page = page.press("Show requirements")

    rows = [list(row.values()) for row in page.rows]
    assert ["Halal", "1", "0"] in rows
    assert ["Vegan", "0", "0"] in rows
    assert rows[-2:] == [["No celery", "Yes", "No"], ["Only cooked fish", "Yes", "Yes"]]
    assert [name for name in ("Grace", "Hopper", "Lovelace") if name in page.text] == []
    (entry,) = history.list_entries("delegates")
    assert (entry.summary, entry.actor) == (
        "The dietary requirements for the caterer were viewed",
        "dora@conference.example",
    )


def test_the_interpreter_page_lists_names_and_days_of_sign_language_users(visitor: Browser) -> None:
    register_grace(visitor)
    make_delegate(access="A ramp")
    desk = sign_in(visitor, "dora@conference.example")

    page = desk.open("/organise/delegates/_requirements/interpreter").press("Show requirements")

    assert [list(row.values()) for row in page.rows] == [["Grace Hopper", "Yes", "No", ""]]
    assert [word for word in ("ramp", "Step-free", "celery") if word in page.text] == []


def test_cancelled_bookings_are_not_counted_in_requirements(visitor: Browser) -> None:
    delegate = register_grace(visitor)
    with transaction():
        operations.cancel(delegate, actor="grace@conference.example")
    desk = sign_in(visitor, "dora@conference.example")

    page = desk.open("/organise/delegates/_requirements/access").press("Show requirements")

    assert {row["10 June 2009"] for row in page.rows} == {"0"}
    page = desk.open("/organise/delegates/_requirements/interpreter").press("Show requirements")
    assert "Nobody has asked for a sign language interpreter." in page.text


def test_the_caterer_download_has_the_same_counts(visitor: Browser) -> None:
    register_grace(visitor)
    desk = sign_in(visitor, "dora@conference.example")

    page = desk.open("/organise/delegates/_requirements/dietary").press("Download as CSV")

    rows = list(csv.reader(io.StringIO(page.source.removeprefix("\ufeff"))))
    assert rows[0] == ["Requirement", "10 June 2009", "11 June 2009"]
    assert ["Halal", "1", "0"] in rows
    assert rows[-1] == ["No celery", "1", ""]


def test_undecryptable_requirements_are_counted(site: Flask, visitor: Browser) -> None:
    make_delegate(dietary="Halal")
    desk = sign_in(visitor, "dora@conference.example")
    keys = site.extensions.pop("data_keys")
    site.extensions["data_keys"] = KeyRing({})
    try:
        page = desk.open("/organise/delegates/_requirements/dietary").press("Show requirements")
    finally:
        site.extensions["data_keys"] = keys

    assert "1 answer cannot be read." in page.text


def test_the_caterer_page_needs_a_constant_number_of_queries(
    visitor: Browser, queries: list[str]
) -> None:
    desk = sign_in(visitor, "dora@conference.example")
    counts = []
    for number in range(1, 4):
        make_delegate(dietary="Halal", email=f"{number}@example.org")
        page = desk.open("/organise/delegates/_requirements/dietary")
        queries.clear()
        page.press("Show requirements")
        counts.append(len(queries))

    assert counts[0] == counts[2] <= 8

"""Private answers are unreadable in the database, and a key that is lost loses nothing else."""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text, update
from structlog.testing import capture_logs

from app import encryption
from app.database import db, transaction
from app.delegates.models import CONFERENCE, ApplicationDraft, Delegate, Needs
from app.encryption import create_key_ring
from app.registration import re_encryption, seats
from app.registration.bookings import data_export, operations
from app.registration.waiting_list import services as waiting_list
from app.registration.waiting_list.models import WaitingListEntry
from app.worker_tasks import PERIODIC_TASKS
from config import Config, SettingsError
from tests.browser import Browser
from tests.conftest import DEFAULT_SETTINGS
from tests.factories import make_delegate, set_places, sign_in
from tests.lookups import booking_url, get_requirements
from tests.registration_flow import (
    ACCESS,
    ACCESS_WORDS,
    CONSENT,
    answer_questions,
    complete_registration,
)

FIRST = DEFAULT_SETTINGS["DATA_KEY"]
SECOND = "another-data-key-that-everyone-knows-as-well"
MISSING = "Cannot be read: the key is missing"
ALTERED = "Cannot be read: the stored text was altered or moved"


def make_config(data_key: str) -> Config:
    return Config.model_validate({**DEFAULT_SETTINGS, "DATA_KEY": data_key})


@contextmanager
def data_key(site: Flask, *keys: str) -> Iterator[None]:
    """Run the site with other keys, as after a restart."""
    before = site.extensions[encryption.EXTENSION]
    site.extensions[encryption.EXTENSION] = create_key_ring(make_config(" ".join(keys)))
    try:
        yield
    finally:
        site.extensions[encryption.EXTENSION] = before


def read_stored(*tables: str) -> str:
    """Return what is readable with only the database."""
    db.session.commit()
    rows = [row for name in tables for row in db.session.execute(text(f"SELECT * FROM {name}"))]  # noqa: S608 - ours
    return " ".join(str(value) for row in rows for value in row)


def key_id(key: str) -> str:
    return create_key_ring(make_config(key)).current_id


def run_worker() -> None:
    with transaction():
        re_encryption.encrypt_pending()


# In the database


@pytest.mark.both_databases
def test_requirements_of_delegates_are_encrypted_in_the_database(visitor: Browser) -> None:
    answer_questions(visitor)
    stored = read_stored("application_draft")
    assert [answer for answer in ("A ramp", "No nuts") if answer in stored] == []

    page = visitor.open("/register/check").press("Confirm registration")

    assert page.heading == "You are registered"
    stored = read_stored("needs", "application_draft", "confirmation", "delegate")
    assert [answer for answer in ("A ramp", "No nuts") if answer in stored] == []
    assert stored.count(encryption.PREFIX) == 2
    delegate = db.session.query(Delegate).one()
    assert get_requirements(delegate) == ("A ramp", "No nuts")
    assert "A ramp" in visitor.open(booking_url(delegate)).text


@pytest.mark.both_databases
def test_requirements_of_waiting_people_are_encrypted_in_the_database(visitor: Browser) -> None:
    set_places(1)
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)
    first = make_delegate(email="early@example.org")
    answer_questions(visitor, start="Join the waiting list").press("Join the waiting list")
    entry = db.session.query(WaitingListEntry).one()

    stored = read_stored("waiting_list_entry", "application_draft")
    with transaction():
        operations.cancel(first, actor="grace@conference.example")
    with transaction():
        delegate = waiting_list.accept(entry)

    assert [answer for answer in ("A ramp", "No nuts") if answer in stored] == []
    assert get_requirements(delegate) == ("A ramp", "No nuts")


def test_short_encrypted_answers_are_padded_to_the_same_length(site: Flask) -> None:
    make_delegate(access="vegan", dietary="halal, kosher")
    needs = db.session.query(Needs).one()

    assert len(needs.access) == len(needs.dietary)


@pytest.mark.both_databases
def test_an_encrypted_answer_moved_to_another_row_is_refused(visitor: Browser) -> None:
    ada, bea = make_delegate(access="A ramp"), make_delegate(dietary="Nuts", email="b@example.org")
    needs = db.session.get_one(Needs, bea.id)
    needs.access = db.session.get_one(Needs, ada.id).access
    db.session.commit()

    page = visitor.open(booking_url(bea))

    assert ALTERED in page.text
    assert "A ramp" not in page.text
    assert "Nuts" in page.text


def test_the_requirements_export_has_the_decrypted_answers(visitor: Browser) -> None:
    make_delegate(dietary="Halal")
    desk = sign_in(visitor, "dora@conference.example")

    page = desk.open("/organise/delegates/_export/needs/dietary")
    rows = list(csv.DictReader(io.StringIO(page.press("Download").source)))

    assert [row["Dietary requirements"] for row in rows] == ["Halal"]


# A key that is lost


def test_a_lost_key_affects_only_encrypted_answers_of_a_booking(
    site: Flask, visitor: Browser
) -> None:
    delegate = make_delegate(access="A ramp", dietary="Nuts")
    with data_key(site, SECOND):
        page = visitor.open(booking_url(delegate))
        assert page.text.count(MISSING) == 2

        change = visitor.open(booking_url(delegate, "/access-needs"))
        assert "Your earlier answer cannot be read. Answer again" in change.text
        page = change.press("Save", {ACCESS_WORDS: "A lift", CONSENT: True})

        assert page.heading == "Your booking"
        assert get_requirements(delegate)[0] == "A lift"
        assert page.text.count(MISSING) == 1
        assert data_export.export_delegate(delegate)["needs"]["dietary_needs"] == MISSING

    assert get_requirements(delegate)[1] == "Nuts"  # the key has been found again


def test_saving_a_form_keeps_answers_that_cannot_be_decrypted(
    site: Flask, visitor: Browser
) -> None:
    delegate = make_delegate(access="A ramp", dietary="Nuts")
    with data_key(site, SECOND):
        visitor.open(booking_url(delegate, "/access-needs")).press("Save")
        visitor.open(booking_url(delegate, "/name")).press("Save", {"family_name": "King"})

    assert delegate.family_name == "King"
    assert get_requirements(delegate) == ("A ramp", "Nuts")


def test_the_desk_sees_why_an_answer_cannot_be_decrypted_and_can_replace_it(
    site: Flask, visitor: Browser
) -> None:
    delegate = make_delegate(access="A ramp")
    desk = sign_in(visitor, "dora@conference.example")
    with data_key(site, SECOND):
        page = desk.open(f"/organise/delegates/{delegate.reference}").press("Show requirements")
        assert "Your earlier answer cannot be read. Answer again" in page.text
        page.press("Save", {"Access requirements in their own words (optional)": "A lift"})
        assert get_requirements(delegate) == ("A lift", "")

        exported = desk.open("/organise/delegates/_export/needs/access").press("Download")
        assert "A lift" in exported.source


def test_the_requirements_export_names_a_missing_key(site: Flask, visitor: Browser) -> None:
    make_delegate(dietary="Halal")
    desk = sign_in(visitor, "dora@conference.example")
    with data_key(site, SECOND):
        page = desk.open("/organise/delegates/_export/needs/dietary").press("Download")

    assert MISSING in page.source


def test_a_draft_that_cannot_be_decrypted_is_asked_again(site: Flask, visitor: Browser) -> None:
    answer_questions(visitor, until="dietary-needs")
    with data_key(site, SECOND):
        page = visitor.open("/register/check")

        assert page.heading == ACCESS
        assert "Your earlier answer cannot be read. Answer again" in page.text
        assert page.press("Continue").heading.startswith("Do you have any dietary")


def test_an_offer_of_a_place_can_be_accepted_without_the_data_key(
    site: Flask, visitor: Browser
) -> None:
    set_places(1)
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)
    first = make_delegate(email="early@example.org")
    answer_questions(visitor, start="Join the waiting list").press("Join the waiting list")
    entry = db.session.query(WaitingListEntry).one()
    with data_key(site, SECOND):
        with transaction():
            operations.cancel(first, actor="grace@conference.example")
        with transaction():
            delegate = waiting_list.accept(entry)

        page = visitor.open(booking_url(delegate))

    assert page.text.count(MISSING) == 2
    assert "Ada Lovelace" in page.text


# Without a key, and from one to the next


@pytest.mark.both_databases
def test_plain_text_requirements_of_delegates_are_encrypted_by_the_worker(
    site: Flask, visitor: Browser
) -> None:
    with data_key(site):
        complete_registration(visitor)
        delegate = db.session.query(Delegate).one()
        assert db.session.query(Needs).one().access == "A ramp"
        with capture_logs() as logs:
            run_worker()
    assert [(one["event"], one["n"]) for one in logs] == [
        ("DATA_KEY is not set, so private answers are not encrypted", 4)
    ]
    assert "A ramp" in visitor.open(booking_url(delegate)).text

    assert re_encryption.encrypt_pending in PERIODIC_TASKS
    run_worker()

    assert "A ramp" not in read_stored("needs")
    assert get_requirements(db.session.query(Delegate).one()) == ("A ramp", "No nuts")


@pytest.mark.both_databases
def test_key_rotation_re_encrypts_every_private_answer(site: Flask, visitor: Browser) -> None:
    delegate = make_delegate(access="A ramp", dietary="Nuts")
    answer_questions(visitor)
    with data_key(site, SECOND, FIRST):
        assert get_requirements(delegate) == ("A ramp", "Nuts")
        run_worker()
        stored = read_stored("needs", "application_draft")
        assert key_id(FIRST) not in stored
        assert stored.count(key_id(SECOND)) == 4

    with data_key(site, SECOND):
        db.session.expire_all()
        assert get_requirements(delegate) == ("A ramp", "Nuts")
        assert "A ramp" in visitor.open("/register/check").text


def test_re_encryption_works_in_batches(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(re_encryption, "BATCH_SIZE", 2)
    for number in range(3):
        make_delegate(access="A ramp", email=f"{number}@example.org")
    with data_key(site, SECOND, FIRST):
        counts = []
        for _ in range(3):
            with transaction():
                counts.append(re_encryption.encrypt_batch())

    assert counts == [2, 1, 0]


def test_re_encryption_never_overwrites_a_newer_answer(site: Flask) -> None:
    delegate = make_delegate(access="A ramp")
    with data_key(site, SECOND, FIRST):
        pending = list(re_encryption.list_pending())
        db.session.execute(update(Needs).values(access=""))
        for row in pending:
            re_encryption.replace(row)
        db.session.commit()

    db.session.expire_all()
    assert get_requirements(delegate) == ("", "")


def test_rotate_data_key_reports_when_older_keys_can_be_removed(site: Flask) -> None:
    make_delegate(access="A ramp")
    with data_key(site, SECOND, FIRST):
        done = site.test_cli_runner().invoke(args=["rotate-data-key"])

    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "Private answers in 1 row were encrypted with the first key",
        "Other keys in DATA_KEY are no longer needed",
    ]


def test_rotate_data_key_names_a_missing_key(site: Flask) -> None:
    make_delegate(access="A ramp")
    with data_key(site, SECOND):
        done = site.test_cli_runner().invoke(args=["rotate-data-key"])
        check = site.test_cli_runner().invoke(args=["check-setup"])

    sentence = (
        "1 private answers cannot be read, because their key is not in DATA_KEY "
        f"(id {key_id(FIRST)}). Add it after the first key"
    )
    assert (done.exit_code, done.output.splitlines()[-1]) == (1, sentence)
    assert f"Database: {sentence}" in check.output.splitlines()


def test_rotate_data_key_reports_moved_answers(site: Flask) -> None:
    make_delegate(access="A ramp")
    needs = db.session.query(Needs).one()
    needs.dietary = needs.access
    db.session.commit()
    with data_key(site, SECOND, FIRST):
        done = site.test_cli_runner().invoke(args=["rotate-data-key"])

    assert (done.exit_code, done.output.splitlines()[-1]) == (
        1,
        "Error: 1 private answers were altered or moved",
    )


def test_check_setup_reports_a_missing_data_key(site: Flask) -> None:
    with data_key(site):
        check = site.test_cli_runner().invoke(args=["check-setup"])
        done = site.test_cli_runner().invoke(args=["rotate-data-key"])

    said = [line for line in check.output.splitlines() if "DATA_KEY" in line]
    assert [line.partition(", so")[0] for line in said] == ["Settings: DATA_KEY is not set"]
    assert (done.exit_code, done.output.partition(", so")[0]) == (1, "Error: DATA_KEY is not set")


@pytest.mark.parametrize("malformed", ["too-short", f"{FIRST} short", 'with"quotes' + 40 * "x"])
def test_a_malformed_data_key_stops_the_start_with_a_message(malformed: str) -> None:
    with pytest.raises(SettingsError) as fault:
        create_key_ring(make_config(malformed))

    assert fault.value.faults == [encryption.MALFORMED]
    assert malformed not in str(fault.value)


# Any text


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.text())
def test_any_text_can_be_decrypted_only_in_its_own_place(answer: str, reference: str) -> None:
    ring = create_key_ring(make_config(FIRST))
    place = "needs.access " + reference.encode("utf-8", "replace").decode()

    stored = ring.encrypt(answer, place)

    assert ring.decrypt(stored, place) == answer
    assert (ring.decrypt(stored, place + "x") == answer) == (answer == "")


@pytest.mark.parametrize("end", ["", "=", "A", ":", "\n"])
def test_truncated_or_extended_ciphertext_is_unreadable_without_an_error(end: str) -> None:
    ring = create_key_ring(make_config(FIRST))
    stored = ring.encrypt("A ramp", "here")

    for altered in (stored[:-1] + end, stored[:-8] + end, stored + end):
        assert ring.decrypt(altered, "here") in {altered, "A ramp"}
    assert ring.decrypt(stored[:-2] + "AA", "here") != "A ramp"


def test_typed_text_that_looks_encrypted_is_no_error(visitor: Browser) -> None:
    typed = f"{encryption.PREFIX}{key_id(FIRST)}:{80 * 'A'}"
    page = answer_questions(visitor, until="access-needs")

    page = page.press("Continue", {ACCESS_WORDS: typed, CONSENT: True})

    assert page.heading == ACCESS
    assert json.loads(db.session.query(ApplicationDraft).one().document)["access_needs"] == typed

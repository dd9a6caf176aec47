"""What speakers need is unreadable in the database, and a lost key loses nothing else."""

import pytest
from flask import Flask
from sqlalchemy import select

from app.database import db, transaction
from app.programme.models import Speaker
from app.registration import re_encryption
from app.speakers import questions
from app.speakers.models import SpeakerNeeds
from tests.browser import Browser
from tests.factories import get_ada_marsh, make_speaker, save, sign_in, sign_in_speaker
from tests.registration.test_encryption import (
    ALTERED,
    FIRST,
    MISSING,
    SECOND,
    data_key,
    key_id,
    read_stored,
    run_worker,
)

HER_NEEDS = "/speak/ada-marsh/access-needs"
JOURNEY = "How and when will you arrive and leave? (optional)"
QUESTION = "What are your access requirements? (optional)"


def answer(visitor: Browser, text: str = "A ramp to the stage") -> Speaker:
    ada = get_ada_marsh()
    sign_in_speaker(visitor, ada)
    visitor.open(HER_NEEDS).press("Save", {QUESTION: text})
    return ada


def read_row() -> str:
    db.session.rollback()
    return db.session.scalars(select(SpeakerNeeds.access)).one()


@pytest.mark.both_databases
def test_requirements_of_speakers_are_encrypted_in_the_database(visitor: Browser) -> None:
    answer(visitor)

    assert "A ramp" not in read_stored("speaker_needs", "speaker_answers", "history_entry")
    assert visitor.open(HER_NEEDS).value_of(QUESTION) == "A ramp to the stage"
    sign_in(visitor)
    page = visitor.open("/organise/speaking/speakers/ada-marsh").press("Show requirements")
    assert "A ramp to the stage" in page.text


@pytest.mark.both_databases
def test_plain_text_requirements_are_readable_and_encrypted_by_the_worker(visitor: Browser) -> None:
    ada = get_ada_marsh()
    save(SpeakerNeeds(speaker_id=ada.id, access="A ramp"))
    sign_in_speaker(visitor, ada)
    assert visitor.open(HER_NEEDS).value_of(QUESTION) == "A ramp"
    assert re_encryption.get_state().in_clear == 1

    run_worker()

    assert read_row().startswith(f"encrypted:1:{key_id(FIRST)}:")
    assert visitor.open(HER_NEEDS).value_of(QUESTION) == "A ramp"
    assert re_encryption.get_state().in_clear == 0


@pytest.mark.both_databases
def test_key_rotation_re_encrypts_requirements_of_speakers(site: Flask, visitor: Browser) -> None:
    answer(visitor)

    with data_key(site, SECOND, FIRST):
        assert re_encryption.get_state().with_older_key == 1
        run_worker()
        assert read_row().startswith(f"encrypted:1:{key_id(SECOND)}:")
    with data_key(site, SECOND):
        assert visitor.open(HER_NEEDS).value_of(QUESTION) == "A ramp to the stage"


def test_a_lost_key_affects_only_the_encrypted_answer(site: Flask, visitor: Browser) -> None:
    answer(visitor)
    visitor.open("/speak/ada-marsh/travel").press("Save", {JOURNEY: "By boat"})
    before = read_row()

    with data_key(site, SECOND):
        page = visitor.open(HER_NEEDS)
        assert page.value_of(QUESTION) == ""
        assert "Your earlier answer cannot be read. Answer again" in page.text
        page.press("Save")
        assert read_row() == before
        run_worker()
        assert read_row() == before
        assert visitor.open("/speak/ada-marsh/travel").value_of(JOURNEY) == "By boat"
        visitor.open(HER_NEEDS).press("Save", {QUESTION: "A chair"})
        assert visitor.open(HER_NEEDS).value_of(QUESTION) == "A chair"


def test_organisers_see_why_an_answer_cannot_be_decrypted(site: Flask, visitor: Browser) -> None:
    ada = answer(visitor)
    other = make_speaker(name="Bob Stone")
    save(SpeakerNeeds(speaker_id=other.id, access=read_row()))

    with transaction():
        moved = questions.read_needs(other, actor="olga@conference.example")
    with data_key(site, SECOND), transaction():
        missing = questions.read_needs(ada, actor="olga@conference.example")

    assert (moved, missing) == (ALTERED, MISSING)

"""Organisers hear by email, at most once a day, of what speakers have sent."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.database import transaction
from app.speakers import reminders
from tests.browser import Browser
from tests.factories import (
    get_ada_marsh,
    make_material,
    make_organiser,
    make_proposal,
    make_session,
    make_speaker,
    sign_in_speaker,
)
from tests.materials.sample_files import make_pdf
from tests.sent_emails import last_email_text, list_emails

GRACE = "grace@conference.example"


def run_worker_tasks() -> None:
    with transaction():
        reminders.send_organiser_digest()


def test_a_replaced_file_is_in_the_digest(visitor: Browser, frozen_time: Any) -> None:
    make_organiser()
    session = make_session(title="Knots", slug="knots", speakers=(get_ada_marsh(),))
    slides = make_material(session, speaker=get_ada_marsh())
    make_proposal(get_ada_marsh(), role="Pilot")
    frozen_time.shift(timedelta(minutes=31))
    run_worker_tasks()
    frozen_time.shift(timedelta(days=2))
    ada = sign_in_speaker(visitor, get_ada_marsh())

    ada.open(f"/speak/ada-marsh/materials/knots/{slides.key}")
    ada.press("Save", {"Replace the file (optional)": ("talk.pdf", make_pdf())})
    frozen_time.shift(timedelta(minutes=31))
    run_worker_tasks()

    written = [subject for to, subject in list_emails() if to == GRACE]
    assert written == [
        "1 change from a speaker to approve",
        "2 changes from speakers to approve",
    ]


@pytest.mark.both_databases
def test_changes_by_speakers_are_emailed_as_a_daily_digest(site: Flask, frozen_time: Any) -> None:
    make_organiser()
    make_proposal(get_ada_marsh(), role="Pilot")
    run_worker_tasks()
    at_once = list_emails()
    session = make_session(title="Knots", slug="knots", speakers=(get_ada_marsh(),))
    make_material(session, released_at=None)
    frozen_time.shift(timedelta(minutes=31))
    run_worker_tasks()
    run_worker_tasks()

    assert at_once == []
    assert list_emails() == [(GRACE, "2 changes from speakers to approve")]
    assert "Ada Marsh" in last_email_text()
    assert "Knots: Slides" in last_email_text()
    frozen_time.shift(timedelta(days=2))
    run_worker_tasks()
    assert len(list_emails()) == 1
    make_proposal(make_speaker(name="Bo"), role="Cook")
    frozen_time.shift(timedelta(minutes=31))
    run_worker_tasks()
    assert list_emails()[1:] == [(GRACE, "3 changes from speakers to approve")]

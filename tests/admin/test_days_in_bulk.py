"""The desk changes the days of several delegates at once, sees it before, and takes it back."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.cache_version import bump_cache_version
from app.database import db, transaction
from app.delegates.models import Delegate
from app.history.models import HistoryEntry
from app.programme import public_settings
from app.programme.models import Conference
from app.registration import queries as registration
from app.registration.desk import services
from tests.browser import Browser, Page
from tests.factories import make_delegate
from tests.sent_emails import get_last_email_to, list_emails_to, list_subjects_to

DORA = "dora@conference.example"
LIST = "/organise/delegates"
WEDNESDAY, THURSDAY = "Wednesday 10 June 2009", "Thursday 11 June 2009"
FIRST, SECOND = "2009-06-10", "2009-06-11"
TOO, NO_LONGER = "They attend these days too", "They no longer attend these days"


@pytest.fixture
def three(site: Flask) -> list[Delegate]:
    made = [
        make_delegate(reference=f"BCDF234{number}", given_names=name, days=days)
        for number, (name, days) in enumerate(
            (("Ada", FIRST), ("Bea", SECOND), ("Cleo", f"{FIRST} {SECOND}")), 2
        )
    ]
    for delegate in made:
        delegate.email = f"{delegate.given_names}@example.org"
    db.session.commit()
    return made


def begin(desk: Browser, *names: str) -> Page:
    ticked = {f"Select {name} Lovelace": True for name in names}
    return desk.open(LIST).press("Change days", ticked)


def list_days() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Delegate.days).order_by(Delegate.reference)))


@pytest.mark.both_databases
def test_days_can_be_changed_in_bulk_after_a_preview_with_emails(
    desk: Browser, three: list[Delegate]
) -> None:
    page = begin(desk, "Ada", "Bea", "Cleo")
    assert page.heading == "Change the days of 3 delegates"

    page = page.press("Preview changes", {"Days": [THURSDAY]})

    assert page.address == f"{LIST}/_days?preview=1"
    assert page.heading == "Change the days of 2 delegates?"
    assert [(row["Delegate"].split()[0], row["Days after the change"]) for row in page.rows] == [
        ("Ada", THURSDAY),
        ("Cleo", THURSDAY),
    ]
    assert "Bea Lovelace (BCDF2343): They already have these days." in page.text
    assert list_days() == [FIRST, SECOND, f"{FIRST} {SECOND}"]
    assert desk.open(f"{LIST}/_days?preview=1").heading == page.heading  # Back, or a reload

    page = desk.press("Change the days of 2 delegates")

    assert "The days have been changed." in page.source
    assert list_days() == [SECOND, SECOND, SECOND]
    assert list_subjects_to("Ada@example.org") == ["Your booking has been changed: BCDF2342"]
    assert THURSDAY in get_last_email_to("Cleo@example.org").text
    assert list_emails_to("Bea@example.org") == []
    entry = db.session.scalars(
        select(HistoryEntry).where(HistoryEntry.subject == three[0].history_subject)
    ).one()
    assert (entry.summary, entry.actor) == ("Changed: days", DORA)
    assert registration.get_seat_counts().taken == 3


@pytest.mark.both_databases
def test_a_bulk_change_of_days_can_be_undone_except_for_later_changes(
    desk: Browser, three: list[Delegate]
) -> None:
    page = begin(desk, "Ada", "Cleo").press(
        "Preview changes", {"Days": [THURSDAY], "Email the delegates?": "No"}
    )
    page.press("Change the days of 2 delegates")
    with transaction():
        ada = db.session.get_one(Delegate, three[0].id)
        services.update(
            ada, {"organisation": "Tide Office"}, expected_version=ada.version, actor="erin"
        )

    page = desk.open(f"{LIST}/_days/undo")
    assert "Ada Lovelace (BCDF2342): The booking has changed since." in page.text
    page = page.press("Restore the old days", {"Email the delegates?": "No"})

    assert "The old days have been restored." in page.source
    assert list_days() == [SECOND, SECOND, f"{FIRST} {SECOND}"]
    assert list_emails_to("Cleo@example.org") == []
    assert desk.open(f"{LIST}/_days/undo").heading == "Nothing to restore"


def test_undoing_a_bulk_change_skips_removed_conference_days(
    desk: Browser, three: list[Delegate]
) -> None:
    page = begin(desk, "Ada", "Bea", "Cleo").press("Preview changes", {"Days": [WEDNESDAY]})
    page.press("Change the days of 2 delegates")
    with transaction():
        conference = db.session.get_one(Conference, 1)
        conference.ends_on = conference.starts_on
        public_settings.update(conference, {"ends_on": conference.starts_on})
        bump_cache_version()

    page = desk.open(f"{LIST}/_days/undo")

    assert "Put the old days back" not in page.buttons
    assert "Bea Lovelace (BCDF2343): A day is no longer part of the conference." in page.text
    assert list_days() == [FIRST, FIRST, FIRST]


def test_days_can_be_added_and_removed_in_bulk(desk: Browser, three: list[Delegate]) -> None:
    answers: dict[str, Any] = {"Days": [WEDNESDAY], "What should change?": TOO}
    page = begin(desk, "Ada", "Bea").press("Preview changes", answers)
    page.press("Change the days of 1 delegate")
    assert list_days() == [FIRST, f"{FIRST} {SECOND}", f"{FIRST} {SECOND}"]

    answers = {"Days": [WEDNESDAY], "What should change?": NO_LONGER}
    page = begin(desk, "Ada", "Bea").press("Preview changes", answers)

    assert "Ada Lovelace (BCDF2342): No day would be left. Cancel the booking" in page.text
    page.press("Change the days of 1 delegate")
    assert list_days() == [FIRST, SECOND, f"{FIRST} {SECOND}"]


def test_cancelled_bookings_are_skipped_by_name_in_a_bulk_change_of_days(
    desk: Browser, three: list[Delegate]
) -> None:
    with transaction():
        services.cancel(db.session.get_one(Delegate, three[0].id), actor=DORA, notify=False)

    page = begin(desk, "Ada").press("Preview changes", {"Days": [THURSDAY]})

    assert page.heading == "Nothing to change"
    assert "Ada Lovelace (BCDF2342): The booking is cancelled." in page.text


@pytest.mark.both_databases
def test_a_stale_preview_of_a_bulk_change_must_be_checked_again(
    desk: Browser, three: list[Delegate]
) -> None:
    page = begin(desk, "Ada", "Cleo").press("Preview changes", {"Days": [THURSDAY]})
    with transaction():
        ada = db.session.get_one(Delegate, three[0].id)
        services.update(ada, {"days": SECOND}, expected_version=ada.version, actor="erin")

    page = page.press("Change the days of 2 delegates", status=422)

    assert page.errors == ["Some of these bookings have changed since. Check the preview again"]
    assert list_days() == [SECOND, SECOND, f"{FIRST} {SECOND}"]
    page.press("Change the days of 1 delegate")
    assert list_days() == [SECOND, SECOND, SECOND]


def test_a_bulk_change_needs_at_least_one_day(desk: Browser, three: list[Delegate]) -> None:
    page = begin(desk, "Ada").press("Preview changes", status=422)

    assert page.errors == ["Choose at least one day"]


def test_a_bulk_change_of_days_without_selection_does_nothing(desk: Browser) -> None:
    assert desk.open(f"{LIST}/_days").heading == "Nothing to do"
    assert desk.open(f"{LIST}/_days/undo").heading == "Nothing to restore"


def test_the_bulk_preview_needs_a_constant_number_of_queries(
    desk: Browser, queries: list[str]
) -> None:
    counts = []
    for number in range(3):
        make_delegate(given_names=f"Ada{number}", email=f"{number}@example.org")
        names = [f"Ada{one}" for one in range(number + 1)]
        begin(desk, *names).press("Preview changes", {"Days": [THURSDAY]})
        queries.clear()
        desk.open(f"{LIST}/_days?preview=1")
        counts.append(len(queries))

    assert len(set(counts)) == 1

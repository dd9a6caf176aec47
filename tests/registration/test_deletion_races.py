"""Waiting for a row that a concurrent transaction deletes ends in a clear error."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete
from sqlalchemy.exc import InvalidRequestError

from app import clock
from app.database import Base, db, transaction
from app.programme.editing import versioned_edits
from app.registration import category_services as categories
from app.registration.applications import services as applications
from app.registration.bookings import operations
from app.registration.interest import services as interest
from app.registration.invitations import services as invitations
from app.registration.waiting_list import services as waiting_list
from app.speakers import services as speakers
from app.speakers.models import SpeakerRequest
from tests.factories import (
    make_application,
    make_category,
    make_delegate,
    make_interest,
    make_invitation,
    make_speaker,
    make_waiting_list_entry,
    save,
    set_places,
)
from tests.races import run_while_locked

GRACE = "grace@conference.example"


def make_request() -> Base:
    speaker = make_speaker()
    values = {"kind": "another time", "message": "Later?", "actor": GRACE}
    return save(SpeakerRequest(speaker_id=speaker.id, requested_at=clock.now(), **values))


KINDS: dict[str, tuple[Callable[[], Base], Callable[[Any], object], str]] = {
    "an entry of the waiting list": (
        make_waiting_list_entry,
        waiting_list.leave,
        "This link to the waiting list is no longer valid",
    ),
    "a booking": (
        make_delegate,
        lambda row: operations.cancel(row, actor=GRACE),
        "This booking has been deleted",
    ),
    "an application": (
        make_application,
        applications.withdraw,
        "This application has been deleted",
    ),
    "an expression of interest": (
        lambda: make_interest(category_id=make_category().id),
        interest.withdraw,
        "This expression of interest has been deleted",
    ),
    "an invitation": (
        lambda: make_invitation(make_category()),
        lambda row: invitations.revoke(row, actor=GRACE),
        "This invitation code has been deleted",
    ),
    "a category": (
        make_category,
        lambda row: categories.delete(row, actor=GRACE),
        "This category has been deleted",
    ),
    "a speaker": (
        make_speaker,
        versioned_edits.lock,
        "This has been deleted since you opened the page",
    ),
    "a request of a speaker": (
        make_request,
        lambda row: speakers.resolve_request(row, actor=GRACE),
        "There is no such request",
    ),
}


@pytest.mark.postgresql_only
@pytest.mark.parametrize("kind", KINDS)
def test_a_change_to_a_row_deleted_meanwhile_is_refused_with_a_message(
    site: Flask, kind: str
) -> None:
    set_places(10)
    make, act, sentence = KINDS[kind]
    row = make()
    model, number = type(row), row.id  # type: ignore[attr-defined]
    db.session.rollback()

    def change() -> None:
        with transaction():
            act(db.session.get_one(model, number))

    ended = run_while_locked(
        site,
        lambda: db.session.execute(delete(model).where(model.id == number)),  # type: ignore[attr-defined]
        lambda: None,
        change,
    )

    assert ended == sorted(["done", sentence])


def test_locking_a_detached_row_is_a_programming_error(site: Flask) -> None:
    delegate = make_delegate()
    db.session.expunge(delegate)  # as if it came from another transaction

    with pytest.raises(InvalidRequestError):
        operations.lock(delegate)

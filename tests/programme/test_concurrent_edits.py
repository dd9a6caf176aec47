"""Several people save or undo the same thing at the same moment: one of them wins, and all know."""

from collections.abc import Callable
from functools import partial
from threading import Barrier
from typing import TypeVar

import pytest
from flask import Flask
from sqlalchemy import select

from app.database import Base, db, transaction
from app.errors import StaleEdit
from app.history import queries as history
from app.programme.editing import sessions, undo, versioned_edits
from app.programme.models import Session
from tests.races import at_once

PEOPLE = 4
Row = TypeVar("Row", bound=Base)


def opening() -> Session:
    return db.session.scalars(select(Session).where(Session.key == "opening")).one()


def do_at_once(site: Flask, deed: Callable[[int], object]) -> list[str]:
    """Let everyone do the same at the same moment; tell how it ended for each."""
    return at_once(site, [partial(deed, number) for number in range(PEOPLE)])


def save(number: int) -> None:
    sessions.save(
        opening(), {"title": f"Opening {number}"}, expected_version=1, actor=f"person {number}"
    )


@pytest.mark.both_databases
def test_one_of_many_who_save_at_once_is_in_time(site: Flask) -> None:
    ended = do_at_once(site, save)

    assert ended == [StaleEdit.message] * (PEOPLE - 1) + ["done"]
    assert opening().version == 2
    assert len(history.list_entries("session opening")) == 1


@pytest.mark.postgresql_only
def test_without_the_lock_all_of_them_would_be(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: it shows that the test above can see the race."""
    together = Barrier(PEOPLE)

    def only_looked_at(thing: Row) -> Row:
        db.session.refresh(thing)
        together.wait(20)  # everyone has looked before anyone writes
        return thing

    monkeypatch.setattr(versioned_edits, "lock", only_looked_at)

    ended = do_at_once(site, save)

    assert ended == ["done"] * PEOPLE
    assert opening().version == 2, "three edits that nobody will ever hear of"


@pytest.mark.both_databases
def test_one_of_many_who_undo_at_once_does(site: Flask) -> None:
    with transaction():
        save(0)
    entry = history.find_latest("session opening")
    assert entry
    number = entry.id
    db.session.commit()

    ended = do_at_once(site, lambda _: undo.undo(number, actor="somebody"))

    assert ended == ["This has already been undone by somebody"] * (PEOPLE - 1) + ["done"]
    assert (opening().title, opening().version) == ("Opening", 3)


@pytest.mark.both_databases
def test_sessions_added_at_once_have_addresses_of_their_own(site: Flask) -> None:
    ended = do_at_once(site, lambda _: sessions.add({"title": "Tea"}, actor="somebody"))

    assert ended == ["done"] * PEOPLE
    found = db.session.scalars(select(Session.slug).where(Session.title == "Tea"))
    assert sorted(found) == ["tea", "tea-2", "tea-3", "tea-4"]

"""Concurrent saves and undos of one object: one wins, the others see a conflict."""

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
from tests.races import run_concurrently

PEOPLE = 4
Row = TypeVar("Row", bound=Base)


def opening() -> Session:
    return db.session.scalars(select(Session).where(Session.key == "opening")).one()


def do_at_once(site: Flask, deed: Callable[[int], object]) -> list[str]:
    """Let all do the same concurrently and return each outcome."""
    return run_concurrently(site, [partial(deed, number) for number in range(PEOPLE)])


def save(number: int) -> None:
    sessions.save(
        opening(), {"title": f"Opening {number}"}, expected_version=1, actor=f"person {number}"
    )


@pytest.mark.both_databases
def test_of_many_concurrent_saves_one_succeeds_and_the_others_are_stale(site: Flask) -> None:
    ended = do_at_once(site, save)

    assert ended == [StaleEdit.message] * (PEOPLE - 1) + ["done"]
    assert opening().version == 2
    assert len(history.list_entries("session opening")) == 1


@pytest.mark.postgresql_only
def test_without_the_lock_all_concurrent_saves_would_succeed(
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
def test_of_many_concurrent_undos_one_succeeds(site: Flask) -> None:
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
def test_sessions_added_concurrently_get_unique_slugs(site: Flask) -> None:
    ended = do_at_once(site, lambda _: sessions.add({"title": "Tea"}, actor="somebody"))

    assert ended == ["done"] * PEOPLE
    found = db.session.scalars(select(Session.slug).where(Session.title == "Tea"))
    assert sorted(found) == ["tea", "tea-2", "tea-3", "tea-4"]

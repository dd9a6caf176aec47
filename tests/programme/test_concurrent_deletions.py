"""Deleting what a concurrent transaction adds to a session: the second one is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.database import db
from app.programme.editing import rooms_and_themes, sessions, speakers
from app.programme.models import Session, Speaker
from tests.factories import make_room, make_session, make_speaker, make_theme
from tests.races import run_while_locked

GRACE, MARY = "grace@conference.example", "mary@conference.example"
KINDS: dict[str, tuple[Callable[..., Any], Any]] = {
    "room": (make_room, rooms_and_themes.ROOMS),
    "theme": (make_theme, rooms_and_themes.THEMES),
}


@pytest.mark.postgresql_only
@pytest.mark.parametrize("name", KINDS)
def test_a_room_or_theme_being_deleted_cannot_be_chosen_for_a_session(
    site: Flask, name: str
) -> None:
    make, kind = KINDS[name]
    chosen, session = make(name="North", key="north"), make_session(title="Knots")
    model, number, key, session_id = type(chosen), chosen.id, chosen.key, session.id
    db.session.rollback()

    def delete() -> None:
        rooms_and_themes.delete(kind, db.session.get_one(model, number), actor=GRACE)

    def choose() -> None:
        one = db.session.get_one(Session, session_id)
        sessions.save(one, {name: key}, expected_version=one.version, actor=MARY)

    ended = run_while_locked(site, delete, lambda: None, choose)

    assert ended == sorted(["done", f"That {name} has been deleted"])


@pytest.mark.postgresql_only
@pytest.mark.parametrize("name", KINDS)
def test_a_room_or_theme_being_chosen_for_a_session_cannot_be_deleted(
    site: Flask, name: str
) -> None:
    make, kind = KINDS[name]
    chosen, session = make(name="North", key="north"), make_session(title="Knots")
    model, number, key, session_id = type(chosen), chosen.id, chosen.key, session.id
    db.session.rollback()

    def choose() -> None:
        one = db.session.get_one(Session, session_id)
        sessions.save(one, {name: key}, expected_version=one.version, actor=MARY)
        db.session.flush()

    def delete() -> None:
        rooms_and_themes.delete(kind, db.session.get_one(model, number), actor=GRACE)

    ended = run_while_locked(site, choose, lambda: None, delete)

    assert ended == sorted(["done", "Sessions use North: move them to another first"])


@pytest.mark.postgresql_only
def test_a_speaker_being_deleted_cannot_be_added_to_a_session(site: Flask) -> None:
    speaker, session = make_speaker(name="Bo North"), make_session(title="Knots")
    number, key, session_id = speaker.id, speaker.key, session.id
    db.session.rollback()

    def delete() -> None:
        speakers.delete(db.session.get_one(Speaker, number), actor=GRACE)

    def choose() -> None:
        one = db.session.get_one(Session, session_id)
        values = {"appearances": [[key, "speaker"]]}
        sessions.save(one, values, expected_version=one.version, actor=MARY)

    ended = run_while_locked(site, delete, lambda: None, choose)

    assert ended == sorted(["done", "One of these speakers has been deleted"])

"""A programme is loaded while somebody adds to ours: it is loaded whole, or not at all."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.database import Base, db
from app.interchange import apply_import
from app.interchange.demo import generator
from app.interchange.importers.parsed_programme import ParsedProgramme
from app.programme.editing import rooms_and_themes, sessions, speakers
from app.programme.models import Conference, Room, Session, Speaker, Theme
from tests.factories import get_ada_marsh, make_room
from tests.races import DONE, run_overlapping

pytestmark = pytest.mark.postgresql_only

MARY = "mary@conference.example"


def add_session(programme: ParsedProgramme) -> None:
    sessions.add({"title": programme.sessions[0].slug, "state": "draft"}, actor=MARY)


def add_speaker(programme: ParsedProgramme) -> None:
    speakers.add({"name": programme.speakers[0].slug}, actor=MARY)


def add_room(programme: ParsedProgramme) -> None:
    rooms_and_themes.add(rooms_and_themes.ROOMS, {"name": programme.rooms[0].slug}, actor=MARY)


def add_theme(programme: ParsedProgramme) -> None:
    look = {"letter": "Z", "shape": "disc", "palette": 8}
    values = {"name": programme.themes[0].slug, **look}
    rooms_and_themes.add(rooms_and_themes.THEMES, values, actor=MARY)


def count_rows() -> dict[type[Base], int]:
    models: tuple[type[Theme | Room | Speaker | Session], ...] = (Theme, Room, Speaker, Session)
    found: dict[type[Base], int] = {
        one: db.session.scalar(select(func.count(one.id))) or 0 for one in models
    }
    db.session.rollback()
    return found


@pytest.mark.parametrize(
    ("add", "model"),
    [(add_session, Session), (add_speaker, Speaker), (add_room, Room), (add_theme, Theme)],
)
@pytest.mark.parametrize("load", [apply_import.replace, apply_import.merge])
def test_an_import_is_rolled_back_if_the_same_row_is_added_concurrently(
    site: Flask,
    load: Callable[[ParsedProgramme], object],
    add: Callable[[ParsedProgramme], None],
    model: type[Theme | Room | Speaker | Session],
) -> None:
    programme, table = generator.generate(3, 2), model.__tablename__
    title, before = db.session.get_one(Conference, 1).title, count_rows()

    ended = run_overlapping(
        site,
        (lambda: load(programme), f"FROM {table} .*FOR UPDATE"),
        (lambda: add(programme), f"INSERT INTO {table}"),
    )

    assert ended == [apply_import.CHANGED_MEANWHILE, DONE]
    assert db.session.get_one(Conference, 1).title == title
    before[model] += 1
    assert count_rows() == before


@pytest.mark.parametrize("place", ["room", "theme", "speaker"])
def test_an_import_is_rolled_back_if_a_deleted_row_is_used_concurrently(
    site: Flask, place: str
) -> None:
    uses: dict[str, dict[str, object]] = {
        "room": {"room": make_room().key},
        "theme": {"theme": db.session.scalars(select(Theme.key)).first()},
        "speaker": {"appearances": [[get_ada_marsh().key, "speaker"]]},
    }
    programme, before = generator.generate(3, 2), count_rows()

    def add() -> None:
        sessions.add({"title": "Knots", "state": "draft", **uses[place]}, actor=MARY)

    ended = run_overlapping(
        site,
        (lambda: apply_import.replace(programme), "DELETE FROM session"),
        (add, "INSERT INTO (appearance|session) "),
    )

    assert ended == [apply_import.CHANGED_MEANWHILE, DONE]
    before[Session] += 1
    assert count_rows() == before

"""Organisers change the addresses of rooms and themes; earlier ones lead there for ever."""

from dataclasses import replace
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import insert, select

from app.accounts.models import EDITOR
from app.database import db, transaction
from app.errors import Moved
from app.history import queries as history
from app.interchange import services
from app.interchange.exporters import source
from app.programme import queries as programme
from app.programme.editing import rooms_and_themes as editing
from app.programme.editing.rooms_and_themes import ROOMS, THEMES, OrderedKind
from app.programme.fields.rooms_and_themes import next_free_look
from app.programme.models import SlugRedirect, Theme
from app.releases import services as publishing
from config import ROOT
from tests.browser import Browser, Browsers, Page
from tests.factories import make_room, make_session, make_theme, publish_programme, sign_in
from tests.lookups import get_session
from tests.pages import read_text

MIGRATIONS = str(ROOT / "migrations")
each_kind = pytest.mark.parametrize("kind", [ROOMS, THEMES], ids=["rooms", "themes"])


@pytest.fixture
def editor(visitor: Browser) -> Browser:
    """An editor who has signed in."""
    return sign_in(visitor, role=EDITOR)


def make(kind: OrderedKind[Any], name: str) -> Any:
    values = {"slug": name.lower(), "key": name.lower(), "name": name}
    if kind is ROOMS:
        return make_room(**values)
    shape, palette = next_free_look()
    return make_theme(**values, letter=name[0], shape=shape, palette=palette)


def path(page: Page) -> str:
    return page.address.partition("?")[0]


def change(kind: OrderedKind[Any], slug: str, wish: str) -> None:
    with transaction():
        item = editing.get_by_slug(kind, slug)
        editing.save(kind, item, {"slug": wish}, expected_version=item.version, actor="Grace")


@each_kind
@pytest.mark.both_databases
def test_an_old_slug_redirects_to_the_new_one(editor: Browser, kind: OrderedKind[Any]) -> None:
    make_session(**{kind.name: make(kind, "Wind")}, slug="gusts", key="gusts", title="Gusts")
    publish_programme()

    page = editor.open(f"/organise/{kind.plural}/wind/change")
    assert page.value_of("Page address (optional)") == "wind"
    page = page.press("Save", page_address="Fresh Air")

    assert path(page) == f"/organise/{kind.plural}/fresh-air"
    for rest in ("", "/change", "/delete", "/empty"):
        there = editor.open(f"/organise/{kind.plural}/wind{rest}").address
        assert there == f"/organise/{kind.plural}/fresh-air{rest}"
    assert editor.open(f"/{kind.plural}/wind").heading == "Wind"  # until it is published
    publish_programme()
    assert editor.open(f"/{kind.plural}/fresh-air").heading == "Wind"
    answer = editor.fetch("GET", f"/{kind.plural}/wind")
    assert (answer.status_code, answer.headers["Location"]) == (308, f"/{kind.plural}/fresh-air")
    assert editor.open("/sessions/gusts").links["Wind"] == f"/{kind.plural}/fresh-air"


@each_kind
@pytest.mark.both_databases
def test_a_filter_with_an_old_slug_finds_the_same_sessions(
    editor: Browser, kind: OrderedKind[Any]
) -> None:
    make_session(**{kind.name: make(kind, "Wind")}, title="Gusts")
    make_session(title="Something else")
    publish_programme()
    change(kind, "wind", "air")
    publish_programme()

    found = editor.open(f"/search?{kind.name}=wind")
    listed = editor.open(f"/organise/sessions?{kind.name}=wind")

    assert [read_text(one) for one in found.tree.find_all("h2", within=found.main)] == ["Gusts"]
    assert found.value_of(kind.name.capitalize()) == "Wind"
    assert [row["Title"] for row in listed.rows] == ["Gusts"]


@each_kind
@pytest.mark.both_databases
def test_publishing_a_changed_slug_is_one_change_and_changes_no_session(
    editor: Browser, kind: OrderedKind[Any]
) -> None:
    make_session(**{kind.name: make(kind, "Wind")})
    publish_programme()
    change(kind, "wind", "air")

    page = editor.open("/organise/publishing")

    assert page.text.count("Page address") == 1
    publish_programme()
    publishing_page = editor.open("/changes")
    assert "Moved sessions 1" not in publishing_page.headings


@each_kind
def test_after_a_rollback_the_new_slug_redirects_to_the_old_one(
    editor: Browser, kind: OrderedKind[Any]
) -> None:
    make(kind, "Wind")
    publish_programme()
    first = programme.get_latest_release_number()
    change(kind, "wind", "air")
    publish_programme()
    with transaction():
        publishing.roll_back(first, "", expected_release=first + 1, actor="Grace")

    assert editor.fetch("GET", f"/{kind.plural}/air").headers["Location"] == f"/{kind.plural}/wind"


@each_kind
@pytest.mark.both_databases
def test_the_slug_of_another_room_or_theme_is_refused_beside_the_field(
    editor: Browser, kind: OrderedKind[Any]
) -> None:
    make(kind, "Wind")
    make(kind, "Rain")
    change(kind, "wind", "air")

    for taken in ("air", "wind"):
        page = editor.open(f"/organise/{kind.plural}/rain/change")
        page = page.press("Save", page_address=taken, status=422)
        assert page.errors == [f"The page address {taken} is already used. Enter another"]
        page = editor.open(f"/organise/{kind.plural}/_add")
        page = page.press(f"Add this {kind.name}", name="Hail", page_address=taken, status=422)
        assert page.errors == [f"The page address {taken} is already used. Enter another"]

    page = editor.open(f"/organise/{kind.plural}/_add")
    page = page.press(f"Add this {kind.name}", name="Wind")
    assert path(page) == f"/organise/{kind.plural}/wind-2"
    change(kind, "air", "wind")  # back to its own
    assert editing.get_by_slug(kind, "wind").name == "Wind"


@each_kind
def test_a_new_room_or_theme_gets_the_typed_slug(editor: Browser, kind: OrderedKind[Any]) -> None:
    page = editor.open(f"/organise/{kind.plural}/_add")

    page = page.press(f"Add this {kind.name}", name="Wind", page_address="Fresh Air")

    assert path(page) == f"/organise/{kind.plural}/fresh-air"
    page = editor.open(f"{path(page)}/change").press("Save", page_address="", name="Gale")
    assert path(page) == f"/organise/{kind.plural}/fresh-air"
    assert db.session.scalars(select(SlugRedirect)).all() == []


@each_kind
@pytest.mark.both_databases
def test_a_stale_edit_of_a_slug_shows_both_slugs(
    new_browser: Browsers, kind: OrderedKind[Any]
) -> None:
    make(kind, "Wind")
    one = sign_in(new_browser(), "one@conference.example")
    other = sign_in(new_browser(), "other@conference.example")
    first = one.open(f"/organise/{kind.plural}/wind/change")
    second = other.open(f"/organise/{kind.plural}/wind/change")
    first.press("Save", page_address="air")

    page = second.press("Save", page_address="breeze", status=409)

    assert page.rows == [{"": "Page address", "Saved now": "air", "Yours": "breeze"}]
    assert path(page.press("Save")) == f"/organise/{kind.plural}/breeze"
    for former in ("wind", "air"):
        assert other.open(f"/organise/{kind.plural}/{former}").address.endswith("/breeze")


@each_kind
@pytest.mark.both_databases
def test_a_changed_slug_can_be_undone_from_the_history(
    editor: Browser, kind: OrderedKind[Any]
) -> None:
    make_session(**{kind.name: make(kind, "Wind")}, slug="gusts", key="gusts")
    page = editor.open(f"/organise/{kind.plural}/wind/change").press("Save", page_address="air")

    page = page.press("Undo: Wind: page address changed from wind to air")

    assert editing.get_by_slug(kind, "wind").name == "Wind"
    assert editor.open(f"/organise/{kind.plural}/air").address == f"/organise/{kind.plural}/wind"
    assert [one.summary for one in history.list_entries(f"{kind.name} wind")] == [
        "Wind: page address changed from wind to air",
        "Undone: Wind: page address changed from wind to air",
    ]


@each_kind
def test_a_session_keeps_its_room_or_theme_when_the_slug_changes(
    editor: Browser, kind: OrderedKind[Any]
) -> None:
    make_session(**{kind.name: make(kind, "Wind")}, slug="gusts", key="gusts", title="Gusts")
    change(kind, "wind", "air")

    page = editor.open("/organise/sessions/gusts/change").press("Save", title="Squalls")

    assert getattr(get_session("gusts"), kind.name).slug == "air"
    assert page.heading == "Squalls"
    page = editor.open(f"/organise/sessions?{kind.name}=wind")
    assert "Squalls" in page.text


@each_kind
@pytest.mark.both_databases
def test_importing_an_older_file_keeps_the_new_slug(site: Flask, kind: OrderedKind[Any]) -> None:
    make_session(**{kind.name: make(kind, "Wind")}, slug="gusts", key="gusts")
    before = source.load_working_programme("").programme
    change(kind, "wind", "air")

    with transaction():
        services.replace_programme(before)

    assert getattr(get_session("gusts"), kind.name).slug == "air"


@each_kind
@pytest.mark.both_databases
def test_an_import_never_assigns_the_former_slug_of_another(
    site: Flask, kind: OrderedKind[Any]
) -> None:
    make(kind, "Wind")
    change(kind, "wind", "air")
    change(kind, "air", "breeze")
    parsed = source.load_working_programme("").programme
    rooms = (*parsed.rooms, replace(parsed.rooms[0], key="other", slug="air", name="Air"))
    themes = (*parsed.themes, replace(parsed.themes[0], slug="air", name="Air"))

    with transaction():
        services.merge_programme(replace(parsed, rooms=rooms, themes=themes))

    assert editing.get_by_slug(kind, "air-2").name == "Air"
    assert editing.get_by_slug(kind, "breeze").key == "wind"
    with pytest.raises(Moved):
        editing.get_by_slug(kind, "air")


@pytest.mark.both_databases
def test_a_theme_from_a_backup_older_than_keys_gets_its_slug_as_key(site: Flask) -> None:
    with transaction():
        rows = [{"id": 99, "slug": "wind", "name": "Wind"}, {"id": 98, "slug": "rain", "name": "R"}]
        db.session.execute(insert(Theme), rows)

    found = db.session.execute(select(Theme.key).where(Theme.id > 97).order_by(Theme.key))
    assert [key for (key,) in found] == ["rain", "wind"]


@pytest.mark.both_databases
def test_slugs_survive_migrating_down_and_up(site: Flask) -> None:
    make(THEMES, "Wind")
    change(THEMES, "wind", "air")
    db.session.remove()

    flask_migrate.downgrade(directory=MIGRATIONS, revision="0027")
    flask_migrate.upgrade(directory=MIGRATIONS)

    theme = editing.get_by_slug(THEMES, "air")
    assert (theme.name, theme.key) == ("Wind", "air")
    assert len(history.list_entries("theme air")) == 1
    assert db.session.scalars(select(SlugRedirect)).all() == []

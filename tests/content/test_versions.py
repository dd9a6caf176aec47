"""Which version counts, what is held in memory, and what happens when many write at once."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app import clock
from app.content import diff, listing, queries, services
from app.content.models import ContentVersion
from app.content.versions import NOTICE_KEY, ContentDraft, ContentKey, ContentStore, Version
from app.content.views import get_content_folder
from app.database import db, transaction
from app.errors import Gone, NotFound, StaleEdit
from tests.browser import Browser
from tests.factories import make_link
from tests.races import run_in_threads

HELP = ContentKey("page", "help", "en")
TIDES = ContentKey("page", "tides", "en")
NINE = datetime(2009, 5, 12, 9, tzinfo=UTC)
AN_HOUR = timedelta(hours=1)


def a_version(
    number: int, hour: int = 0, key: ContentKey = TIDES, *, is_removed: bool = False
) -> Version:
    return Version(
        *key,
        number,
        f"{key.language} {number}",
        "",
        date(2009, 5, 1),
        NINE + hour * AN_HOUR,
        is_removed=is_removed,
        id=number,
    )


def find_effective(writings: ContentStore, hour: float, language: str = "en") -> str:
    """Return what visitors see an hour or so after nine."""
    try:
        return writings.get_effective("page", "tides", language, NINE + hour * AN_HOUR).title
    except (Gone, NotFound) as gone:
        return type(gone).__name__


def test_the_newest_version_whose_time_has_come_is_in_effect() -> None:
    writings = ContentStore({}, [a_version(1, 1), a_version(2, 3), a_version(3, 2)])

    assert [find_effective(writings, hour) for hour in (0, 1, 1.9, 2, 3)] == [
        "NotFound",
        "en 1",
        "en 1",
        "en 3",
        "en 3",
    ]


def test_removed_translations_fall_back_to_english_and_removed_english_is_gone() -> None:
    french = TIDES._replace(language="fr")
    writings = ContentStore(
        {},
        [
            a_version(1),
            a_version(2, 4, is_removed=True),
            a_version(1, 1, french),
            a_version(2, 2, french, is_removed=True),
        ],
    )

    assert [find_effective(writings, hour, "fr") for hour in (0, 1, 2, 4)] == [
        "en 1",
        "fr 1",
        "en 1",
        "Gone",
    ]


def test_the_content_generation_changes_with_each_version_that_takes_effect() -> None:
    notice = replace(a_version(1, 1, NOTICE_KEY), ends_at=NINE + 2 * AN_HOUR)
    writings = ContentStore({}, [a_version(1), a_version(2, 3), notice])

    assert [writings.get_generation(NINE + hour * AN_HOUR) for hour in (-1, 0, 1, 2, 3)] == [
        0,
        1,
        2,
        3,
        4,
    ]
    assert writings.find_next_change(NINE) == NINE + AN_HOUR
    assert writings.find_next_change(NINE + 3 * AN_HOUR) is None
    assert [bool(writings.find_notice(NINE + hour * AN_HOUR)) for hour in (0, 1, 2)] == [
        False,
        True,
        False,
    ]


def test_bodies_of_old_versions_are_not_kept_in_memory(site: Flask) -> None:
    for number in range(3):
        _save(f"Body {number}", seen=number)
    with transaction():
        appears_at = clock.now() + AN_HOUR
        wording = ContentDraft("Later", "S.", "Body later", date(2009, 5, 1), appears_at)
        services.save(get_content_folder(), HELP, wording, expected_version=3, actor="a test")

    held = queries.load_store(get_content_folder())

    assert sorted(held.bodies.values()) == ["Body 2", "Body later"]
    assert queries.get_body(get_content_folder(), held.list_versions(HELP)[0]) == "Body 0"


def test_cached_content_is_served_while_the_database_is_unavailable(
    site: Flask, database: str, visitor: Browser
) -> None:
    _save("Held in memory.")
    make_link()
    visitor.open("/terms")

    with _database_unavailable(database):
        page = visitor.open("/help")

    assert "Held in memory." in page.text
    assert "Additional links" in page.headings


def test_default_content_is_served_if_the_database_was_never_available(
    site: Flask, database: str, visitor: Browser
) -> None:
    _save("Not known here.")

    with _database_unavailable(database):
        away = visitor.open("/help")

    assert away.heading == "Help"
    assert "Not known here." in visitor.open("/help").text


@pytest.mark.both_databases
def test_of_many_concurrent_saves_one_succeeds_and_the_others_are_stale_edits(site: Flask) -> None:
    ended = _save_at_once(site, 4)

    assert ended == ["StaleEdit"] * 3 + ["saved"]
    assert [one.version for one in db.session.scalars(select(ContentVersion))] == [1]


@pytest.mark.postgresql_only
def test_without_the_lock_concurrent_saves_violate_the_unique_constraint(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: it shows that the test above can see the race."""
    together = Barrier(4)
    write = services._insert_version  # noqa: SLF001 – where everyone has looked and nobody has written

    def all_at_once(*about: object, **more: object) -> None:
        together.wait(20)
        write(*about, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(services, "lock_table", lambda _: None)
    monkeypatch.setattr(services, "_insert_version", all_at_once)

    assert _save_at_once(site, 4) == ["IntegrityError"] * 3 + ["saved"]


def test_the_list_shows_the_publication_state_of_each_text(site: Flask) -> None:
    french = HELP._replace(language="fr")
    with transaction():
        wording = ContentDraft("Aide", "S.", "T.", date(2009, 5, 1), clock.now() + AN_HOUR)
        services.save(get_content_folder(), french, wording, expected_version=0, actor="a test")

    rows = {
        row.slug: row
        for row in listing.list_rows(queries.load_store(get_content_folder()), clock.now())
    }

    assert (rows["help"].state, rows["help"].title, rows["help"].author) == (
        "waiting",
        "Help",
        "a test",
    )
    assert (rows["terms"].state, rows["terms"].changed_at) == ("shipped", None)


LINES = st.lists(st.sampled_from(["one", "two", "three", ""]), max_size=12)


@given(LINES, LINES)
def test_both_texts_can_be_reconstructed_from_the_diff(old: list[str], new: list[str]) -> None:
    """Read back from the lines that are shown, each text is what it was."""
    told = diff.diff_lines("\n".join(old), "\n".join(new))

    left, right = "\n".join(old).splitlines(), "\n".join(new).splitlines()
    for text, mark in ((left, "removed"), (right, "added")):
        place = 0
        for line in told:
            if line.kind in {"same", mark}:
                assert text[place] == line.text
                place += 1
            elif line.kind == "left out":
                place += line.count
        assert place == (len(text) if told else 0)


def _save(body: str, seen: int = 0) -> None:
    wording = ContentDraft("Help", "In short.", body, date(2009, 5, 1))
    with transaction():
        services.save(get_content_folder(), HELP, wording, expected_version=seen, actor="a test")


def _save_at_once(site: Flask, people: int) -> list[str]:
    """Let so many people save the same page concurrently and return each outcome."""

    def save(number: int) -> str:
        try:
            _save(f"From person {number}.")
        except (StaleEdit, IntegrityError) as refusal:
            return type(refusal).__name__
        return "saved"

    return sorted(run_in_threads(site, [partial(save, number) for number in range(people)]))


@contextmanager
def _database_unavailable(database: str) -> Iterator[None]:
    """Take the database away, and bring it back."""
    db.session.remove()
    db.engine.dispose()
    path = Path(database.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    aside = path.rename(path.with_suffix(".aside"))
    path.mkdir()
    yield
    db.session.remove()
    db.engine.dispose()
    shutil.rmtree(path)
    aside.rename(path)

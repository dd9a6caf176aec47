"""Backups are made while others write, and a restore that dies leaves the place empty."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from threading import Event, Thread

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.database import db
from app.database_faults import current_migration, newest_migration
from app.delegates.models import Delegate
from app.mail.models import Email
from app.registration.links import booking_link
from config import ROOT
from tests.backup.conftest import NewPlace
from tests.backup.places import (
    list_tables_with_rows,
    make_earlier,
    read_rows,
    run_successfully,
    site_at,
)
from tests.compatibility.databases import new_browser as browsers_of
from tests.factories import make_delegate, make_material, make_session, set_places
from tests.live_site import LiveSite, LiveSites
from tests.registration.test_load import Person
from tests.sites import Settings
from tests.subprocesses import ForkedProgram
from tests.waiting import HOST, wait_until

TURN = 120  # seconds that a program may take on a machine with much else to do
CLIENTS = 3
LEFT_BY_EARLIER_MIGRATIONS = ["site_state"]
LEFT_BY_MIGRATIONS = ["question", "question_version", *LEFT_BY_EARLIER_MIGRATIONS]


@pytest.mark.both_databases
@pytest.mark.parametrize("moment", ["INSERT INTO delegate", "INSERT INTO material_chunk", "COMMIT"])
def test_a_killed_restore_leaves_the_database_empty_and_can_be_repeated(
    site: Flask, new_place: NewPlace, database: str, tmp_path: Path, moment: str
) -> None:
    make_delegate(is_added_by_team=True)
    make_material(make_session(), bytes(range(256)) * 10_000)
    before, file = read_rows(), tmp_path / "a.backup"
    run_successfully(site, "backup", file)
    elsewhere = new_place(_kind(database))

    _restore_and_die(file, elsewhere, moment)

    with site_at(elsewhere) as other:
        assert list_tables_with_rows() == LEFT_BY_MIGRATIONS
        run_successfully(other, "restore", file)
        assert read_rows() == before


@pytest.mark.both_databases
@pytest.mark.parametrize("moment", ["UPDATE alembic_version", "COMMIT"])
def test_a_killed_restore_of_an_older_backup_leaves_the_database_empty(
    site: Flask, new_place: NewPlace, database: str, tmp_path: Path, moment: str
) -> None:
    make_delegate(is_added_by_team=True)
    run_successfully(site, "backup", tmp_path / "a.backup")
    earlier = make_earlier(tmp_path / "a.backup", tmp_path / "b.backup", new_place("sqlite"))
    elsewhere = new_place(_kind(database))

    _restore_and_die(earlier, elsewhere, moment)

    with site_at(elsewhere) as other:
        assert list_tables_with_rows() == LEFT_BY_EARLIER_MIGRATIONS
        run_successfully(other, "restore", earlier)
        assert _count(Delegate) == 1
        assert current_migration(db.engine) == newest_migration()


def test_temporary_files_of_killed_backups_are_deleted_by_the_next_backup(
    site: Flask, tmp_path: Path
) -> None:
    file, long_ago = tmp_path / "a.backup", (0, 0)
    run_successfully(site, "backup", file)
    whole = file.read_bytes()
    names = {"same": ".a.backup.x1y2z3.part", "of another night": ".b.backup.x1y2z3.part"}
    left = [tmp_path / name for name in names.values()]
    others = [tmp_path / name for name in (".notes.part", ".a.backup.just-begun.part", "c.part")]
    in_use = tmp_path / ".a.backup.written.part"
    for one in (*left, *others, in_use):
        one.write_bytes(b"Buy rope" if "notes" in one.name else whole[:1000])
        if "just-begun" not in one.name:
            os.utime(one, long_ago)

    with in_use.open("rb") as written:
        fcntl.flock(written, fcntl.LOCK_EX)
        run_successfully(site, "backup", file)

    assert sorted(tmp_path.iterdir()) == sorted([file, in_use, *others])


def _kind(database: str) -> str:
    return database.partition(":")[0].partition("+")[0]


def _restore_and_die(file: Path, elsewhere: Settings, moment: str) -> None:
    log = file.with_suffix(".log")
    program = "tests.backup.die_in_restore"
    words = (program, moment, "--app", str(ROOT / "wsgi.py"), "restore", str(file))
    dying = ForkedProgram(words, elsewhere, log)
    assert dying.wait(TURN)
    assert dying.exit_code == -9, log.read_text(encoding="utf-8")


@pytest.mark.both_databases
def test_a_backup_under_load_is_consistent_and_its_bookings_work_when_restored(
    live_site: LiveSites, settings: Settings, new_place: NewPlace, tmp_path: Path
) -> None:
    set_places(100_000)
    running, files = live_site(processes=2), [tmp_path / f"{n}.backup" for n in range(3)]
    with _people_registering(running) as count_registered:
        for file in files:
            wait_until(_more_than(count_registered(), count_registered), "another booking", TURN)
            _back_up(settings, file)
        wait_until(_more_than(count_registered(), count_registered), "another booking", TURN)

    bookings = []
    for file in files:
        elsewhere = new_place("sqlite")
        with site_at(elsewhere) as other:
            run_successfully(other, "restore", file)
            bookings.append(_open_every_booking(other, elsewhere))
            assert run_successfully(other, "audit").splitlines()[-1] == "No problems found"
    assert 0 < bookings[0] < bookings[1] < bookings[2] < _count(Delegate)


def _back_up(settings: Settings, file: Path) -> None:
    log = file.with_suffix(".log")
    words = ("flask", "--app", str(ROOT / "wsgi.py"), "backup", str(file))
    program = ForkedProgram(words, settings, log)
    assert program.wait(TURN)
    assert program.exit_code == 0, log.read_text(encoding="utf-8")


def _open_every_booking(site: Flask, settings: Settings) -> int:
    """Open the link of each delegate, who has exactly one email; count them."""
    visitor = browsers_of(site, settings["SITE_URL"])()
    delegates = db.session.scalars(select(Delegate)).all()
    links = [booking_link(one) for one in delegates]
    assert {visitor.open(link).heading for link in links} == {"Your booking"}
    assert _count(Email) == len(links)
    return len(links)


def _count(what: type[Delegate | Email]) -> int:
    number = db.session.scalar(select(func.count()).select_from(what)) or 0
    db.session.rollback()  # on SQLite, whoever looks on holds the lock
    return number


def _more_than(number: int, count: Callable[[], int]) -> Callable[[], bool]:
    return lambda: count() > number


@contextmanager
def _people_registering(running: LiveSite) -> Iterator[Callable[[], int]]:
    """Let people register without end, a few at once; give what counts them."""
    ended, over = list[int](), Event()

    def client(first: int) -> None:
        number = first
        with closing(HTTPConnection(HOST, running.port, timeout=60)) as connection:
            while not over.is_set():
                ended.append(Person(connection, number).register())
                number += CLIENTS

    threads = [Thread(target=client, args=(first,)) for first in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield lambda: len(ended)
    finally:
        over.set()
        for thread in threads:
            thread.join(TURN)
    assert set(ended) == {303}, running.log()[-3000:]

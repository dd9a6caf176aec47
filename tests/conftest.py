"""The ground on which every test stands: what a test asks for by name, it gets ready-made.

The site
    settings     the settings of this test's site, as a mapping; `@pytest.mark.settings(NAME=…)`
                 changes some of them
    site         the Flask application, on a database of its own that holds the small conference
                 of tests/conference.json, published; `@pytest.mark.empty` begins with nothing.
                 An application context stays open, so factories and queries can be called; what
                 a test leaves uncommitted is saved before each request. Stories with the same
                 settings share one (tests/sites.py); `@pytest.mark.own_site` does not
    instance     the folder of the site's own files, empty
    database     the address of that database: SQLite, unless `@pytest.mark.both_databases` (the
                 test runs twice) or `@pytest.mark.postgresql_only` says otherwise
    frozen_time  the clock, which stands still at 9:30am on Tuesday 12 May 2009 in British Summer
                 Time: `.move_to("2009-06-10T09:00:00+01:00")`, `.shift(timedelta(hours=1))`

People
    visitor      someone at the site (tests/browser.py); every page opened is checked in passing
    new_browser  makes more of them: `somebody_else = new_browser()`
    organiser    the visitor, signed in as somebody who may change everything; `desk`, at the desk

What is seen from outside
    mailbox      a real mail server (tests/mail_server.py); a test that asks for it has a site that
                 delivers there. `secure_mailbox` insists on TLS
    inbox        an IMAP server (tests/imap_server.py), whose mailbox the site reads;
                 `starttls_inbox` begins without encryption
    queries      the SQL statements that requests have sent; `len(queries)`, `queries.clear()`
    postgres     a PostgreSQL server (tests/postgres.py)
    live_site    starts the site in processes of its own, on this test's database
                 (tests/live_site.py): `running = live_site(processes=2, worker=True)`. The clock
                 runs there, and here, from the same moment in May 2009 on
    site_address the address of one that has been started
    window       a tab of a real browser (Playwright's Page); `window_without_scripts` has
                 JavaScript off; `chromium` is the browser itself
    axe          lists barriers on a real page: `assert axe(window) == []`

Whoever walks through admin by keyboard is in tests/admin/conftest.py,
Ada in tests/speakers/conftest.py.

Factories are in tests/factories.py. With `--keep-pages`, a run puts aside pages of every shape
that it opens; with `--nu`, it puts its own beside them, and the Nu HTML checker reads them all at
the end; a complaint fails the run. With `--slow-pages`, pages of a live site come in two pieces, so
that a story fails that does not wait for its browser.

Property tests try the same examples in each run, so that none goes red by chance; `make
test-random` tries new ones.
"""

import fcntl
import gc
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import flask_migrate
import hypothesis
import playwright.sync_api
import pytest
import time_machine
from flask import Flask, has_request_context
from sqlalchemy import Engine, event

from app import cache_version
from app.accounts.models import DESK
from app.database import db, transaction
from app.transaction_settings import LOCK_TIMEOUT, is_writable
from config import ROOT, Config
from tests import chromium as real_browser
from tests import factories, ramdisk, subprocesses
from tests.browser import Browser, Browsers
from tests.dns_server import DnsServer
from tests.imap_server import ImapServer
from tests.live_site import RSGI, LiveSite, LiveSites
from tests.mail_server import MailServer
from tests.postgres import PostgresServer
from tests.shared_caches import share_caches
from tests.sites import Settings, SitePool, build_site, close_site
from tests.waiting import HOST, free_port

ONCE_A_REQUEST = "86400"  # seconds: never by itself, but each visitor's request begins with a look
FROZEN_AT = "2009-05-12T09:30:00+01:00"
DEFAULT_SETTINGS = {
    "SECRET_KEY": "a key for tests, known to everyone",
    "DATA_KEY": "a-data-key-for-tests-that-everyone-knows",
    "SITE_URL": "https://conference.example",
    "EDITION_CHECK_SECONDS": ONCE_A_REQUEST,
    "MAIL_DEFAULT_SENDER": "tides@conference.example",
    "MAIL_TIMEOUT": "2",
}
# what is set on this machine is no business of the tests
UNSET_VARIABLES = [*Config.model_fields, "PYTHONDONTWRITEBYTECODE"]
IGNORED_STATEMENTS = ("BEGIN", "SET LOCAL", "PRAGMA", "SAVEPOINT", "RELEASE", "ROLLBACK")
PAGES = ROOT / ".pytest_cache" / "pages"
VALIDATOR_JAR = ROOT / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
# what property tests type is shown as it was typed, a combining mark at its start too; and where a
# page has hardly more than invented names, the checker guesses its language by them (what the
# language of a page is, tests/web/test_languages.py says)
TYPED_BY_PEOPLE = (
    ".* starts with a composing character\\.|This document appears to be written in .*"
)


# how long an example takes says more of what else a machine does than of the code
UNTIMED = hypothesis.settings(
    deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile("random", UNTIMED)
hypothesis.settings.register_profile("repeatable", UNTIMED, derandomize=True, database=None)
hypothesis.settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--keep-pages", action="store_true", help="put pages aside for the checker")
    parser.addoption("--nu", action="store_true", help="put pages through the Nu HTML checker")
    parser.addoption("--slow-pages", action="store_true", help="let pages come in two pieces")


def pytest_configure(config: pytest.Config) -> None:
    gc.disable()  # nothing that is collected here goes away again
    for name in UNSET_VARIABLES:
        os.environ.pop(name, None)
    ramdisk.use_ramdisk()
    share_caches()
    if config.getoption("--slow-pages"):
        subprocesses.preload("tests.slow_pages")
    if not hasattr(config, "workerinput"):
        if config.getoption("--keep-pages"):
            shutil.rmtree(PAGES, ignore_errors=True)
        PAGES.mkdir(parents=True, exist_ok=True)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.definition.get_closest_marker("both_databases"):
        metafunc.parametrize("database", ["sqlite", "postgresql"], indirect=True)
    elif metafunc.definition.get_closest_marker("postgresql_only"):
        metafunc.parametrize("database", ["postgresql"], indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


def pytest_collection_finish() -> None:
    """Run the garbage collector seldom, and never on objects that live as long as the run.

    By default it takes a seventh of the time of a test.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
    gc.enable()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.getoption("--nu") and not hasattr(session.config, "workerinput"):
        complaints = _run_validator()
        if complaints:
            reporter = session.config.pluginmanager.get_plugin("terminalreporter")
            assert reporter is not None
            reporter.write_line(f"\nThe Nu HTML checker complains:\n{complaints}", red=True)
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _run_validator() -> str:
    if not any(PAGES.glob("*.html")):
        return ""
    command = ["java", "-jar", str(VALIDATOR_JAR), "--format", "gnu", "--skip-non-html"]
    command += ["--filterpattern", TYPED_BY_PEOPLE, str(PAGES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stderr.replace(f"file:{PAGES}/", "")


def _prepare_database(settings: Settings, *, with_conference: bool) -> None:
    """Bring a new database to where tests begin."""
    site = build_site(settings)
    with site.app_context(), time_machine.travel(FROZEN_AT, tick=False):
        flask_migrate.upgrade(directory=str(ROOT / "migrations"))
        if with_conference:
            factories.load_small_conference()
    close_site(site)


# Databases


@pytest.fixture(scope="session")
def sqlite_templates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bool], Path]:
    """Finished SQLite files to copy: with the small conference, or without; made once in a run."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "templates"
    folder.mkdir(exist_ok=True)

    def make(path: Path, *, with_conference: bool) -> None:
        settings = {"INSTANCE_PATH": str(folder), "DATABASE_URL": f"sqlite:///{path}"}
        _prepare_database({**DEFAULT_SETTINGS, **settings}, with_conference=with_conference)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @cache
    def template(with_conference: bool) -> Path:
        path = folder / f"{with_conference}.sqlite"
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # another worker waits, and takes what is there
            if not path.exists():
                unfinished = folder / f"{with_conference}-unfinished.sqlite"
                make(unfinished, with_conference=with_conference)
                unfinished.rename(path)
        return path

    return template


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for this run."""
    server = PostgresServer()
    yield server
    server.shut_down()


@pytest.fixture(scope="session")
def postgresql_templates(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[bool], str]:
    """Finished PostgreSQL databases to copy: with the small conference, or without."""
    folder = tmp_path_factory.mktemp("postgresql")
    made: dict[bool, str] = {}

    def template(with_conference: bool) -> str:
        if with_conference not in made:
            name = postgres.create_database()
            settings = {
                **DEFAULT_SETTINGS,
                "INSTANCE_PATH": str(folder),
                "DATABASE_URL": postgres.url(name),
            }
            _prepare_database(settings, with_conference=with_conference)
            made[with_conference] = name
        return made[with_conference]

    return template


@pytest.fixture(scope="session")
def workplaces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the workplaces of this process, and of those that are forked from it."""
    return tmp_path_factory.mktemp("workplaces")


@pytest.fixture
def workplace(workplaces: Path) -> Path:
    """The folder in which this process keeps the database and the files of its sites."""
    folder = workplaces / str(os.getpid())  # scripts/mutate.py forks
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def instance(workplace: Path) -> Path:
    """The folder of this test's site, empty."""
    folder = workplace / "instance"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def database(request: pytest.FixtureRequest, workplace: Path) -> Iterator[str]:
    """The address of this test's own database: always the same address, always a new copy."""
    with_conference = request.node.get_closest_marker("empty") is None
    if getattr(request, "param", "sqlite") == "sqlite":
        template = request.getfixturevalue("sqlite_templates")(with_conference)
        for old in workplace.glob("*conference.sqlite*"):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        shutil.copyfile(template, workplace / "conference.sqlite")
        yield f"sqlite:///{workplace / 'conference.sqlite'}"
        return
    template = request.getfixturevalue("postgresql_templates")(with_conference)
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.create_database(template, f"conference_{os.getpid()}")  # scripts/mutate.py forks
    yield server.url(name)
    server.drop_database(name)


# The site


@pytest.fixture
def settings(request: pytest.FixtureRequest, database: str, instance: Path) -> Settings:
    """The settings of this test's site."""
    chosen = {**DEFAULT_SETTINGS, "DATABASE_URL": database, "INSTANCE_PATH": str(instance)}
    for name in ("mailbox", "secure_mailbox", "dns_server", "inbox", "starttls_inbox"):
        if name in request.fixturenames:
            chosen |= request.getfixturevalue(name).settings
    if "live_site" in request.fixturenames:
        port = free_port()
        chosen |= {"SITE_URL": f"http://{HOST}:{port}", "SESSION_COOKIE_SECURE": "false"}
        chosen |= {"CLOCK_STARTS_AT": FROZEN_AT, "EDITION_CHECK_SECONDS": "0.2"}
    for marker in request.node.iter_markers("settings"):
        chosen |= {name: str(value) for name, value in marker.kwargs.items()}
    return chosen


@pytest.fixture
def frozen_time(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The clock, standing still on a morning in May."""
    if "live_site" in request.fixturenames:  # other processes cannot be held
        yield None
        return
    with time_machine.travel(FROZEN_AT, tick=False) as traveller:
        yield traveller


@pytest.fixture(scope="session")
def site_pool() -> SitePool:
    """The sites that the tests of this process share."""
    return SitePool()


@pytest.fixture
def site(
    request: pytest.FixtureRequest, settings: Settings, frozen_time: Any, site_pool: SitePool
) -> Iterator[Flask]:
    """The site, with a database of its own."""
    is_writable.set(True)  # an earlier test may have sent a GET in this context
    is_shared = request.node.get_closest_marker("own_site") is None
    site = site_pool.get(settings) if is_shared else build_site(settings)
    is_writable.set(True)  # the last request of the previous test may have been a GET
    with site.app_context(), pytest.MonkeyPatch.context() as patience:
        # a loaded machine may pause for a second, and there is no second try here
        patience.setattr("app.write_queue.STUCK_AFTER", LOCK_TIMEOUT)
        if "CLOCK_STARTS_AT" in settings:
            with transaction():
                cache_version.set_clock_start(datetime.fromisoformat(settings["CLOCK_STARTS_AT"]))
            cache_version.current()
        yield site
    close_site(site)


@pytest.fixture
def live_site(site: Flask, settings: Settings, tmp_path: Path) -> Iterator[LiveSites]:
    """Start the site in processes of its own; they end with the test."""
    started: list[LiveSite] = []

    def start(
        processes: int = 1, *, worker: bool = False, interface: Sequence[str] = RSGI
    ) -> LiveSite:
        db.session.commit()
        port = int(settings["SITE_URL"].rpartition(":")[2])
        running = LiveSite(settings, tmp_path / "live.log", processes, port, interface)
        started.append(running)
        if worker:
            running.start_mail_worker()
        return running

    yield start
    for running in started:
        running.stop()


@pytest.fixture
def site_address(live_site: LiveSites) -> str:
    """The address of the site as it runs."""
    return live_site().address


# People


@pytest.fixture
def new_browser(site: Flask, settings: Settings, request: pytest.FixtureRequest) -> Browsers:
    """Create another browser."""
    is_kept = request.config.getoption("--keep-pages") or request.config.getoption("--nu")
    keep = PAGES if is_kept else None

    def before() -> None:
        db.session.commit()
        if settings["EDITION_CHECK_SECONDS"] == ONCE_A_REQUEST:
            cache_version.recheck()

    return lambda: Browser(site, settings["SITE_URL"], before, db.session.expire_all, keep)


@pytest.fixture
def visitor(new_browser: Browsers) -> Browser:
    """Someone at the site."""
    return new_browser()


@pytest.fixture
def organiser(visitor: Browser) -> Browser:
    """A signed-in organiser."""
    return factories.sign_in(visitor)


@pytest.fixture
def desk(visitor: Browser) -> Browser:
    """A signed-in user with the registration desk role."""
    return factories.sign_in(visitor, "dora@conference.example", role=DESK)


# What is seen from outside


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[MailServer]:
    """A real mail server; the site delivers to it."""
    yield from _open_mail_server(MailServer(tmp_path), tls=False)


@pytest.fixture
def secure_mailbox(tmp_path: Path) -> Iterator[MailServer]:
    """A real mail server that requires TLS; the site trusts its certificate authority."""
    yield from _open_mail_server(MailServer(tmp_path), tls=True)


@pytest.fixture
def dns_server() -> Iterator[DnsServer]:
    """A real DNS server; the site asks it."""
    server = DnsServer()
    yield server
    server.close()


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[ImapServer]:
    """A real IMAP server; the site reads its mailbox."""
    server = ImapServer(tmp_path)
    yield server
    server.close()


@pytest.fixture
def starttls_inbox(tmp_path: Path) -> Iterator[ImapServer]:
    """The same, which begins without encryption and asks for it (STARTTLS)."""
    server = ImapServer(tmp_path, is_implicit_tls=False)
    yield server
    server.close()


def _open_mail_server(mailbox: MailServer, *, tls: bool) -> Iterator[MailServer]:
    mailbox.open(tls=tls)
    yield mailbox
    mailbox.close()


@pytest.fixture
def queries() -> Iterator[list[str]]:
    """The SQL statements that requests have sent, without what begins and ends transactions."""
    sent: list[str] = []

    def note(*about: Any) -> None:
        statement = str(about[2])
        if has_request_context() and not statement.startswith(IGNORED_STATEMENTS):
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield sent
    event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture(scope="session")
def chromium() -> Iterator[playwright.sync_api.Browser]:
    """A real browser."""
    with real_browser.launch() as browser:
        yield browser


@pytest.fixture
def window(chromium: playwright.sync_api.Browser) -> Iterator[playwright.sync_api.Page]:
    """A tab of a real browser, with cookies of its own."""
    with real_browser.tab(chromium) as tab:
        yield tab


@pytest.fixture
def window_without_scripts(
    chromium: playwright.sync_api.Browser,
) -> Iterator[playwright.sync_api.Page]:
    """A tab of a real browser with JavaScript off."""
    with real_browser.tab(chromium, scripts=False) as tab:
        yield tab


@pytest.fixture
def axe() -> Callable[[playwright.sync_api.Page], list[str]]:
    """List the accessibility violations of a real page."""
    return real_browser.find_violations

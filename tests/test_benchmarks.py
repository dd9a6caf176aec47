"""The benchmarks of `make bench` find the site as it is today.

No speed is measured: each sets its conference up at the smallest size, and opens what it would
measure.
"""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from sqlalchemy import func, select, text

from app import clock
from app.database import db, transaction
from app.delegates.models import Delegate, DelegateAnswer
from app.mail.models import BULK, URGENT, Email
from app.programme.models import Session
from app.releases import queries
from benchmarks import (
    addresses,
    admin,
    board,
    email_previews,
    emails,
    exports,
    first_visits,
    history,
    lighthouse,
    pages,
    photos,
    publishing,
    registrations,
    search,
    sending,
    waiting,
    waiting_list,
)
from benchmarks.copies import SiteCopy
from benchmarks.people import RegisteringVisitor
from benchmarks.wire import Connection

SIZE = (20, 25)  # sessions and speakers: a session with speakers, on each day
PLACES = 100


@pytest.fixture(autouse=True)
def current_process() -> Iterator[None]:
    """Put back what copies of the site change in the process that makes them."""
    log = structlog.get_config()
    yield
    structlog.configure(**log)
    clock.set_offset(timedelta())


def test_every_benchmarked_admin_page_opens_with_one_row(tmp_path: Path) -> None:
    for page in admin.PAGES:
        admin.count_queries(page.create_site(tmp_path, 1), page.path)


def test_the_benchmarked_board_has_cards_and_javascript(tmp_path: Path) -> None:
    site = admin.sign_in_organiser(SiteCopy(tmp_path, SIZE))
    names = [figure.name for figure in board.measure_size(site)]
    assert names == ["board with 10 sessions", "the same, br", "JavaScript of admin, br"]


def test_the_benchmark_queues_emails_of_each_priority(tmp_path: Path) -> None:
    outbox = sending.Outbox(tmp_path)
    emails.enqueue_copies(outbox.copy, outbox.example, 2, priority=BULK)
    emails.enqueue_copies(outbox.copy, outbox.example, 1, priority=URGENT)
    with outbox.copy.app_context():
        assert sorted(db.session.scalars(select(Email.priority))) == [URGENT, BULK, BULK]


def test_the_benchmark_opens_an_email_preview(tmp_path: Path) -> None:
    site = admin.sign_in_organiser(SiteCopy(tmp_path, SIZE))
    assert email_previews.time_preview(site, "sign_in") > 0


def test_the_benchmark_creates_emails_photos_and_changes(tmp_path: Path) -> None:
    copy = SiteCopy(tmp_path, SIZE)
    example = emails.write_example(copy)
    message_ids = emails.enqueue_copies(copy, example, 2)
    publishing.change_all(copy, 1)
    with copy.app_context():
        _, heaviest, slug = photos.add_photos()
        assert set(db.session.scalars(select(Email.message_id))) == set(message_ids)
        assert db.session.scalar(select(func.count()).where(Session.title.startswith("Changed")))
    assert heaviest > 0
    with copy.app_context():
        publishing.change_all(copy, 2)
        with transaction():
            fingerprint = queries.preview_release().fingerprint
        publishing.insert_row(1)
        publishing.publish_reviewed(fingerprint)
    site = admin.sign_in_organiser(copy)
    for path in (publishing.PAGE, f"/speakers/{slug}"):
        admin.count_queries(site, path)


def test_the_benchmark_decodes_a_photo_in_a_subprocess() -> None:
    seconds, most = photos.read_photo(photos.make_photo((400, 300)))
    assert seconds > 0
    assert most > 0


def test_the_search_benchmark_and_its_control_are_answered(tmp_path: Path) -> None:
    site = search.create_site(f"sqlite:///{tmp_path / 'search.sqlite'}", tmp_path, SIZE)
    results = search.open_page(site, f"/search?q={search.QUESTIONS[0]}")
    assert search.open_page(site, "/site-map") == results


def test_every_benchmarked_page_and_its_assets_are_served(tmp_path: Path) -> None:
    copy = SiteCopy(tmp_path, SIZE)
    public_pages = addresses.list_public_pages(copy) | addresses.UNLISTED
    with copy.start_server() as server, closing(Connection(server.port)) as connection:
        person = RegisteringVisitor(connection, 1, encoding="br")
        for name, path in public_pages.items():
            first_visits.measure_visit(person, name, path)
        for path, page in first_visits.walk_through_registration(person):
            first_visits.measure_page(person, path, path, page)
        for path in pages.list_paths(server).values():
            assert connection.get(path).status == 200, path
    assert lighthouse.PROGRAM.is_file()


def test_the_lock_waiting_benchmark_measures_concurrent_confirmations(tmp_path: Path) -> None:
    copy = SiteCopy(tmp_path, SIZE, PLACES)
    confirming = waiting.measure_confirming("", copy, waiting.CLIENTS + 4)
    locked = waiting.measure_locked(copy, 0.7)
    assert confirming.value_text.endswith(", 0 refused")
    assert locked.value > 0


def test_the_history_benchmark_finds_entries(tmp_path: Path) -> None:
    assert history.measure_database("", SiteCopy(tmp_path, SIZE), 20).value > 0


def test_the_registration_benchmark_answers_category_questions(tmp_path: Path) -> None:
    copy = SiteCopy(tmp_path, SIZE, PLACES)
    register = registrations.ask_more(copy)
    with copy.start_server() as server, closing(Connection(server.port)) as connection:
        assert [register(connection, number) for number in (1, 2)] == [200, 200]
    with copy.app_context():
        rows = db.session.execute(
            select(Delegate.category_id, func.count())
            .join(DelegateAnswer)
            .group_by(Delegate.category_id)
        ).all()
    assert [count for _, count in rows] == [5, 5]


def test_the_benchmark_registers_people_and_exports_delegates(tmp_path: Path) -> None:
    copy = SiteCopy(tmp_path, SIZE, PLACES)
    with copy.start_server() as server, closing(Connection(server.port)) as connection:
        statuses = [registrations.register_twice(connection, number) for number in (1, 2)]
        (faults,) = registrations.count_faults("", copy, statuses, PLACES)
        assert faults.value_text == "0, 0, 0, 0 (2 places, 2 people)"
        with copy.app_context(), transaction():
            admin.add_delegates(1)
        site = admin.sign_in_organiser(copy)
        assert all(exports.time_export(site, server.port, kind).size for kind in exports.KINDS)
    with copy.start_control() as control, closing(Connection(control.port)) as connection:
        assert registrations.insert_row(connection, 1) == 200
        with copy.app_context():
            rows = db.session.scalars(text("SELECT words FROM benchmark_row")).all()
        assert rows == ["number-1"]  # committed, as a registration is
        assert len(connection.get("/body/9").body) == 9
        assert connection.get("/page/1").status == 200


def test_the_waiting_list_benchmark_opens_the_last_page(tmp_path: Path) -> None:
    copy = SiteCopy(tmp_path, SIZE, 1)
    waiting_list.fill_list(copy, 3)

    statements, _, position = waiting_list.open_last_page(copy)

    assert position == 3
    assert 0 < statements <= 4

"""Workers, tabs and hands that race for one offer: it is made, taken and passed on once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import make_transient_to_detached

from app.database import db, read_only_connection, transaction
from app.delegates.models import CONFERENCE, Delegate, SeatLimit
from app.mail.models import Email
from app.registration import conference_settings, integrity_check, seats
from app.registration.waiting_list import manual_changes, offers
from app.registration.waiting_list import services as waiting_list
from app.registration.waiting_list.models import WaitingListEntry
from app.write_queue import WriteQueueFull
from tests.factories import make_category, make_delegate, make_waiting_list_entry, set_places
from tests.live_site import WORKER_COMMAND, LiveSites
from tests.races import run_concurrently
from tests.subprocesses import ForkedProgram
from tests.waiting import wait_until

GRACE = "grace@conference.example"
WORKERS, OFFERS, PEOPLE = 8, 6, 20
LONG_AGO = datetime(2009, 1, 1, tzinfo=UTC)
ANSWERS = (
    '{"given_names": "P%s", "family_name": "X", "badge_name": "P", "email": "p%s@example.org", '
    '"country": "GB", "days": "2009-06-10"}'
)


@pytest.fixture(autouse=True)
def _check_counts(site: Flask, request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "control" not in request.node.name:
        db.session.rollback()
        assert [one for one in integrity_check.run_checks() if "email" not in one] == []


def make_people(count: int, **values: object) -> list[int]:
    return [
        make_waiting_list_entry(
            name=f"P{number} X",
            email=f"p{number}@example.org",
            identity_key=f"p{number}",
            document=ANSWERS % (number, number),
            **values,
        ).id
        for number in range(count)
    ]


def list_states() -> list[str]:
    rows = select(WaitingListEntry.state).order_by(WaitingListEntry.id)
    states = list(db.session.scalars(rows))
    db.session.rollback()
    return states


def count_emails(template: str) -> int:
    counted = select(func.count()).where(Email.template == template)
    number = db.session.scalar(counted) or 0
    db.session.rollback()
    return number


def change_limit(places: int, before: int) -> None:
    with transaction():
        conference_settings.change_limit(places, expected_limit=before, actor=GRACE)


@pytest.mark.both_databases
def test_eight_concurrent_workers_pass_each_expired_offer_on_once(
    site: Flask, settings: Mapping[str, str], live_site: LiveSites, tmp_path: Path
) -> None:
    press = make_category(OFFERS, name="Press")
    set_places(0)
    make_people(PEOPLE, category_id=press.id)
    change_limit(OFFERS, 0)
    with transaction():
        offered = update(WaitingListEntry).where(WaitingListEntry.state == "offered")
        db.session.execute(offered.values(offer_ends_at=LONG_AGO))

    log = tmp_path / "workers.log"
    workers = [ForkedProgram(WORKER_COMMAND, settings, log) for _ in range(WORKERS)]
    try:
        wait_until(
            lambda: list_states()[:OFFERS] == ["lapsed"] * OFFERS and not has_work(),
            "the end of the offers",
            120,
        )
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            if not worker.wait(15):
                worker.kill()
                worker.wait(15)

    states = list_states()
    assert states == ["lapsed"] * OFFERS + ["offered"] * OFFERS + ["waiting"] * (
        PEOPLE - 2 * OFFERS
    ), log.read_text()[-3000:]
    assert count_emails("waiting_list_lapsed") == OFFERS
    assert count_emails("waiting_list_offer") == 2 * OFFERS


def has_work() -> bool:
    return offers.is_anything_due()


def insist(deed: Callable[[], None]) -> Callable[[], None]:
    """Return what presses again where a loaded machine has answered that too many wait."""

    def press() -> None:
        while True:
            try:
                deed()
            except WriteQueueFull:
                db.session.remove()
            else:
                return

    return press


def accept(number: int) -> None:
    with transaction():
        waiting_list.accept(db.session.get_one(WaitingListEntry, number))


@pytest.mark.both_databases
def test_an_offer_accepted_in_eight_tabs_concurrently_gives_one_booking(site: Flask) -> None:
    set_places(0)
    [number] = make_people(1)
    change_limit(1, 0)

    ended = run_concurrently(site, [insist(lambda: accept(number))] * WORKERS)

    assert ended == ["done"] * WORKERS, "every tab sees the same booking"
    assert db.session.scalar(select(func.count()).select_from(Delegate)) == 1
    assert count_emails("registration_confirmed") == 1


@pytest.mark.both_databases
def test_an_offer_accepted_and_declined_concurrently_ends_in_one_way(site: Flask) -> None:
    set_places(0)
    first, _ = make_people(2)
    change_limit(1, 0)

    def take() -> None:
        with suppress(offers.OfferEnded):  # the page says so
            accept(first)

    def decline() -> None:
        with transaction():
            waiting_list.leave(db.session.get_one(WaitingListEntry, first))

    run_concurrently(site, [insist(take), insist(decline)] * 4)

    states = list_states()
    assert states in (["accepted", "waiting"], ["left", "offered"])
    taken = db.session.scalar(select(func.count()).select_from(Delegate))
    assert taken == (1 if states[0] == "accepted" else 0)


@pytest.mark.both_databases
def test_concurrent_manual_offers_add_one_place(site: Flask) -> None:
    set_places(1)
    make_delegate()
    [number] = make_people(1)

    def offer() -> None:
        with transaction():
            manual_changes.offer_out_of_turn(
                db.session.get_one(WaitingListEntry, number),
                reason="Is ill",
                actor=GRACE,
                adds_place=True,
            )

    ended = run_concurrently(site, [insist(offer)] * 4)

    assert ended.count("done") == 1, ended
    assert count_emails("waiting_list_offer") == 1
    assert db.session.get_one(SeatLimit, CONFERENCE).seats == 2


@pytest.mark.both_databases
def test_control_without_rereading_under_the_lock_an_offer_is_made_twice(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_places(1)
    make_delegate()
    make_people(1)
    looked = Barrier(2)

    def only_lock_limits(entry: WaitingListEntry) -> Sequence[SeatLimit]:
        return seats.lock_limits(seats.list_limits(entry.category_id))

    def look_and_offer() -> None:
        with read_only_connection(db.engine) as connection:
            row = connection.execute(select(WaitingListEntry)).mappings().one()
        entry = WaitingListEntry(**row)
        make_transient_to_detached(entry)
        looked.wait(20)
        with transaction():
            db.session.add(entry)
            manual_changes.offer_out_of_turn(entry, reason="Is ill", actor=GRACE, adds_place=True)

    monkeypatch.setattr(manual_changes, "_lock_waiting", only_lock_limits)

    run_concurrently(site, [look_and_offer] * 2)

    assert count_emails("waiting_list_offer") == 2

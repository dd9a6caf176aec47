"""The desk and the visitors share one seat function; what a booking is found by is kept right."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import make_transient_to_detached

from app import clock
from app.database import db, reading, transaction
from app.errors import Refused
from app.programme.invented import invented_delegates
from app.registration import audit, invented, queries, seats, services
from app.registration.bookings import changes
from app.registration.bookings import services as bookings
from app.registration.desk import services as desk
from app.registration.models import Delegate, SeatLimit
from app.registration.told import Application, Name, Told, Work
from tests.factories import a_delegate, places

WHO = "dora@conference.example"
BY_HAND = Application(
    name=Name("Zoë", "Ångström", ""),
    email="zoe@example.org",
    work=Work("Institute of Light", "", "SE"),
    days=(date(2009, 6, 10),),
    access_needs="",
    dietary_needs="",
    consented_at=clock.real_now(),
)


def a_visitor_with_answers() -> str:
    """Let a visitor come as far as the last step; give the key of their answers."""
    told = Told(
        name=Name("Ada", "Lovelace", ""),
        email="ada@example.org",
        work=Work("", "", "GB"),
        days=(date(2009, 6, 10),),
        access_needs="",
        dietary_needs="",
        consented_at=clock.now(),
    )
    with transaction():
        return services.begin(told)


def at_once(site: Flask, *deeds: Callable[[], object]) -> list[str]:
    """Do several things at the same moment; tell how it ended for each."""
    ended: list[str] = []
    start = Barrier(len(deeds))

    def do(deed: Callable[[], object]) -> None:
        with site.app_context():
            start.wait(20)
            try:
                with transaction():
                    deed()
            except Refused as refusal:
                ended.append(str(refusal))
            else:
                ended.append("a place")
            finally:
                db.session.remove()

    threads = [Thread(target=do, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(ended)


def coming() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Delegate)) or 0


@pytest.mark.both_databases
def test_the_last_place_goes_to_a_visitor_or_to_who_is_added_by_hand_never_to_both(
    site: Flask,
) -> None:
    for round_ in range(4):
        places(round_ + 1)
        secret = a_visitor_with_answers()
        by_hand = replace(BY_HAND, email=f"zoe-{round_}@example.org")

        ended = at_once(
            site,
            lambda secret=secret: services.register(secret, "en"),  # type: ignore[misc]
            lambda by_hand=by_hand: desk.add(by_hand, "en", who=WHO),  # type: ignore[misc]
        )

        assert ended == ["Every place has been taken", "a place"]
        assert coming() == queries.places().taken == round_ + 1
        with transaction():  # so that the visitor of the next round is somebody else
            for one in db.session.scalars(select(Delegate)):
                one.same_person = f"{one.id}"


@pytest.mark.postgresql_only
def test_without_the_lock_both_would_get_it(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: it shows that the test above can see the race."""
    places(1)
    secret = a_visitor_with_answers()
    together = Barrier(2)

    def only_looked_at(name: str) -> SeatLimit:
        with reading(db.engine) as connection:
            limit = connection.execute(select(SeatLimit).where(SeatLimit.name == name)).one()
        together.wait(20)  # both have looked before either writes
        found = SeatLimit(name=name, seats=limit.seats, taken=limit.taken)
        make_transient_to_detached(found)
        db.session.add(found)
        return found

    monkeypatch.setattr(seats, "_found", only_looked_at)

    ended = at_once(
        site,
        lambda: services.register(secret, "en"),
        lambda: desk.add(BY_HAND, "en", who=WHO),
    )

    assert ended == ["a place", "a place"]
    assert coming() == 2, "one more than there are places"


def found(words: str) -> int:
    with_words = Delegate.found_by.contains(words)
    return db.session.scalar(select(func.count()).where(with_words)) or 0


def test_what_a_booking_is_found_by_is_kept_right_on_every_path(site: Flask) -> None:
    secret = a_visitor_with_answers()
    with transaction():
        delegate = services.register(secret, "en").delegate
    reference = delegate.reference.lower()
    assert delegate.found_by == f"lovelace ada ada lovelace ada@example.org {reference}"
    assert (delegate.name_order, delegate.organisation_order) == ("lovelace ada", "")

    wanted = replace(changes.told(delegate), work=Work("Zürich Süd", "", "CH"))
    bookings.change(delegate, wanted, delegate.changes)
    assert (found("zurich sud"), delegate.organisation_order) == (1, "zurich sud")

    bookings.correct_address(delegate, "Ada@Example.com", delegate.changes)
    assert found("example.com") == 0
    bookings.confirm_address(delegate)
    assert (found("example.com"), found("example.org")) == (1, 0)

    desk.cancel(delegate, who=WHO)
    desk.erase(delegate, who=WHO)
    assert (delegate.found_by, delegate.name_order, delegate.organisation_order) == ("", "", "")


@pytest.mark.empty
def test_invented_delegates_are_found_too(site: Flask) -> None:
    with transaction():
        seats.set_limit(seats.CONFERENCE, 5)
        invented.come(invented_delegates(3))

    assert found("@") == 3
    assert all(db.session.scalars(select(Delegate.name_order)))


def test_somebody_added_by_hand_without_a_letter_is_no_fault_of_the_site(site: Flask) -> None:
    with transaction():
        desk.add_quietly(BY_HAND, "en", who=WHO)

    assert audit.faults() == []


def test_nobody_is_written_to_whose_details_are_erased(site: Flask) -> None:
    delegate = a_delegate()
    desk.cancel(delegate, who=WHO)
    desk.erase(delegate, who=WHO)

    with pytest.raises(Refused, match="nobody to write to"):
        desk.write_again(delegate, who=WHO)


def test_long_names_are_cut_where_they_are_only_put_in_order(site: Flask) -> None:
    delegate = a_delegate(family_name="\ufdfa" * 100, organisation="W" * 100)

    assert len(delegate.name_order) == 100
    assert delegate.found_by.count("w") == 100

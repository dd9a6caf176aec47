"""The desk and the visitors share one seat function; what a booking is found by is kept right."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.database import db, transaction
from app.delegates.models import CONFERENCE, Delegate
from app.errors import RuleViolation
from app.interchange.demo.generator import generate_delegates
from app.registration import demo, integrity_check, queries, seats, services
from app.registration.bookings import services as bookings
from app.registration.desk import services as desk
from tests.factories import make_delegate, set_places
from tests.races import at_once
from tests.registration.races import find_without_lock
from tests.registration_answers import build_answers

WHO = "dora@conference.example"
BY_HAND = build_answers(
    given_names="Zoë",
    family_name="Ångström",
    email="zoe@example.org",
    organisation="Institute of Light",
    country="SE",
)
ADA = build_answers()


def a_visitor_with_answers() -> str:
    """Let a visitor come as far as the last step; give the key of their answers."""
    with transaction():
        return services.create_draft(ADA)


def coming() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Delegate)) or 0


@pytest.mark.both_databases
def test_the_last_place_goes_to_a_visitor_or_to_who_is_added_by_hand_never_to_both(
    site: Flask,
) -> None:
    for round_ in range(4):
        set_places(round_ + 1)
        secret = a_visitor_with_answers()
        by_hand = {**BY_HAND, "email": f"zoe-{round_}@example.org"}

        ended = at_once(
            site,
            [
                lambda secret=secret: services.submit(secret, "en"),  # type: ignore[misc]
                lambda by_hand=by_hand: desk.add(by_hand, "en", actor=WHO),  # type: ignore[misc]
            ],
        )

        assert ended == ["All places are taken", "done"]
        assert coming() == queries.get_seat_counts().taken == round_ + 1
        with transaction():  # so that the visitor of the next round is somebody else
            for one in db.session.scalars(select(Delegate)):
                one.identity_key = f"{one.id}"


@pytest.mark.postgresql_only
def test_without_the_lock_both_would_get_it(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: it shows that the test above can see the race."""
    set_places(1)
    secret = a_visitor_with_answers()
    monkeypatch.setattr(seats, "find_for_update", find_without_lock(2))

    ended = at_once(
        site,
        [lambda: services.submit(secret, "en"), lambda: desk.add(BY_HAND, "en", actor=WHO)],
    )

    assert ended == ["done", "done"]
    assert coming() == 2, "one more than there are places"


def found(words: str) -> int:
    with_words = Delegate.search_text.contains(words)
    return db.session.scalar(select(func.count()).where(with_words)) or 0


def test_what_a_booking_is_found_by_is_kept_right_on_every_path(site: Flask) -> None:
    secret = a_visitor_with_answers()
    with transaction():
        delegate = services.submit(secret, "en").delegate
    reference = delegate.reference.lower()
    assert delegate.search_text == f"lovelace ada ada lovelace ada@example.org {reference}"
    assert (delegate.name_sort_key, delegate.organisation_sort_key) == ("lovelace ada", "")

    bookings.update(delegate, {"organisation": "Zürich Süd", "country": "CH"}, delegate.version)
    assert (found("zurich sud"), delegate.organisation_sort_key) == (1, "zurich sud")

    with transaction():
        bookings.request_email_change(delegate, "Ada@Example.com", delegate.version)
    assert found("example.com") == 0
    bookings.confirm_email_change(delegate)
    assert (found("example.com"), found("example.org")) == (1, 0)

    desk.cancel(delegate, actor=WHO)
    desk.erase(delegate, actor=WHO)
    assert (delegate.search_text, delegate.name_sort_key, delegate.organisation_sort_key) == (
        "",
        "",
        "",
    )


@pytest.mark.empty
def test_invented_delegates_are_found_too(site: Flask) -> None:
    with transaction():
        seats.set_limit(CONFERENCE, 5)
        demo.create(generate_delegates(3))

    assert found("@") == 3
    assert all(db.session.scalars(select(Delegate.name_sort_key)))


def test_somebody_added_by_hand_without_a_letter_is_no_fault_of_the_site(site: Flask) -> None:
    with transaction():
        desk.add(BY_HAND, "en", actor=WHO, notify=False)

    assert integrity_check.run_checks() == []


def test_nobody_is_written_to_whose_details_are_erased(site: Flask) -> None:
    delegate = make_delegate()
    desk.cancel(delegate, actor=WHO)
    desk.erase(delegate, actor=WHO)

    with pytest.raises(RuleViolation, match="nobody to email"):
        desk.send_status_again(delegate, actor=WHO)


def test_long_names_are_cut_where_they_are_only_put_in_order(site: Flask) -> None:
    delegate = make_delegate(family_name="\ufdfa" * 100, organisation="W" * 100)

    assert len(delegate.name_sort_key) == 100
    assert delegate.search_text.count("w") == 100

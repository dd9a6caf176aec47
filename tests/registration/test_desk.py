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
from tests.races import run_concurrently
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


def make_complete_draft() -> str:
    """Let a visitor come as far as the last step; give the key of their answers."""
    with transaction():
        return services.create_draft(ADA)


def count_delegates() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Delegate)) or 0


@pytest.mark.both_databases
def test_of_a_visitor_and_a_desk_addition_one_gets_the_last_place(
    site: Flask,
) -> None:
    for round_ in range(4):
        set_places(round_ + 1)
        secret = make_complete_draft()
        by_hand = {**BY_HAND, "email": f"zoe-{round_}@example.org"}

        ended = run_concurrently(
            site,
            [
                lambda secret=secret: services.submit(secret, "en"),  # type: ignore[misc]
                lambda by_hand=by_hand: desk.add(by_hand, "en", actor=WHO),  # type: ignore[misc]
            ],
        )

        assert ended == ["All places are taken", "done"]
        assert count_delegates() == queries.get_seat_counts().taken == round_ + 1
        with transaction():  # so that the visitor of the next round is a different one
            for one in db.session.scalars(select(Delegate)):
                one.identity_key = f"{one.id}"


@pytest.mark.postgresql_only
def test_without_the_lock_both_would_get_the_last_place(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: it shows that the test above can see the race."""
    set_places(1)
    secret = make_complete_draft()
    monkeypatch.setattr(seats, "find_for_update", find_without_lock(2))

    ended = run_concurrently(
        site,
        [lambda: services.submit(secret, "en"), lambda: desk.add(BY_HAND, "en", actor=WHO)],
    )

    assert ended == ["done", "done"]
    assert count_delegates() == 2, "one more than there are places"


def count_found(words: str) -> int:
    with_words = Delegate.search_text.contains(words)
    return db.session.scalar(select(func.count()).where(with_words)) or 0


def test_search_and_sort_keys_of_bookings_are_updated_by_every_operation(site: Flask) -> None:
    secret = make_complete_draft()
    with transaction():
        delegate = services.submit(secret, "en").delegate
    reference = delegate.reference.lower()
    assert delegate.search_text == f"lovelace ada ada lovelace ada@example.org {reference}"
    assert (delegate.name_sort_key, delegate.organisation_sort_key) == ("lovelace ada", "")

    bookings.update(delegate, {"organisation": "Zürich Süd", "country": "CH"}, delegate.version)
    assert (count_found("zurich sud"), delegate.organisation_sort_key) == (1, "zurich sud")

    with transaction():
        bookings.request_email_change(delegate, "Ada@Example.com", delegate.version)
    assert count_found("example.com") == 0
    bookings.confirm_email_change(delegate)
    assert (count_found("example.com"), count_found("example.org")) == (1, 0)

    desk.cancel(delegate, actor=WHO)
    desk.erase(delegate, actor=WHO)
    assert (delegate.search_text, delegate.name_sort_key, delegate.organisation_sort_key) == (
        "",
        "",
        "",
    )


@pytest.mark.empty
def test_demo_delegates_can_be_searched(site: Flask) -> None:
    with transaction():
        seats.set_limit(CONFERENCE, 5)
        demo.create(generate_delegates(3))

    assert count_found("@") == 3
    assert all(db.session.scalars(select(Delegate.name_sort_key)))


def test_a_delegate_added_without_email_passes_the_integrity_check(site: Flask) -> None:
    with transaction():
        desk.add(BY_HAND, "en", actor=WHO, notify=False)

    assert integrity_check.run_checks() == []


def test_no_email_is_sent_to_an_erased_delegate(site: Flask) -> None:
    delegate = make_delegate()
    desk.cancel(delegate, actor=WHO)
    desk.erase(delegate, actor=WHO)

    with pytest.raises(RuleViolation, match="nobody to email"):
        desk.send_status_again(delegate, actor=WHO)


def test_sort_keys_of_long_names_are_truncated(site: Flask) -> None:
    delegate = make_delegate(family_name="\ufdfa" * 100, organisation="W" * 100)

    assert len(delegate.name_sort_key) == 100
    assert delegate.search_text.count("w") == 100

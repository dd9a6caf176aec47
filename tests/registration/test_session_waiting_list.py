"""When a session is full, delegates wait for a seat, and one that becomes free finds the next."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.database import db, transaction
from app.delegates.models import Delegate, SeatLimit
from app.errors import RuleViolation
from app.programme.models import BOOKABLE, OPEN_TO_ALL
from app.programme.models import Session as WorkingSession
from app.registration import integrity_check, links, seats, session_seats
from app.registration.bookings import data_export, erasure, operations
from app.registration.session_bookings import offers, services
from app.registration.session_bookings.models import SessionBooking
from app.registration.waiting_list.models import WaitingListEntry
from app.releases.current_release import get_programme
from tests.browser import Browser
from tests.factories import FIRST_MORNING, make_delegate, make_session, publish_programme, sign_in
from tests.races import run_concurrently, run_while_locked
from tests.sent_emails import get_last_email_to, list_subjects_to

OFFER = "Accept your seat by 9:31am on Wednesday 13 May 2009: “Knots”"


def make_bookable(slug: str, number: int, **values: Any) -> WorkingSession:
    """Publish a session in which people book seats."""
    title = slug.capitalize()
    session = make_session(
        key=slug, slug=slug, title=title, booking=BOOKABLE, seats=number, **values
    )
    publish_programme()
    return session


def make_person(name: str) -> Delegate:
    return make_delegate(email=f"{name.lower()}@example.org", given_names=name)


def path_of(delegate: Delegate, slug: str = "") -> str:
    return f"/booking/{links.booking_token(delegate)}/sessions{f'/{slug}' if slug else ''}"


def book(delegate: Delegate, slug: str, **options: Any) -> bool:
    with transaction():
        own = db.session.merge(delegate)
        return services.book(own, get_programme().get_session(slug), **options)


def join(delegate: Delegate, slug: str = "knots") -> bool:
    with transaction():
        own = db.session.merge(delegate)
        return services.join_waiting_list(own, get_programme().get_session(slug))


def release_seat(delegate: Delegate, slug: str = "knots") -> None:
    with transaction():
        services.cancel(db.session.merge(delegate), slug)


def run_due() -> None:
    with transaction():
        offers.run_due()


def counts(slug: str = "knots") -> tuple[int, int, int]:
    """Return the seats of a session, how many are taken or on offer, and how many people wait."""
    limit = db.session.get_one(SeatLimit, f"session {slug}", populate_existing=True)
    db.session.commit()
    return limit.seats, limit.taken, limit.waiting


def get_states() -> dict[str, str]:
    """Return the newest state of each person on a list, by email address."""
    rows = db.session.execute(
        select(WaitingListEntry.email, WaitingListEntry.state).order_by(WaitingListEntry.id)
    ).all()
    db.session.commit()
    return {email.removesuffix("@example.org"): state for email, state in rows}


def list_booked(delegate: Delegate) -> list[str]:
    keys = select(SessionBooking.session_key).where(SessionBooking.delegate_id == delegate.id)
    found = list(db.session.scalars(keys.order_by(SessionBooking.id)))
    db.session.commit()
    return found


def list_faults() -> list[str]:
    """List the integrity errors except about emails, which people of other tests lack."""
    faults = [one for one in integrity_check.run_checks() if "email" not in one]
    db.session.commit()
    return faults


def fill(number: int = 1) -> tuple[Delegate, Delegate, Delegate]:
    """Let Eve have the only seat in Knots; return her, and two who want one."""
    make_bookable("knots", number)
    eve, ada, bea = make_person("Eve"), make_person("Ada"), make_person("Bea")
    book(eve, "knots")
    return eve, ada, bea


def test_the_waiting_list_of_a_full_session_can_be_joined_from_its_page(visitor: Browser) -> None:
    _, ada, bea = fill()
    visitor.open(path_of(ada))

    page = visitor.open("/sessions/knots").follow("Join the waiting list")
    assert page.heading == "Join the waiting list?"
    assert "we offer it by email to the person who has waited longest" in page.text
    assert "You have 24 hours to accept it, or less close to the session." in page.text
    page = visitor.press("Join the waiting list")
    join(bea)

    assert "You are on the waiting list. We will email you to confirm this." in page.text
    assert "Waiting: number 1 of 1" in page.text
    email = get_last_email_to("ada@example.org")
    assert email.subject == "You are on the waiting list for “Knots”"
    assert "You are number 1 on the waiting list for this session." in email.text
    own = visitor.open(path_of(bea)).follow("See your position or leave the list: Knots")
    assert own.heading == "You are on the waiting list"
    assert "You are number 2 of 2." in own.text
    assert (counts(), list_faults()) == ((1, 1, 2), [])


def test_a_released_seat_is_offered_to_the_first_person_waiting(
    visitor: Browser,
) -> None:
    eve, ada, bea = fill()
    join(ada)
    join(bea)

    release_seat(eve)

    assert list_subjects_to("ada@example.org")[-1] == OFFER
    assert (counts(), list_faults()) == ((1, 1, 1), [])
    with pytest.raises(seats.SoldOut):
        book(make_person("Cleo"), "knots")
    page = visitor.open(path_of(ada)).follow("Accept or decline the seat: Knots")
    assert page.heading == "You have been offered a seat"
    assert "We are keeping a seat for you until 9:31am on Wednesday 13 May 2009." in page.text
    page = visitor.press("Accept the seat")
    assert "You have a seat." in page.text
    assert list_booked(ada) == ["knots"]
    assert not book(ada, "knots"), "a second press changes nothing"
    assert list_subjects_to("ada@example.org")[-1] == "You have a seat in “Knots”"
    assert get_states() == {"ada": "accepted", "bea": "waiting"}
    assert (counts(), list_faults()) == ((1, 1, 1), [])
    steps = visitor.open(path_of(ada, "knots")).text
    assert steps.index("We offered you a seat") < steps.index("You accepted the seat")


def test_an_offered_seat_is_tentative_in_the_calendar_until_it_ends(
    visitor: Browser, frozen_time: time_machine.Traveller
) -> None:
    eve, ada, bea = fill()
    join(ada)
    join(bea)

    assert statuses_in_calendar(visitor, ada) == []
    release_seat(eve)
    assert statuses_in_calendar(visitor, ada) == ["TENTATIVE"]
    frozen_time.move_to("2009-05-13T09:31:00+01:00")  # the worker has not come yet
    assert statuses_in_calendar(visitor, ada) == ["CANCELLED"]
    run_due()
    assert statuses_in_calendar(visitor, ada) == ["CANCELLED"]
    assert statuses_in_calendar(visitor, bea) == ["TENTATIVE"]
    book(bea, "knots")
    assert statuses_in_calendar(visitor, bea) == ["CONFIRMED"]
    release_seat(bea)
    assert statuses_in_calendar(visitor, bea) == ["CANCELLED"]


def statuses_in_calendar(visitor: Browser, delegate: Delegate) -> list[str]:
    """Return the status of each calendar entry of a person; all must have a SEQUENCE."""
    token = links.session_feed_token(delegate)
    answer = visitor.fetch("GET", f"/booking/calendar/{token}.ics")
    lines = answer.get_data(as_text=True).splitlines()
    statuses = [one.removeprefix("STATUS:") for one in lines if one.startswith("STATUS:")]
    assert len(statuses) == sum(one.startswith("SEQUENCE:") for one in lines)
    return statuses


def test_a_declined_seat_offer_passes_to_the_next_person(visitor: Browser) -> None:
    eve, ada, bea = fill()
    join(ada)
    join(bea)
    release_seat(eve)

    visitor.open(path_of(ada, "knots"))
    page = visitor.press("Decline the seat")

    assert "We will offer the seat to the next person." in page.text
    assert get_states() == {"ada": "left", "bea": "offered"}
    assert (counts(), list_faults()) == ((1, 1, 0), [])
    assert visitor.open(path_of(ada, "knots")).heading == "Join the waiting list?"


def test_a_seat_accepted_in_another_tab_cannot_be_declined(visitor: Browser) -> None:
    eve, ada, _ = fill()
    join(ada)
    release_seat(eve)
    page = visitor.open(path_of(ada, "knots"))
    page.press("Accept the seat")

    page = page.press("Decline the seat")

    assert "You are no longer on the waiting list." in page.text
    assert "We will offer the seat to the next person." not in page.text
    assert (list_booked(ada), list_faults()) == (["knots"], [])


def test_leaving_the_waiting_list_moves_the_others_up(visitor: Browser) -> None:
    _, ada, bea = fill()
    join(ada)
    join(bea)

    visitor.open(path_of(ada, "knots"))
    page = visitor.press("Leave the waiting list")

    assert "You are no longer on the waiting list." in page.text
    assert "You are number 1 of 1." in visitor.open(path_of(bea, "knots")).text
    assert (counts(), list_faults()) == ((1, 1, 1), [])


def test_accepting_a_clashing_seat_offer_swaps_seats_in_one_step(visitor: Browser) -> None:
    eve, ada, bea = fill()
    make_bookable("nets", 1)
    book(ada, "nets")
    join(ada)
    join(bea, "nets")
    release_seat(eve)

    page = visitor.open(path_of(ada, "knots"))
    assert "You have booked “Nets” at the same time:" in page.text
    visitor.press("Swap my seat")

    assert (list_booked(ada), get_states()) == (["knots"], {"ada": "accepted", "bea": "offered"})
    assert (counts(), counts("nets")) == ((1, 1, 0), (1, 1, 0))
    assert list_subjects_to("bea@example.org")[-1] == OFFER.replace("Knots", "Nets")
    assert list_faults() == []


def test_a_swap_into_a_seat_reserved_for_the_waiting_list_is_refused(
    visitor: Browser,
) -> None:
    _, ada, _ = fill()
    join(ada)
    make_bookable("ropes", 3)
    cleo = make_person("Cleo")
    book(cleo, "ropes")
    session = db.session.scalars(select(WorkingSession).filter_by(key="knots")).one()
    session.seats = 2
    publish_programme()  # the worker has not offered the new seat yet

    with pytest.raises(seats.SoldOut):
        book(cleo, "knots", in_place_of=["ropes"])

    assert (list_booked(cleo), get_states()) == (["ropes"], {"ada": "waiting"})
    assert join(cleo)
    run_due()
    assert (list_booked(cleo), get_states()) == (["ropes"], {"ada": "offered", "cleo": "waiting"})
    assert list_faults() == []


def test_an_expired_seat_offer_cannot_be_accepted(
    visitor: Browser, frozen_time: time_machine.Traveller
) -> None:
    eve, ada, bea = fill()
    join(ada)
    join(bea)
    release_seat(eve)
    visitor.open(path_of(ada, "knots"))

    frozen_time.move_to("2009-05-13T09:31:00+01:00")
    page = visitor.press("Accept the seat", status=409)
    assert "This offer has ended. You can join the waiting list again" in page.text
    run_due()
    run_due()

    assert get_states() == {"ada": "lapsed", "bea": "offered"}
    assert list_subjects_to("ada@example.org")[-1] == "The offer of a seat in “Knots” has ended"
    assert len(list_subjects_to("bea@example.org")) == 2
    assert (list_booked(ada), counts(), list_faults()) == ([], (1, 1, 0), [])
    page = visitor.open(path_of(ada, "knots"))
    assert page.heading == "Join the waiting list?"
    assert "We kept a seat for you until 9:31am on Wednesday 13 May 2009." in page.text
    frozen_time.move_to("2009-05-13T08:31:00+01:00")
    with pytest.raises(seats.SoldOut):  # nor after the clock was put back
        book(ada, "knots")
    assert join(ada)


def test_seat_offers_are_shorter_as_the_session_nears(
    site: Flask, frozen_time: time_machine.Traveller
) -> None:
    make_bookable("knots", 1)
    session = get_programme().get_session("knots")
    ends = {}
    for hours in (200, 40, 2, 0.5):
        frozen_time.move_to(FIRST_MORNING - timedelta(hours=hours))
        ends[hours] = FIRST_MORNING - offers.get_offer_end(
            session, FIRST_MORNING - timedelta(hours=hours)
        )
    minute = timedelta(minutes=1)
    assert ends == {
        200: timedelta(hours=176) - minute,
        40: timedelta(hours=30) - minute,
        2: timedelta(hours=1) - minute,
        0.5: timedelta(),
    }


def test_cancelling_a_booking_passes_its_seats_and_offers_on(
    visitor: Browser,
) -> None:
    eve, ada, bea = fill()
    join(ada)
    join(bea)

    for person in (eve, ada):
        with transaction():
            operations.cancel(db.session.merge(person), actor="grace@conference.example")

    assert get_states() == {"ada": "left", "bea": "offered"}
    assert (counts(), list_faults()) == ((1, 1, 0), [])


def test_added_seats_are_offered_in_order_and_count_against_lower_limits(
    site: Flask,
) -> None:
    _, ada, bea = fill()
    join(ada)
    join(bea)
    session = db.session.scalars(select(WorkingSession).where(WorkingSession.key == "knots")).one()
    session.seats = 2
    publish_programme()
    with pytest.raises(seats.SoldOut):  # a person who came just before the worker runs
        book(make_person("Cleo"), "knots")

    run_due()

    assert (get_states(), counts()) == ({"ada": "offered", "bea": "waiting"}, (2, 2, 1))
    session = db.session.merge(session)
    session.seats = 1
    with pytest.raises(
        RuleViolation, match="2 people have booked a seat or can take one that we offered"
    ):
        services.check_seats(session)
    publish_programme()
    assert (counts(), list_faults()) == ((2, 2, 1), [])


def test_lowering_the_seats_while_people_wait_makes_no_extra_offers(
    site: Flask,
) -> None:
    make_bookable("knots", 2)
    eve, fay, ada = make_person("Eve"), make_person("Fay"), make_person("Ada")
    book(eve, "knots")
    book(fay, "knots")
    join(ada)
    session = db.session.scalars(select(WorkingSession).where(WorkingSession.key == "knots")).one()
    session.seats = 1
    publish_programme()
    run_due()
    assert (get_states(), counts()) == ({"ada": "waiting"}, (2, 2, 1))

    release_seat(eve)
    run_due()
    assert (get_states(), counts()) == ({"ada": "waiting"}, (1, 1, 1))
    release_seat(fay)

    assert (get_states(), counts(), list_faults()) == ({"ada": "offered"}, (1, 1, 0), [])


def test_a_seat_offered_to_another_person_cannot_be_taken(visitor: Browser) -> None:
    eve, ada, bea = fill()
    join(ada)
    join(bea)
    release_seat(eve)
    page = visitor.open(path_of(ada, "knots"))
    token = page.source.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]

    visitor.send("POST", path_of(bea, "knots"), 409, data={"csrf_token": token, "expected": ""})

    assert (list_booked(ada), list_booked(bea)) == ([], [])
    assert (get_states(), counts()) == ({"ada": "offered", "bea": "waiting"}, (1, 1, 1))


def test_cancelling_a_session_ends_its_offers_and_emails_the_waiting_list(
    visitor: Browser,
) -> None:
    eve, ada, bea = fill()
    join(ada)
    join(bea)
    release_seat(eve)
    session = db.session.scalars(select(WorkingSession).where(WorkingSession.key == "knots")).one()
    session.cancelled_at = FIRST_MORNING - timedelta(days=20)
    publish_programme()

    with pytest.raises(RuleViolation):
        book(ada, "knots")
    run_due()

    assert (get_states(), counts()) == ({"ada": "removed", "bea": "removed"}, (1, 0, 0))
    for name in ("ada", "bea"):
        email = get_last_email_to(f"{name}@example.org")
        assert email.subject == "You are no longer on the waiting list for “Knots”"
        assert "“Knots” has been cancelled" in email.text
    assert list_faults() == []


def test_a_moved_session_keeps_its_offers_and_waiting_list(visitor: Browser) -> None:
    eve, ada, bea = fill()
    join(ada)
    join(bea)
    release_seat(eve)
    visitor.open(path_of(ada, "knots"))
    session = db.session.scalars(select(WorkingSession).where(WorkingSession.key == "knots")).one()
    session.starts_at = FIRST_MORNING + timedelta(hours=2)
    session.ends_at = FIRST_MORNING + timedelta(hours=3)
    publish_programme()
    run_due()

    assert get_states() == {"ada": "offered", "bea": "waiting"}
    page = visitor.press("Accept the seat")
    assert "You have a seat." in page.text
    assert list_booked(ada) == ["knots"]
    assert "You are number 1 of 1." in visitor.open(path_of(bea, "knots")).text
    assert (counts(), list_faults()) == ((1, 1, 1), [])


def test_moving_a_session_earlier_shortens_its_offers(
    visitor: Browser, frozen_time: time_machine.Traveller
) -> None:
    make_bookable("knots", 1)
    eve, ada = make_person("Eve"), make_person("Ada")
    book(eve, "knots")
    join(ada)
    frozen_time.move_to(FIRST_MORNING - timedelta(hours=40))
    release_seat(eve)
    session = db.session.scalars(select(WorkingSession).where(WorkingSession.key == "knots")).one()
    session.starts_at = FIRST_MORNING - timedelta(hours=38)
    publish_programme()

    for _ in range(2):  # emailed once
        run_due()

    assert len(list_subjects_to("ada@example.org")) == 3  # on the list, the offer, its earlier end
    email = get_last_email_to("ada@example.org")
    assert email.subject == "Accept your seat by 6:31pm on Monday 8 June 2009: “Knots”"
    page = visitor.open(path_of(ada, "knots"))
    assert "We are keeping a seat for you until 6:31pm on Monday 8 June 2009." in page.text
    assert "The session starts earlier, and so your offer ends earlier" in page.text
    assert list_faults() == []


def test_people_removed_from_a_waiting_list_are_told_why(site: Flask) -> None:
    eve, ada, bea = fill()
    join(ada)
    join(bea)
    with transaction():
        db.session.merge(ada).days = "2009-06-11"
    release_seat(eve)
    run_due()
    session = db.session.scalars(select(WorkingSession).where(WorkingSession.key == "knots")).one()
    session.booking = OPEN_TO_ALL
    publish_programme()
    run_due()

    assert get_states() == {"ada": "removed", "bea": "removed"}
    said = {name: get_last_email_to(f"{name}@example.org").text for name in ("ada", "bea")}
    assert "“Knots” is on a day that is not in your booking" in said["ada"]
    assert "Seats in “Knots” can no longer be booked" in said["bea"]


def test_the_waiting_list_of_a_started_session_is_closed(
    site: Flask, frozen_time: time_machine.Traveller
) -> None:
    _, ada, bea = fill()
    join(ada)
    frozen_time.move_to(FIRST_MORNING)
    with pytest.raises(services.NotBookable):
        join(bea)

    run_due()

    assert (get_states(), counts()) == ({"ada": "removed"}, (1, 1, 0))
    assert len(list_subjects_to("ada@example.org")) == 1, "the session tells them by itself"


def test_nobody_can_wait_with_a_seat_or_while_seats_are_free(visitor: Browser) -> None:
    eve, ada, _ = fill(2)
    with pytest.raises(services.NotBookable):
        join(eve)
    with pytest.raises(seats.PlacesLeft):
        join(ada)
    book(ada, "knots")
    bea = db.session.scalars(select(Delegate).where(Delegate.given_names == "Bea")).one()
    assert join(bea)
    assert not join(bea)
    assert list_subjects_to("bea@example.org") == ["You are on the waiting list for “Knots”"]
    visitor.open(path_of(bea, "knots").replace("/booking/", "/booking/x"), status=404)


def test_organisers_can_see_and_remove_people_waiting_for_seats(visitor: Browser) -> None:
    sign_in(visitor)
    desk = visitor
    eve, ada, bea = fill()
    join(ada)
    join(bea)
    release_seat(eve)

    assert "Nobody is waiting" in desk.open("/organise/waiting-list").text
    page = desk.open("/organise/waiting-list?list=sessions")
    assert "until 9:31am, 13 May 2009" in page.text
    page = page.follow("Ada Lovelace").follow("Remove from the waiting list")
    assert "They keep their booking and their other seats." in page.text
    desk.press("Remove from the waiting list")

    assert get_states() == {"ada": "removed", "bea": "offered"}
    assert (
        "The organisers have removed you from the waiting list for “Knots”."
        in get_last_email_to("ada@example.org").text
    )
    assert (counts(), list_faults()) == ((1, 1, 0), [])


def test_waiting_list_entries_follow_a_new_email_address_and_erasing(site: Flask) -> None:
    eve, ada, _ = fill()
    join(ada)
    with transaction():
        own = db.session.merge(ada)
        operations.change_email(own, "new@example.org", "Changed", actor="grace@conference.example")
        exported = data_export.export_delegate(own)
    assert [one["for"] for one in exported["waiting_list"]] == ["Knots"]
    release_seat(eve)
    assert list_subjects_to("new@example.org") == [OFFER]

    with transaction():
        erasure.erase(db.session.merge(ada))

    assert (get_states(), counts(), list_faults()) == ({}, (1, 0, 0), [])


@pytest.mark.parametrize("count", [1, 3])
def test_waiting_list_positions_need_one_query(
    visitor: Browser, queries: list[str], count: int
) -> None:
    ada, eve = make_person("Ada"), make_person("Eve")
    for number in range(count):
        make_bookable(f"knots{number}", 1, starts_at=FIRST_MORNING + timedelta(hours=2 * number))
        book(eve, f"knots{number}")
        join(ada, f"knots{number}")

    visitor.open(path_of(ada))
    queries.clear()

    page = visitor.open(path_of(ada))

    assert page.text.count("Waiting: number 1 of 1") == count
    assert len([one for one in queries if "waiting_list_entry" in one]) == 1


@pytest.mark.both_databases
def test_concurrent_workers_end_an_expired_offer_once(
    site: Flask, frozen_time: time_machine.Traveller
) -> None:
    eve, ada, bea = fill()
    join(ada)
    join(bea)
    release_seat(eve)
    frozen_time.move_to("2009-05-13T10:00:00+01:00")

    ended = run_concurrently(site, [run_due] * 4)

    assert ended == ["done"] * 4
    assert (get_states(), counts()) == ({"ada": "lapsed", "bea": "offered"}, (1, 1, 0))
    assert len(list_subjects_to("ada@example.org")) == 3
    assert len(list_subjects_to("bea@example.org")) == 2
    assert list_faults() == []


@pytest.mark.postgresql_only
def test_an_offer_to_a_person_who_is_cancelling_passes_on(site: Flask) -> None:
    eve, ada, bea = fill()
    join(ada)
    join(bea)
    holder, leaver = eve.id, ada.id

    def cancel() -> None:
        with transaction():  # which reads that she waits, and is locked out while she is offered
            operations.cancel(
                db.session.get_one(Delegate, leaver), actor="grace@conference.example"
            )

    ended = run_while_locked(
        site,
        lambda: session_seats.lock_sessions(["knots"]),
        lambda: services.cancel(db.session.get_one(Delegate, holder), "knots"),
        cancel,
    )

    assert ended == ["done", "done"]
    assert (get_states(), counts(), list_faults()) == (
        {"ada": "left", "bea": "offered"},
        (1, 1, 0),
        [],
    )


@pytest.mark.both_databases
def test_concurrent_accepting_declining_and_cancelling_end_an_offer_once(site: Flask) -> None:
    eve, ada, bea = fill()
    join(ada)
    join(bea)
    release_seat(eve)

    number = ada.id

    def find() -> Delegate:
        return db.session.get_one(Delegate, number)

    def leave() -> None:
        with transaction():
            services.leave_waiting_list(find(), "knots")

    def cancel() -> None:
        with transaction():
            operations.cancel(find(), actor="grace@conference.example")

    def take() -> None:
        with transaction():
            services.book(find(), get_programme().get_session("knots"))

    run_concurrently(site, [take, leave, cancel, take])

    assert get_states()["bea"] == "offered"
    assert (list_booked(ada), counts(), list_faults()) == ([], (1, 1, 0), [])


def test_the_integrity_check_finds_miscounted_session_waiting_lists(site: Flask) -> None:
    _, ada, _ = fill()
    join(ada)
    with transaction():
        session_seats.lock_sessions(["knots"])["knots"].waiting = 3
        db.session.add(
            SessionBooking(
                delegate_id=ada.id, session_key="knots", title="Knots", booked_at=FIRST_MORNING
            )
        )

    assert list_faults() == [
        "1 seat of the session “knots” is counted as taken, but 2 are booked.",
        "3 people are counted as waiting for the session “knots”, but 1 is on its list.",
        f"Booking {ada.reference} waits for “Knots”, but has a seat.",
    ]

"""When the conference is full, people wait their turn, and a free place finds the next of them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import cache_version, clock
from app.cache_version import bump_cache_version
from app.database import db, transaction
from app.delegates.models import CONFERENCE, Delegate, SeatLimit
from app.programme import public_settings
from app.programme.models import Conference
from app.registration import conference_settings, queries, seats
from app.registration.bookings import data_export, operations
from app.registration.desk import services as desk
from app.registration.waiting_list import offers
from app.registration.waiting_list import services as waiting_list
from app.registration.waiting_list.models import WaitingListEntry
from tests.browser import Browser, Browsers, Page
from tests.factories import make_delegate, make_waiting_list_entry, set_places, sign_in
from tests.lookups import list_count_errors
from tests.races import run_in_threads
from tests.registration_flow import answer_questions
from tests.sent_emails import find_link, get_last_email_to, list_emails_to, list_subjects_to

THURSDAY = "2009-06-11"
OFFER = "Accept your place by"


def fill_conference(size: int = 1, *, is_open: bool = True) -> list[Delegate]:
    """Take every place, with a waiting list."""
    set_places(size)
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=is_open)
    return [make_delegate(email=f"early{number}@example.org") for number in range(size)]


def go_to_check(visitor: Browser, given: str, email: str) -> Page:
    """Answer every question."""
    return answer_questions(
        visitor, name=(given, "Waite"), email=email, start="Join the waiting list"
    )


def join(visitor: Browser, given: str, email: str | None = None) -> Page:
    email = email or f"{given.lower()}@example.org"
    return go_to_check(visitor, given, email).press("Join the waiting list")


def open_own_page(visitor: Browser, email: str) -> Page:
    return visitor.open(find_link(get_last_email_to(email), "/waiting-list/"))


def cancel(delegate: Delegate) -> None:
    """Cancel a booking, as the desk does."""
    with transaction():
        operations.cancel(db.session.merge(delegate), actor="grace@conference.example")


def get_counts() -> tuple[int, int]:
    """Return the places taken, with those on offer, and the number of people who wait."""
    limit = db.session.get_one(SeatLimit, CONFERENCE, populate_existing=True)
    db.session.commit()
    return limit.taken, limit.waiting


def run_due() -> None:
    with transaction():
        offers.run_due()


def get_state(email: str) -> str:
    found = select(WaitingListEntry.state).where(WaitingListEntry.email == email)
    state = db.session.scalar(found.order_by(WaitingListEntry.id.desc()))
    db.session.commit()
    return state or ""


def test_a_full_conference_offers_its_waiting_list_and_explains_it(visitor: Browser) -> None:
    fill_conference()

    page = visitor.open("/register")

    assert page.heading == "The conference is full"
    assert "You have 24 hours to accept it" in page.text
    assert "We offer places until registration closes." in page.text
    page = visitor.open("/")
    assert page.links["Waiting list"] == "/register"
    assert "All places are taken. You can join the waiting list." in page.text
    assert page.follow("Join the waiting list").heading == "The conference is full"


def test_without_a_waiting_list_nobody_joins(visitor: Browser) -> None:
    fill_conference(is_open=False)

    page = visitor.open("/register")

    assert "Join the waiting list" not in page.links
    assert visitor.open("/register/name", status=409).heading == "The conference is full"


def test_people_join_the_waiting_list_and_see_their_position(visitor: Browser) -> None:
    fill_conference()

    page = join(visitor, "Ada")
    join(visitor, "Bea")

    assert page.heading == "Check your email"
    first = open_own_page(visitor, "ada@example.org")
    assert "You are next. We will email you when a place becomes free." in first.text
    second = open_own_page(visitor, "bea@example.org")
    assert "You are number 2. We will email you when we can offer you a place." in second.text
    assert get_counts() == (1, 2)
    assert db.session.scalars(select(Delegate.email)).all() == ["early0@example.org"]


def test_a_free_place_is_offered_to_the_first_person_waiting(visitor: Browser) -> None:
    [early] = fill_conference()
    join(visitor, "Ada")
    join(visitor, "Bea")

    cancel(early)

    assert get_last_email_to("ada@example.org").subject == (
        f"{OFFER} 9:31am on Wednesday 13 May 2009: Tides and Harbours"
    )
    assert get_counts() == (1, 1)
    page = open_own_page(visitor, "ada@example.org")
    assert page.heading == "You have been offered a place"
    assert (
        "We are keeping a place for Ada Waite until 9:31am on Wednesday 13 May 2009." in page.text
    )
    booking = page.press("Accept the place")
    assert booking.heading == "Your booking"
    assert "A ramp" in booking.text
    assert list_subjects_to("ada@example.org")[-1].startswith("You are registered for Tides")
    assert "You are next." in open_own_page(visitor, "bea@example.org").text
    assert get_counts() == (1, 1)


def test_a_free_place_is_reserved_for_the_waiting_list(
    visitor: Browser,
) -> None:
    [early] = fill_conference()
    join(visitor, "Ada")
    cancel(early)

    assert visitor.open("/register").heading == "The conference is full"
    with pytest.raises(seats.SoldOut), transaction():
        seats.reserve((CONFERENCE,), make_unsaved_delegate())


def make_unsaved_delegate() -> Delegate:
    return Delegate(reference="XXXX2345")


def test_an_expired_offer_passes_to_the_next_person(visitor: Browser, frozen_time: Any) -> None:
    [early] = fill_conference()
    join(visitor, "Ada")
    join(visitor, "Bea")
    cancel(early)
    ada = find_link(get_last_email_to("ada@example.org"), "/waiting-list/")

    frozen_time.move_to("2009-05-13T09:32:00+01:00")
    late = visitor.open(ada)
    run_due()
    run_due()

    assert late.heading == "The offer has ended"
    assert late.buttons == []
    assert list_subjects_to("ada@example.org")[-1] == (
        "The offer of a place at Tides and Harbours has ended"
    )
    assert [one for one in list_subjects_to("bea@example.org") if one.startswith(OFFER)] == [
        f"{OFFER} 9:33am on Thursday 14 May 2009: Tides and Harbours"
    ]
    assert (get_state("ada@example.org"), get_state("bea@example.org")) == ("lapsed", "offered")
    assert get_counts() == (1, 0)


def test_rejoining_after_an_expired_offer_goes_to_the_end_of_the_list(
    visitor: Browser, new_browser: Browsers, frozen_time: Any
) -> None:
    [early] = fill_conference()
    join(visitor, "Ada")
    join(visitor, "Bea")
    join(visitor, "Cleo")
    cancel(early)
    frozen_time.move_to("2009-05-13T09:32:00+01:00")

    join(new_browser(), "Ada")
    run_due()

    assert list_subjects_to("ada@example.org")[-2:] == [
        "The offer of a place at Tides and Harbours has ended",
        "You are on the waiting list for Tides and Harbours",
    ]
    page = open_own_page(visitor, "ada@example.org")
    assert "You are number 2." in page.text
    assert get_state("bea@example.org") == "offered"
    assert get_counts() == (1, 2)
    assert list_count_errors() == []


def test_rejoining_alone_after_an_expired_offer_gets_a_new_offer(
    visitor: Browser, new_browser: Browsers, frozen_time: Any
) -> None:
    [early] = fill_conference()
    join(visitor, "Ada")
    cancel(early)
    frozen_time.move_to("2009-05-13T09:32:00+01:00")

    join(new_browser(), "Ada")
    run_due()

    assert list_subjects_to("ada@example.org")[-1] == (
        f"{OFFER} 9:33am on Thursday 14 May 2009: Tides and Harbours"
    )
    page = open_own_page(visitor, "ada@example.org")
    assert "9:33am on Thursday 14 May 2009" in page.text
    assert page.press("Accept the place").heading == "Your booking"
    assert get_counts() == (1, 0)
    assert list_count_errors() == []


def test_rejoining_with_an_open_offer_sends_it_again_with_its_deadline(
    visitor: Browser, new_browser: Browsers
) -> None:
    [early] = fill_conference()
    join(visitor, "Ada")
    cancel(early)

    join(new_browser(), "Ada")

    offer = f"{OFFER} 9:31am on Wednesday 13 May 2009: Tides and Harbours"
    assert list_subjects_to("ada@example.org")[1:] == [offer, offer]
    assert open_own_page(visitor, "ada@example.org").heading == "You have been offered a place"
    assert get_counts() == (1, 0)


def test_an_expired_offer_cannot_be_accepted(visitor: Browser, frozen_time: Any) -> None:
    [early] = fill_conference()
    join(visitor, "Ada")
    cancel(early)
    page = open_own_page(visitor, "ada@example.org")

    frozen_time.move_to("2009-05-13T09:31:00+01:00")
    page = page.press("Accept the place", status=409)

    assert page.heading == "The offer has ended"
    assert db.session.scalar(select(Delegate).where(Delegate.email == "ada@example.org")) is None


def test_accepting_an_offer_twice_gives_one_place(visitor: Browser) -> None:
    [early] = fill_conference()
    join(visitor, "Ada")
    cancel(early)
    page = open_own_page(visitor, "ada@example.org")

    first, second = page.press("Accept the place"), page.press("Accept the place")

    assert first.heading == second.heading == "Your booking"
    assert get_counts() == (1, 0)


def test_declining_an_offer_passes_it_on_and_deletes_the_answers(visitor: Browser) -> None:
    [early] = fill_conference()
    join(visitor, "Ada")
    join(visitor, "Bea")
    cancel(early)

    page = open_own_page(visitor, "ada@example.org").follow("Decline the place")
    assert page.heading == "Decline the place?"
    assert "We will offer the place to the next person, and delete your answers." in page.text
    page = page.press("Decline the place")

    assert page.heading == "You declined the offer"
    assert get_state("bea@example.org") == "offered"
    entry = db.session.scalars(select(WaitingListEntry).order_by(WaitingListEntry.id)).first()
    assert entry is not None
    assert (entry.document, entry.identity_key) == ("", "")


def test_stale_leave_and_decline_pages_show_the_current_state(visitor: Browser) -> None:
    [early] = fill_conference()
    join(visitor, "Ada")
    leaving = open_own_page(visitor, "ada@example.org").follow("Leave the waiting list")
    leaving.press("Leave the waiting list")
    join(visitor, "Bea")
    cancel(early)
    declining = open_own_page(visitor, "bea@example.org").follow("Decline the place")
    open_own_page(visitor, "bea@example.org").press("Accept the place")

    assert visitor.open(leaving.address).heading == "You left the waiting list"
    assert visitor.open(declining.address).heading == "You accepted the place"
    assert declining.press("Decline the place").heading == "You accepted the place"
    assert find_delegate("bea@example.org").is_attending
    assert (get_counts(), list_count_errors()) == ((1, 0), [])


def test_an_expired_offer_cannot_be_declined(visitor: Browser, frozen_time: Any) -> None:
    [early] = fill_conference()
    join(visitor, "Ada")
    cancel(early)
    page = open_own_page(visitor, "ada@example.org").follow("Decline the place")

    frozen_time.move_to("2009-05-13T09:31:00+01:00")
    page = page.press("Decline the place")

    assert page.heading == "The offer has ended"
    run_due()
    assert get_state("ada@example.org") == "lapsed"


def test_an_existing_entry_or_place_is_revealed_only_by_email(visitor: Browser) -> None:
    fill_conference()
    make_full_with("ada@example.org")
    pages = [join(visitor, "Bea"), join(visitor, "Bea"), join(visitor, "Ada")]

    assert len({page.text for page in pages}) == 1
    assert (
        list_subjects_to("bea@example.org")
        == ["You are on the waiting list for Tides and Harbours"] * 2
    )
    [subject] = list_subjects_to("ada@example.org")
    assert subject.startswith("You already have a place at Tides and Harbours")
    assert get_counts()[1] == 1


def make_full_with(email: str) -> None:
    """Let Ada Waite have a place, so that the conference is full with her."""
    set_places(2)
    make_delegate(given_names="Ada", family_name="Waite", email=email)


def test_a_place_that_became_free_while_joining_can_be_taken(visitor: Browser) -> None:
    [early] = fill_conference()
    page = go_to_check(visitor, "Ada", "ada@example.org")
    cancel(early)

    page = page.press("Join the waiting list", status=422)
    assert page.errors == [
        "A place has just become free, so you can register now. Confirm to accept it"
    ]
    assert page.press("Confirm registration").heading == "You are registered"


def test_losing_the_last_place_while_registering_leads_to_the_waiting_list(
    visitor: Browser,
) -> None:
    set_places(1)
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)
    page = answer_questions(visitor)
    make_delegate()

    page = page.press("Confirm registration", status=422)

    assert page.errors == [
        "All places have just been taken, so you are not registered. You can join the waiting list"
    ]
    assert page.press("Join the waiting list").heading == "Check your email"


def test_added_places_are_offered_in_order(visitor: Browser) -> None:
    fill_conference()
    for name in ("Ada", "Bea", "Cleo"):
        join(visitor, name)

    with transaction():
        conference_settings.change_limit(3, expected_limit=1, actor="grace@conference.example")

    states = [get_state(f"{name}@example.org") for name in ("ada", "bea", "cleo")]
    assert states == ["offered", "offered", "waiting"]
    assert get_counts() == (3, 1)
    assert list_count_errors() == []


def test_offers_are_shorter_as_the_conference_nears(site: Flask, frozen_time: Any) -> None:
    ends = []
    for moment in ("2009-05-12T09:00:00", "2009-06-07T12:00:00", "2009-06-08T16:30:00"):
        frozen_time.move_to(f"{moment}+01:00")
        now = clock.now()
        ends.append((offers.get_offer_end(now) - now).total_seconds() // 60)

    a_day, a_quarter_of_what_is_left, until_it_closes = ends
    assert a_day == 24 * 60 + 1
    assert a_quarter_of_what_is_left == 15 * 60 + 1
    assert until_it_closes == 30


def test_after_registration_has_closed_no_places_are_offered(
    visitor: Browser, frozen_time: Any
) -> None:
    [early] = fill_conference()
    join(visitor, "Ada")

    frozen_time.move_to("2009-06-08T17:00:01+01:00")
    cancel(early)
    run_due()

    assert get_state("ada@example.org") == "waiting"
    page = open_own_page(visitor, "ada@example.org")
    assert page.heading == "You are on the waiting list"
    assert "Registration has closed, so we are not offering any more places." in page.text
    with pytest.raises(seats.SoldOut), transaction():
        seats.reserve((CONFERENCE,), make_unsaved_delegate())
    desk_adds("cleo@example.org")
    assert get_counts() == (1, 1)


def desk_adds(email: str) -> None:
    """Add a delegate by hand."""
    names = {"given_names": "Cleo", "family_name": "Waite", "badge_name": "Cleo"}
    answers = {**names, "email": email, "country": "GB", "days": THURSDAY}
    with transaction():
        desk.add(answers, "en", actor="grace@conference.example")


def test_waiting_list_entries_are_deleted_after_the_conference(
    visitor: Browser, frozen_time: Any
) -> None:
    fill_conference()
    join(visitor, "Ada")

    frozen_time.move_to("2009-09-01T12:00:00+01:00")
    with transaction():
        waiting_list.purge_expired()

    assert db.session.scalars(select(WaitingListEntry)).all() == []
    assert get_counts() == (1, 0)


def test_waiting_list_entries_are_kept_until_the_conference(
    visitor: Browser, frozen_time: Any
) -> None:
    fill_conference()
    join(visitor, "Ada")
    close_registration_at("2009-05-05T12:00:00+01:00")

    frozen_time.move_to("2009-06-09T12:00:00+01:00")
    with transaction():
        waiting_list.purge_expired()

    assert get_state("ada@example.org") == "waiting"


def close_registration_at(moment: str) -> None:
    with transaction():
        conference = db.session.get_one(Conference, 1)
        closes = {"registration_closes_at": datetime.fromisoformat(moment)}
        public_settings.update(conference, closes)
        bump_cache_version()


def test_waiting_list_entries_are_kept_while_nothing_is_published(visitor: Browser) -> None:
    fill_conference()
    join(visitor, "Ada")
    with transaction():
        db.session.get_one(Conference, 1).current_release = None
        bump_cache_version()
    with transaction():
        waiting_list.purge_expired()

    assert get_state("ada@example.org") == "waiting"


def test_a_worker_with_its_clock_out_of_sync_ends_no_offers(
    visitor: Browser, frozen_time: Any
) -> None:
    [early] = fill_conference()
    join(visitor, "Ada")
    join(visitor, "Bea")
    cancel(early)
    with transaction():
        cache_version.set_clock_start(clock.now())
        bump_cache_version()

    frozen_time.move_to("2010-01-01T12:00:00+00:00")
    run_due()
    with transaction():
        waiting_list.purge_expired()

    assert not cache_version.is_clock_in_sync()
    assert (get_state("ada@example.org"), get_state("bea@example.org")) == ("offered", "waiting")


def take_offered_place(visitor: Browser, early: Delegate) -> Delegate:
    """Join, get the released place of another person, and accept it."""
    join(visitor, "Ada")
    cancel(early)
    open_own_page(visitor, "ada@example.org").press("Accept the place")
    return find_delegate("ada@example.org")


def find_delegate(email: str) -> Delegate:
    return db.session.scalars(select(Delegate).where(Delegate.email == email)).one()


def find_offer_link(email: str) -> str:
    """Find the link in the offer to a person who has accepted since."""
    [offer] = [one for one in list_emails_to(email) if one.subject.startswith(OFFER)]
    return find_link(offer, "/waiting-list/")


def test_links_to_an_earlier_email_address_do_not_open_the_booking(
    visitor: Browser, new_browser: Browsers
) -> None:
    [early] = fill_conference()
    stranger = new_browser()
    join(visitor, "Ada")
    cancel(early)
    held = open_own_page(visitor, "ada@example.org")
    held.press("Accept the place")
    delegate = find_delegate("ada@example.org")
    link = find_offer_link("ada@example.org")
    page = stranger.open(link)

    with transaction():
        desk.correct_email(
            db.session.merge(delegate),
            "ada@elsewhere.example",
            expected_version=0,
            actor="grace@conference.example",
        )

    assert page.heading == "You accepted the place"
    assert stranger.open(link, status=410).heading == "This link does not work"
    again = held.press("Accept the place", status=410)
    assert again.heading == "This link does not work"


def test_erasing_a_delegate_erases_their_waiting_list_entries(visitor: Browser) -> None:
    [early] = fill_conference(2)[:1]
    join(visitor, "Ada")
    open_own_page(visitor, "ada@example.org").follow("Leave the waiting list").press(
        "Leave the waiting list"
    )
    delegate = take_offered_place(visitor, early)
    cancel(delegate)

    with transaction():
        desk.erase(db.session.merge(delegate), actor="grace@conference.example")

    assert db.session.scalars(select(WaitingListEntry)).all() == []


def test_the_data_export_has_the_waiting_list_times(visitor: Browser) -> None:
    [early] = fill_conference()
    delegate = take_offered_place(visitor, early)

    [waited] = data_export.export_delegate(delegate)["waiting_list"]

    assert waited == {
        "for": "a place at the conference",
        "state": "accepted",
        "joined_at": clock.now().isoformat(),
        "offered_at": clock.now().isoformat(),
        "offer_ends_at": "2009-05-13T08:31:00+00:00",
        "ended_at": clock.now().isoformat(),
        "position": None,  # it is over
    }


def test_a_place_added_at_the_desk_ends_the_wait(visitor: Browser) -> None:
    [early, *_] = fill_conference(2)
    join(visitor, "Cleo")
    join(visitor, "Bea")
    cancel(early)
    assert get_state("cleo@example.org") == "offered"
    with transaction():
        seats.set_limit(CONFERENCE, 3)

    desk_adds("cleo@example.org")

    assert (get_state("cleo@example.org"), get_state("bea@example.org")) == ("accepted", "offered")
    assert visitor.open(find_offer_link("cleo@example.org")).heading == "You accepted the place"
    assert get_counts() == (3, 0)
    assert list_count_errors() == []


def test_registering_with_an_open_offer_gives_one_place(visitor: Browser, frozen_time: Any) -> None:
    [early] = fill_conference()
    join(visitor, "Ada")
    cancel(early)
    with transaction():
        conference_settings.change_limit(5, expected_limit=1, actor="grace@conference.example")

    answer_questions(visitor, name=("Ada", "Waite")).press("Confirm registration")
    frozen_time.move_to("2009-05-14T09:32:00+01:00")
    run_due()

    assert get_state("ada@example.org") == "accepted"
    assert get_counts() == (1, 0)
    assert list_subjects_to("ada@example.org")[-1].startswith("You are registered for Tides")


def test_after_closing_the_desk_can_restore_a_booking_although_others_wait(
    visitor: Browser, frozen_time: Any
) -> None:
    [early] = fill_conference()
    join(visitor, "Bea")
    frozen_time.move_to("2009-06-08T17:00:01+01:00")
    cancel(early)

    with transaction():
        desk.restore(db.session.merge(early), actor="grace@conference.example")

    assert get_counts() == (1, 1)
    assert list_count_errors() == []


@pytest.mark.both_databases
def test_two_workers_pass_an_ended_offer_on_once(
    site: Flask, visitor: Browser, frozen_time: Any
) -> None:
    [early] = fill_conference()
    for name in ("Ada", "Bea", "Cleo"):
        join(visitor, name)
    cancel(early)
    frozen_time.move_to("2009-05-14T09:00:00+01:00")

    run_in_threads(site, [run_due] * 2)

    states = [get_state(f"{name}@example.org") for name in ("ada", "bea", "cleo")]
    assert states == ["lapsed", "offered", "waiting"]
    assert get_counts() == (1, 1)
    assert list_count_errors() == []


def test_an_invalid_waiting_list_link_opens_nothing(visitor: Browser) -> None:
    page = visitor.open("/waiting-list/not-a-link.x", status=404)

    assert page.heading == "This link does not work"


def test_a_place_offered_to_another_person_cannot_be_accepted(
    visitor: Browser,
) -> None:
    [early] = fill_conference()
    join(visitor, "Ada")
    join(visitor, "Bea")
    cancel(early)
    bea = find_link(get_last_email_to("bea@example.org"), "/waiting-list/")
    page = open_own_page(visitor, "ada@example.org")
    token = page.source.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]

    refused = visitor.send("POST", f"{bea}/accept", 409, data={"csrf_token": token})

    assert refused.heading == "You are on the waiting list"
    assert (get_state("ada@example.org"), get_state("bea@example.org")) == ("offered", "waiting")
    assert page.press("Accept the place").heading == "Your booking"
    assert (get_counts(), list_count_errors()) == ((1, 1), [])


@pytest.mark.both_databases
def test_a_clock_that_jumps_never_offers_a_place_twice(visitor: Browser, frozen_time: Any) -> None:
    [early] = fill_conference()
    join(visitor, "Ada")
    join(visitor, "Bea")
    cancel(early)
    ada = find_link(get_last_email_to("ada@example.org"), "/waiting-list/")
    frozen_time.move_to("2009-05-13T09:00:00+01:00")

    frozen_time.shift(timedelta(hours=1))
    assert visitor.open(ada).heading == "The offer has ended"
    frozen_time.shift(-timedelta(hours=1))
    assert visitor.open(ada).heading == "You have been offered a place"  # no worker has come
    frozen_time.shift(timedelta(hours=1))
    run_due()
    frozen_time.shift(-timedelta(hours=1))
    run_due()

    assert visitor.open(ada).heading == "The offer has ended"
    assert (get_state("ada@example.org"), get_state("bea@example.org")) == ("lapsed", "offered")
    assert len([one for one in list_subjects_to("bea@example.org") if one.startswith(OFFER)]) == 1
    page = open_own_page(visitor, "bea@example.org").press("Accept the place")
    assert page.heading == "Your booking"
    assert (get_counts(), list_count_errors()) == ((1, 0), [])


def test_an_organiser_can_see_the_waiting_list_and_remove_a_person(
    visitor: Browser, new_browser: Browsers
) -> None:
    organiser = sign_in(new_browser())
    [early] = fill_conference()
    join(visitor, "Ada")
    join(visitor, "Bea")
    cancel(early)

    page = organiser.open("/organise/waiting-list")
    assert [(row["Name"], row["State"]) for row in page.rows] == [
        ("Ada Waite ada@example.org", "Has an offer until 9:31am, 13 May 2009"),
        ("Bea Waite bea@example.org", "Waiting number 1"),
    ]
    page = page.follow("Ada Waite").follow("Remove from the waiting list")
    page = page.press("Remove from the waiting list")

    assert [row["Name"] for row in page.rows] == ["Bea Waite bea@example.org"]
    assert get_state("bea@example.org") == "offered"
    assert list_subjects_to("ada@example.org")[-1] == (
        "You are no longer on the waiting list for Tides and Harbours"
    )


@pytest.mark.both_databases
def test_a_person_found_by_search_has_their_position_in_the_whole_list(visitor: Browser) -> None:
    organiser = sign_in(visitor)
    set_places(10)
    for name in ("Ada", "Bea"):
        make_waiting_list_entry(name=name, search_text=name.casefold())
    make_waiting_list_entry(name="Cleo", search_text="cleo", queue_order=0)  # moved to the top

    whole = organiser.open("/organise/waiting-list").rows
    found = organiser.open("/organise/waiting-list?q=ada").rows

    states = [row["State"] for row in whole]
    assert states == ["Waiting number 1", "Waiting number 2", "Waiting number 3"]
    assert [row["Name"].split()[0] for row in whole] == ["Cleo", "Ada", "Bea"]
    assert [row["State"] for row in found] == ["Waiting number 2"]


def test_an_organiser_can_open_the_waiting_list(visitor: Browser) -> None:
    set_places(10)

    page = (
        sign_in(visitor)
        .open("/organise/settings/places")
        .press("Save", {"People can join a waiting list when all places are taken": True})
    )

    assert "The waiting list was opened" in page.text
    assert queries.get_seat_counts().has_waiting_list


def test_a_stale_limit_form_does_not_close_the_waiting_list(
    visitor: Browser, new_browser: Browsers
) -> None:
    set_places(10)
    late = sign_in(new_browser(), "ida@conference.example").open("/organise/settings/places")
    with transaction():
        conference_settings.change_waiting_list(is_open=True, actor="grace@conference.example")

    late.press("Save", {"Number of places": "20"})

    assert queries.get_seat_counts().has_waiting_list
    assert queries.get_seat_counts().limit == 20


def test_the_dashboard_shows_the_number_of_people_waiting(
    visitor: Browser, new_browser: Browsers
) -> None:
    fill_conference()
    join(visitor, "Ada")
    join(visitor, "Bea")

    page = sign_in(new_browser()).open("/organise")

    assert "2 people on the waiting list" in page.links
    assert page.follow("2 people on the waiting list").heading == "Waiting list"

"""A speaker takes a place without being asked twice, and the site knows who speaks and comes."""

from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.accounts.models import DESK, EDITOR
from app.database import db, transaction
from app.delegates.categories.models import BY_CODE, RegistrationCategory
from app.delegates.categories.queries import CATEGORY, INVITED_CATEGORY, SPEAKER, build_values
from app.delegates.models import CONFERENCE, Delegate
from app.errors import RuleViolation
from app.history.models import HistoryEntry
from app.programme.models import Speaker
from app.registration import category_services as categories
from app.registration import seats
from app.registration.bookings import data_export, erasure, operations
from app.registration.create_booking import create_booking
from app.registration.speaker_places import queries as speaker_places
from app.registration.speaker_places import services
from app.registration.speaker_places.models import SpeakerPlace
from app.speakers import places
from app.speakers import services as speakers
from tests.browser import Browser
from tests.factories import (
    get_ada_marsh,
    grant_speaker_access,
    make_category,
    make_confirmation,
    make_delegate,
    make_session,
    make_speaker,
    publish_programme,
    set_places,
    sign_in,
    sign_in_speaker,
)
from tests.lookups import list_count_errors
from tests.races import run_concurrently
from tests.registration.races import find_without_lock_at_once
from tests.registration.test_categories import get_seats_and_taken
from tests.registration_flow import UNANSWERED
from tests.sent_emails import find_link, get_last_email_to

PLACE_PAGE = "/speak/ada-marsh/place"
CONFIRM, CHANGE = "Confirm my place", "Change the details first"


def make_speakers_category(limit: int | None = None, **values: Any) -> RegistrationCategory:
    defaults = {"name": "Speaker", "access": BY_CODE, "is_for_speakers": True}
    return make_category(limit, **{**defaults, **values})


def keep_places(category: RegistrationCategory, number: int) -> None:
    """Keep places for speakers, as an organiser does."""
    with transaction():
        seats.hold_seats(seats.list_limits(category.id), number)
        category.kept_places = number


def confirm_ada(**values: Any) -> Speaker:
    """Let Ada Marsh have confirmed that she takes part."""
    ada = get_ada_marsh()
    known = {"confirmed_at": clock.now(), "organisation": "Ward 4", "country": "Ireland"}
    with transaction():
        for name, value in {**known, **values}.items():
            setattr(ada, name, value)
    return ada


def get_delegate() -> Delegate:
    db.session.rollback()
    return db.session.scalars(select(Delegate)).one()


def get_booking_of(speaker: Speaker) -> Delegate | None:
    db.session.rollback()
    return speaker_places.find_place(speaker)


def match() -> None:
    with transaction():
        places.match_bookings()


@pytest.mark.both_databases
def test_a_confirmed_speaker_can_take_a_place_on_one_page(visitor: Browser) -> None:
    category = make_speakers_category(5)
    make_category(name="Delegate")
    ada = confirm_ada()
    sign_in_speaker(visitor, ada)
    page = visitor.open("/speak/ada-marsh").follow("Your place at the conference")
    assert page.heading == "Your place at the conference"
    assert page.summary_list == {
        **UNANSWERED,
        "Category": "Speaker",
        "Name": "Ada Marsh",
        "Name on your badge": "Ada Marsh",
        "Email address": "ada@example.org",
        "Organisation": "Ward 4",
        "Role": "Harbour master",
        "Country": "Ireland",
        "Days": "Wednesday 10 June 2009, Thursday 11 June 2009",
    }

    page = page.press(CONFIRM)

    assert page.heading == "You are registered"
    delegate = get_delegate()
    assert (delegate.full_name, delegate.country) == ("Ada Marsh", "IE")
    assert delegate.category_id == category.id
    assert get_seats_and_taken(seats.name_category_limit(category.id)) == (5, 1)
    assert get_booking_of(ada) == delegate
    assert find_link(get_last_email_to("ada@example.org"), "/booking/")
    page = visitor.open(PLACE_PAGE)
    assert page.heading == "You have a place"
    assert delegate.reference in page.text
    assert list_count_errors() == []


def test_a_speaker_can_change_details_before_taking_a_place(visitor: Browser) -> None:
    make_speakers_category()
    make_category(name="Delegate")
    ada = confirm_ada()
    sign_in_speaker(visitor, ada)

    page = visitor.open(PLACE_PAGE).press(CHANGE)
    assert page.heading == "Check your answers"
    page = page.follow("Change organisation").press("Continue", {"organisation": "Ward 9"})
    page.press("Confirm registration")

    assert get_delegate().organisation == "Ward 9"
    assert get_booking_of(ada) == get_delegate()


def test_a_speaker_is_asked_only_for_missing_details(visitor: Browser) -> None:
    make_speakers_category()
    ada = confirm_ada(country="")
    sign_in_speaker(visitor, ada)

    page = visitor.open(PLACE_PAGE)
    assert "We need a few more details from you." in page.text
    assert "you only need to confirm" not in page.text
    assert "change the details first" not in page.text  # no button does that here
    page = page.press("Continue")
    assert page.value_of("organisation") == "Ward 4"
    page = page.press("Continue", {"country": "Ireland"})

    assert page.heading == "Check your answers"
    assert "Change dietary requirements" in page.links
    assert page.press("Confirm registration").heading == "You are registered"
    assert get_booking_of(ada) == get_delegate()


@pytest.mark.both_databases
def test_a_kept_place_is_available_although_the_conference_is_full(visitor: Browser) -> None:
    set_places(2)
    category = make_speakers_category()
    make_delegate(email="early@example.org")
    keep_places(category, 1)
    sign_in_speaker(visitor, confirm_ada())
    assert list_count_errors() == []

    assert visitor.open(PLACE_PAGE).press(CONFIRM).heading == "You are registered"

    assert get_seats_and_taken(CONFERENCE) == (2, 2)
    db.session.refresh(category)
    assert category.kept_places == 0
    assert list_count_errors() == []


def test_without_a_place_left_the_speaker_is_told_to_contact_the_organisers(
    visitor: Browser,
) -> None:
    set_places(1)
    make_speakers_category()
    sign_in_speaker(visitor, confirm_ada())
    page = visitor.open(PLACE_PAGE)
    make_delegate(email="early@example.org")

    page = page.press(CONFIRM, status=422)

    assert page.errors == ["All places have just been taken. The organisers can help: contact them"]
    assert db.session.scalars(select(Delegate.email)).all() == ["early@example.org"]


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        ({"confirmed_at": None}, "First tell us whether you are taking part."),
        ({"withdrawn_at": clock.real_now()}, "You have withdrawn from the conference."),
    ],
)
def test_only_participating_speakers_can_take_a_place(
    visitor: Browser, known: dict[str, Any], sentence: str
) -> None:
    make_speakers_category()
    sign_in_speaker(visitor, confirm_ada(**known))

    page = visitor.open(PLACE_PAGE)

    assert sentence in page.text
    assert CONFIRM not in page.text


def test_without_a_speaker_category_no_place_is_offered(visitor: Browser) -> None:
    sign_in_speaker(visitor, confirm_ada())

    assert "Your place at the conference" not in visitor.open("/speak/ada-marsh").text
    assert "Speakers register in the same way as everyone else." in visitor.open(PLACE_PAGE).text


def test_confirming_participation_leads_to_the_place_page(visitor: Browser) -> None:
    make_speakers_category()
    sign_in_speaker(visitor, confirm_ada(confirmed_at=None))
    page = visitor.open("/speak/ada-marsh").follow("Confirm whether you are taking part")

    page = page.press("Send", {"Are you taking part?": "Yes, at the times in the programme"})

    assert page.heading == "Your place at the conference"
    assert "Thank you for confirming that you are taking part." in page.source


def test_the_reminder_link_opens_the_place_page_and_is_not_sent_twice(
    visitor: Browser,
) -> None:
    make_speakers_category()
    ada = confirm_ada()
    grant_speaker_access(ada)
    with transaction():
        speakers.set_deadlines(
            {"place": clock.now().date() + timedelta(days=9)}, actor="olga@conference.example"
        )
    sign_in(visitor)
    page = visitor.open("/organise/speaking/letters/place?chosen=ada-marsh")
    assert page.heading == "Remind speakers without a place"

    page.press("Send 1 email")

    email = get_last_email_to("ada@example.org")
    assert email.subject == "Confirm your place at Tides and Harbours"
    page = visitor.open("/organise/speaking/letters/place?chosen=ada-marsh")
    assert "was emailed less than 3 days ago" in page.text
    visitor.delete_cookie("session")
    page = visitor.open(find_link(email, "/sign-in/")).press("Sign in")
    assert page.heading == "Your place at the conference"


@pytest.mark.both_databases
def test_a_booking_made_elsewhere_is_linked_once_its_email_is_confirmed(
    site: Flask,
) -> None:
    ada = confirm_ada(contact_address="ADA@example.org")
    booking = make_delegate(given_names="Ada", family_name="Marsh", email="ada@example.org")
    confirmation = make_confirmation(booking, correctable_until=clock.real_now())
    match()
    assert get_booking_of(ada) is None

    with transaction():
        operations.end_corrections(confirmation.delegate)
    match()

    found = get_booking_of(ada)
    assert found is not None
    assert found.email == "ada@example.org"


def test_an_assistant_with_the_same_email_address_is_not_matched_as_the_speaker(
    site: Flask,
) -> None:
    ada = confirm_ada(contact_address="office@example.org")
    make_delegate(given_names="Bea", family_name="Aide", email="office@example.org")

    match()

    assert get_booking_of(ada) is None


def test_two_matching_bookings_are_left_to_the_desk(site: Flask) -> None:
    ada = confirm_ada(contact_address="office@example.org")
    make_delegate(given_names="Ada", family_name="Marsh", email="office@example.org")
    make_delegate(given_names="A.", family_name="Marsh", email="office@example.org")

    match()

    assert get_booking_of(ada) is None


def test_the_link_to_a_booking_survives_a_new_email_address_and_ends_with_the_booking(
    site: Flask,
) -> None:
    ada, booking = confirm_ada(), make_delegate(email="ada@example.org")
    with transaction():
        services.link(ada, booking, actor="olga@conference.example")
        operations.change_email(booking, "new@example.org", "Corrected", actor="olga")
    assert get_booking_of(ada) == booking
    assert data_export.export_delegate(booking)["speaks_as"] == "Ada Marsh"

    with transaction():
        operations.cancel(booking, actor="olga")
    assert speaker_places.list_with_place([ada.id]) == set()
    with transaction():
        erasure.erase(booking)

    assert db.session.scalars(select(SpeakerPlace)).all() == []


def test_the_desk_finds_a_speaker_among_many(visitor: Browser) -> None:
    ada = confirm_ada()
    for number in range(52):
        make_speaker(name=f"Aaron {number:02}", organisation="Pier")
    booking = make_delegate(given_names="Augusta", email="other@example.org")
    page = sign_in(visitor, role=DESK).open(f"/organise/delegates/{booking.reference}/speaker")
    assert "There are more speakers." in page.text
    assert "Ada Marsh" not in page.text

    page = page.press("Find", {"Find by name or organisation": "márSH"})

    assert "There are more speakers." not in page.text
    page.press("Save", {"Speaker": "Ada Marsh"})
    assert get_booking_of(ada) == booking


def test_the_desk_can_link_and_unlink_a_booking(visitor: Browser) -> None:
    ada = confirm_ada()
    booking = make_delegate(given_names="Augusta", email="other@example.org")
    sign_in(visitor, role=DESK)
    page = visitor.open(f"/organise/delegates/{booking.reference}").follow("Link to a speaker")

    page = page.press("Save", {"Speaker": "Ada Marsh"})

    assert "The booking now belongs to this speaker." in page.source
    assert get_booking_of(ada) == booking
    summaries = db.session.scalars(select(HistoryEntry.summary)).all()
    assert "A booking is now the booking of Ada Marsh" in summaries
    page = page.follow("Change who it belongs to").press("Save", {"Speaker": "Nobody"})
    assert "The booking no longer belongs to a speaker." in page.source
    assert get_booking_of(ada) is None


def test_a_booking_belongs_to_one_speaker(site: Flask) -> None:
    ada, booking = confirm_ada(), make_delegate()
    bob = make_speaker(name="Bob Stone")
    with transaction():
        services.link(ada, booking, actor="olga@conference.example")

    with pytest.raises(RuleViolation, match="belongs to another speaker"), transaction():
        services.link(bob, booking, actor="olga@conference.example")

    assert get_booking_of(ada) == booking


def test_lists_show_which_delegates_speak_and_which_speakers_have_a_place(visitor: Browser) -> None:
    make_speakers_category()
    ada, bob = (
        confirm_ada(),
        make_speaker(name="Bob Stone", slug="bob-stone", confirmed_at=clock.now()),
    )
    make_session(title="A talk of Bob", speakers=(bob,))
    booking = make_delegate(given_names="Ada", family_name="Marsh")
    other = make_delegate(given_names="Otto", family_name="Other", email="otto@example.org")
    with transaction():
        services.link(ada, booking, actor="olga@conference.example")
    sign_in(visitor)

    assert "Ada Marsh" in visitor.open("/organise/speakers?place=yes").text
    without = visitor.open("/organise/speakers?place=no&confirmed=yes")
    assert "Bob Stone" in without.text
    assert "Ada Marsh" not in without.text
    speaking = visitor.open("/organise/delegates?speaks=yes")
    assert booking.reference in speaking.text
    assert other.reference not in speaking.text
    assert "A talk of Bob" in visitor.open("/organise/sessions?missing=place").text
    page = visitor.open("/organise/speakers/ada-marsh")
    assert f"See the booking {booking.reference}" in page.text
    assert "Look for a booking to link" in visitor.open("/organise/speakers/bob-stone").text
    home = visitor.open("/organise").text
    assert "confirmed speaker without a place" in home
    assert "whose speakers have no place" not in home
    with transaction():
        yesterday = clock.now().date() - timedelta(days=1)
        speakers.set_deadlines({"place": yesterday}, actor="olga@conference.example")
    assert "whose speakers have no place" in visitor.open("/organise").text


def test_speakers_without_a_place_can_be_withdrawn_in_bulk(visitor: Browser) -> None:
    make_speakers_category()
    confirm_ada()
    sign_in(visitor)
    page = visitor.open("/organise").follow("1 confirmed speaker without a place")

    page = page.press("Withdraw", {"Select Ada Marsh": True})

    assert page.heading == "Withdraw 1 speaker?"
    page = page.press("Withdraw")
    assert "All selected speakers have been withdrawn." in page.source
    assert visitor.open("/speakers/ada-marsh").heading == "Ada Marsh"
    publish_programme()
    visitor.open("/speakers/ada-marsh", status=410)


def test_merging_two_speakers_keeps_the_linked_booking(visitor: Browser) -> None:
    ada, twice = confirm_ada(), make_speaker(name="A. Marsh", slug="a-marsh")
    booking = make_delegate()
    with transaction():
        services.link(twice, booking, actor="olga@conference.example")
    sign_in(visitor, role=EDITOR)

    visitor.open("/organise/speakers/ada-marsh/merge/a-marsh").press("Merge entries")

    assert get_booking_of(ada) == booking


def test_an_organiser_can_keep_and_release_places_for_speakers(visitor: Browser) -> None:
    set_places(10)
    sign_in(visitor)
    form = visitor.open("/organise/categories/_add")
    values = {"Name": "Speaker", "Places kept for speakers (optional)": "4"}
    page = form.press("Add this category", values, status=422)
    assert page.errors == ["Tick “This category is for speakers” to keep places for them"]
    ticked = {"This category is for speakers": True}
    too_many = {"Places kept for speakers (optional)": "11"}
    page = page.press("Add this category", {**ticked, **too_many}, status=422)
    assert page.errors == ["There are not that many places left"]

    page = page.press("Add this category", {"Places kept for speakers (optional)": "4"})
    assert page.summary_list["Places kept for speakers"] == "4"
    assert get_seats_and_taken(CONFERENCE) == (10, 4)
    assert list_count_errors() == []
    page = page.follow("Change").press("Save", {"Number of places (optional)": "5"})
    assert "4 of 5" in page.text
    page = page.follow("Delete").press("Delete", status=409)
    refused = "Places in this category are kept for speakers. Change that number to 0 first"
    assert refused in page.text

    page = visitor.open("/organise/categories").follow("Speaker").follow("Change")
    page.press("Save", {"Places kept for speakers (optional)": "0"})
    assert get_seats_and_taken(CONFERENCE) == (10, 0)
    assert list_count_errors() == []


def test_only_one_category_is_for_speakers(site: Flask) -> None:
    first = make_speakers_category()
    keep_places(first, 2)
    second = make_category(name="Presenter")
    values = {**build_values(second), "is_for_speakers": True}

    with transaction():
        categories.save(second, values, expected_version=1, actor="olga@conference.example")

    db.session.refresh(first)
    assert (first.is_for_speakers, first.kept_places) == (False, 0)
    assert list_count_errors() == []


@pytest.mark.both_databases
def test_of_many_concurrent_speakers_one_gets_the_last_kept_place(site: Flask) -> None:
    set_places(1)
    category = make_speakers_category()
    keep_places(category, 1)
    number = category.id
    db.session.commit()

    ended = run_concurrently(site, [partial(register_speaker, number, one) for one in range(8)])

    assert ended == ["All places are taken"] * 7 + ["done"]
    assert get_seats_and_taken(CONFERENCE) == (1, 1)
    assert list_count_errors() == []


def take_without_limits(site: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let two people race for one reserved place without locking a limit; return the outcomes.

    Both read the limit before either takes the place.
    """
    set_places(1)
    category = make_speakers_category()
    keep_places(category, 1)
    number = category.id
    db.session.commit()
    monkeypatch.setattr(seats, "find_for_update", find_without_lock_at_once(2))
    return run_concurrently(site, [partial(register_speaker, number, one) for one in range(2)])


@pytest.mark.postgresql_only
def test_the_category_lock_alone_prevents_taking_a_kept_place_twice(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert take_without_limits(site, monkeypatch) == ["All places are taken", "done"]
    assert list_count_errors() == []


@pytest.mark.postgresql_only
def test_without_the_category_lock_both_would_take_the_kept_place(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: without the lock, the test above fails."""
    together = Barrier(2)

    def only_look(number: int | None) -> RegistrationCategory | None:
        found = db.session.get(RegistrationCategory, number)
        together.wait(20)  # both have looked before either writes
        return found

    monkeypatch.setattr(services, "_lock_category", only_look)

    assert take_without_limits(site, monkeypatch) == ["done", "done"]
    assert list_count_errors() == ["1 place is counted as taken, but 2 delegates are attending."]


def register_speaker(number: int, person: int) -> None:
    answers = {
        "given_names": f"Speaker {person}",
        "family_name": "",
        "email": f"s{person}@example.org",
        "days": "2009-06-10",
        SPEAKER: str(person),
        INVITED_CATEGORY: str(number),
        CATEGORY: str(number),
    }
    with transaction():
        create_booking(
            answers, "en", take_seat=lambda names, row: services.reserve(answers, names, row)
        )

"""People choose sessions while they register, and get seats with their place."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.database import db, transaction
from app.delegates.models import CONFERENCE, Delegate, SeatLimit
from app.programme.models import BOOKABLE
from app.registration import integrity_check, seats, session_seats
from app.registration import services as registration
from app.registration.session_bookings import services
from app.registration.session_bookings.models import SessionBooking
from app.releases.current_release import get_programme
from tests.browser import Browser, Browsers, Page
from tests.factories import (
    FIRST_MORNING,
    make_delegate,
    make_session,
    publish_programme,
    set_places,
)
from tests.races import run_concurrently, run_while_locked
from tests.registration_answers import build_answers
from tests.registration_flow import answer_questions, continue_to
from tests.sent_emails import get_last_email_to, list_subjects_to

ASKED = "Do you want to book seats in any sessions? (optional)"
CHECK = "Check your answers"
ANSWERS = build_answers()


def make_bookable(title: str, number: int = 10, **values: Any) -> None:
    """Publish a session of the first morning in which people book seats."""
    slug = title.lower()
    values = {"key": slug, "slug": slug, "title": title, "seats": number, **values}
    make_session(booking=BOOKABLE, **values)
    publish_programme()


def get_booked_sessions() -> dict[str, list[str]]:
    """Return the sessions in which people have seats, by email address."""
    found: dict[str, list[str]] = {}
    rows = select(Delegate.email, SessionBooking.session_key).join(SessionBooking.delegate)
    for email, key in db.session.execute(rows.order_by(SessionBooking.id)):
        found.setdefault(email, []).append(key)
    db.session.commit()
    return found


def count_taken(slug: str) -> int:
    number = db.session.get_one(SeatLimit, f"session {slug}", populate_existing=True).taken
    db.session.commit()
    return number


def go_to_check(visitor: Browser, *ticked: str) -> Page:
    """Answer everything, with seats in these sessions."""
    page = answer_questions(visitor, until="sessions")
    assert page.heading == ASKED
    return continue_to(page, answers=dict.fromkeys(ticked, True))


def submit(secret: str) -> None:
    with transaction():
        registration.submit(secret, "en")


def has_seat(email: str) -> bool:
    """Return whether an email said that they have a seat."""
    return "You have a seat in this session" in get_last_email_to(email).text


def take_last_seat(slug: str) -> None:
    with transaction():
        other = make_delegate(email="bea@example.org", given_names="Bea")
        services.book(db.session.merge(other), get_programme().get_session(slug))


def test_seats_can_be_booked_while_registering(visitor: Browser) -> None:
    make_bookable("Knots")
    make_bookable("Nets", starts_at=FIRST_MORNING + timedelta(hours=2))

    page = go_to_check(visitor, "Knots", "Nets")
    assert page.heading == CHECK
    assert page.summary_list["Seats in sessions"] == "Knots Nets"
    page = page.press("Confirm registration")

    assert page.heading == "You are registered"
    assert "Knots: Parallel session, 9:30am on Wednesday 10 June 2009" in page.text
    assert get_booked_sessions() == {"ada@example.org": ["knots", "nets"]}
    assert (count_taken("knots"), count_taken("nets")) == (1, 1)
    email = get_last_email_to("ada@example.org")
    assert email.subject.startswith("Your seats in sessions")
    assert email.calendar.count("STATUS:CONFIRMED") == 2
    assert [one for one in integrity_check.run_checks() if "email" not in one] == []


def test_the_sessions_page_is_skipped_without_bookable_sessions(visitor: Browser) -> None:
    make_session(title="Open to all")
    publish_programme()

    page = answer_questions(visitor)

    assert page.heading == CHECK
    assert "Seats in sessions" not in page.summary_list


def test_choosing_no_sessions_is_allowed(visitor: Browser) -> None:
    make_bookable("Knots")

    page = go_to_check(visitor)
    assert page.summary_list["Seats in sessions"] == "None chosen"
    page.press("Confirm registration")

    assert get_booked_sessions() == {}
    assert len(list_subjects_to("ada@example.org")) == 1


def test_only_sessions_of_the_chosen_days_are_offered_and_others_are_dropped(
    visitor: Browser,
) -> None:
    make_bookable("Knots")
    make_bookable("Nets", starts_at=FIRST_MORNING + timedelta(days=1))

    page = answer_questions(visitor, until="sessions")

    assert ("Knots" in page.text, "Nets" in page.text) == (True, False)
    page = continue_to(page, answers={"Knots": True})
    page = page.follow("Change days")
    page = page.press("Continue", {"Wednesday 10 June 2009": False, "Thursday 11 June 2009": True})
    assert page.summary_list["Seats in sessions"] == "None chosen"
    page.press("Confirm registration")
    assert get_booked_sessions() == {}


def test_clashing_sessions_are_marked_and_cannot_both_be_chosen(visitor: Browser) -> None:
    make_bookable("Knots")
    make_bookable("Nets")
    make_bookable("Sails", starts_at=FIRST_MORNING + timedelta(minutes=30))

    page = answer_questions(visitor, until="sessions")
    assert "9:30am you can choose one" in page.text
    assert "At the same time as: Knots; Nets." in page.text
    page = page.press("Continue", {"Knots": True, "Sails": True}, status=422)

    assert page.errors == ["“Knots” and “Sails” are at the same time. Choose one of them"]
    page = page.press("Continue", {"Sails": False})
    assert page.heading != ASKED


def test_a_full_session_cannot_be_chosen_while_registering(visitor: Browser) -> None:
    make_bookable("Knots", 1)
    make_bookable("Nets", starts_at=FIRST_MORNING + timedelta(hours=2))
    page = answer_questions(visitor, until="sessions")
    take_last_seat("knots")

    page = page.press("Continue", {"Knots": True, "Nets": True}, status=422)

    assert page.errors == ["“Knots” is now full. Choose another session"]
    page = page.press("Continue")
    assert page.heading != ASKED
    page = continue_to(page)
    assert page.summary_list["Seats in sessions"] == "Nets"


def test_the_error_summary_links_to_the_first_selectable_session(visitor: Browser) -> None:
    make_bookable("Knots", 1)
    take_last_seat("knots")
    make_bookable("Nets")
    make_bookable("Sails")
    page = answer_questions(visitor, until="sessions")

    page = page.press("Continue", {"Nets": True, "Sails": True}, status=422)

    [link] = [address for text, address in page.links.items() if "at the same time" in text]
    box = page.tree.find_by_id(link.partition("#")[2])
    assert box is not None
    assert page.tree.label_of(box).startswith("Nets")


def test_a_session_that_fills_meanwhile_does_not_prevent_registration(
    visitor: Browser,
) -> None:
    make_bookable("Knots", 1)
    make_bookable("Nets", starts_at=FIRST_MORNING + timedelta(hours=2))
    page = go_to_check(visitor, "Knots", "Nets")
    take_last_seat("knots")

    page = page.press("Confirm registration")

    assert page.heading == "You are registered"
    assert "You did not get a seat in this session" in page.text
    assert "You still have your place at the conference." in page.text
    assert get_booked_sessions()["ada@example.org"] == ["nets"]
    email = get_last_email_to("ada@example.org")
    assert "- Knots: Parallel session, 9:30am on Wednesday 10 June 2009" in email.text
    assert email.calendar.count("BEGIN:VEVENT") == 1


def test_without_any_seat_the_email_does_not_ask_to_release_one(visitor: Browser) -> None:
    make_bookable("Knots", 1)
    page = go_to_check(visitor, "Knots")
    take_last_seat("knots")

    page.press("Confirm registration")

    email = get_last_email_to("ada@example.org")
    assert "You did not get a seat in this session" in email.text
    assert "give your seat back" not in email.text
    assert email.calendar == ""


@pytest.mark.postgresql_only
def test_the_email_is_right_about_a_seat_taken_while_it_is_rendered(site: Flask) -> None:
    """The email says what is true once the limits are locked."""
    make_bookable("Knots", 1)
    bea = make_delegate(email="bea@example.org", given_names="Bea").id
    with transaction():
        secret = registration.create_draft({**ANSWERS, "sessions": '["knots"]'})

    ended = run_while_locked(
        site,
        lambda: session_seats.lock_sessions(["knots"]),
        lambda: services.book(
            db.session.get_one(Delegate, bea), get_programme().get_session("knots")
        ),
        lambda: submit(secret),
    )

    assert ended == ["done", "done"]
    assert get_booked_sessions() == {"bea@example.org": ["knots"]}
    assert len(list_subjects_to("ada@example.org")) == 2
    assert "You did not get a seat in this session" in get_last_email_to("ada@example.org").text


@pytest.mark.both_databases
def test_concurrent_registrations_never_exceed_session_seats(site: Flask) -> None:
    make_bookable("Knots", 3)
    set_places(8)
    with transaction():
        secrets = [
            registration.create_draft(
                {**ANSWERS, "sessions": '["knots"]', "email": f"p{number}@example.org"}
            )
            for number in range(8)
        ]

    ended = run_concurrently(site, [partial(submit, secret) for secret in secrets])

    assert ended == ["done"] * 8
    assert count_taken("knots") == 3
    with_seats = {f"p{n}@example.org" for n in range(8) if has_seat(f"p{n}@example.org")}
    assert with_seats == set(get_booked_sessions())


def test_pressing_confirm_twice_books_one_seat(visitor: Browser, new_browser: Browsers) -> None:
    make_bookable("Knots")
    page = go_to_check(visitor, "Knots")

    page.press("Confirm registration")
    page.press("Confirm registration")

    assert count_taken("knots") == 1
    assert len(list_subjects_to("ada@example.org")) == 2


def test_registering_again_books_no_seats_for_the_existing_booking(
    visitor: Browser, new_browser: Browsers
) -> None:
    make_bookable("Knots")
    go_to_check(visitor).press("Confirm registration")

    page = go_to_check(new_browser(), "Knots").press("Confirm registration")

    assert page.heading == "You are registered"
    assert get_booked_sessions() == {}
    assert count_taken("knots") == 0


def test_joining_the_waiting_list_skips_the_sessions_page(visitor: Browser, site: Flask) -> None:
    make_bookable("Knots")
    set_places(1)
    make_delegate(email="bea@example.org", given_names="Bea")
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)

    page = answer_questions(visitor, start="Join the waiting list")

    assert page.heading == CHECK
    assert "Seats in sessions" not in page.summary_list

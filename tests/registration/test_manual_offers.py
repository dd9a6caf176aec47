"""Organisers move people up, make manual offers, and preview whom a higher limit admits."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from app.database import db, transaction
from app.delegates.categories.models import RegistrationCategory
from app.delegates.models import CONFERENCE, Delegate, SeatLimit
from app.errors import RuleViolation
from app.history import queries as history
from app.programme.models import BOOKABLE
from app.registration import integrity_check, links, seats
from app.registration.session_bookings import services as session_bookings
from app.registration.waiting_list import manual_changes, offers
from app.registration.waiting_list.models import WaitingListEntry
from app.registration.waiting_list.positions import get_position
from app.releases.current_release import get_programme
from tests.browser import Answer, Browser, Browsers, Page
from tests.factories import (
    make_category,
    make_delegate,
    make_session,
    make_waiting_list_entry,
    publish_programme,
    set_places,
    sign_in,
)
from tests.sent_emails import get_last_email_to, list_subjects_to

GRACE = "grace@conference.example"
ADD_ONE = "If no place is free, add one for them"


@pytest.fixture(autouse=True)
def _full_conference(site: object) -> Iterator[None]:
    set_places(1)
    make_delegate()
    yield
    assert [one for one in integrity_check.run_checks() if "email" not in one] == []


def wait(name: str, category: RegistrationCategory | None = None) -> WaitingListEntry:
    """Put a person on the waiting list."""
    return make_waiting_list_entry(
        name=name,
        email=f"{name.lower()}@example.org",
        identity_key=name,
        category_id=None if category is None else category.id,
    )


def positions() -> dict[str, int]:
    rows = db.session.scalars(select(WaitingListEntry).order_by(WaitingListEntry.id)).all()
    found = {one.name: get_position(one) for one in rows}
    db.session.commit()
    return found


def move_to_top(entry: WaitingListEntry) -> None:
    with transaction():
        manual_changes.move_to_top(db.session.merge(entry), reason="Speaks on Friday", actor=GRACE)


def offer(entry: WaitingListEntry, *, adds_place: bool) -> None:
    with transaction():
        manual_changes.offer_out_of_turn(
            db.session.merge(entry), reason="Is ill", actor=GRACE, adds_place=adds_place
        )


def limit_of(name: str) -> tuple[int, int, int]:
    limit = db.session.get_one(SeatLimit, name, populate_existing=True)
    db.session.commit()
    return limit.seats, limit.taken, limit.waiting


def test_moving_a_person_to_the_top_puts_them_before_earlier_moved_ones() -> None:
    _, bea, cleo = wait("Ada"), wait("Bea"), wait("Cleo")

    move_to_top(cleo)
    move_to_top(bea)

    assert positions() == {"Ada": 3, "Bea": 1, "Cleo": 2}
    [entry, *_] = history.list_newest(bea.history_subject)
    assert entry.summary == "Moved to the top of the list by hand: Speaks on Friday"
    assert entry.actor == GRACE


def test_a_manual_offer_needs_a_free_or_an_added_place() -> None:
    _, bea = wait("Ada"), wait("Bea")

    with pytest.raises(manual_changes.NoPlaceFree):
        offer(bea, adds_place=False)
    assert limit_of(CONFERENCE) == (1, 1, 2)
    offer(bea, adds_place=True)

    assert positions() == {"Ada": 1, "Bea": 0}
    assert limit_of(CONFERENCE) == (2, 2, 1)
    assert list_subjects_to("bea@example.org")[-1].startswith("Accept your place by ")
    [raised, *_] = history.list_newest("conference")
    assert raised.summary == "The limit was raised from 1 to 2 for an offer: Is ill"
    with pytest.raises(RuleViolation):
        offer(bea, adds_place=True)
    assert limit_of(CONFERENCE) == (2, 2, 1)


def test_a_manual_offer_raises_the_category_limit_too() -> None:
    press = make_category(0, name="Press")
    ada = wait("Ada", press)

    offer(ada, adds_place=True)

    assert limit_of(CONFERENCE) == (2, 2, 0)
    assert limit_of(seats.name_category_limit(press.id)) == (1, 1, 0)


def test_previewing_a_higher_limit_names_who_gets_offers_and_changes_nothing() -> None:
    press = make_category(0, name="Press")
    wait("Ada", press)
    wait("Bea")
    wait("Cleo")

    def preview(name: str, places: int) -> list[str]:
        found = [one.name for one in manual_changes.preview_raise(name, places)]
        db.session.commit()
        return found

    assert preview(CONFERENCE, 1) == []
    assert preview(CONFERENCE, 2) == ["Bea"]
    assert preview(CONFERENCE, 9) == ["Bea", "Cleo"]
    assert preview(seats.name_category_limit(press.id), 5) == []
    assert limit_of(CONFERENCE) == (1, 1, 3)


def test_an_organiser_can_move_a_person_to_the_top_with_a_reason(
    visitor: Browser, new_browser: Browsers
) -> None:
    wait("Ada")
    bea = wait("Bea")
    organiser = sign_in(new_browser())

    page = organiser.open(f"/organise/waiting-list/{bea.id}").follow("Move to the top")
    assert page.press("Move to the top", status=422).errors == ["Enter a reason"]
    page = page.press("Move to the top", {"Reason": "Speaks on Friday"})

    assert "They are now at the top of the waiting list." in page.source
    own = visitor.open(f"/waiting-list/{links.waiting_list_token(bea)}")
    assert "You are next." in own.text
    assert "The organisers moved you to the top of the list" in own.text
    assert "Speaks on Friday" in own.text


def test_an_organiser_can_make_an_offer_with_an_added_place(
    visitor: Browser, new_browser: Browsers
) -> None:
    wait("Ada")
    bea = wait("Bea")
    organiser = sign_in(new_browser())

    page = organiser.open(f"/organise/waiting-list/{bea.id}").follow("Make an offer now")
    page = page.press("Make the offer", {"Reason": "Is ill"}, status=422)
    assert page.errors == [
        "No place is free for them. Add one, or move them to the top of the list"
    ]
    page = page.press("Make the offer", {"If no place is free, add one for them": True})

    assert "We are emailing them the offer." in page.source
    email = get_last_email_to("bea@example.org")
    assert "A place at Tides and Harbours is free, and we are offering it to you." in email.text
    own = visitor.open(f"/waiting-list/{links.waiting_list_token(bea)}")
    assert own.heading == "You have been offered a place"
    assert "The organisers made you an offer before your turn" in own.text
    assert limit_of(CONFERENCE) == (2, 2, 1)


def test_adding_places_shows_who_gets_offers_before_saving(
    visitor: Browser,
) -> None:
    wait("Ada")
    wait("Bea")
    page = sign_in(visitor).open("/organise/waiting-list").follow("Add places")

    page = page.press("See who gets an offer", {"Number of places": "2"})

    assert "1 person would get an offer" in page.text
    assert "Ada" in page.text
    assert positions() == {"Ada": 1, "Bea": 2}
    page = page.press("Save and make the offers")
    assert "We are emailing the offers." in page.source
    assert positions() == {"Ada": 0, "Bea": 1}


@pytest.mark.parametrize("seats_left", [0, 1])
def test_a_session_with_a_seat_limit_does_not_stop_the_waiting_list(
    visitor: Browser, seats_left: int
) -> None:
    """It may be full while the conference has a place, or have a seat while that is full."""
    make_session(key="knots", slug="knots", booking=BOOKABLE, seats=1 + seats_left)
    publish_programme()
    with transaction():
        delegate = db.session.scalars(select(Delegate)).one()
        session_bookings.book(delegate, get_programme().get_session("knots"))
    wait("Ada")
    page = sign_in(visitor).open("/organise/waiting-list").follow("Add places")

    page = page.press("See who gets an offer", {"Number of places": "1"})
    assert "Nobody on the waiting list could use these places." in page.text
    page = page.press("See who gets an offer", {"Number of places": "2"})
    assert "1 person would get an offer" in page.text
    page.press("Save and make the offers")

    assert positions() == {"Ada": 0}
    assert limit_of("session knots") == (1 + seats_left, 1, 0)


def test_offers_are_made_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offers, "BATCH_SIZE", 1)
    wait("Ada")
    wait("Bea")
    set_places(3)

    with transaction():
        offers.offer_places()

    assert positions() == {"Ada": 0, "Bea": 1}


def press_several(organiser: Browser, button: str, *names: str) -> Page:
    """Tick people on the waiting list, and press a button."""
    ticked = {f"Select {name}": True for name in names}
    return organiser.open("/organise/waiting-list").press(button, ticked)


@pytest.mark.both_databases
def test_bulk_offers_are_made_to_everyone_selected_or_nobody(visitor: Browser) -> None:
    school = make_category(seats=5, name="Summer school")
    for name, category in (("Ada", None), ("Bea", school), ("Cleo", None)):
        wait(name, category)
    organiser = sign_in(visitor)
    page = organiser.open("/organise/waiting-list").press("Make offers now", status=422)
    assert page.errors == ["Select at least one person"]
    page = press_several(organiser, "Make offers now", "Bea", "Cleo")
    assert page.heading == "Make 2 people offers now?"
    page = page.press("Make the offers", status=422)
    assert page.errors == ["Enter a reason"]
    set_places(2)  # enough for one of them

    page = page.press("Make the offers", {"Reason": "They are on stage"}, status=422)

    assert page.errors == [manual_changes.NONE_FREE]
    assert positions() == {"Ada": 1, "Bea": 2, "Cleo": 3}
    added: dict[str, Answer] = {"Reason": "They are on stage", ADD_ONE: True}
    page = page.press("Make the offers", added)
    assert "We are emailing them the offers." in page.source
    assert positions() == {"Ada": 1, "Bea": 0, "Cleo": 0}
    assert limit_of("conference") == (3, 3, 1)
    assert limit_of(f"category {school.id}") == (5, 1, 0)
    page = press_several(organiser, "Make offers now", "Ada", "Bea")
    assert "1 person has an offer already, or is no longer waiting." in page.text


def test_bulk_removal_never_offers_a_place_to_another_removed_person(
    visitor: Browser,
) -> None:
    ada, _, _ = wait("Ada"), wait("Bea"), wait("Cleo")
    offer(ada, adds_place=True)

    press_several(sign_in(visitor), "Remove from the list", "Ada", "Bea").press("Remove")

    removed = "You are no longer on the waiting list for Tides and Harbours"
    assert list_subjects_to("bea@example.org") == [removed]
    assert list_subjects_to("ada@example.org")[-1] == removed
    [offered] = list_subjects_to("cleo@example.org")
    assert offered.startswith("Accept your place by ")

"""A category that is full has a waiting list of its own, whether or not the conference is full."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from app.database import db, transaction
from app.delegates.categories import queries as categories
from app.delegates.categories.models import RegistrationCategory
from app.delegates.models import CONFERENCE, Delegate
from app.errors import RuleViolation
from app.registration import category_services, conference_settings, integrity_check, seats
from app.registration.waiting_list import offers, turns
from app.registration.waiting_list.models import WaitingListEntry
from tests.browser import Browser, Browsers, NotOnPage, Page
from tests.factories import (
    make_category,
    make_delegate,
    make_group,
    make_waiting_list_entry,
    set_places,
    sign_in,
)
from tests.registration.test_waiting_list import (
    OFFER,
    cancel,
    get_counts,
    get_state,
    open_own_page,
    run_due,
)
from tests.registration_flow import DAYS, THURSDAY, WEDNESDAY, continue_to
from tests.sent_emails import get_last_email_to, list_subjects_to

GRACE = "grace@conference.example"
HOW = "How will you attend?"
PRESS_WAIT = "All places are taken. You can join the waiting list for this category."


@pytest.fixture(autouse=True)
def _check_counts(site: object) -> Iterator[None]:
    yield
    assert [one for one in integrity_check.run_checks() if "email" not in one] == []


def open_list() -> None:
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)


def fill_press(places: int = 10) -> tuple[RegistrationCategory, RegistrationCategory, Delegate]:
    """Take the one place for the press, while the conference has more."""
    set_places(places)
    open_list()
    standard, press = make_category(name="Standard"), make_category(1, name="Press")
    taken = make_delegate(category_id=press.id, email="early@example.org")
    return standard, press, taken


def go_to_check(visitor: Browser, given: str, category: str = "Press") -> Page:
    """Answer every question, the category first."""
    return continue_to(
        visitor.open("/register/category"),
        name=(given, "Waite"),
        email=f"{given.lower()}@example.org",
        answers={HOW: category, "Organisation": "The Times"},
    )


def join(browser: Browser, given: str, category: str = "Press") -> Page:
    return go_to_check(browser, given, category).press("Join the waiting list")


def limit(name: str) -> tuple[int, int]:
    counted = seats.lock_limit(name)
    numbers = counted.taken, counted.waiting
    db.session.rollback()
    return numbers


def test_people_can_wait_for_a_full_category_while_others_register(
    visitor: Browser, new_browser: Browsers
) -> None:
    fill_press()

    page = visitor.open("/register/category")
    assert PRESS_WAIT in page.text
    page = go_to_check(visitor, "Ada")
    full = "All places in the category “Press” are taken. You can join the waiting list."
    assert full in page.text
    assert "You get an offer when both the conference and your category have" in page.text
    assert page.press("Join the waiting list").heading == "Check your email"

    email = get_last_email_to("ada@example.org")
    assert "You are number 1 on the list for it, and you get an offer when both" in email.text
    own = open_own_page(visitor, "ada@example.org")
    assert "You are number 1 on the list for the category “Press”, and number 1 of" in own.text
    page = go_to_check(new_browser(), "Bea", "Standard").press("Confirm registration")
    assert page.heading == "You are registered"
    assert get_counts() == (2, 1)


def test_a_free_place_of_a_category_is_offered_to_the_first_who_waits_for_it(
    visitor: Browser, new_browser: Browsers
) -> None:
    _, press, taken = fill_press()
    join(visitor, "Ada")
    join(new_browser(), "Bea")

    cancel(taken)

    assert get_state("ada@example.org") == "offered"
    assert get_state("bea@example.org") == "waiting"
    assert get_last_email_to("ada@example.org").subject.startswith(OFFER)
    assert limit(CONFERENCE) == (1, 1)
    assert limit(seats.name_category_limit(press.id)) == (1, 0)
    page = open_own_page(visitor, "ada@example.org").press("Accept the place")
    assert page.heading == "Your booking"
    assert categories.count_by_category() == {press.id: 1}


def test_a_free_place_of_a_category_is_reserved_for_its_waiting_list(
    visitor: Browser, new_browser: Browsers
) -> None:
    _, press, taken = fill_press()
    join(visitor, "Ada")
    late = go_to_check(new_browser(), "Bea")
    cancel(taken)

    page = late.press("Confirm registration", status=422) if "Confirm" in late.text else late
    assert page.press("Join the waiting list").heading == "Check your email"

    assert (get_state("ada@example.org"), get_state("bea@example.org")) == ("offered", "waiting")
    assert limit(seats.name_category_limit(press.id)) == (1, 0)


def test_losing_the_last_place_of_a_category_leads_to_its_waiting_list(
    visitor: Browser,
) -> None:
    set_places(10)
    open_list()
    make_category(name="Standard")
    press = make_category(1, name="Press")
    page = go_to_check(visitor, "Ada")
    make_delegate(category_id=press.id)

    page = page.press("Confirm registration", status=422)

    [error] = page.errors
    assert error.endswith("You can join its waiting list, or change your category")
    assert page.press("Join the waiting list").heading == "Check your email"


def test_a_place_of_a_category_that_has_just_become_free_can_be_taken(visitor: Browser) -> None:
    _, _, taken = fill_press()
    page = go_to_check(visitor, "Ada")
    cancel(taken)

    page = page.press("Join the waiting list", status=422)

    assert page.errors == [
        "A place has just become free, so you can register now. Confirm to accept it"
    ]
    assert page.press("Confirm registration").heading == "You are registered"


def test_without_a_waiting_list_a_full_category_cannot_be_chosen(visitor: Browser) -> None:
    fill_press()
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=False)

    page = visitor.open("/register/category")

    assert PRESS_WAIT not in page.text
    assert "All places are taken." in page.text
    with pytest.raises(NotOnPage):  # the choice is disabled
        page.press("Continue", {HOW: "Press"})


def test_a_free_place_is_offered_to_the_longest_waiting_person_who_can_use_it(
    visitor: Browser, new_browser: Browsers
) -> None:
    _, press, taken = fill_press(places=2)
    join(visitor, "Ada")
    other = make_delegate(email="other@example.org")
    join(new_browser(), "Bea", "Standard")

    cancel(other)

    assert (get_state("ada@example.org"), get_state("bea@example.org")) == ("waiting", "offered")
    cancel(taken)
    assert get_state("ada@example.org") == "offered"
    assert limit(seats.name_category_limit(press.id)) == (1, 0)
    assert get_counts() == (2, 0)


def test_a_category_with_more_places_offers_them_while_the_conference_has_some(
    visitor: Browser, new_browser: Browsers
) -> None:
    _, press, _ = fill_press(places=2)
    for name in ("Ada", "Bea"):
        join(new_browser(), name)

    with transaction():
        change_limit(press, 3)

    assert (get_state("ada@example.org"), get_state("bea@example.org")) == ("offered", "waiting")
    assert limit(seats.name_category_limit(press.id)) == (2, 0)
    with transaction():
        conference_settings.change_limit(9, expected_limit=2, actor=GRACE)
    assert get_state("bea@example.org") == "offered"


def change_limit(category: RegistrationCategory, seats_now: int) -> None:
    category = categories.get_category(category.id)
    values = {**categories.build_values(category), "limit": seats_now}
    category_services.save(category, values, expected_version=category.version, actor=GRACE)


def test_limits_cannot_be_lowered_below_taken_and_offered_places(visitor: Browser) -> None:
    _, press, _ = fill_press()
    join(visitor, "Ada")
    with transaction():
        change_limit(press, 2)
    assert get_state("ada@example.org") == "offered"

    with pytest.raises(RuleViolation, match="2 places are taken already"), transaction():
        change_limit(press, 1)
    with pytest.raises(RuleViolation, match="2 places are taken already"), transaction():
        conference_settings.change_limit(1, expected_limit=10, actor=GRACE)

    assert limit(seats.name_category_limit(press.id)) == (2, 0)
    assert limit(CONFERENCE) == (2, 0)


def test_an_expired_offer_passes_on_within_the_category(
    visitor: Browser, new_browser: Browsers, frozen_time: Any
) -> None:
    _, press, taken = fill_press()
    for name in ("Ada", "Bea"):
        join(new_browser(), name)
    cancel(taken)

    frozen_time.move_to("2009-05-14T09:32:00+01:00")
    run_due()

    assert (get_state("ada@example.org"), get_state("bea@example.org")) == ("lapsed", "offered")
    assert limit(seats.name_category_limit(press.id)) == (1, 0)
    assert get_counts() == (1, 0)


def test_a_waiting_person_can_change_category_and_days_and_keeps_their_turn(
    visitor: Browser, new_browser: Browsers
) -> None:
    standard, press, _ = fill_press(places=2)
    make_delegate(email="other@example.org")
    join(visitor, "Ada")
    join(new_browser(), "Bea", "Standard")

    page = open_own_page(visitor, "ada@example.org").follow("Change your request")
    page = page.press("Save changes", {HOW: "Standard", DAYS: [THURSDAY]})

    assert "You are next." in page.text
    assert "You changed your category" in page.text
    assert "“Standard”" in page.text
    assert "You changed the days that you are waiting for" in page.text
    assert list_subjects_to("ada@example.org")[-1] == (
        "You are on the waiting list for Tides and Harbours"
    )
    entry = db.session.scalars(select(WaitingListEntry).order_by(WaitingListEntry.id)).first()
    assert entry is not None
    assert entry.category_id == standard.id
    db.session.rollback()
    cancel(db.session.scalars(select(Delegate).where(Delegate.email == "other@example.org")).one())
    page = open_own_page(visitor, "ada@example.org").press("Accept the place")
    assert "Thursday 11 June 2009" in page.text
    assert categories.count_by_category() == {standard.id: 1, press.id: 1}


def test_changing_to_a_category_with_a_free_place_gets_an_offer_immediately(
    visitor: Browser,
) -> None:
    fill_press()
    join(visitor, "Ada")

    page = open_own_page(visitor, "ada@example.org").follow("Change your request")
    page = page.press("Save changes", {HOW: "Standard", DAYS: [WEDNESDAY]})

    assert page.heading == "You have been offered a place"
    assert get_counts() == (2, 0)


def test_a_change_must_fit_the_category_days_and_is_refused_with_an_open_offer(
    visitor: Browser,
) -> None:
    _, _, taken = fill_press()
    make_category(name="One day", days="2009-06-10")
    join(visitor, "Ada")
    page = open_own_page(visitor, "ada@example.org").follow("Change your request")

    again = page.press("Save changes", {HOW: "One day", DAYS: [THURSDAY]}, status=422)
    assert again.errors == ["This category does not include all of these days"]
    cancel(taken)
    late = page.press("Save changes", {HOW: "Standard", DAYS: [THURSDAY]})

    assert late.heading == "You have been offered a place"
    assert get_state("ada@example.org") == "offered"
    assert get_counts() == (1, 0)


def test_a_group_that_stays_together_gets_its_offers_at_the_same_time(site: object) -> None:
    set_places(1)
    open_list()
    make_delegate()
    group = make_group()
    together = {"together_group_id": group.id}
    make_waiting_list_entry(name="Ada", email="ada@example.org", **together)
    make_waiting_list_entry(name="Cleo", email="cleo@example.org")
    make_waiting_list_entry(name="Bea", email="bea@example.org", **together)

    def change(places: int, before: int) -> list[str]:
        with transaction():
            conference_settings.change_limit(places, expected_limit=before, actor=GRACE)
        return [get_state(f"{name}@example.org") for name in ("ada", "bea", "cleo")]

    assert change(2, 1) == ["waiting", "waiting", "offered"]
    assert change(3, 2) == ["waiting", "waiting", "offered"]
    run_due()
    assert change(4, 3) == ["offered", "offered", "offered"]
    assert get_counts() == (4, 0)


def test_a_group_uses_only_the_places_of_its_people(site: object) -> None:
    set_places(1)
    open_list()
    make_delegate()
    together = {"together_group_id": make_group().id}
    make_waiting_list_entry(name="Ada", email="ada@example.org", **together)
    make_waiting_list_entry(name="Bea", email="bea@example.org", **together)
    make_waiting_list_entry(name="Cleo", email="cleo@example.org")

    with transaction():
        conference_settings.change_limit(5, expected_limit=1, actor=GRACE)

    assert [get_state(f"{name}@example.org") for name in ("ada", "bea", "cleo")] == ["offered"] * 3
    assert get_counts() == (4, 0)


def test_every_waiting_person_has_one_turn_across_pages(site: object) -> None:
    set_places(1)
    make_delegate()
    many = turns.PAGE_SIZE + 5
    for number in range(many):
        make_waiting_list_entry(email=f"{number}@example.org", identity_key=str(number))

    found = turns.list_next(db.session.connection(), 2 * many, {CONFERENCE: 3 * many})

    assert len({one.entry_id for one in found}) == len(found) == many


def test_the_worker_takes_no_lock_while_no_offer_is_possible(site: object) -> None:
    set_places(10)
    press = make_category(0, name="Press")
    make_waiting_list_entry(category_id=press.id)

    assert not offers.is_anything_due()
    with transaction():
        seats.set_limit(seats.name_category_limit(press.id), 1)
    assert offers.is_anything_due()
    run_due()
    assert get_state("bea@example.org") == "offered"
    assert not offers.is_anything_due()


def test_the_waiting_list_can_be_filtered_by_category(
    visitor: Browser, new_browser: Browsers
) -> None:
    fill_press(places=1)
    join(visitor, "Ada")
    join(new_browser(), "Bea", "Standard")

    page = sign_in(new_browser()).open("/organise/waiting-list")
    page = page.press("Search", {"Category": "Press"})

    assert [row["Name"] for row in page.rows] == ["Ada Waite ada@example.org, Press"]

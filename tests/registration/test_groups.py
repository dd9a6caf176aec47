"""One contact registers a group; each person has a booking of their own."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from app import clock
from app.database import db, transaction
from app.delegates.delegate_record import identity_key
from app.delegates.models import CONFERENCE, ApplicationDraft, Delegate
from app.delegates.queries import ATTENDING
from app.registration import conference_settings, integrity_check, queries, retention, seats
from app.registration.bookings import data_export, erasure, operations
from app.registration.groups import queries as groups
from app.registration.groups.models import GroupMember, RegistrationGroup
from app.registration.groups.register_group import MAX_GROUPS_PER_DAY
from app.registration.waiting_list.models import OFFERED, WaitingListEntry
from tests.browser import Answer, Browser, Browsers, Page
from tests.factories import (
    make_category,
    make_delegate,
    make_question,
    make_waiting_list_entry,
    set_places,
)
from tests.registration.test_registration_status import set_registration_end
from tests.registration.test_session_bookings import book, make_bookable
from tests.registration_flow import CONSENT, THURSDAY, WEDNESDAY
from tests.sent_emails import find_link, get_last_email_to, list_emails_to, list_subjects_to

CONTACT = {
    "Your name": "Mary Ward",
    "Your email address": "mary@ward.example",
    "Organisation (optional)": "St Elsewhere",
}
SHARED = {"Which days will they attend?": [WEDNESDAY], "country": "United Kingdom"}
MODE = "If there are not enough places for everyone"
JOIN = "Put everyone who does not get a place on the waiting list, if it is open"
EMAIL = "Email address (optional)"
TRAVEL, VISA = "How will you travel?", "Do you need a visa?"
TITLE = "Tides and Harbours"


def begin(visitor: Browser, **answers: Answer) -> Page:
    """Answer what comes before the people."""
    page = visitor.open("/register/group").follow("Start now")
    page = page.press("Continue", CONTACT)
    return page.press("Continue", {**SHARED, **answers})


def add(page: Page, given: str, email: str = "", **others: Answer) -> Page:
    """Add a person to the list."""
    form = page.follow("Add a person")
    answers = {"given_names": given, "Family name": "Nurse", EMAIL: email}
    return form.press("Save", {**answers, **others})


def fill(visitor: Browser, *names: str) -> Page:
    """Go to the check with these people, each with an address of their own."""
    page = begin(visitor)
    for name in names:
        page = add(page, name, f"{name.lower()}@ward.example")
    return page.follow("Continue")


def cancel(given: str) -> None:
    """Cancel the booking of a person, as the desk does."""
    found = db.session.scalars(select(Delegate).where(Delegate.given_names == given)).one()
    db.session.rollback()
    with transaction():
        operations.cancel(db.session.merge(found), actor="grace@conference.example")


def open_group(visitor: Browser) -> Page:
    return visitor.open(find_link(get_last_email_to("mary@ward.example"), "/group/"))


def list_delegates() -> list[str]:
    found = db.session.scalars(select(Delegate.given_names).where(ATTENDING))
    names = sorted(found)
    db.session.rollback()
    return names


def test_a_contact_can_register_three_people_together(visitor: Browser) -> None:
    page = begin(visitor)
    page = add(page, "Ada", "ada@ward.example")
    page = add(page, "Bea", "bea@ward.example")
    page = add(page, "Cy")
    page = page.follow("Continue")

    assert page.heading == "Check your group"
    page = page.press("Register the group")

    assert page.heading == "Your group is registered"
    assert list_delegates() == ["Ada", "Bea", "Cy"]
    assert list_subjects_to("ada@ward.example")[0].startswith("You are registered for Tides")
    assert (
        "Mary Ward registered you as part of a group from St Elsewhere."
        in get_last_email_to("ada@ward.example").text
    )
    [email] = list_emails_to("mary@ward.example")
    assert "Name: Cy Nurse\nBooking reference: " in email.text
    assert re.search(r">\s*Manage the booking\s*</a>", email.html)  # a button, as that of the group
    assert integrity_check.run_checks() == []


def test_two_group_members_of_the_same_name_are_numbered(visitor: Browser) -> None:
    page = begin(visitor)
    for email in ("ada@ward.example", "ada@elsewhere.example"):
        page = add(page, "Ada", email)
    page.follow("Continue").press("Register the group")

    people = open_group(visitor).summary_list
    assert "ada@ward.example" in people["1. Ada Nurse"]
    assert "ada@elsewhere.example" in people["2. Ada Nurse"]


def test_an_all_or_none_group_without_enough_places_registers_nobody(visitor: Browser) -> None:
    set_places(2)
    page = fill(visitor, "Ada", "Bea", "Cy")

    page = page.press("Register the group", status=409)

    assert page.errors == [
        "There are not enough places for everyone in the group, so nobody has been registered"
    ]
    assert list_delegates() == []
    assert list_subjects_to("ada@ward.example") == []
    assert list_subjects_to("mary@ward.example") == []
    assert visitor.open("/register/group/people").heading == "People in your group"
    assert "3. Cy Nurse" in visitor.open("/register/group/people").text


def test_a_group_of_as_many_as_fit_says_who_has_a_place(visitor: Browser) -> None:
    set_places(2)
    page = fill(visitor, "Ada", "Bea", "Cy")

    page = page.press(
        "Register the group",
        {MODE: "Register as many as possible, in the order listed"},
    )

    assert page.heading == "Part of your group is registered"
    assert list_delegates() == ["Ada", "Bea"]
    assert list_subjects_to("cy@ward.example") == []
    email = get_last_email_to("mary@ward.example").text
    assert "These people have a place:\n\n- Ada Nurse\n- Bea Nurse\n" in email
    assert "These people do not have a place:\n\n- Cy Nurse\n" in email
    assert integrity_check.run_checks() == []


def test_group_members_who_wait_together_get_offers_together(visitor: Browser) -> None:
    set_places(1)
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)
    page = fill(visitor, "Ada", "Bea", "Cy")

    page.press(
        "Register the group",
        {
            MODE: "Register as many as possible, in the order listed",
            JOIN: True,
            "Keep the people who wait together": True,
        },
    )
    cancel("Ada")

    own = visitor.open(find_link(get_last_email_to("bea@ward.example"), "/waiting-list/"))
    assert "You asked to stay together with one other person." in own.text
    with transaction():
        conference_settings.change_limit(2, expected_limit=1, actor="grace@conference.example")
    for name in ("bea", "cy"):
        assert list_subjects_to(f"{name}@ward.example")[-1].startswith("Accept your place by ")


def test_group_members_without_a_place_can_join_the_waiting_list(visitor: Browser) -> None:
    set_places(1)
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)
    page = fill(visitor, "Ada", "Bea")

    page.press(
        "Register the group",
        {
            MODE: "Register as many as possible, in the order listed",
            JOIN: True,
        },
    )

    email = get_last_email_to("bea@ward.example")
    assert email.subject == f"You are on the waiting list for {TITLE}"
    assert "Mary Ward registered you as part of a group." in email.text
    assert "Bea Nurse On the waiting list" in open_group(visitor).text
    cancel("Ada")
    visitor.open(find_link(get_last_email_to("bea@ward.example"), "/waiting-list/")).press(
        "Accept the place"
    )
    assert "Bea Nurse Has a place" in open_group(visitor).text
    with transaction():
        groups.link_accepted()
    bea = db.session.scalars(select(Delegate).where(Delegate.given_names == "Bea")).one()
    assert groups.find_group(bea) is not None
    assert integrity_check.run_checks() == []


def test_a_group_gets_no_more_places_than_its_category_has(visitor: Browser) -> None:
    make_category(1, name="Press")
    make_category(name="Student")
    page = begin(visitor, **{"How will they attend?": "Press"})
    page = add(page, "Ada", "ada@ward.example")
    page = add(page, "Bea", "bea@ward.example")
    page = add(page, "Cy", "cy@ward.example", category="Student")

    page.follow("Continue").press(
        "Register the group", {MODE: "Register as many as possible, in the order listed"}
    )

    assert list_delegates() == ["Ada", "Cy"]
    assert integrity_check.run_checks() == []


def test_a_member_who_already_has_a_place_is_told_only_by_email(visitor: Browser) -> None:
    existing = make_delegate(given_names="Ada", family_name="Nurse", email="ada@ward.example")
    page = fill(visitor, "Ada", "Bea")

    page = page.press("Register the group")

    assert page.heading == "Your group is registered"
    group = open_group(visitor)
    for name in ("Ada", "Bea"):
        assert f"{name} Nurse Has a place {name.lower()}@ward.example" in group.text
    assert existing.reference not in group.text
    assert list_subjects_to("ada@ward.example") == [
        f"You already have a place at {TITLE}: {existing.reference}"
    ]
    assert db.session.scalar(select(func.count(Delegate.id))) == 2

    group.follow("Cancel place: Ada Nurse").press("Cancel the place")

    assert list_delegates() == ["Ada", "Bea"]


def test_a_duplicate_group_member_is_refused_beside_the_name(visitor: Browser) -> None:
    page = add(begin(visitor), "Ada", "ada@ward.example")

    form = page.follow("Add a person")
    page = form.press(
        "Save",
        {"given_names": "ADA", "Family name": "nurse", EMAIL: "Ada@ward.example"},
        status=422,
    )

    assert page.errors == ["This person is already in the list"]


def test_group_members_can_be_changed_and_removed_before_registering(visitor: Browser) -> None:
    page = add(begin(visitor), "Ada", "ada@ward.example")
    page = add(page, "Bea")

    page = page.follow("Change Ada Nurse").press("Save", {"given_names": "Adele"})
    page = page.press("Remove Bea Nurse")

    assert "1. Adele Nurse ada@ward.example" in page.text
    assert "Bea" not in page.text


def test_changing_the_days_of_a_group_keeps_individual_days(
    visitor: Browser,
) -> None:
    page = add(begin(visitor), "Ada", "ada@ward.example")
    add(page, "Bea", "bea@ward.example", Days=[THURSDAY])

    visitor.open("/register/group/answers").press(
        "Continue", {"Which days will they attend?": [WEDNESDAY, THURSDAY]}
    )
    visitor.open("/register/group/check").press("Register the group")

    days = dict(db.session.execute(select(Delegate.given_names, Delegate.days)).tuples().all())
    assert days == {"Ada": "2009-06-10 2009-06-11", "Bea": "2009-06-11"}


def test_a_stale_group_list_must_be_checked_again(visitor: Browser) -> None:
    page = fill(visitor, "Ada", "Bea")
    visitor.open("/register/group/people").press("Remove Bea Nurse")

    page = page.press("Register the group", status=422)

    assert page.errors == ["The list changed in another window. Check it, then confirm"]
    assert list_delegates() == []


def test_confirming_a_group_twice_registers_it_once(visitor: Browser) -> None:
    page = fill(visitor, "Ada")

    page.press("Register the group")
    again = page.press("Register the group")

    assert again.heading == "Your group is registered"
    assert len(list_emails_to("mary@ward.example")) == 1


def test_an_expired_group_list_says_so(visitor: Browser) -> None:
    begin(visitor)
    with transaction():
        db.session.execute(delete(ApplicationDraft))

    page = visitor.open("/register/group/people", status=410)

    assert page.heading == "Your list has been deleted"


def test_a_group_can_be_registered_only_while_registration_is_open(visitor: Browser) -> None:
    begin(visitor)
    set_places(1)
    make_delegate()

    assert visitor.open("/register/group/people", status=409).heading == "The conference is full"
    assert visitor.open("/register/group").heading == "The conference is full"


def test_group_registrations_are_rate_limited(visitor: Browser) -> None:
    for number in range(MAX_GROUPS_PER_DAY):
        fill(visitor, f"Ada{number}").press("Register the group").press("Register another group")
    page = fill(visitor, "Bea")

    page = page.press("Register the group", status=429)

    assert page.heading == "Check your group"
    assert "Bea" not in list_delegates()


def test_a_member_can_leave_the_group_and_keep_the_booking(visitor: Browser) -> None:
    fill(visitor, "Ada", "Bea").press("Register the group")
    booking = visitor.open(find_link(get_last_email_to("ada@ward.example"), "/booking/"))

    page = booking.follow("Leave the group").press("Leave the group")

    assert "You have left the group." in page.text
    assert "Leave the group" not in page.links
    assert list_delegates() == ["Ada", "Bea"]
    assert list_subjects_to("mary@ward.example")[-1] == f"Ada Nurse has left your group for {TITLE}"
    group = open_group(visitor)
    assert "Ada Nurse Left the group" in group.text
    assert "ada@ward.example" not in group.text
    assert "Cancel place: Ada Nurse" not in group.links


def test_a_group_contact_never_sees_answers_of_members(visitor: Browser) -> None:
    fill(visitor, "Ada").press("Register the group")
    booking = visitor.open(find_link(get_last_email_to("ada@ward.example"), "/booking/"))
    form = booking.follow("Change access requirements")
    form.press("Save", {"Tell us more (optional)": "A secret ramp", CONSENT: True})

    group = open_group(visitor)
    csv = visitor.fetch("GET", group.links["Download the list"]).text

    assert "ramp" not in group.text + csv
    assert '"Ada Nurse","ada@ward.example","Has a place",""' in csv
    assert all("ramp" not in one.text for one in list_emails_to("mary@ward.example"))


@pytest.mark.both_databases
def test_group_members_are_asked_required_questions_later(visitor: Browser) -> None:
    make_question(TRAVEL, is_required=True)
    make_question(VISA, kind="yes_no", is_required=True)
    make_question("Anything else?")
    check = fill(visitor, "Ada")
    assert "People also need to answer questions on their own booking pages." in check.text
    check.press("Register the group")

    email = get_last_email_to("ada@ward.example")
    asked = "We still need your answers to 2 questions. Answer them on your booking page."
    assert asked in email.text
    booking = visitor.open(find_link(email, "/booking/"))
    assert f"Answer 2 questions {TRAVEL} {VISA}" in booking.text
    form = booking.follow(TRAVEL)
    assert form.press("Save", {VISA: "No"}, status=422).errors == [f"Answer the question: {TRAVEL}"]
    page = visitor.page.press("Save", {TRAVEL: "By bus"})

    assert (page.summary_list[TRAVEL], page.summary_list[VISA]) == ("By bus", "No")
    assert "Answer 2 questions" not in page.text
    assert VISA not in page.links


def test_group_members_are_asked_only_questions_of_their_category(visitor: Browser) -> None:
    make_question("Anything else?")
    student = make_category(name="Student")
    make_question(TRAVEL, is_required=True, categories=(str(student.id),))
    make_category(name="Press")
    page = begin(visitor, **{"How will they attend?": "Press"})
    check = add(page, "Ada", "ada@ward.example").follow("Continue")
    assert "People also need to answer questions" not in check.text

    check.press("Register the group")

    email = get_last_email_to("ada@ward.example")
    assert "We still need" not in email.text
    assert "Answer 1 question" not in visitor.open(find_link(email, "/booking/")).text


def test_a_contact_can_answer_only_for_members_without_their_own_address(
    visitor: Browser,
) -> None:
    make_question(TRAVEL, is_required=True)
    make_delegate(given_names="Eve", family_name="Nurse", email="eve@ward.example")
    page = begin(visitor)
    for name, address in (("Ada", "ada@ward.example"), ("Cy", ""), ("Eve", "eve@ward.example")):
        page = add(page, name, address)
    page.follow("Continue").press("Register the group")

    email = get_last_email_to("mary@ward.example")
    assert email.text.count("Questions to answer: 1\n") == 1
    group = open_group(visitor)
    assert group.text.count("question to answer") == 1
    of_cy = group.text.partition("Cy Nurse")[2].partition("Eve Nurse")[0]
    assert "1 question to answer" in of_cy
    for name in ("Ada", "Eve"):  # Eve had a place before
        assert f"{name} Nurse Has a place {name.lower()}@ward.example" in group.text
    page = visitor.open(find_link(email, "/booking/")).follow(TRAVEL)
    page.press("Save", {TRAVEL: "By bus"})

    assert "question to answer" not in visitor.open(group.address).text


def test_after_registration_has_closed_members_are_not_asked_questions(
    visitor: Browser, frozen_time: Any
) -> None:
    make_question(TRAVEL, is_required=True)
    fill(visitor, "Ada").press("Register the group")
    address = find_link(get_last_email_to("ada@ward.example"), "/booking/")
    assert "Answer 1 question" in visitor.open(address).text

    set_registration_end("2009-05-13T12:00:00+01:00")
    frozen_time.move_to("2009-05-13T12:30:00+01:00")

    assert "Answer 1 question" not in visitor.open(address).text


def test_a_contact_can_rename_a_member_until_they_open_the_booking(visitor: Browser) -> None:
    fill(visitor, "Ada").press("Register the group")

    for name in ("Adele", "Adela"):
        form = open_group(visitor).follow("Change name: " + list_delegates()[0] + " Nurse")
        page = form.press("Save", {"given_names": name})
        assert "The name has been changed." in page.text
    visitor.open(find_link(get_last_email_to("ada@ward.example"), "/booking/"))
    form = open_group(visitor).follow("Change name: Adela Nurse")
    page = form.press("Save", {"given_names": "Adeline"})

    assert "If the person has already opened their booking, only they can change it" in page.text
    assert list_delegates() == ["Adela"]


def test_a_contact_can_add_a_member_while_there_are_places(visitor: Browser) -> None:
    fill(visitor, "Ada").press("Register the group")
    set_places(2)
    answers = {"given_names": "Bea", "Family name": "Nurse", EMAIL: "bea@ward.example"}

    page = open_group(visitor).follow("Add a person").press("Add person", answers)

    assert "The person has been added and has a place." in page.text
    bea = db.session.scalars(select(Delegate).where(Delegate.given_names == "Bea")).one()
    assert (bea.organisation, bea.country, bea.days) == ("St Elsewhere", "GB", "2009-06-10")
    assert "Add a person" not in page.links
    assert integrity_check.run_checks() == []


def test_adding_a_member_when_the_last_place_was_taken_is_refused(visitor: Browser) -> None:
    fill(visitor, "Ada").press("Register the group")
    form = open_group(visitor).follow("Add a person")
    set_places(1)

    page = form.press("Add person", {"given_names": "Bea"}, status=422)

    assert page.errors == ["All places are taken"]
    assert list_delegates() == ["Ada"]
    assert "Bea" not in open_group(visitor).text


def test_a_contact_can_cancel_a_members_place_and_the_member_is_emailed(visitor: Browser) -> None:
    fill(visitor, "Ada", "Bea").press("Register the group")

    page = open_group(visitor).follow("Cancel place: Ada Nurse").press("Cancel the place")

    assert "Ada Nurse Cancelled" in page.text
    assert list_delegates() == ["Bea"]
    assert list_subjects_to("ada@ward.example")[-1].startswith("Your booking has been cancelled")
    assert queries.get_seat_counts().taken == 1


def transfer_place_from_ada_to_bea(visitor: Browser) -> None:
    """Register both for one place; Ada cancels, and Bea accepts it from the waiting list."""
    set_places(1)
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)
    fill(visitor, "Ada", "Bea").press(
        "Register the group",
        {MODE: "Register as many as possible, in the order listed", JOIN: True},
    )
    cancel("Ada")
    offer = find_link(get_last_email_to("bea@ward.example"), "/waiting-list/")
    visitor.open(offer).press("Accept the place")


def test_a_contact_can_cancel_a_place_that_was_just_accepted(visitor: Browser) -> None:
    transfer_place_from_ada_to_bea(visitor)

    page = open_group(visitor)
    page = page.follow("Cancel place: Bea Nurse")
    page.press("Cancel the place")

    assert list_delegates() == []
    assert list_subjects_to("bea@ward.example")[-1].startswith("Your booking has been cancelled")
    assert queries.get_seat_counts().taken == 0


def test_the_cancellation_email_of_a_member_lists_released_seats(
    visitor: Browser,
) -> None:
    fill(visitor, "Ada").press("Register the group")
    make_bookable("Knots")
    ada = db.session.scalars(select(Delegate)).one()
    db.session.rollback()
    book(ada, "knots")

    open_group(visitor).follow("Cancel place: Ada Nurse").press("Cancel the place")

    assert "Seat given back: Knots" in get_last_email_to("ada@ward.example").text


def test_cancelling_a_members_place_twice_changes_nothing(visitor: Browser) -> None:
    fill(visitor, "Ada", "Bea").press("Register the group")
    form = open_group(visitor).follow("Cancel place: Ada Nurse")
    form.press("Cancel the place")

    page = visitor.open(form.address)

    assert page.heading == "Your group"
    assert "Nothing has changed." in page.text


def test_a_members_link_cannot_be_sent_again_immediately(visitor: Browser) -> None:
    fill(visitor, "Ada").press("Register the group")

    page = open_group(visitor).press("Send link again: Ada Nurse")

    assert "We sent this link a moment ago." in page.text


def test_dissolving_a_group_keeps_the_bookings(visitor: Browser) -> None:
    fill(visitor, "Ada", "Bea").press("Register the group")
    address = find_link(get_last_email_to("mary@ward.example"), "/group/")

    page = visitor.open(address).follow("Dissolve the group").press("Dissolve the group")

    assert page.heading == "The group has been dissolved"
    assert list_delegates() == ["Ada", "Bea"]
    assert visitor.open(address, status=410).heading == "This link does not work"
    assert db.session.scalar(select(func.count(GroupMember.id))) == 0


def test_after_dissolving_a_group_the_contact_gets_links_of_members_without_address(
    visitor: Browser,
) -> None:
    page = add(begin(visitor), "Ada", "")
    add(page, "Bea", "bea@ward.example").follow("Continue").press("Register the group")
    contact = "mary@ward.example"
    assert "Confirmed" not in " ".join(list_subjects_to(contact))
    address = find_link(get_last_email_to(contact), "/group/")

    visitor.open(address).follow("Dissolve the group").press("Dissolve the group")

    confirmed = get_last_email_to(contact)
    assert visitor.open(find_link(confirmed, "/booking/")).heading == "Your booking"
    assert list_subjects_to("bea@ward.example")[1:] == []
    assert integrity_check.run_checks() == []


def test_an_erased_member_is_removed_from_the_group(visitor: Browser) -> None:
    fill(visitor, "Ada", "Bea").press("Register the group")
    cancel("Ada")
    ada = db.session.scalars(select(Delegate).where(Delegate.given_names == "Ada")).one()
    with transaction():
        erasure.erase_cancelled(db.session.merge(ada), actor="delegate")

    assert "Ada" not in open_group(visitor).text


@pytest.mark.both_databases
def test_an_erased_member_who_took_over_a_place_is_removed_from_the_group(
    visitor: Browser,
) -> None:
    transfer_place_from_ada_to_bea(visitor)
    cancel("Bea")
    bea = db.session.scalars(select(Delegate).where(Delegate.given_names == "Bea")).one()
    with transaction():
        erasure.erase_cancelled(db.session.merge(bea), actor="delegate")

    page = open_group(visitor)

    assert "Ada Nurse" in page.text
    assert "Bea" not in page.text


def test_groups_are_deleted_a_year_after_the_conference(visitor: Browser, frozen_time: Any) -> None:
    fill(visitor, "Ada").press("Register the group")

    frozen_time.move_to("2010-06-13T12:00:00+01:00")
    with transaction():
        retention.delete_groups()

    assert db.session.scalar(select(func.count(RegistrationGroup.id))) == 0
    assert db.session.scalar(select(func.count(GroupMember.id))) == 0


def test_a_group_contact_can_get_the_group_link_again(visitor: Browser) -> None:
    fill(visitor, "Ada").press("Register the group")

    visitor.open("/booking").press("Email me the link", {"Email address": "Mary@ward.example"})

    assert list_subjects_to("mary@ward.example") == [f"Your group for {TITLE}"] * 2


def test_the_data_export_of_a_member_names_the_group_contact(visitor: Browser) -> None:
    fill(visitor, "Ada").press("Register the group")
    ada = db.session.scalars(select(Delegate)).one()

    assert data_export.export_delegate(ada)["group"] == {
        "contact": "Mary Ward",
        "organisation": "St Elsewhere",
        "name": "Ada Nurse",
        "email": "ada@ward.example",
    }


def test_a_contact_cannot_remove_a_members_own_waiting_list_entry(
    visitor: Browser, new_browser: Browsers
) -> None:
    set_places(1)
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)
    page = fill(visitor, "Ada", "Bea")
    make_waiting_list_entry(
        name="Bea Nurse",
        email="bea@ward.example",
        identity_key=identity_key("Bea Nurse", "bea@ward.example"),
        state=OFFERED,
        offer_ends_at=clock.now() + timedelta(days=1),
    )
    with transaction():  # one place for Ada beside the one that is kept for Bea
        seats.set_limit(CONFERENCE, 2)
        seats.hold_for_queue((CONFERENCE,))
    page.press(
        "Register the group",
        {
            MODE: "Register as many as possible, in the order listed",
            JOIN: True,
        },
    )

    page = open_group(visitor).follow("Cancel place: Bea Nurse").press("Cancel the place")

    assert "Bea Nurse Cancelled" in page.text
    assert db.session.scalars(select(WaitingListEntry.state)).all() == ["offered"]


def test_a_whole_group_can_join_the_waiting_list_when_the_conference_is_full(
    visitor: Browser,
) -> None:
    set_places(1)
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)
    make_delegate(given_names="Cy")
    page = fill(visitor, "Ada", "Bea")

    page.press("Register the group", status=409)
    page = visitor.page.press(
        "Register the group",
        {MODE: "Register as many as possible, in the order listed", JOIN: True},
    )

    assert page.heading == "Nobody in your group has a place yet"
    assert list_subjects_to("ada@ward.example") == [f"You are on the waiting list for {TITLE}"]
    assert list_delegates() == ["Cy"]
    assert [one for one in integrity_check.run_checks() if "email" not in one] == []

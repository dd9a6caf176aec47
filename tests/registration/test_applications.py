"""Categories with approval: people apply, organisers decide, and everyone sees their state."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.cache_version import bump_cache_version
from app.database import db, transaction
from app.delegates.categories.models import RegistrationCategory
from app.delegates.models import CONFERENCE, Delegate
from app.errors import RuleViolation
from app.registration import category_services as categories
from app.registration import integrity_check, links, seats
from app.registration.applications import decisions, services
from app.registration.applications import queries as applications
from app.registration.applications.decisions import Decision
from app.registration.applications.models import RegistrationApplication
from app.registration.bookings import data_export, erasure, operations
from app.registration.desk import services as desk_services
from app.registration.waiting_list.models import WaitingListEntry
from tests.browser import Browser, Browsers, Page
from tests.factories import (
    make_application,
    make_category,
    make_delegate,
    make_invitation,
    set_places,
    sign_in,
)
from tests.pages import read_text
from tests.refusals import TOO_MANY
from tests.registration.test_categories import QUESTION, begin, get_seats_and_taken
from tests.registration_flow import answer_questions, continue_to
from tests.sent_emails import find_link, get_last_email_to, list_emails_to, list_subjects_to

GRACE, OLGA = "grace@conference.example", "olga@conference.example"
RECEIVED = "We have received your application for Tides and Harbours"


def make_press(places: int | None = None, **values: Any) -> RegistrationCategory:
    """Save a category that needs approval, beside one that does not."""
    press = make_category(places, name="Press", **{"approvals_needed": 1, **values})
    make_category(name="Delegate")
    return press


def apply_for_place(visitor: Browser, name: str = "Ada", category: str = "Press") -> Page:
    email, chosen = f"{name.lower()}@example.org", {QUESTION: category}
    page = answer_questions(visitor, name=(name, "Lovelace"), email=email, answers=chosen)
    return page.press("Send application")


def open_own_application(visitor: Browser, email: str = "ada@example.org") -> Page:
    letter = next(one for one in reversed(list_emails_to(email)) if "/application/" in one.text)
    return visitor.open(find_link(letter, "/application/"))


def list_miscounts() -> list[str]:
    return [one for one in integrity_check.run_checks() if "BCDF" not in one]  # from outside


def get_application() -> RegistrationApplication:
    db.session.rollback()
    found = select(RegistrationApplication).order_by(RegistrationApplication.id.desc())
    return db.session.scalars(found).first()  # type: ignore[return-value]


def decide(deed: Callable[..., None], *, actor: str = GRACE, **values: Any) -> None:
    with transaction():
        deed(db.session.merge(get_application()), Decision(**values), actor=actor)


def add_at_the_desk() -> None:
    """Let the desk give the applicant Ada a place."""
    answers = {
        "given_names": "Ada",
        "family_name": "Lovelace",
        "badge_name": "Ada",
        "email": "ada@example.org",
        "country": "GB",
        "days": "2009-06-10",
    }
    with transaction():
        desk_services.add(answers, "en", actor=GRACE, notify=False)


@pytest.mark.both_databases
def test_an_approved_applicant_gets_a_place(visitor: Browser) -> None:
    make_press()
    page = visitor.open("/register").follow("Start now")
    assert "You apply for a place, and the organisers decide." in page.text

    page = begin(visitor, "Press")
    assert "You do not have a place yet." in page.text
    page = page.press("Send application")

    assert page.heading == "Check your email"
    assert list_subjects_to("ada@example.org") == [RECEIVED]
    assert db.session.scalars(select(Delegate)).all() == []
    assert open_own_application(visitor).heading == "We have received your application"

    sign_in(visitor)
    page = visitor.open("/organise").follow("1 application to decide").follow("Ada Lovelace")
    assert page.summary_list["Category"] == "Press"
    assert "Access requirements" not in page.text
    said = "Please bring your press card."
    page = page.follow("Approve").press("Approve", {"Message to the person (optional)": said})

    assert page.text.count("Approved") > 0
    letter = get_last_email_to("ada@example.org")
    assert letter.subject.startswith("Your application was approved, and you have a place at Tides")
    assert f"Message from the organisers: {said}" in letter.text
    assert visitor.open(find_link(letter, "/booking/")).summary_list["Category"] == "Press"
    page = open_own_application(visitor)
    assert (page.heading, said in page.text) == ("You have a place", True)
    delegate = db.session.scalars(select(Delegate)).one()
    assert get_seats_and_taken(CONFERENCE)[1] == 1
    application = get_application()
    assert (application.document, application.delegate_id) == ("", delegate.id)
    assert list_miscounts() == []
    thread = visitor.open(f"/organise/delegates/{delegate.reference}").text
    assert "Applied" in thread
    copy = data_export.export_delegate(delegate)
    assert [one["message_of_the_organisers"] for one in copy["applications"]] == [said]


@pytest.mark.both_databases
def test_declining_an_application_emails_the_reason_and_frees_the_held_place(
    visitor: Browser,
) -> None:
    press = make_press(1, is_place_held=True)
    apply_for_place(visitor)
    assert get_seats_and_taken(seats.name_category_limit(press.id)) == (1, 1)
    assert get_seats_and_taken(CONFERENCE)[1] == 1
    assert "We are keeping a place for you" in open_own_application(visitor).text
    assert list_miscounts() == []

    decide(decisions.decline, message="We have no room for press.", reason="No article")

    assert get_seats_and_taken(seats.name_category_limit(press.id)) == (1, 0)
    letter = get_last_email_to("ada@example.org")
    assert letter.subject == "Your application for Tides and Harbours was declined"
    assert "We have no room for press." in letter.text
    assert "No article" not in letter.text
    page = open_own_application(visitor)
    assert page.heading == "Your application was declined"
    assert "Withdraw my application" not in page.links
    assert list_miscounts() == []
    assert get_seats_and_taken(CONFERENCE)[1] == 0


def test_an_application_on_hold_is_still_to_be_decided(visitor: Browser) -> None:
    make_press()
    apply_for_place(visitor)
    sign_in(visitor)

    page = visitor.open("/organise/applications").follow("Ada Lovelace").follow("Put on hold")
    page = page.press("Put on hold")

    assert "Put on hold" not in page.links
    assert get_last_email_to("ada@example.org").subject.endswith("is on hold")
    assert open_own_application(visitor).heading == "Your application is on hold"
    assert "Ada Lovelace" in visitor.open("/organise/applications").links
    decide(decisions.approve)
    assert get_application().state == "approved"


def test_two_different_people_have_to_approve(visitor: Browser) -> None:
    make_press(approvals_needed=2)
    apply_for_place(visitor)

    decide(decisions.approve)
    assert db.session.scalars(select(Delegate)).all() == []
    with pytest.raises(RuleViolation, match="Someone else has to approve it too"):
        decide(decisions.approve)
    assert open_own_application(visitor).heading == "We have received your application"
    decide(decisions.approve, actor=OLGA)

    assert get_application().state == "approved"
    assert get_seats_and_taken(CONFERENCE)[1] == 1


def get_success_message(page: Page) -> str:
    (note,) = page.tree.find_by_class("note--done")
    return read_text(note)


def test_the_message_of_the_first_approver_is_sent_after_the_second_approval(
    visitor: Browser, new_browser: Browsers
) -> None:
    make_press(approvals_needed=2)
    apply_for_place(visitor)
    first = sign_in(new_browser(), GRACE)
    page = first.open("/organise/applications").follow("Ada Lovelace").follow("Approve")
    said = "Bring your press card."

    page = page.press("Approve", {"Message to the person (optional)": said})

    assert get_success_message(page) == (
        "You have approved it. They get a place once someone else has approved it too."
    )
    assert "Approve" not in page.links
    own = open_own_application(visitor)
    assert own.heading == "We have received your application"
    assert said not in own.text
    second = sign_in(new_browser(), OLGA)
    page = second.open("/organise/applications").follow("Ada Lovelace")
    assert page.summary_list[f"Message from {GRACE}, not sent yet"] == said
    assert said not in page.follow("Decline").text
    page = second.open("/organise/applications").follow("Ada Lovelace").follow("Approve")
    shown = f"{said} We will send it with your approval, unless you write another one below."
    assert page.summary_list[f"Message from {GRACE}"] == shown
    ada = {"Select Ada Lovelace": True}
    together = second.open("/organise/applications?state=open").press("Approve", ada)
    assert together.summary_list[f"Message from {GRACE} to Ada Lovelace"] == shown
    page = page.press("Approve")
    assert get_success_message(page).startswith("Approved. We are emailing everyone")
    assert f"Message from the organisers: {said}" in get_last_email_to("ada@example.org").text


@pytest.mark.both_databases
def test_the_message_of_the_first_approver_is_kept_while_on_hold(
    visitor: Browser,
) -> None:
    make_press(approvals_needed=2)
    apply_for_place(visitor)
    said, wait = "Bring your press card.", "We need another week."
    decide(decisions.approve, message=said)
    decide(decisions.put_on_hold, actor=OLGA, message=wait)
    assert said not in get_last_email_to("ada@example.org").text
    own = open_own_application(visitor)
    assert (wait in own.text, said in own.text) == (True, False)
    sign_in(visitor, OLGA)
    page = visitor.open("/organise/applications").follow("Ada Lovelace")
    assert page.summary_list["Message to the person"] == wait
    assert page.summary_list[f"Message from {GRACE}, not sent yet"] == said

    page.follow("Approve").press("Approve")

    assert f"Message from the organisers: {said}" in get_last_email_to("ada@example.org").text
    own = open_own_application(visitor)
    assert (wait in own.text, said in own.text) == (False, True)
    page = visitor.open("/organise/applications?state=approved").follow("Ada Lovelace")
    assert page.summary_list["Message to the person"] == said


def test_a_refused_approval_shows_the_first_approvers_message_again(
    visitor: Browser,
) -> None:
    make_press(approvals_needed=2)
    apply_for_place(visitor)
    decide(decisions.approve, message="Bring your press card.")
    set_places(1)
    make_delegate(email="early@example.org")
    sign_in(visitor, OLGA)
    page = visitor.open("/organise/applications").follow("Ada Lovelace").follow("Approve")

    page = page.press(
        "Approve", {"Message to the person (optional)": "Come to the east gate."}, status=422
    )

    assert page.value_of("Message to the person (optional)") == "Come to the east gate."
    assert page.summary_list[f"Message from {GRACE}"].startswith("Bring your press card.")


def test_the_message_of_the_first_approver_is_not_sent_when_declining(visitor: Browser) -> None:
    make_press(approvals_needed=2)
    apply_for_place(visitor)
    decide(decisions.approve, message="Bring your press card.")

    decide(decisions.decline, actor=OLGA)

    assert "Bring your press card." not in get_last_email_to("ada@example.org").text
    assert "Bring your press card." not in open_own_application(visitor).text


@pytest.mark.both_databases
def test_an_application_without_a_free_place_can_only_join_the_waiting_list(
    visitor: Browser,
) -> None:
    set_places(2)
    make_press()
    make_delegate(email="early@example.org")
    apply_for_place(visitor)
    last = make_delegate(email="late@example.org")
    sign_in(visitor)
    page = visitor.open("/organise/applications").follow("Ada Lovelace").follow("Approve")
    assert "put them on the waiting list" not in page.text

    page = page.press("Approve", {"Reason (optional)": "A good cause"}, status=422)
    assert page.errors == [
        (
            "All places are taken, so nobody can be approved now. Put them on the waiting list, "
            "or raise the number of places"
        )
    ]
    assert page.value_of("Reason (optional)") == "A good cause"
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)
    page = visitor.open("/organise/applications").follow("Ada Lovelace").follow("Approve")
    wait = "If all places are taken, put them on the waiting list"
    page = page.press("Approve", {"Reason (optional)": "A good cause", wait: True})

    assert page.summary_list["State"] == "On the waiting list"
    letter = get_last_email_to("ada@example.org")
    assert letter.subject.endswith("was approved: you are on the waiting list")
    assert "All places at the conference, or in your category, are taken" in letter.text
    waiting = visitor.open(find_link(letter, "/waiting-list/"))
    assert waiting.heading == "You are on the waiting list"
    assert (
        open_own_application(visitor).follow("See your waiting list page").heading
        == waiting.heading
    )
    with transaction():
        operations.cancel(db.session.merge(last), actor=GRACE)
    page = visitor.open(find_link(get_last_email_to("ada@example.org"), "/waiting-list/"))
    assert page.press("Accept the place").heading == "Your booking"
    assert list_miscounts() == []
    own = open_own_application(visitor)
    assert own.heading == "You have a place"
    assert own.follow("See your booking").heading == "Your booking"
    page = visitor.open("/organise/applications?state=approved")
    page = page.follow("Ada Lovelace")
    assert page.summary_list["State"] == "Approved"
    assert page.summary_list["Booking"] in page.links
    delegate = db.session.scalars(select(Delegate).where(Delegate.email == "ada@example.org")).one()
    copy = data_export.export_delegate(delegate)
    assert [one["reason_of_the_organisers"] for one in copy["applications"]] == ["A good cause"]
    assert "Applied" in visitor.open(f"/organise/delegates/{delegate.reference}").text


def test_a_waiting_applicant_who_gets_a_place_otherwise_leaves_the_waiting_list(
    visitor: Browser,
) -> None:
    make_press()
    apply_for_place(visitor)
    set_places(1)
    make_delegate(email="early@example.org")
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)
    decide(decisions.approve, may_wait=True)
    application = get_application()
    assert application.state == "waiting"
    make_application(  # once more, which led to the same entry
        name="Ada Lovelace",
        email="ada@example.org",
        identity_key="",
        state="waiting",
        entry_id=application.entry_id,
        ended_at=clock.now(),
    )
    set_places(2)

    add_at_the_desk()

    db.session.rollback()
    both = db.session.scalars(select(RegistrationApplication)).all()
    assert [(one.state, one.delegate is None) for one in both] == [("approved", False)] * 2
    assert list_miscounts() == []


def test_an_approved_applicant_who_cancelled_sees_that_they_have_no_place(
    visitor: Browser,
) -> None:
    make_press()
    apply_for_place(visitor)
    decide(decisions.approve)
    delegate = db.session.scalars(select(Delegate)).one()

    with transaction():
        operations.cancel(db.session.merge(delegate), actor=GRACE)

    assert open_own_application(visitor).heading == "You no longer have a place"


def test_withdrawing_an_application_deletes_its_answers(visitor: Browser) -> None:
    press = make_press(1, is_place_held=True)
    apply_for_place(visitor)

    page = (
        open_own_application(visitor)
        .follow("Withdraw my application")
        .press("Withdraw my application")
    )

    assert page.heading == "You withdrew your application"
    assert get_seats_and_taken(seats.name_category_limit(press.id)) == (1, 0)
    application = get_application()
    assert (application.state, application.document, application.identity_key) == (
        *("withdrawn", "", ""),
    )
    with pytest.raises(RuleViolation, match="Ada Lovelace has withdrawn this application"):
        decide(decisions.approve)
    assert open_own_application(visitor).heading == "You withdrew your application"


def test_withdrawing_an_approved_application_says_that_it_has_a_place(visitor: Browser) -> None:
    make_press()
    apply_for_place(visitor)
    page = open_own_application(visitor).follow("Withdraw my application")
    decide(decisions.approve)

    page = page.press("Withdraw my application", status=409)

    assert page.heading == "You have a place"
    assert "The organisers have just approved your application, so you have a place." in page.text
    assert get_seats_and_taken(CONFERENCE)[1] == 1


def test_an_existing_application_or_place_is_revealed_only_by_email(
    new_browser: Browsers,
) -> None:
    make_press()
    make_delegate(given_names="Bea", email="bea@example.org")
    pages = [apply_for_place(new_browser(), name) for name in ("Ada", "Ada", "Bea")]

    assert len({page.text for page in pages}) == 1
    assert list_subjects_to("ada@example.org") == [RECEIVED] * 2
    [subject] = list_subjects_to("bea@example.org")
    assert subject.startswith("You already have a place at Tides and Harbours")
    assert db.session.scalars(select(RegistrationApplication.name)).all() == ["Ada Lovelace"]


def test_pressing_twice_sends_one_application(visitor: Browser) -> None:
    make_press()
    page = begin(visitor, "Press")

    assert page.press("Send application").heading == "Check your email"
    assert list_subjects_to("ada@example.org") == [RECEIVED]


def test_one_address_cannot_be_flooded_by_applications(
    visitor: Browser, new_browser: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.registration.address_limits.MAX_REGISTRATIONS_PER_DAY", 1)
    make_press()
    apply_for_place(visitor)

    chosen = {QUESTION: "Press"}
    page = answer_questions(
        new_browser(), name=("Ada", "Again"), email="ada@example.org", answers=chosen
    )
    page = page.press("Send application", status=429)

    assert page.errors == [TOO_MANY.replace("60 minutes", "24 hours")]


def test_an_invitation_replaces_approval(visitor: Browser) -> None:
    press = make_press()
    invitation = make_invitation(press)
    page = visitor.open(f"/register/invitation/{invitation.code}").press("Start now")

    page = continue_to(page).press("Confirm registration")

    assert page.heading == "You are registered"


def test_the_check_page_says_if_approval_became_required_meanwhile(
    visitor: Browser,
) -> None:
    press = make_press(approvals_needed=0)
    page = begin(visitor, "Press")
    with transaction():
        db.session.merge(press).approvals_needed = 1
        bump_cache_version()

    page = page.press("Confirm registration", status=422)
    assert page.errors == [
        (
            "The organisers now approve who attends in this category, so you are not registered. "
            "You can send an application"
        )
    ]
    assert page.press("Send application").heading == "Check your email"


def test_with_a_single_category_that_needs_approval_everyone_applies(visitor: Browser) -> None:
    make_category(name="Delegate", approvals_needed=1)
    page = answer_questions(visitor)

    assert page.press("Send application").heading == "Check your email"


def test_an_application_is_stored_without_a_held_place_if_none_is_free(
    visitor: Browser,
) -> None:
    make_press(is_place_held=True)
    page = begin(visitor, "Press")
    set_places(1)
    make_delegate(email="early@example.org")
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)

    assert page.press("Send application").heading == "Check your email"
    assert not get_application().is_held
    assert list_miscounts() == []


def test_a_place_added_at_the_desk_closes_the_application(visitor: Browser) -> None:
    press = make_press(2, is_place_held=True, approvals_needed=2)
    apply_for_place(visitor)
    decide(decisions.approve, message="Bring your press card.")

    add_at_the_desk()

    assert get_application().state == "approved"
    assert "Bring your press card." not in open_own_application(visitor).text
    assert get_seats_and_taken(seats.name_category_limit(press.id)) == (2, 0)
    assert get_seats_and_taken(CONFERENCE)[1] == 1
    assert list_miscounts() == []


def test_applications_are_decided_in_bulk_or_not_at_all(visitor: Browser) -> None:
    set_places(2)
    make_press()
    for name in ("Ada", "Bea", "Cleo"):
        apply_for_place(visitor, name)
    sign_in(visitor)
    page = visitor.open("/organise/applications?q=lovelace&state=open")
    assert [row["Name"].split()[0] for row in page.rows] == ["Ada", "Bea", "Cleo"]

    chosen = {f"Select {name} Lovelace": True for name in ("Ada", "Bea", "Cleo")}
    asked = page.press("Approve", chosen)
    assert asked.heading == "Approve 3 applications?"
    refused = asked.press("Approve", status=422)
    assert refused.errors == [
        (
            "All places are taken, so nobody can be approved now. Put them on the waiting list, "
            "or raise the number of places"
        )
    ]
    assert get_seats_and_taken(CONFERENCE) == (2, 0)
    page = visitor.open("/organise/applications?state=open").press(
        "Approve", {"Select Ada Lovelace": True, "Select Bea Lovelace": True}
    )
    page = page.press("Approve")
    assert [row["Name"].split()[0] for row in page.rows] == ["Cleo"]
    assert get_seats_and_taken(CONFERENCE) == (2, 2)
    page = page.press("Decline", {"Select Cleo Lovelace": True}).press("Decline")
    assert "No applications found" in page.text
    page = visitor.open("/organise/applications?state=declined")
    file = page.press("Download as CSV").source
    assert [line.split(",")[0] for line in file.splitlines()] == ['\ufeff"Name"', '"Cleo Lovelace"']
    assert list_miscounts() == []


@pytest.mark.parametrize("approvals", [1, 2])
def test_an_application_without_its_answers_is_not_approved_and_says_why(
    visitor: Browser, approvals: int
) -> None:
    press = make_press(approvals_needed=approvals)
    apply_for_place(visitor)
    make_application(name="Bea Waite", category_id=press.id, document="{}")
    sign_in(visitor)
    incomplete = (
        "The answers of Bea Waite are incomplete, so they cannot be approved. Decline the "
        "application and ask them to apply again"
    )
    page = visitor.open("/organise/applications?state=open")

    several = {"Select Ada Lovelace": True, "Select Bea Waite": True}
    refused = page.press("Approve", several).press("Approve", status=422)
    assert refused.errors == [incomplete]
    one = visitor.open("/organise/applications").follow("Bea Waite").follow("Approve")
    assert one.press("Approve", status=422).errors == [incomplete]

    assert get_seats_and_taken(CONFERENCE)[1] == 0
    assert list_subjects_to("ada@example.org") == [RECEIVED]
    page = visitor.open("/organise/applications?state=open").press(
        "Decline", {"Select Bea Waite": True}
    )
    rows = page.press("Decline").rows
    assert [row["Name"].split()[0] for row in rows] == ["Ada"]


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_applications_needs_a_constant_number_of_queries(
    visitor: Browser, queries: list[str], count: int
) -> None:
    press = make_press()
    for _ in range(count):
        make_application(category_id=press.id)
    sign_in(visitor)
    visitor.open("/organise/applications")
    queries.clear()

    visitor.open("/organise/applications")

    assert len(queries) == 4


def test_a_category_with_applications_is_not_deleted(site: Flask) -> None:
    press = make_press()
    make_application(category_id=press.id)

    reason = "1 person is in this category"
    with pytest.raises(categories.CategoryInUse, match=reason), transaction():
        categories.delete(db.session.merge(press), actor=GRACE)


def test_applications_are_deleted_a_month_after_they_end(site: Flask, frozen_time: Any) -> None:
    make_application(name="Open Still")
    make_application(name="Long Gone", state="declined", ended_at=clock.now())
    frozen_time.move_to("2009-06-12T09:32:00+01:00")

    with transaction():
        services.purge_expired()

    assert db.session.scalars(select(RegistrationApplication.name)).all() == ["Open Still"]
    frozen_time.move_to("2009-07-13T09:32:00+01:00")
    with transaction():
        services.purge_expired()
    assert db.session.scalars(select(RegistrationApplication.name)).all() == []


def test_an_application_is_deleted_with_its_booking(visitor: Browser) -> None:
    make_press()
    apply_for_place(visitor)
    decide(decisions.approve)
    delegate = db.session.scalars(select(Delegate)).one()
    assert len(applications.list_of_delegate(delegate)) == 1

    with transaction():
        operations.cancel(db.session.merge(delegate), actor=GRACE)
        erasure.erase(db.session.merge(delegate))

    assert db.session.scalars(select(RegistrationApplication)).all() == []


def test_a_wrong_or_outdated_application_link_says_so(visitor: Browser, site: Flask) -> None:
    application = make_application()
    with site.test_request_context("/"):
        token = links.application_token(application)
    with transaction():
        db.session.delete(db.session.merge(application))

    assert visitor.open(f"/application/{token}", status=410).heading == "This link does not work"
    assert visitor.open("/application/wrong", status=404).heading == "This link does not work"
    assert db.session.scalars(select(WaitingListEntry)).all() == []

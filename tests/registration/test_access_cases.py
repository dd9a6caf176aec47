"""Access requirement cases: an owner, a due date and a private answer."""

from typing import Any
from urllib.parse import urldefrag

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.accounts.models import VIEWER
from app.database import db, transaction
from app.delegates.models import Delegate, Needs
from app.delegates.private_answers import encrypt_need
from app.delegates.requirement_models import RequirementCase
from app.history.models import HistoryEntry
from app.registration import retention
from app.registration.bookings import data_export, erasure, operations
from app.registration.requirement_cases import services
from app.worker_tasks import PERIODIC_TASKS
from tests.browser import Browser, Page
from tests.factories import make_delegate, make_room, sign_in
from tests.lookups import booking_url
from tests.registration.test_encryption import FIRST, SECOND, data_key, read_stored, run_worker
from tests.registration.test_session_bookings import book, make_bookable
from tests.registration_flow import ACCESS, ACCESS_WORDS, CONSENT, answer_questions
from tests.sent_emails import find_link, get_last_email_to, list_subjects_to

GRACE = "grace@example.org"
DORA, OSWIN = "dora@conference.example", "oswin@conference.example"
SIGNING = "British Sign Language"
STATE, OWNER, DUE = "State", "Who arranges it", "Due date (optional)"
ANSWER = "Answer to the delegate (optional)"
EMAIL_DELEGATE = "Email the delegate that there is an answer"
COLUMNS = ("Requirement", "State", "Who arranges it", "Due")
NAMES = ("Ada", "Bea", "Cleo")
SUBJECT = "We have replied about your booking:"


def register_grace(visitor: Browser, words: str = "A chair with arms") -> Delegate:
    """Register a person with an interpreter and a text as requirements."""
    page = answer_questions(visitor, until="access-needs", name=("Grace", "Hopper"), email=GRACE)
    typed: dict[str, Any] = {ACCESS: [SIGNING], ACCESS_WORDS: words, CONSENT: True}
    page = page.press("Continue", typed).press("Continue")
    page.press("Confirm registration")
    return db.session.query(Delegate).one()


def open_case(desk: Browser, name: str = f"{SIGNING} (Grace Hopper)") -> Page:
    return open_list(desk).follow(name)


def open_list(desk: Browser, query: str = "") -> Page:
    page = desk.open(f"/organise/access{query}")
    button = "Show access requirements"
    return page.press(button) if button in page.buttons else page


def list_cases(page: Page) -> list[list[str]]:
    return [[row[name] for name in COLUMNS] for row in page.rows]


def list_recorded_views() -> list[tuple[str, str, str]]:
    """Give who looked at what, in the history."""
    looked = select(HistoryEntry.actor, HistoryEntry.subject, HistoryEntry.summary)
    looked = looked.where(HistoryEntry.summary.contains("viewed")).order_by(HistoryEntry.id)
    return [(*row,) for row in db.session.execute(looked)]


@pytest.mark.both_databases
def test_a_requirement_case_is_arranged_answered_and_replied_to(
    visitor: Browser, new_browser: Any
) -> None:
    register_grace(visitor)
    desk = sign_in(new_browser(), DORA)

    page = open_case(desk)
    assert page.heading == f"{SIGNING}: Grace Hopper"
    page = page.press(
        "Save",
        {
            STATE: "Arranged",
            OWNER: DORA,
            DUE: "2009-06-01",
            ANSWER: "Two interpreters will be in the hall.",
            EMAIL_DELEGATE: True,
        },
    )

    email = get_last_email_to(GRACE)
    assert email.subject.startswith(SUBJECT)
    address, part = urldefrag(find_link(email, "/booking/"))
    own = visitor.open(address)
    answered = f"{SIGNING} Arranged Our answer: Two interpreters will be in the hall."
    assert answered in own.text_by_id(part)

    page = own.follow(f"Reply: {SIGNING} (Access requirements)")
    page = page.press("Send reply", {"Your reply": "Thank you. I sit at the front."})
    assert "Your reply: Thank you. I sit at the front." in page.text
    assert f"{SIGNING} Received" in page.text

    page = desk.open("/organise")
    page = page.follow("1 reply about an access requirement")
    assert list_cases(page)[0][1:3] == ["Open New reply", DORA]
    page = page.follow(f"{SIGNING} (Grace Hopper)")
    assert "Their replies Thank you. I sit at the front." in page.text
    page = page.press("Save", {STATE: "Arranged"})
    assert "The delegate has replied" not in page.text
    states = {one.state for one in db.session.query(RequirementCase)}
    assert states == {"arranged", "open"}
    delegate = db.session.query(Delegate).one()
    assert "The delegate replied" in desk.open(f"/organise/delegates/{delegate.reference}").text
    viewer = sign_in(new_browser(), "vi@conference.example", role=VIEWER)
    thread = viewer.open(f"/organise/delegates/{delegate.reference}").text
    assert "The delegate replied" not in thread


@pytest.mark.both_databases
def test_emails_history_and_tables_do_not_reveal_the_requirement(
    visitor: Browser, new_browser: Any
) -> None:
    register_grace(visitor)
    page = open_case(sign_in(new_browser(), DORA))

    page.press("Save", {ANSWER: "An interpreter will come", EMAIL_DELEGATE: True})

    email = get_last_email_to(GRACE)
    stored = read_stored("requirement_case", "history_entry", "history_personal_details")
    words = ("sign", "interpreter", "chair", "requirement")
    assert [one for one in words if one in email.text.lower()] == []
    assert [one for one in ("sign-lang", "interpreter", "chair", "words") if one in stored] == []


@pytest.mark.both_databases
def test_requirement_cases_follow_the_answers_of_the_delegate(visitor: Browser) -> None:
    delegate = register_grace(visitor)
    first = {one.id for one in delegate.requirement_cases}

    page = visitor.open(booking_url(delegate, "/access-needs"))
    page = page.press("Save", {ACCESS: [SIGNING, "Step-free access"], ACCESS_WORDS: ""})

    assert "Step-free access Received" in page.text
    assert "What you wrote in your own words" not in page.text
    db.session.refresh(delegate)
    assert len(first & {one.id for one in delegate.requirement_cases}) == 1
    page = visitor.open(booking_url(delegate, "/access-needs"))
    page = page.press("Save", {ACCESS: [], ACCESS_WORDS: ""})
    assert "Your access requirements" not in page.headings
    assert db.session.query(RequirementCase).all() == []


def test_changing_the_text_of_a_requirement_reopens_its_case(
    visitor: Browser, new_browser: Any
) -> None:
    delegate = register_grace(visitor)
    desk = sign_in(new_browser(), DORA)
    words = "In their own words (Grace Hopper)"
    open_case(desk, words).press("Save", {STATE: "Arranged"})
    assert [row[0] for row in list_cases(open_list(desk))] == [
        f"{SIGNING} (Grace Hopper) Grace Hopper"
    ]

    page = visitor.open(booking_url(delegate, "/access-needs"))
    page.press("Save", {ACCESS_WORDS: "A chair without arms"})

    assert "A chair without arms" in open_case(desk, words).text


def test_overdue_requirement_cases_are_listed_first_and_can_be_filtered(
    visitor: Browser, new_browser: Any, frozen_time: Any
) -> None:
    register_grace(visitor)
    desk = sign_in(new_browser(), DORA)
    today = clock.now().date()
    page = open_case(desk, "In their own words (Grace Hopper)")
    page.press("Save", {DUE: today.replace(year=today.year - 1).isoformat(), OWNER: DORA})

    page = open_list(desk)
    assert [row[0].partition(" (")[0] for row in list_cases(page)] == [
        "In their own words",
        SIGNING,
    ]
    assert list_cases(page)[0][3].endswith("Overdue")
    asked = {
        "due=overdue": 1,
        "due=none": 1,
        "due=week": 0,
        "owner=me": 1,
        "owner=nobody": 1,
        "state=arranged": 0,
        "state=all": 2,
        "q=hopper": 2,
        "q=lovelace": 0,
    }
    found = {one: len(open_list(desk, f"?{one}").rows) for one in asked}
    assert found == asked


def test_a_search_is_kept_until_requirements_are_shown(visitor: Browser, new_browser: Any) -> None:
    register_grace(visitor)
    make_delegate(access="A ramp")
    run_periodic()

    page = open_list(sign_in(new_browser(), DORA), "?q=lovelace&due=none")

    assert [row[0] for row in list_cases(page)] == [
        "In their own words (Ada Lovelace) Ada Lovelace"
    ]


def test_each_view_of_requirements_is_recorded_once_an_hour(
    visitor: Browser, new_browser: Any, frozen_time: Any
) -> None:
    register_grace(visitor)
    desk = sign_in(new_browser(), DORA)
    open_case(desk)
    open_case(desk)

    listed = (DORA, "access requirements", "The list of access requirements was viewed")
    assert list_recorded_views() == [listed]


def let_an_hour_pass_elsewhere(desk: Browser, frozen_time: Any) -> None:
    """Let more than an hour pass, in which the desk works on something else."""
    for _ in range(3):
        frozen_time.shift(25 * 60)
        desk.open("/organise")


def test_a_selection_made_an_hour_ago_is_kept_and_recorded_as_a_view(
    visitor: Browser, new_browser: Any, frozen_time: Any
) -> None:
    register_grace(visitor)
    desk = sign_in(new_browser(), DORA)
    page = open_list(desk)
    let_an_hour_pass_elsewhere(desk, frozen_time)

    asked = page.press("Mark as arranged", {f"Select {SIGNING} (Grace Hopper)": True})

    assert asked.heading == "Mark 1 requirement as arranged?"
    assert len(list_recorded_views()) == 2
    let_an_hour_pass_elsewhere(desk, frozen_time)
    page = page.press("Mark as arranged", status=422)  # nothing is ticked
    assert page.buttons.count("Show access requirements") == 1
    assert SIGNING not in page.text


def test_a_stale_edit_of_a_requirement_case_shows_both_versions(
    visitor: Browser, new_browser: Any
) -> None:
    register_grace(visitor)
    early = open_case(sign_in(new_browser(), DORA))
    late = open_case(sign_in(new_browser(), OSWIN))
    early.press("Save", {ANSWER: "We will ask the venue"})

    page = late.press("Save", {ANSWER: "No"}, status=409)

    assert "Two versions" in page.headings
    page = page.press("Save", {ANSWER: "The venue says no"})
    assert page.value_of(ANSWER) == "The venue says no"


@pytest.mark.both_databases
@pytest.mark.parametrize("type_name", ["access", "dietary"])
def test_several_requirement_cases_can_be_marked_as_arranged_without_email(
    visitor: Browser, new_browser: Any, type_name: str
) -> None:
    delegates = [
        make_delegate(
            given_names=name,
            email=f"{name}@example.org",
            access=f"A ramp for {name}",
            dietary=f"No nuts for {name}",
        )
        for name in NAMES
    ]
    run_periodic()
    reply = f"Reply: What you wrote in your own words ({type_name.title()} requirements)"
    page = visitor.open(booking_url(delegates[1])).follow(reply)
    page.press("Send reply", {"Your reply": "And a rail"})
    desk = sign_in(new_browser(), DORA)
    page = desk.open(f"/organise/{type_name}").press(f"Show {type_name} requirements")

    ticked = (f"Select In their own words ({name} Lovelace)" for name in NAMES)
    page = page.press("Mark as arranged", dict.fromkeys(ticked, True))

    assert page.heading == "Mark 2 requirements as arranged?"
    assert "1 of those you selected will not change" in page.text
    assert "Bea" not in page.text
    page = page.press("Mark as arranged")
    assert [name for name in NAMES if name in page.text] == ["Bea"]
    assert list_subjects_to("Ada@example.org") == []
    assert (
        "What you wrote in your own words Arranged" in visitor.open(booking_url(delegates[0])).text
    )
    page = desk.open(f"/organise/delegates/{delegates[0].reference}")
    assert "Changed: state" in page.text


def test_a_requirement_case_cannot_be_emailed_without_an_answer(
    visitor: Browser, new_browser: Any
) -> None:
    register_grace(visitor)
    before = list_subjects_to(GRACE)

    page = open_case(sign_in(new_browser(), DORA)).press("Save", {EMAIL_DELEGATE: True}, status=422)

    assert page.errors == ["Write an answer, or untick this box"]
    assert list_subjects_to(GRACE) == before


def test_an_empty_reply_to_a_requirement_case_is_refused(visitor: Browser) -> None:
    delegate = register_grace(visitor)
    page = visitor.open(booking_url(delegate)).follow(f"Reply: {SIGNING} (Access requirements)")

    page = page.press("Send reply", status=422)

    assert page.errors == ["Write your reply"]


def test_a_requirement_case_of_another_booking_is_not_found(visitor: Browser) -> None:
    delegate = register_grace(visitor)
    other = make_delegate(email="other@example.org")

    visitor.open(booking_url(other, f"/access/{delegate.requirement_cases[0].key}"), 404)


@pytest.mark.both_databases
def test_requirement_cases_are_hidden_while_the_booking_is_cancelled(
    visitor: Browser, new_browser: Any
) -> None:
    delegate = register_grace(visitor)
    desk = sign_in(new_browser(), DORA)
    key = delegate.requirement_cases[0].key
    with transaction():
        operations.cancel(delegate, actor=DORA)

    assert open_list(desk, "?state=all").rows == []
    desk.open(f"/organise/access/{key}", 404)

    with transaction():
        operations.restore(db.session.merge(delegate), actor=DORA)
    assert len(open_list(desk).rows) == 2


@pytest.mark.both_databases
def test_requirement_cases_are_deleted_with_the_answers_and_the_booking(
    visitor: Browser, frozen_time: Any
) -> None:
    delegate = register_grace(visitor)
    with transaction():
        delegate = db.session.merge(delegate)
        operations.cancel(delegate, actor=DORA)
        erasure.erase(delegate)
    assert db.session.query(RequirementCase).all() == []

    visitor.delete_cookie("application")
    register_ada = make_delegate(access="A ramp")
    run_periodic()
    assert len(register_ada.requirement_cases) == 1
    frozen_time.move_to("2009-07-20 12:00:00")
    with transaction():
        retention.purge_expired()
    assert db.session.query(RequirementCase).all() == []


def test_deleting_requirements_deletes_their_cases(visitor: Browser) -> None:
    delegate = register_grace(visitor)

    with transaction():
        operations.remove_needs(db.session.merge(delegate), "Deleted", actor=DORA)

    assert db.session.query(RequirementCase).all() == []


def run_periodic() -> None:
    assert services.create_missing in PERIODIC_TASKS
    with transaction():
        services.create_missing()


@pytest.mark.both_databases
def test_the_worker_creates_missing_requirement_cases_of_existing_bookings(site: Flask) -> None:
    delegate = make_delegate(access="A ramp")
    make_delegate(email="other@example.org")

    run_periodic()
    run_periodic()

    assert [one.delegate_id for one in db.session.query(RequirementCase)] == [delegate.id]


@pytest.mark.both_databases
@pytest.mark.parametrize("count", [1, 3])
def test_undecryptable_requirements_are_skipped_by_the_worker_until_the_key_returns(
    site: Flask, queries: list[str], count: int
) -> None:
    for number in range(count):
        make_delegate(access="A ramp", dietary="Vegan", email=f"{number}@example.org")
    readable = make_delegate(access="A lift", email="other@example.org")
    with data_key(site, SECOND):
        with transaction():
            needs = db.session.get_one(Needs, readable.id)
            needs.access = encrypt_need("A lift", readable.reference, "access")
        run_periodic()  # makes the case of the only answer that it can read
        db.session.rollback()
        with site.test_request_context("/"), transaction():
            services.create_missing()
        made = [one.delegate_id for one in db.session.query(RequirementCase)]

    run_periodic()

    assert made == [readable.id]
    assert len(queries) == 1
    assert db.session.query(RequirementCase).count() == 2 * count + 1


@pytest.mark.both_databases
def test_key_rotation_re_encrypts_requirement_cases(
    site: Flask, visitor: Browser, new_browser: Any
) -> None:
    delegate = register_grace(visitor)
    desk = sign_in(new_browser(), DORA)
    open_case(desk).press("Save", {ANSWER: "Yes"})
    with data_key(site, SECOND, FIRST):
        run_worker()

    with data_key(site, SECOND):
        assert "Our answer: Yes" in visitor.open(booking_url(delegate)).text
    page = open_list(desk).follow("Cannot be read: the key is missing (Grace Hopper)")
    page = page.press("Save", {STATE: "Arranged"})
    with data_key(site, SECOND):
        assert "Our answer: Yes" in visitor.open(booking_url(delegate)).text


def test_the_data_export_of_a_delegate_has_requirement_cases(
    visitor: Browser, new_browser: Any
) -> None:
    delegate = register_grace(visitor, "")
    open_case(sign_in(new_browser(), DORA)).press("Save", {ANSWER: "Yes", DUE: "2009-06-01"})
    db.session.expire_all()

    assert data_export.export_delegate(delegate)["access_requirements"] == [
        {
            "requirement": SIGNING,
            "state": "open",
            "due_on": "2009-06-01",
            "answer_of_the_organisers": "Yes",
            "reply": "",
        }
    ]


def test_a_requirement_case_shows_the_booked_sessions_and_rooms(
    visitor: Browser, new_browser: Any
) -> None:
    delegate = register_grace(visitor)
    make_bookable("Knots", room=make_room(name="Room 2"))
    book(delegate, "knots")
    where = "Wednesday 10 June 2009, 9:30am, Knots, Room 2"
    desk = sign_in(new_browser(), DORA)

    page = desk.open("/organise/delegates/_requirements/interpreter").press("Show requirements")
    assert [row["Seats in sessions"] for row in page.rows] == [where]
    assert open_case(desk).summary_list["Sessions booked"] == where


def test_a_filtered_list_of_requirement_cases_can_be_saved_as_a_view(visitor: Browser) -> None:
    desk = sign_in(visitor, DORA)
    open_list(desk)

    page = desk.open("/organise/access?due=overdue").follow("Save this view")
    page = page.press("Save view", name="Late")

    assert "/organise/access?due=overdue" in page.links["Late"]


@pytest.mark.settings(EDITION_CHECK_SECONDS="3600")
@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_requirement_cases_needs_few_queries(
    visitor: Browser, queries: list[str], count: int
) -> None:
    for number in range(count):
        make_delegate(access="A ramp", email=f"{number}@example.org")
    with transaction():
        services.create_missing()
    desk = sign_in(visitor, DORA)
    open_list(desk)
    queries.clear()

    page = desk.open("/organise/access")

    assert len(page.rows) == count
    assert len(queries) <= 8

"""Delegates from a spreadsheet at the desk: seen row by row first, then saved all at once."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from app import cache_version, clock
from app.accounts.models import DESK
from app.database import db, transaction
from app.delegates.fields import BY_NAME
from app.delegates.models import Delegate, SeatLimit
from app.delegates.queries import ATTENDING
from app.errors import NotFound
from app.history.models import HistoryEntry
from app.registration import integrity_check
from app.registration.delegate_imports import plan, rows, services
from app.registration.delegate_imports.models import DelegateImport
from app.registration.waiting_list import offers
from app.registration.waiting_list.models import WaitingListEntry
from app.web import spreadsheets
from tests.admin.test_import_export import post_upload
from tests.browser import Answer, Browser, Page
from tests.factories import (
    make_category,
    make_delegate,
    make_delegate_import,
    make_question,
    make_waiting_list_entry,
    set_places,
    sign_in,
)
from tests.lookups import get_requirements
from tests.sent_emails import deliver_emails, get_last_email_to, list_emails_to, list_subjects_to

IMPORT = "/organise/delegates/_import"
DORA = "dora@conference.example"
HEAD = ("Given names", "Family name", "Email address", "Country", "Days")
DAY, OTHER_DAY = "2009-06-10", "2009-06-11"
AGREED: Mapping[str, Answer] = {
    "The people in this file agree that we store their access and dietary requirements until 30 "
    "days after the conference": True
}
REST_WAITS = "Add those who get a place, and put the rest on the waiting list"
IF_FULL = "What should happen to people without a place?"


def write_csv(*people: Sequence[str], head: Sequence[str] = HEAD) -> bytes:
    lines = [",".join(f'"{cell}"' for cell in row) for row in (head, *people)]
    return "\r\n".join(lines).encode()


def person(number: int, *more: str, email: str = "", days: str = DAY) -> Sequence[str]:
    address = email or f"ann{number}@ward.example"
    return (f"Ann{number}", "Nurse", address, "Kenya", days, *more)


def upload(desk: Browser, body: bytes, name: str = "ward.csv", status: int = 200) -> Page:
    """Upload a file and open its dry run."""
    desk.open("/organise/delegates").follow("Add from a spreadsheet")
    return desk.press("Preview", {"Spreadsheet": (name, body)}, status=status)


def list_emails() -> list[str]:
    db.session.rollback()
    rows = select(Delegate.email).where(ATTENDING).order_by(Delegate.email)
    return list(db.session.scalars(rows))


def get_taken(name: str = "conference") -> int:
    db.session.rollback()
    limit = db.session.get(SeatLimit, name)
    return limit.taken if limit else -1


@pytest.mark.both_databases
def test_delegates_of_a_spreadsheet_are_added_and_emailed(desk: Browser) -> None:
    set_places(40)
    page = upload(desk, write_csv(*(person(number) for number in range(3))))
    assert page.heading == "Check the spreadsheet"
    assert "3 people get a place." in page.text
    assert "Conference: 3 places needed, 40 free" in page.text
    assert page.rows[0] == {
        "Person": "Ann0 Nurse",
        "Email address": "ann0@ward.example",
        "Row": "2",
        "Category": "",
        "Result": "Gets a place",
    }
    assert list_emails() == []

    page = page.press("Add 3 delegates")

    assert "The delegates in the file have been added." in page.source
    assert list_emails() == [f"ann{number}@ward.example" for number in range(3)]
    assert get_taken() == 3
    text = get_last_email_to("ann0@ward.example").text
    assert "The organisers of Tides and Harbours registered you." in text
    deliver_emails()
    assert len(list_subjects_to("ann0@ward.example")) == 1
    summaries = select(HistoryEntry.summary, HistoryEntry.actor).order_by(HistoryEntry.id.desc())
    assert db.session.execute(summaries).tuples().first() == (
        "Added 3 delegates from a spreadsheet",
        DORA,
    )
    assert (
        "Added from a spreadsheet"
        in desk.open(f"/organise/delegates/{db.session.scalar(select(Delegate.reference))}").text
    )
    assert db.session.scalars(select(DelegateImport)).all() == []
    assert integrity_check.run_checks() == []


def test_an_import_without_the_email_box_sends_no_emails(desk: Browser) -> None:
    page = upload(desk, write_csv(person(1)))

    page.press("Add 1 delegate", {"Email each delegate their confirmation": False})

    deliver_emails()
    assert list_emails() == ["ann1@ward.example"]
    assert list_subjects_to("ann1@ward.example") == []
    page = desk.open("/organise/delegates?q=ann1").follow("Ann1 Nurse")
    assert page.summary_list["Registered"].endswith("added by an organiser")


def test_an_import_with_requirements_asks_for_consent(desk: Browser) -> None:
    page = upload(desk, write_csv(person(1)))
    assert [one for one in page.labels if "agree" in one] == []
    head = (*HEAD, "Dietary requirements in their own words")
    page = upload(desk, write_csv(person(1, "No celery"), person(2, ""), head=head))

    page = page.press("Add 2 delegates", status=422)

    assert page.errors == ["Ask if they agree, then tick the box. We need their consent"]
    assert list_emails() == []
    page.press("Add 2 delegates", AGREED)
    assert len(list_emails()) == 2


def test_the_import_template_has_every_question(desk: Browser) -> None:
    make_category(name="Nurse")
    make_question("How will you travel?")
    desk.open(IMPORT)

    body = desk.fetch("GET", f"{IMPORT}/template.csv").get_data(as_text=True)

    assert body.lstrip("\ufeff").strip() == (
        '"Given names","Family name","Name on the badge","Pronouns","Email address",'
        '"Organisation","Role","Country","Days","Access requirements",'
        '"Access requirements in their own words","Dietary requirements",'
        '"Dietary requirements in their own words","How will you travel?","Category"'
    )
    assert desk.fetch("GET", f"{IMPORT}/template.xlsx").status_code == 200


def test_every_type_of_answer_is_read_from_a_workbook(desk: Browser) -> None:
    nurse = make_category(name="Nurse", seats=5)
    choices = ("Train", "Bicycle, or on foot")
    make_question("How will you travel?", kind="several", choices=choices)
    make_question("Will you speak?", kind="yes_no")
    make_question("How many children?", kind="number")
    make_question("I will keep silent", kind="consent")
    head = (
        *HEAD,
        *("Category", "Access requirements", "Dietary requirements in their own words"),
        *("How will you travel?", "Will you speak?", "How many children?", "I will keep silent"),
        "Shoe size",
    )
    cells = (
        *person(1, days=f"{DAY}; Thursday 11 June 2009"),
        *("nurse", "Large print; hearing loop", "No celery", "train, Bicycle, or on foot"),
        *("Yes", "-3", "yes", "43"),
    )
    body = b"".join(spreadsheets.stream_xlsx("Delegates", head, [cells]))

    page = upload(desk, body, "ward.xlsx")
    assert "These columns are not used: Shoe size To use one of them, change its name" in page.text
    assert "Nurse: 1 place needed, 5 free" in page.text
    assert page.rows[0]["Result"] == "Gets a place"
    page.press("Add 1 delegate", AGREED)

    db.session.rollback()
    delegate = db.session.scalars(select(Delegate)).one()
    assert (delegate.country, delegate.days) == ("KE", f"{DAY} {OTHER_DAY}")
    assert delegate.category_id == nurse.id
    assert get_taken(f"category {nurse.id}") == 1
    assert BY_NAME["access_kinds"].get(delegate) == "hearing-loop large-print"
    assert get_requirements(delegate) == ("", "No celery")
    assert sorted(one.value for one in delegate.custom_answers) == ["-3", "c1 c2", "yes", "yes"]


@pytest.mark.parametrize(
    ("cells", "column", "fault"),
    [
        (("=HYPERLINK(1)", "N", "a@b.example", "Kenya", DAY), "Given names", "like a formula"),
        (("@Ann", "N", "a@b.example", "Kenya", DAY), "Given names", "like a formula"),
        (("Ann\u202e", "N", "a@b.example", "Kenya", DAY), "Given names", "hidden characters"),
        (("Ann\x07", "N", "a@b.example", "Kenya", DAY), "Given names", "hidden characters"),
        (("A" * 5_001, "N", "a@b.example", "Kenya", DAY), "Given names", "100 characters"),
        (("", "N", "a@b.example", "Kenya", DAY), "Given names", "Enter given names"),
        (("Ann", "N", "nobody", "Kenya", DAY), "Email address", "in the correct format"),
        (("Ann", "N", "a@b.example", "Narnia", DAY), "Country", "“Narnia” is not one of"),
        (("Ann", "N", "a@b.example", "", DAY), "Country", "Choose a country"),
        (("Ann", "N", "a@b.example", "KE", "1999-01-01"), "Days", "“1999-01-01” is not one of"),
        (("Ann", "N", "a@b.example", "KE", ""), "Days", "Choose at least one day"),
    ],
)
def test_an_invalid_cell_is_reported_with_row_and_column(
    desk: Browser, cells: Sequence[str], column: str, fault: str
) -> None:
    page = upload(desk, write_csv(cells, person(1)))

    assert f"Error: {column}: " in page.rows[0]["Result"]
    assert fault in page.rows[0]["Result"]
    assert page.rows[1]["Result"] == "Gets a place"


def test_invalid_rows_are_not_added(desk: Browser) -> None:
    set_places(40)
    good = [person(number) for number in range(28)]
    page = upload(desk, write_csv(*good, person(28, email="nobody"), person(29, days="")))
    assert "2 rows have errors and will not be added." in page.text
    only = desk.open(f"{page.address}?result=faulty")
    assert [row["Row"] for row in only.rows] == ["30", "31"]

    only.press("Add 28 delegates")

    assert len(list_emails()) == 28


def test_a_person_in_two_rows_is_added_once(desk: Browser) -> None:
    twin = ("ANN1", "nurse", "Ann1@ward.example", "KE", DAY)

    page = upload(desk, write_csv(person(1), twin))

    assert page.rows[1]["Result"] == "Error: Given names: This person is already in row 2"
    page.press("Add 1 delegate")
    assert list_emails() == ["ann1@ward.example"]


def test_people_with_a_booking_are_skipped_by_an_import(desk: Browser) -> None:
    booked = make_delegate(
        given_names="Ann1", family_name="Nurse", email="ann1@ward.example", organisation="Before"
    )

    page = upload(desk, write_csv(person(1), person(2)))

    assert page.rows[0]["Result"] == f"Has a booking already: {booked.reference}"
    page.press("Add 1 delegate")
    assert list_emails() == ["ann1@ward.example", "ann2@ward.example"]
    assert db.session.get(Delegate, booked.id).organisation == "Before"  # type: ignore[union-attr]


def upload_nurses(desk: Browser) -> Page:
    """Upload three nurses for two places in their category, and one person without one."""
    nurse = make_category(name="Nurse", seats=2)
    assert nurse.id
    set_places(40)
    people = [person(number, "Nurse") for number in range(3)]
    return upload(desk, write_csv(*people, person(3, ""), head=(*HEAD, "Category")))


def test_if_not_everyone_fits_the_desk_chooses_what_happens(desk: Browser) -> None:
    page = upload_nurses(desk)
    assert "There is no place for 1 person." in page.text
    assert "Nurse: 3 places needed, 2 free" in page.text
    assert page.rows[2]["Result"] == "No place All places in this category are taken"
    page = page.press("Add 3 delegates", status=422)
    assert page.errors == ["Choose what should happen to people without a place"]

    nobody = "Add nobody until there are places for everyone"
    page = page.press("Add 3 delegates", {IF_FULL: nobody}, status=409)

    assert page.errors == [services.TOO_FEW]
    assert list_emails() == []
    page = page.press("Add 3 delegates", {IF_FULL: "Add only those who get a place"})
    assert "The other rows have not been saved." in page.source
    assert list_emails() == ["ann0@ward.example", "ann1@ward.example", "ann3@ward.example"]


@pytest.mark.both_databases
def test_people_without_a_place_can_be_put_on_the_waiting_list(desk: Browser) -> None:
    with transaction():
        set_places(40)
    page = upload_nurses(desk)
    assert REST_WAITS not in page.text
    with transaction():
        db.session.get_one(SeatLimit, "conference").has_waiting_list = True
    page = desk.open(page.address)

    page = page.press("Add 3 delegates", {IF_FULL: REST_WAITS})
    assert "Those without a place are on the waiting list." in page.source

    db.session.rollback()
    assert db.session.scalars(select(WaitingListEntry.email)).all() == ["ann2@ward.example"]
    assert len(list_emails()) == 3
    text = get_last_email_to("ann2@ward.example").text
    assert "The organisers of Tides and Harbours added you to the waiting list." in text
    deliver_emails()
    assert len(list_subjects_to("ann2@ward.example")) == 1
    again = upload(desk, write_csv(person(2, "Nurse"), head=(*HEAD, "Category")))
    assert again.rows[0]["Result"] == "Is on the waiting list already"
    assert integrity_check.run_checks() == []


@pytest.mark.both_databases
def test_an_import_uses_an_offer_to_a_person_of_the_file(desk: Browser) -> None:
    make_delegate(email="first@elsewhere.example")
    set_places(1)
    with transaction():
        db.session.get_one(SeatLimit, "conference").has_waiting_list = True
    rest = {IF_FULL: REST_WAITS}
    upload(desk, write_csv(person(0))).press("Save", rest)
    set_places(2)
    with transaction():
        offers.run_due()
    set_places(3)
    page = upload(desk, write_csv(person(0), person(1)))
    assert "There is no place for 1 person." in page.text  # a place is kept for the other

    page = page.press("Add 1 delegate", rest)

    assert "Those without a place are on the waiting list." in page.source
    assert list_emails() == ["ann0@ward.example", "first@elsewhere.example"]
    states = select(WaitingListEntry.email, WaitingListEntry.state).order_by(WaitingListEntry.id)
    assert db.session.execute(states).tuples().all() == [
        ("ann0@ward.example", "accepted"),
        ("ann1@ward.example", "offered"),
    ]
    assert get_taken() == 3


@pytest.mark.both_databases
def test_places_taken_meanwhile_stop_the_whole_import(desk: Browser) -> None:
    set_places(3)
    page = upload(desk, write_csv(*(person(number) for number in range(3))))
    make_delegate(email="first@elsewhere.example")

    page = page.press("Add 3 delegates", status=409)

    assert page.errors == [services.CHANGED]
    assert list_emails() == ["first@elsewhere.example"]
    assert "There is no place for 1 person." in page.text
    page.press("Add 2 delegates", {IF_FULL: "Add only those who get a place"})
    assert len(list_emails()) == 3
    assert get_taken() == 3


def test_a_category_deleted_meanwhile_is_an_error_of_its_rows(desk: Browser) -> None:
    nurse = make_category(name="Nurse")
    page = upload(desk, write_csv(person(1, "Nurse"), person(2, ""), head=(*HEAD, "Category")))
    with transaction():
        db.session.delete(db.session.merge(nurse))
        cache_version.bump_cache_version()

    page = page.press("Add 2 delegates", status=409)

    assert page.errors == [services.CHANGED]
    assert page.rows[0]["Result"] == f"Error: Category: {plan.CATEGORY_GONE}"
    assert list_emails() == []


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "We cannot find a column “Given names”. Use the template, and keep its first row"),
        (write_csv(), "There is nobody in this file"),
        (b"PK\x03\x04nonsense", "This workbook is damaged or has a password, so we cannot read it"),
        (
            write_csv(person(1)[:3], head=HEAD[:3]),
            "We cannot find a column “Country”. Use the template, and keep its first row",
        ),
        (
            write_csv((*person(1), DAY), head=(*HEAD, "Day")),
            "Two columns are for “Days”. Delete one",
        ),
        (
            write_csv(*(("Ann", "Nurse", "a@b.example", "KE", DAY) for _ in range(10_000))),
            "This file has 10,000 rows. Split it into files of up to 500",
        ),
    ],
)
def test_a_file_that_is_not_a_list_of_delegates_is_refused_with_a_message(
    desk: Browser, body: bytes, error: str
) -> None:
    desk.open(IMPORT)

    answer = post_upload(desk, body, IMPORT)

    assert answer.status_code == 422
    assert Page(desk, answer, IMPORT).errors == [error]


def test_a_checked_import_is_visible_only_to_its_uploader(desk: Browser, visitor: Browser) -> None:
    page = upload(desk, write_csv(person(1)))
    sign_in(visitor, "else@conference.example", role=DESK)
    assert visitor.open(page.address, status=404).status == 404

    sign_in(visitor, DORA, role=DESK)
    newer = upload(desk, write_csv(person(2)))

    assert newer.address != page.address
    assert "Upload it again" in desk.open(page.address, status=404).text


def test_an_import_file_can_be_deleted_and_expires_after_a_day(desk: Browser) -> None:
    page = upload(desk, write_csv(person(1)))
    page = page.press("Delete file")
    assert "The file has been deleted. Nobody was added." in page.source

    page = upload(desk, write_csv(person(1)))
    with time_machine.travel(clock.real_now() + timedelta(days=1, minutes=1)), transaction():
        services.purge_expired()

    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(DelegateImport)) == 0


@pytest.mark.settings(DATA_KEY="a-key-of-this-story-0123456789-abcdef")
def test_a_pending_import_is_encrypted_and_unreadable_without_its_key(desk: Browser) -> None:
    page = upload(desk, write_csv(person(1)))
    with transaction():
        found = db.session.scalars(select(DelegateImport)).one()
        assert "ward.example" not in found.document
        found.document = found.document.replace(found.document.split(":")[2], "0" * 8)

    page = desk.open(page.address, status=404)

    assert rows.UNREADABLE in page.text


@pytest.mark.both_databases
def test_importing_five_hundred_people_needs_few_extra_queries(
    desk: Browser, queries: list[str]
) -> None:
    set_places(600)
    page = upload(desk, write_csv(*(person(number) for number in range(500))))
    assert "1 to 50 of 500 rows" in page.text
    queries.clear()

    page.press("Add 500 delegates")

    assert len(list_emails()) == 500
    assert count_besides_rows(queries) <= 60


@pytest.mark.both_databases
def test_importing_five_hundred_people_to_the_waiting_list_needs_few_queries(
    desk: Browser, queries: list[str]
) -> None:
    make_delegate(email="first@elsewhere.example")
    set_places(1)
    with transaction():
        db.session.get_one(SeatLimit, "conference").has_waiting_list = True
    page = upload(desk, write_csv(*(person(number) for number in range(500))))
    queries.clear()

    page.press("Save", {IF_FULL: REST_WAITS})

    assert count_besides_rows(queries) <= 60
    db.session.rollback()
    waiting = db.session.scalars(select(WaitingListEntry.email).order_by(WaitingListEntry.id)).all()
    assert waiting == [f"ann{number}@ward.example" for number in range(500)]
    for number in (0, 499):
        text = get_last_email_to(f"ann{number}@ward.example").text
        assert f"You are number {number + 1} on the waiting list" in text
    assert [one for one in integrity_check.run_checks() if "email" not in one] == []


def count_besides_rows(queries: Sequence[str]) -> int:
    """Count statements but those that insert rows: SQLite takes one for each row."""
    return len([one for one in queries if not one.startswith("INSERT")])


@pytest.mark.both_databases
def test_waiting_list_positions_in_import_emails_consider_concurrent_joins(site: Flask) -> None:
    make_delegate(email="first@elsewhere.example")
    set_places(1)
    with transaction():
        db.session.get_one(SeatLimit, "conference").has_waiting_list = True
    found = make_delegate_import(DORA)
    prepared = prepare(rows.load(found.document, found.key), services.REST_WAITS)
    make_waiting_list_entry(email="second@elsewhere.example")

    with transaction():
        services.save(db.session.merge(found), prepared, actor=DORA)

    text = get_last_email_to("ann@ward.example").text
    assert "You are number 2 on the waiting list" in text
    assert len(list_emails_to("ann@ward.example")) == 1
    assert [one for one in integrity_check.run_checks() if "email" not in one] == []


def prepare(
    sheet: rows.ImportedSheet, if_full: str = services.AS_MANY_AS_FIT
) -> services.PreparedImport:
    planned = plan.build(sheet)
    prepared = services.prepare(planned, planned.fingerprint, "en", notify=False, if_full=if_full)
    db.session.rollback()
    return prepared


@pytest.mark.both_databases
def test_a_place_taken_during_an_import_is_seen_under_the_lock(site: Flask) -> None:
    set_places(1)
    found = make_delegate_import(DORA)
    prepared = prepare(rows.load(found.document, found.key))
    make_delegate(email="first@elsewhere.example")

    with pytest.raises(services.ImportChanged), transaction():
        services.save(found, prepared, actor=DORA)

    assert list_emails() == ["first@elsewhere.example"]
    assert get_taken() == 1


@pytest.mark.both_databases
def test_pressing_add_twice_imports_delegates_once(site: Flask) -> None:
    found = make_delegate_import(DORA)
    sheet = rows.load(found.document, found.key)
    first, second = prepare(sheet), prepare(sheet)
    elsewhere = DelegateImport(id=found.id, key=found.key, document=found.document)
    with transaction():
        services.save(found, first, actor=DORA)

    with pytest.raises(NotFound), transaction():
        services.save(elsewhere, second, actor=DORA)

    assert list_emails() == ["ann@ward.example"]

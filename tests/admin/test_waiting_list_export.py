"""The waiting list as a file, and what delegates wait for in the files about them."""

import csv
import io
import zipfile

import pytest
from sqlalchemy import select

from app.accounts.models import VIEWER
from app.database import db, transaction
from app.delegates.models import CONFERENCE
from app.history.models import HistoryEntry
from app.registration import seats
from app.registration.bookings import data_export
from app.registration.session_bookings import services as session_seats
from app.releases.current_release import get_programme
from tests.browser import Browser, Page
from tests.factories import (
    make_category,
    make_delegate,
    make_waiting_list_entry,
    set_places,
    sign_in,
)
from tests.registration.test_session_bookings import book, make_bookable

LIST = "/organise/waiting-list"


def rows_of(page: Page) -> list[dict[str, str]]:
    text = page.response.get_data().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.both_databases
def test_the_waiting_list_is_exported_with_filters_positions_and_deadlines(desk: Browser) -> None:
    set_places(1)
    with transaction():
        seats.set_waiting_list(CONFERENCE, is_open=True)
    students = make_category(1, name="Students")
    make_waiting_list_entry(name="Ada Marsh", email="ada@x.org", search_text="ada marsh")
    make_waiting_list_entry(
        name="Bea Marsh", email="bea@x.org", search_text="bea marsh", category_id=students.id
    )
    make_waiting_list_entry(name="=Cy Reed", email="cy@x.org")

    page = desk.open(LIST).press("Download as CSV")

    rows = rows_of(page)
    told = [(row["Name"], row["Position"], row["Position in the category"]) for row in rows]
    assert told == [("Ada Marsh", "1", ""), ("Bea Marsh", "2", "1"), ("'=Cy Reed", "3", "")]
    assert [row["Category"] for row in rows] == ["", "Students", ""]
    assert {row["Waiting for"] for row in rows} == {"A place at the conference"}
    assert 'filename="waiting-list-2009-05-12.csv"' in page.headers["Content-Disposition"]
    assert page.headers["Cache-Control"] == "private, no-store"
    rows = rows_of(desk.open(f"{LIST}?q=marsh&category={students.id}").press("Download as CSV"))
    assert [(row["Name"], row["Position"]) for row in rows] == [("Bea Marsh", "2")]
    db.session.rollback()
    summaries = select(HistoryEntry.summary).where(HistoryEntry.subject == "conference")
    assert [one for one in db.session.scalars(summaries) if "Exported" in one] == [
        "Exported the waiting list (3)",
        "Exported the waiting list (1)",
    ]


def test_a_session_waiting_list_can_be_exported_as_spreadsheet(desk: Browser) -> None:
    make_bookable("Knots", 1)
    people = [make_delegate(email=f"p{n}@x.org", given_names=f"P{n}") for n in range(3)]
    book(people[0], "knots")
    for person in people[1:]:
        with transaction():
            own = db.session.merge(person)
            session_seats.join_waiting_list(own, get_programme().get_session("knots"))
    with transaction():
        session_seats.cancel(db.session.merge(people[0]), "knots")

    page = desk.open(f"{LIST}?list=session+knots")
    assert "Delegates can join the list of a session while its seats are booked." in page.text
    assert "the waiting list is closed" not in page.text
    rows = rows_of(page.press("Download as CSV"))

    assert [(one["State"], one["Position"], one["Offer ends"]) for one in rows] == [
        ("Has an offer", "", "2009-05-13 09:31"),
        ("Waiting", "1", ""),
    ]
    assert [one["Waiting for"] for one in rows] == ["Knots", "Knots"]
    assert rows[0]["Booking"] == db.session.merge(people[1]).reference
    book_file = desk.open(f"{LIST}?list=session+knots").press("Download for Excel (XLSX)")
    with zipfile.ZipFile(io.BytesIO(book_file.response.get_data())) as archive:
        assert b"Has an offer" in archive.read("xl/worksheets/sheet1.xml")


def test_viewers_cannot_export_the_waiting_list(visitor: Browser) -> None:
    make_waiting_list_entry()
    viewer = sign_in(visitor, "vera@conference.example", role=VIEWER)

    assert "Download as CSV" not in viewer.open(LIST).buttons


@pytest.mark.both_databases
def test_exported_delegates_include_seats_offers_and_positions(desk: Browser) -> None:
    make_bookable("Knots", 1)
    make_bookable("Ropes", 1)
    ada, bea = make_delegate(), make_delegate(email="bea@x.org", given_names="Bea")
    cy = make_delegate(email="cy@x.org", given_names="Cy")
    book(bea, "knots")
    book(cy, "ropes")
    for slug in ("knots", "ropes"):
        with transaction():
            own = db.session.merge(ada)
            session_seats.join_waiting_list(own, get_programme().get_session(slug))
    with transaction():
        session_seats.cancel(db.session.merge(cy), "ropes")

    rows = rows_of(desk.open("/organise/delegates").press("Download as CSV"))

    told = {row["Given names"]: row["Offers and waiting lists"] for row in rows}
    assert told == {
        "Ada": "Knots: number 1; Ropes: offered until 9:31am, 13 May 2009",
        "Bea": "",
        "Cy": "",
    }
    assert {row["Given names"]: row["Seats in sessions"] for row in rows}["Bea"] == "Knots"
    copy = data_export.export_delegate(db.session.merge(ada))["waiting_list"]
    assert [(one["for"], one["position"]) for one in copy] == [("Knots", 1), ("Ropes", None)]
    assert copy[1]["offer_ends_at"].startswith("2009-05-13")

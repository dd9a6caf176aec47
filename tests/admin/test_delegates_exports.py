"""Exports of delegates: all or as filtered; requirements only for single people."""

import csv
import io
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from app.accounts.models import EDITOR, VIEWER
from app.database import db
from app.delegates.fields import BOOKING_FIELDS
from app.history.models import HistoryEntry
from app.interchange.demo.generator import generate_delegates
from app.registration import demo
from tests.browser import Browser, Page
from tests.factories import make_delegate, set_places, sign_in

HEAD = [
    "Reference",
    *(str(field.desk_label or field.label) for field in BOOKING_FIELDS),
    *("Language", "Registered", "Cancelled", "Added by hand", "Tags"),
]
NEEDS = "What should the file include?"
WHY = "Why do you need it?"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def lines(page: Page) -> list[list[str]]:
    text = page.response.get_data().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def list_recorded_exports() -> list[tuple[str, str]]:
    db.session.rollback()
    found = (
        select(HistoryEntry).where(HistoryEntry.subject == "delegates").order_by(HistoryEntry.id)
    )
    return [(entry.summary, entry.actor) for entry in db.session.scalars(found)]


@pytest.mark.both_databases
def test_the_delegates_export_has_every_delegate_without_requirements(desk: Browser) -> None:
    one = make_delegate(given_names="=cmd()", access="Hearing loop", dietary="Vegan")
    two = make_delegate(family_name="שרה", email="s@x.org", is_added_by_team=True, country="FR")

    page = desk.open("/organise/delegates").press("Download as CSV")

    head, *rows = lines(page)
    assert head == HEAD
    first, second = (dict(zip(head, row, strict=True)) for row in rows)
    assert first == {
        **dict.fromkeys(HEAD, ""),
        "Reference": one.reference,
        "Given names": "'=cmd()",
        "Family name": "Lovelace",
        "Name on the badge": "Ada Lovelace",
        "Email address": "ada@example.org",
        "Organisation": "Analytical Society",
        "Role": "Member",
        "Country": "United Kingdom",
        "Days": "2009-06-10 2009-06-11",
        "Language": "en",
        "Registered": "2009-05-12 09:30",
        "Added by hand": "No",
    }
    assert (second["Reference"], second["Family name"]) == (two.reference, "שרה")
    assert (second["Country"], second["Added by hand"]) == ("France", "Yes")
    assert 'filename="delegates-2009-05-12.csv"' in page.headers["Content-Disposition"]
    assert page.headers["Cache-Control"] == "private, no-store"
    assert "Vegan" not in page.source
    assert list_recorded_exports() == [
        ("Exported the booking details of 2 delegates", "dora@conference.example")
    ]


@pytest.mark.both_databases
def test_the_delegates_export_has_the_filtered_list(desk: Browser) -> None:
    make_delegate()
    two = make_delegate(given_names="Zoë", badge_name="Zoë", email="z@x.org", family_name="Å")

    page = desk.open("/organise/delegates?q=zoe&state=attending").press("Download for Excel (XLSX)")

    book = zipfile.ZipFile(io.BytesIO(page.response.get_data()))
    sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314 – our own
    rows = [["".join(cell.itertext()) for cell in row] for row in sheet.iter(f"{MAIN}row")]
    assert rows[0] == HEAD
    assert [row[0] for row in rows[1:]] == [two.reference]
    assert "delegates-2009-05-12.xlsx" in page.headers["Content-Disposition"]


@pytest.mark.both_databases
def test_an_export_of_requirements_needs_a_choice_and_a_reason(desk: Browser) -> None:
    make_delegate(access="Hearing loop", dietary="Vegan")
    make_delegate(email="b@x.org")
    form = desk.open("/organise/delegates").follow("Choose requirements")
    assert "The file will contain all 2 delegates." in form.text
    refused = form.press("Download", status=422)
    assert refused.errors == ["Select what the file should include", "Enter why you need it"]

    page = refused.press("Download", {NEEDS: ["Dietary requirements"], WHY: "For the caterer"})

    head, *rows = lines(page)
    assert head == [*HEAD, "Dietary requirements, chosen", "Dietary requirements"]
    assert [row[-1] for row in rows] == ["Vegan", ""]
    assert "Hearing loop" not in page.source
    what = "Exported the booking details and dietary needs of 2 delegates"
    assert list_recorded_exports() == [
        (f"{what}. Reason: For the caterer", "dora@conference.example")
    ]


def test_a_filtered_list_links_to_the_export_of_its_requirements(desk: Browser) -> None:
    make_delegate(access="Hearing loop")
    make_delegate(email="b@x.org", country="FR")

    form = desk.open("/organise/delegates?country=FR").follow("Choose requirements")

    assert form.heading == "Download with access or dietary requirements"
    assert "The file will contain the 1 delegate in your filtered list." in form.text


def test_an_export_of_one_type_of_requirements_has_a_default_reason(desk: Browser) -> None:
    make_delegate(access="Hearing loop", dietary="Vegan")
    make_delegate(email="b@x.org", country="FR", access="Ramp")
    form = desk.open("/organise/delegates?country=FR")

    form = form.follow("Access requirements, with names")
    assert "The caterer, the venue and interpreters have lists of their own" in form.text
    page = form.press("Download")

    head, row = lines(page)
    assert head == [*HEAD, "Access requirements, chosen", "Access requirements"]
    assert row[-1] == "Ramp"
    what = "Exported the booking details and access needs of 1 delegate"
    assert list_recorded_exports() == [
        (f"{what}. Reason: To arrange access", "dora@conference.example")
    ]
    form = desk.open("/organise/delegates").follow("Dietary requirements, with names")
    assert form.value_of(WHY) == "To arrange meals"


def test_requirements_of_a_filtered_list_can_be_exported_as_a_workbook(desk: Browser) -> None:
    make_delegate(access="Hearing loop", dietary="Vegan")
    make_delegate(email="b@x.org", country="FR", access="Ramp")
    form = desk.open("/organise/delegates?country=FR").follow("Choose requirements")
    assert "The file will contain the 1 delegate in your filtered list." in form.text

    page = form.press(
        "Download",
        {
            NEEDS: ["Access requirements", "Dietary requirements"],
            WHY: "For the venue",
            "File": "Excel (XLSX)",
        },
    )

    sheet = zipfile.ZipFile(io.BytesIO(page.response.get_data())).read("xl/worksheets/sheet1.xml")
    assert "Ramp" in sheet.decode()
    assert "Vegan" not in sheet.decode()


@pytest.mark.parametrize("role", [VIEWER, EDITOR])
def test_viewers_and_editors_cannot_export_delegates(visitor: Browser, role: str) -> None:
    sign_in(visitor, "vera@conference.example", role=role)
    field = visitor.open("/sign-out").tree.find_by_id("csrf_token")
    assert field is not None
    token = {"csrf_token": field.get("value"), "csv": "1"}

    assert visitor.fetch("POST", "/organise/delegates/_export", data=token).status_code == 403
    assert visitor.fetch("GET", "/organise/delegates/_export/needs").status_code == 403
    assert list_recorded_exports() == []


@pytest.mark.both_databases
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_delegates_export_is_streamed(desk: Browser, kind: str) -> None:
    set_places(2000)
    demo.create(generate_delegates(1200))
    db.session.commit()
    field = desk.open("/organise/delegates").tree.find_by_id("csrf_token")
    assert field is not None
    fetched: list[str] = []

    def note(*about: object) -> None:
        fetched.append(str(about[2]))

    answer: TestResponse = desk.fetch(
        "POST",
        "/organise/delegates/_export",
        data={"csrf_token": field.get("value"), kind: "1"},
        buffered=False,
    )
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        pieces: Iterator[bytes] = answer.iter_encoded()
        first = next(pieces)
        before_rows = [one for one in fetched if "FROM delegate" in one]
        rest = b"".join(pieces)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)

    assert first
    assert before_rows == []
    assert sum("FROM delegate" in one for one in fetched) == 1
    if kind == "csv":
        assert rest.count(b"\r\n") == 1200

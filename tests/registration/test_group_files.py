"""A group from a spreadsheet: each row's faults beside it, and nothing done by halves."""

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts import rate_limits
from app.database import db, transaction
from app.delegates import people_sheets
from app.delegates.models import Delegate
from app.registration import integrity_check
from app.registration.groups import register_group
from app.registration.groups.draft import GroupDraft
from app.web import spreadsheets
from tests.admin.test_import_export import post_upload
from tests.browser import Browser, Page
from tests.counted_files import counts_when_called
from tests.factories import make_category, set_places
from tests.materials.sample_files import make_zip
from tests.refusals import TOO_MANY_FROM_NETWORK
from tests.registration.test_groups import begin, list_delegates
from tests.registration_flow import THURSDAY

HEAD = ("Given names", "Family name", "Name on badge", "Email address", "Category", "Days")
MAX_SECONDS, MAX_QUERIES = 2.0, 350  # for a group of 30


def write_csv(*rows: Sequence[str], head: Sequence[str] = HEAD) -> bytes:
    """Return a table as a CSV file, as people write it."""
    lines = [";".join(f'"{cell}"' for cell in row) for row in (head, *rows)]
    return "\r\n".join(lines).encode()


def person(number: int, *, email: str = "", days: str = "") -> Sequence[str]:
    return (f"Ann{number}", "Nurse", "", email or f"ann{number}@ward.example", "", days)


def upload(visitor: Browser, body: bytes, name: str = "group.csv", status: int = 200) -> Page:
    """Upload a file and open its dry run."""
    visitor.open("/register/group/upload")
    if len(body) < 500_000:
        return visitor.press("Continue", {"Spreadsheet": (name, body)}, status=status)
    answer = post_upload(visitor, body, "/register/group/upload")  # as a browser does
    assert answer.status_code == status
    return Page(visitor, answer, "/register/group/upload")


def test_invalid_rows_are_named_and_the_others_are_registered(
    visitor: Browser,
) -> None:
    set_places(40)
    begin(visitor)
    rows = [*(person(number) for number in range(28)), person(28, email="nobody"), ("", "Nurse")]

    page = upload(visitor, write_csv(*rows))

    assert "28 rows can be added. 2 rows cannot be added." in page.text
    assert (
        "Row 30 Ann28 Nurse nobody Error: Enter an email address in the correct format, like "
        "name@example.com"
    ) in page.text
    assert "Row 31 Nurse Error: Enter given names" in page.text
    page = page.press("Add 28 people")
    assert page.heading == "People in your group"
    visitor.open("/register/group/check").press("Register the group")
    assert len(list_delegates()) == 28
    assert integrity_check.run_checks() == []


def test_a_workbook_of_group_members_is_read_like_a_csv_file(visitor: Browser) -> None:
    begin(visitor)
    rows = [("Ann", "Nurse", "Annie", "ann@ward.example", "2009-06-11")]
    head = [one for one in HEAD if one != "Category"]
    body = b"".join(spreadsheets.stream_xlsx("Group", head, rows))

    page = upload(visitor, body, "group.xlsx").press("Add 1 person")

    assert f"1. Ann Nurse ann@ward.example {THURSDAY}" in page.text


def test_unused_columns_are_named_before_anyone_is_added(visitor: Browser) -> None:
    make_category(name="Nurse")
    make_category(name="Student")
    begin(visitor, **{"How will they attend?": "Nurse"})
    head = ("First name", "Surname", "Ward", "Name", "Work email")

    page = upload(visitor, write_csv(("Ann", "Nurse", "B2", "Ann Nurse", "a@b.example"), head=head))

    assert "These columns are not used: Ward, Name, Work email" in page.text
    known = ", ".join(HEAD)
    assert f"change its name in your file to one of these, and upload the file again: {known}" in (
        page.text
    )
    renamed = ("First name", "Surname", "Category", "Days", "E-mail address")
    page = upload(visitor, write_csv(("Ann", "Nurse", "Student", "", "a@b.example"), head=renamed))
    assert "not used" not in page.text
    assert "1. Ann Nurse a@b.example" in page.press("Add 1 person").text


def test_of_very_many_unused_columns_only_the_first_are_named(visitor: Browser) -> None:
    begin(visitor)
    head = ("Given names", *(f"Extra {number}" for number in range(40)))

    page = upload(visitor, write_csv(("Ann",), head=head))

    assert "Extra 28, Extra 29, … To use one of them" in page.text


def test_a_duplicate_person_in_a_file_is_added_once(visitor: Browser) -> None:
    begin(visitor)

    page = upload(visitor, write_csv(person(1), ("ANN1", "nurse", "", "Ann1@ward.example")))

    assert "Row 3 ANN1 nurse Ann1@ward.example Error: This person is already in the list" in (
        page.text
    )
    assert "1 row can be added. 1 row cannot be added." in page.text


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        (("=HYPERLINK(1)", "Nurse"), "A cell begins with =, +, - or @, like a formula"),
        (("Ann\u202e", "Nurse"), "It contains hidden characters that we cannot use"),
        (("A" * 101, "Nurse"), "Given names must be 100 characters or fewer"),
        (("A" * 5_000, "Nurse"), "Given names must be 100 characters or fewer"),
        (("Ann", "Nurse", "", "", "Pirate"), "There is no category “Pirate”"),
        (("Ann", "Nurse", "", "", "", "1999-01-01"), "“1999-01-01” is not a day of the conference"),
        (("www.spam.example", "Nurse"), "must not contain a web address"),
    ],
)
def test_the_error_of_a_row_is_shown_beside_it(
    visitor: Browser, cells: Sequence[str], fault: str
) -> None:
    begin(visitor)

    page = upload(visitor, write_csv(cells, person(1)))

    assert fault in page.text.partition("Row 3")[0]
    assert "1 row can be added. 1 row cannot be added." in page.text


def test_days_and_categories_are_read_from_the_file(visitor: Browser) -> None:
    make_category(name="Nurse")
    make_category(name="Student")
    begin(visitor, **{"How will they attend?": "Nurse"})
    rows = [
        ("Ann", "Nurse", "", "", "student", "2009-06-10, 2009-06-11"),
        ("Bea", "Nurse", "", "", "", THURSDAY),
    ]

    upload(visitor, write_csv(*rows)).press("Add 2 people")
    visitor.open("/register/group/check").press("Register the group")

    found = db.session.scalars(select(Delegate).order_by(Delegate.given_names)).all()
    assert [(one.category.name, one.days) for one in found if one.category] == [
        ("Student", "2009-06-10 2009-06-11"),
        ("Nurse", "2009-06-11"),
    ]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            write_csv(*(person(number) for number in range(10_000))),
            "This file has 10,000 rows. A group can have up to 30 people",
        ),
        (b"x" * 1_048_577, "The file must be smaller than 1 MB. A group can have up to 30 people"),
        (b"x" * 2_000_000, "The file must be smaller than 1 MB. A group can have up to 30 people"),
        (b"", "We cannot find a column “Given names”. Use the template, and keep its first row"),
        (write_csv(), "There is nobody in this file"),
        (b"PK\x03\x04 not a workbook", "This workbook is damaged or has a password"),
        (b"%PDF-1.7 \xff\xfe", "We cannot find a column “Given names”"),
    ],
)
def test_a_file_that_is_not_a_list_of_people_is_refused_with_a_message(
    visitor: Browser, body: bytes, reason: str
) -> None:
    begin(visitor)

    page = upload(visitor, body, status=413 if len(body) > 1_200_000 else 422)

    assert page.errors[0].startswith(reason)


def test_a_file_cannot_make_a_group_larger_than_thirty(visitor: Browser) -> None:
    begin(visitor)

    page = upload(visitor, write_csv(*(person(number) for number in range(32))))

    assert "30 rows can be added. 2 rows cannot be added." in page.text
    full = "Row 32 Ann30 Nurse ann30@ward.example Error: A group can have up to 30 people"
    assert full in page.text


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_the_downloaded_template_can_be_uploaded(visitor: Browser, suffix: str) -> None:
    begin(visitor)
    body = visitor.fetch("GET", f"/register/group/upload/template.{suffix}").data

    page = upload(visitor, body, f"group.{suffix}", status=422)

    assert page.errors == ["There is nobody in this file"]


@pytest.mark.both_databases
def test_a_group_of_thirty_takes_at_most_two_seconds(site: Flask, queries: list[str]) -> None:
    set_places(40)
    contact = {"contact_name": "Mary Ward", "email": "mary@ward.example"}
    people = [
        {"given_names": f"Ann{n}", "family_name": "Nurse", "email": f"a{n}@ward.example"}
        for n in range(30)
    ]
    draft = GroupDraft(contact, {"days": "2009-06-10", "country": "GB"}, people)
    began = time.process_time()  # a busy machine does not count

    with site.test_request_context("/"), transaction():
        register_group.register(register_group.prepare(draft, "en"), is_all_or_none=True)

    assert time.process_time() - began < MAX_SECONDS
    assert len(queries) <= MAX_QUERIES
    assert db.session.scalar(select(func.count(Delegate.id))) == 30


@pytest.mark.both_databases
def test_registering_thirty_from_a_spreadsheet_is_answered_within_two_seconds(
    visitor: Browser,
) -> None:
    set_places(40)
    begin(visitor)
    upload(visitor, write_csv(*map(person, range(30)))).press("Add 30 people")
    check = visitor.open("/register/group/check")
    began = time.process_time()  # a busy machine does not count

    check.press("Register the group")  # one request, so one transaction

    assert time.process_time() - began < MAX_SECONDS
    assert len(list_delegates()) == 30


def test_refused_files_count_towards_the_rate_limit(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = rate_limits.NetworkLimit("file", (rate_limits.Window(2, timedelta(hours=1)),))
    monkeypatch.setattr(rate_limits, "GROUP_FILE", few)
    begin(visitor)

    for _ in range(2):
        page = upload(visitor, b"no list", status=422)
        assert TOO_MANY_FROM_NETWORK not in page.errors
    page = upload(visitor, b"no list", status=429)

    assert page.errors == [TOO_MANY_FROM_NETWORK]


def test_a_file_counts_towards_the_rate_limit_before_it_is_read(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = rate_limits.NetworkLimit("file", (rate_limits.Window(1, timedelta(hours=1)),))
    monkeypatch.setattr(rate_limits, "GROUP_FILE", few)
    begin(visitor)

    with counts_when_called(people_sheets.read_cells, few.action) as counted:
        upload(visitor, write_csv(person(1)))
        upload(visitor, write_csv(person(2)), status=429)

    assert counted == [2]  # its address and its network, once


def write_numbers(rows: int, columns: int) -> str:
    row = "<row>" + "<c><v>1</v></c>" * columns + "</row>"
    return f"<worksheet><sheetData>{row * rows}</sheetData></worksheet>"


@pytest.mark.parametrize("rows", [1_001, 12_000])  # more cells, and more to unpack
def test_a_workbook_with_too_many_cells_is_refused_with_a_message(
    visitor: Browser, rows: int
) -> None:
    begin(visitor)
    body = make_workbook_of({"sheet": write_numbers(rows, 100)}, ["sheet"])

    page = upload(visitor, body, "group.xlsx", status=422)

    assert page.errors == [
        "This spreadsheet has too many rows, columns or pictures. Copy the people into the template"
    ]


def test_only_the_first_sheet_of_a_workbook_is_read(visitor: Browser) -> None:
    begin(visitor)
    names = "".join(
        f'<row><c t="inlineStr"><is><t>{name}</t></is></c></row>' for name in ("Given names", "Ann")
    )
    people = f"<worksheet><sheetData>{names}</sheetData></worksheet>"
    body = make_workbook_of(
        {"people": people, "sheet": write_numbers(1_001, 100)}, ["people", *["sheet"] * 50]
    )

    page = upload(visitor, body, "group.xlsx")

    assert page.text == (
        "Upload another file Check the spreadsheet 1 row can be added. Row 2 Ann Add 1 person"
    )


def make_workbook_of(sheets: Mapping[str, str], named: Sequence[str]) -> bytes:
    """Give a workbook made by hand, in which the same sheet may be named many times."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relation = f'<Relationship Type="{office}/%s" Id="%s" Target="%s"/>'
    relations = "".join(relation % ("worksheet", name, f"worksheets/{name}.xml") for name in sheets)
    listed = "".join(
        f'<sheet name="s{number}" sheetId="{number + 1}" r:id="{name}"/>'
        for number, name in enumerate(named)
    )
    root = relation % ("officeDocument", "book", "xl/workbook.xml")
    parts = {
        "_rels/.rels": f"<Relationships>{root}</Relationships>",
        "xl/workbook.xml": f'<workbook xmlns:r="{office}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f"<Relationships>{relations}</Relationships>",
        **{f"xl/worksheets/{name}.xml": text for name, text in sheets.items()},
    }
    return make_zip({name: text.encode() for name, text in parts.items()})


class CountedNames(dict[str, str]):
    """Names that count how often they are requested."""

    lookups = 0

    def __contains__(self, name: object) -> bool:
        self.lookups += 1
        return super().__contains__(name)


def test_splitting_a_cell_full_of_commas_takes_linear_time() -> None:
    """Anyone can upload a group file, so parsing must be fast."""
    pieces = people_sheets.MAX_PARTS
    with_commas = CountedNames({"ward 1, north": "1", "ward 2": "2"})
    with_lines = CountedNames(with_commas)

    found, unknown = people_sheets.match_parts("Ward 1, north" + ",a" * (pieces - 2), with_commas)
    people_sheets.match_parts("a\n" * pieces, with_lines)

    assert (found, len(unknown)) == (["1"], pieces - 2)
    assert with_commas.lookups < 3 * with_lines.lookups

"""What an organiser finds in the programme after reading a spreadsheet."""

from dataclasses import replace
from io import BytesIO
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidFile
from app.interchange.importers import parse_workbook, speakers, spreadsheets, table_rows
from app.interchange.importers.detect import read_bytes
from app.interchange.importers.parsed_programme import ParsedAppearance, ParsedSession, ParseResult
from app.interchange.importers.raw import TargetConference
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.fields.table import WORDS, FieldTable
from app.programme.models import Speaker
from tests.interchange.sample_schedules import list_notes
from tests.interchange.sample_workbooks import DAY, HOUR, Cell, make_workbook, make_zip
from tests.interchange.test_import_ical import TIDES

DAY_NUMBER = 39974  # Wednesday 10 June 2009, as spreadsheets count days
LIMITS = spreadsheets.PROGRAMME.limits


def a_table(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def read(*lines: str, home: TargetConference = TIDES) -> ParseResult:
    return read_bytes(a_table(*lines), home)


def get_only_session(reading: ParseResult) -> ParsedSession:
    (session,) = reading.programme.sessions
    return session


def begins_and_ends(session: ParsedSession) -> str:
    return f"{session.starts_at:%d %H:%M} {session.ends_at:%d %H:%M}"


def names(reading: ParseResult) -> list[str]:
    return [person.name for person in reading.programme.speakers]


def test_speaker_names_that_differ_only_in_case_are_one_speaker() -> None:
    reading = read(
        "Title,Day,Starts,Ends,People",
        "Warm homes,2009-06-10,10:00,11:00,Ada Marsh",
        "Cold homes,2009-06-10,11:00,12:00,ADA MARSH",
        "New homes,2009-06-10,12:00,13:00,ADA MARSH",
    )

    assert names(reading) == ["Ada Marsh"]
    spelt = ("fixed", "This is the speaker “Ada Marsh”, with a different spelling")
    assert list_notes(reading).count(spelt) == 1


def test_each_table_row_becomes_a_session() -> None:
    reading = read(
        "Title,Kind,Day,Starts,Ends,Room,Theme,People,Language,Abstract,Links,Cancelled",
        '"Warm homes",Parallel session,2009-06-10,10:00,11:30,Boat house,Water,'
        '"Ada Marsh (Chair)\nBo Lund",en,"Why, and for whom.",https://a.example/,yes',
    )

    session = get_only_session(reading)
    assert (session.title, session.kind, session.language) == ("Warm homes", "parallel", "en")
    assert begins_and_ends(session) == "10 09:00 10 10:30"
    assert [room.name for room in reading.programme.rooms] == ["Boat house"]
    assert session.theme == "water"
    assert session.appearances == (
        ParsedAppearance("name:ada marsh", "chair"),
        ParsedAppearance("name:bo lund", "speaker"),
    )
    assert session.abstract == "Why, and for whom."
    assert session.links == (("https://a.example/", "a.example"),)
    assert session.cancelled
    assert session.draft is None


def test_a_table_belongs_to_the_current_conference() -> None:
    conference = read("Title,Room", "Warm homes,Boat house").programme.conference

    assert (conference.acronym, conference.title) == ("tides-2009", "Tides and Harbours")


def test_a_table_without_a_current_conference_is_refused() -> None:
    with pytest.raises(InvalidFile, match="does not say which conference it belongs to"):
        read("Title,Room", "Warm homes,Boat house", home=TargetConference())


@pytest.mark.parametrize(
    "head",
    [
        "Session title,Start time,Location",
        "SESSION_TITLE,start-time,location",
        "sessionTitle,startTime,Venue",
        "Titre,Début,Salle",
        "Titel,Beginn,Raum",
        "Name,Start,Room",
    ],
)
def test_column_names_are_recognised_in_any_spelling(head: str) -> None:
    reading = read(head, "Warm homes,2009-06-10 10:00,Boat house")

    assert get_only_session(reading).title == "Warm homes"
    assert begins_and_ends(get_only_session(reading)) == "10 09:00 10 09:30"
    assert [room.name for room in reading.programme.rooms] == ["Boat house"]


def test_unknown_columns_are_reported() -> None:
    reading = read("Title,Room,Catering", "Warm homes,Boat house,tea")

    assert ("left out", "We do not recognise this column") in list_notes(reading)
    assert [note.subject for note in reading.notes][-1] == "column “Catering”"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_any_cell_separator_is_recognised(separator: str) -> None:
    reading = read(separator.join(("Title", "Room")), separator.join(("Warm homes", "Boat house")))

    assert get_only_session(reading).title == "Warm homes"


def test_lines_above_the_header_row_are_skipped() -> None:
    reading = read("Tides and Harbours,", ",", "Title,Room", ",", "Warm homes,Boat house")

    assert get_only_session(reading).title == "Warm homes"
    assert reading.notes[-1].where in {"row 5", "the file"}


@pytest.mark.parametrize(
    ("day", "start", "end", "expected"),
    [
        ("2009-06-10", "10:00", "11:30", "10 09:00 10 10:30"),
        ("10/06/2009", "10.00", "11.30", "10 09:00 10 10:30"),
        ("06/10/2009", "10:00", "11:30", "10 09:00 10 10:30"),  # only so is it a day at home
        ("10.6.2009", "1000", "1130", "10 09:00 10 10:30"),
        ("10 June 2009", "10am", "11:30am", "10 09:00 10 10:30"),
        ("Wednesday 10th June 2009", "10:00", "12 p.m.", "10 09:00 10 11:00"),
        ("June 10, 2009", "12am", "1:30 am", "09 23:00 10 00:30"),
        ("", "2009-06-10T10:00:00+00:00", "2009-06-10 12:30", "10 10:00 10 11:30"),
        ("", "10 June 2009 10:00", "10 June 2009, 1pm", "10 09:00 10 12:00"),
        ("2009-06-10", "23:00", "00:30", "10 22:00 10 23:30"),
    ],
)
def test_days_and_times_are_read_in_common_spellings(
    day: str, start: str, end: str, expected: str
) -> None:
    reading = read("Title;Day;Start;End", f"Warm homes;{day};{start};{end}")

    assert begins_and_ends(get_only_session(reading)) == expected


@pytest.mark.parametrize(
    ("day", "start", "unread"),
    [
        ("31 June 2009", "10:00", "day is not valid: “31 June 2009”"),
        ("10 Brumaire 2009", "10:00", "day is not valid: “10 Brumaire 2009”"),
        ("41/42/2009", "10:00", "day is not valid: “41/42/2009”"),
        ("2009-06-10", "13pm", "start time is not valid: “13pm”"),
        ("2009-06-10", "late", "start time is not valid: “late”"),
        ("2009-06-10", "never at 10:00", "start time is not valid: “never at 10:00”"),
    ],
)
def test_an_invalid_time_is_reported_with_its_row(day: str, start: str, unread: str) -> None:
    reading = read(
        "Title;Day;Start;Length",
        "Opening;2009-06-10;9:00;60",
        f"Warm homes;{day};{start};60",
    )

    assert [one.starts_at is None for one in reading.programme.sessions] == [False, True]
    assert [(one.where, one.subject, one.reason) for one in reading.notes][-1] == (
        "row 3",
        "Warm homes",
        f"Its {unread}, so it was loaded without a time",
    )


def test_a_duration_replaces_a_missing_end() -> None:
    reading = read("Title,Day,Start,Length", "Warm homes,2009-06-10,10:00,45")

    assert begins_and_ends(get_only_session(reading)) == "10 09:00 10 09:45"


def test_a_table_without_time_columns_gives_no_notes_on_times() -> None:
    reading = read("Title,Abstract", "Warm homes,Why.")

    assert get_only_session(reading).starts_at is None
    assert list_notes(reading) == [("fixed", "A session has no guid or number; we used its title")]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Ada Marsh; Bo Lund", ["Ada Marsh", "Bo Lund"]),
        ("Ada Marsh & Bo Lund", ["Ada Marsh", "Bo Lund"]),
        ("Ada Marsh and Bo Lund", ["Ada Marsh", "Bo Lund"]),
        ("Ada Marsh, Bo Lund", ["Ada Marsh", "Bo Lund"]),
        ("Marsh, Ada", ["Marsh, Ada"]),
        ("Ada Marsh (UCL)", ["Ada Marsh (UCL)"]),
        ("", []),
    ],
)
def test_lists_of_people_in_a_cell_are_split(cell: str, expected: list[str]) -> None:
    reading = read("Title;People", f'Warm homes;"{cell}"')

    assert names(reading) == expected
    assert len(get_only_session(reading).appearances) == len(expected)


def test_a_status_column_marks_drafts_and_cancelled_sessions() -> None:
    reading = read("Title,Status", "One,Draft", "Two,Cancelled", "Three,Confirmed")

    told = [(one.draft, one.cancelled) for one in reading.programme.sessions]
    assert told == [(True, False), (False, True), (False, False)]


def test_each_table_row_becomes_a_speaker() -> None:
    reading = read(
        "First name,Last name,Position,Affiliation,Country,Bio",
        'Ada,Marsh,Harbour master,Port of Whitby,United Kingdom,"Kept it, for years."',
    )

    (ada,) = reading.programme.speakers
    assert (ada.name, ada.role, ada.organisation) == (
        "Ada Marsh",
        "Harbour master",
        "Port of Whitby",
    )
    assert (ada.country, ada.biography) == ("United Kingdom", "Kept it, for years.")
    assert reading.programme.sessions == ()


@pytest.mark.parametrize(
    ("head", "role", "biography"),
    [
        ("Name,Title", "Harbour master", ""),
        ("Name,Description", "", "Harbour master"),
        ("Speaker,Bio", "", "Harbour master"),
    ],
)
def test_title_and_description_columns_are_read_by_the_other_columns(
    head: str, role: str, biography: str
) -> None:
    (ada,) = read(head, "Ada Marsh,Harbour master").programme.speakers

    assert (ada.name, ada.role, ada.biography) == ("Ada Marsh", role, biography)


def test_a_table_row_can_be_a_session_with_its_speaker() -> None:
    reading = read(
        "firstName,lastName,title,organization,description",
        'Ada,Marsh,Warm homes,Port of Whitby,"Why,\nand for whom."',
        "Bo & Cleo,Lund,Cold homes,Hull ; Leeds,How.",
        "Dee,Dale,,Whitby,",
    )

    assert [one.title for one in reading.programme.sessions] == ["Warm homes", "Cold homes"]
    assert {one.name: one.organisation for one in reading.programme.speakers} == {
        "Ada Marsh": "Port of Whitby",
        "Bo": "Hull",
        "Cleo Lund": "Leeds",
        "Dee Dale": "Whitby",
    }
    assert [len(one.appearances) for one in reading.programme.sessions] == [1, 2]
    assert reading.programme.sessions[0].description == "Why,\nand for whom."
    assert ("fixed", "It names 2 people; we split the names") in list_notes(reading)


def test_a_cell_escaped_against_formulas_is_unescaped() -> None:
    reading = read("Title,Room", "'=1+1,'@home")

    assert get_only_session(reading).title == "=1+1"
    assert [room.name for room in reading.programme.rooms] == ["@home"]


def test_a_table_in_windows_1252_is_read() -> None:
    reading = read_bytes("Title;Room\nSanté pour tous;Quai".encode("cp1252"), TIDES)

    assert get_only_session(reading).title == "Santé pour tous"
    assert ("fixed", "It was read as Windows-1252, the encoding Excel uses") in list_notes(reading)


def test_a_workbook_is_read_sheet_by_sheet() -> None:
    reading = read_bytes(
        make_workbook(
            {
                "Sessions": [
                    ["Title", "Day", "Start", "End", "Speakers"],
                    ["Warm homes", (DAY_NUMBER, DAY), (0.4375, HOUR), (0.5, HOUR), "Ada Marsh"],
                ],
                "Speakers": [["Name", "Country"], ["Ada Marsh", "Kenya"]],
                "Costs": [["What", "How much"], ["Tea", (12.5, "0")]],
                "Empty": [],
            }
        ),
        TIDES,
    )

    assert begins_and_ends(get_only_session(reading)) == "10 09:30 10 11:00"
    assert [(one.name, one.country) for one in reading.programme.speakers] == [
        ("Ada Marsh", "Kenya")
    ]
    assert [(note.where, note.reason) for note in reading.notes if note.kind == "left out"] == [
        ("sheet “Costs”", "There is no Title or Name column")
    ]


def test_a_date_time_and_duration_in_a_workbook_are_read() -> None:
    rows: list[list[Cell]] = [
        ["Title", "Start", "Length"],
        ["Warm homes", (DAY_NUMBER + 0.4375, DAY), (45, "0")],
    ]

    reading = read_bytes(make_workbook({"Sheet1": rows}), TIDES)

    assert begins_and_ends(get_only_session(reading)) == "10 09:30 10 10:15"


def test_a_workbook_without_title_or_name_column_is_refused() -> None:
    with pytest.raises(InvalidFile, match="No table in this file has a column called"):
        read_bytes(make_workbook({"Costs": [["What"], ["Tea"]]}), TIDES)


@pytest.mark.parametrize(
    ("contents", "sentence"),
    [
        (b"PK\x03\x04 and no more", "This workbook is damaged or has a password"),
        (b"\xd0\xcf\x11\xe0 and no more", "We cannot read this workbook"),
        (make_zip({"notes.txt": b"no workbook"}), "We cannot read this workbook"),
    ],
)
def test_an_invalid_workbook_is_refused_with_a_message(contents: bytes, sentence: str) -> None:
    with pytest.raises(InvalidFile, match=sentence):
        read_bytes(contents, TIDES)


@pytest.mark.parametrize(("members", "megabytes"), [(2001, 0), (1, 97)])
def test_a_workbook_that_unpacks_too_large_is_refused(members: int, megabytes: int) -> None:
    parts = {f"xl/{number}.xml": bytes(megabytes * 1024 * 1024) for number in range(members)}

    with pytest.raises(InvalidFile, match="This file is too large"):
        read_bytes(make_zip(parts), TIDES)


def test_a_workbook_with_a_false_size_is_refused() -> None:
    packed = make_zip({"xl/workbook.xml": b"<a/>" * 1000})
    lying = packed.replace((4000).to_bytes(4, "little"), (4).to_bytes(4, "little"))

    with pytest.raises(InvalidFile):
        read_bytes(lying, TIDES)


def test_a_table_with_too_many_rows_is_refused() -> None:
    lines = ["Title,Room", *("Warm homes,Boat house" for _ in range(LIMITS.rows + 1))]

    with pytest.raises(InvalidFile, match="more than 20,000 rows"):
        read(*lines)
    with pytest.raises(InvalidFile, match="more than 20,000 rows"):
        read_bytes(make_workbook({"One": [["Title"]] * (LIMITS.rows + 1)}), TIDES)


def test_a_sparse_huge_workbook_is_refused_in_a_subprocess() -> None:
    near = make_workbook({"One": [["Title", "Room"], ["Warm homes"]]})
    with ZipFile(BytesIO(near)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    parts[name] = parts[name].replace(b'"A2"', b'"XFD1048576"').replace(b'"2"', b'"1048576"')

    with pytest.raises(InvalidFile, match="more than 20,000 rows"):
        read_bytes(make_zip(parts), TIDES)


def test_a_workbook_with_too_many_characters_is_refused() -> None:
    rows: list[list[Cell]] = [["Title", "Room"], ["Warm homes" * 10, "Boat house" * 10]]
    few = LIMITS._replace(characters=100)

    with pytest.raises(OverflowError):
        list(parse_workbook.iter_sheets(make_workbook({"One": rows}), few))


def test_parsing_a_workbook_stops_at_the_limits_of_cells_and_sheets() -> None:
    rows: list[list[Cell]] = [["Title", "Room"], ["Warm homes", "Boat house"]]
    book = make_workbook({"One": rows, "Two": rows, "Three": rows})

    for sheets, cells in ((2, 8), (3, 12), (200, 12)):
        limits = LIMITS._replace(sheets=sheets, cells=cells)
        found = [name for name, *_ in parse_workbook.iter_sheets(book, limits)]
        assert found == ["One", "Two", "Three"][:sheets]
    with pytest.raises(OverflowError):
        list(parse_workbook.iter_sheets(book, LIMITS._replace(cells=11)))


def test_a_table_with_too_many_cells_is_refused_before_splitting() -> None:
    with pytest.raises(InvalidFile, match="too large"):
        read("Title,Room", "," * (LIMITS.cells + 1))


def test_an_unterminated_cell_is_refused() -> None:
    with pytest.raises(InvalidFile, match="this table beyond row 1"):
        read("Title,Room", '"' + "x" * (spreadsheets.MAX_CELL_LENGTH + 1))


@given(st.binary(max_size=400))
def test_any_bytes_after_a_workbook_signature_are_refused(body: bytes) -> None:
    with pytest.raises(InvalidFile):
        read_bytes(spreadsheets.WORKBOOK_SIGNATURES[0] + body, TIDES)


@given(st.lists(st.lists(st.text(max_size=30), min_size=3, max_size=3), max_size=6))
def test_any_table_is_parsed_or_refused(rows: list[list[str]]) -> None:
    table = [["Title", "Start", "People"], *rows]
    lines = "\n".join(",".join(f'"{cell}"' for cell in row) for row in table)

    try:
        reading = read_bytes(lines.encode("utf-8", "replace"), TIDES)
    except InvalidFile:
        return
    assert all(session.title for session in reading.programme.sessions)


def test_plain_text_that_is_not_a_table_is_refused() -> None:
    with pytest.raises(InvalidFile, match="We cannot read this file"):
        read("Dear all,", "here is the programme.")


def test_speaker_fields_of_any_simple_kind_are_read_like_session_fields(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = SPEAKER_FIELDS
    fields = [replace(one, kind=WORDS) if one.name == "role" else one for one in table]
    for module in (speakers, table_rows):
        monkeypatch.setattr(
            module,
            "SPEAKER_FIELDS",
            FieldTable[Speaker](table.history_subject, table.name, table.check, *fields),
        )

    [ada] = read("Name,Role", "Ada Marsh,tax; moon").programme.speakers

    assert vars(ada)["role"] == ("tax", "moon")

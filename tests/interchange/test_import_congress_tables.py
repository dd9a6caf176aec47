"""Spreadsheets as secretaries of congresses keep them: in five languages, never quite finished."""

from dataclasses import replace

import pytest

from app.errors import InvalidFile
from app.interchange.importers.detect import read_bytes
from app.interchange.importers.parsed_programme import ParsedSession, ParseResult
from app.interchange.importers.raw import TargetConference
from app.interchange.importers.table_choices import ColumnChoices, TableChoices
from app.interchange.importers.table_columns import header_key
from tests.interchange.sample_workbooks import DAY, HOUR, Cell, make_workbook
from tests.interchange.test_import_ical import TIDES

DAY_NUMBER = 39974  # Wednesday 10 June 2009, as spreadsheets count days
HEAD = "Title;Day;Time;Room"


def read(
    *lines: str, home: TargetConference = TIDES, choices: TableChoices | None = None
) -> ParseResult:
    return read_bytes("\n".join(lines).encode(), home, choices or TableChoices())


def at(session: ParsedSession) -> str:
    """Return the time of a session in London."""
    if session.starts_at is None or session.ends_at is None:
        return "no time"
    return f"{session.starts_at:%d %H:%M}-{session.ends_at:%H:%M}"


def times(reading: ParseResult) -> list[str]:
    return [at(one) for one in reading.programme.sessions]


def titles(reading: ParseResult) -> list[str]:
    return [one.title for one in reading.programme.sessions]


def people(reading: ParseResult) -> dict[str, str]:
    """Give the roles of the first session's people by name."""
    names = {one.key: one.name for one in reading.programme.speakers}
    return {names[one.speaker]: one.role for one in reading.programme.sessions[0].appearances}


def reasons(reading: ParseResult) -> list[str]:
    return [f"{note.where}: {note.subject}: {note.reason}" for note in reading.notes]


# Columns


@pytest.mark.parametrize(
    ("head", "day"),
    [
        ("Paper title (required);Date;Time slot;Venue;Presenting author;Affiliation", "10/06/2009"),
        ("Abstract Title*;Session date;Session time;Location;Presenter(s);Institution", "10 June"),
        ("Titre de la communication;Jour;Horaire;Salle;Intervenant(e)s;Établissement", "10 juin"),
        ("Título de la ponencia;Día;Hora;Sala;Ponente;Institución", "10 de junio de 2009"),
        ("Vortragstitel (Pflichtfeld);Datum;Uhrzeit;Raum;Referent*innen;Einrichtung", "10. Juni"),
        ("Título da comunicação;Dia;Horário;Sala;Palestrante;Instituição", "10 de junho"),
        ("Title / Titre;Day / Jour;Time / Heure;Room / Salle;Author(s);Affiliation(s)", "mercredi"),
    ],
)
def test_column_names_are_recognised_in_five_languages(head: str, day: str) -> None:
    reading = read(head, f"Warm homes;{day};9:00 - 10:30;Quay;Ada Marsh;Port of Whitby")

    assert (titles(reading), times(reading)) == (["Warm homes"], ["10 08:00-09:30"])
    assert [one.name for one in reading.programme.rooms] == ["Quay"]
    assert [(one.name, one.organisation) for one in reading.programme.speakers] == [
        ("Ada Marsh", "Port of Whitby")
    ]
    assert "We do not recognise this column" not in " ".join(reasons(reading))


def test_speakers_get_the_role_of_their_column() -> None:
    reading = read(
        "Title;Room;Presenting author;Authors;Chair(s);Moderation",
        "Warm homes;Quay;Ada Marsh;Ada Marsh, Bo Lund, Cleo Dale;Dee Wood and Eli Ray;Flo May",
    )

    assert people(reading) == {
        "Ada Marsh": "speaker",
        "Bo Lund": "author",
        "Cleo Dale": "author",
        "Dee Wood": "chair",
        "Eli Ray": "chair",
        "Flo May": "moderator",
    }


def test_speakers_are_read_from_several_columns() -> None:
    reading = read("Title;Room;Speaker 1;Speaker 2", "Warm homes;Quay;Ada Marsh;Bo Lund")

    assert people(reading) == {"Ada Marsh": "speaker", "Bo Lund": "speaker"}


def test_a_session_title_column_beside_a_title_column_is_the_theme() -> None:
    reading = read(
        "Session title;Title;Room",
        "Housing;Warm homes;Quay",
        "Housing;Cold homes;Quay",
        "Coffee;;Quay",
    )

    assert [(one.title, one.theme) for one in reading.programme.sessions] == [
        ("Warm homes", "housing"),
        ("Cold homes", "housing"),
        ("Coffee", None),
    ]


def test_an_honorific_column_is_not_mistaken_for_the_session_title() -> None:
    reading = read(
        "Title;First name;Last name;Session title;Room",
        "Prof.;Ada;Marsh;Warm homes;Quay",
        "Dr;Bo;Lund;Cold homes;Quay",
    )

    assert titles(reading) == ["Warm homes", "Cold homes"]
    assert [
        (one.name, one.profile and one.profile.honorific) for one in reading.programme.speakers
    ] == [
        ("Ada Marsh", "Prof."),
        ("Bo Lund", "Dr"),
    ]


def test_a_misspelt_column_is_reported_with_a_suggestion() -> None:
    reading = read("Title;Room;Day;Sprachhe", "Warm homes;Quay;;en")

    [told] = [one for one in reasons(reading) if "column" in one]
    assert told.endswith("We do not recognise this column; did you mean “Language”?")


# Email addresses


def test_email_addresses_are_read_from_columns_and_names() -> None:
    reading = read(
        "Title;Room;Presenter;Email;Chair",
        "Warm homes;Quay;Ada Marsh;ada@example.org;Dee Wood <dee@example.org>",
        "Cold homes;Quay;Bo Lund and Cleo Dale;bo@example.org, cleo@example.org;",
        "New homes;Quay;Eli Ray;eli at example;",
        "Old homes;Quay;Flo May;TBC;",
    )

    assert {one.name: one.contact_address for one in reading.programme.speakers} == {
        "Ada Marsh": "ada@example.org",
        "Dee Wood": "dee@example.org",
        "Bo Lund": "bo@example.org",
        "Cleo Dale": "cleo@example.org",
        "Eli Ray": None,
        "Flo May": None,
    }
    assert "row 4: Eli Ray: This is not an email address: eli" in reasons(reading)


@pytest.mark.parametrize(
    "typed", ["ada@", "ada.@example.org", "ada@example..org", "ada@-example.org", "ada@localhost"]
)
def test_a_malformed_email_address_is_reported_by_row_and_skipped(typed: str) -> None:
    reading = read(
        "Title;Room;Presenter;Email",
        "Warm homes;Quay;Bo Lund;bo@example.org",
        f"Cold homes;Quay;Ada Marsh;{typed}",
    )

    assert {one.name: one.contact_address for one in reading.programme.speakers} == {
        "Bo Lund": "bo@example.org",
        "Ada Marsh": None,
    }
    assert [one for one in reasons(reading) if "email" in one] == [
        f"row 3: Ada Marsh: This is not an email address: {typed}"
    ]


def test_two_speakers_with_one_email_address_are_reported() -> None:
    reading = read(
        "Name;Email",
        "Ada Marsh;office@example.org",
        "Bo Lund;Office@Example.org",
        "Ada Marsh;office@example.org",
    )

    assert [one for one in reasons(reading) if "email" in one] == [
        "row 3: Bo Lund: Ada Marsh has the same email address"
    ]
    assert [one.contact_address for one in reading.programme.speakers] == [
        "office@example.org",
        "Office@example.org",
    ]


def test_an_email_address_of_an_existing_speaker_is_reported() -> None:
    known = {"ada@example.org": "Ada Marsh", "bo@example.org": "Bo Lund"}
    reading = read(
        "Name;Email",
        "Ada Marsh;ada@example.org",
        "Cleo Dale;BO@example.org",
        home=replace(TIDES, contact_addresses=known),
    )

    assert [one for one in reasons(reading) if "email" in one] == [
        "row 3: Cleo Dale: Bo Lund has the same email address"
    ]


# Days and times


@pytest.mark.parametrize(
    ("day", "time", "expected"),
    [
        ("Thursday", "11:00 - 12:00", "11 10:00-11:00"),
        ("Day 2", "14.00 Uhr", "11 13:00-13:30"),
        ("2. Tag", "9 bis 10 Uhr", "11 08:00-09:00"),
        ("2", "9-10.30am", "11 08:00-09:30"),
        ("mercredi 10 juin", "de 9h00 à 10h30", "10 08:00-09:30"),
        ("quarta-feira, 10 de junho de 2009", "das 9h às 10h", "10 08:00-09:00"),
        ("10/6", "noon to 1pm", "10 11:00-12:00"),
        ("10.06.09", "0.4375", "10 09:30-10:00"),
        ("39974", "0930-1000", "10 08:30-09:00"),
        ("", "39974.4375", "10 09:30-10:00"),
        ("Wed 10 June, 11:00–12:00", "", "10 10:00-11:00"),
        ("", "11:00-12:00, Thu 11 June", "11 10:00-11:00"),
    ],
)
def test_days_and_time_ranges_are_read_in_common_spellings(
    day: str, time: str, expected: str
) -> None:
    assert times(read(HEAD, f"Warm homes;{day};{time};Quay")) == [expected]


def test_a_date_column_may_contain_the_times() -> None:
    reading = read("Title;Date;Room", "Warm homes;10 June 2009, 9:00 - 10:00;Quay")

    assert times(reading) == ["10 08:00-09:00"]


def test_an_empty_day_cell_repeats_the_day_above() -> None:
    reading = read(
        HEAD,
        "Opening;10 June;9:00;Quay",
        "Warm homes;;10:00;Quay",
        "Cold homes;11 June;9:00;Quay",
        "New homes;;10:00;Quay",
        "No time yet;;;Quay",
    )

    assert times(reading) == [
        "10 08:00-08:30",
        "10 09:00-09:30",
        "11 08:00-08:30",
        "11 09:00-09:30",
        "no time",
    ]


def test_a_day_is_read_from_a_heading_row_or_the_sheet_name() -> None:
    in_rows = read(
        "Title;Time;Room", "Wednesday 10 June;;", "One;9:00;Quay", "Day 2;;", "Two;9:00;"
    )
    rows: list[list[Cell]] = [["Title", "Time"], ["Three", "9:00"]]
    in_sheets = read_bytes(make_workbook({"Thu 11 June": rows}), TIDES)

    assert list(zip(titles(in_rows), times(in_rows), strict=True)) == [
        ("One", "10 08:00-08:30"),
        ("Two", "11 08:00-08:30"),
    ]
    assert times(in_sheets) == ["11 08:00-08:30"]


def test_merged_cells_apply_to_each_of_their_rows() -> None:
    rows: list[list[Cell]] = [
        ["Title", "Day", "Time", "Room"],
        ["One", (DAY_NUMBER, DAY), (0.375, HOUR), "Quay"],
        ["Two", "", "", "Pier"],
        ["Three", "", (0.5, HOUR), "Pier"],
    ]

    reading = read_bytes(make_workbook({"All": rows}, merged={"All": ["B2:B4", "C2:C3"]}), TIDES)

    assert times(reading) == ["10 08:00-08:30", "10 08:00-08:30", "10 11:00-11:30"]


NOVEMBER = TargetConference({**TIDES.facts, "starts_on": "2008-11-06", "ends_on": "2008-11-07"})
YEAR = TargetConference({**TIDES.facts, "starts_on": "2008-01-01", "ends_on": "2008-12-31"})


def test_an_ambiguous_date_follows_the_order_of_the_other_dates() -> None:
    british = read(HEAD, "One;6/11/08;9:00;Quay", "Two;13/11/08;9:00;Quay", home=YEAR)
    american = read(HEAD, "One;6/11/08;9:00;Quay", "Two;11/13/08;9:00;Quay", home=YEAR)
    conference = read(HEAD, "One;11/6/08;9:00;Quay", home=NOVEMBER)

    days = [one.programme.sessions[0].starts_at for one in (british, american, conference)]
    assert [f"{day:%d %B}" if day else "" for day in days] == [
        "06 November",
        "11 June",
        "06 November",
    ]
    assert [one for one in reasons(british) if "month comes first" in one] == []


def test_an_ambiguous_date_order_is_reported_and_can_be_chosen() -> None:
    asked = read(HEAD, "One;6/11/08;9:00;Quay", home=YEAR)
    chosen = read(
        HEAD, "One;6/11/08;9:00;Quay", home=YEAR, choices=TableChoices(date_order="month-first")
    )

    [told] = [one for one in reasons(asked) if "month comes first" in one]
    assert told == (
        "the file: 6/11/08: It is not clear whether the day or the month comes first. We "
        "read the day first"
    )
    [session] = chosen.programme.sessions
    assert f"{session.starts_at:%d %B}" == "11 June"
    assert [one for one in reasons(chosen) if "month comes first" in one] == []


# What is no person and no session


def test_placeholders_like_tba_become_no_speaker_room_or_session() -> None:
    reading = read(
        "Title;Day;Time;Room;Speakers",
        "Warm homes;10 June;9:00;TBC;N.N.",
        "Cold homes;10 June;TBA;Quay;Ada Marsh and tba",
        "TBC;10 June;11:00;Quay;",
        "Total;;;2;",
        "Gesamt: 2 ;;;;",
    )

    assert titles(reading) == ["Warm homes", "Cold homes"]
    assert times(reading) == ["10 08:00-08:30", "no time"]
    assert [one.name for one in reading.programme.speakers] == ["Ada Marsh"]
    assert [one.name for one in reading.programme.rooms] == ["Quay"]
    left_out = [note.reason for note in reading.notes if note.kind == "left out"]
    assert left_out == [
        "It is not a person’s name",
        "It is not a person’s name",
        "It is not a session title",
        "It is a row of totals",
        "It is a row of totals",
    ]


def test_a_session_whose_title_begins_with_total_is_kept() -> None:
    assert titles(read("Title;Room", "Total war;Quay", "Total;Quay")) == ["Total war", "Total"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("10 June;9:00;Quay", "11 June;9:00;Quay"),
        ("10 June;9:00;Quay", "10 June;10:00;Quay"),
        ("10 June;9:00;Quay", "10 June;9:00;Pier"),
        ("10 June;slot 1;Quay", "10 June;slot 2;Quay"),
        ("first;9:00;Quay", "second;9:00;Quay"),
    ],
)
def test_rows_that_differ_in_day_time_or_room_are_two_sessions(one: str, other: str) -> None:
    reading = read(HEAD, "Opening;10 June;8:00;Quay", f"Lunch;{one}", f"Lunch;{other}")

    assert titles(reading) == ["Opening", "Lunch", "Lunch"]


def test_identical_rows_become_one_session() -> None:
    row = "Lunch;10 June;9:00;Quay"
    reading = read(HEAD, row, "Lunch;11 June;9:00;Quay", row, "Lunch;11 June;9:00;Quay")

    assert times(reading) == ["10 08:00-08:30", "11 08:00-08:30"]


# What cannot be read is refused


def test_a_table_with_half_its_columns_unknown_is_refused() -> None:
    with pytest.raises(InvalidFile) as refusal:
        read("Title;Saal;Foo;Bar", "Warm homes;Quay;1;2")

    assert str(refusal.value) == (
        "We did not recognise half of the columns, so nothing was loaded. Recognised: “Title” "
        "as Title of the session, “Saal” as Room. Not recognised: “Foo”, “Bar”"
    )


def test_empty_columns_do_not_count_as_unknown() -> None:
    assert titles(read("Title;Room;Foo;Bar", "Warm homes;Quay;;")) == ["Warm homes"]


def test_a_table_without_a_valid_time_is_refused() -> None:
    with pytest.raises(InvalidFile) as refusal:
        read(HEAD, "Warm homes;10 June;early;Quay", "Cold homes;10 June;late;Quay")
    with pytest.raises(InvalidFile, match="There is no column for the day of the sessions"):
        read("Title;Time;Room", "Warm homes;9:00;Quay")

    assert str(refusal.value) == (
        "We did not recognise any of the times, so nothing was loaded. Recognised: “Title” as "
        "Title of the session, “Day” as Day, “Time” as Start, or start and end, “Room” as "
        "Room. Not recognised: “early”, “late”"
    )


def test_times_of_a_one_day_conference_need_no_day() -> None:
    home = TargetConference({**TIDES.facts, "ends_on": "2009-06-10"})

    assert times(read("Title;Time;Room", "Warm homes;9:00;Quay", home=home)) == ["10 08:00-08:30"]


# Columns that organisers chose


def test_columns_are_read_as_organisers_chose() -> None:
    head = ["Was", "Wo genau", "Farbe"]
    chosen = ColumnChoices({header_key(head): ["title", "room", ""]})

    reading = read(";".join(head), "Warm homes;Quay;x", choices=TableChoices(chosen))

    assert (titles(reading), [one.name for one in reading.programme.rooms]) == (
        ["Warm homes"],
        ["Quay"],
    )
    assert [note for note in reading.notes if note.kind == "left out"] == []


def test_a_column_choice_applies_to_other_tables_by_name() -> None:
    choices = TableChoices(ColumnChoices(by_name={"wogenau": "room", "catering": ""}))

    reading = read("Title;Wo genau;Catering", "Warm homes;Quay;tea", choices=choices)

    assert [one.name for one in reading.programme.rooms] == ["Quay"]
    assert [note for note in reading.notes if note.kind == "left out"] == []


# Names that may mean one person


def test_similar_names_are_reported_and_can_be_merged() -> None:
    lines = (
        "Title;Room;Speaker",
        "Warm homes;Quay;Dr Ann Smith",
        "Cold homes;Quay;Smith, Ann",
        "New homes;Quay;Ann Smith",
    )

    told = read(*lines)
    joined = read(*lines, choices=TableChoices(same_people={"ann smith": True}))
    apart = read(*lines, choices=TableChoices(same_people={"ann smith": False}))

    assert [one.name for one in told.programme.speakers] == [
        "Dr Ann Smith",
        "Smith, Ann",
        "Ann Smith",
    ]
    assert (
        "row 2: Dr Ann Smith: “Dr Ann Smith”, “Smith, Ann”, “Ann Smith” may be the same "
        "person; they were loaded as separate people"
    ) in reasons(told)
    assert [
        (one.name, one.profile and one.profile.honorific) for one in joined.programme.speakers
    ] == [("Ann Smith", "Dr")]
    assert len(apart.programme.speakers) == 3
    assert "may be the same person" not in " ".join(reasons(apart))


def test_a_name_similar_to_an_existing_speaker_is_reported_and_can_be_merged() -> None:
    home = TargetConference(TIDES.facts, ("Ann Smith",))
    lines = ("Title;Room;Speaker", "Warm homes;Quay;Prof. Ann Smith, PhD")

    told = read(*lines, home=home)
    joined = read(*lines, home=home, choices=TableChoices(same_people={"ann smith": True}))

    assert "“Ann Smith” in the programme may be the same person" in " ".join(reasons(told))
    assert [one.name for one in joined.programme.speakers] == ["Ann Smith"]


@pytest.mark.parametrize("name", ["Jack Ma", "M. Smith", "Mrinal Sen", "Dr", "", "李明", "Cher"])
def test_an_unusual_name_is_kept_unchanged(name: str) -> None:
    reading = read("Title;Room;Speaker", f"Warm homes;Quay;{name}")

    assert [one.name for one in reading.programme.speakers] == [one for one in [name] if one]

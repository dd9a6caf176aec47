"""A programme as files: what other programs read, and what we read again.

Set REAL_SCHEDULES to a folder of schedules, and SCHEDULE_SCHEMA to the file schedule.xml.xsd of
c3voc, beside which its schema.json lies, to run the stories that need them.
"""

import json
import os
import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft6Validator
from lxml import etree

from app import clock
from app.database import db, transaction
from app.interchange import services
from app.interchange.exporters import native_json
from app.interchange.exporters import source as exporters_source
from app.interchange.exporters.formats import FORMATS, TABLES
from app.interchange.exporters.source import ExportSource
from app.interchange.importers import text
from app.interchange.importers.detect import read_file
from app.interchange.importers.parsed_programme import (
    ImportLog,
    ParsedConference,
    ParsedProgramme,
    ParsedSession,
    ParsedSpeaker,
)
from app.programme import snapshot
from app.programme.models import Session
from app.releases import current_release, snapshot_builder
from app.releases import services as releases_services
from config import ROOT
from tests.factories import (
    FIRST_MORNING,
    make_room,
    make_session,
    make_speaker,
    make_theme,
    publish_programme,
)
from tests.lookups import get_session

SITE = "https://conference.example"
TITLE = "Use & in “HTML” ]]> ?>"
A_DAY = date(2009, 6, 10)
UUID = "0f0e1d2c-3b4a-5968-7786-95a4b3c2d1e0"
SCHEDULES = sorted(
    path
    for path in (
        Path(os.environ["REAL_SCHEDULES"]).iterdir() if "REAL_SCHEDULES" in os.environ else ()
    )
    if path.suffix in {".xml", ".json", ".ics"}
)
SHIPPED = ROOT / "content" / "conference.json"
SCHEMA = os.environ.get("SCHEDULE_SCHEMA", "")


def make_rich_programme() -> None:
    """Put into the small conference what the formats find hard."""
    theme = make_theme(
        name="Wind & waves", slug="wind-and-waves", letter="W", colour="#1af", position=2
    )
    room = make_room(key="name:pier", name="Pier <east>", slug="pier", features="quiet", position=2)
    known = make_speaker(
        key="4711", name="Zoë O’Neill", slug="zoe", biography="*Sails* alone.\n\nAnd far."
    )
    other = make_speaker(key=UUID, name="Zoë O’Neill", slug="zoe-2")
    make_session(
        key="not a uuid",
        slug="odd",
        title=TITLE,
        subtitle="<b>bold</b>",
        abstract="# Title\n\n* one & two <three>\n* [out](https://example.org/?a=1&b=2)",
        description="<p>From <em>elsewhere</em></p>",
        kind="workshop",
        language="en-GB",
        licence="CC BY 4.0",
        links=json.dumps(
            [
                ["https://example.org/slides?a=1&b=2", "Slides & notes"],
                ["https://example.org/ä/#/room/#one:100%", "Ä room"],
            ]
        ),
        is_recorded=True,
        theme=theme,
        room=room,
        speakers=(known, other),
    )
    make_session(slug="called-off", title="Cancelled", cancelled_at=clock.now())
    make_session(slug="some-day", title="Some day", starts_at=None, ends_at=None)
    make_session(slug="draft", title="Draft", is_draft=True)
    make_session(
        slug="night",
        title="Night walk",
        starts_at=FIRST_MORNING + timedelta(hours=15),
        ends_at=FIRST_MORNING + timedelta(hours=17, minutes=15),
    )


def save_export(folder: Path, name: str, source: ExportSource) -> Path:
    path = folder / name
    path.write_text(FORMATS[name].dump(source), encoding="utf-8")
    return path


def xml_of(source: ExportSource) -> Any:
    return etree.fromstring(FORMATS["schedule.xml"].dump(source).encode())


# Our own JSON


def test_conference_json_round_trips_the_programme(site: Flask, tmp_path: Path) -> None:
    make_rich_programme()
    source = exporters_source.load_working_programme(SITE, places=20)

    reading = read_file(save_export(tmp_path, "conference.json", source))

    assert reading.programme == source.programme
    assert [note.reason for note in reading.notes if note.kind != "clash"] == [
        "It has no start time, so it was loaded without a time"
    ]


@pytest.mark.both_databases
def test_importing_an_exported_conference_json_changes_nothing(site: Flask, tmp_path: Path) -> None:
    make_rich_programme()
    path = save_export(tmp_path, "conference.json", exporters_source.load_working_programme(SITE))
    before = snapshot_builder.build_snapshot()

    with transaction():
        loaded = services.load_file(path)

    assert str(loaded.changes) == "Nothing changed"
    assert snapshot_builder.build_snapshot() == before
    assert db.session.query(Session).filter_by(slug="draft").one().is_draft


def test_an_exported_release_contains_the_published_html(site: Flask, tmp_path: Path) -> None:
    make_rich_programme()
    publish_programme()
    release = releases_services.create_release()
    frozen = snapshot.load(release.snapshot)
    path = save_export(
        tmp_path, "conference.json", exporters_source.from_snapshot(frozen, SITE, version="1")
    )

    with transaction():
        services.load_file(path)

    again = snapshot_builder.build_snapshot()
    assert again.sessions == frozen.sessions
    assert again.speakers == frozen.speakers
    assert again.rooms == frozen.rooms


def test_importing_an_exported_release_keeps_drafts(site: Flask, tmp_path: Path) -> None:
    make_session(slug="draft", title="Draft", is_draft=True)
    make_session(slug="dropped", title="Dropped", is_draft=True, cancelled_at=clock.now())
    frozen = snapshot_builder.build_snapshot()
    path = save_export(
        tmp_path, "conference.json", exporters_source.from_snapshot(frozen, SITE, version="1")
    )

    with transaction():
        services.load_file(path)

    assert [get_session(slug).state for slug in ("draft", "dropped")] == ["draft", "cancelled"]


def test_a_release_older_than_keys_is_exported_with_slugs_as_keys(site: Flask) -> None:
    frozen = snapshot_builder.build_snapshot()
    old = replace(frozen, speakers=tuple(replace(one, key="") for one in frozen.speakers))

    written = exporters_source.from_snapshot(old, SITE, version="1").programme

    assert [one.key for one in written.speakers] == [one.slug for one in frozen.speakers]


ANY_LINE = st.text(max_size=60) | st.sampled_from(["&amp;amp;", "AT&T &lt;b&gt;", "&#65;", "&copy"])
ANY_TEXT = st.text(max_size=200) | st.sampled_from(["&lt;p&gt;", "&lt;p&gt; <p>", "a\n\n&amp;\tb "])


@given(title=ANY_LINE, subtitle=ANY_LINE, abstract=ANY_TEXT)
def test_any_parsed_programme_round_trips_through_conference_json(
    tmp_path_factory: pytest.TempPathFactory, title: str, subtitle: str, abstract: str
) -> None:
    session = ParsedSession(
        key="one",
        slug="one",
        title=line(title) or "One",
        subtitle=line(subtitle),
        abstract=text.clean_text(abstract, "", "", ImportLog()),
        starts_at=FIRST_MORNING,
        ends_at=FIRST_MORNING + timedelta(hours=1),
        draft=False,
    )
    programme = ParsedProgramme(
        conference=ParsedConference(
            "acme", "A title", "", date(2009, 6, 10), date(2009, 6, 11), "Europe/London"
        ),
        themes=(),
        rooms=(),
        speakers=(ParsedSpeaker("ada", line(title) or "Ada", "ada"),),
        sessions=(session,),
    )
    path = tmp_path_factory.getbasetemp() / "conference.json"
    path.write_text(
        native_json.dump(ExportSource(current_release.EMPTY_SNAPSHOT, programme, SITE, "")), "utf-8"
    )

    assert read_file(path).programme == programme


def line(typed: str) -> str:
    """Give a line as it is once it has been read, and would stay however often."""
    read_once = text.clean_line(typed, "", ImportLog())
    return read_once if text.clean_line(read_once, "", ImportLog()) == read_once else "&amp;"


def test_withdrawn_speakers_are_not_exported(site: Flask, tmp_path: Path) -> None:
    stays, left = make_speaker(), make_speaker(withdrawn_at=clock.now())
    make_session(slug="both", speakers=(stays, left))

    programme = read_file(
        save_export(tmp_path, "conference.json", exporters_source.load_working_programme(SITE))
    ).programme

    (both,) = (one for one in programme.sessions if one.slug == "both")
    assert [one.speaker for one in both.appearances] == [stays.key]
    assert left.key not in {one.key for one in programme.speakers}


# The schedules of c3voc


@pytest.mark.parametrize("name", ["schedule.xml", "schedule.json"])
def test_a_schedule_round_trips_what_its_format_supports(
    site: Flask, tmp_path: Path, name: str
) -> None:
    make_rich_programme()
    source = exporters_source.load_working_programme(SITE)
    scheduled = [one for one in source.snapshot.sessions if one.starts_at and not one.is_cancelled]

    programme = read_file(save_export(tmp_path, name, source)).programme

    told = {one.key: one for one in programme.sessions}
    known = {one.key: one for one in source.programme.sessions}
    assert list(told)[: len(scheduled)] == [
        one.key for one in sorted(scheduled, key=lambda one: place(one, source))
    ]
    assert set(told) == {one.key for one in source.programme.sessions if not one.draft}
    for key, one in told.items():
        assert fields(one) == fields(known[key])
    assert programme.conference == source.programme.conference
    assert [(one.key, one.slug, one.name) for one in programme.rooms] == [
        (one.key, one.slug, one.name) for one in source.programme.rooms
    ]
    assert {(one.key, one.slug, one.name) for one in programme.speakers} == {
        (one.key, one.slug, one.name) for one in source.programme.speakers
    }


def place(session: snapshot.Session, source: ExportSource) -> tuple[Any, ...]:
    rooms = [one.slug for one in source.snapshot.rooms]
    where = rooms.index(session.room.slug) if session.room else len(rooms)
    assert session.starts_at is not None
    local = session.starts_at.astimezone(ZoneInfo("Europe/London"))
    return local.date(), where, local


def fields(session: ParsedSession) -> tuple[Any, ...]:
    people = tuple((one.speaker, one.role) for one in session.appearances)
    return (
        *(session.cancelled, session.illustrative),
        *(session.slug, session.title, session.subtitle, session.kind, session.theme, session.room),
        *(session.starts_at, session.ends_at, session.language, session.licence, session.links),
        *(session.recorded, people),
    )


def test_rich_text_is_exported_as_html_and_round_trips(site: Flask, tmp_path: Path) -> None:
    make_rich_programme()
    before = {one.key: one for one in snapshot_builder.build_snapshot().sessions}
    path = save_export(tmp_path, "schedule.json", exporters_source.load_working_programme(SITE))

    with transaction():
        services.load_file(path)

    after = {one.key: one for one in snapshot_builder.build_snapshot().sessions}
    assert after["opening"].abstract == before["opening"].abstract == "<p>Why we are here.</p>"
    assert after["not a uuid"].abstract == before["not a uuid"].abstract
    assert after["not a uuid"].description == "<p>From <em>elsewhere</em></p>"


def test_cancelled_draft_and_unscheduled_sessions_are_in_no_schedule(site: Flask) -> None:
    make_rich_programme()

    events = xml_of(exporters_source.load_working_programme(SITE)).iterfind("day/room/event/title")

    assert [one.text for one in events] == [
        "Opening",
        "Reading the tide",
        "Harbour walls",
        TITLE,
        "Coffee",
        "Farewell",
        "Night walk",
    ]


def test_a_schedule_has_the_elements_that_other_programs_expect(site: Flask) -> None:
    make_rich_programme()

    root = xml_of(exporters_source.load_working_programme(SITE, version="Release 3"))

    assert root.findtext("version") == "Release 3"
    assert root.findtext("conference/acronym") == "tides-2009"
    assert root.findtext("conference/base_url") == SITE
    assert [(one.get("index"), one.get("date")) for one in root.iterfind("day")] == [
        ("1", "2009-06-10"),
        ("2", "2009-06-11"),
    ]
    events = list(root.iterfind("day/room/event"))
    for name in ("id", "guid"):
        assert len({one.get(name) for one in events}) == len(events)
    for event in events:
        assert re.fullmatch("[0-9a-f-]{36}", event.get("guid", ""))
        assert re.fullmatch("[0-9]{2}:[0-9]{2}", event.findtext("duration", ""))
        assert re.fullmatch("[0-9]{2}:[0-9]{2}", event.findtext("start", ""))
        assert datetime.fromisoformat(event.findtext("date", "")).tzinfo is not None
    odd = next(one for one in events if one.findtext("title") == TITLE)
    assert odd.findtext("slug") is None  # the schema would refuse it
    assert odd.findtext("url") == f"{SITE}/sessions/odd"
    assert odd.findtext("recording/optout") == "false"
    assert [(one.get("id"), one.get("guid")) for one in odd.iterfind("persons/person")] == [
        ("4711", None),
        (None, UUID),
    ]
    tracks = {one.get("name"): one.attrib for one in root.iterfind("conference/track")}
    assert tracks["Wind & waves"]["color"] == "#11aaff"


def test_guids_and_ids_are_stable_across_changes(site: Flask) -> None:
    before = numbers(exporters_source.load_working_programme(SITE))

    make_session(slug="new", title="New")

    after = numbers(exporters_source.load_working_programme("https://copy.example"))
    assert {key: after[key] for key in before} == before


def numbers(source: ExportSource) -> dict[str, tuple[str, str]]:
    return {
        event.findtext("title", ""): (event.get("guid", ""), event.get("id", ""))
        for event in xml_of(source).iterfind("day/room/event")
    }


def test_characters_forbidden_in_xml_are_removed(site: Flask) -> None:
    make_session(slug="odd", title="A\x0bB\ufffe")

    assert "AB" in [
        one.text for one in xml_of(exporters_source.load_working_programme(SITE)).iter("title")
    ]


@pytest.mark.parametrize(
    ("acronym", "xml", "plain"),
    [
        ("36C3", "36c3", "36c3"),
        ("x", "conference-x", "conference_x"),
        ("Tides & Co 2009", "tides-co-2009", "tides_co_2009"),
    ],
)
def test_an_acronym_is_written_as_each_schema_requires_and_round_trips(
    site: Flask, tmp_path: Path, acronym: str, xml: str, plain: str
) -> None:
    source = exporters_source.load_working_programme(SITE)
    facts = replace(source.snapshot.conference, acronym=acronym)
    written = replace(source.programme.conference, acronym=acronym)
    source = replace(
        source,
        snapshot=replace(source.snapshot, conference=facts),
        programme=replace(source.programme, conference=written),
    )

    assert xml_of(source).findtext("conference/acronym") == xml
    whole = json.loads(FORMATS["schedule.json"].dump(source))
    assert whole["schedule"]["conference"]["acronym"] == plain
    for name in ("schedule.xml", "schedule.json"):
        assert (
            read_file(save_export(tmp_path, name, source)).programme.conference.acronym == acronym
        )


@pytest.mark.empty
def test_an_empty_programme_is_exported_as_one_empty_day() -> None:
    nothing = exporters_source.from_snapshot(current_release.EMPTY_SNAPSHOT, SITE, version="1")

    root = xml_of(nothing)

    (day,) = root.iterfind("day")
    assert (day.get("date"), list(day)) == ("2008-11-06", [])
    assert json.loads(FORMATS["schedule.json"].dump(nothing))["schedule"]["conference"]["days"]


def test_a_malformed_conference_meta_instruction_is_ignored(site: Flask, tmp_path: Path) -> None:
    whole = FORMATS["schedule.xml"].dump(exporters_source.load_working_programme(SITE))
    bad = ['{"known_as": 3, "conference": []}', "[1]", "{", "[" * 5000, '{"known_as": {"x": 1}}']

    for told in bad:
        path = tmp_path / "schedule.xml"
        path.write_text(re.sub(r"<\?conference-meta .*?\?>", f"<?conference-meta {told}?>", whole))

        assert len(read_file(path).programme.sessions) == 5


@pytest.mark.skipif(not SCHEMA, reason="SCHEDULE_SCHEMA does not name schedule.xml.xsd")
@pytest.mark.parametrize(
    "path", [None, SHIPPED, *SCHEDULES], ids=lambda path: path.name if path else "demo"
)
@pytest.mark.empty
def test_an_exported_schedule_validates_against_its_schema(site: Flask, path: Path | None) -> None:
    with transaction():
        if path is None:
            services.load_demo(2000, 1500)
        else:
            services.load_file(path)
    make_rich_programme()
    source = exporters_source.load_working_programme(SITE)

    schema = etree.XMLSchema(etree.parse(SCHEMA))
    schema.assertValid(etree.fromstring(FORMATS["schedule.xml"].dump(source).encode()))
    rules = json.loads(Path(SCHEMA).with_name("schema.json").read_text())
    checker = Draft6Validator(rules, format_checker=Draft6Validator.FORMAT_CHECKER)
    checker.validate(json.loads(FORMATS["schedule.json"].dump(source)))


@pytest.mark.parametrize("name", FORMATS)
def test_importing_any_exported_format_changes_nothing(
    site: Flask, tmp_path: Path, name: str
) -> None:
    make_rich_programme()
    with transaction():
        get_session("draft").is_draft = False
        make_theme(name="Without a session", summary="Yet.", letter="W", position=3)
        make_speaker(name="Without a session", biography="*Yet.*")
    before = snapshot_builder.build_snapshot()
    path = save_export(tmp_path, name, exporters_source.load_working_programme(SITE))

    with transaction():
        loaded = services.load_file(path)

    assert str(loaded.changes) == "Nothing changed", loaded.changes
    assert snapshot_builder.build_snapshot() == before


@pytest.mark.parametrize("name", FORMATS)
def test_an_exported_release_round_trips_as_published(
    site: Flask, tmp_path: Path, name: str
) -> None:
    make_rich_programme()
    publish_programme()
    frozen = current_release.get_programme().snapshot
    path = save_export(
        tmp_path, name, exporters_source.from_snapshot(frozen, SITE, version="release 2")
    )
    another = replace(frozen.conference, acronym="another")
    with transaction():
        services.load_file(
            save_export(tmp_path, "conference.json", _of(replace(frozen, conference=another)))
        )

    with transaction():
        services.load_file(path)

    again = snapshot_builder.build_snapshot()
    assert again.sessions == frozen.sessions
    assert (again.themes, again.rooms, again.speakers) == (
        frozen.themes,
        frozen.rooms,
        frozen.speakers,
    )


def _of(frozen: snapshot.Snapshot) -> ExportSource:
    return exporters_source.from_snapshot(frozen, SITE, version="1")


def test_a_change_in_an_exported_schedule_is_imported(site: Flask, tmp_path: Path) -> None:
    path = save_export(tmp_path, "schedule.xml", exporters_source.load_working_programme(SITE))
    path.write_text(path.read_text().replace(">Harbour walls<", ">Sea walls<"))

    with transaction():
        loaded = services.load_file(path)

    assert loaded.changes.changed == ["Session: Sea walls (title)"]


def test_links_in_a_schedule_are_percent_encoded(site: Flask) -> None:
    make_rich_programme()
    conference = json.loads(
        FORMATS["schedule.json"].dump(exporters_source.load_working_programme(SITE))
    )["schedule"]["conference"]

    links = [
        link["url"]
        for day in conference["days"]
        for events in day["rooms"].values()
        for event in events
        for link in event["links"]
    ]
    assert links == [
        "https://example.org/slides?a=1&b=2",
        "https://example.org/%C3%A4/#/room/%23one:100%25",
    ]


def test_illustrative_sessions_are_marked_in_schedules(site: Flask, tmp_path: Path) -> None:
    mark = "<p>This session is illustrative. It is not on record.</p>"
    source = exporters_source.load_working_programme(SITE)

    told = {
        event.findtext("title"): event.findtext("abstract", "").startswith(mark)
        for event in xml_of(source).iterfind("day/room/event")
    }

    assert {title for title, is_marked in told.items() if is_marked} == {"Harbour walls"}
    conference = json.loads(FORMATS["schedule.json"].dump(source))["schedule"]["conference"]
    assert [
        one["slug"] for one in conference["meta"]["rest"]["sessions"] if one.get("illustrative")
    ] == ["harbour-walls"]


@pytest.mark.skipif(not SCHEDULES, reason="REAL_SCHEDULES does not name a folder of schedules")
@pytest.mark.parametrize("path", [*SCHEDULES, SHIPPED], ids=lambda path: path.name)
@pytest.mark.empty
def test_a_real_programme_round_trips_through_each_format(
    site: Flask, path: Path, tmp_path: Path
) -> None:
    with transaction():
        services.load_file(path)
    source = exporters_source.load_working_programme(SITE)

    for name in FORMATS:
        with transaction():
            again = services.load_file(save_export(tmp_path, name, source))
        assert str(again.changes) == "Nothing changed", (name, again.changes)


# Tables


def test_the_sessions_spreadsheet_has_times_rooms_people_and_states(site: Flask) -> None:
    make_rich_programme()

    with site.test_request_context("/"):
        head, rows = TABLES["sessions"].build(snapshot_builder.build_snapshot())

    told = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert {name: cell for name, cell in told["Opening"].items() if cell} == {
        "Title": "Opening",
        "Kind": "Plenary",
        "Day": "2009-06-10",
        "Starts": "09:30",
        "Ends": "10:30",
        "Room": "Great hall",
        "People": "Ada Marsh (Chair)\nJoão Maré (Speaker)",
        "Language": "en",
        "Abstract": "Why we are here.",
        "Cancelled": "No",
        "Illustrative": "No",
        "Recorded": "No",
        "Address": "/sessions/opening",
        "Key": "opening",
    }
    assert told["Cancelled"]["Cancelled"] == "Yes"
    assert told["Some day"]["Day"] == told["Some day"]["Starts"] == ""
    assert "Draft" not in told


def test_the_speakers_spreadsheet_has_their_sessions(site: Flask) -> None:
    with site.test_request_context("/"):
        head, rows = TABLES["speakers"].build(snapshot_builder.build_snapshot())

    ada = dict(zip(head, rows[0], strict=True))
    assert (ada["Name"], ada["Sessions"]) == ("Ada Marsh", "Opening\nHarbour walls\nFarewell")
    assert ada["Biography"] == "Ada has kept the harbour for twenty years."

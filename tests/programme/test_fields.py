"""Adding a field of a session or speaker reports every place that does not support it yet."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import inspect

from app.admin.sessions.forms import SessionForm
from app.admin.speakers import views as speaker_views
from app.admin.speakers.forms import SpeakerForm
from app.database import transaction
from app.interchange.exporters import source
from app.interchange.exporters.formats import FORMATS, TABLES
from app.interchange.importers import tables
from app.interchange.importers.detect import read_file
from app.interchange.importers.parsed_programme import (
    ImportLog,
    ParsedProfile,
    ParsedSession,
    ParsedSpeaker,
)
from app.interchange.importers.table_choices import MEANING_BY_NAME
from app.interchange.importers.tables import Sheet
from app.interchange.matching import target_conference
from app.programme import models, snapshot
from app.programme.editing import speakers
from app.programme.fields import table
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.speakers import PHOTO, SPEAKER_FIELDS
from app.programme.fields.table import Column, Field, FieldTable, Kind, Question
from app.releases import diff_text
from app.releases.search_index import html_to_text, list_documents, split_words
from app.site.search_filters import FACET_VALUES
from app.speakers.texts.forms import ProfileFields, TextFields
from tests.browser import Browser
from tests.factories import make_session, make_speaker, sign_in

SITE = "https://conference.example"
NOT_ASKED = {  # by one question of the form for organisers
    *("starts_at", "ends_at"),  # but by the day and two times
    *("photo", "takes_part"),  # but on pages of their own
}
KEPT_APART = {  # columns of a session that are not edited directly, or that state contains
    *("id", "key", "version", "changed_at", "title_sort_key", "theme_id", "room_id"),
    *("is_draft", "cancelled_at", "withdrawn_at"),
}
OF_A_SNAPSHOT = {
    "key",
    "slug",
    "summary",
    "is_cancelled",
    "parts",
    "materials",
    "theme",
    "room",
} | {
    "booking_seats"  # of the mode, the seats and the room
}
OF_A_FILE = {"key", "slug", "theme", "room", "cancelled", "draft", "appearances"}
SAMPLES: dict[Kind, Any] = {
    table.LANGUAGE: "fr",
    table.YES_NO: True,
    table.LINKS: '[["https://tides.example/", "Tides"]]',
    table.WORDS: '["ebb", "flow"]',
    table.TRANSLATIONS: '[["fr", "Le flux"]]',
}


@dataclass(frozen=True)
class Places:
    """Where the fields of one kind of thing stand."""

    model: type[Any]
    public: type[Any]
    parsed: Sequence[type[Any]]
    form: type[Any]
    own: type[Any]  # the form of speakers
    on_page: Collection[str] | None = None  # on its page in admin; None: the page reads the table
    merged: Collection[str] | None = None  # or named as what merging leaves


OF_SESSIONS = Places(models.Session, snapshot.Session, [ParsedSession], SessionForm, TextFields)
OF_SPEAKERS = Places(
    models.Speaker,
    snapshot.Speaker,
    [ParsedSpeaker, ParsedProfile],
    SpeakerForm,
    ProfileFields,
    on_page={*speaker_views.SHOWN_APART, *(one.name for one in speaker_views.OTHER_FIELDS)},
    merged={*speakers.NOT_MERGED, *speakers.MERGED_FIELDS},
)


def find_unsupported(field: Field, places: Places = OF_SESSIONS) -> list[str]:
    """List the places that should know a field and do not."""
    in_files, is_shown = bool(field.file_name), bool(field.file_name) and field.is_public
    is_asked = field.name not in NOT_ASKED
    column_names = field.column.names.split() if field.column else []
    meant = {MEANING_BY_NAME.get(name) for name in column_names}
    checks = (
        ("the model has no column", not field.get, hasattr(places.model, field.name)),
        ("the snapshot does not hold it", is_shown, field.name in _names(places.public)),
        ("the comparison has no word for it", is_shown, field.name in diff_text.LABELS),
        ("no parsed record has it", in_files, field.file_name in _names(*places.parsed)),
        (
            "a spreadsheet does not find its column",
            bool(field.column),
            meant == {field.file_name or field.name},
        ),
        ("the form does not ask", is_asked, hasattr(places.form, field.name)),
        (
            "speakers cannot propose it",
            field.is_proposed and field.name != PHOTO,
            hasattr(places.own, field.name),
        ),
        (
            "the search does not filter by it",
            bool(field.filter_name),
            field.filter_name in FACET_VALUES,
        ),
        (
            "the page in admin does not show it",
            places.on_page is not None,
            field.name in (places.on_page or ()),
        ),
        (
            "merging forgets it",
            places.merged is not None,
            field.name in (places.merged or ()),
        ),
    )
    return [place for place, applies, is_known in checks if applies and not is_known]


def _names(*records: Any) -> set[str]:
    return {one.name for record in records for one in fields(record)}


def test_every_session_and_speaker_field_is_supported_everywhere() -> None:
    told = {one.name: find_unsupported(one) for one in SESSION_FIELDS}
    told |= {f"speaker {one.name}": find_unsupported(one, OF_SPEAKERS) for one in SPEAKER_FIELDS}

    assert {name: places for name, places in told.items() if places} == {}


def test_a_speaker_field_that_is_not_proposed_is_still_in_the_admin_form(
    site: Flask,
) -> None:
    motto = Field(
        "motto",
        "Motto",
        question=Question("Motto (optional)", "The motto", "Not public"),
        is_public=False,
        get=lambda speaker: f"By {speaker.name}",
    )
    ada = make_speaker(name="Ada Marsh")

    class MottoForm(SpeakerForm):
        table = FieldTable[models.Speaker](str, str, lambda _: None, *SPEAKER_FIELDS, motto)

    MottoForm.add_other_fields([motto])

    with site.test_request_context(method="POST", data={"name": "Ada", "motto": "Ebb and flow"}):
        opened = MottoForm.speaker_data(ada, ZoneInfo("UTC"))
        form = MottoForm(data=opened)

        assert opened["motto"] == "By Ada Marsh"
        assert [field.name for field in form.other_fields] == ["slug", "motto"]
        assert form.values(ZoneInfo("UTC"))["motto"] == "Ebb and flow"


def test_speaker_merging_and_the_admin_page_support_every_speaker_field(visitor: Browser) -> None:
    samples = {
        one.name: SAMPLES.get(one.kind, f"Our {one.name}")
        for one in SPEAKER_FIELDS
        if one.name not in speakers.NOT_MERGED
    }
    with transaction():
        full, target = make_speaker(**samples), make_speaker()
        speakers.merge(target, full, actor="Olga")
    page = sign_in(visitor).open(f"/organise/speakers/{target.slug}")

    shown = {**samples, "biographies": "Le flux", "links": "Tides"}
    assert [name for name, text in shown.items() if text not in page.text] == []


def test_a_field_defined_only_in_the_field_set_is_reported_wherever_it_is_missing() -> None:
    motto = Field(
        "motto",
        "Motto",
        file_name="motto",
        column=Column("motto"),
        question=Question("Motto (optional)", "The motto", "Public"),
        is_proposed=True,
        filter_name="motto",
    )

    assert find_unsupported(motto) == [
        "the model has no column",
        "the snapshot does not hold it",
        "the comparison has no word for it",
        "no parsed record has it",
        "a spreadsheet does not find its column",
        "the form does not ask",
        "speakers cannot propose it",
        "the search does not filter by it",
    ]


def test_a_column_outside_the_field_set_is_reported() -> None:
    columns = {one.key for one in inspect(models.Session).columns}

    assert columns - set(SESSION_FIELDS.names) == KEPT_APART
    assert _names(snapshot.Session) - _file_names(SESSION_FIELDS, "name") == OF_A_SNAPSHOT
    assert _names(ParsedSession) - _file_names(SESSION_FIELDS, "file_name") == OF_A_FILE


def _file_names(of: FieldTable[Any], attribute: str) -> set[str]:
    return {getattr(one, attribute) for one in of.in_files}


def _make_full_session() -> ParsedSession:
    """Save a session that has something in each field, and give it as files hold it."""
    simple = [one for one in SESSION_FIELDS.in_files if one.kind is not table.MOMENT]
    with transaction():
        make_session(
            slug="full", **{one.name: SAMPLES.get(one.kind, f"Our {one.name}") for one in simple}
        )
    sessions = source.load_working_programme(SITE).programme.sessions
    return next(one for one in sessions if one.slug == "full")


def test_each_file_format_round_trips_every_session_field(site: Flask, tmp_path: Path) -> None:
    full = _make_full_session()
    names = [one.file_name for one in SESSION_FIELDS.in_files if one.kind is not table.PROSE]

    lost = {}
    for name in ("conference.json", "schedule.xml", "schedule.json"):
        file = tmp_path / name
        file.write_text(FORMATS[name].dump(source.load_working_programme(SITE)), encoding="utf-8")
        found = next(one for one in read_file(file).programme.sessions if one.slug == "full")
        lost[name] = [one for one in names if getattr(found, one) != getattr(full, one)]

    assert lost == {"conference.json": [], "schedule.xml": [], "schedule.json": []}


def test_a_spreadsheet_round_trips_every_field_with_a_column(site: Flask) -> None:
    full = _make_full_session()
    head, rows = TABLES["sessions"].build(source.load_working_programme(SITE).snapshot)

    raw = tables.parse([Sheet("", [head, *rows])], ImportLog(), target_conference())

    found = next(one for one in raw.sessions if one.guid == full.key)
    exported = [one for one in SESSION_FIELDS.in_files if one.column and one.column.is_exported]
    assert [
        one.name for one in exported if one.name != "title" and not found.values[one.file_name]
    ] == []


def test_the_search_finds_a_session_by_every_searchable_field(site: Flask) -> None:
    _make_full_session()
    content = source.load_working_programme(SITE).snapshot
    session = next(one for one in content.sessions if one.slug == "full")
    document = next(one for one in list_documents(content) if one.slug == "full")

    missed = []
    for field in SESSION_FIELDS:
        value = getattr(session, field.name, "")
        text = " ".join(value) if field.kind is table.WORDS else html_to_text(str(value))
        if field.is_searched and not split_words(text) <= document.all_words:
            missed.append(field.name)

    assert missed == []

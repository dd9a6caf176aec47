"""The commands of the programme, as an organiser uses them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from app.database import db
from app.delegates.models import Delegate
from app.history.models import HistoryEntry
from app.mail.models import Email
from app.programme import queries, snapshot
from app.registration import queries as registration
from app.releases import snapshot_builder
from config import ROOT
from tests.browser import Browser
from tests.factories import SMALL_CONFERENCE, make_delegate, set_places
from tests.interchange.sample_schedules import FILES
from tests.interchange.test_import_ical import make_calendar, make_event

Command = Callable[..., Result]


@pytest.fixture
def command(site: Flask) -> Command:
    """Type a command."""

    def run(*words: object) -> Result:
        db.session.commit()
        result = site.test_cli_runner().invoke(args=[str(word) for word in words])
        db.session.expire_all()
        return result

    return run


@pytest.fixture
def a_file(tmp_path: Path) -> Callable[..., Path]:
    """Write the small conference to a file, with some of its facts and sessions changed."""

    def write(sessions: int = 5, **facts: Any) -> Path:
        content = json.loads(SMALL_CONFERENCE.read_text(encoding="utf-8"))
        content["conference"] |= facts
        content["sessions"] = content["sessions"][:sessions]
        path = tmp_path / "conference.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return write


def frozen() -> str:
    return snapshot.dump(snapshot_builder.build_snapshot())


def last(result: Result) -> str:
    return result.output.splitlines()[-1]


def history() -> list[str]:
    """Return the history summaries about imports."""
    entries = select(HistoryEntry.summary).where(HistoryEntry.subject == "programme")
    return list(db.session.scalars(entries.order_by(HistoryEntry.id)))


@pytest.mark.empty
@pytest.mark.both_databases
def test_load_programme_lists_what_it_added(command: Command, visitor: Browser) -> None:
    result = command("load-programme", SMALL_CONFERENCE, "--publish")

    assert result.exit_code == 0
    assert result.output.splitlines()[:4] == [
        "Added:",
        "  The conference",
        "  Theme: Water",
        "  Theme: Stone",
    ]
    assert "12 added, 0 changed, 0 withdrawn" in result.output
    assert last(result) == "Release 1 is public"
    assert "Opening" in visitor.open("/programme").headings


@pytest.mark.both_databases
def test_load_programme_again_reports_that_nothing_changed(command: Command) -> None:
    before = history()

    result = command("load-programme", SMALL_CONFERENCE, "--publish")

    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "Nothing changed",
        "Nothing has changed. Release 1 is still public",
    ]
    assert queries.get_latest_release_number() == 1
    assert history() == before


def test_load_programme_lists_what_it_changed_and_withdrew(
    command: Command, a_file: Callable[..., Path]
) -> None:
    result = command("load-programme", a_file(sessions=4, place="Robin Hood’s Bay"))

    assert "Changed:\n  The conference (place)" in result.output
    assert "Withdrawn:\n  Session: Farewell" in result.output
    assert last(result) == "0 added, 1 changed, 1 withdrawn"
    assert history()[-1] == "A programme was loaded: 0 added, 1 changed, 1 withdrawn"


def test_load_programme_shortens_a_long_list_of_changes(command: Command) -> None:
    result = command("load-programme", ROOT / "content" / "conference.json")

    assert "  … and 22 more" in result.output
    assert last(result) == "42 added, 1 changed, 11 withdrawn"


@pytest.mark.both_databases
def test_load_programme_with_dry_run_changes_nothing(
    command: Command, a_file: Callable[..., Path]
) -> None:
    before = frozen()

    result = command("load-programme", a_file(sessions=1), "--publish", "--dry-run")

    assert "0 added, 0 changed, 4 withdrawn" in result.output
    assert last(result) == "This was a dry run. Nothing has been changed"
    assert frozen() == before
    assert queries.get_latest_release_number() == 1


def test_load_programme_with_merge_withdraws_nothing(
    command: Command, a_file: Callable[..., Path]
) -> None:
    file = a_file(sessions=1)
    file.write_text(file.read_text("utf-8").replace('"Opening"', '"A grand opening"'), "utf-8")

    result = command("load-programme", file, "--merge")

    assert last(result) == "0 added, 1 changed, 0 withdrawn"
    assert history()[-1] == "A programme was loaded: 0 added, 1 changed, 0 withdrawn"
    assert len(queries.list_sessions()) == 5


def test_load_programme_reports_what_it_corrected_and_skipped(command: Command) -> None:
    result = command("load-programme", FILES / "dirty.xml")

    assert result.exit_code == 0
    assert "Not loaded because we could not read it:\n  line " in result.output
    assert "Corrected:\n" in result.output
    assert "not loaded" in last(result)
    assert "corrected" in last(result)


@pytest.mark.parametrize(
    ("contents", "sentence"),
    [
        (b"", "This file is empty"),
        (b"BEGIN:VCALENDAR", "This calendar is not well formed"),
        (b"<schedule><conference>", ""),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><schedule>&b;</schedule>', ""),
        (b"{", ""),
        (b"\x89PNG\r\n\x1a\n\x00\x00", ""),
    ],
)
def test_load_programme_refuses_an_invalid_file_with_a_message(
    command: Command, tmp_path: Path, contents: bytes, sentence: str
) -> None:
    file = tmp_path / "schedule"
    file.write_bytes(contents)

    result = command("load-programme", file, "--publish")

    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {sentence}")
    assert len(result.output.splitlines()) == 1
    assert queries.get_latest_release_number() == 1


def test_load_programme_refuses_a_missing_file_with_a_message(command: Command) -> None:
    result = command("load-programme", "/no/such/file")

    assert (result.exit_code, result.output) == (
        1,
        "Error: There is no file called /no/such/file\n",
    )


@pytest.mark.empty
def test_only_the_first_import_sets_the_number_of_places(
    command: Command, a_file: Callable[..., Path]
) -> None:
    command("load-programme", a_file(places=30))
    command("load-programme", a_file(places=40))

    assert registration.get_seat_counts().limit == 30


def test_the_publish_command_prints_the_public_release(
    command: Command, a_file: Callable[..., Path]
) -> None:
    command("load-programme", a_file(sessions=4))

    result = command("publish", "--note", "Farewell is called off")

    assert result.output == "Release 2 is public\n"
    newest = queries.get_latest_release()
    assert newest is not None
    assert newest.note == "Farewell is called off"


@pytest.mark.empty
def test_the_publish_command_without_a_conference_is_an_error(command: Command) -> None:
    result = command("publish")

    assert (result.exit_code, result.output) == (1, "Error: No conference has been loaded yet\n")


@pytest.mark.settings(DATABASE_URL="sqlite:////no/such/folder/conference.sqlite")
@pytest.mark.parametrize(
    "words", [("load-programme", SMALL_CONFERENCE), ("set-places", 5), ("audit",)], ids=str
)
def test_commands_report_an_unavailable_database_with_a_message(
    command: Command, words: tuple[Any, ...]
) -> None:
    result = command(*words)

    assert result.exit_code == 1
    assert result.output.splitlines()[-1] == (
        "Error: The database is not available or not ready (OperationalError)"
    )


# The invented conference


@pytest.mark.both_databases
def test_the_demo_command_creates_a_demo_conference(command: Command, visitor: Browser) -> None:
    result = command("demo", "--sessions", 30, "--speakers", 12, "--delegates", 7)

    assert result.output.splitlines() == [
        "30 sessions, 12 speakers and 7 delegates, all invented",
        "Release 2 is public",
    ]
    assert len(queries.list_sessions()) == 30
    assert len(queries.list_speakers()) == 12
    assert registration.get_seat_counts().taken == 7
    assert "This conference is invented" in visitor.open("/programme").text


@pytest.mark.both_databases
def test_the_demo_command_is_deterministic(command: Command) -> None:
    def everyone() -> list[tuple[str, ...]]:
        rows = db.session.scalars(select(Delegate).order_by(Delegate.id))
        return [(row.reference, row.full_name, row.email) for row in rows]

    command("demo", "--sessions", 30, "--speakers", 12, "--delegates", 5)
    first = (frozen(), everyone())
    command("demo", "--sessions", 6, "--speakers", 2, "--delegates", 9)

    result = command("demo", "--sessions", 30, "--speakers", 12, "--delegates", 5)

    assert (frozen(), everyone()) == first
    assert last(result) == "Release 4 is public"
    assert registration.get_seat_counts().taken == 5


def test_demo_delegates_get_no_emails(command: Command) -> None:
    command("demo", "--sessions", 6, "--speakers", 2, "--delegates", 5)

    delegates = list(db.session.scalars(select(Delegate)))
    assert all(one.is_demo and one.email.endswith("@example.org") for one in delegates)
    assert db.session.scalar(select(func.count()).select_from(Email)) == 0


@pytest.mark.both_databases
def test_the_demo_command_is_refused_if_real_people_have_registered(command: Command) -> None:
    set_places(10)
    make_delegate()
    before = frozen()

    result = command("demo")

    assert result.exit_code == 1
    assert result.output.startswith("Error: You cannot load an invented conference")
    assert frozen() == before


@pytest.mark.parametrize("size", [("--sessions", 0), ("--speakers", -1), ("--sessions", 9_999_999)])
def test_the_demo_command_refuses_an_invalid_size(command: Command, size: tuple[str, int]) -> None:
    result = command("demo", *size)

    assert result.exit_code == 1
    assert result.output.startswith("Error: An invented conference has ")


@pytest.mark.both_databases
def test_loading_a_real_conference_deletes_demo_delegates(command: Command) -> None:
    command("demo", "--sessions", 6, "--speakers", 2, "--delegates", 5)

    command("load-programme", SMALL_CONFERENCE, "--publish")

    assert db.session.scalar(select(func.count()).select_from(Delegate)) == 0
    assert (registration.get_seat_counts().limit, registration.get_seat_counts().taken) == (20, 0)


@pytest.mark.both_databases
def test_removing_a_booked_day_requires_the_force_option(command: Command, tmp_path: Path) -> None:
    make_delegate()
    content = json.loads(SMALL_CONFERENCE.read_text(encoding="utf-8"))
    content["conference"]["starts_on"] = "2009-06-11"
    path = tmp_path / "conference.json"
    path.write_text(json.dumps(content), encoding="utf-8")

    refused = command("load-programme", path)

    assert refused.exit_code == 1
    assert last(refused) == (
        "Error: 1 delegate has booked Wednesday 10 June 2009, "
        "so it must stay a day of the conference"
    )
    assert str(queries.get_conference().starts_on) == "2009-06-10"
    assert command("load-programme", path, "--force").exit_code == 0
    assert str(queries.get_conference().starts_on) == "2009-06-11"


def test_a_nameless_calendar_on_other_days_requires_the_another_conference_option(
    command: Command, tmp_path: Path
) -> None:
    path = tmp_path / "calendar.ics"
    path.write_bytes(
        make_calendar(make_event(DTSTART=":20200101T090000Z", DTEND=":20200101T100000Z"))
    )
    before = frozen()

    refused = command("load-programme", path)

    assert refused.exit_code == 1
    assert last(refused) == (
        "Error: This file does not name a conference, and none of its sessions are on a day of "
        "the current one. Add --another-conference to replace it, or --merge to add to it"
    )
    assert frozen() == before
    assert last(command("load-programme", path, "--merge", "--dry-run")) == (
        "This was a dry run. Nothing has been changed"
    )
    assert command("load-programme", path, "--another-conference").exit_code == 0
    assert queries.get_conference().title == "Untitled conference"

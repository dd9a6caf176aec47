"""Loading a programme: the working tables come to say what a file says, all of it or nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.database import db, transaction
from app.errors import InvalidFile
from app.history.models import HistoryEntry
from app.interchange import services
from app.interchange.import_report import ImportChanges
from app.interchange.importers.detect import read_file
from app.interchange.importers.parsed_programme import ParsedProgramme, ParsedSession, ParsedTheme
from app.programme import queries, snapshot
from app.programme.models import Session, Theme
from app.releases import snapshot_builder
from tests.browser import Browser
from tests.factories import SMALL_CONFERENCE, publish_programme
from tests.races import run_in_threads


def parse_small_conference() -> ParsedProgramme:
    return read_file(SMALL_CONFERENCE).programme


def without(programme: ParsedProgramme, slug: str) -> ParsedProgramme:
    kept = tuple(session for session in programme.sessions if session.slug != slug)
    return replace(programme, sessions=kept)


def with_another(programme: ParsedProgramme, **about: Any) -> ParsedProgramme:
    """Add a session that is like the first one in everything that is not said."""
    return replace(
        programme, sessions=(*programme.sessions, replace(programme.sessions[0], **about))
    )


def with_changed(programme: ParsedProgramme, which: str, /, **about: Any) -> ParsedProgramme:
    def changed(session: ParsedSession) -> ParsedSession:
        return replace(session, **about) if session.slug == which else session

    return replace(programme, sessions=tuple(map(changed, programme.sessions)))


def of_another_conference(programme: ParsedProgramme) -> ParsedProgramme:
    """The same two days, but a conference of its own with one session of its own."""
    conference = replace(programme.conference, acronym="lighthouses", title="Lighthouses")
    lamp = replace(programme.sessions[0], key="lamp", slug="opening", title="The lamp")
    return replace(programme, conference=conference, sessions=(lamp,), themes=())


def import_programme(programme: ParsedProgramme) -> ImportChanges:
    with transaction():
        return services.replace_programme(programme)


def dump_snapshot() -> str:
    return snapshot.dump(snapshot_builder.build_snapshot())


def slug_of(title: str) -> str | None:
    return db.session.scalar(select(Session.slug).where(Session.title == title))


@pytest.mark.both_databases
def test_importing_the_same_programme_again_changes_nothing(site: Flask) -> None:
    before = dump_snapshot()

    difference = import_programme(parse_small_conference())

    assert str(difference) == "Nothing changed"
    assert dump_snapshot() == before


def test_importing_the_same_programme_again_adds_no_history_entry(site: Flask) -> None:
    lines = select(func.count()).select_from(HistoryEntry)
    before = db.session.scalar(lines)

    import_programme(parse_small_conference())

    assert db.session.scalar(lines) == before


def test_import_changes_are_described_field_by_field(site: Flask) -> None:
    at = parse_small_conference().sessions[0].starts_at
    assert at is not None

    difference = import_programme(
        with_changed(
            parse_small_conference(),
            "opening",
            starts_at=at + timedelta(minutes=10),
            room="boat-house",
            appearances=(),
        )
    )

    assert difference.changed == ["Session: Opening (room, speakers, start)"]
    assert not difference.added
    assert not difference.withdrawn


@pytest.mark.both_databases
def test_sessions_missing_from_a_file_are_withdrawn(site: Flask, visitor: Browser) -> None:
    difference = import_programme(without(parse_small_conference(), "harbour-walls"))
    publish_programme()

    assert difference.withdrawn == ["Session: Harbour walls"]
    assert visitor.open("/sessions/harbour-walls", 410).text.count("no longer part") == 1
    assert "Harbour walls" not in visitor.open("/programme").text


def test_speakers_missing_from_a_file_are_withdrawn(site: Flask, visitor: Browser) -> None:
    programme = parse_small_conference()
    alone = replace(programme, speakers=programme.speakers[:1])
    for session in programme.sessions:
        alone = with_changed(alone, session.slug, appearances=())

    difference = import_programme(alone)
    publish_programme()

    assert "Speaker: João Maré" in difference.withdrawn
    visitor.open("/speakers/joao-mare", 410)
    visitor.open("/speakers/ada-marsh")


@pytest.mark.both_databases
def test_a_session_imported_again_gets_its_old_slug(site: Flask, visitor: Browser) -> None:
    import_programme(without(parse_small_conference(), "opening"))
    import_programme(
        with_another(
            without(parse_small_conference(), "opening"),
            key="new",
            slug="opening",
            title="Opening night",
        )
    )

    difference = import_programme(
        with_another(parse_small_conference(), key="new", slug="opening", title="Opening night")
    )
    publish_programme()

    assert difference.added == ["Session: Opening"]
    assert visitor.open("/sessions/opening").heading == "Opening"
    assert visitor.open("/sessions/opening-2").heading == "Opening night"


def test_imported_sessions_of_one_title_get_unique_slugs(site: Flask) -> None:
    twice = with_another(with_another(parse_small_conference(), key="two"), key="three")
    import_programme(twice)
    slugs = set(db.session.scalars(select(Session.slug).where(Session.title == "Opening")))

    import_programme(twice)

    assert slugs == {"opening", "opening-2", "opening-3"}
    assert slugs == set(db.session.scalars(select(Session.slug).where(Session.title == "Opening")))


def test_an_import_that_changes_a_title_keeps_the_slug(site: Flask) -> None:
    import_programme(
        with_changed(
            parse_small_conference(), "opening", title="A grand opening", slug="a-grand-opening"
        )
    )

    assert slug_of("A grand opening") == "opening"


def test_rooms_and_themes_missing_from_a_file_are_deleted(site: Flask, visitor: Browser) -> None:
    programme = with_changed(parse_small_conference(), "harbour-walls", theme=None, room=None)

    difference = import_programme(
        replace(programme, themes=programme.themes[:1], rooms=programme.rooms[:1])
    )
    publish_programme()

    assert difference.withdrawn == ["Room: Boat house", "Theme: Stone"]
    visitor.open("/rooms/boat-house", 404)
    visitor.open("/themes/stone", 404)


def test_an_import_without_registration_settings_keeps_them(site: Flask) -> None:
    silent = replace(
        parse_small_conference().conference,
        contact_email="",
        registration_opens_at=None,
        registration_closes_at=None,
    )

    assert (
        str(import_programme(replace(parse_small_conference(), conference=silent)))
        == "Nothing changed"
    )
    assert queries.get_conference().contact_email == "tides@conference.example"


def test_coordinates_are_kept_until_the_venue_changes(site: Flask) -> None:
    facts = parse_small_conference().conference

    import_programme(
        replace(parse_small_conference(), conference=replace(facts, coordinates="54.49, -0.61"))
    )
    import_programme(parse_small_conference())
    assert queries.get_conference().coordinates == "54.49, -0.61"
    import_programme(
        replace(parse_small_conference(), conference=replace(facts, place="Scarborough"))
    )
    assert queries.get_conference().coordinates == ""

    import_programme(
        replace(parse_small_conference(), conference=replace(facts, coordinates="54.49, -0.61"))
    )
    import_programme(of_another_conference(parse_small_conference()))
    assert queries.get_conference().coordinates == ""


def test_the_door_opening_time_is_kept_until_the_conference_dates_change(site: Flask) -> None:
    facts = parse_small_conference().conference

    import_programme(
        replace(parse_small_conference(), conference=replace(facts, doors_open="08:30"))
    )
    import_programme(parse_small_conference())
    assert queries.get_conference().doors_open == "08:30"
    moved = replace(facts, starts_on=facts.starts_on - timedelta(days=1))
    import_programme(replace(parse_small_conference(), conference=moved))
    assert queries.get_conference().doors_open == ""

    import_programme(
        replace(parse_small_conference(), conference=replace(moved, doors_open="08:30"))
    )
    import_programme(of_another_conference(parse_small_conference()))
    assert queries.get_conference().doors_open == ""


def test_importing_a_cancellation_again_keeps_its_first_time(site: Flask, frozen_time: Any) -> None:
    off = with_changed(parse_small_conference(), "farewell", cancelled=True)
    import_programme(off)
    frozen_time.shift(timedelta(hours=1))

    assert str(import_programme(off)) == "Nothing changed"
    assert import_programme(parse_small_conference()).changed == [
        "Session: Farewell (cancelled or not)"
    ]


@pytest.mark.both_databases
def test_merging_a_file_adds_and_changes_but_withdraws_nothing(site: Flask) -> None:
    small = without(parse_small_conference(), "harbour-walls")
    sand = ParsedTheme(slug="sand", name="Sand")
    merged = replace(
        with_changed(small, "opening", title="A grand opening", theme="sand"),
        conference=replace(small.conference, title="Another name", acronym="another"),
        themes=(sand,),
    )
    merged = with_changed(merged, "reading-the-tide", theme=None)

    with transaction():
        difference = services.merge_programme(merged)

    assert difference.added == ["Theme: Sand"]
    assert difference.changed == [
        "Session: A grand opening (theme, title)",
        "Session: Reading the tide (theme)",
    ]
    assert not difference.withdrawn
    assert queries.get_conference().title == "Tides and Harbours"
    assert slug_of("Harbour walls") == "harbour-walls"


def test_merging_keeps_the_colours_and_shapes_of_themes(site: Flask) -> None:
    sand, snow = ParsedTheme(slug="sand", name="Sand"), ParsedTheme(slug="snow", name="Snow")
    with transaction():
        services.merge_programme(
            replace(parse_small_conference(), themes=(sand, *parse_small_conference().themes))
        )
        before = {theme.slug: (theme.palette, theme.shape) for theme in queries.list_themes()}

        services.merge_programme(
            replace(parse_small_conference(), themes=(snow, sand, *parse_small_conference().themes))
        )

    themes = queries.list_themes()
    assert [theme.slug for theme in themes] == ["water", "stone", "sand", "snow"]
    assert len({(theme.palette, theme.shape) for theme in themes}) == 4
    assert before.items() <= {theme.slug: (theme.palette, theme.shape) for theme in themes}.items()


@pytest.mark.empty
def test_merging_into_an_empty_programme_equals_loading(site: Flask) -> None:
    with transaction():
        services.merge_programme(parse_small_conference())
    merged = dump_snapshot()

    assert str(import_programme(parse_small_conference())) == "Nothing changed"
    assert dump_snapshot() == merged


@pytest.mark.both_databases
def test_importing_another_conference_replaces_the_programme(site: Flask, visitor: Browser) -> None:
    before = dump_snapshot()

    difference = import_programme(of_another_conference(parse_small_conference()))
    publish_programme()

    assert visitor.open("/sessions/opening").heading == "The lamp"
    assert "Session: Harbour walls" in difference.withdrawn
    import_programme(parse_small_conference())
    assert dump_snapshot() == before


@pytest.mark.both_databases
def test_a_failed_import_is_rolled_back(site: Flask) -> None:
    before = dump_snapshot()
    session = parse_small_conference().sessions[0]
    backwards = {"starts_at": session.ends_at, "ends_at": session.starts_at}
    broken = with_another(without(parse_small_conference(), "farewell"), key="last", **backwards)

    with pytest.raises(IntegrityError):
        import_programme(broken)

    assert dump_snapshot() == before


def test_an_invalid_file_changes_nothing(site: Flask, tmp_path: Path) -> None:
    before = dump_snapshot()
    file = tmp_path / "schedule.xml"
    file.write_text("<schedule><conference>", encoding="utf-8")

    with pytest.raises(InvalidFile), transaction():
        services.load_file(file)

    assert dump_snapshot() == before


def replace_at_once(site: Flask, programmes: Sequence[ParsedProgramme]) -> list[Any]:
    """Load several programmes at the same time; return what each of them changed."""

    def replace_programme(programme: ParsedProgramme) -> Any:
        with transaction():
            return services.replace_programme(programme)

    return run_in_threads(site, [partial(replace_programme, one) for one in programmes])


@pytest.mark.both_databases
def test_concurrent_imports_are_serialised(site: Flask) -> None:
    one, other = (
        parse_small_conference(),
        with_another(without(parse_small_conference(), "opening"), key="night"),
    )

    replace_at_once(site, (one, other) * 4)

    keys = set(db.session.scalars(select(Session.key).where(Session.withdrawn_at.is_(None))))
    assert keys in [{session.key for session in programme.sessions} for programme in (one, other)]


@pytest.mark.empty
@pytest.mark.both_databases
def test_concurrent_first_imports_create_one_conference(site: Flask) -> None:
    differences = replace_at_once(site, [parse_small_conference() for _ in range(6)])

    assert sorted(bool(difference) for difference in differences) == [False] * 5 + [True]
    assert db.session.scalar(select(func.count()).select_from(Theme)) == 2


@pytest.mark.both_databases
def test_an_import_increases_versions_so_that_open_forms_are_stale(site: Flask) -> None:
    def versions() -> dict[str, int]:
        return {row.slug: row.version for row in db.session.scalars(select(Session))}

    before = versions()

    import_programme(
        without(
            with_changed(parse_small_conference(), "opening", title="A grand opening"), "farewell"
        )
    )

    after = versions()
    assert {slug for slug in after if after[slug] != before[slug]} == {"opening", "farewell"}
    assert all(row.changed_at is not None for row in db.session.scalars(select(Session)))

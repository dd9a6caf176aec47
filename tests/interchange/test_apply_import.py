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


def the_programme() -> ParsedProgramme:
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


def loaded(programme: ParsedProgramme) -> ImportChanges:
    with transaction():
        return services.replace_programme(programme)


def frozen() -> str:
    return snapshot.dump(snapshot_builder.build_snapshot())


def slug_of(title: str) -> str | None:
    return db.session.scalar(select(Session.slug).where(Session.title == title))


@pytest.mark.both_databases
def test_a_second_load_changes_nothing(site: Flask) -> None:
    before = frozen()

    difference = loaded(the_programme())

    assert str(difference) == "Nothing changed"
    assert frozen() == before


def test_a_second_load_leaves_no_line_in_the_history(site: Flask) -> None:
    lines = select(func.count()).select_from(HistoryEntry)
    before = db.session.scalar(lines)

    loaded(the_programme())

    assert db.session.scalar(lines) == before


def test_what_changed_is_told_with_the_words_of_the_programme(site: Flask) -> None:
    at = the_programme().sessions[0].starts_at
    assert at is not None

    difference = loaded(
        with_changed(
            the_programme(),
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
def test_what_a_file_does_not_hold_is_withdrawn(site: Flask, visitor: Browser) -> None:
    difference = loaded(without(the_programme(), "harbour-walls"))
    publish_programme()

    assert difference.withdrawn == ["Session: Harbour walls"]
    assert visitor.open("/sessions/harbour-walls", 410).text.count("no longer part") == 1
    assert "Harbour walls" not in visitor.open("/programme").text


def test_a_speaker_who_is_left_out_is_withdrawn(site: Flask, visitor: Browser) -> None:
    programme = the_programme()
    alone = replace(programme, speakers=programme.speakers[:1])
    for session in programme.sessions:
        alone = with_changed(alone, session.slug, appearances=())

    difference = loaded(alone)
    publish_programme()

    assert "Speaker: João Maré" in difference.withdrawn
    visitor.open("/speakers/joao-mare", 410)
    visitor.open("/speakers/ada-marsh")


@pytest.mark.both_databases
def test_a_session_that_comes_back_has_its_old_address(site: Flask, visitor: Browser) -> None:
    loaded(without(the_programme(), "opening"))
    loaded(
        with_another(
            without(the_programme(), "opening"), key="new", slug="opening", title="Opening night"
        )
    )

    difference = loaded(
        with_another(the_programme(), key="new", slug="opening", title="Opening night")
    )
    publish_programme()

    assert difference.added == ["Session: Opening"]
    assert visitor.open("/sessions/opening").heading == "Opening"
    assert visitor.open("/sessions/opening-2").heading == "Opening night"


def test_sessions_of_one_name_have_addresses_of_their_own(site: Flask) -> None:
    twice = with_another(with_another(the_programme(), key="two"), key="three")
    loaded(twice)
    slugs = set(db.session.scalars(select(Session.slug).where(Session.title == "Opening")))

    loaded(twice)

    assert slugs == {"opening", "opening-2", "opening-3"}
    assert slugs == set(db.session.scalars(select(Session.slug).where(Session.title == "Opening")))


def test_an_address_stays_when_the_title_changes(site: Flask) -> None:
    loaded(
        with_changed(the_programme(), "opening", title="A grand opening", slug="a-grand-opening")
    )

    assert slug_of("A grand opening") == "opening"


def test_rooms_and_themes_that_are_left_out_go(site: Flask, visitor: Browser) -> None:
    programme = with_changed(the_programme(), "harbour-walls", theme=None, room=None)

    difference = loaded(replace(programme, themes=programme.themes[:1], rooms=programme.rooms[:1]))
    publish_programme()

    assert difference.withdrawn == ["Room: Boat house", "Theme: Stone"]
    visitor.open("/rooms/boat-house", 404)
    visitor.open("/themes/stone", 404)


def test_what_a_file_does_not_say_about_registration_stays(site: Flask) -> None:
    silent = replace(
        the_programme().conference,
        contact_email="",
        registration_opens_at=None,
        registration_closes_at=None,
    )

    assert str(loaded(replace(the_programme(), conference=silent))) == "Nothing changed"
    assert queries.get_conference().contact_email == "tides@conference.example"


def test_coordinates_stay_with_their_venue(site: Flask) -> None:
    facts = the_programme().conference

    loaded(replace(the_programme(), conference=replace(facts, coordinates="54.49, -0.61")))
    loaded(the_programme())
    assert queries.get_conference().coordinates == "54.49, -0.61"
    loaded(replace(the_programme(), conference=replace(facts, place="Scarborough")))
    assert queries.get_conference().coordinates == ""

    loaded(replace(the_programme(), conference=replace(facts, coordinates="54.49, -0.61")))
    loaded(of_another_conference(the_programme()))
    assert queries.get_conference().coordinates == ""


def test_when_doors_open_is_kept_until_the_conference_moves_to_other_days(site: Flask) -> None:
    facts = the_programme().conference

    loaded(replace(the_programme(), conference=replace(facts, doors_open="08:30")))
    loaded(the_programme())
    assert queries.get_conference().doors_open == "08:30"
    moved = replace(facts, starts_on=facts.starts_on - timedelta(days=1))
    loaded(replace(the_programme(), conference=moved))
    assert queries.get_conference().doors_open == ""

    loaded(replace(the_programme(), conference=replace(moved, doors_open="08:30")))
    loaded(of_another_conference(the_programme()))
    assert queries.get_conference().doors_open == ""


def test_a_session_called_off_twice_was_called_off_the_first_time(
    site: Flask, frozen_time: Any
) -> None:
    off = with_changed(the_programme(), "farewell", cancelled=True)
    loaded(off)
    frozen_time.shift(timedelta(hours=1))

    assert str(loaded(off)) == "Nothing changed"
    assert loaded(the_programme()).changed == ["Session: Farewell (cancelled or not)"]


@pytest.mark.both_databases
def test_merging_adds_and_changes_and_withdraws_nothing(site: Flask) -> None:
    small = without(the_programme(), "harbour-walls")
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


def test_merging_leaves_themes_their_colours_and_shapes(site: Flask) -> None:
    sand, snow = ParsedTheme(slug="sand", name="Sand"), ParsedTheme(slug="snow", name="Snow")
    with transaction():
        services.merge_programme(replace(the_programme(), themes=(sand, *the_programme().themes)))
        before = {theme.slug: (theme.palette, theme.shape) for theme in queries.list_themes()}

        services.merge_programme(
            replace(the_programme(), themes=(snow, sand, *the_programme().themes))
        )

    themes = queries.list_themes()
    assert [theme.slug for theme in themes] == ["water", "stone", "sand", "snow"]
    assert len({(theme.palette, theme.shape) for theme in themes}) == 4
    assert before.items() <= {theme.slug: (theme.palette, theme.shape) for theme in themes}.items()


@pytest.mark.empty
def test_merging_into_nothing_is_loading(site: Flask) -> None:
    with transaction():
        services.merge_programme(the_programme())
    merged = frozen()

    assert str(loaded(the_programme())) == "Nothing changed"
    assert frozen() == merged


@pytest.mark.both_databases
def test_another_conference_takes_the_whole_place(site: Flask, visitor: Browser) -> None:
    before = frozen()

    difference = loaded(of_another_conference(the_programme()))
    publish_programme()

    assert visitor.open("/sessions/opening").heading == "The lamp"
    assert "Session: Harbour walls" in difference.withdrawn
    loaded(the_programme())
    assert frozen() == before


@pytest.mark.both_databases
def test_a_load_that_fails_midway_leaves_no_trace(site: Flask) -> None:
    before = frozen()
    session = the_programme().sessions[0]
    backwards = {"starts_at": session.ends_at, "ends_at": session.starts_at}
    broken = with_another(without(the_programme(), "farewell"), key="last", **backwards)

    with pytest.raises(IntegrityError):
        loaded(broken)

    assert frozen() == before


def test_a_file_that_cannot_be_read_changes_nothing(site: Flask, tmp_path: Path) -> None:
    before = frozen()
    file = tmp_path / "schedule.xml"
    file.write_text("<schedule><conference>", encoding="utf-8")

    with pytest.raises(InvalidFile), transaction():
        services.load_file(file)

    assert frozen() == before


def replace_at_once(site: Flask, programmes: Sequence[ParsedProgramme]) -> list[Any]:
    """Load several programmes at the same time; return what each of them changed."""

    def replace_programme(programme: ParsedProgramme) -> Any:
        with transaction():
            return services.replace_programme(programme)

    return run_in_threads(site, [partial(replace_programme, one) for one in programmes])


@pytest.mark.both_databases
def test_loads_at_once_wait_for_each_other(site: Flask) -> None:
    one, other = the_programme(), with_another(without(the_programme(), "opening"), key="night")

    replace_at_once(site, (one, other) * 4)

    keys = set(db.session.scalars(select(Session.key).where(Session.withdrawn_at.is_(None))))
    assert keys in [{session.key for session in programme.sessions} for programme in (one, other)]


@pytest.mark.empty
@pytest.mark.both_databases
def test_the_first_loads_at_once_make_one_conference(site: Flask) -> None:
    differences = replace_at_once(site, [the_programme() for _ in range(6)])

    assert sorted(bool(difference) for difference in differences) == [False] * 5 + [True]
    assert db.session.scalar(select(func.count()).select_from(Theme)) == 2


@pytest.mark.both_databases
def test_a_load_counts_each_edit_so_that_an_open_form_learns_of_it(site: Flask) -> None:
    def versions() -> dict[str, int]:
        return {row.slug: row.version for row in db.session.scalars(select(Session))}

    before = versions()

    loaded(without(with_changed(the_programme(), "opening", title="A grand opening"), "farewell"))

    after = versions()
    assert {slug for slug in after if after[slug] != before[slug]} == {"opening", "farewell"}
    assert all(row.changed_at is not None for row in db.session.scalars(select(Session)))

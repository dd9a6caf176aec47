"""Search: the same results on every database, filtered, with corrections."""

import threading
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select, text
from sqlalchemy.exc import OperationalError

from app import cache_version
from app.database import db, transaction
from app.interchange import services
from app.preview_mode import PreviewMode, activate
from app.programme.models import Session
from app.releases import current_release, search_index
from app.releases import services as publishing
from app.releases.search_index import WORD, encode_word, fold, list_documents, split_words
from app.site import search
from tests.browser import Browser, Page
from tests.factories import make_room, make_session, make_theme, publish_programme
from tests.pages import read_text as read
from tests.races import run_concurrently


def titles(page: Page) -> list[str]:
    return [read(one) for one in page.tree.find_all("h2", within=page.main)]


def status(page: Page) -> str:
    return next(read(one) for one in page.tree.find_all() if one.get("role") == "status")


def found(question: str) -> list[tuple[str, str]]:
    return _ranked(question, search.build_corpus(current_release.get_programme(), (), ()))


def scanned(question: str) -> list[tuple[str, str]]:
    """Find the same without the index."""
    return _ranked(
        question, search.SearchCorpus(-1, list(list_documents(current_release.get_programme())), ())
    )


def _ranked(question: str, among: search.SearchCorpus) -> list[tuple[str, str]]:
    ranked = (among.all[place] for place in search.rank(split_words(question), among))
    return [(one.kind, one.slug) for one in ranked]


def indexed() -> int:
    """Count what is in the index."""
    return int(db.session.scalars(text("SELECT count(*) FROM search_index")).one())


@pytest.fixture
def large(site: Flask) -> None:
    with transaction():
        services.load_demo(120, 150)
        session = db.session.scalars(select(Session).order_by(Session.id)).first()
        assert session is not None
        session.title = "Zürich: Łódź, São Tomé_2008 – naïve ΣΊΣΥΦΟΣ Übergänge"
        publishing.create_release()


# The index


@pytest.mark.both_databases
def test_every_title_word_finds_its_session(large: None, database: str) -> None:
    shown = [one for one in current_release.get_programme().sessions if WORD.search(one.title)]

    @settings(
        max_examples=30,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(pick=st.data())
    def holds(pick: st.DataObject) -> None:
        session = pick.draw(st.sampled_from(shown))
        word = pick.draw(st.sampled_from(WORD.findall(session.title)))
        begun = word[: pick.draw(st.integers(min(len(word), 2), len(word)))]
        asked = pick.draw(st.sampled_from([begun, begun.upper(), begun.lower(), fold(begun)]))

        answer = found(asked)

        assert ("session", session.slug) in answer
        assert answer == scanned(asked)

    assert search_index.match({"a"}, current_release.get_programme().number) is not None
    holds()


@given(one=st.text(max_size=6), more=st.text(max_size=4))
def test_encoded_search_words_keep_their_prefixes(one: str, more: str) -> None:
    assert encode_word(one + more).startswith(encode_word(one))
    assert encode_word(fold(one)).isascii()


@given(one=st.text("zé0a", max_size=5), other=st.text("zé0a", max_size=5))
def test_encoded_search_words_stay_distinct(one: str, other: str) -> None:
    assert encode_word(other).startswith(encode_word(one)) == other.startswith(one)


@pytest.mark.both_databases
def test_the_search_index_follows_releases_and_rollbacks(site: Flask) -> None:
    make_session(title="Knots", slug="knots")
    publish_programme()
    before = indexed()
    assert found("knot")[0] == ("session", "knots")

    with transaction():
        publishing.roll_back(1, "", expected_release=2, actor="grace@conference.example")

    assert indexed() == before - 1
    assert found("knot") == []


@pytest.mark.both_databases
def test_search_scans_the_release_until_it_is_indexed(
    visitor: Browser,
) -> None:
    db.session.execute(text("DELETE FROM search_index"))
    cache_version.bump_cache_version()
    db.session.commit()
    assert titles(visitor.open("/search?q=harbour+wall"))[0] == "Harbour walls"

    for _ in range(2):
        with transaction():
            search_index.reindex_if_stale()

    assert search_index.match({"harbour"}, 1)


@pytest.mark.both_databases
def test_a_current_search_index_is_not_rebuilt(site: Flask) -> None:
    db.session.execute(text("UPDATE search_index SET words = ''"))

    with transaction():
        search_index.reindex_if_stale()

    assert search_index.match({"harbour"}, 1) == set()


@pytest.mark.postgresql_only
def test_two_concurrent_reindexes_leave_one_index(site: Flask) -> None:
    """SQLite lets in one transaction at a time that may write."""
    before, both_write = indexed(), threading.Barrier(2)
    db.session.execute(text("DELETE FROM search_index"))
    db.session.commit()

    def wait_for_the_other(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO search_index"):
            with suppress(threading.BrokenBarrierError):
                both_write.wait(1)  # in vain, for the other waits until this one has written

    event.listen(db.engine, "before_cursor_execute", wait_for_the_other)
    try:
        ended = run_concurrently(site, [search_index.reindex_if_stale] * 2)
    finally:
        event.remove(db.engine, "before_cursor_execute", wait_for_the_other)

    assert ended == ["done", "done"]
    assert indexed() == before


@pytest.mark.own_site
def test_a_missing_search_table_raises(site: Flask) -> None:
    db.session.execute(text("DROP TABLE search_index"))
    db.session.commit()

    with pytest.raises(OperationalError, match="no such table"):
        search_index.match({"harbour"}, 1)


@pytest.mark.empty
def test_reindexing_without_a_programme_does_nothing(site: Flask) -> None:
    with transaction():
        search_index.reindex_if_stale()

    assert indexed() == 0


@pytest.mark.settings(EDITION_CHECK_SECONDS="3600")
def test_search_works_while_the_database_is_unavailable(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch, site: Flask
) -> None:
    before = titles(visitor.open("/search?q=harbour"))
    engine = db.engine
    db.session.remove()
    monkeypatch.setattr(engine.dialect, "connect", _refuse_connection)
    engine.dispose()

    assert search_index.match({"harbour"}, 1) is None
    assert titles(visitor.open("/search?q=harbour")) == before


def _refuse_connection(*_: Any, **__: Any) -> None:
    raise db.engine.dialect.dbapi.OperationalError("away")  # type: ignore[union-attr]


def test_search_in_a_preview_finds_unpublished_sessions(visitor: Browser) -> None:
    make_session(title="Knots", slug="knots")
    db.session.commit()
    assert "Nothing found" in visitor.open("/search?q=knots").heading

    with activate(PreviewMode("preview", "/preview/x")):
        assert ("session", "knots") in found("knots")
    assert found("knots") == []


# Filters


@pytest.fixture
def filtered(site: Flask) -> None:
    theme = make_theme(name="Ropes", slug="ropes")
    loft = make_room(name="Loft", slug="loft", key="loft", features="step-free captions")
    make_session(title="Knots", theme=theme, room=loft, language="fr", kind="workshop")
    make_session(title="Splices", theme=theme, language="en", kind="workshop")
    publish_programme()


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("theme=ropes", ["Knots", "Splices"]),
        ("theme=ropes&language=fr", ["Knots"]),
        ("kind=workshop&q=spli", ["Splices"]),
        ("room=loft", ["Knots"]),
        ("access=step-free&access=captions", ["Knots"]),
        ("day=2009-06-10&theme=ropes&access=captions&q=KNOTS", ["Knots"]),
        ("day=2009-06-11&theme=ropes", []),
    ],
)
def test_filters_combine_with_each_other_and_with_words(
    visitor: Browser, filtered: None, asked: str, wanted: list[str]
) -> None:
    page = visitor.open(f"/search?{asked}")

    assert sorted(titles(page)) == wanted
    expected = {0: "No sessions match all of these filters.", 1: "One result", 2: "2 results"}
    assert status(page) == expected[len(wanted)]


def test_the_search_form_keeps_filters_and_each_can_be_removed(
    visitor: Browser, filtered: None
) -> None:
    page = visitor.open("/search").press(
        "Apply filters",
        theme="Ropes",
        language="French",
        search_sessions_speakers_and_pages="knots",
    )

    assert page.heading == "One result for “knots”"
    assert page.title.startswith("One result for “knots”: Ropes, French – Search")
    assert page.value_of("Theme") == "Ropes"
    wider = page.follow("Remove: Language")
    assert wider.value_of("Language") == "Any"
    assert wider.value_of("Theme") == "Ropes"


def test_unknown_search_filters_are_ignored_and_named(visitor: Browser) -> None:
    page = visitor.open("/search?q=opening&room=<b>attic</b>&day=2009-13-77&access=%00&kind=")

    assert "Nothing in the programme matches these filters: 2009-13-77, <b>attic</b>." in page.text
    assert "Opening" in titles(page)


@pytest.mark.parametrize("number", ["0", "-1", "x", "²", "9" * 30])
def test_an_invalid_page_of_search_results_shows_the_first(visitor: Browser, number: str) -> None:
    assert titles(visitor.open(f"/search?q=opening&page={number}"))[0] == "Opening"


def test_filters_without_matching_sessions_say_so(visitor: Browser, filtered: None) -> None:
    page = visitor.open("/search?room=loft&theme=water")

    assert page.heading == "No sessions match these filters"
    assert "Remove a filter." in page.text


# Excerpts


def test_the_texts_of_a_session_are_joined_as_sentences(site: Flask) -> None:
    make_session(title="Kelp", slug="kelp", abstract="Of kelp.", theme=make_theme(name="Weeds"))
    publish_programme()

    documents = list_documents(current_release.get_programme())

    (found,) = (one for one in documents if one.slug == "kelp")
    assert found.load_text().text == "Of kelp. Weeds."


@pytest.mark.parametrize(
    ("summary", "text", "excerpt"),
    [
        ("On eelgrass", "More on eelgrass", "On eelgrass"),
        ("Plants", "Of eelgrass and kelp", "Of eelgrass and kelp"),
        ("An eelgrass meadow.…", "", "An eelgrass meadow."),
        ("An eelgrass meadow and…", "", "An eelgrass meadow and…"),
        ("Plants", f"{'abc ' * 15}eelgrass", f"{'abc ' * 15}eelgrass"),
        (
            "Plants",
            f"{'abc ' * 30}eelgrass{' xyz' * 60}",
            f"…{'abc ' * 14}eelgrass{' xyz' * 27}…",
        ),
        ("Plants", f"eelgrass{' xyz' * 28}", f"eelgrass{' xyz' * 28}"),
        ("Plants", f"eelgrass{'x' * 300}", f"eelgrass{'x' * 112}…"),
    ],
)
def test_a_search_result_shows_an_excerpt_around_the_match(
    site: Flask, summary: str, text: str, excerpt: str
) -> None:
    entry = search_index.SearchText(summary, text)
    page = search_index.SearchDocument("page", "plants", "Plants", "content.show", lambda: entry)

    (hit,) = search.find("eelgrass", search.SearchCorpus(-1, [], [page])).hits

    assert "".join(piece for piece, _ in hit.excerpt) == excerpt


# Nothing found


def test_an_empty_search_result_has_one_page(site: Flask) -> None:
    corpus = search.build_corpus(current_release.get_programme(), (), ())

    assert search.find("zeppelin", corpus) == search.SearchResults(0, [], 1, 1)


def test_a_misspelt_search_word_is_corrected(visitor: Browser) -> None:
    page = visitor.open("/search?q=harbor+wals")

    assert page.heading == "Nothing found for “harbor wals”"
    assert page.follow("harbour walls").heading == "One result for “harbour walls”"


def test_single_search_words_with_results_are_suggested(visitor: Browser) -> None:
    page = visitor.open("/search?q=harbour+zeppelin")

    assert "harbour" in page.links
    assert "zeppelin" not in page.links


def test_a_corrected_search_word_is_suggested_on_its_own(visitor: Browser) -> None:
    page = visitor.open("/search?q=harbuor+zeppelin")

    assert page.follow("harbour").heading.endswith("for “harbour”")


@pytest.mark.parametrize(
    ("asked", "near"),
    [("wlals", ["walls"]), ("xx", []), ("hrbour", ["harbour"]), ("zeppelin", []), ("walls", [])],
)
def test_spelling_suggestions_are_within_a_small_edit_distance(asked: str, near: list[str]) -> None:
    known = {"walls": "walls", "harbour": "harbour", "xy": "xy"}

    suggested = search.suggest(asked, known)

    assert [one for one in suggested if one != asked] == near


@pytest.mark.parametrize(
    ("asked", "known", "is_near"),
    [
        ("ide", "tide", True),
        ("tixe", "tie", True),
        ("itde", "tide", True),
        ("tixx", "tide", False),
        ("itxe", "tide", False),
        ("xide", "tidee", False),
        ("xxte", "te", False),
        ("txxe", "te", False),
        ("tde", "tidee", False),
        ("aaa", "a", False),
        ("tidxx", "tides", True),
        ("tixxe", "tie", True),
    ],
)
def test_the_allowed_edit_distance_grows_with_the_word_length(
    asked: str, known: str, is_near: bool
) -> None:
    assert search.suggest(asked, {known: known}) == [known if is_near else asked]


def test_of_equally_near_suggestions_the_first_three_are_shown() -> None:
    words = ["tides", "tidal", "tided", "tidel", "titled", "tiden", "tider", "tidea"]

    assert search.suggest("tidexx", {word: word for word in words}) == ["tidea", "tided", "tidel"]


def test_a_query_full_of_misspelt_words_is_cheap(visitor: Browser) -> None:
    page = visitor.open("/search?q=" + "+".join(f"qz{number}x" for number in range(25)))

    assert "Nothing found" in page.heading


def test_the_programme_links_to_the_search(visitor: Browser) -> None:
    page = visitor.open("/programme").follow("Search by words")

    assert page.heading == "Search"


def test_a_session_in_search_results_looks_like_a_programme_line(visitor: Browser) -> None:
    page = visitor.open("/search?q=harbour+walls")

    row = next(page.tree.find_by_class("row"))
    assert read(row) == (
        "Wed 10 Jun 11am to midday Harbour walls Ada Marsh Boat house Stone"
        " What the sea takes, and who mends it. Harbour walls: Add to my agenda"
    )
    assert page.press("Harbour walls: Add to my agenda").heading == "My agenda"


def test_other_search_results_name_their_type(visitor: Browser) -> None:
    page = visitor.open("/search?q=ada+whitby")

    assert (
        read(next(page.tree.find_by_class("row")))
        == "Speaker Ada Marsh Harbour master, Port of Whitby, United Kingdom"
    )

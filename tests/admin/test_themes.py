"""Organisers look after themes: a word, a shape and a colour that no other theme has."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.database import db
from app.history import queries as history
from app.programme.models import Theme
from tests.browser import Browser, Page
from tests.factories import make_session, make_theme, publish_programme, sign_in
from tests.pages import read_text


@pytest.fixture
def organiser(visitor: Browser) -> Browser:
    """An organiser who has signed in."""
    return sign_in(visitor)


def names(page: Page) -> list[str]:
    return [name for row in page.rows for head, name in row.items() if head.startswith("Name")]


def done(page: Page) -> str:
    (note,) = page.tree.find_by_class("note--done")
    return read_text(note)


def looks(page: Page) -> list[tuple[str, str]]:
    """Give colour and shape of each theme that a page draws."""
    return [
        (drawn.get("class", ""), used.get("href", ""))
        for drawn in page.tree.find_by_class("theme")
        if drawn.tag == "span"
        for used in drawn.iter()
        if used.tag.endswith("use")
    ]


def test_the_list_shows_themes_as_readers_see_them(organiser: Browser) -> None:
    page = organiser.open("/organise/themes")

    assert [list(row.values())[1:4] for row in page.rows] == [
        ["Water", "Water", "1"],
        ["Stone", "Stone", "1"],
    ]
    assert looks(page) == [("theme theme-1", "#shape-circle"), ("theme theme-2", "#shape-square")]


@pytest.mark.empty
def test_before_there_is_a_programme_the_list_says_what_will_be_there(organiser: Browser) -> None:
    page = organiser.open("/organise/themes")

    assert "No themes yet" in page.headings
    page = page.follow("Add a theme").press("Add this theme", name="Wind")
    assert page.heading == "Wind"


@pytest.mark.parametrize("count", [1, 3])
def test_list_and_page_ask_the_same_few_questions(
    organiser: Browser, queries: list[str], count: int
) -> None:
    theme = make_theme(slug="wind")
    for _ in range(count):
        make_theme()
        make_session(theme=theme)
    found = {}
    narrowed = "/organise/themes?q=wind&used=yes&sort=-sessions"
    for address in ("/organise/themes", narrowed, "/organise/themes/wind"):
        organiser.open(address)
        queries.clear()
        organiser.open(address)
        found[address] = len([one for one in queries if "FROM site_state" not in one])

    assert found == {"/organise/themes": 3, narrowed: 3, "/organise/themes/wind": 5}


def test_a_new_theme_is_offered_a_look_of_its_own(organiser: Browser) -> None:
    form = organiser.open("/organise/themes").follow("Add a theme")
    assert (form.value_of("Shape"), form.value_of("Colour")) == ("Triangle", "Orange")

    page = form.press("Add this theme", name="Wind", summary="What blows.", notes="Ask the pilots")

    assert page.heading == "Wind"
    assert page.summary_list["Summary"] == "What blows."
    assert page.summary_list["Where there is room"] == "W"
    assert looks(page) == [("theme theme-3", "#shape-triangle")]
    assert "Wind was added to the themes" in page.text
    publish_programme()
    public = organiser.open("/themes/wind")
    assert "What blows." in public.text
    assert "pilots" not in public.source


def test_a_look_can_be_seen_before_it_is_saved(organiser: Browser) -> None:
    form = organiser.open("/organise/themes/water/change")

    page = form.press("Show it as it is now", name="Waves", shape="Star", colour="Pink", letter="Ψ")

    assert looks(page) == [("theme theme-5", "#shape-star")]
    assert page.value_of("Name") == "Waves"
    water = db.session.scalars(select(Theme).where(Theme.slug == "water")).one()
    assert (water.name, water.shape, water.palette) == ("Water", "circle", 1)


@pytest.mark.both_databases
def test_two_themes_never_look_the_same(organiser: Browser) -> None:
    form = organiser.open("/organise/themes/_add")
    page = form.press("Add this theme", name="Wind", shape="Circle", colour="Green", status=422)
    refusal = "Water has this shape in this colour: choose another pair"
    assert page.errors == [refusal]
    assert page.value_of("Name") == "Wind"
    page = page.press("Add this theme", colour="Purple")
    assert page.heading == "Wind"

    form = organiser.open("/organise/themes/stone/change")
    page = form.press("Save", shape="Circle", colour="Green", status=422)
    assert page.errors == [refusal]
    page = page.press("Save", colour="Red")

    assert "Stone: shape and colour changed from Square, purple to Circle, red" in page.text
    page = organiser.open("/organise/themes/wind/change").press("Save", shape="Square")
    organiser.open("/organise/themes/stone")
    page = organiser.press(
        "Undo: Stone: shape and colour changed from Square, purple to Circle, red", status=409
    )
    assert "Wind has this shape in this colour" in page.text


def test_themes_that_a_file_made_alike_can_be_renamed(organiser: Browser) -> None:
    make_theme(slug="rain", name="Rain", shape="circle", palette=1)

    form = organiser.open("/organise/themes/rain/change")

    assert form.press("Save", name="Drizzle").heading == "Drizzle"


@pytest.mark.both_databases
def test_two_organisers_at_once_see_both_versions(new_browser: Callable[[], Browser]) -> None:
    one = sign_in(new_browser(), "one@conference.example")
    other = sign_in(new_browser(), "other@conference.example")
    first = one.open("/organise/themes/water/change")
    second = other.open("/organise/themes/water/change")
    first.press("Save", shape="Star")

    page = second.press("Save", name="Waves", status=409)

    assert page.title.startswith("Error: Change Water – ")
    assert page.rows == [
        {"": "Name", "Saved now": "Water", "Yours": "Waves"},
        {"": "Shape and colour", "Saved now": "Star, green", "Yours": "Circle, green"},
    ]
    page = page.press("Save", shape="Star")
    assert page.heading == "Waves"
    assert [entry.summary for entry in history.list_entries("theme water")] == [
        "Water: shape and colour changed from Circle, green to Star, green",
        "Waves: name changed from Water to Waves",
    ]


def test_themes_are_put_in_order(organiser: Browser) -> None:
    page = organiser.open("/organise/themes").press("Move Stone up")

    assert names(page) == ["Stone", "Water"]
    assert page.address.endswith("#stone")


def test_the_list_is_searched_and_sorted(organiser: Browser) -> None:
    page = organiser.open("/organise/themes")

    assert names(page.follow("Name")) == ["Stone", "Water"]
    assert names(page.press("Show", name="WÄT")) == ["Water"]
    assert "No theme fits what you look for." in page.press("Show", name="fire").text


def test_filters_narrow_the_list(organiser: Browser) -> None:
    make_theme(name="Wind", position=9, summary="What blows.")

    def narrowed(**chosen: str) -> list[str]:
        return names(organiser.open("/organise/themes").press("Show", chosen))

    assert narrowed(use="With sessions") == ["Water", "Stone"]
    assert narrowed(use="Without sessions") == ["Wind"]
    assert narrowed(use="Without sessions", without="Summary") == []
    assert len(names(organiser.page.follow("Show all"))) == 3


def test_a_long_list_has_pages_and_keeps_its_order(organiser: Browser) -> None:
    for number in range(49):
        make_theme(name=f"Theme {number:02}", position=number + 2)

    page = organiser.open("/organise/themes")
    assert page.text_by_id("count") == "1 to 50 of 51 themes"
    page = page.follow("Next page →").press("Move Theme 48 up")

    assert (page.text_by_id("count"), names(page)[-1]) == ("1 to 50 of 51 themes", "Theme 48")


@pytest.mark.both_databases
def test_several_themes_are_deleted_but_none_that_sessions_have(organiser: Browser) -> None:
    for name in ("Wind", "Fire"):
        make_theme(name=name, slug=name.lower(), position=9)
    organiser.open("/organise/themes")
    ticked = {"Tick Water": True, "Tick Wind": True, "Tick Fire": True}

    page = organiser.press("Delete the ticked themes", ticked)

    assert page.heading == "Delete 2 themes?"
    assert "Sessions use 1 of those you ticked, so it stays." in page.text
    page = page.press("Delete")
    assert done(page) == "They have been deleted. Readers see it once you publish."
    assert names(page) == ["Water", "Stone"]
    assert "Wind was deleted" in [entry.summary for entry in history.list_entries("theme wind")]
    assert organiser.press("Delete the ticked themes", status=422).errors == [
        "Tick at least one theme first"
    ]


def test_a_theme_in_use_gives_its_sessions_away_before_it_goes(organiser: Browser) -> None:
    page = organiser.open("/organise/themes/water").follow("Delete")
    assert "One session has this theme: give it another first." in page.text
    form = page.follow("Give the sessions another theme")

    page = form.press("Move 1 session", {"Move them to": "Stone"}).press("Delete")

    assert names(page) == ["Stone"]
    assert page.rows[0]["Sessions"] == "2"


def test_what_nobody_typed_is_refused(organiser: Browser) -> None:
    form = organiser.open("/organise/themes/water/change")

    page = form.press("Save", name=" ", summary="x" * 1001, letter="abc", status=422)

    assert page.errors == [
        "Enter the theme’s name",
        "The summary must be 1000 characters or fewer",
        "The letter must be 2 characters or fewer",
    ]
    assert read_text(page.main).count("Enter the theme’s name") == 2

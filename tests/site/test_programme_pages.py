"""The programme as a visitor reads it."""

from dataclasses import replace
from datetime import datetime, timedelta

import brotli
import pytest
from flask import Flask

from app.database import db, transaction
from app.interchange import services
from app.interchange.importers.detect import read_file
from app.programme import queries
from app.programme.models import Session, Theme
from app.releases import services as releases_services
from app.web.page_cache import PageCache
from tests.browser import Browser, Page
from tests.factories import (
    FIRST_MORNING,
    SMALL_CONFERENCE,
    make_agenda,
    make_material,
    make_room,
    make_session,
    make_speaker,
    make_theme,
    publish_programme,
)
from tests.lookups import get_session
from tests.pages import read_text

HOSTILE = (
    "<script>alert(1)</script>",
    "</title><h1>Broken</h1>",
    "“Quotes” & 'more' \"quotes\"",
    "unbreakable" * 18,  # no language that the HTML checker would take it for
    "A very long title that goes on and on " * 5,
    "مؤتمر الصحة للجميع",
    "שלום (עולם) 2009",
    "👩🏽‍⚕️ Care 🏥",
    "健康公平",
    "{{ 7 * 7 }} {% raw %}",
    "  spaced\u00a0out  ",
)


def times(page: Page) -> list[str]:
    """Return the text in the margin of each line."""
    return [read_text(one) for one in page.tree.find_by_class("row__time")]


def line(page: Page, title: str) -> str:
    """Read the line of a session."""
    for row in page.tree.find_by_class("row"):
        if title in read_text(next(page.tree.find_all("h3", within=row))):
            return read_text(row)
    raise AssertionError(f"{page.address} has no line for {title}")


# The whole programme, and one day


def test_the_programme_lists_days_and_sessions_in_order(visitor: Browser) -> None:
    page = visitor.open("/programme")

    assert page.headings[:8] == [
        "Programme",
        "Wednesday 10 June 2009",
        "Opening",
        "Coffee",
        "Reading the tide",
        "Harbour walls",
        "Thursday 11 June 2009",
        "Farewell",
    ]
    assert times(page) == [
        "9:30am to 10:30am",
        "10:30am to 11am",
        "11am to midday",
        "11am to midday",
        "4pm to 5pm",
    ]


def test_a_programme_line_shows_speakers_room_type_and_theme(visitor: Browser) -> None:
    page = visitor.open("/programme")

    assert line(page, "Opening").endswith(
        "Opening Ada Marsh, João Maré Great hall Plenary Confirmed Opening: Add to my agenda"
    )
    assert line(page, "Harbour walls").endswith(
        "Harbour walls Ada Marsh Boat house Stone Harbour walls: Add to my agenda"
    )


def test_times_are_machine_readable(visitor: Browser) -> None:
    page = visitor.open("/programme")

    moments = [one.get("datetime") for one in page.tree.find_all("time")]
    assert moments[:2] == ["2009-06-10T09:30:00+01:00", "2009-06-10T10:30:00+01:00"]


def test_the_programme_links_to_its_days_themes_and_rooms(visitor: Browser) -> None:
    page = visitor.open("/programme")

    assert "#day-2009-06-10" in [one.get("href") for one in page.tree.find_all("a")]
    assert page.follow("Water").heading == "Water"
    assert visitor.open("/programme").follow("Boat house").heading == "Boat house"


def test_a_break_without_details_has_no_link(visitor: Browser) -> None:
    page = visitor.open("/programme")

    assert line(page, "Coffee") == "10:30am to 11am Coffee"
    assert "Coffee" not in page.links


def test_a_break_with_a_text_has_a_link(visitor: Browser) -> None:
    make_session(title="Lunch", slug="lunch", kind="break", abstract="Soup and bread.")
    publish_programme()

    page = visitor.open("/programme").follow("Lunch")

    assert "Soup and bread." in page.text
    assert "Speaker to be announced" not in page.text


def test_the_venue_says_once_that_all_rooms_are_illustrative(visitor: Browser) -> None:
    page = visitor.open("/venue")
    assert "These rooms" not in page.text
    assert page.text.count("Illustrative") == 1

    with transaction():
        for room in queries.list_rooms():
            room.is_illustrative = True
    publish_programme()

    page = visitor.open("/venue")
    assert page.text.count("These rooms and their access features are illustrative.") == 1
    assert "Illustrative" not in page.text


def test_the_programme_says_once_that_speakers_are_not_announced(visitor: Browser) -> None:
    for title in ("Sea walls", "Sand banks"):
        make_session(title=title, slug=title.lower().replace(" ", "-"))
    make_session(title="Welcome", kind="plenary")
    publish_programme()

    page = visitor.open("/programme")

    assert page.text.count("Not all speakers have been announced.") == 1
    assert "announced" not in line(page, "Sea walls") + line(page, "Welcome")
    assert "Speaker to be announced" in page.follow("Sea walls").text
    assert "announced" not in visitor.open("/rooms/great-hall").text


def test_unscheduled_sessions_are_at_the_end_of_the_programme(visitor: Browser) -> None:
    make_session(title="Some day", slug="some-day", starts_at=None)
    publish_programme()

    page = visitor.open("/programme")

    at = page.headings.index("No time yet")
    assert page.headings[at + 1] == "Some day"
    assert at > page.headings.index("Farewell")
    assert page.follow("Some day").summary_list["When"] == "Time to be announced"


def test_a_theme_is_shown_with_name_shape_and_colour(visitor: Browser) -> None:
    page = visitor.open("/programme")

    mark = next(page.tree.find_by_class("theme-2"))
    assert read_text(mark) == "Stone"
    assert [one.get("href") for one in page.tree.find_all() if one.get("href") == "#shape-square"]


def test_a_day_has_a_page_with_links_to_other_days(visitor: Browser) -> None:
    page = visitor.open("/programme/2009-06-10")

    assert page.heading == "Programme for Wednesday 10 June 2009"
    assert "Morning" in page.headings
    assert "Farewell" not in page.headings
    assert page.follow("Thu 11").headings[1:3] == ["Afternoon", "Farewell"]


def test_a_late_session_is_on_its_day_in_the_conference_time_zone(visitor: Browser) -> None:
    midnight = datetime.fromisoformat("2009-06-11T00:15:00+01:00")
    make_session(title="Dinner", starts_at=midnight - timedelta(hours=4))
    make_session(title="Dancing", starts_at=midnight)
    publish_programme()

    first, second = visitor.open("/programme/2009-06-10"), visitor.open("/programme/2009-06-11")

    assert first.headings[-4:-3] == ["Dinner"]
    assert first.headings[-5] == "Evening"
    assert second.headings[1:3] == ["Morning", "Dancing"]
    assert times(second)[0] == "12:15am to 1:15am"


@pytest.mark.parametrize(
    "address",
    [
        "/programme/2009-06-12",
        "/programme/2009-02-31",
        "/programme/wednesday",
        "/sessions/no-such-session",
        "/sessions/Opening",
        "/speakers/nobody",
        "/themes/none",
        "/rooms/cellar",
        "/sessions/%00",
        "/sessions/%ff%fe",
        "/speakers/" + "a" * 3000,
    ],
)
def test_unknown_programme_pages_are_not_found(visitor: Browser, address: str) -> None:
    assert visitor.open(address, 404).heading == "Page not found"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_programme_refuses_other_methods_than_get(visitor: Browser, method: str) -> None:
    visitor.send(method, "/programme", 405, {"Origin": "https://conference.example"})


@pytest.mark.empty
def test_before_the_first_release_pages_say_that_nothing_is_published(visitor: Browser) -> None:
    assert "The programme has not been published yet" in visitor.open("/programme").headings
    assert "No speakers yet" in visitor.open("/speakers").headings
    visitor.open("/sessions/opening", 404)


# A session


def test_the_actions_of_a_session_are_grouped(visitor: Browser) -> None:
    page = visitor.open("/sessions/reading-the-tide")

    (actions,) = page.tree.find_by_class("session-actions")
    assert actions.get("aria-label") == "Save or share this session"
    assert read_text(actions).startswith("Add to my agenda: Reading the tide Add to calendar Share")
    assert page.links["Add to calendar"] == "/sessions/reading-the-tide.ics"
    canonical = "https://conference.example/sessions/reading-the-tide"
    assert page.links[canonical] == canonical
    assert page.links["Send by email"] == (
        "mailto:?subject=Reading%20the%20tide&body="
        "https%3A//conference.example/sessions/reading-the-tide"
    )


@pytest.mark.parametrize(("letters", "is_smaller"), [(80, False), (81, True)])
def test_a_long_session_title_is_set_smaller(
    visitor: Browser, letters: int, is_smaller: bool
) -> None:
    make_session(title="w" * letters, slug="wide")
    publish_programme()

    page = visitor.open("/sessions/wide")

    (heading,) = page.tree.find_all("h1")
    assert bool(list(page.tree.find_by_class("long-title", within=heading))) is is_smaller


def test_the_next_session_on_the_theme_has_its_own_heading(visitor: Browser) -> None:
    make_session(
        title="Ebb",
        slug="ebb",
        theme=db.session.query(Theme).filter_by(slug="water").one(),
        starts_at=FIRST_MORNING + timedelta(days=2),
    )
    publish_programme()

    page = visitor.open("/sessions/reading-the-tide")

    (around,) = page.tree.find_all("aside")
    headings = [read_text(one) for one in page.tree.find_all("h2", within=around)]
    assert headings == ["Next in this room", "At the same time", "Next on this theme"]
    assert "Ebb 9:30am to 10:30am, Friday 12 June" in read_text(around)


def test_a_session_page_shows_time_room_speakers_and_details(visitor: Browser) -> None:
    page = visitor.open("/sessions/reading-the-tide")

    assert page.heading == "Reading the tide"
    assert "A beginner’s table" in page.text
    assert page.summary_list == {
        "When": "11am to midday, Wednesday 10 June",
        "Room": "Great hall",
        "Type": "Parallel session",
        "Language": "English",
        "Access": "Step-free access · Hearing loop",
        "Theme": "Water",
    }
    assert "Times are London time, BST." in page.text
    assert "How a tide table is made" in page.text
    assert page.follow("João Maré").heading == "João Maré"


def test_a_session_page_has_breadcrumbs_to_its_day(visitor: Browser) -> None:
    page = visitor.open("/sessions/opening")

    assert page.links["Programme"] == "/programme"
    assert page.follow("Wednesday 10 June 2009").heading == "Programme for Wednesday 10 June 2009"


def test_a_session_page_shows_the_roles_of_its_speakers(visitor: Browser) -> None:
    page = visitor.open("/sessions/opening")

    (people,) = page.tree.find_by_class("people")
    assert [read_text(one) for one in page.tree.find_all("li", within=people)] == [
        "AM Ada Marsh Harbour master, Port of Whitby Chair",
        "JM João Maré Reader in tides, Universidade do Mar",
    ]


def test_a_session_page_lists_concurrent_sessions(visitor: Browser) -> None:
    page = visitor.open("/sessions/reading-the-tide")

    beside = next(page.tree.find_all("aside"))
    assert read_text(beside) == (
        "Next in this room Farewell 4pm to 5pm, Thursday 11 June"
        " At the same time Harbour walls 11am to midday, Boat house"
    )
    assert "At the same time" not in visitor.open("/sessions/opening").headings


def test_a_session_page_lists_at_most_twelve_concurrent_sessions(visitor: Browser) -> None:
    for number in range(15):
        make_session(title=f"Beside {number}")
    publish_programme()

    page = visitor.open("/sessions/opening")

    (beside,) = page.tree.find_by_class("beside")
    assert len(list(page.tree.find_all("li", within=beside))) == 12
    assert page.links["3 more that day"] == "/programme/2009-06-10"


def test_the_next_session_link_skips_breaks(visitor: Browser) -> None:
    page = visitor.open("/sessions/opening")

    for title in ("Reading the tide", "Harbour walls", "Farewell"):
        page = visitor.open(page.links[title])
        assert page.heading == title
    assert "Next session" not in page.text
    assert page.follow("Harbour walls").heading == "Harbour walls"


def test_illustrative_sessions_and_rooms_say_so(visitor: Browser) -> None:
    assert "This session is illustrative." in visitor.open("/sessions/harbour-walls").text
    assert "This room is illustrative." in visitor.open("/rooms/boat-house").text
    assert "illustrative" not in visitor.open("/sessions/opening").text


def test_a_session_that_is_cancelled_says_so(visitor: Browser) -> None:
    farewell = db.session.query(Session).filter_by(slug="farewell").one()
    farewell.cancelled_at = FIRST_MORNING
    publish_programme()

    page = visitor.open("/sessions/farewell")
    assert "This session has been cancelled." in page.text
    assert "Add to my agenda: Farewell" not in page.buttons
    assert "Cancelled" in line(visitor.open("/programme"), "Farewell")


def test_external_links_of_a_session_say_so(visitor: Browser) -> None:
    make_session(
        slug="linked",
        links='[["https://slides.example/tides", "Slides"], ["https://more.example/", ""]]',
        is_recorded=True,
        licence="CC BY 4.0",
    )
    publish_programme()

    page = visitor.open("/sessions/linked")

    assert page.links["Slides"] == "https://slides.example/tides"
    assert page.links["https://more.example/"] == "https://more.example/"
    assert page.text.count("(opens another website)") == 2
    assert page.summary_list["Recording"] == "This session is recorded CC BY 4.0"


def test_materials_are_headed_as_recordings_slides_or_papers(visitor: Browser) -> None:
    """A link is a recording if its title says so; a heading names only what is below it."""
    video = "https://video.example/farewell"
    slides, opening, farewell = (
        get_session("reading-the-tide"),
        get_session("opening"),
        get_session("farewell"),
    )
    make_material(slides)
    make_material(opening, title="Recording of the opening", kind="link", address=video)
    make_material(farewell)
    make_material(farewell, title="Video recording", kind="link", address=video)

    page = visitor.open("/sessions/reading-the-tide")
    assert "Slides and papers" in page.headings
    assert page.summary_list["Slides and papers"] == "One file or link"

    page = visitor.open("/sessions/opening")
    assert "Recording" in page.headings
    assert "Slides and papers" not in page.headings
    assert page.summary_list["Recording"] == "One recording"

    page = visitor.open("/sessions/farewell")
    assert "Recordings, slides and papers" in page.headings
    assert page.summary_list["Recordings, slides and papers"] == "2 files and links"


def test_sessions_of_one_title_have_unique_page_titles(visitor: Browser) -> None:
    for room in (make_room(name="North"), make_room(name="South")):
        for hour in (0, 2):
            make_session(title="Tea", room=room, starts_at=FIRST_MORNING + timedelta(hours=hour))
    publish_programme()
    slugs = [row.slug for row in db.session.query(Session).filter_by(title="Tea")]

    titles = {visitor.open(f"/sessions/{slug}").title for slug in slugs}

    assert titles == {
        f"Tea, {hour} on Wednesday 10 June 2009, {room} – Tides and Harbours"
        for hour in ("9:30am", "11:30am")
        for room in ("North", "South")
    }


def test_the_language_of_a_session_is_marked(visitor: Browser) -> None:
    make_session(title="La marée", slug="la-maree", language="fr", abstract="Une table des marées.")
    make_session(title="Odd", slug="odd", language="not a language", abstract="Words.")
    publish_programme()

    page = visitor.open("/sessions/la-maree")

    assert page.summary_list["Language"] == "French"
    french = (read_text(one) for one in page.tree.find_all("bdi") if one.get("lang") == "fr")
    assert next(french) == "La marée"
    assert next(page.tree.find_by_class("prose")).get("lang") == "fr"
    assert visitor.open("/sessions/odd").summary_list["Language"] == "not a language"


@pytest.mark.parametrize(
    ("address", "times"),
    [
        ("/programme", 2),  # in the link to its page, and in its star
        ("/programme?view=grid", 2),
        ("/programme/2009-06-10", 2),
        ("/sessions", 1),
        ("/sessions/la-maree", 3),  # the way to the page, its heading, and its star
        ("/sessions/opening", 2),  # at the same time, and after it
        ("/changes", 2),  # renamed so
        ("/agenda", 1),  # the first row of a clash names the others
    ],
)
def test_a_session_title_has_its_lang_attribute_on_every_page(
    visitor: Browser, address: str, times: int
) -> None:
    tide = make_session(title="Marée", slug="la-maree", language="fr")
    publish_programme()
    with transaction():
        tide.title = "La marée"
    publish_programme()
    make_agenda("opening", "la-maree", holder=visitor)

    tree = visitor.open(address).tree

    titles = [one for one in tree.find_all("bdi") if read_text(one) == "La marée"]
    assert len(titles) == times
    assert [tree.language_of(one) for one in titles] == ["fr"] * times


@pytest.mark.parametrize("title", HOSTILE, ids=range(len(HOSTILE)))
def test_markup_in_names_is_escaped_on_every_page(visitor: Browser, title: str) -> None:
    speaker = make_speaker(
        name=title, slug="hostile", role=title, organisation=title, country=title
    )
    room = make_room(name=title, slug="hostile", description=title, features="step-free")
    theme = make_theme(name=title, slug="hostile", summary=title, letter=title[:1])
    make_session(
        slug="hostile",
        title=title,
        subtitle=title,
        kind=title,
        language=title,
        licence=title,
        is_recorded=True,
        room=room,
        theme=theme,
        speakers=(speaker,),
    )
    publish_programme()

    shown = " ".join(title.split())
    for kind in ("sessions", "speakers", "rooms", "themes"):
        page = visitor.open(f"/{kind}/hostile")
        assert page.heading == shown
        assert page.title.startswith(shown)
    for address in ("/programme", "/programme/2009-06-10", "/speakers"):
        assert shown in visitor.open(address).text


def test_html_in_texts_is_sanitised(visitor: Browser) -> None:
    abstract = (
        '<p onclick="steal()">Good <strong>words</strong><script>steal()</script></p>'
        '<h1>Shouting</h1><img src="https://spy.example/x.png" alt="">'
        '<a href="javascript:steal()">click</a><iframe src="https://spy.example"></iframe>'
    )
    make_session(slug="dirty", abstract=abstract, description="**Bold** and <b>half")
    make_speaker(slug="dirty", biography=abstract)
    publish_programme()

    for address in ("/sessions/dirty", "/speakers/dirty"):
        page = visitor.open(address)
        assert "Good words" in page.text
        assert "Shouting" not in page.headings
        assert "click" not in page.links
        for trace in ("steal", "spy.example", "javascript"):
            assert trace not in page.source


def test_an_abstract_in_markdown_is_rendered(visitor: Browser) -> None:
    make_session(slug="marked", abstract="First *this*.\n\n- one\n- two")
    publish_programme()

    page = visitor.open("/sessions/marked")

    prose = next(page.tree.find_by_class("prose"))
    assert [read_text(one) for one in page.tree.find_all("li", within=prose)] == ["one", "two"]
    assert [read_text(one) for one in page.tree.find_all("em", within=prose)] == ["this"]


# Speakers, themes, rooms


def test_speakers_are_sorted_by_family_name(visitor: Browser) -> None:
    for name in ("Åsa Berg", "anna adams", "Zoë Young"):
        make_speaker(name=name)
    publish_programme()

    page = visitor.open("/speakers")

    assert page.headings[1:6] == ["anna adams", "Åsa Berg", "João Maré", "Ada Marsh", "Zoë Young"]


def test_a_long_list_of_speakers_has_an_alphabetical_index(visitor: Browser) -> None:
    names = ("Ådne", "abel", "Øystein", "O’Hara", "李", "3rd", "Łukasz")
    for number in range(45):
        make_speaker(name=f"Kim{number} {names[number % len(names)]}")
    publish_programme()

    page = visitor.open("/speakers")

    letters = [read_text(one) for one in page.tree.find_all("h2") if one.get("class") == "day"]
    assert letters == ["A", "L", "M", "O", "李", "Other"]
    assert page.links["A"] == "#letter-1"


def test_a_speaker_has_a_page_with_their_sessions(visitor: Browser) -> None:
    page = visitor.open("/speakers").follow("Ada Marsh")

    assert "Harbour master" in page.text
    assert "Port of Whitby" in page.text
    assert page.summary_list == {"Country": "United Kingdom"}
    assert "Ada has kept the harbour for twenty years." in page.text
    assert page.follow("Farewell").heading == "Farewell"


def test_a_speaker_with_only_a_name_has_a_page(visitor: Browser) -> None:
    make_speaker(name="Bo", slug="bo")
    publish_programme()

    page = visitor.open("/speakers/bo")

    assert page.heading == "Bo"
    assert page.summary_list == {}


def test_two_speakers_of_one_name_have_unique_page_titles(visitor: Browser) -> None:
    make_speaker(name="Jo Lee", slug="jo-lee", organisation="Harbour trust")
    make_speaker(name="Jo Lee", slug="jo-lee-2")
    publish_programme()

    titles = {visitor.open(f"/speakers/{slug}").title for slug in ("jo-lee", "jo-lee-2")}

    assert len(titles) == 2


def _where(page: Page) -> list[str]:
    """Read what each row says of room, theme and type."""
    return [read_text(one) for one in page.tree.find_by_class("row__where")]


def test_a_theme_has_a_page_with_its_sessions(visitor: Browser) -> None:
    make_theme(name="Sand", slug="sand")
    publish_programme()

    page = visitor.open("/themes/water")

    assert "What moves." in page.text
    assert "Reading the tide" in page.headings
    assert _where(page) == ["Great hall"]
    assert "Harbour walls" not in page.headings
    assert "No sessions yet" in visitor.open("/themes/sand").headings


def test_a_room_page_shows_capacity_access_features_and_sessions(visitor: Browser) -> None:
    make_room(name="Attic", slug="attic")
    publish_programme()

    page = visitor.open("/rooms/great-hall")

    assert page.summary_list == {
        "Capacity": "Room for 20 people",
        "Access": "Step-free access · Hearing loop",
    }
    assert "On the ground floor." in page.text
    assert "Opening" in page.headings
    assert _where(page) == ["Plenary", "Water", "Plenary"]
    assert "No sessions in this room yet" in visitor.open("/rooms/attic").headings


# All of it


def test_every_programme_page_has_a_unique_title_and_description(visitor: Browser) -> None:
    addresses = [
        *("/programme", "/speakers", "/programme/2009-06-10", "/programme/2009-06-11"),
        *("/sessions/" + slug for slug in ("opening", "coffee", "reading-the-tide", "farewell")),
        *("/speakers/ada-marsh", "/speakers/joao-mare", "/themes/water", "/themes/stone"),
        *("/rooms/great-hall", "/rooms/boat-house"),
    ]

    opened = [visitor.open(address) for address in addresses]

    assert len({page.title for page in opened}) == len(addresses)
    descriptions = {
        one.get("content")
        for page in opened
        for one in page.tree.find_all("meta")
        if one.get("name") == "description"
    }
    assert len(descriptions) == len(addresses)
    assert all(descriptions)


def test_every_page_of_a_demo_conference_says_so(visitor: Browser) -> None:
    with transaction():
        services.load_demo(12, 5)
        releases_services.create_release()

    page = visitor.open("/programme")

    assert "This conference is invented" in page.text
    assert "Illustrative" not in page.text
    links = [link for link in page.links.values() if link.startswith("/sessions/")]
    assert "This session is invented." in visitor.open(links[0]).text
    assert "These people are invented" in visitor.open("/speakers").text
    people = [link for link in visitor.page.links.values() if link.startswith("/speakers/")]
    assert "This person is invented." in visitor.open(people[0]).text


def test_a_real_conference_that_replaces_a_demo_is_not_marked_as_invented(visitor: Browser) -> None:
    with transaction():
        services.load_demo(12, 5)
        services.replace_programme(replace(read_file(SMALL_CONFERENCE).programme))
        releases_services.create_release()

    assert "invented" not in visitor.open("/programme").text


# Filters above the list


def titles(page: Page) -> list[str]:
    """Read the titles of the lines."""
    rows = page.tree.find_by_class("row")
    return [read_text(next(page.tree.find_all("h3", within=row))) for row in rows]


def test_the_programme_can_be_filtered_and_the_filter_cleared(visitor: Browser) -> None:
    assert 'href="/programme?theme=water"' in visitor.open("/programme").source

    page = visitor.open("/programme?theme=water")

    assert "<title>Programme: Water – Tides and Harbours</title>" in page.source
    assert titles(page) == ["Reading the tide"]
    assert "One session: Water." in page.text
    page = page.press("Apply filters", room="Boat house")
    assert "No sessions match these filters." in page.text
    assert titles(page) == []
    assert titles(page.follow("Clear filters")) == [
        "Opening",
        "Coffee",
        "Reading the tide",
        "Harbour walls",
        "Farewell",
    ]


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({"Type": "Plenary"}, ["Opening", "Farewell"]),
        ({"Room": "Boat house"}, ["Harbour walls"]),
        ({"Access in the room": "Hearing loop"}, ["Opening", "Reading the tide", "Farewell"]),
        ({"Type": "Plenary", "Room": "Great hall"}, ["Opening", "Farewell"]),
    ],
)
def test_each_filter_reduces_the_programme(
    visitor: Browser, chosen: dict[str, str], found: list[str]
) -> None:
    visitor.open("/programme")

    assert titles(visitor.press("Apply filters", chosen)) == found


def test_filters_and_time_zone_are_kept_from_day_to_day(
    visitor: Browser,
) -> None:
    visitor.open("/programme/2009-06-10?zone=Asia/Tokyo")
    page = visitor.press("Apply filters", {"Type": "Plenary"})

    assert titles(page) == ["Opening"]
    page = page.follow("Thu 11")
    assert page.address == "/programme/2009-06-11?zone=Asia/Tokyo&kind=plenary"
    assert titles(page) == ["Farewell"]
    assert titles(page.follow("All")) == ["Opening", "Farewell"]


def test_a_theme_chosen_on_the_page_of_a_day_keeps_the_day(visitor: Browser) -> None:
    page = visitor.open("/programme/2009-06-10").follow("Water")

    assert page.address == "/programme/2009-06-10?theme=water"
    assert titles(page) == ["Reading the tide"]
    page = page.press("Apply filters", room="Great hall")
    assert page.address.partition("?")[0] == "/programme/2009-06-10"


def test_an_unknown_filter_value_is_ignored_and_named(
    visitor: Browser,
) -> None:
    page = visitor.open("/programme?theme=fire&colour=red")

    assert "Nothing in the programme matches these filters: Theme." in page.text
    assert len(titles(page)) == 5


def test_pages_with_one_filter_are_cached_and_combinations_are_not(
    site: Flask, visitor: Browser
) -> None:
    pages: PageCache = site.extensions["page_cache"]
    visitor.open("/programme")
    before = len(pages)

    for address in ("?theme=water", "?theme=water&room=great-hall", "?theme="):
        visitor.open(f"/programme{address}")

    assert len(pages) - before == 1


def test_unknown_filter_values_share_one_cached_page(site: Flask, visitor: Browser) -> None:
    pages: PageCache = site.extensions["page_cache"]
    visitor.open("/programme")
    before = len(pages)

    answers = [
        visitor.fetch("GET", f"/programme?theme={value}") for value in ("fire", "%F0%9F%94%A5", "7")
    ]

    assert len(pages) - before == 1
    assert len({answer.headers["ETag"] for answer in answers}) == 1
    make_session(title="Beacons", theme=make_theme(name="Fire", slug="fire"))
    publish_programme()
    assert titles(visitor.open("/programme?theme=fire")) == ["Beacons"]
    assert len(titles(visitor.open("/programme?theme=7"))) == 6


def test_uncached_pages_are_compressed_fast_and_cached_ones_well(
    visitor: Browser,
) -> None:
    with transaction():
        services.load_demo(120, 5)
        releases_services.create_release()

    for address, quality in (("/programme?room=fire&kind=fire", 5), ("/programme", 10)):
        sent = visitor.fetch("GET", address, {"Accept-Encoding": "br"}).data
        page = brotli.decompress(sent)
        assert len(page) > 100_000
        assert sent == brotli.compress(page, quality=quality), address


def test_the_illustrative_note_appears_once_and_confirmed_sessions_are_marked(
    visitor: Browser,
) -> None:
    note = "Sessions, times and rooms are illustrative unless they are marked “Confirmed”."
    for address in ("/programme", "/programme/2009-06-10", "/speakers/ada-marsh"):
        page = visitor.open(address)
        assert page.text.count(note) == 1, address
        assert "Confirmed" in line(page, "Opening")
        assert "Illustrative" not in page.text
    page = visitor.open("/themes/stone")
    assert "These sessions, their times and their rooms are illustrative." in page.text
    assert "illustrative" not in visitor.open("/themes/water").text

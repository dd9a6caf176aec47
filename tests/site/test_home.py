"""The front door: what the conference is, whether one can register, and where to go next."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app.database import transaction
from app.interchange import services
from app.programme import queries
from app.registration import links
from app.releases import services as releases_services
from config import ROOT
from tests.browser import Browser, Browsers, Page
from tests.clock_helpers import age_cached_pages, pass_time
from tests.factories import (
    get_ada_marsh,
    make_delegate,
    make_material,
    make_photo,
    make_session,
    make_theme,
    publish_programme,
    set_places,
)
from tests.lookups import get_session
from tests.pages import read_text

WEDNESDAY = "Wednesday 10 June 2009"
SOURCE = "Commission on Social Determinants of Health, World Health Organization, 2008"
AFTERNOON = datetime(2009, 6, 10, 13, tzinfo=UTC)  # 2pm at the conference
SHIPPED = ROOT / "content" / "conference.json"


def _registration_status(page: Page) -> str:
    """Read what the page says of registration."""
    (sentence,) = page.tree.find_by_class("hero__door")
    return read_text(sentence)


def _places_left(page: Page) -> list[str]:
    """Read how many places the page says are left."""
    return [read_text(one) for one in page.tree.find_by_class("hero__left")]


def _main_button(page: Page) -> tuple[str, str | None]:
    """Read the main button of the header, and where it leads."""
    (menu,) = (one for one in page.tree.find_all("nav") if one.get("aria-label") == "Main")
    (button,) = page.tree.find_by_class("action", within=menu)
    return read_text(button), button.get("href")


def _load_default_conference() -> None:
    with transaction():
        services.load_file(SHIPPED)
        releases_services.create_release()


def test_the_home_page_shows_title_dates_and_venue(visitor: Browser) -> None:
    page = visitor.open("/")

    assert page.heading == "Tides and Harbours"
    assert page.title == "Tides and Harbours – Whitby, Wednesday 10 June 2009"
    assert "Wednesday 10 to Thursday 11 June 2009, Whitby" in page.text
    assert "Two days by the sea." in page.text


def test_the_home_page_has_a_register_button_while_registration_is_open(visitor: Browser) -> None:
    page = visitor.open("/")

    assert _registration_status(page) == "Registration is open until 5pm on Monday 8 June 2009."
    assert page.follow("Register for a place").heading == "Register for the conference"


def test_the_home_page_says_when_registration_opens(visitor: Browser, frozen_time: Any) -> None:
    frozen_time.move_to("2009-04-30T12:00:00+01:00")

    page = visitor.open("/")

    assert _registration_status(page) == "Registration opens at 9am on Friday 1 May 2009."
    assert "Register for a place" not in page.links


def test_the_home_page_says_that_registration_has_closed(
    visitor: Browser, frozen_time: Any
) -> None:
    frozen_time.move_to("2009-06-08T17:00:00+01:00")

    page = visitor.open("/")

    assert _registration_status(page) == "Registration closed at 5pm on Monday 8 June 2009."
    assert "Register for a place" not in page.links


def test_the_home_page_says_immediately_when_the_last_place_is_taken(visitor: Browser) -> None:
    set_places(1)
    assert _registration_status(visitor.open("/")).startswith("Registration is open")

    make_delegate()

    page = visitor.open("/")
    assert (
        _registration_status(page)
        == "All places are taken. If someone cancels, registration opens again."
    )
    assert "Register for a place" not in page.links


def test_the_home_page_shows_the_number_of_remaining_places_if_few(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_places(10)
    for number in range(8):
        make_delegate(email=f"ada{number}@example.org")
    assert _places_left(visitor.open("/")) == []
    age_cached_pages(monkeypatch, timedelta(minutes=1))

    make_delegate()

    assert _places_left(visitor.open("/")) == ["One place is left."]


def test_registration_without_opening_and_closing_times_is_open(visitor: Browser) -> None:
    with transaction():
        queries.get_conference().registration_opens_at = None
        queries.get_conference().registration_closes_at = None
    publish_programme()

    assert _registration_status(visitor.open("/")) == "Registration is open."


def test_registration_without_places_has_not_opened(visitor: Browser) -> None:
    set_places(0)

    assert _registration_status(visitor.open("/")) == "Registration has not opened yet."


def test_the_cached_home_page_expires_when_registration_closes(
    visitor: Browser, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen_time.move_to("2009-06-08T16:59:30+01:00")
    visitor.open("/")
    pass_time(frozen_time, monkeypatch, timedelta(minutes=1))

    assert _registration_status(visitor.open("/")).startswith("Registration closed")


def test_the_home_page_shows_each_theme_with_name_shape_and_colour(visitor: Browser) -> None:
    page = visitor.open("/")

    assert "2 themes" in page.headings
    (themes,) = page.tree.find_by_class("gap")
    told = [
        (read_text(heading), item.get("class"), shape.get("href"))
        for item in page.tree.find_all("li", within=themes)
        for heading in page.tree.find_all("h3", within=item)
        for shape in item.iter("{http://www.w3.org/2000/svg}use")
    ]
    assert told == [
        ("Water", "theme-1", "#shape-circle"),
        ("Stone", "theme-2", "#shape-square"),
    ]
    assert page.follow("Water").heading == "Water"


def test_the_home_page_drawing_has_a_segment_for_each_theme(visitor: Browser) -> None:
    page = visitor.open("/")

    (gap,) = page.tree.find_by_class("gap--2")
    assert len(list(page.tree.find_by_class("gap__theme", within=gap))) == 2
    assert len(list(page.tree.find_by_class("gap__line", within=gap))) == 2 * (2 + 1)


def test_each_day_shows_its_keynotes_and_plenaries(visitor: Browser) -> None:
    make_session(title="Salt and time", kind="keynote", starts_at=AFTERNOON)
    publish_programme()

    page = visitor.open("/")

    shown = [read_text(one) for one in page.tree.find_by_class("glance")]
    first_day = "9:30am Opening Confirmed 2pm Salt and time Confirmed"
    assert shown == [
        f"{WEDNESDAY} {first_day} 2 more sessions, {WEDNESDAY}",
        "Thursday 11 June 2009 4pm Farewell Confirmed",
    ]
    assert page.links["Thursday 11 June 2009"] == "/programme/2009-06-11"
    assert page.links["Full programme"] == "/programme"
    more = page.follow("2 more sessions, Wednesday 10 June 2009")
    assert more.heading == "Programme for Wednesday 10 June 2009"


def test_the_home_page_shows_the_first_sessions_of_a_day_without_plenaries(
    visitor: Browser,
) -> None:
    with transaction():
        for session in queries.list_sessions():
            session.kind = session.kind.replace("plenary", "workshop")
    publish_programme()

    first = next(visitor.open("/").tree.find_by_class("glance"))

    assert read_text(first) == (
        f"{WEDNESDAY} 9:30am Opening Confirmed 11am Reading the tide Confirmed 11am Harbour walls"
    )


def test_the_home_page_shows_keynote_speakers_with_their_sessions(visitor: Browser) -> None:
    photo = make_photo(get_ada_marsh())
    publish_programme()

    page = visitor.open("/")

    (strip,) = page.tree.find_by_class("keynotes")
    assert [read_text(one) for one in page.tree.find_all("li", within=strip)] == [
        "A person, smiling Ada Marsh Harbour master Wed 10 Jun, 9:30am",
        "JM João Maré Reader in tides Wed 10 Jun, 9:30am",
    ]
    pictures = [one.get("src") for one in page.tree.find_all("img", within=strip)]
    assert pictures == [f"/photos/{photo.key}.jpg"]
    assert page.links["Wed 10 Jun, 9:30am"] == "/sessions/opening"
    assert page.follow("João Maré").heading == "João Maré"


def test_the_home_page_links_to_the_latest_news(visitor: Browser) -> None:
    page = visitor.open("/")

    assert page.links["Registration is open"] == "/whats-new/2008-09-01-registration-is-open"
    assert page.links["All news"] == "/whats-new"


def test_the_hero_figures_belong_to_the_default_conference_only(
    visitor: Browser, new_browser: Browsers
) -> None:
    assert "82 years" not in visitor.open("/").text

    _load_default_conference()

    page = new_browser().open("/")
    assert page.heading == "Closing the Gap in a Generation"
    (figures,) = page.tree.find_by_class("gap__figures")
    assert [read_text(line) for line in page.tree.find_all("p", within=figures)] == [
        "82 years Men’s life expectancy in Lenzie, near Glasgow",
        "28 years apart",
        "54 years Men’s life expectancy in Calton, Glasgow, a few kilometres away",
        f"Life expectancy at birth. Source: {SOURCE} (opens another website).",
    ]
    report = page.links["Read the report: Closing the gap in a generation (opens another website)"]
    assert report == "https://iris.who.int/handle/10665/43943"


@pytest.mark.empty
def test_the_home_page_before_the_first_release_looks_intentional(visitor: Browser) -> None:
    page = visitor.open("/")

    assert page.heading == "A conference is being prepared"
    assert page.title == "A conference is being prepared"
    assert "2008" not in read_text(next(page.tree.find_by_class("hero")))
    assert "Register for a place" not in page.links
    assert "See the programme" not in page.links
    assert page.headings[:2] == ["A conference is being prepared", "Plan your visit"]
    assert "All news" not in page.links
    assert page.links["Frequently asked questions"] == "/questions"


def test_the_home_page_of_a_demo_conference_says_so_first(visitor: Browser) -> None:
    with transaction():
        queries.get_conference().is_demo = True
    publish_programme()

    page = visitor.open("/")

    assert "This conference is invented. It was made up for testing." in page.text


def test_the_home_page_of_a_running_demo_conference_says_so_once(
    visitor: Browser, frozen_time: Any
) -> None:
    with transaction():
        queries.get_conference().is_demo = True
    publish_programme()

    frozen_time.move_to(AFTERNOON)

    assert visitor.open("/").text.count("invented") == 1


def test_markup_in_theme_names_is_escaped_on_the_home_page(visitor: Browser, site: Flask) -> None:
    make_theme(name='<script>alert(1)</script>" onload="x', summary="{{ 7 * 7 }}")
    with transaction():
        queries.get_conference().acronym = "../../../etc/passwd"
    publish_programme()

    page = visitor.open("/")

    assert '<script>alert(1)</script>" onload="x' in page.headings
    assert "{{ 7 * 7 }}" in page.text


# The state of the conference

MOMENTS = [
    ("2009-04-30T12:00:00+01:00", ("When to register", "/register")),
    ("2009-05-20T12:00:00+01:00", ("Register", "/register")),
    ("2009-06-08T16:59:59+01:00", ("Register", "/register")),
    ("2009-06-08T17:00:00+01:00", ("Find my booking", "/booking")),
    ("2009-06-10T00:00:00+01:00", ("On now", "/now")),
    ("2009-06-11T23:59:59+01:00", ("On now", "/now")),
]


@pytest.mark.parametrize(("moment", "button"), MOMENTS)
def test_the_main_button_of_every_page_follows_the_conference_phase(
    visitor: Browser, frozen_time: Any, moment: str, button: tuple[str, str]
) -> None:
    frozen_time.move_to(moment)

    for address in ("/", "/programme", "/help", "/feedback"):
        assert _main_button(visitor.open(address)) == button

    assert visitor.page.follow(button[0]).status == 200


def test_the_main_button_says_registration_full_until_someone_cancels(
    visitor: Browser,
) -> None:
    set_places(1)
    delegate = make_delegate()
    assert _main_button(visitor.open("/speakers")) == ("Registration full", "/register")

    visitor.open(f"/booking/{links.booking_token(delegate)}/cancel")
    visitor.press("Cancel my booking")

    assert _main_button(visitor.open("/speakers")) == ("Register", "/register")


def test_a_cached_page_expires_when_its_main_button_changes(
    visitor: Browser, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen_time.move_to("2009-06-09T23:59:30+01:00")
    visitor.open("/speakers")
    pass_time(frozen_time, monkeypatch, timedelta(minutes=1))

    assert _main_button(visitor.open("/speakers")) == ("On now", "/now")


def test_a_registration_page_updates_its_main_button(visitor: Browser, frozen_time: Any) -> None:
    frozen_time.move_to("2009-06-09T23:59:30+01:00")
    assert _main_button(visitor.open("/register")) == ("Find my booking", "/booking")

    frozen_time.shift(timedelta(minutes=1))

    assert _main_button(visitor.open("/register")) == ("On now", "/now")


def test_in_the_week_before_the_home_page_says_what_to_do_before_you_come(
    visitor: Browser, frozen_time: Any
) -> None:
    frozen_time.move_to("2009-06-03T00:00:00+01:00")

    page = visitor.open("/")

    assert page.headings[:2] == ["Tides and Harbours", "Before you come"]
    assert page.follow("Choose your sessions").heading == "My agenda"


def test_more_than_a_week_before_the_home_page_omits_before_you_come(
    visitor: Browser, frozen_time: Any
) -> None:
    frozen_time.move_to("2009-06-02T23:59:59+01:00")

    assert "Before you come" not in visitor.open("/").headings


def test_during_the_conference_the_home_page_begins_with_what_is_on_now(
    visitor: Browser, frozen_time: Any
) -> None:
    frozen_time.move_to("2009-06-10T10:45:00+01:00")

    page = visitor.open("/")

    assert page.headings[:6] == [
        "Tides and Harbours",
        "On now",
        "Coffee",
        "Next",
        "Reading the tide",
        "Harbour walls",
    ]
    assert list(page.tree.find_by_class("hero__state")) == []
    assert page.links["Venue and access"] == "/venue"


def test_after_the_conference_the_home_page_links_to_slides(
    visitor: Browser, frozen_time: Any
) -> None:
    frozen_time.move_to("2009-06-12T00:00:00+01:00")
    page = visitor.open("/")
    assert _registration_status(page) == "The conference has ended."
    assert list(page.tree.find_by_class("action")) == []
    assert "Plan your visit" not in page.headings
    visit = next(
        one for one in page.tree.find_all("section") if one.get("aria-labelledby") == "visit"
    )
    assert [read_text(one) for one in page.tree.find_all("a", within=visit)] == [
        "Full programme",
        "My agenda",
        "Find your booking",
        "Feedback",
        "Health inequalities",
    ]

    make_material(get_session("farewell"))

    page = visitor.open("/")
    assert _main_button(page) == ("Slides and papers", "/#slides")
    assert page.links["See slides and papers"] == "#slides"
    slides = page.tree.find_by_id("slides")
    assert slides is not None
    assert read_text(slides) == "Slides and papers"
    assert "One session has slides or papers." in page.text


def test_after_the_conference_the_home_page_links_to_recordings(
    visitor: Browser, frozen_time: Any
) -> None:
    with transaction():
        get_session("opening").links = '[["https://video.example/opening", "Recording"]]'
    publish_programme()
    make_material(get_session("farewell"))
    frozen_time.move_to("2009-06-12T00:00:00+01:00")

    page = visitor.open("/")

    assert _main_button(page) == ("Recordings", "/#slides")
    assert page.links["See recordings and slides"] == "#slides"
    assert "2 sessions have recordings, slides or papers." in page.text
    (found,) = (
        one for one in page.tree.find_all("section") if one.get("aria-labelledby") == "slides"
    )
    assert [read_text(one) for one in page.tree.find_all("a", within=found)] == [
        "Opening",
        "Farewell",
        "All sessions by title",
    ]
    assert page.follow("Opening").links["Recording"] == "https://video.example/opening"


def test_a_material_link_is_a_recording_if_its_title_says_so(
    visitor: Browser, frozen_time: Any
) -> None:
    frozen_time.move_to("2009-06-12T00:00:00+01:00")
    farewell, video = get_session("farewell"), "https://video.example/farewell"
    make_material(farewell, title="Paper", kind="link", address=video)
    assert _main_button(visitor.open("/"))[0] == "Slides and papers"

    make_material(farewell, title="Recording of the talk", kind="link", address=video)

    page = visitor.open("/")
    assert _main_button(page)[0] == "Recordings"
    assert "One session has a recording, slides or papers." in page.text


def test_after_the_conference_the_home_page_lists_every_session_with_slides(
    visitor: Browser, frozen_time: Any
) -> None:
    for number in range(14):
        make_material(make_session(title=f"Talk {number:02}", slug=f"talk-{number}"))
    publish_programme()
    frozen_time.move_to("2009-06-12T00:00:00+01:00")

    page = visitor.open("/")

    assert "14 sessions have slides or papers." in page.text
    summaries = [read_text(one) for one in page.tree.find_all("summary", within=page.main)]
    assert summaries == ["2 more sessions"]
    assert page.follow("Talk 13").heading == "Talk 13"

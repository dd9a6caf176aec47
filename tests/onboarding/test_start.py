"""A new conference in place of the example: everything invented goes, at once and whole."""

from datetime import date
from functools import partial
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from app import clock
from app.accounts.models import FORMER, Person
from app.cache_version import bump_cache_version
from app.content import services as content
from app.content.versions import ContentDraft, ContentKey
from app.content.views import get_content_folder
from app.database import Base, db, transaction
from app.delegates.models import CONFERENCE
from app.history.models import HistoryEntry
from app.interchange.demo.generator import generate_delegates
from app.mail.models import Email
from app.onboarding import queries, services
from app.onboarding.services import KEPT_TABLES, NewConference
from app.programme.models import Conference, Room, Session, Speaker, Theme
from app.registration import demo, seats
from app.registration import queries as registration
from app.releases import current_release
from app.releases import services as releases
from tests.browser import Browser, Page
from tests.factories import (
    grant_speaker_access,
    make_agenda,
    make_delegate,
    make_email,
    make_link,
    make_material,
    make_menu_entry,
    make_organiser,
    make_photo,
    make_proposal,
    make_scheduled_release,
    make_upload,
    sign_in,
)
from tests.races import is_waiting_for_lock, run_concurrently
from tests.waiting import wait_until

pytestmark = pytest.mark.empty

ANSWERS = {
    "title": "Tides and harbours",
    "first_day": "2010-03-04",
    "last_day": "2010-03-05",
    "time_zone": "America/Lima",
    "venue": "Callao",
    "rooms": "Pier\n\n  Quay \nPier",
    "themes": "Ebb\nFlow",
}
TIDES = NewConference("Tides and harbours", date(2010, 3, 4), date(2010, 3, 5), "America/Lima")
PUBLIC_PAGES = (
    *("/", "/programme", "/programme?view=grid", "/sessions", "/speakers", "/themes", "/search"),
    *("/search?q=health", "/now", "/changes", "/whats-new", "/site-map", "/venue", "/contact"),
    *("/questions", "/help", "/for-speakers", "/terms", "/privacy", "/complaints", "/agenda"),
    *("/register", "/feedback", "/accessibility", "/booking", "/offline"),
)


@pytest.fixture
def example(site: Flask) -> None:
    """The example, as `make run` loads it."""
    assert site.name == "app"
    with transaction():
        services.load_example(get_content_folder())


@pytest.fixture
def organiser(visitor: Browser, example: None) -> Browser:
    """An organiser of a site that shows the example."""
    return sign_in(visitor)


def use_the_example() -> None:
    """Leave something of everything that people may try out, as they might."""
    speaker = db.session.scalars(select(Speaker).order_by(Speaker.id)).first()
    session = db.session.scalars(select(Session).order_by(Session.id)).first()
    assert speaker
    assert session
    grant_speaker_access(speaker)
    make_photo(speaker)
    make_material(session)
    make_proposal(speaker, biography="She has measured every tide since 1990.")
    make_agenda(current_release.get_programme().sessions[0].slug)
    make_upload()
    make_scheduled_release()
    make_link()
    make_menu_entry()
    make_email(recipient="ada@example.org")
    make_email(recipient="grace@conference.example", template="invited")
    page = ContentDraft("Ours", "A page", "About us", date(2008, 10, 1))
    with transaction():
        demo.create(generate_delegates(3))
        content.create_first_version(ContentKey("page", "ours", "en"), page, actor="Grace")
        content.publish_notice(
            get_content_folder(),
            ContentDraft("The lift is out of order", "", "", date(2008, 10, 1)),
            expected_version=0,
            actor="Grace",
        )


def count_rows() -> dict[str, int]:
    """Count the rows of each table that belongs to a conference."""
    db.session.expire_all()
    return {
        table.name: number
        for table in Base.metadata.sorted_tables
        if table.name not in KEPT_TABLES
        and (number := db.session.scalar(select(func.count()).select_from(table)))
    }


def confirm(organiser: Browser, **other: str) -> Page:
    """Go as far as the question before everything is removed."""
    organiser.open("/organise/start")
    return organiser.press("Continue", {**ANSWERS, **other})


@pytest.mark.both_databases
def test_a_new_conference_replaces_the_example(organiser: Browser) -> None:
    use_the_example()
    lost = db.session.scalars(select(Session).order_by(Session.id)).first()
    assert lost
    address = f"/sessions/{lost.slug}"

    dashboard = organiser.open("/organise")
    assert "Set up your own conference" in dashboard.headings
    dashboard.follow("Start a new conference")
    asked = organiser.press("Continue", ANSWERS)
    assert asked.heading == "Replace “Closing the Gap in a Generation”?"
    assert "4 speakers" in asked.text
    assert "3 invented delegates" in asked.text
    assert "1 person’s access to speaker pages" in asked.text
    assert "Registration is open" in asked.text  # a news item
    done = organiser.press("Replace it and start")

    assert done.heading == "Dashboard"
    assert "The new conference is ready." in done.source
    assert "Set up your own conference" not in done.headings
    assert count_rows() == {
        "conference": 1,
        "content_version": 10,  # six pages written anew, three news items and a page removed
        "question": 11,  # those that every site asks
        "question_version": 11,
        "release": 1,
        "release_activation": 1,
        "room": 2,
        "theme": 2,
    }
    assert [one.name for one in db.session.scalars(select(Room).order_by(Room.position))] == [
        "Pier",
        "Quay",
    ]
    assert [one.name for one in db.session.scalars(select(Theme).order_by(Theme.position))] == [
        "Ebb",
        "Flow",
    ]
    assert organiser.fetch("GET", address).status_code == 404
    assert organiser.fetch("GET", "/ours").status_code == 404
    assert organiser.open("/").heading == "Tides and harbours"
    assert "Thursday 4 to Friday 5 March 2010, Callao" in organiser.page.text
    assert "Health inequalities" not in organiser.page.links
    assert "The lift is out of order" not in organiser.page.text


@pytest.mark.both_databases
def test_replacing_the_example_keeps_team_and_history_and_deletes_other_people(
    organiser: Browser,
) -> None:
    use_the_example()
    make_organiser("former@conference.example", FORMER)
    before = db.session.scalar(select(func.count()).select_from(HistoryEntry)) or 0

    confirm(organiser)
    organiser.press("Replace it and start")

    db.session.expire_all()
    people = db.session.scalars(select(Person.email).order_by(Person.email)).all()
    assert people == ["former@conference.example", "grace@conference.example"]
    assert db.session.scalars(select(Email.recipient)).all() == ["grace@conference.example"]
    entries = db.session.scalars(select(HistoryEntry).order_by(HistoryEntry.id)).all()
    assert len(entries) > before
    (started,) = [one for one in entries if one.summary.startswith("The conference “Tides")]
    assert started.actor == "grace@conference.example"
    assert "“Closing the Gap in a Generation” was deleted:" in started.summary
    assert "3 delegates" in started.summary
    assert organiser.open("/organise/history").heading == "History"


def test_setup_answers_can_be_changed_before_confirming(organiser: Browser) -> None:
    confirm(organiser)

    form = organiser.press("Change your answers")
    again = organiser.press("Continue", venue="Lima")

    assert form.value_of("Title") == "Tides and harbours"
    assert "Lima" in again.text
    assert organiser.open("/").heading == "Closing the Gap in a Generation"


@pytest.mark.parametrize(
    ("label", "typed", "error"),
    [
        ("title", "", "Enter the title of the conference"),
        ("first_day", "", "Enter the first day, like 2008-11-06"),
        ("last_day", "2010-03-03", "The last day cannot be before the first"),
        ("time_zone", "Lima", "Enter a time zone in the correct format, like Europe/London"),
        ("rooms", "x" * 201, "Enter names of 200 characters or fewer, each on its own line"),
        (
            "themes",
            "\n".join(map(str, range(101))),
            "Enter 100 names or fewer, each on its own line",
        ),
    ],
)
def test_invalid_setup_answers_are_reported(
    organiser: Browser, label: str, typed: str, error: str
) -> None:
    organiser.open("/organise/start")

    page = organiser.press("Continue", {**ANSWERS, label: typed}, 422)

    assert page.errors == [error]


@pytest.mark.both_databases
@pytest.mark.parametrize("is_cancelled", [False, True])
def test_a_conference_with_registrations_cannot_be_replaced(
    organiser: Browser,
    is_cancelled: bool,
) -> None:
    asked = confirm(organiser)
    make_delegate(days="2008-11-06", cancelled_at=clock.now() if is_cancelled else None)
    before = count_rows()

    refused = asked.press("Replace it and start", status=409)

    assert "because people have registered for it" in refused.text
    assert organiser.open("/organise/start").buttons == refused.buttons
    assert organiser.open("/organise/start/example").text == organiser.open("/organise/start").text
    assert "Set up your own conference" not in organiser.open("/organise").headings
    assert count_rows() == before


@pytest.mark.both_databases
def test_a_stale_confirmation_shows_the_current_conference(
    organiser: Browser, new_browser: object
) -> None:
    assert callable(new_browser)
    second = sign_in(new_browser(), "second@conference.example")
    confirm(organiser)
    confirm(second, title="Winds")
    organiser.press("Replace it and start")

    asked = second.press("Replace it and start", status=409)

    assert "Someone changed the conference after you opened this page" in asked.text
    assert asked.heading == "Replace “Tides and harbours”?"
    assert organiser.open("/").heading == "Tides and harbours"


@pytest.mark.both_databases
@pytest.mark.usefixtures("example")
def test_two_concurrent_confirmations_start_one_conference(site: Flask) -> None:
    seen = queries.get_replacement_preview().fingerprint
    folder = get_content_folder()

    def start(title: str) -> None:
        requested = NewConference(title, TIDES.starts_on, TIDES.ends_on, TIDES.time_zone)
        services.start(folder, requested, expected_fingerprint=seen, actor=title)

    ended = run_concurrently(site, [partial(start, title) for title in ("Tides", "Winds")])

    assert ended == [services.StaleInventory.message, "done"]
    assert db.session.scalar(select(Conference.title)) in {"Tides", "Winds"}
    assert count_rows()["release"] == 1


@pytest.mark.both_databases
def test_loading_the_example_waits_for_the_lock_on_places(site: Flask) -> None:
    """Both lock the places first and then the cache version, so neither blocks the other."""
    raised = list[Exception]()

    def load() -> None:
        with site.app_context():
            try:
                with transaction():
                    services.load_example(get_content_folder())
            except Exception as fault:  # noqa: BLE001 - whatever it is, the story looks at it
                raised.append(fault)
            db.session.remove()

    loading = Thread(target=load)
    with transaction():
        seats.lock_if_set(CONFERENCE)
        loading.start()
        if db.engine.dialect.name == "postgresql":
            wait_until(is_waiting_for_lock, "the example waits for the places")
        bump_cache_version()
    loading.join(60)

    assert raised == []
    assert count_rows()["release"] == 1


def test_a_failure_while_starting_a_conference_is_rolled_back(organiser: Browser) -> None:
    use_the_example()
    before = count_rows()
    with transaction():
        db.session.execute(
            text(
                "CREATE TRIGGER broken BEFORE INSERT ON release_activation "
                "BEGIN SELECT RAISE(ABORT, 'power cut'); END"
            )
        )

    with pytest.raises(IntegrityError, match="power cut"), transaction():
        services.start(get_content_folder(), TIDES, expected_fingerprint=None, actor="Grace")

    assert count_rows() == before
    assert organiser.open("/").heading == "Closing the Gap in a Generation"


@pytest.mark.both_databases
def test_the_example_can_be_loaded_again(organiser: Browser) -> None:
    home, news = organiser.open("/").text, organiser.open("/whats-new").text
    programme = organiser.open("/programme").text
    confirm(organiser)
    organiser.press("Replace it and start")
    organiser.open("/organise/settings").follow("Start a new conference")

    asked = organiser.follow("Load the example")
    done = asked.press("Load the example")

    assert "2 themes" in asked.text
    assert "The example has been loaded and published." in done.source
    assert organiser.open("/").text == home
    assert organiser.open("/whats-new").text == news
    assert organiser.open("/programme").text == programme
    assert registration.get_seat_counts().limit == 500


def test_the_example_can_be_kept(organiser: Browser) -> None:
    organiser.open("/organise")

    page = organiser.press("Keep the example")

    assert "You have kept the example." in page.source
    assert "Set up your own conference" not in page.headings
    assert "The example was kept" in organiser.open("/organise/history").text
    assert organiser.open("/organise/start").heading == "Start a new conference"


def test_a_programme_can_be_loaded_instead_of_starting_anew(organiser: Browser) -> None:
    assert organiser.open("/organise").follow("Load a programme").heading == "Load a programme"


def test_an_empty_site_offers_to_start_a_conference_or_load_the_example(visitor: Browser) -> None:
    page = sign_in(visitor).open("/organise")

    assert "Set up your own conference" in page.headings
    page.follow("Load the example").press("Load the example")
    assert visitor.open("/").heading == "Closing the Gap in a Generation"


def test_only_organisers_are_offered_to_start_a_conference(visitor: Browser) -> None:
    with transaction():
        services.load_example(get_content_folder())
    for role in ("editor", "desk", "viewer"):
        page = sign_in(visitor, f"{role}@conference.example", role).open("/organise")

        assert "Set up your own conference" not in page.headings


def test_leftover_texts_of_the_example_are_a_dashboard_task(organiser: Browser) -> None:
    with transaction():
        conference = db.session.scalars(select(Conference)).one()
        conference.acronym = "tides-2010"
        releases.create_release()
    edited = ContentDraft("Venue", "Where it is", "On the pier", date(2008, 10, 1))
    with transaction():
        content.create_first_version(ContentKey("page", "venue", "en"), edited, actor="Grace")

    asked = organiser.open("/organise").follow("9 pages and news items are still about the example")
    done = asked.press("Delete these texts")

    assert "The example’s texts have been deleted." in done.source
    assert "On the pier" in organiser.open("/venue").text
    assert organiser.fetch("GET", "/health-inequalities").status_code == 410
    assert "still those of the example" not in organiser.open("/organise").text
    assert (
        "None of the pages or news items is about the example any more."
        in organiser.open("/organise/start/texts").text
    )


def test_public_pages_of_a_new_conference_mention_nothing_of_the_example(
    organiser: Browser, new_browser: object
) -> None:
    assert callable(new_browser)
    confirm(organiser, rooms="", themes="")
    organiser.press("Replace it and start")
    visitor: Browser = new_browser()

    for address in PUBLIC_PAGES:
        page = visitor.open(address)
        words = f"{page.title} {page.text} {page.source}".casefold()
        for remnant in ("closing the gap", "london", "2008", "marmot", "illustrative", ">none"):
            assert remnant not in words, address


def test_commands_load_the_example_and_start_a_conference(site: Flask) -> None:
    runner = site.test_cli_runner()

    loaded = runner.invoke(args=["load-example"])
    started = runner.invoke(
        args=[
            *("new-conference", "--title", "Tides", "--first-day", "2010-03-04"),
            *("--time-zone", "America/Lima", "--room", "Pier", "--room", "Quay", "--places", "80"),
        ]
    )

    assert loaded.output == "The example has been loaded and published\n"
    assert started.output == (
        "“Tides” has been started. The previous conference has been deleted\n"
    )
    assert db.session.scalar(select(Conference.acronym)) == "tides-2010"
    assert registration.get_seat_counts().limit == 80
    make_delegate(days="2010-03-04")
    refused = runner.invoke(args=["load-example"])
    assert refused.exit_code == 1
    assert "because people have registered for it" in refused.output


def test_the_new_conference_command_refuses_invalid_options(site: Flask) -> None:
    args = ["new-conference", "--title", "Tides", "--first-day", "2010-03-04"]

    backwards = site.test_cli_runner().invoke(
        args=[*args, "--last-day", "2010-03-03", "--time-zone", "America/Lima"]
    )
    nowhere = site.test_cli_runner().invoke(args=[*args, "--time-zone", "Lima"])

    assert "The last day cannot be before the first" in backwards.output
    assert "Enter a time zone in the correct format" in nowhere.output
    assert (backwards.exit_code, nowhere.exit_code) == (1, 1)


def test_the_example_has_dietary_counts_for_each_meal(organiser: Browser) -> None:
    page = organiser.open("/organise/delegates/_requirements/dietary").press("Show requirements")

    lunches = (
        "Lunch on Thursday, 6 November 2008, 1pm",
        "Lunch on Friday, 7 November 2008, 11:45am",
    )
    assert [*page.rows[0]] == ["Requirement", *lunches]

"""The organisers' home page says what an organiser wants to know first."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Blueprint, Flask
from sqlalchemy import select

from app import clock, organise
from app.accounts.guards import require_a_part
from app.accounts.models import EDITOR
from app.database import db, transaction
from app.mail.models import FAILED, SENT
from app.programme.editing import sessions
from app.programme.models import Photo, PlannedRelease, Session, Speaker
from tests.browser import Browser, Page
from tests.factories import (
    a_delegate,
    a_letter,
    a_material,
    a_photo,
    a_room,
    a_session,
    a_speaker,
    places,
    published,
    signed_in,
)
from tests.pages import words


@pytest.fixture
def organiser(visitor: Browser) -> Browser:
    """An organiser who has signed in."""
    return signed_in(visitor)


def delegates(count: int) -> None:
    for number in range(1, count + 1):
        a_delegate(family_name=f"{number}")


def numbers(page: Page) -> dict[str, str]:
    (tiles,) = page.tree.of_class("numbers")
    return {
        "".join(tile[0].itertext()).strip(): "".join(tile[1].itertext()).strip() for tile in tiles
    }


def trail(page: Page) -> list[str]:
    there = [one for one in page.tree.every("nav") if one.get("aria-label") == "You are here"]
    return [words(one) for nav in there for one in page.tree.every("a", "span", within=nav)]


def test_a_stranger_is_asked_to_sign_in(visitor: Browser) -> None:
    answer = visitor.fetch("GET", "/organise")

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/sign-in?next=/organise"


@pytest.mark.own_site
def test_every_part_of_the_back_office_inherits_the_guard(site: Flask) -> None:
    part = Blueprint("part", __name__)
    part.add_url_rule("/part", view_func=lambda: "for organisers only")
    whole = Blueprint("office", __name__, url_prefix="/office")
    whole.before_request(require_a_part)
    whole.register_blueprint(part)
    site.register_blueprint(whole)

    assert site.before_request_funcs["organise"] == [require_a_part]
    assert organise.pages.url_prefix == "/organise"
    assert site.test_client().get("https://conference.example/office/part").status_code == 303


def test_the_trail_of_a_page_begins_in_the_back_office(organiser: Browser) -> None:
    a_speaker(name="Ada Lovelace")
    speaker = organiser.open("/organise/speakers").follow("Ada Lovelace")

    assert trail(organiser.open("/organise")) == trail(organiser.open("/organise/speakers")) == []
    assert trail(speaker) == ["The back office", "Speakers", "Ada Lovelace"]
    assert trail(speaker.follow("Change")) == [
        *("The back office", "Speakers", "Ada Lovelace"),
        "Change Ada Lovelace",
    ]
    assert trail(organiser.open("/organise/settings/places")) == [
        *("The back office", "Settings"),
        "Change the limit of places",
    ]


def test_an_empty_conference_says_what_will_be_there_and_what_to_do(organiser: Browser) -> None:
    page = organiser.open("/organise")

    assert page.heading == "The back office"
    assert "0 of 20 places are taken. 20 are left." in page.text
    assert "Nobody has registered yet" in page.text
    assert numbers(page)["letters waiting to go out"] == "0"


@pytest.mark.empty
def test_a_site_without_a_conference_says_how_to_begin(organiser: Browser) -> None:
    page = organiser.open("/organise")

    assert "Nobody has said yet how many places there are" in page.text
    assert "Nothing has been published yet" in page.text
    assert "There is no conference yet" in page.headings
    assert organiser.follow("Set the limit").heading == "Change the limit of places"
    organiser.open("/organise")
    assert organiser.follow("Load a programme from a file").address == "/organise/files"


def test_places_are_a_number_a_drawing_and_words(organiser: Browser) -> None:
    places(8)
    delegates(3)

    page = organiser.open("/organise")

    assert numbers(page)["places taken of 8"] == "3"
    (drawing,) = page.tree.of_class("bar")
    assert page.at(drawing.get("aria-labelledby", "")) == "3 of 8 places are taken. 5 are left."
    assert [one.get("width") for one in drawing] == ["100%", "37.5%"]


def test_a_full_conference_says_so(organiser: Browser) -> None:
    places(1)
    a_delegate()

    page = organiser.open("/organise")

    assert "Every place is taken" in page.text


@pytest.mark.parametrize(
    ("moment", "number", "meaning"),
    [
        ("2009-05-12T09:30:00+01:00", "29", "days until the conference"),
        ("2009-06-09T23:59:00+01:00", "1", "day until the conference"),
        ("2009-06-10T00:01:00+01:00", "Day 1", "of 2: the conference is on"),
        ("2009-06-11T23:59:00+01:00", "Day 2", "of 2: the conference is on"),
        ("2009-06-12T00:01:00+01:00", "Over", "The conference has taken place"),
    ],
)
def test_the_days_are_counted_by_the_clocks_of_the_conference(
    visitor: Browser, held_clock: Any, moment: str, number: str, meaning: str
) -> None:
    held_clock.move_to(moment)
    signed_in(visitor)

    page = visitor.open("/organise")

    assert numbers(page)[meaning] == number


def test_the_current_release_is_named(organiser: Browser) -> None:
    a_session()
    published()

    page = organiser.open("/organise")

    assert "Readers see release 2, published at 9:30am on Tuesday 12 May 2009." in page.text


def test_registration_says_until_when(organiser: Browser, held_clock: Any) -> None:
    places(3)

    assert "Registration is open until" in organiser.open("/organise").text
    held_clock.move_to("2009-06-12T09:00:00+01:00")
    assert "Registration closed at" in signed_in(organiser).open("/organise").text


def test_the_home_page_lets_an_organiser_out(organiser: Browser) -> None:
    organiser.open("/organise")

    assert organiser.press("Sign out").heading == "You are signed out"


def tasks(page: Page) -> dict[str, str]:
    """What needs doing, each with where that is done."""
    lists = page.tree.of_class("tasks")
    links = [link for one in lists for link in one.iter("a")]
    return {words(link): link.get("href", "") for link in links}


def test_letters_in_trouble_are_tasks(organiser: Browser, held_clock: Any) -> None:
    a_letter()
    assert "letter" not in str(tasks(organiser.open("/organise")))
    a_letter(state=FAILED)
    a_letter(state=SENT)
    held_clock.shift(timedelta(minutes=11))

    page = organiser.open("/organise")

    assert tasks(page)["1 letter could not be delivered"] == "/organise/letters?state=failed"
    assert (
        tasks(page)["1 letter has waited too long to go out"] == "/organise/letters?state=waiting"
    )


@pytest.mark.empty
def test_what_the_programme_lacks_are_tasks(organiser: Browser) -> None:
    whole = a_speaker(name="Whole", biography="Of whom all is known", confirmed_at=clock.now())
    a_photo(whole)
    a_session(title="Whole", room=a_room(), abstract="All of it", speakers=(whole,))
    a_session(title="Coffee", kind="break", room=a_room(), abstract="")
    a_session(title="Called off", starts_at=None, ends_at=None, cancelled_at=clock.now())
    bare = a_speaker(name="Bare", biography="", confirmed_at=None)
    a_session(title="Bare", starts_at=None, ends_at=None, room=None, abstract="", speakers=(bare,))
    a_session(title="Nobody", room=a_room(), abstract="Words", speakers=())

    page = organiser.open("/organise")

    assert tasks(page) == {
        "1 session without a time": "/organise/sessions?missing=time",
        "1 session without a room": "/organise/sessions?missing=room",
        "1 session without an abstract": "/organise/sessions?missing=abstract",
        "1 session without speakers": "/organise/sessions?missing=speakers",
        "1 speaker who has not confirmed": "/organise/speakers?confirmed=no",
        "1 speaker without a biography": "/organise/speakers?missing=biography",
        "1 speaker without a photo": "/organise/speakers?missing=photo",
    }


@pytest.mark.both_databases
def test_clashes_and_what_readers_do_not_see_yet_are_tasks(organiser: Browser) -> None:
    hall = a_room(name="Hall")
    a_session(title="One", room=hall)
    two = a_session(title="Two", room=hall)

    before = tasks(organiser.open("/organise"))
    with transaction():
        sessions.cancel(two, who="grace@conference.example")
    after = tasks(organiser.open("/organise"))

    assert before["1 clash in the working programme"] == "/organise/board"
    assert "1 clash in the working programme" not in after
    assert after["1 change that readers do not see yet"] == "/organise/publishing"


def test_slides_that_wait_for_the_organisers_word_are_a_task(organiser: Browser) -> None:
    waits = a_session(title="Harbour walls")
    a_material(waits, opens="word")
    a_material(waits, opens="word", title="Paper")
    a_material(a_session(title="Released"), opens="word", released_at=clock.now())
    a_material(a_session(title="Gone", withdrawn_at=clock.now()), opens="word")
    a_material(a_session(title="Open"))

    home = organiser.open("/organise")
    sessions = home.follow("1 session with slides or papers that wait for your word")
    session = sessions.follow("Harbour walls").follow("Files and links of this session")

    assert sessions.address == "/organise/sessions?missing=word"
    assert not {"Released", "Gone", "Open"} & set(sessions.links)
    session.press("Release Slides")
    organiser.open(session.address).press("Release Paper")
    assert "word" not in str(tasks(organiser.open("/organise")))


def test_a_planned_release_that_was_not_made_is_a_task(organiser: Browser) -> None:
    with transaction():
        db.session.add(
            PlannedRelease(
                publish_at=clock.now(), planned_at=clock.now(), who="Grace", state="failed"
            )
        )

    assert "1 planned release was not made" in tasks(organiser.open("/organise"))


def test_nothing_to_do_is_said(organiser: Browser) -> None:
    with transaction():
        for speaker in db.session.scalars(select(Speaker)):
            speaker.confirmed_at, speaker.biography = clock.now(), "Known to all"
            speaker.photo = Photo(
                key=speaker.key, description="A face", picture=b"", made_at=clock.now()
            )
        for session in db.session.scalars(select(Session)):
            session.abstract = "Of which all is known"
            session.room_id = session.room_id or a_room().id
    published()

    page = organiser.open("/organise")

    assert tasks(page) == {}
    assert "Nothing: no letter is stuck" in page.text


@pytest.mark.both_databases
def test_registrations_are_drawn_each_with_its_table(organiser: Browser, held_clock: Any) -> None:
    places(10)
    a_delegate(family_name="One", country="KE", days="2009-06-10")
    a_delegate(family_name="Two", country="KE", days="2009-06-10 2009-06-11")
    held_clock.move_to("2009-05-14T00:30:00+01:00")  # still the 13th by the clocks of London's sun
    a_delegate(family_name="Three", country="FR", days="2009-06-11")
    a_delegate(family_name="Four", country="FR", days="2009-06-11", cancelled_at=clock.now())

    page = signed_in(organiser).open("/organise")

    (curve,) = page.tree.of_class("curve")
    assert curve.get("points") == "0,180 200,144 400,144 600,126"
    assert "Tuesday 12 May 2009 2 2 Thursday 14 May 2009 1 3" in page.text
    assert "Kenya 2 France 1" in page.text
    assert "Wednesday 10 June 2009 2 Thursday 11 June 2009 2" in page.text


def test_many_countries_are_drawn_as_twelve(organiser: Browser) -> None:
    others = "FR DE BR IN CN US ZA NG PE PL PT RO RW SE"
    for number, country in enumerate(f"KE KE {others}".split()):
        a_delegate(family_name=str(number), country=country)

    page = organiser.open("/organise")

    assert "Kenya 2" in page.text
    assert "Other countries 4" in page.text


def test_an_editor_sees_no_letters_to_delegates(visitor: Browser) -> None:
    a_letter(state=FAILED)

    page = signed_in(visitor, role=EDITOR).open("/organise")

    assert "could not be delivered" not in page.text


@pytest.mark.parametrize("count", [1, 3])
def test_the_home_page_asks_the_same_few_questions(
    organiser: Browser, queries: list[str], count: int
) -> None:
    places(10)
    delegates(count)
    for _ in range(count):
        a_session(speakers=(a_speaker(),))
        a_letter()
        a_letter(state=FAILED)
    organiser.open("/organise")
    queries.clear()

    organiser.open("/organise")

    assert len(asked(queries)) == 8


def test_thousands_of_letters_make_no_longer_page(organiser: Browser, queries: list[str]) -> None:
    for number in range(2000):
        a_letter(state=FAILED if number % 2 else "waiting")
    organiser.open("/organise")
    queries.clear()

    page = organiser.open("/organise")

    assert numbers(page)["letters waiting to go out"] == "1000"
    assert len(asked(queries)) == 8
    assert len(page.source) < 20_000


def asked(queries: list[str]) -> list[str]:
    """Leave out the look at the edition, which other sites take once a second."""
    return [statement for statement in queries if "FROM edition" not in statement]

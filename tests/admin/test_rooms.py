"""Organisers look after rooms: what they hold and offer, in which order, and what is on in them."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.database import db
from app.history import queries as history
from app.programme.models import Room, Session
from tests.browser import Browser, Page
from tests.factories import make_room, make_session, publish_programme, sign_in
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


def test_the_list_shows_what_each_room_holds_and_offers(organiser: Browser) -> None:
    make_room(name="Attic", position=9)

    page = organiser.open("/organise/rooms")

    assert [list(row.values())[1:5] for row in page.rows] == [
        ["Great hall", "20", "Step-free access, Hearing loop", "3"],
        ["Boat house Illustrative", "8", "", "1"],
        ["Attic", "Not known", "", "0"],
    ]


@pytest.mark.empty
def test_before_there_is_a_programme_the_list_says_what_will_be_there(organiser: Browser) -> None:
    page = organiser.open("/organise/rooms")

    assert "No rooms yet" in page.headings
    page = page.follow("Add a room").press("Add this room", name="Tent")
    assert page.heading == "Tent"


@pytest.mark.parametrize("count", [1, 3])
def test_list_and_page_ask_the_same_few_questions(
    organiser: Browser, queries: list[str], count: int
) -> None:
    room = make_room(slug="tent")
    for _ in range(count):
        make_room()
        make_session(room=room)
    found = {}
    narrowed = "/organise/rooms?q=tent&used=yes&sort=-sessions"
    for address in ("/organise/rooms", narrowed, "/organise/rooms/tent"):
        organiser.open(address)
        queries.clear()
        organiser.open(address)
        found[address] = len([one for one in queries if "FROM site_state" not in one])

    assert found == {"/organise/rooms": 3, narrowed: 3, "/organise/rooms/tent": 5}


def test_a_room_is_added_with_all_that_is_known(organiser: Browser) -> None:
    form = organiser.open("/organise/rooms").follow("Add a room")

    page = form.press(
        "Add this room",
        name="Tent",
        capacity="1,200",
        access=["Step-free access", "A quiet space"],
        description="Behind the house.\nMind the ropes.",
        notes="The key is with the porter.",
    )

    assert page.heading == "Tent"
    assert page.summary_list == {
        "Capacity": "1200 people",
        "Access": "Step-free access A quiet space",
        "Description": "Behind the house. Mind the ropes.",
        "Notes": "The key is with the porter.",
    }
    assert "Readers will see this room once you publish the programme." in page.text
    assert names(organiser.open("/organise/rooms"))[-1] == "Tent"
    publish_programme()
    public = organiser.open("/rooms/tent")
    assert "porter" not in public.source
    assert "Behind the house." in public.text


@pytest.mark.parametrize("typed", ["many", "-1", "0", "1.5", "12345678", "٣"])
def test_a_capacity_is_a_number_of_people(organiser: Browser, typed: str) -> None:
    form = organiser.open("/organise/rooms/great-hall/change")

    page = form.press("Save", name="", capacity=typed, status=422)

    assert page.errors[0] == "Enter the room’s name"
    assert page.errors[1].startswith("Enter ")
    assert page.value_of("Capacity") == typed


def test_what_a_file_says_a_room_offers_is_kept(organiser: Browser) -> None:
    room = make_room(slug="tent", name="Tent", features="step-free sauna")

    form = organiser.open("/organise/rooms/tent/change")
    assert form.value_of("Access") == "Step-free access, Sauna"
    page = form.press("Save", access=["Sauna", "Hearing loop"])

    assert "Access before: Step-free access, sauna → after: Hearing loop, sauna" in page.text
    assert room.features == "hearing-loop sauna"
    page = page.press(
        "Undo: Tent: access changed from Step-free access, sauna to Hearing loop, sauna"
    )
    assert room.features == "step-free sauna"


@pytest.mark.both_databases
def test_two_organisers_at_once_see_both_versions(new_browser: Callable[[], Browser]) -> None:
    one = sign_in(new_browser(), "one@conference.example")
    other = sign_in(new_browser(), "other@conference.example")
    first = one.open("/organise/rooms/great-hall/change")
    second = other.open("/organise/rooms/great-hall/change")
    first.press("Save", capacity="30")

    page = second.press("Save", capacity="25", notes="Cold", status=409)

    assert page.title.startswith("Error: Change Great hall – ")
    assert page.rows == [
        {"": "Capacity", "Saved now": "30", "Yours": "25"},
        {"": "Notes", "Saved now": "nothing", "Yours": "Cold"},
    ]
    page = page.press("Save")
    assert "Capacity before: 30 → after: 25" in page.text
    assert len(history.list_entries("room great-hall")) == 2


@pytest.mark.both_databases
def test_rooms_are_put_in_order_one_step_at_a_time(organiser: Browser) -> None:
    make_room(name="Attic", position=1)  # beside one that has the same place
    page = organiser.open("/organise/rooms")
    assert names(page) == ["Great hall", "Boat house Illustrative", "Attic"]

    page = page.press("Move Attic up")
    assert done(page) == "The order of rooms has been changed. Readers see it once you publish."
    assert names(page) == ["Great hall", "Attic", "Boat house Illustrative"]
    page = page.press("Move Great hall down").press("Move Great hall down")

    assert names(page) == ["Attic", "Boat house Illustrative", "Great hall"]
    past = organiser.open("/organise/rooms/great-hall").text
    assert "Great hall was moved from place 2 to 3 in the order" in past
    publish_programme()
    assert db.session.scalars(select(Room.position).order_by(Room.id)).all() == [2, 1, 0]


@pytest.mark.parametrize(
    ("place", "order"),
    [
        ("1", ["Attic", "Great hall", "Boat house Illustrative"]),
        ("2", ["Great hall", "Attic", "Boat house Illustrative"]),
        ("3", ["Great hall", "Boat house Illustrative", "Attic"]),
        ("4", ["Great hall", "Boat house Illustrative", "Attic"]),
        ("0", ["Great hall", "Boat house Illustrative", "Attic"]),
        ("first", ["Great hall", "Boat house Illustrative", "Attic"]),
    ],
)
def test_a_room_is_moved_to_a_place_at_once(
    organiser: Browser, place: str, order: list[str]
) -> None:
    make_room(name="Attic", slug="attic", position=9)
    page = organiser.open("/organise/rooms/attic")

    page = page.press("Move there", {"Place, from 1 to 3": place})

    assert names(page) == order
    is_told = done(page).startswith("The order of rooms has been changed.")
    assert is_told is (place in {"1", "2"})


def test_the_list_is_searched_and_sorted(organiser: Browser) -> None:
    make_room(name="Älteste Halle", capacity=9, position=9)
    page = organiser.open("/organise/rooms")

    by_name = page.follow("Name")
    assert names(by_name) == ["Älteste Halle", "Boat house Illustrative", "Great hall"]
    assert "Move Great hall up" not in by_name.buttons
    by_capacity = by_name.follow("Capacity").follow("Capacity ↑")
    assert names(by_capacity) == ["Great hall", "Älteste Halle", "Boat house Illustrative"]
    assert names(page.press("Show", name="HALL alt")) == ["Älteste Halle"]
    assert "No room fits what you look for." in page.press("Show", name="cellar").text


def test_filters_narrow_the_list(organiser: Browser) -> None:
    make_room(name="Attic", position=9, features="sauna quiet")

    def narrowed(**chosen: str) -> list[str]:
        return names(organiser.open("/organise/rooms").press("Show", chosen))

    assert narrowed(use="With sessions") == ["Great hall", "Boat house Illustrative"]
    assert narrowed(use="Without sessions") == ["Attic"]
    assert narrowed(access="Step-free access") == ["Great hall"]
    assert narrowed(access="Sauna") == ["Attic"]
    assert narrowed(without="Access") == ["Boat house Illustrative"]
    assert narrowed(without="Capacity") == ["Attic"]
    assert "Move Attic up" not in organiser.page.buttons
    assert organiser.page.title.startswith("Rooms: Without Capacity – ")
    assert narrowed(access="Sauna", use="With sessions") == []
    assert len(names(organiser.page.follow("Show all"))) == 3


def test_a_long_list_has_pages_and_keeps_its_order(organiser: Browser) -> None:
    for number in range(60):
        make_room(name=f"Room {number:02}", position=number + 2)

    page = organiser.open("/organise/rooms")
    assert page.text_by_id("count") == "1 to 50 of 62 rooms"
    page = page.follow("Next page →")
    assert page.text_by_id("count") == "51 to 62 of 62 rooms"
    page = page.press("Move Room 48 up")

    assert (page.text_by_id("count"), names(page)[-1]) == ("1 to 50 of 62 rooms", "Room 48")
    page = page.press("Move Room 48 down")
    assert names(page)[:2] == ["Room 48", "Room 49"]
    assert names(page.follow("Name"))[:2] == ["Boat house Illustrative", "Great hall"]
    assert "There are not so many pages" in organiser.open("/organise/rooms?page=9").text


@pytest.mark.both_databases
def test_several_rooms_are_said_to_offer_something_at_once(organiser: Browser) -> None:
    attic = make_room(name="Attic", slug="attic", position=9, features="sauna quiet")
    make_room(name="Shed", position=10)
    ticked = {"Tick Great hall": True, "Tick Boat house": True, "Tick Attic": True}
    organiser.open("/organise/rooms?sort=-name")

    page = organiser.press("Add to the ticked rooms", {**ticked, "What they offer": "Hearing loop"})

    assert page.heading == "Hearing loop: add it to 2 rooms?"
    assert "1 of those you ticked stands so already and stays as it is." in page.text
    page = page.press("Add it")
    assert done(page) == "All of them have been changed. Readers see it once you publish."
    assert names(page) == ["Shed", "Great hall", "Boat house Illustrative", "Attic"]
    assert attic.features == "hearing-loop quiet sauna"
    page = organiser.open("/organise/rooms/attic")
    page = page.press(
        "Undo: Attic: access changed from sauna, A quiet space to Hearing loop, A quiet space, "
        "sauna"
    )
    assert attic.features == "sauna quiet"

    organiser.open("/organise/rooms")
    page = organiser.press("Take from the ticked rooms", {**ticked, "What they offer": "Sauna"})
    assert page.heading == "Sauna: take it from 1 room?"
    page.press("Take it away")
    assert attic.features == "quiet"


@pytest.mark.both_databases
def test_several_rooms_are_deleted_but_none_that_sessions_use(organiser: Browser) -> None:
    for name in ("Attic", "Shed"):
        make_room(name=name, position=9)
    organiser.open("/organise/rooms?used=no")
    page = organiser.press("Delete the ticked rooms", {"Tick Attic": True, "Tick Shed": True})
    make_session(room=db.session.scalars(select(Room).where(Room.name == "Shed")).one())

    assert page.heading == "Delete 2 rooms?"
    page = page.press("Delete")

    assert done(page) == "They have been deleted. Readers see it once you publish."
    assert names(organiser.open("/organise/rooms")) == [
        "Great hall",
        "Boat house Illustrative",
        "Shed",
    ]
    page = organiser.press("Delete the ticked rooms", {"Tick Shed": True})
    assert page.heading == "Nothing to do"
    assert "Sessions use 1 of those you ticked, so it stays." in page.text


def test_a_room_has_to_be_ticked_before_several_are_changed(organiser: Browser) -> None:
    organiser.open("/organise/rooms?access=step-free")

    page = organiser.press("Add to the ticked rooms", status=422)

    assert page.errors == ["Tick at least one room first"]
    assert names(page) == ["Great hall"]
    token = page.tree.find_by_id("csrf_token")
    sent = {"csrf_token": token.get("value") if token is not None else "", "chosen": "great-hall"}
    page = organiser.send("POST", "/organise/rooms/_several", data={**sent, "deed": "give"})
    assert page.heading == "Nothing to do"


def test_a_room_in_use_gives_its_sessions_away_before_it_goes(organiser: Browser) -> None:
    page = organiser.open("/organise/rooms/great-hall").follow("Delete")
    assert "3 sessions are in this room: move them to another first." in page.text
    assert [row["Session"] for row in page.rows] == ["Opening", "Reading the tide", "Farewell"]

    form = page.follow("Move the sessions to another room")
    page = form.press("Move 3 sessions", {"Move them to": "Boat house"})

    assert done(page) == "The sessions have been moved. Readers are told once you publish."
    assert "Readers see it until you publish." in page.text
    told = [entry.summary for entry in history.list_entries("session opening")]
    assert told == ["Opening: room changed from Great hall to Boat house"]
    page = page.press("Delete")
    assert names(page) == ["Boat house Illustrative"]
    assert organiser.open("/rooms/great-hall").heading == "Great hall"
    publish_programme()
    organiser.open("/rooms/great-hall", status=404)
    assert "Boat house" in organiser.open("/sessions/opening").text


@pytest.mark.both_databases
def test_a_room_that_got_a_session_meanwhile_is_not_deleted(organiser: Browser) -> None:
    room = make_room(slug="tent", name="Tent")
    question = organiser.open("/organise/rooms/tent/delete")
    make_session(slug="late", room=room)

    page = question.press("Delete", status=409)

    assert "Sessions use Tent: move them to another first." in page.text
    late = db.session.scalars(select(Session).where(Session.slug == "late")).one()
    assert late.room is room

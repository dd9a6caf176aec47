"""Organisers look after rooms and themes: what they are, their order, and what is on in them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app.database import db, transaction
from app.history import queries as history
from app.programme.models import Room, Session, Theme
from tests.browser import Browser, Browsers, Page
from tests.factories import (
    FIRST_MORNING,
    make_prose,
    make_room,
    make_session,
    make_speaker,
    make_theme,
    publish_programme,
    sign_in,
)
from tests.pages import read_text
from tests.races import run_while_locked


class RoomOrTheme(NamedTuple):
    """What differs between tests of rooms and of themes."""

    name: str
    make: Callable[..., Any]
    first: str  # of the two that there are
    last: str
    last_in_list: str  # with the text beside its name

    @property
    def address(self) -> str:
        return f"/organise/{self.name}s"

    @property
    def public_address(self) -> str:
        return f"/{self.name}s"


ROOM = RoomOrTheme("room", make_room, "Great hall", "Boat house", "Boat house Illustrative")
THEME = RoomOrTheme("theme", make_theme, "Water", "Stone", "Stone")
NO_TIME: dict[str, Any] = {"starts_at": None, "ends_at": None}
each_thing = pytest.mark.parametrize("thing", [ROOM, THEME], ids=["rooms", "themes"])


def make(thing: RoomOrTheme, name: str, **values: Any) -> Any:
    slug = name.lower()
    own = {"key": slug} if thing is ROOM else {"letter": name[0]}
    return thing.make(name=name, slug=slug, **own, **values)


def names(page: Page) -> list[str]:
    return [name for row in page.rows for head, name in row.items() if head.startswith("Name")]


def get_success_message(page: Page) -> str:
    (note,) = page.tree.find_by_class("note--done")
    return read_text(note)


@each_thing
@pytest.mark.empty
def test_an_empty_list_of_rooms_or_themes_offers_to_add_one(
    organiser: Browser, thing: RoomOrTheme
) -> None:
    page = organiser.open(thing.address)

    assert f"No {thing.name}s yet" in page.headings
    page = page.follow(f"Add a {thing.name}").press(f"Add this {thing.name}", name="Wind")
    assert page.heading == "Wind"


@each_thing
@pytest.mark.parametrize("count", [1, 3])
def test_list_and_detail_pages_of_rooms_and_themes_need_a_constant_number_of_queries(
    organiser: Browser, queries: list[str], thing: RoomOrTheme, count: int
) -> None:
    wind = thing.make(slug="wind")
    for _ in range(count):
        thing.make()
        make_session(**{thing.name: wind})
    found = []
    for rest in ("", "?q=wind&used=yes&sort=-sessions", "/wind"):
        organiser.open(f"{thing.address}{rest}")
        queries.clear()
        organiser.open(f"{thing.address}{rest}")
        found.append(len([one for one in queries if "FROM site_state" not in one]))

    assert found == [4, 4, 5]


@each_thing
@pytest.mark.both_databases
def test_a_stale_edit_of_a_room_or_theme_shows_both_versions(
    new_browser: Browsers, thing: RoomOrTheme
) -> None:
    make(thing, "Wind")
    one = sign_in(new_browser(), "one@conference.example")
    other = sign_in(new_browser(), "other@conference.example")
    first = one.open(f"{thing.address}/wind/change")
    second = other.open(f"{thing.address}/wind/change")
    first.press("Save", name="Waft")

    page = second.press("Save", name="Whiff", notes="Cold", status=409)

    assert page.title.startswith("Error: Change “Waft” – ")
    assert page.rows == [
        {"": "Name", "Saved now": "Waft", "Yours": "Whiff"},
        {"": "Notes", "Saved now": "Not given", "Yours": "Cold"},
    ]
    assert page.press("Save").heading == "Whiff"
    assert [entry.summary for entry in history.list_entries(f"{thing.name} wind")] == [
        "Waft: name changed from Wind to Waft",
        "Whiff was changed: name, notes",
    ]


@each_thing
@pytest.mark.both_databases
def test_rooms_and_themes_can_be_moved_one_step_up_or_down(
    organiser: Browser, thing: RoomOrTheme
) -> None:
    first, last = thing.first, thing.last_in_list
    thing.make(name="Attic", position=1)  # beside one that has the same place
    page = organiser.open(thing.address)
    assert names(page) == [first, last, "Attic"]

    page = page.press("Move Attic up")
    assert get_success_message(page) == (
        f"The order of {thing.name}s has been changed. It will be public when you publish."
    )
    assert names(page) == [first, "Attic", last]
    page = page.press(f"Move {first} down").press(f"Move {first} down")

    assert names(page) == ["Attic", last, first]
    slug = first.lower().replace(" ", "-")
    assert page.address.endswith(f"#{slug}")
    past = organiser.open(f"{thing.address}/{slug}").text
    assert f"{first} was moved from place 2 to 3 in the order" in past
    publish_programme()
    model = Room if thing is ROOM else Theme
    assert db.session.scalars(select(model.position).order_by(model.id)).all() == [2, 1, 0]


@each_thing
@pytest.mark.parametrize(
    ("place", "at"), [("1", 0), ("2", 1), ("3", 2), ("4", 2), ("0", 2), ("first", 2)]
)
def test_a_room_or_theme_can_be_moved_to_a_position(
    organiser: Browser, thing: RoomOrTheme, place: str, at: int
) -> None:
    make(thing, "Attic", position=9)
    page = organiser.open(f"{thing.address}/attic")

    page = page.press("Move", {"Position, from 1 to 3": place})

    assert names(page).index("Attic") == at
    is_told = get_success_message(page).startswith(f"The order of {thing.name}s has been changed.")
    assert is_told is (place in {"1", "2"})


@each_thing
def test_rooms_and_themes_can_be_searched_and_sorted(
    organiser: Browser, thing: RoomOrTheme
) -> None:
    thing.make(name="Älteste Halle", position=9)
    page = organiser.open(thing.address)

    by_name = page.follow("Name")
    assert names(by_name) == sorted(
        [thing.first, thing.last_in_list, "Älteste Halle"], key=lambda name: name.replace("Ä", "A")
    )
    assert f"Move {thing.first} up" not in by_name.buttons
    assert names(page.press("Search", name="HALL alt")) == ["Älteste Halle"]
    assert f"No {thing.name}s found" in page.press("Search", name="cellar").text


@each_thing
def test_a_long_list_of_rooms_or_themes_is_paginated_in_order(
    organiser: Browser, thing: RoomOrTheme
) -> None:
    for number in range(60):
        thing.make(name=f"Thing {number:02}", position=number + 2)
    before, after = (f"{rows} of 62 {thing.name}s" for rows in ("1 to 50", "51 to 62"))

    page = organiser.open(thing.address)
    assert page.text_by_id("count") == before
    page = page.follow("Next page →")
    assert page.text_by_id("count") == after
    page = page.press("Move Thing 48 up")

    assert (page.text_by_id("count"), names(page)[-1]) == (before, "Thing 48")
    page = page.press("Move Thing 48 down")
    assert names(page)[:2] == ["Thing 48", "Thing 49"]
    assert page.follow("Name").text_by_id("count") == before
    assert (
        "This list does not have that many pages" in organiser.open(f"{thing.address}?page=9").text
    )


@each_thing
@pytest.mark.both_databases
def test_rooms_and_themes_without_sessions_can_be_deleted_in_bulk(
    organiser: Browser, thing: RoomOrTheme
) -> None:
    for name in ("Attic", "Shed"):
        make(thing, name, position=9)
    organiser.open(f"{thing.address}?used=no")
    assert organiser.press(f"Delete selected {thing.name}s", status=422).errors == [
        f"Select at least one {thing.name}"
    ]
    ticked = {"Select Attic": True, "Select Shed": True}
    page = organiser.press(f"Delete selected {thing.name}s", ticked)
    model = Room if thing is ROOM else Theme
    shed: Any = db.session.scalars(select(model).where(model.name == "Shed")).one()
    make_session(**{thing.name: shed})

    assert page.heading == f"Delete 2 {thing.name}s?"
    page = page.press("Delete")

    assert (
        get_success_message(page)
        == "All selected items have been deleted. The public site changes when you publish."
    )
    assert [one.summary for one in history.list_entries(f"{thing.name} attic")] == [
        "Attic was deleted"
    ]
    assert names(organiser.open(thing.address)) == [thing.first, thing.last_in_list, "Shed"]
    page = organiser.press(f"Delete selected {thing.name}s", {"Select Shed": True})
    assert page.heading == "Nothing to do"
    assert "1 of those you selected has sessions, so it will not be deleted." in page.text


@pytest.mark.both_databases
def test_bulk_deletion_counts_and_skips_rooms_deleted_since(
    organiser: Browser,
) -> None:
    for name in ("Attic", "Shed"):
        make(ROOM, name, position=9)
    organiser.open("/organise/rooms")
    ticked = {"Select Attic": True, "Select Shed": True}
    form = organiser.press("Delete selected rooms", ticked)
    with transaction():
        db.session.execute(delete(Room).where(Room.name == "Attic"))

    page = form.press("Delete")

    assert page.heading == "Done, except for what is no longer there"
    assert "“Delete selected rooms” was done for the rest." in page.text
    left_out = "1 of those you selected is no longer in the list, so it is skipped."
    assert left_out in page.text
    assert names(page.follow("Go back")) == [ROOM.first, ROOM.last_in_list]
    page = form.press("Delete")
    assert page.heading == "Nothing to do"
    assert "2 of those you selected are no longer in the list" in page.text


@pytest.mark.postgresql_only
def test_bulk_deletion_names_and_skips_a_room_deleted_during_it(
    organiser: Browser, site: Flask
) -> None:
    for name in ("Attic", "Loft", "Shed"):
        make(ROOM, name, position=9)
    organiser.open("/organise/rooms")
    ticked = {f"Select {name}": True for name in ("Attic", "Loft", "Shed")}
    form = organiser.press("Delete selected rooms", ticked)

    run_while_locked(
        site,
        lambda: db.session.execute(delete(Room).where(Room.name == "Loft")),
        lambda: None,
        lambda: form.press("Delete"),
    )

    page = organiser.page
    assert page.heading == "Done, except for what is no longer there"
    assert "“Delete selected rooms” was done for the rest." in page.text
    assert "is no longer in the list, so it is skipped. Loft" in page.text
    assert names(page.follow("Go back")) == [ROOM.first, ROOM.last_in_list]


@pytest.mark.parametrize(
    ("thing", "refusal", "way", "message"),
    [
        (
            ROOM,
            "2 sessions are in this room. Move them to another room first.",
            "Move sessions to another room",
            "The sessions have been moved. The change will be public when you publish.",
        ),
        (
            THEME,
            "2 sessions have this theme. Give them another theme first.",
            "Move sessions to another theme",
            "The sessions have been moved. The change will be public when you publish.",
        ),
    ],
    ids=["rooms", "themes"],
)
def test_a_room_or_theme_with_sessions_is_deleted_after_moving_them(
    organiser: Browser, thing: RoomOrTheme, refusal: str, way: str, message: str
) -> None:
    wind = make(thing, "Wind")
    for slug in ("calm", "storm"):
        make_session(title=slug, slug=slug, key=slug, **{thing.name: wind})
    publish_programme()
    page = organiser.open(f"{thing.address}/wind").follow("Delete")
    assert refusal in page.text
    assert [row["Session"] for row in page.rows] == ["calm", "storm"]

    form = page.follow(way)
    page = form.press("Move 2 sessions", {"Move them to": thing.first})

    assert get_success_message(page) == message
    assert "It stays public until you next publish." in page.text
    told = [entry.summary for entry in history.list_entries("session calm")]
    assert told == [f"calm: {thing.name} changed from Wind to {thing.first}"]
    page = page.press("Delete")
    assert names(page) == [thing.first, thing.last_in_list]
    assert organiser.open(f"{thing.public_address}/wind").heading == "Wind"
    publish_programme()
    organiser.open(f"{thing.public_address}/wind", status=404)
    assert thing.first in organiser.open("/sessions/calm").text


@pytest.mark.both_databases
@each_thing
def test_sessions_can_be_added_to_a_room_or_theme_in_bulk_and_undone(
    organiser: Browser, thing: RoomOrTheme
) -> None:
    here, other = make(thing, "Wind"), make(thing, "Sand")
    make_session(title="Already here", **{thing.name: here})
    free = make_session(title="Free", **NO_TIME)
    taken = make_session(title="Taken", **NO_TIME, **{thing.name: other})
    page = organiser.open(f"{thing.address}/{here.slug}").follow("Add sessions")
    titles = [row["Title"] for row in page.rows]
    assert (titles.index("Free") < titles.index("Taken"), "Already here" in titles) == (True, False)

    page = page.press("Find", find_by_title_or_speaker="taken", select_taken=True)
    page = page.press("Find", find_by_title_or_speaker="free")
    assert [row["Title"] for row in page.rows] == ["Taken", "Free"]  # what is ticked stays
    page = page.press("Add selected sessions", select_free=True)

    assert (
        get_success_message(page)
        == "The sessions have been added. Changes will be public when you publish."
    )
    assert sorted(row["Session"] for row in page.rows) == ["Already here", "Free", "Taken"]
    db.session.expire_all()
    assert getattr(free, thing.name) is getattr(taken, thing.name)
    page = page.press("Undo adding 2 sessions")
    assert get_success_message(page) == "Undone. The sessions are as they were before."
    assert [row["Session"] for row in page.rows] == ["Already here"]
    db.session.expire_all()
    assert (getattr(free, thing.name), getattr(taken, thing.name)) == (None, other)


@each_thing
def test_adding_sessions_is_a_conflict_if_one_has_changed(
    organiser: Browser, new_browser: Browsers, thing: RoomOrTheme
) -> None:
    here = make(thing, "Wind")
    first = make_session(title="First", **NO_TIME)
    second = make_session(title="Second", **NO_TIME)
    page = organiser.open(f"{thing.address}/{here.slug}/sessions")
    sign_in(new_browser(), "ada@conference.example").open(
        f"/organise/sessions/{second.slug}/change"
    ).press("Save", title="Second, changed")

    page = page.press("Add selected sessions", select_first=True, select_second=True, status=409)

    assert "Someone else has changed “Second, changed” since you opened this page." in page.text
    db.session.expire_all()
    assert (getattr(first, thing.name), getattr(second, thing.name)) == (None, None)
    page.press("Add selected sessions", select_second_changed=True)
    db.session.expire_all()
    assert getattr(second, thing.name) is not None


def test_adding_sessions_to_a_room_warns_of_clashes_first(organiser: Browser) -> None:
    hall, house = make_room(name="Great hall"), make_room(name="Boat house")
    times: dict[str, Any] = {
        "starts_at": FIRST_MORNING,
        "ends_at": FIRST_MORNING + timedelta(hours=1),
    }
    make_session(title="Already here", room=hall, **times)
    moved = make_session(title="Moved", room=house, **times)
    page = organiser.open(f"/organise/rooms/{hall.slug}/sessions")

    page = page.press("Add selected sessions", select_moved=True, status=422)

    assert "This would cause 1 clash" in page.headings
    assert "Moved: “Already here” is in Great hall at the same time" in page.text
    db.session.expire_all()
    assert moved.room is house
    page.press("Add with these clashes")
    db.session.expire_all()
    assert moved.room is hall


def test_sessions_can_be_added_while_adding_a_room(organiser: Browser) -> None:
    make_session(title="Free")
    organiser.open("/organise/rooms").follow("Add a room")

    page = organiser.press("Save and add sessions", name="Annexe")
    assert page.heading == "Add sessions to Annexe"
    page = page.press("Add selected sessions", select_free=True)

    assert [row["Session"] for row in page.rows] == ["Free"]


def test_undoing_added_sessions_is_refused_for_other_changes(organiser: Browser) -> None:
    hall = make_room(name="Great hall")
    organiser.open(f"/organise/rooms/{hall.slug}/change").press("Save", name="Hall")
    entry = history.list_newest(f"room {hall.key}")[0]

    page = organiser.open(f"/organise/rooms/{hall.slug}?undo={entry.id}")
    page = page.press("Undo adding 1 session", status=409)

    assert "This is not a change of a session" in page.text
    assert "Undo adding" not in organiser.open(f"/organise/rooms/{hall.slug}?undo=1.x").text


@pytest.mark.parametrize("count", [1, 3])
def test_adding_sessions_needs_few_queries(
    organiser: Browser, queries: list[str], count: int
) -> None:
    hall, house = make_room(name="Great hall"), make_room(name="Boat house")
    for number in range(count):
        make_session(title=f"Session {number}", room=house, speakers=(make_speaker(),))
    organiser.open(f"/organise/rooms/{hall.slug}/sessions")
    queries.clear()

    organiser.open(f"/organise/rooms/{hall.slug}/sessions")

    assert len(queries) <= 8


@each_thing
@pytest.mark.parametrize("count", [3, 60])
def test_a_room_or_theme_lists_its_first_sessions_and_links_to_all(
    organiser: Browser, queries: list[str], thing: RoomOrTheme, count: int
) -> None:
    wind = make(thing, "Wind")
    for number in range(count):
        make_session(title=f"Session {number:02}", **{thing.name: wind})
    organiser.open(f"{thing.address}/wind")  # what every page reads once

    for page in ("", "/delete", "/empty"):
        queries.clear()
        organiser.open(f"{thing.address}/wind{page}")
        assert len([one for one in queries if "site_state" not in one]) <= 8
        listed = [one for one in organiser.page.links if one.startswith("Session ")]
        assert listed == [f"Session {number:02}" for number in range(min(count, 50))]
        assert ("Show all 60 sessions" in organiser.page.links) == (count == 60)

    assert f"Move {count} sessions" in organiser.page.buttons
    if count == 60:
        every = organiser.page.follow("Show all 60 sessions")
        assert "1 to 50 of 60 sessions" in every.text


@each_thing
@pytest.mark.both_databases
def test_a_room_or_theme_that_got_a_session_since_is_not_deleted(
    organiser: Browser, thing: RoomOrTheme
) -> None:
    wind = make(thing, "Wind")
    question = organiser.open(f"{thing.address}/wind/delete")
    make_session(slug="late", **{thing.name: wind})

    page = question.press("Delete", status=409)

    assert "Sessions use Wind: move them to another first." in page.text
    late = db.session.scalars(select(Session).where(Session.slug == "late")).one()
    assert getattr(late, thing.name) is wind


@each_thing
def test_an_unknown_room_or_theme_is_not_found(organiser: Browser, thing: RoomOrTheme) -> None:
    page = organiser.open(f"{thing.address}/nowhere", status=404)

    assert f"There is no {thing.name} at that web address" in page.text


def test_the_room_list_shows_capacity_and_access_features(organiser: Browser) -> None:
    make_room(name="Attic", position=9)

    page = organiser.open("/organise/rooms")

    assert [list(row.values())[1:5] for row in page.rows] == [
        ["Great hall", "20", "Step-free access, Hearing loop", "3"],
        ["Boat house Illustrative", "8", "", "1"],
        ["Attic", "Not known", "", "0"],
    ]


def test_a_room_can_be_added_with_every_field(organiser: Browser) -> None:
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
        "Capacity": "1,200 people",
        "Access": "Step-free access A quiet space",
        "Description": "Behind the house. Mind the ropes.",
        "Notes": "The key is with the porter.",
    }
    assert "This room will be public when you publish the programme." in page.text
    listed = organiser.open("/organise/rooms")
    assert names(listed)[-1] == "Tent"
    assert listed.rows[-1]["Capacity"] == "1,200"
    publish_programme()
    public = organiser.open("/rooms/tent")
    assert "porter" not in public.source
    assert "Behind the house." in public.text


@pytest.mark.parametrize("typed", ["many", "-1", "0", "1.5", "12345678", "٣"])
def test_an_invalid_room_capacity_is_refused(organiser: Browser, typed: str) -> None:
    form = organiser.open("/organise/rooms/great-hall/change")

    page = form.press("Save", name="", capacity=typed, status=422)

    assert page.errors[0] == "Enter the room’s name"
    assert page.errors[1].startswith("Enter ")
    assert page.value_of("Capacity") == typed


def test_access_features_loaded_from_a_file_are_kept(organiser: Browser) -> None:
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


def test_the_room_list_can_be_filtered(organiser: Browser) -> None:
    make_room(name="Attic", position=9, features="sauna quiet")

    def narrowed(**chosen: str) -> list[str]:
        return names(organiser.open("/organise/rooms").press("Search", chosen))

    assert narrowed(use="With sessions") == ["Great hall", "Boat house Illustrative"]
    assert narrowed(use="Without sessions") == ["Attic"]
    assert narrowed(access="Step-free access") == ["Great hall"]
    assert narrowed(access="Sauna") == ["Attic"]
    assert narrowed(missing="Access") == ["Boat house Illustrative"]
    assert narrowed(missing="Capacity") == ["Attic"]
    assert "Move Attic up" not in organiser.page.buttons
    assert organiser.page.title.startswith("Rooms: Missing Capacity – ")
    assert narrowed(access="Sauna", use="With sessions") == []
    assert len(names(organiser.page.follow("Clear filters"))) == 3


def test_rooms_can_be_sorted_by_capacity(organiser: Browser) -> None:
    make_room(name="Attic", capacity=9, position=9)

    page = organiser.open("/organise/rooms").follow("Capacity").follow("Capacity ↑")

    assert names(page) == ["Great hall", "Attic", "Boat house Illustrative"]


def test_a_bulk_action_on_rooms_requires_a_selection(organiser: Browser) -> None:
    organiser.open("/organise/rooms?access=step-free")

    page = organiser.press("Add to selected rooms", status=422)

    assert names(page) == ["Great hall"]
    token = page.tree.find_by_id("csrf_token")
    sent = {"csrf_token": token.get("value") if token is not None else "", "chosen": "great-hall"}
    page = organiser.send("POST", "/organise/rooms/_several", data={**sent, "action": "give"})
    assert page.heading == "Nothing to do"


@pytest.mark.both_databases
def test_an_access_feature_can_be_added_to_several_rooms(organiser: Browser) -> None:
    attic = make_room(name="Attic", slug="attic", position=9, features="sauna quiet")
    make_room(name="Shed", position=10)
    ticked = {"Select Great hall": True, "Select Boat house": True, "Select Attic": True}
    organiser.open("/organise/rooms?sort=-name")

    page = organiser.press("Add to selected rooms", {**ticked, "Access feature": "Hearing loop"})

    assert page.heading == "Add “Hearing loop” to 2 rooms?"
    assert "1 of those you selected is like this already, so it will not change." in page.text
    page = page.press("Add")
    assert (
        get_success_message(page)
        == "All selected rooms have been changed. Changes will be public when you publish."
    )
    assert names(page) == ["Shed", "Great hall", "Boat house Illustrative", "Attic"]
    assert attic.features == "hearing-loop quiet sauna"
    page = organiser.open("/organise/rooms/attic")
    page = page.press(
        "Undo: Attic: access changed from sauna, A quiet space to Hearing loop, A quiet space, "
        "sauna"
    )
    assert attic.features == "sauna quiet"

    organiser.open("/organise/rooms")
    page = organiser.press("Remove from selected rooms", {**ticked, "Access feature": "Sauna"})
    assert page.heading == "Remove “Sauna” from 1 room?"
    page.press("Remove")
    assert attic.features == "quiet"


def list_theme_icons(page: Page) -> list[tuple[str, str]]:
    """Give colour and shape of each theme that a page draws."""
    return [
        (drawn.get("class", ""), used.get("href", ""))
        for drawn in page.tree.find_by_class("theme")
        if drawn.tag == "span"
        for used in drawn.iter()
        if used.tag.endswith("use")
    ]


def test_the_theme_list_shows_public_colours_and_shapes(organiser: Browser) -> None:
    page = organiser.open("/organise/themes")

    assert [list(row.values())[1:4] for row in page.rows] == [
        ["Water", "Water", "1"],
        ["Stone", "Stone", "1"],
    ]
    assert list_theme_icons(page) == [
        ("theme theme-1", "#shape-circle"),
        ("theme theme-2", "#shape-square"),
    ]


def test_a_new_theme_defaults_to_an_unused_shape_and_colour(organiser: Browser) -> None:
    form = organiser.open("/organise/themes").follow("Add a theme")
    assert (form.value_of("Shape"), form.value_of("Colour")) == ("Triangle", "Orange")

    page = form.press("Add this theme", name="Wind", summary="What blows.", notes="Ask the pilots")

    assert page.heading == "Wind"
    assert page.summary_list["Summary"] == "What blows."
    assert page.summary_list["With its letter"] == "W"
    assert list_theme_icons(page) == [("theme theme-3", "#shape-triangle")]
    assert "Wind was added to the themes" in page.text
    publish_programme()
    public = organiser.open("/themes/wind")
    assert "What blows." in public.text
    assert "pilots" not in public.source


def test_a_theme_has_a_short_name_for_lists(organiser: Browser) -> None:
    make_session(title="Tides", theme=db.session.get_one(Theme, 1))
    form = organiser.open("/organise/themes/water/change")

    page = form.press("Save", short_name="  Sea  and rivers ")

    assert page.summary_list["Short name"] == "Sea and rivers"
    assert "Water: short name is now Sea and rivers" in page.text
    publish_programme()
    rows = organiser.open("/programme?theme=water").tree.find_by_class("row__where")
    assert [read_text(one) for one in rows] == ["Sea and rivers", "Great hall Sea and rivers"]
    assert organiser.open("/themes/water").heading == "Water"
    page = organiser.open("/organise/themes/water/change").press(
        "Save", short_name="a" * 41, status=422
    )
    assert page.errors == ["The short name must be 40 characters or fewer"]


def test_a_theme_shape_and_colour_can_be_previewed(organiser: Browser) -> None:
    form = organiser.open("/organise/themes/water/change")

    page = form.press("Update preview", name="Waves", shape="Star", colour="Pink", letter="Ψ")

    assert list_theme_icons(page) == [("theme theme-5", "#shape-star")]
    assert page.value_of("Name") == "Waves"
    water = db.session.scalars(select(Theme).where(Theme.slug == "water")).one()
    assert (water.name, water.shape, water.palette) == ("Water", "circle", 1)


@pytest.mark.both_databases
def test_two_themes_cannot_share_shape_and_colour(organiser: Browser) -> None:
    form = organiser.open("/organise/themes/_add")
    page = form.press("Add this theme", name="Wind", shape="Circle", colour="Green", status=422)
    refusal = "Water already has this shape and colour. Choose another combination"
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
    assert "Wind already has this shape and colour" in page.text


def test_themes_loaded_with_the_same_shape_and_colour_can_be_renamed(organiser: Browser) -> None:
    make_theme(slug="rain", name="Rain", shape="circle", palette=1)

    form = organiser.open("/organise/themes/rain/change")

    assert form.press("Save", name="Drizzle").heading == "Drizzle"


def test_invalid_theme_fields_are_refused(organiser: Browser) -> None:
    form = organiser.open("/organise/themes/water/change")

    page = form.press("Save", name=" ", summary=make_prose(1001), letter="abc", status=422)

    assert page.errors == [
        "Enter the theme’s name",
        "The summary must be 1000 characters or fewer",
        "The letter must be 2 characters or fewer",
    ]
    assert read_text(page.main).count("Enter the theme’s name") == 2


def test_the_theme_list_can_be_filtered(organiser: Browser) -> None:
    make_theme(name="Wind", position=9, summary="What blows.")
    page = organiser.open("/organise/themes")

    assert names(page.press("Search", use="Without sessions")) == ["Wind"]
    assert names(page.press("Search", use="Without sessions", missing="Summary")) == []

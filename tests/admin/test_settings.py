"""The settings of the conference: explained, checked, in effect at once, kept in the history."""

import pytest
from flask import Flask

from app.database import db
from app.history import queries as history
from app.programme import queries as programme
from app.programme.editing import versioned_edits
from app.programme.fields.conference import CONFERENCE_FIELDS
from app.registration import queries as registration
from app.releases.current_release import conference_days
from tests.browser import Browser, Browsers, Page
from tests.factories import make_delegate, publish_programme, set_places, sign_in
from tests.pages import read_text


@pytest.fixture
def organiser(new_browser: Browsers) -> Browser:
    return sign_in(new_browser(), "grace@conference.example")


def change(organiser: Browser, status: int = 200, **typed: str) -> Page:
    organiser.open("/organise/settings/change")
    return organiser.press("Save", None, status, **typed)


def get_setting(page: Page, label: str) -> str:
    """Return one of the settings, as listed above their history."""
    (listing, *_) = page.tree.find_by_class("facts")
    told = [read_text(one) for one in page.tree.find_all("dt", "dd", within=listing)]
    return dict(zip(told[::2], told[1::2], strict=True))[label]


def test_a_setting_without_a_value_says_so(organiser: Browser) -> None:
    page = organiser.open("/organise/settings")

    assert get_setting(page, "Coordinates of the venue") == "Not set"


@pytest.mark.both_databases
def test_a_changed_conference_title_is_public_at_once(organiser: Browser, visitor: Browser) -> None:
    visitor.open("/")

    page = change(organiser, title="Tides and Storms", venue_optional="Scarborough")

    assert get_setting(page, "Title") == "Tides and Storms"
    assert "have been saved" in page.source
    assert visitor.open("/").heading == "Tides and Storms"
    assert "Scarborough" in visitor.page.title
    publish_programme()
    assert visitor.open("/").heading == "Tides and Storms"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("54.4885, -0.6152", "54.4885, -0.6152"),
        ("54.48850/-0.61520", "54.4885, -0.6152"),
        ("geo:54.4885,-0.6152", "54.4885, -0.6152"),
        ("54.4885° \N{MINUS SIGN}0.6152°", "54.4885, -0.6152"),
        ("-33.918861; 18.4233", "-33.918861, 18.4233"),
        ("-0.00000001, 180", "0, 180"),
    ],
)
def test_venue_coordinates_are_accepted_in_common_map_formats(
    organiser: Browser, visitor: Browser, typed: str, stored: str
) -> None:
    page = change(organiser, coordinates_of_the_venue_optional=typed)

    assert get_setting(page, "Coordinates of the venue") == stored
    assert f"Latitude and longitude: {stored}" in visitor.open("/venue").text


@pytest.mark.parametrize(
    ("typed", "stored", "shown"),
    [
        ("8am", "8am", "When doors open 8am each day"),
        ("08:30, 8.30 AM", "8:30am, 8:30am", "When doors open 8:30am each day"),
        (
            "12pm and 14:15",
            "midday, 2:15pm",
            "When doors open midday on Wednesday 10 June 2:15pm on Thursday 11 June",
        ),
    ],
)
def test_doors_can_open_at_one_time_or_per_day(
    organiser: Browser, visitor: Browser, typed: str, stored: str, shown: str
) -> None:
    page = change(organiser, doors_open_optional=typed)

    assert get_setting(page, "Doors open") == stored
    assert shown in visitor.open("/venue").text


def test_settings_loaded_from_a_file_wait_for_the_next_release(
    organiser: Browser, visitor: Browser
) -> None:
    programme.get_conference().title = "Loaded from a file"
    db.session.commit()

    page = change(organiser, venue_optional="Scarborough")

    assert "They will be public when you publish: Title" in page.text
    assert visitor.open("/").heading == "Tides and Harbours"
    assert "Scarborough" in visitor.page.title


def test_settings_changes_are_in_the_history_and_can_be_undone(
    organiser: Browser, visitor: Browser
) -> None:
    page = change(organiser, contact_email_address_optional="harbour@conference.example")

    entry = history.find_latest("conference")
    assert entry is not None
    assert (entry.actor, [(one.old, one.new) for one in entry.field_changes]) == (
        "grace@conference.example",
        [("tides@conference.example", "harbour@conference.example")],
    )
    undo = next(one for one in page.buttons if one.startswith("Undo"))
    page.press(undo)
    assert visitor.open("/.well-known/security.txt").source.startswith(
        "Contact: mailto:tides@conference.example"
    )


@pytest.mark.parametrize(
    ("typed", "label", "told"),
    [
        ({"title": " "}, "Title", "Enter the title of the conference"),
        ({"last_day": "2009-06-09"}, "Last day", "The last day cannot be before the first"),
        ({"last_day": "2010-06-09"}, "Last day", "A conference can last 60 days at most"),
        ({"first_day": "1066-06-09"}, "First day", "Enter a year between 1970 and 2199"),
        (
            {"time_zone": "../../etc/passwd"},
            "Time zone",
            "Enter a time zone in the correct format, like Europe/London",
        ),
        (
            {"registration_closes_optional": "2009-04-30T09:00"},
            "Registration closes (optional)",
            "Registration must open before it closes",
        ),
        (
            {"registration_opens_optional": "soon"},
            "Registration opens (optional)",
            "Enter a day and a time, like 2008-11-06 09:30",
        ),
        (
            {"registration_opens_optional": "2009-03-29T01:30"},
            "Registration opens (optional)",
            "The clocks go forward on that day and skip this time. Choose another",
        ),
        (
            {"contact_email_address_optional": "nobody"},
            "Contact email address (optional)",
            "Enter an email address in the correct format, like name@example.com",
        ),
        (
            {"coordinates_of_the_venue_optional": "by the harbour"},
            "Coordinates of the venue (optional)",
            "Enter a latitude and a longitude, like 51.5246, -0.1340",
        ),
        (
            {"coordinates_of_the_venue_optional": "51.5246, 181"},
            "Coordinates of the venue (optional)",
            "Enter a latitude and a longitude, like 51.5246, -0.1340",
        ),
        ({"doors_open_optional": "8"}, "Doors open (optional)", "Enter a time, like 8:30am"),
        ({"doors_open_optional": "25:00"}, "Doors open (optional)", "Enter a time, like 8:30am"),
        ({"doors_open_optional": "13pm"}, "Doors open (optional)", "Enter a time, like 8:30am"),
        (
            {"doors_open_optional": "8am, 9am, 10am"},
            "Doors open (optional)",
            "Enter one time for all days, or a time for each day",
        ),
        (
            {"minutes_to_walk_between_rooms": "-1"},
            "Minutes to walk between rooms",
            "Enter a number of minutes from 0 to 120",
        ),
    ],
)
def test_invalid_settings_are_refused(
    organiser: Browser, visitor: Browser, typed: dict[str, str], label: str, told: str
) -> None:
    page = change(organiser, 422, **typed)

    assert page.error_for(label) == told
    assert visitor.open("/").heading == "Tides and Harbours"


@pytest.mark.both_databases
def test_a_booked_conference_day_cannot_be_removed(organiser: Browser, visitor: Browser) -> None:
    make_delegate(days="2009-06-10 2009-06-11")
    make_delegate(given_names="Bea", days="2009-06-10")

    page = change(organiser, 422, last_day="2009-06-10")

    assert page.error_for("Last day") == (
        "1 delegate has booked Thursday 11 June 2009, so it must stay a day of the conference"
    )
    assert len(conference_days()) == 2


def test_conference_days_without_bookings_can_be_removed_and_added(
    organiser: Browser, visitor: Browser
) -> None:
    make_delegate(days="2009-06-10")

    page = change(organiser, last_day="2009-06-10")

    assert get_setting(page, "Days") == "Wednesday 10 June 2009"
    assert "Farewell, 4pm on Thursday 11 June 2009" in page.text
    assert len(conference_days()) == 1
    change(organiser, last_day="2009-06-12")
    assert len(conference_days()) == 3


def test_an_undo_cannot_remove_a_booked_conference_day(organiser: Browser) -> None:
    page = change(organiser, last_day="2009-06-12")
    make_delegate(days="2009-06-12")

    undo = next(one for one in page.buttons if one.startswith("Undo"))
    refused = page.press(undo, status=409)

    assert "1 delegate has booked Friday 12 June 2009" in refused.text
    assert len(conference_days()) == 3


def test_registration_closes_at_the_time_in_the_settings(
    organiser: Browser, visitor: Browser
) -> None:
    assert visitor.open("/register").heading != "Registration is closed"

    change(organiser, registration_closes_optional="2009-05-12T09:00")

    assert "Registration closed at 9am on Tuesday 12 May 2009" in visitor.open("/").text


def test_a_stale_edit_of_the_settings_shows_both_versions(
    organiser: Browser, new_browser: Browsers
) -> None:
    other = sign_in(new_browser(), "ida@conference.example")
    other.open("/organise/settings/change")
    change(organiser, title="Tides and Storms")

    late = other.press("Save", title="Tides and Winds", venue_optional="Hull", status=409)

    assert late.rows[0] == {
        "": "Title",
        "Saved now": "Tides and Storms",
        "Yours": "Tides and Winds",
    }
    assert late.value_of("Title") == "Tides and Winds"
    saved = late.press("Save")
    assert (get_setting(saved, "Title"), get_setting(saved, "Venue")) == ("Tides and Winds", "Hull")


@pytest.mark.both_databases
def test_raising_the_place_limit_is_recorded_in_the_history(
    organiser: Browser, visitor: Browser
) -> None:
    set_places(1)
    make_delegate()
    assert "All places are taken" in visitor.open("/").text

    organiser.open("/organise/settings/places")
    page = organiser.press("Save", number_of_places="2")

    assert "1 of 2 places are taken" in page.text
    assert "Registration is open" in visitor.open("/").text
    entry = history.find_latest("conference")
    assert entry is not None
    assert (entry.summary, entry.actor) == (
        "The limit was raised from 1 to 2",
        "grace@conference.example",
    )


def test_the_place_limit_cannot_be_lower_than_the_places_taken(organiser: Browser) -> None:
    make_delegate()

    organiser.open("/organise/settings/places")
    page = organiser.press("Save", number_of_places="0", status=422)

    assert page.error_for("Number of places") == (
        "1 place is taken already, so there cannot be only 0"
    )


@pytest.mark.parametrize("version", [None, "", "-1", "twenty", "2" * 10])
def test_a_place_limit_form_without_its_version_is_a_conflict(
    organiser: Browser, version: str | None
) -> None:
    page = organiser.open("/organise/settings/places")
    token = page.tree.find_by_id("csrf_token")
    assert token is not None
    began_with = {} if version is None else {"expected_version": version}
    sent = {"csrf_token": token.get("value"), "places": "7", **began_with}

    page = organiser.send("POST", page.address, 409, data=sent)

    assert registration.get_seat_counts().limit == 20
    assert page.press("Save").heading == "Settings"
    assert registration.get_seat_counts().limit == 7


def test_a_stale_edit_of_the_place_limit_is_refused(
    organiser: Browser, new_browser: Browsers
) -> None:
    other = sign_in(new_browser(), "ida@conference.example")
    other.open("/organise/settings/places")
    organiser.open("/organise/settings/places")
    organiser.press("Save", number_of_places="30")

    late = other.press("Save", number_of_places="40", status=409)

    assert "changed the limit to 30" in late.error_for("Number of places")
    assert "1 of" not in late.press("Save").text
    assert registration.get_seat_counts().limit == 40


def test_viewers_see_the_settings_but_cannot_change_them(new_browser: Browsers) -> None:
    viewer = sign_in(new_browser(), "vera@conference.example", role="viewer")

    page = viewer.open("/organise/settings")

    assert get_setting(page, "Title") == "Tides and Harbours"
    assert [link for link in page.links if link.startswith("Change ")] == []
    viewer.open("/organise/settings/change", 403)


@pytest.mark.empty
def test_settings_cannot_be_changed_without_a_conference(organiser: Browser) -> None:
    for address, status in (("/organise/settings", 200), ("/organise/settings/change", 409)):
        page = organiser.open(address, status)
        assert "No conference yet" in page.headings
        assert page.links["Go to the dashboard"] == "/organise"


def test_saving_unchanged_settings_saves_nothing(organiser: Browser, site: Flask) -> None:
    page = change(organiser)

    assert "There were no changes to save" in page.source
    assert programme.get_conference().version == 1


def test_settings_saved_before_the_first_release_wait_for_it(site: Flask) -> None:
    conference = programme.get_conference()
    conference.current_release, conference.public_settings = None, ""
    db.session.commit()

    versioned_edits.save(
        CONFERENCE_FIELDS,
        conference,
        {"title": "Not yet"},
        expected_version=conference.version,
        actor="a test",
    )

    assert conference.public_settings == ""

"""Organisers manage speakers: their details, their state, and what the public sees."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.accounts.models import VIEWER
from app.database import db
from app.history import queries as history
from app.programme.models import Absence, Appearance, Session, Speaker
from tests.browser import Browser, Browsers, Page
from tests.factories import (
    FIRST_MORNING,
    make_session,
    make_speaker,
    publish_programme,
    save,
    sign_in,
)
from tests.pages import read_text

WITH_A_LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff " * 5 + "Ng"

SEARCHES = {
    "joao MARE": ["João Maré"],
    "MARÉ joão": ["João Maré"],
    "whitby": ["Ada Marsh"],
    "ADA@example.ORG": ["Ada Marsh"],
    "ångström": ["Åsa ÅNGSTRÖM"],
    "angstrom asa": ["Åsa ÅNGSTRÖM"],
    "ostergard": ["Søren Østergård"],
    "مريم": ["مريم العلوي"],
    "100%": [],
    "a_a": [],
}


def names(page: Page) -> list[str]:
    """Give the names in their order, without the addresses beneath them."""
    found = [name for row in page.rows for head, name in row.items() if head.startswith("Name")]
    return [re.sub(r" \S+@\S+$", "", name) for name in found]


def facts(page: Page) -> dict[str, str]:
    """Read what is said of the speaker, without what the history says."""
    return {
        read_text(row[0]): read_text(row[1])
        for listing in page.tree.find_by_class("facts")
        for row in page.tree.find_all("div", within=listing)
    }


def states(page: Page) -> set[str]:
    return {row["State"].split(" No ")[0] for row in page.rows}


def get_success_message(page: Page) -> str:
    (note,) = page.tree.find_by_class("note--done")
    return read_text(note)


def list_content_queries(queries: list[str]) -> list[str]:
    """Leave out the check of the cache version, which is taken at most once a second."""
    return [query for query in queries if not query.startswith("SELECT site_state")]


def list_history_summaries(speaker: Speaker) -> list[str]:
    return [entry.summary for entry in history.list_entries(f"speaker {speaker.key}")]


def test_the_speaker_list_shows_sessions_and_state(organiser: Browser) -> None:
    page = organiser.open("/organise/speakers")

    assert page.heading == "Speakers"
    assert page.text_by_id("count") == "2 speakers"
    assert [list(row.values())[1:] for row in page.rows] == [
        [
            *("João Maré", "Universidade do Mar", "Portugal", "2", "Not invited", ""),
            *("Not confirmed", "biography, photo, email address", "No"),
        ],
        [
            *("Ada Marsh", "Port of Whitby", "United Kingdom", "3", "Not invited", ""),
            *("Not confirmed", "photo, email address", "No"),
        ],
    ]


@pytest.mark.both_databases
def test_the_speaker_search_ignores_accents_and_case(organiser: Browser) -> None:
    for name in ("Åsa ÅNGSTRÖM", "Søren Østergård", "مريم العلوي"):
        make_speaker(name=name)
    organiser.open("/organise/speakers/ada-marsh/change")
    organiser.press("Save", contact_email_address="ada@example.org")
    organiser.open("/organise/speakers")

    found = {typed: names(organiser.press("Search", search=typed)) for typed in SEARCHES}

    assert found == SEARCHES


@pytest.mark.both_databases
def test_speakers_are_sorted_alphabetically_on_every_database(organiser: Browser) -> None:
    for name in ("Zoë", "ängel", "Ápa", "ada", "Ödön", "Émile"):
        make_speaker(name=name, organisation=name[::-1])

    page = organiser.open("/organise/speakers")
    assert names(page) == [
        "ada",
        "ängel",
        "Ápa",
        "Émile",
        "João Maré",
        "Ada Marsh",
        "Ödön",
        "Zoë",
    ]
    backwards = page.follow("Name ↑")
    assert names(backwards) == names(page)[::-1]
    by_organisation = backwards.follow("Organisation")
    assert names(by_organisation)[:3] == ["ada", "Ápa", "Émile"]
    by_sessions = by_organisation.follow("Sessions").follow("Sessions ↑")
    assert names(by_sessions)[:2] == ["Ada Marsh", "João Maré"]


def test_the_speaker_list_can_be_filtered(organiser: Browser) -> None:
    now = datetime(2009, 5, 1, tzinfo=UTC)
    make_speaker(name="Con", confirmed_at=now, biography="Known", country="Chile")
    make_speaker(name="Wid", withdrawn_at=now, contact_address="wid@example.org")
    organiser.open("/organise/speakers")

    def narrowed(chosen: Mapping[str, str]) -> list[str]:
        organiser.open("/organise/speakers")
        return names(organiser.press("Search", chosen))

    assert narrowed({"State": "Confirmed"}) == ["Con"]
    assert narrowed({"State": "Not confirmed"}) == ["João Maré", "Ada Marsh"]
    assert narrowed({"State": "Withdrawn"}) == ["Wid"]
    assert narrowed({"Missing": "Biography"}) == ["João Maré"]
    assert narrowed({"Missing": "Contact email address"}) == ["Con", "João Maré", "Ada Marsh"]
    assert narrowed({"Missing": "Sessions"}) == ["Con"]
    assert narrowed({"Country": "Chile"}) == ["Con"]
    assert narrowed({"Role": "Chair"}) == ["Ada Marsh"]
    assert narrowed({"Country": "Chile", "State": "Withdrawn"}) == []
    assert "No speakers found" in organiser.page.text
    assert names(organiser.page.follow("Clear filters")) == ["Con", "João Maré", "Ada Marsh", "Wid"]


def test_the_speaker_list_is_paginated(organiser: Browser) -> None:
    for number in range(60):
        make_speaker(name=f"Speaker {number:02}")

    page = organiser.open("/organise/speakers")
    assert page.text_by_id("count") == "1 to 50 of 62 speakers"
    assert page.follow("Next page →").text_by_id("count") == "51 to 62 of 62 speakers"
    assert (
        "This list does not have that many pages"
        in organiser.open("/organise/speakers?page=9").text
    )


@pytest.mark.parametrize("count", [1, 3])
def test_the_speaker_list_needs_few_queries(
    organiser: Browser, queries: list[str], count: int
) -> None:
    for number in range(count):
        make_session(speakers=(make_speaker(name=f"{number}"),))
    organiser.open("/organise/speakers")
    queries.clear()

    organiser.open("/organise/speakers?q=a&missing=biography&sort=-sessions")

    assert len(list_content_queries(queries)) == 8
    queries.clear()
    organiser.open("/organise/speakers?invited=not-invited&sort=-sessions")
    assert len(list_content_queries(queries)) == 7


@pytest.mark.empty
def test_an_empty_speaker_list_offers_to_add_a_speaker(organiser: Browser) -> None:
    page = organiser.open("/organise/speakers")

    assert "No speakers yet" in page.headings
    added = page.follow("Add a speaker").press("Add this speaker", name="Ada")
    assert added.heading == "Ada"


def test_a_speaker_can_be_added_with_every_field(organiser: Browser) -> None:
    form = organiser.open("/organise/speakers").follow("Add a speaker")

    page = form.press(
        "Add this speaker",
        name="Mary  Seacole",
        role="Nurse",
        organisation="British Hotel",
        country="Jamaica",
        biography="She *went*.\n\nAnd came back.",
        contact_email_address="mary@example.org",
        notes="Writes letters, no emails.",
        has_confirmed_that_they_are_taking_part=True,
    )

    assert page.heading == "Mary Seacole"
    assert page.address.startswith("/organise/speakers/mary-seacole")
    assert facts(page) == {
        "Role": "Nurse",
        "Organisation": "British Hotel",
        "Country": "Jamaica",
        "Contact email address": "mary@example.org",
        "Confirmed": "Yes, since 9:30am on Tuesday 12 May 2009",
        "Place at the conference": "Has no place.Look for a booking to link",
        "Unavailable times": "None",
        "Notes": "Writes letters, no emails.",
        "Page address": "mary-seacole",
    }
    assert "She went. And came back." in page.text
    assert "This speaker will be public when you publish the programme" in page.text
    assert "Mary Seacole was added to the speakers" in page.text


def test_invalid_speaker_fields_are_refused_and_typed_text_is_kept(organiser: Browser) -> None:
    form = organiser.open("/organise/speakers/_add")
    page = form.press("Add a time", role="Nurse")

    page = page.press(
        "Add this speaker",
        name="…",
        contact_email_address="mary at example",
        notes="Kept",
        to="nine",
        status=422,
    )

    assert page.title.startswith("Error: Add a speaker")
    assert page.errors == [
        "The name must include a letter or a number",
        "Enter an email address in the correct format, like name@example.com",
        "Enter a time like 9:30am or 14:30",
    ]
    assert page.error_for("To") == "Enter a time like 9:30am or 14:30"
    assert (page.value_of("Role"), page.value_of("Notes"), page.value_of("To")) == (
        "Nurse",
        "Kept",
        "nine",
    )


@pytest.mark.parametrize(
    ("starts", "ends", "error"),
    [
        ("", "9am", "Enter a start time, or leave both times empty for the whole day"),
        ("9am", "", "Enter an end time, or leave both times empty for the whole day"),
        ("9am", "9:00", "The end time must be after the start time"),
        ("10am", "9am", "The end time must be after the start time"),
        ("25:00", "", "Enter a time like 9:30am or 14:30"),
    ],
)
def test_an_unavailable_time_must_start_before_it_ends(
    organiser: Browser, starts: str, ends: str, error: str
) -> None:
    page = organiser.open("/organise/speakers/ada-marsh/change").press("Add a time")

    page = page.press("Save", {"From": starts, "To": ends}, status=422)

    assert page.errors == [error]


def test_an_unavailable_time_can_last_until_midnight(organiser: Browser) -> None:
    page = organiser.open("/organise/speakers/ada-marsh/change").press("Add a time")

    page = page.press("Save", {"From": "6pm", "To": "00:00"})

    assert facts(page)["Unavailable times"] == "Wednesday 10 June 2009, 6pm to midnight"


def test_adding_and_removing_unavailable_times_keeps_typed_text(organiser: Browser) -> None:
    page = organiser.open("/organise/speakers/ada-marsh/change")
    page = page.press("Add a time", role="Pilot")
    page = page.press(
        "Add a time",
        {"Day": "Thursday 11 June 2009", "From": "9:30 am", "To": "14:00"},
    )
    assert (page.value_of("Role"), page.buttons.count("Remove time 1")) == ("Pilot", 1)
    page = page.press("Add a time")
    page = page.press("Remove time 2")

    page = page.press("Save")

    assert facts(page)["Unavailable times"] == (
        "Wednesday 10 June 2009, all day Thursday 11 June 2009, 9:30am to 2pm"
    )
    form = page.follow("Change")
    assert form.value_of("Day") == "Wednesday 10 June 2009, Thursday 11 June 2009"
    page = form.press("Remove time 1").press("Save")
    assert facts(page)["Unavailable times"] == "Thursday 11 June 2009, 9:30am to 2pm"


def test_a_biography_can_be_previewed(organiser: Browser) -> None:
    page = organiser.open("/organise/speakers/ada-marsh/change")

    page = page.press("Preview the biography", biography="**Bold** <script>alert(1)</script>")

    (preview,) = page.tree.find_by_class("preview")
    assert [one.text for one in page.tree.find_all("strong", within=preview)] == ["Bold"]
    assert not list(page.tree.find_all("script", within=preview))
    assert page.value_of("Biography").startswith("**Bold**")
    ada = db.session.scalars(select(Speaker).where(Speaker.slug == "ada-marsh")).one()
    assert ada.biography == "Ada has kept the harbour for twenty years."


def test_speaker_changes_are_in_the_history_and_can_be_undone(organiser: Browser) -> None:
    form = organiser.open("/organise/speakers/ada-marsh/change")
    page = form.press("Save", name="Ada Marsh-Bell", role="Harbour mistress")

    assert page.heading == "Ada Marsh-Bell"
    assert page.address.startswith("/organise/speakers/ada-marsh?")
    assert "Ada Marsh-Bell was changed: name, role" in page.text
    assert "Role before: Harbour master → after: Harbour mistress" in page.text

    page = page.press("Undo: Ada Marsh-Bell was changed: name, role")
    assert page.heading == "Ada Marsh"


def test_saving_an_unchanged_speaker_changes_nothing(organiser: Browser) -> None:
    form = organiser.open("/organise/speakers/ada-marsh/change")

    page = form.press("Save")

    assert "Nothing yet. Emails and changes" in page.text
    assert get_success_message(page) == "There were no changes to save."


@pytest.mark.both_databases
def test_a_stale_edit_of_a_speaker_shows_both_versions(new_browser: Browsers) -> None:
    one = sign_in(new_browser(), "one@conference.example")
    other = sign_in(new_browser(), "other@conference.example")
    first = one.open("/organise/speakers/ada-marsh/change")
    second = other.open("/organise/speakers/ada-marsh/change")
    first.press("Save", role="Pilot", country="Wales")

    page = second.press("Save", role="Captain", notes="Afraid of heights", status=409)

    assert page.title.startswith("Error: Change Ada Marsh – ")
    assert page.rows == [
        {"": "Role", "Saved now": "Pilot", "Yours": "Captain"},
        {"": "Country", "Saved now": "Wales", "Yours": "United Kingdom"},
        {"": "Notes", "Saved now": "Not given", "Yours": "Afraid of heights"},
    ]
    assert (page.value_of("Role"), page.value_of("Notes")) == ("Captain", "Afraid of heights")
    ada = db.session.scalars(select(Speaker).where(Speaker.slug == "ada-marsh")).one()
    assert (ada.role, ada.notes) == ("Pilot", "")

    page = page.press("Save", country="Wales")
    assert list(facts(page).values())[:3] == ["Captain", "Port of Whitby", "Wales"]
    assert list_history_summaries(ada) == [
        "Ada Marsh was changed: role, country",
        "Ada Marsh was changed: role, notes",
    ]


def test_several_speakers_can_be_confirmed_after_confirmation(organiser: Browser) -> None:
    make_speaker(name="Con", slug="con", confirmed_at=datetime(2009, 5, 1, tzinfo=UTC))
    page = organiser.open("/organise/speakers")

    everyone = {"Select Ada Marsh": True, "Select João Maré": True, "Select Con": True}
    page = page.press("Mark as confirmed", everyone)

    assert page.heading == "Mark 2 speakers as confirmed?"
    assert "1 of those you selected is like this already, so it will not change." in page.text
    page = page.press("Mark as confirmed")
    assert get_success_message(page) == "All selected speakers have been marked as confirmed."
    assert states(page) == {"Confirmed"}

    page = page.press("Mark as not confirmed", {"Select Con": True})
    assert page.heading == "Mark 1 speaker as not confirmed?"
    page = page.press("Mark as not confirmed")
    page = page.press("Mark as not confirmed", {"Select Con": True})
    assert page.heading == "Nothing to do"


def test_a_bulk_action_on_speakers_returns_to_the_same_list(organiser: Browser) -> None:
    page = organiser.open("/organise/speakers?q=mar&sort=-name")

    page = page.press("Withdraw", {"Select João Maré": True}).press("Withdraw")

    assert page.address.startswith("/organise/speakers?q=mar&sort=-name&")
    assert page.rows[1]["State"] == "Withdrawn"


def test_a_bulk_action_without_a_selected_speaker_is_refused(organiser: Browser) -> None:
    page = organiser.open("/organise/speakers?q=mar").press("Withdraw", status=422)

    assert page.title.startswith("Error: Speakers")
    assert page.errors == ["Select at least one speaker"]
    page = page.press("Withdraw", {"Select João Maré": True}).press("Withdraw")
    assert page.address.startswith("/organise/speakers?q=mar&")


def test_a_withdrawn_speaker_stays_public_until_the_next_release(organiser: Browser) -> None:
    page = organiser.open("/organise/speakers/ada-marsh").follow("Withdraw")
    assert page.heading == "Withdraw Ada Marsh?"
    assert [row["Session"] for row in page.rows] == ["Opening", "Harbour walls", "Farewell"]

    page = page.press("Withdraw")
    assert "This speaker is public until you next publish the programme." in page.text
    assert "Ada Marsh" in organiser.open("/sessions/opening").text

    publish_programme()
    organiser.open("/speakers/ada-marsh", status=410)
    assert "Ada Marsh" not in organiser.open("/sessions/opening").text

    page = organiser.open("/organise/speakers/ada-marsh").press("Restore")
    assert "Ada Marsh was restored" in page.text
    publish_programme()
    assert "Ada Marsh" in organiser.open("/sessions/opening").text


def test_speakers_with_only_draft_sessions_are_not_public(organiser: Browser) -> None:
    secret = make_speaker(name="Secret Guest", slug="secret-guest")
    make_session(title="A surprise", is_draft=True, speakers=(secret,))
    make_speaker(name="Early Bird", slug="early-bird")
    publish_programme()

    page = organiser.open("/organise/speakers/secret-guest")
    assert "This speaker is not public. Every session they are in is a draft." in page.text
    organiser.open("/speakers/secret-guest", status=404)
    assert "Secret" not in organiser.open("/speakers").text

    page = organiser.open("/organise/speakers/early-bird")
    assert "This speaker is not in any session yet" in page.text
    assert organiser.open("/speakers/early-bird").heading == "Early Bird"


def test_only_unpublished_speakers_without_sessions_can_be_deleted(organiser: Browser) -> None:
    assert "Delete" not in organiser.open("/organise/speakers/ada-marsh").links
    page = organiser.open("/organise/speakers/ada-marsh/delete")
    assert "This speaker has been public. Withdraw them instead." in page.text
    busy = make_speaker(name="Busy", slug="busy")
    make_session(speakers=(busy,), is_draft=True)
    assert "Delete" not in organiser.open("/organise/speakers/busy").links
    page = organiser.open("/organise/speakers/busy/delete")
    assert "This speaker is in a session. Remove them from it first." in page.text

    idle = make_speaker(name="Idle", slug="idle")
    a_day = {"starts_at": FIRST_MORNING, "ends_at": FIRST_MORNING + timedelta(days=1)}
    save(Absence(speaker_id=idle.id, **a_day))
    question = organiser.open("/organise/speakers/idle").follow("Delete")
    assert names(question.press("Delete")) == ["Busy", "João Maré", "Ada Marsh"]
    organiser.open("/organise/speakers/idle", status=404)


def test_a_speaker_added_to_a_session_since_is_not_deleted(organiser: Browser) -> None:
    idle = make_speaker(name="Idle", slug="idle")
    question = organiser.open("/organise/speakers/idle/delete")
    make_session(speakers=(idle,))

    page = question.press("Delete", status=409)

    assert "This speaker is in a session. Remove them from it first." in page.text


@pytest.mark.both_databases
def test_slugs_are_made_from_speaker_names_and_never_change(organiser: Browser) -> None:
    def added(name: str) -> str:
        organiser.open("/organise/speakers/_add")
        page = organiser.press("Add this speaker", name=name)
        return page.address.partition("?")[0].removeprefix("/organise/speakers/")

    assert added("ADA marsh") == "ada-marsh-2"
    assert (
        "Another speaker has the same or a similar name: Ada Marsh (Port of Whitby)"
        in organiser.page.text
    )
    assert added("Éva Žižka") == "eva-zizka"
    assert added("مريم العلوي") == "mrym-l-lwy"
    assert added("नेहा") == "neha"
    assert added("New") == "new"
    assert added(WITH_A_LONG_NAME[:200]).startswith("wolfeschlegelsteinhausenbergerdorff-")
    organiser.open("/organise/speakers/_add")
    page = organiser.press("Add this speaker", name="x" * 201, status=422)
    assert page.errors == ["The name must be 200 characters or fewer"]


@pytest.mark.both_databases
def test_two_entries_of_one_speaker_can_be_merged(organiser: Browser) -> None:
    twin = make_speaker(
        name="ADA MARSH", slug="ada", organisation="RNLI", notes="Sails", biography="-"
    )
    opening = db.session.scalars(select(Session).where(Session.slug == "opening")).one()
    save(Appearance(session_id=opening.id, speaker_id=twin.id, role="chair", position=2))
    make_session(key="boats", title="Boats", speakers=(make_speaker(name="Zed"), twin))

    page = organiser.open("/organise/speakers/ada-marsh").follow("Merge with this speaker (ada)")
    assert page.heading == "Is this the same person as Ada Marsh?"
    page = page.press("Merge entries")

    assert (
        get_success_message(page)
        == "The entries have been merged. The change will be public when you publish."
    )
    assert facts(page)["Organisation"] == "Port of Whitby"
    assert facts(page)["Notes"] == "Sails"
    assert [(row["Session"], row["Role"]) for row in page.rows if "Session" in row] == [
        ("Opening", "Chair"),
        ("Boats", "Speaker"),
        ("Harbour walls", "Speaker"),
        ("Farewell", "Speaker"),
    ]
    (told,) = history.list_entries("session boats")
    assert told.summary == (
        "Boats: speakers changed from Zed (speaker), ADA MARSH (speaker) "
        "to Zed (speaker), Ada Marsh (speaker)"
    )
    page = organiser.open("/organise/speakers/ada")
    assert "This speaker is not public. They have withdrawn." in page.text
    assert list_history_summaries(twin) == ["ADA MARSH was merged into ada-marsh"]
    organiser.open("/organise/speakers/ada/merge/ada", status=404)


def test_viewers_see_speakers_but_cannot_change_them(visitor: Browser) -> None:
    viewer = sign_in(visitor, "vi@conference.example", VIEWER)

    page = viewer.open("/organise/speakers")
    assert "Add a speaker" not in page.links
    assert page.labels == [
        *("Search", "State", "Missing"),
        *("Invitation", "Country", "Organisation", "Role", "To do"),
        *("Day", "Theme", "Roomy", "Compact"),
        *("Organisation", "Country", "Sessions", "Invited", "Last signed in"),  # the columns
        *("State", "Missing", "Place"),
    ]
    page = viewer.open("/organise/speakers/ada-marsh")
    assert {"Change", "Withdraw", "Delete"} & page.links.keys() == set()

"""Forms of admin: adding one after another, and new speakers from within a session."""

from typing import Any

import pytest
from sqlalchemy import select

from app.database import db
from app.history.models import HistoryEntry
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.models import Session, Speaker
from tests.browser import Browser
from tests.factories import make_speaker, sign_in
from tests.lookups import get_session

ADD = "/organise/sessions/_add"
AS_NEW = "Add Ingrid Holm as a new speaker"


@pytest.mark.parametrize(
    ("address", "answers", "told"),
    [
        ("sessions/_add", {"Title": "Salt"}, "The session has been added as a draft."),
        ("speakers/_add", {"Name": "Ingrid Holm"}, "The speaker has been added."),
        ("rooms/_add", {"Name": "Pier"}, "The room has been added."),
        ("themes/_add", {"Name": "Salt"}, "The theme has been added."),
        ("pages/add/page", {"Title": "Trains", "Summary": "How.", "Text": "By train."}, "Added."),
        ("pages/add/news", {"Title": "Trains", "Summary": "How.", "Text": "By train."}, "Added."),
    ],
)
def test_save_and_add_another_opens_an_empty_form(
    organiser: Browser, address: str, answers: Any, told: str
) -> None:
    form = organiser.open(f"/organise/{address}")

    page = organiser.press("Save and add another", answers)

    assert page.address == f"/organise/{address}?done={page.address.partition('=')[2]}"
    assert page.heading == form.heading
    (note,) = page.tree.find_by_class("note--done")
    assert "".join(note.itertext()).strip().startswith(told)
    assert page.value_of(next(iter(answers))) == ""


def test_a_form_for_an_existing_row_has_no_add_another_button(organiser: Browser) -> None:
    page = organiser.open("/organise/sessions/opening/change")

    assert "Save and add another" not in page.buttons


def test_an_invalid_form_with_add_another_keeps_its_values(organiser: Browser) -> None:
    organiser.open(ADD)

    page = organiser.press("Save and add another", subtitle="Without a title", status=422)

    assert page.errors == ["Enter the title"]
    assert page.value_of("Subtitle (optional)") == "Without a title"


def speakers_of(title: str) -> list[list[str]]:
    """Return the names and roles of the people in a session."""
    found = db.session.scalars(select(Session).where(Session.title == title)).one()
    return [[part.speaker.name, part.role] for part in found.appearances]


@pytest.mark.both_databases
def test_new_speakers_are_added_with_a_session(organiser: Browser) -> None:
    organiser.open(ADD)
    page = organiser.press("Find", {"Title": "Salt", "Find a speaker to add": " Ingrid  Holm"})
    assert "Try a shorter part of the name, or add the person as a new speaker." in page.text

    page = organiser.press(AS_NEW)
    assert page.value_of("Title") == "Salt"
    assert page.value_of("Find a speaker to add") == ""
    assert db.session.scalars(select(Speaker).where(Speaker.name == "Ingrid Holm")).all() == []
    organiser.press("Find", {"Find a speaker to add": "Ada"})
    organiser.press("Add Ada Marsh")
    organiser.press("Find", {"Find a speaker to add": "Åse Berg"})
    organiser.press("Add Åse Berg as a new speaker")
    organiser.press("↑Move up: Åse Berg")
    organiser.press("Add this session")

    assert speakers_of("Salt") == [
        ["Ingrid Holm", "speaker"],
        ["Åse Berg", "speaker"],
        ["Ada Marsh", "speaker"],
    ]
    newest = db.session.scalars(select(HistoryEntry.summary).order_by(HistoryEntry.id.desc()))
    assert newest.all()[:3] == [
        "Salt was added",
        "Åse Berg was added to the speakers",
        "Ingrid Holm was added to the speakers",
    ]


def test_a_new_speaker_can_be_added_to_an_existing_session(organiser: Browser) -> None:
    organiser.open("/organise/sessions/opening/change")
    organiser.press("Find", {"Find a speaker to add": "Ingrid Holm"})
    organiser.press(AS_NEW)

    page = organiser.press("Save")

    assert "Ingrid Holm" in page.links
    names = [name for name, _ in speakers_of("Opening")]
    assert names == ["Ada Marsh", "João Maré", "Ingrid Holm"]


def test_existing_speakers_with_a_similar_name_are_offered_first(organiser: Browser) -> None:
    make_speaker(name="Ingrid Holm", organisation="Institute of Salt")
    organiser.open(ADD)

    page = organiser.press("Find", {"Find a speaker to add": "ingrid"})

    assert "Add Ingrid Holm" in page.buttons
    assert "Add ingrid as a new speaker" in page.buttons


def test_a_new_speaker_is_not_created_if_the_session_cannot_be_saved(
    organiser: Browser,
) -> None:
    organiser.open(ADD)
    organiser.press("Find", {"Find a speaker to add": "Ingrid Holm"})
    organiser.press(AS_NEW)
    page = organiser.press("Add this session", status=422)
    assert page.errors == ["Enter the title"]
    assert "Ingrid Holm New speaker" in page.text
    organiser.press("Remove Ingrid Holm", {"Title": "Salt"})

    organiser.press("Add this session")

    assert speakers_of("Salt") == []
    assert db.session.scalars(select(Speaker).where(Speaker.name == "Ingrid Holm")).all() == []


def test_a_stale_edit_keeps_the_new_speaker_name_and_creates_nobody(
    organiser: Browser, new_browser: Any
) -> None:
    colleague = sign_in(new_browser(), "ed@conference.example", "editor")
    organiser.open("/organise/sessions/opening/change")
    organiser.press("Find", {"Find a speaker to add": "Ingrid Holm"})
    organiser.press(AS_NEW)
    colleague.open("/organise/sessions/opening/change").press("Save", title="Opening night")

    page = organiser.press("Save", status=409)
    assert "Ingrid Holm New speaker" in page.text
    assert db.session.scalars(select(Speaker).where(Speaker.name == "Ingrid Holm")).all() == []
    organiser.press("Save")

    assert [key for key, _ in SESSION_FIELDS.get_value(get_session("opening"), "appearances")] == [
        "ada-marsh",
        "joao-mare",
        "ingrid-holm",
    ]


@pytest.mark.parametrize("name", ["…", "\u200b"])
def test_a_name_without_letters_is_refused_as_a_speaker(organiser: Browser, name: str) -> None:
    organiser.open(ADD)
    page = organiser.press("Find", {"Title": "Salt", "Find a speaker to add": name})
    button = next(one for one in page.buttons if one.endswith("as a new speaker"))

    page = organiser.press(button, status=422)

    assert page.errors == ["Enter the name of the new speaker"]

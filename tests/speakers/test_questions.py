"""The short questions of the list: answered on a telephone, by two people at once, and noted."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from app.database import db
from app.history.models import HistoryEntry
from app.programme.models import Absence
from app.speakers.models import ItemDeadline, SpeakerAnswers, SpeakerNeeds
from tests.browser import Browser, Browsers, Page
from tests.factories import get_ada_marsh, grant_speaker_access, make_prose, save, sign_in_speaker
from tests.pages import read_text

HELPER = "helper@example.org"
NEEDS = "What are your access requirements? (optional)"
TALK = "What equipment do you need for your talk? (optional)"
JOURNEY = "How and when will you arrive and leave? (optional)"

OTHERS = [  # questions that cannot be answered with "none"
    "Confirm whether you are taking part",
    "Photo",
    "Titles and abstracts of your sessions",
    "Recording and slides",
]


@pytest.fixture
def helper(new_browser: Browsers) -> Browser:
    return sign_in_speaker(new_browser(), get_ada_marsh(), HELPER, is_assistant=True)


def history() -> list[tuple[str, str]]:
    entries = db.session.scalars(
        select(HistoryEntry).where(HistoryEntry.subject == "speaker ada-marsh")
    )
    return [(entry.summary, entry.actor) for entry in entries]


def test_each_checklist_question_can_be_answered_and_is_marked_done(ada: Browser) -> None:
    typed: dict[str, dict[str, str]] = {
        "Access requirements": {NEEDS: "A seat"},
        "Equipment": {TALK: "Sound"},
        "Travel and arrival": {JOURNEY: "By train"},
        "Recording and slides": {
            "May we publish a recording of your talk?": "Yes",
            "May we publish your slides?": "No",
        },
    }
    for item, answers in typed.items():
        ada.open("/speak/ada-marsh").follow(item)

        page = ada.press("Save", answers)

        assert "Saved. Thank you." in page.source
        assert page.summary_list[item] == "Done"
    reply = db.session.get_one(SpeakerAnswers, get_ada_marsh().id)
    assert (reply.audio_visual, reply.travel) == ("Sound", "By train")
    assert (reply.recording, reply.slides) == ("yes", "no")
    assert ada.page.follow("Travel and arrival").value_of(JOURNEY) == "By train"


def test_empty_access_requirements_can_be_saved(ada: Browser) -> None:
    page = ada.open("/speak/ada-marsh/access-needs")
    assert "Only you, your assistants, the organisers and the registration desk can" in page.text

    page = ada.press("Save")

    assert page.summary_list["Access requirements"] == "Done"
    assert db.session.scalars(select(SpeakerNeeds)).all() == []


@pytest.mark.both_databases
def test_withdrawn_access_requirements_are_deleted_everywhere(ada: Browser) -> None:
    ada.open("/speak/ada-marsh/access-needs").press("Save", {NEEDS: "A seat"})
    ada.open("/speak/ada-marsh/access-needs").press("Save", {NEEDS: "A chair"})
    ada.open("/speak/ada-marsh/access-needs").press("Save", {NEEDS: ""})

    assert db.session.scalars(select(SpeakerNeeds)).all() == []
    assert "seat" not in str(db.session.scalars(select(HistoryEntry.changes)).all())
    assert [sentence for sentence, _ in history()] == [
        "Ada Marsh: access requirements answered",
        "Ada Marsh: access requirements changed",
        "Ada Marsh: access requirements changed",
    ]


def test_consent_to_recording_must_be_chosen_explicitly(ada: Browser) -> None:
    ada.open("/speak/ada-marsh/consent")

    page = ada.press("Save", {"May we publish your slides?": "Yes"}, status=422)

    assert page.errors == ["Choose whether we may publish a recording"]


def test_saving_unchanged_answers_reports_no_changes(ada: Browser) -> None:
    ada.open("/speak/ada-marsh/travel").press("Save", {JOURNEY: "By train"})

    page = ada.open("/speak/ada-marsh/travel").press("Save", {JOURNEY: "By train"})

    assert "There were no changes to save" in page.source
    assert len(history()) == 1


def test_overlong_and_hidden_characters_in_answers_are_refused(ada: Browser) -> None:
    long = make_prose(1001)
    ada.open("/speak/ada-marsh/travel")

    page = ada.press("Save", {JOURNEY: long}, status=422)

    assert page.errors == ["Your journey must be 1000 characters or fewer"]
    assert page.value_of(JOURNEY) == long
    hidden = ada.press("Save", {JOURNEY: "By\x00 train"}, status=422)
    assert hidden.errors == [
        "Type this instead of pasting it. It contains hidden characters that we cannot use"
    ]


@pytest.mark.both_databases
def test_a_stale_answer_shows_both_versions(ada: Browser, helper: Browser) -> None:
    hers = ada.open("/speak/ada-marsh/travel")
    helper.open("/speak/ada-marsh/travel").press("Save", {JOURNEY: "By bus"})

    late = hers.press("Save", {JOURNEY: "By train"}, status=409)

    assert late.title.startswith("Error:")
    assert late.rows == [{"": "Travel and arrival", "Saved now": "By bus", "Yours": "By train"}]
    assert late.value_of(JOURNEY) == "By train"
    assert ada.press("Save").summary_list["Travel and arrival"] == "Done"
    assert db.session.get_one(SpeakerAnswers, get_ada_marsh().id).travel == "By train"
    assert [who for _, who in history()] == [HELPER, "ada@example.org"]


def test_two_people_can_answer_different_questions_concurrently(
    ada: Browser, helper: Browser
) -> None:
    hers = ada.open("/speak/ada-marsh/travel")
    helper.open("/speak/ada-marsh/audio-visual").press("Save", {TALK: "Sound"})

    assert hers.press("Save", {JOURNEY: "By train"}).summary_list["Travel and arrival"] == "Done"


@pytest.mark.both_databases
def test_a_speaker_can_enter_times_of_absence(ada: Browser) -> None:
    ada.open("/speak/ada-marsh/availability")
    ada.press("Add a time")

    page = ada.press("Save", {"Day": "Wednesday 10 June 2009"})

    assert page.summary_list["When you are not available"] == "Done"
    assert len(get_ada_marsh().absences) == 1
    assert (
        "There were no changes to save"
        in ada.open("/speak/ada-marsh/availability").press("Save").source
    )


@pytest.mark.both_databases
def test_a_stale_edit_of_absences_shows_both_versions(ada: Browser, helper: Browser) -> None:
    hers = ada.open("/speak/ada-marsh/availability").press("Add a time")
    helper.open("/speak/ada-marsh/availability")
    helper.press("Add a time").press("Save", {"Day": "Thursday 11 June 2009"})

    late = hers.press("Save", {"Day": "Wednesday 10 June 2009"}, status=409)

    assert "Wednesday 10 June 2009" in late.rows[0]["Yours"]
    assert "Thursday 11 June 2009" in late.rows[0]["Saved now"]
    assert ada.press("Save").summary_list["When you are not available"] == "Done"
    assert len(get_ada_marsh().absences) == 1


def test_an_edit_by_an_organiser_does_not_make_absences_stale(ada: Browser) -> None:
    form = ada.open("/speak/ada-marsh/availability").press("Add a time")
    get_ada_marsh().version += 1
    db.session.commit()

    page = form.press("Save", {"Day": "Wednesday 10 June 2009"})

    assert page.summary_list["When you are not available"] == "Done"


def test_the_checklist_shows_deadlines(ada: Browser) -> None:
    save(ItemDeadline(item="travel", due_on=date(2009, 6, 1)))

    before = ada.open("/speak/ada-marsh").summary_list["Travel and arrival"]
    after = ada.open("/speak/ada-marsh/travel").press("Save").summary_list["Travel and arrival"]

    assert before == "To do Due by Monday 1 June 2009"
    assert after == "Done"


@pytest.mark.parametrize("others", [0, 2])
def test_the_checklist_needs_a_constant_number_of_queries(
    ada: Browser, queries: list[str], others: int
) -> None:
    for number in range(others):
        grant_speaker_access(get_ada_marsh(), f"helper{number}@example.org", is_assistant=True)

    ada.open("/speak/ada-marsh")
    queries.clear()

    ada.open("/speak/ada-marsh")

    assert len([one for one in queries if not one.startswith("SELECT site_state.")]) == 9


@pytest.mark.both_databases
def test_one_button_answers_all_optional_questions_with_none(ada: Browser) -> None:
    ada.open("/speak/ada-marsh/travel").press("Save", {JOURNEY: "By train"})
    before = ada.open("/speak/ada-marsh")
    assert _list_beside_button(before) == (
        ["When you are not available", "Access requirements", "Equipment"],
        OTHERS,
    )

    page = before.press("Answer “None” to all")

    assert "Saved. Thank you." in page.source
    assert "Answer “None” to all" not in page.buttons
    assert [one for one, state in page.summary_list.items() if state == "To do"] == OTHERS
    assert db.session.scalars(select(SpeakerAnswers)).one().travel == "By train"
    assert ("Ada Marsh: access requirements answered", "ada@example.org") in history()
    assert ("Ada Marsh: availability answered", "ada@example.org") in history()


def test_absences_entered_by_an_organiser_are_not_overwritten_with_none(ada: Browser) -> None:
    starts_at = datetime(2009, 6, 10, 9, tzinfo=UTC)
    absence = Absence(starts_at=starts_at, ends_at=starts_at + timedelta(hours=1))
    get_ada_marsh().absences = [absence]
    db.session.commit()
    before = ada.open("/speak/ada-marsh")
    assert "When you are not available" in _list_beside_button(before)[1]

    page = before.press("Answer “None” to all")

    assert page.summary_list["When you are not available"] == "To do"
    assert page.summary_list["Access requirements"] == "Done"
    assert [one.starts_at for one in get_ada_marsh().absences] == [starts_at]


def _list_beside_button(page: Page) -> tuple[list[str], list[str]]:
    """Return what the button answers with "none", and what it does not."""
    (form,) = [
        one for one in page.tree.find_all("form") if "/nothing-needed" in (one.get("action") or "")
    ]
    answered, others = (
        [read_text(item) for item in page.tree.find_all("li", within=one)]
        for one in page.tree.find_all("ul", within=form)
    )
    return answered, others


def test_absences_can_be_on_days_around_the_conference(ada: Browser) -> None:
    ada.open("/speak/ada-marsh/availability").press("Add a time")

    ada.press("Save", {"Day": "Tuesday 9 June 2009"})

    (absence,) = get_ada_marsh().absences
    assert absence.starts_at.date() == date(2009, 6, 8)  # midnight in London is 11pm in UTC

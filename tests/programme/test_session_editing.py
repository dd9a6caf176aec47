"""Editing sessions: changes are reported, invalid ones refused, and saving is atomic."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.database import db, transaction
from app.errors import RuleViolation, StaleEdit
from app.history import queries as history
from app.history.models import HistoryEntry
from app.programme.editing import sessions
from app.programme.editing.sessions import SkippedSession
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.models import Session
from app.releases.snapshot_builder import build_snapshot
from tests.factories import FIRST_MORNING, make_session, make_speaker, make_theme, publish_programme

GRACE = "grace@conference.example"
A_TALK = {
    "title": "Über Ebbe und Flut",
    "subtitle": "A table for beginners",
    "kind": "talk",
    "theme": "water",
    "room": "boat-house",
    "starts_at": "2009-06-10T14:00:00+01:00",
    "ends_at": "2009-06-10T15:00:00+01:00",
    "abstract": "How the *moon* pulls.",
    "description": "",
    "language": "de",
    "licence": "CC BY 4.0",
    "links": [["https://tides.example/table", "The table"]],
    "seats": 6,
    "is_recorded": True,
    "is_illustrative": False,
    "notes": "Bring a bucket.",
    "state": "draft",
    "appearances": [["joao-mare", "speaker"], ["ada-marsh", "chair"]],
}


def session(key: str) -> Session:
    return db.session.scalars(select(Session).where(Session.key == key)).one()


def find_newest_entry(key: str) -> HistoryEntry:
    entry = history.find_latest(f"session {key}")
    assert entry
    return entry


def save_session(key: str, **values: Any) -> None:
    with transaction():
        one = session(key)
        sessions.save(one, values, expected_version=one.version, actor=GRACE)


def refusal(key: str, **values: Any) -> str:
    with pytest.raises(RuleViolation) as refused:
        save_session(key, **values)
    return str(refused.value)


@pytest.mark.both_databases
def test_a_session_is_added_with_all_its_fields(site: Flask) -> None:
    with transaction():
        sessions.add(A_TALK, actor=GRACE)

    talk = session("uber-ebbe-und-flut")
    told = {field: SESSION_FIELDS.get_value(talk, field) for field in A_TALK}
    assert told == A_TALK | {
        "starts_at": "2009-06-10T13:00:00+00:00",
        "ends_at": "2009-06-10T14:00:00+00:00",
    }
    assert (talk.slug, talk.version, talk.changed_at is None) == ("uber-ebbe-und-flut", 1, False)
    assert find_newest_entry(talk.key).summary == "Über Ebbe und Flut was added"


@pytest.mark.both_databases
def test_two_sessions_of_one_title_get_unique_slugs(site: Flask) -> None:
    with transaction():
        first = sessions.add(A_TALK, actor=GRACE)
        second = sessions.add(A_TALK, actor=GRACE)

        assert (first.slug, second.slug) == ("uber-ebbe-und-flut", "uber-ebbe-und-flut-2")


@pytest.mark.both_databases
def test_the_history_describes_a_change_field_by_field(site: Flask) -> None:
    save_session(
        "reading-the-tide",
        title="Reading the tides",
        theme="stone",
        room="boat-house",
        starts_at="2009-06-11T09:30:00+01:00",
        ends_at="2009-06-11T10:30:00+01:00",
        appearances=[["ada-marsh", "chair"], ["joao-mare", "speaker"]],
        links=[["https://tides.example", "Tides"]],
        seats=5,
        is_recorded=True,
        abstract="",
    )

    entry = find_newest_entry("reading-the-tide")
    assert entry.actor == GRACE
    assert {one.label: (one.old, one.new) for one in entry.field_changes} == {
        "Title": ("Reading the tide", "Reading the tides"),
        "Theme": ("Water", "Stone"),
        "Room": ("Great hall", "Boat house"),
        "Start": ("11am on Wednesday 10 June 2009", "9:30am on Thursday 11 June 2009"),
        "End": ("midday on Wednesday 10 June 2009", "10:30am on Thursday 11 June 2009"),
        "Speakers": ("João Maré (speaker)", "Ada Marsh (chair), João Maré (speaker)"),
        "Links": ("", "Tides (https://tides.example)"),
        "Seats": ("", "5"),
        "Recorded": ("no", "yes"),
        "Abstract": ("How a tide table is made, and how far to trust it.", ""),
    }
    assert entry.summary.startswith("Reading the tides was changed: title, theme, room, start")


def test_the_history_describes_a_single_change_in_one_sentence(site: Flask) -> None:
    save_session("opening", room="boat-house")
    save_session("opening", subtitle="With tea")
    save_session("opening", subtitle="")

    told = [entry.summary for entry in history.list_entries("session opening")]
    assert told == [
        "Opening: room changed from Great hall to Boat house",
        "Opening: subtitle is now With tea",
        "Opening: subtitle was removed (With tea)",
    ]


def test_saving_without_changes_leaves_no_history_entry(site: Flask) -> None:
    one = session("opening")

    save_session(
        "opening", **{field: SESSION_FIELDS.get_value(one, field) for field in SESSION_FIELDS.names}
    )

    assert session("opening").version == 1
    assert history.find_latest("session opening") is None


@pytest.mark.both_databases
def test_the_order_and_roles_of_speakers_can_be_changed(site: Flask) -> None:
    save_session("opening", appearances=[["joao-mare", "speaker"], ["ada-marsh", "chair"]])
    save_session("opening", appearances=[["joao-mare", "chair"], ["joao-mare", "speaker"]])

    opening = session("opening")
    told = [(part.speaker.key, part.role, part.position) for part in opening.appearances]
    assert told == [("joao-mare", "chair", 0), ("joao-mare", "speaker", 1)]


@pytest.mark.both_databases
def test_a_stale_edit_holds_both_versions(site: Flask) -> None:
    save_session("opening", title="The opening")

    with pytest.raises(StaleEdit) as late, transaction():
        sessions.save(session("opening"), {"title": "Beginning"}, expected_version=1, actor=GRACE)

    (change,) = late.value.differing
    assert (late.value.version, change.old, change.new) == (2, "The opening", "Beginning")
    assert session("opening").title == "The opening"


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (
            {"starts_at": "2009-06-10T11:00:00Z", "ends_at": "2009-06-10T11:00:00Z"},
            "A session must end after it starts",
        ),
        ({"ends_at": "2009-06-10T08:00:00Z"}, "A session must end after it starts"),
        ({"ends_at": "2009-06-11T11:00:00Z"}, "A session cannot last longer than 24 hours"),
        ({"starts_at": None}, "Enter a start time as well as an end time"),
        (
            {"starts_at": "1066-10-14T09:00:00Z"},
            "A session cannot be more than a year away from the conference",
        ),
        (
            {"ends_at": "9999-12-31T23:59:00Z"},
            "A session cannot be more than a year away from the conference",
        ),
        ({"title": "Changed", "room": "attic"}, "That room has been deleted"),
        ({"title": "Changed", "theme": "fire"}, "That theme has been deleted"),
        (
            {"title": "Changed", "appearances": [["nobody", "speaker"]]},
            "One of these speakers has been deleted",
        ),
        (
            {"state": "draft"},
            "It has been published, so it cannot be a draft. Cancel it instead",
        ),
    ],
)
def test_an_invalid_edit_is_refused_as_a_whole(
    site: Flask, values: dict[str, Any], reason: str
) -> None:
    before = {
        field: SESSION_FIELDS.get_value(session("opening"), field) for field in SESSION_FIELDS.names
    }

    assert refusal("opening", **values) == reason

    opening = session("opening")
    assert {
        field: SESSION_FIELDS.get_value(opening, field) for field in SESSION_FIELDS.names
    } == before
    assert history.find_latest("session opening") is None


@pytest.mark.both_databases
def test_a_session_is_moved_over_its_own_old_time(site: Flask) -> None:
    save_session("opening", starts_at="2009-06-11T09:00:00Z", ends_at="2009-06-11T10:00:00Z")
    save_session("opening", starts_at="2009-06-10T09:00:00Z", ends_at="2009-06-10T10:00:00Z")

    assert session("opening").starts_at == FIRST_MORNING + timedelta(minutes=30)


def test_a_session_can_be_cancelled_and_restored(site: Flask) -> None:
    with transaction():
        sessions.cancel(session("opening"), actor=GRACE)
        sessions.cancel(session("opening"), actor=GRACE)
    states = [session("opening").state]
    with transaction():
        sessions.reinstate(session("opening"), actor=GRACE)
    states.append(session("opening").state)

    assert states == ["cancelled", "confirmed"]
    told = [entry.summary for entry in history.list_entries("session opening")]
    assert told == ["Opening was cancelled", "Opening was restored"]


def test_a_cancelled_draft_stays_hidden_from_the_public(site: Flask) -> None:
    secret = make_speaker(name="Secret Guest")
    one = make_session(title="A surprise", is_draft=True, speakers=(secret,))
    with transaction():
        sessions.cancel(session(one.key), actor=GRACE)

    cancelled, public = session(one.key).state, build_snapshot()
    with transaction():
        sessions.reinstate(session(one.key), actor=GRACE)

    assert cancelled == "cancelled"
    assert "A surprise" not in {held.title for held in public.sessions}
    assert "Secret Guest" not in {held.name for held in public.speakers}
    assert session(one.key).state == "draft"


def test_a_restored_session_that_was_public_becomes_confirmed(
    site: Flask,
) -> None:
    with transaction():  # as an import leaves it, where its file says that it is a draft
        session("opening").is_draft = True
        session("opening").cancelled_at = FIRST_MORNING

    with transaction():
        sessions.reinstate(session("opening"), actor=GRACE)

    assert session("opening").state == "confirmed"


def test_a_session_withdrawn_by_an_import_can_be_restored(site: Flask) -> None:
    one = make_session(withdrawn_at=FIRST_MORNING)

    with transaction():
        sessions.reinstate(session(one.key), actor=GRACE)

    assert session(one.key).state == "confirmed"
    assert find_newest_entry(one.key).field_changes[0].before == "withdrawn"


@pytest.mark.both_databases
def test_only_a_never_published_session_is_deleted_others_are_cancelled(site: Flask) -> None:
    key = make_session(title="A slip", speakers=(make_speaker(),)).key

    with transaction():
        gone = sessions.delete(session(key), actor=GRACE)
        kept = sessions.delete(session("opening"), actor=GRACE)

    assert (gone, kept) == (True, False)
    assert db.session.scalar(select(Session).where(Session.key == key)) is None
    assert session("opening").state == "cancelled"
    assert find_newest_entry(key).summary == "A slip was deleted"


def test_deleting_a_session_of_an_earlier_release_cancels_it(site: Flask) -> None:
    key = make_session().key
    publish_programme()
    with transaction():
        session(key).withdrawn_at = FIRST_MORNING
    publish_programme()

    with transaction():
        gone = sessions.delete(session(key), actor=GRACE)

    assert not gone


def test_a_duplicated_session_is_a_draft_without_time_and_room(site: Flask) -> None:
    with transaction():
        copy = sessions.duplicate(session("opening"), actor=GRACE)

    told = (copy.title, copy.slug, copy.state, copy.room, copy.starts_at, copy.ends_at)
    assert told == ("Opening (copy)", "opening-copy", "draft", None, None, None)
    assert [part.speaker.key for part in copy.appearances] == ["ada-marsh", "joao-mare"]
    assert find_newest_entry(copy.key).summary == "Opening (copy) was added as a copy of Opening"


@pytest.mark.both_databases
def test_a_bulk_edit_changes_several_sessions_and_names_skipped_ones(site: Flask) -> None:
    make_theme(slug="air", name="Air")
    draft = make_session(title="Not yet seen").key
    save_session("farewell", subtitle="With a song")

    with transaction():
        seen = {"coffee": 1, "farewell": 1, draft: 1, "gone": 1}
        done = sessions.update_several(seen, {"theme": "air", "state": "draft"}, actor=GRACE)

    assert done.changed == 1
    assert done.skipped == [
        SkippedSession(
            "Coffee", "It has been published, so it cannot be a draft. Cancel it instead"
        ),
        SkippedSession("Farewell", "Someone else has changed it since you looked"),
        SkippedSession("gone", "It has been deleted"),
    ]
    assert (session("coffee").theme, session("farewell").theme) == (None, None)
    assert session(draft).state == "draft"
    assert [change.field for change in find_newest_entry(draft).field_changes] == ["theme", "state"]

"""What the desk notes about delegates, and the tags by which it finds them again."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Table, func, select

from app import clock
from app.accounts.models import VIEWER
from app.database import Base, db, transaction
from app.delegates import delegate_record
from app.delegates.models import Delegate, LinkedAgenda, SeatLimit
from app.errors import RuleViolation
from app.history.models import HistoryEntry
from app.mailings.notice_models import ChangeNotice, NoticePerson
from app.registration import links, retention
from app.registration.applications.models import APPROVED
from app.registration.ballots.models import BallotEntry
from app.registration.desk import annotations
from app.registration.desk import services as desk_services
from app.registration.desk.models import DistinctBookings
from app.registration.interest.models import REGISTERED
from app.registration.requirement_cases import services as requirement_cases
from app.registration.session_bookings.models import ReleasedSeat, SessionBooking
from app.registration.speaker_places.models import SpeakerPlace
from app.registration.waiting_list.models import ACCEPTED
from tests.browser import Browser
from tests.factories import (
    make_agenda,
    make_application,
    make_ballot,
    make_confirmation,
    make_delegate,
    make_group,
    make_interest,
    make_place_transfer,
    make_question,
    make_waiting_list_entry,
    save,
    sign_in,
)

DORA = "dora@conference.example"


def get_path(delegate: Delegate, below: str = "") -> str:
    return f"/organise/delegates/{delegate.reference}{below}"


def annotate(delegate: Delegate, *, note: str = "", tags: tuple[str, ...] = ()) -> None:
    with transaction():
        if note:
            annotations.add_note(delegate, note, actor=DORA)
        for label in tags:
            annotations.add_tag(delegate, label, actor=DORA)


def list_history_entries(delegate: Delegate) -> list[tuple[str, str, list[tuple[str, str, str]]]]:
    db.session.rollback()
    found = select(HistoryEntry).where(HistoryEntry.subject == delegate.history_subject)
    return [
        (one.summary, one.actor, [(each.label, each.old, each.new) for each in one.field_changes])
        for one in db.session.scalars(found.order_by(HistoryEntry.id))
    ]


# Notes


@pytest.mark.both_databases
def test_the_desk_can_add_a_note_that_shows_author_and_time(
    desk: Browser,
) -> None:
    delegate = make_delegate()

    page = desk.open(get_path(delegate)).press(
        "Add note", {"New note": "Arrives late.\nBring a chair"}
    )

    assert "The note has been added." in page.source
    assert "Tuesday 12 May 2009 Arrives late. Bring a chair 9:30am, dora@" in page.text
    assert list_history_entries(delegate) == [("A note was added", DORA, [])]
    page = page.press("Delete note “Arrives late. Bring a chair”")
    assert "The note has been deleted." in page.source
    assert "No notes yet." in desk.open(get_path(delegate, "?show=notes")).text
    assert list_history_entries(delegate)[1:] == [("A note was deleted", DORA, [])]


def test_empty_and_overlong_notes_are_refused(desk: Browser) -> None:
    delegate = make_delegate()

    page = desk.open(get_path(delegate)).press("Add note", {"New note": " "}, status=422)
    assert page.errors == ["Enter a note"]
    page = page.press("Add note", {"New note": "Asked for a quiet room. " * 90}, status=422)
    assert page.errors == ["The note must be 2000 characters or fewer"]
    assert list_history_entries(delegate) == []


def test_a_delegate_can_have_at_most_50_notes(desk: Browser) -> None:
    delegate = make_delegate()
    for number in range(50):
        annotate(delegate, note=str(number))

    page = desk.open(get_path(delegate)).press("Add note", {"New note": "One more"}, status=422)

    assert page.errors == ["There are 50 notes already. Delete one first"]


def test_deleting_a_note_deleted_by_a_colleague_is_not_found(desk: Browser) -> None:
    delegate, other = make_delegate(), make_delegate(email="other@example.org")
    annotate(delegate, note="Wrong")
    page = desk.open(get_path(delegate))
    with transaction():
        annotations.delete_note(delegate, 1, actor=DORA)

    page.press("Delete note “Wrong”", status=404)
    annotate(delegate, note="Hers")
    inputs = desk.open(get_path(other)).tree.find_all("input")
    token = next(one for one in inputs if one.get("name") == "csrf_token")
    desk.send(
        "POST",
        get_path(other, "/notes/1/delete"),
        data={"csrf_token": token.get("value")},
        status=404,
    )


def test_viewers_see_notes_and_tags_but_cannot_change_them(visitor: Browser) -> None:
    delegate = make_delegate()
    annotate(delegate, note="Arrives late", tags=("Press",))
    sign_in(visitor, role=VIEWER)

    page = visitor.open(get_path(delegate))

    assert "Arrives late" in page.text
    assert "Press" in page.text
    assert not {"Add note", "Add tag", "Remove the tag Press"} & set(page.buttons)


# Tags


@pytest.mark.both_databases
def test_tags_can_be_added_filtered_by_and_removed(desk: Browser) -> None:
    ada = make_delegate(reference="BCDF2345")
    make_delegate(reference="BCDF2346", email="bea@example.org")

    page = desk.open(get_path(ada)).press("Add tag", {"Tag": "Press"})
    assert "The tag has been added." in page.source
    page = page.press("Add tag", {"Tag": "VIP"})
    page = desk.open("/organise/delegates").press("Search", {"Tag": "Press"})

    assert [(row["Reference"], row["Tags"]) for row in page.rows] == [("BCDF2345", "Press VIP")]
    page = desk.open(get_path(ada)).press("Remove the tag Press")
    assert "The tag has been removed." in page.source
    assert list_history_entries(ada) == [
        ("A tag was added", DORA, [("Tag", "", "Press")]),
        ("A tag was added", DORA, [("Tag", "", "VIP")]),
        ("A tag was removed", DORA, [("Tag", "Press", "")]),
    ]
    rows = desk.open("/organise/delegates?sort=-registered").rows
    assert [row["Tags"] for row in rows] == ["", "VIP"]


def test_tags_that_differ_only_in_case_share_one_spelling(desk: Browser) -> None:
    ada, bea = make_delegate(), make_delegate(email="bea@example.org")
    annotate(ada, tags=("Press",))

    desk.open(get_path(bea)).press("Add tag", {"Tag": "  PRESS "})
    desk.press("Add tag", {"Tag": "press"})

    assert annotations.list_labels() == ["Press"]
    assert len(list_history_entries(bea)) == 1


def test_a_tag_is_limited_in_length_and_a_delegate_to_ten_tags(desk: Browser) -> None:
    delegate = make_delegate()
    annotate(delegate, tags=tuple(f"Tag {number}" for number in range(10)))

    page = desk.open(get_path(delegate)).press("Add tag", {"Tag": "x" * 31}, status=422)
    assert page.errors == ["The tag must be 30 characters or fewer"]
    page = page.press("Add tag", {"Tag": "…"}, status=422)
    assert page.errors == ["The tag must include a letter or a number"]
    page = page.press("Add tag", {"Tag": ""}, status=422)
    assert page.errors == ["Enter a tag"]
    page = page.press("Add tag", {"Tag": "One more"}, status=422)
    assert page.errors == ["A delegate can have 10 tags. Remove one first"]


def test_at_most_fifty_different_tags_can_exist(desk: Browser) -> None:
    for person in range(5):
        delegate = make_delegate(email=f"{person}@example.org")
        annotate(delegate, tags=tuple(f"Tag {person}{number}" for number in range(10)))
    delegate = make_delegate()

    page = desk.open(get_path(delegate)).press("Add tag", {"Tag": "One more"}, status=422)

    assert page.errors == ["There are 50 different tags already. Use one of them"]
    page.press("Add tag", {"Tag": "tag 00"})


# What becomes of them


def test_the_data_export_of_a_delegate_includes_notes_and_tags(visitor: Browser) -> None:
    delegate = make_delegate()
    annotate(delegate, note="Arrives late", tags=("Press",))
    page = visitor.open(f"/booking/{links.booking_token(delegate)}/name")
    page = page.press("Save", {"Family name": "King"})

    copy = json.loads(visitor.fetch("GET", page.links["Download your data"]).data)

    assert copy["notes_of_the_organisers"] == [
        {"written_at": clock.now().isoformat(), "text": "Arrives late"}
    ]
    assert copy["tags_of_the_organisers"] == ["Press"]
    assert DORA not in json.dumps(copy)


def tables_about_delegates() -> list[Table]:
    """Return every table that refers to a delegate, so that a new one is tested automatically."""
    return [
        table
        for table in Base.metadata.sorted_tables
        if any(key.column.table.name == "delegate" for key in table.foreign_keys)
    ]


def test_erasing_a_delegate_deletes_their_rows_from_every_table(desk: Browser) -> None:
    delegate = make_delegate(access="A ramp", cancelled_at=clock.now())
    make_confirmation(delegate)
    annotate(delegate, note="Arrives late", tags=("Press",))
    agenda = make_agenda("opening")
    save(LinkedAgenda(delegate_id=delegate.id, agenda_id=agenda.id))
    make_waiting_list_entry(state=ACCEPTED, ended_at=clock.now(), delegate_id=delegate.id)
    question = make_question()
    with transaction():
        requirement_cases.create_missing()
        delegate_record.store(delegate, {f"question_{question.id}": "By bus"})
    save(SeatLimit(name="session opening", seats=2, taken=1, nominal_seats=2))
    save(
        SessionBooking(
            delegate_id=delegate.id, session_key="opening", title="Opening", booked_at=clock.now()
        )
    )
    save(
        ReleasedSeat(
            delegate_id=delegate.id, session_key="farewell", title="F", released_at=clock.now()
        )
    )
    notice = save(ChangeNotice(from_release=1, to_release=1, changed_at=clock.now()))
    save(
        NoticePerson(
            notice_id=notice.id,
            delegate_id=delegate.id,
            changes="",
            day_changes="",
            is_included=True,
        )
    )
    make_group(delegate)
    other = make_delegate(given_names="Grace", family_name="Hopper")
    save(DistinctBookings(first_id=delegate.id, second_id=other.id))
    make_place_transfer(delegate)
    make_application(state=APPROVED, ended_at=clock.now(), delegate_id=delegate.id)
    make_interest(state=REGISTERED, ended_at=clock.now(), delegate_id=delegate.id)
    save(SpeakerPlace(speaker_id=1, delegate_id=delegate.id, linked_at=clock.now()))
    ballot = make_ballot()
    save(
        BallotEntry(
            ballot_id=ballot.id,
            delegate_id=delegate.id,
            ticket="K7QF2M9X",
            wishes='["opening"]',
            changed_at=clock.now(),
        )
    )
    for table in tables_about_delegates():
        assert db.session.scalar(select(func.count()).select_from(table)), table.name
    db.session.commit()

    desk.open(get_path(delegate, "/erase")).press("Delete permanently")

    for table in tables_about_delegates():
        assert not db.session.scalar(select(func.count()).select_from(table)), table.name
    assert [changes for _, _, changes in list_history_entries(delegate)] == [[], [], []]
    page = desk.open(get_path(delegate))
    assert "Add note" not in page.buttons


def test_retention_deletes_notes_and_tags_with_the_details_of_delegates(
    site: Flask, frozen_time: Any
) -> None:
    delegate = make_delegate()
    annotate(delegate, note="Arrives late", tags=("Press",))
    frozen_time.shift(timedelta(days=400))

    with transaction():
        retention.erase_delegates()

    db.session.refresh(delegate)
    assert delegate.is_erased
    assert annotations.list_labels() == []


def test_an_erased_delegate_cannot_be_given_tags(site: Flask) -> None:
    delegate = make_delegate(cancelled_at=clock.now())
    with transaction():
        desk_services.erase(delegate, actor=DORA)

    with pytest.raises(RuleViolation, match="have been deleted"), transaction():
        annotations.add_tag(delegate, "Press", actor=DORA)


def test_exports_of_delegates_include_tags_but_not_notes(desk: Browser) -> None:
    annotate(make_delegate(), note="Arrives late", tags=("VIP", "Press"))
    desk.open("/organise/delegates")

    answer = desk.page.press("Download as CSV").source

    assert "Press, VIP" in answer
    assert "Arrives late" not in answer

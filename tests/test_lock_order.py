"""Concurrent changes of related rows lock them in one order, and so do not deadlock.

PostgreSQL aborts one of two transactions that wait for each other, and its changes are lost.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import cache_version, clock
from app.content.views import get_content_folder
from app.database import db, transaction
from app.delegates.fields import PRIVATE_NAMES
from app.delegates.models import Delegate
from app.equality import queries as equality_queries
from app.equality import services as equality
from app.errors import StaleEdit
from app.interchange import apply_import
from app.interchange.demo import generator
from app.mailings import notices
from app.mailings import services as mailings
from app.mailings.notice_models import ChangeNotice
from app.mailings.queries import NO_SUCH_MAILING, get_mailing
from app.onboarding import services as onboarding
from app.onboarding.services import NewConference
from app.programme import queries
from app.programme.editing import assignments, sessions, speakers, versioned_edits
from app.programme.editing import rooms_and_themes as ordered
from app.programme.fields.conference import CONFERENCE_FIELDS
from app.programme.models import Room, Session, Speaker, Theme
from app.registration import re_encryption
from app.registration.bookings import services as bookings
from app.registration.desk import duplicates
from app.registration.speaker_places import services as places
from app.registration.transfers import services as transfers
from app.registration.transfers.services import Colleague
from app.registration.waiting_list import services as waiting_list
from app.registration.waiting_list.models import WaitingListEntry
from app.releases import services as releases
from app.speakers import batch_emails, reminders
from app.speakers.models import ItemDeadline, PlannedReminder
from app.speakers.recipients import load_speakers
from tests.factories import (
    get_ada_marsh,
    grant_speaker_access,
    make_delegate,
    make_mailing,
    make_room,
    make_session,
    make_speaker,
    make_waiting_list_entry,
    save,
    set_places,
)
from tests.races import DONE, run_overlapping

pytestmark = pytest.mark.postgresql_only

GRACE, MARY = "grace@conference.example", "mary@conference.example"
# what whoever comes second is told, however late they come
LIST_CHANGED = (
    "Nothing has been saved. Someone else has changed “Knots” since you opened this page. "
    "Check the list, then save again"
)
STALE = StaleEdit.message
LOCKED = "FROM {} .*FOR (NO KEY )?UPDATE"
SESSION, SPEAKER = LOCKED.format("session"), LOCKED.format("speaker")


def get_session(number: int) -> Session:
    return db.session.get_one(Session, number)


def save_session(number: int, **values: object) -> None:
    sessions.save(get_session(number), values, expected_version=1, actor=GRACE)


def update_several(versions: Mapping[str, int]) -> None:
    sessions.update_several(versions, {"state": "cancelled"}, actor=MARY)


def test_saving_settings_and_publishing_do_not_deadlock(site: Flask) -> None:
    make_session(title="Knots")

    def save() -> None:
        conference = queries.get_conference()
        versioned_edits.save(
            CONFERENCE_FIELDS,
            conference,
            {"subtitle": "Another"},
            expected_version=conference.version,
            actor=MARY,
        )

    def publish() -> None:
        releases.create_release("now", actor=GRACE)

    ended = run_overlapping(
        site, (save, LOCKED.format("conference")), (publish, "LOCK TABLE conference")
    )

    assert ended == [DONE, DONE]


def test_bulk_room_assignment_and_a_board_move_do_not_deadlock(site: Flask) -> None:
    session, room = make_session(title="Knots"), make_room(name="North")
    number, room_number, key, versions = session.id, room.id, room.key, {session.key: 1}
    starts_at = clock.now() + timedelta(days=30)

    def assign() -> None:
        assignments.assign(
            ordered.ROOMS, db.session.get_one(Room, room_number), versions, actor=MARY
        )

    def drag() -> None:
        slot = sessions.ScheduleSlot(starts_at, starts_at + timedelta(hours=1), key)
        sessions.move(get_session(number), slot, expected_version=1, actor=GRACE)

    ended = run_overlapping(site, (assign, LOCKED.format("room")), (drag, SESSION))

    assert ended in ([LIST_CHANGED, DONE], [DONE, STALE])
    assert get_session(number).room_id == room_number


def test_adding_a_session_and_bulk_room_assignment_do_not_deadlock(site: Flask) -> None:
    session, room = make_session(title="Knots"), make_room(name="North")
    room_number, key, versions = room.id, room.key, {session.key: 1}

    def assign() -> None:
        assignments.assign(
            ordered.ROOMS, db.session.get_one(Room, room_number), versions, actor=MARY
        )

    def add() -> None:
        sessions.add({"title": "Another", "room": key, "state": "draft"}, actor=GRACE)

    ended = run_overlapping(site, (assign, SESSION), (add, "LOCK TABLE session|advisory"))

    assert ended == [DONE, DONE]


def test_merging_speakers_and_adding_one_to_a_session_do_not_deadlock(site: Flask) -> None:
    stays, goes = make_speaker(name="Bo One"), make_speaker(name="Bo Two")
    number = make_session(title="Knots", speakers=(goes,)).id
    target, source, key = stays.id, goes.id, stays.key

    def merge() -> None:
        both = (db.session.get_one(Speaker, one) for one in (target, source))
        speakers.merge(*both, actor=MARY)

    def add() -> None:
        save_session(number, appearances=[[key, "speaker"]])

    ended = run_overlapping(site, (merge, SPEAKER), (add, SESSION))

    assert ended == [DONE, DONE]


def test_changing_a_slug_and_a_bulk_edit_do_not_deadlock(site: Flask) -> None:
    first, second = make_session(title="Knots"), make_session(title="Ropes")
    number, versions = second.id, {first.key: 1, second.key: 1}

    ended = run_overlapping(
        site,
        (lambda: save_session(number, slug="another-address"), SESSION),
        (lambda: update_several(versions), "UPDATE session"),
    )

    assert ended in ([DONE, DONE], [STALE, DONE])


def test_adding_a_new_speaker_to_a_session_and_saving_another_do_not_deadlock(site: Flask) -> None:
    ada, number = get_ada_marsh(), make_session(title="Knots").id
    ada_number, key = ada.id, ada.key

    def save_with_new_speaker() -> None:
        parts = [[sessions.NewSpeaker("Cy New"), "speaker"], [key, "speaker"]]
        save_session(number, appearances=parts)

    def save_speaker() -> None:
        ada = db.session.get_one(Speaker, ada_number)
        speakers.save(ada, {"role": "Pilot"}, expected_version=ada.version, actor=MARY)

    ended = run_overlapping(
        site,
        (save_with_new_speaker, "LOCK TABLE speaker|advisory"),
        (save_speaker, SPEAKER),
    )

    assert ended == [DONE, DONE]


def test_saving_a_theme_and_reordering_themes_do_not_deadlock(site: Flask) -> None:
    def save() -> None:
        theme = db.session.scalars(select(Theme).order_by(Theme.position.desc())).first()
        assert theme
        values = {"summary": "New words"}
        ordered.save(ordered.THEMES, theme, values, expected_version=theme.version, actor=GRACE)

    def move() -> None:
        first = db.session.scalars(select(Theme).order_by(Theme.position)).first()
        assert first
        ordered.move(ordered.THEMES, first, "down", actor=MARY)

    ended = run_overlapping(site, (save, "LOCK TABLE theme"), (move, LOCKED.format("theme")))

    assert ended == [DONE, DONE]


def test_reassigning_sessions_of_a_room_and_a_bulk_edit_do_not_deadlock(site: Flask) -> None:
    room, other = make_room(name="North"), make_room(name="South")
    day = clock.now() + timedelta(days=30)
    hours = (day + timedelta(hours=5), day + timedelta(hours=6)), (day, day + timedelta(hours=1))
    both = [
        make_session(title=title, room_id=room.id, starts_at=starts_at, ends_at=ends_at)
        for title, (starts_at, ends_at) in zip(("Knots", "Ropes"), hours, strict=True)
    ]
    versions = {one.key: one.version for one in both}
    numbers = room.id, other.id

    def reassign() -> None:
        old, new = (db.session.get_one(Room, number) for number in numbers)
        ordered.reassign_sessions(ordered.ROOMS, old, new, actor=GRACE)

    ended = run_overlapping(site, (reassign, SESSION), (lambda: update_several(versions), SESSION))

    assert ended == [DONE, DONE]


def test_linking_a_booking_to_a_speaker_and_merging_bookings_do_not_deadlock(site: Flask) -> None:
    one, two = make_delegate(), make_delegate(given_names="Adah")
    with transaction():
        places.link(get_ada_marsh(), two, actor=MARY)
    versions = {one.reference: one.version, two.reference: two.version}
    numbers, speaker = (one.id, two.id), get_ada_marsh().id

    def link() -> None:
        booking = db.session.get_one(Delegate, numbers[0])
        places.link(db.session.get_one(Speaker, speaker), booking, actor=MARY)

    def merge() -> None:
        with site.test_request_context("/"):
            kept, other = (db.session.get_one(Delegate, number) for number in numbers)
            duplicates.merge(duplicates.MergeChoice(kept, other, {}, versions), actor=GRACE)

    ended = run_overlapping(site, (link, SPEAKER), (merge, LOCKED.format("delegate")))

    assert ended == [DONE, DONE]


@pytest.mark.settings(RATE_LIMIT_EXEMPT_NETWORKS='["192.0.2.0/24"]')
def test_an_address_is_entered_as_ones_own_while_the_place_is_offered_to_it(site: Flask) -> None:
    number, address, office = make_delegate().id, "bea@example.org", "192.0.2.1"

    def change() -> None:
        booking = db.session.get_one(Delegate, number)
        bookings.request_email_change(booking, address, booking.version, office)

    def offer() -> None:
        booking = db.session.get_one(Delegate, number)
        transfers.offer_own(booking, Colleague("Bea Waite", address), ip_address=office)

    ended = run_overlapping(
        site,
        (change, LOCKED.format("delegate")),
        (offer, "INSERT INTO rate_limit_hit"),
    )

    assert ended == [DONE, DONE]


def remind_new_speaker() -> int:
    """Save a speaker who was never public and gets a reminder; return their number."""
    new = make_speaker(name="Nell New", contact_address="nell@example.org")
    grant_speaker_access(new, "nell@example.org")
    save(ItemDeadline(item="travel", due_on=clock.now().date() + timedelta(days=6)))
    return new.id


def delete_speaker(number: int) -> None:
    speakers.delete(db.session.get_one(Speaker, number), actor=MARY)


def send_invitations() -> None:
    batch_emails.lock_mailings()
    batch_emails.send(batch_emails.build_batch("invitation"), actor=GRACE)


def test_a_speaker_is_deleted_while_reminders_are_planned(site: Flask) -> None:
    number = remind_new_speaker()

    ended = run_overlapping(
        site,
        (reminders.plan, "LOCK TABLE planned_reminder"),
        (lambda: delete_speaker(number), SPEAKER),
    )

    assert ended == [DONE, DONE]
    assert db.session.scalars(select(PlannedReminder.speaker_id)).all() == []


def test_a_speaker_is_deleted_while_reminders_are_sent(site: Flask, frozen_time: Any) -> None:
    number = remind_new_speaker()
    with transaction():
        reminders.plan()
    frozen_time.shift(timedelta(days=3))

    ended = run_overlapping(
        site,
        (reminders.send_due, "LOCK TABLE planned_reminder"),
        (lambda: delete_speaker(number), SPEAKER),
    )

    assert ended == [DONE, DONE]
    assert db.session.get(Speaker, number) is None


def test_a_speaker_is_deleted_while_speakers_are_invited(site: Flask) -> None:
    number = remind_new_speaker()

    ended = run_overlapping(
        site,
        (send_invitations, "LOCK TABLE speaker_mailing"),
        (lambda: delete_speaker(number), SPEAKER),
    )

    assert ended == [DONE, DONE]
    assert db.session.get(Speaker, number) is None


def test_a_new_conference_is_started_while_reminders_are_sent(
    site: Flask, frozen_time: Any
) -> None:
    remind_new_speaker()
    with transaction():
        reminders.plan()
    frozen_time.shift(timedelta(days=3))
    folder, today = get_content_folder(), clock.now().date()
    requested = NewConference("Winds", today, today, "UTC")

    ended = run_overlapping(
        site,
        (reminders.send_due, "LOCK TABLE planned_reminder"),
        (
            lambda: onboarding.start(folder, requested, expected_fingerprint=None, actor=MARY),
            "DELETE FROM planned_reminder|DELETE FROM session_owner|DELETE FROM email",
        ),
    )

    assert ended == [DONE, DONE]
    assert db.session.scalars(select(PlannedReminder.speaker_id)).all() == []


def test_another_conference_is_loaded_while_reminders_are_planned(site: Flask) -> None:
    remind_new_speaker()
    programme = generator.generate(3, 2)

    ended = run_overlapping(
        site,
        (reminders.plan, "LOCK TABLE planned_reminder"),
        (lambda: apply_import.replace(programme), "DELETE FROM session|DELETE FROM appearance"),
    )

    assert ended == [DONE, DONE]
    assert db.session.scalars(select(PlannedReminder.speaker_id)).all() == []


def test_changing_a_speaker_address_and_sending_a_batch_do_not_deadlock(site: Flask) -> None:
    ada = get_ada_marsh()
    with transaction():
        ada.contact_address = "new@example.org"
    grant_speaker_access(get_ada_marsh(), "ada@example.org")
    number = get_ada_marsh().id
    invitation = batch_emails.BATCH_EMAIL_KINDS["invitation"]

    def replace() -> None:
        batch_emails.replace_address(db.session.get_one(Speaker, number), actor=GRACE)

    def send_batch() -> None:
        batch_emails.lock_mailings()
        (recipient,) = load_speakers([db.session.get_one(Speaker, number)])
        batch_emails.send_one(invitation, recipient, actor=MARY)

    ended = run_overlapping(site, (replace, SPEAKER), (send_batch, "LOCK TABLE speaker_mailing"))

    assert ended == [DONE, DONE]


def test_inviting_speakers_and_merging_two_of_them_do_not_deadlock(site: Flask) -> None:
    zoe = make_speaker(name="Zoe Young", contact_address="zoe@example.org")
    abe = make_speaker(name="Abe Adams", contact_address="abe@example.org")
    numbers = zoe.id, abe.id

    def merge() -> None:
        both = (db.session.get_one(Speaker, number) for number in numbers)
        speakers.merge(*both, actor=MARY)

    ended = run_overlapping(site, (send_invitations, SPEAKER), (merge, SPEAKER))

    assert ended == [DONE, DONE]


def test_re_encryption_and_removal_from_the_waiting_list_do_not_deadlock(site: Flask) -> None:
    set_places(1)
    make_delegate()
    document = json.dumps({min(PRIVATE_NAMES): "a ramp"})
    numbers = [
        make_waiting_list_entry(access_key=key, document=document, name=name).id
        for key, name in (("b", "First"), ("a", "Second"))
    ]

    def remove() -> None:
        with site.test_request_context("/"):
            for number in numbers:
                entry = db.session.get_one(WaitingListEntry, number)
                waiting_list.remove(entry, actor=GRACE)

    ended = run_overlapping(
        site,
        (re_encryption.encrypt_batch, "UPDATE waiting_list_entry"),
        (remove, LOCKED.format("waiting_list_entry")),
    )

    assert ended == [DONE, DONE]


def test_deleting_a_notice_draft_and_dropping_the_notice_do_not_deadlock(site: Flask) -> None:
    mailing, release = make_mailing(), queries.get_latest_release_number()
    with transaction():
        notice = ChangeNotice(
            from_release=release,
            to_release=release,
            old_place="",
            new_place="",
            state="open",
            version=1,
            mailing_id=mailing.id,
            changed_at=clock.now(),
        )
        db.session.add(notice)
    number, notice_number = mailing.id, notice.id

    def delete() -> None:
        mailings.delete(get_mailing(number), actor=GRACE)

    def drop() -> None:
        notice = db.session.get_one(ChangeNotice, notice_number)
        notices.drop(notice, expected_version=1, actor=MARY)

    ended = run_overlapping(
        site, (delete, LOCKED.format("mailing")), (drop, "LOCK TABLE change_notice")
    )

    assert ended in ([DONE, DONE], [NO_SUCH_MAILING, DONE])


def test_answering_and_choosing_equality_questions_do_not_deadlock(site: Flask) -> None:
    first, second, *_ = [one.current for one in equality_queries.read_questions()]
    with transaction():
        equality.set_active([first.key], actor=GRACE)
    cache_version.recheck()
    choice = next(iter(first.choices))

    def answer() -> None:
        equality.list_active()
        equality.count_answers({first.key: choice})

    def choose() -> None:
        equality.set_active([second.key], actor=GRACE)

    ended = run_overlapping(
        site,
        (answer, LOCKED.format("equality_question")),
        (choose, "LOCK TABLE equality_question"),
    )

    assert ended == [DONE, DONE]

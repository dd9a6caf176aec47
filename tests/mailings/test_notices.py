"""Notices of change: prepared from what a release changed, and sent only by an organiser."""

import json
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from flask import Flask
from icalendar import Calendar
from sqlalchemy import Select, select

from app import clock
from app.agenda import services as agenda
from app.database import db, transaction
from app.delegates.models import Delegate, DelegateNote, LinkedAgenda
from app.errors import StaleEdit
from app.interchange import ical_writer
from app.mail import worker
from app.mail.models import UNSUBSCRIBED, Email
from app.mail.suppression import suppress
from app.mailings import (
    notice_changes,
    notice_people,
    notice_queries,
    notice_recipients,
    notice_text,
    notices,
    release,
    scheduling,
)
from app.mailings import queries as mailing_queries
from app.mailings import services as mailings
from app.mailings.models import Mailing, MailingRecipient
from app.mailings.notice_models import ChangeNotice, NoticePerson
from app.mailings.notice_queries import NoticeOverview
from app.mailings.scheduling import SendTime
from app.mailings.services import Draft
from app.programme.models import Conference
from app.registration.bookings import erasure, operations
from app.registration.session_bookings.models import SessionBooking
from app.releases import current_release, services
from app.worker_tasks import FOLLOW_UP_TASKS, SCHEDULED_TASKS
from tests.browser import Browser
from tests.factories import (
    get_ada_marsh,
    grant_speaker_access,
    make_agenda,
    make_delegate,
    make_room,
    make_scheduled_release,
    make_session,
    make_speaker,
    publish_programme,
    save,
    sign_in,
)
from tests.lookups import get_session
from tests.mail_server import MailServer
from tests.sent_emails import deliver_emails

AFTERNOON = datetime(2009, 6, 10, 13, 0, tzinfo=UTC)  # 2pm by the conference's clocks
GRACE = "grace@conference.example"
AN_HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def known(site: Flask) -> None:
    """People know the first release."""
    prepare()


def prepare() -> None:
    with transaction():
        notices.prepare()


def publish() -> None:
    db.session.commit()
    publish_programme()
    prepare()


def make_follower(*slugs: str, **values: Any) -> Delegate:
    """Save a delegate who keeps an agenda of these sessions with their booking."""
    delegate = make_delegate(**values)
    agenda = make_agenda(*slugs)
    save(LinkedAgenda(delegate_id=delegate.id, agenda_id=agenda.id))
    return delegate


def overview() -> NoticeOverview:
    notice = notice_queries.find_open()
    assert notice is not None
    return notice_queries.get_overview(notice)


def list_changes_by_person() -> dict[str, list[str]]:
    """Return who would be notified of what."""
    return {
        one.name: [f"{notice_text.describe(each).heading}: {each.label}" for each in one.changes]
        for one in overview().recipients
    }


def move(slug: str, to: datetime | None = AFTERNOON) -> None:
    assert to is not None
    session = get_session(slug)
    session.starts_at, session.ends_at = to, to + AN_HOUR


@pytest.mark.both_databases
def test_a_notice_lists_changes_of_sessions_for_their_followers(site: Flask) -> None:
    make_follower("harbour-walls", "reading-the-tide", given_names="Ada")
    make_follower("farewell", given_names="Grace", email="grace@example.org")
    make_delegate(given_names="Mary", email="mary@example.org")
    move("harbour-walls")
    get_session("harbour-walls").title = "Harbour walls and piers"
    get_session("reading-the-tide").cancelled_at = clock.now()
    publish()

    assert list_changes_by_person() == {
        "Ada Lovelace": [
            "Reading the tide: Cancelled",
            "Harbour walls and piers: Moved",
            "Harbour walls and piers: New title",
        ]
    }
    assert overview().size == (1, 3)
    assert db.session.scalars(select(Email)).all() == []


@pytest.mark.both_databases
def test_a_session_moved_and_moved_back_is_not_in_the_notice(site: Flask) -> None:
    make_follower("harbour-walls")
    before = get_session("harbour-walls").starts_at
    move("harbour-walls")
    publish()
    offered = overview().size
    move("harbour-walls", before)
    publish()

    assert offered == (1, 1)
    assert notice_queries.find_open() is None


def test_changes_of_two_releases_are_merged_in_the_notice(site: Flask) -> None:
    make_follower("harbour-walls")
    move("harbour-walls")
    publish()
    number = overview().notice.id
    get_session("harbour-walls").room = make_room(name="Light house")
    publish()

    (change,) = overview().changes
    assert overview().notice.id == number
    assert notice_text.describe(change).lines == (
        ("Before", "11am to midday on Wednesday 10 June 2009, Boat house"),
        ("Now", "2pm to 3pm on Wednesday 10 June 2009, Light house"),
    )


def test_a_rollback_leaves_no_changes_in_the_notice(site: Flask) -> None:
    make_follower("harbour-walls")
    move("harbour-walls")
    publish()
    with transaction():
        services.roll_back(1, "", expected_release=2, actor=GRACE)
    prepare()

    assert notice_queries.find_open() is None


def test_a_rollback_after_a_dropped_notice_is_a_new_change(site: Flask) -> None:
    make_follower("harbour-walls")
    move("harbour-walls")
    publish()
    with transaction():
        notice = overview().notice
        notices.drop(notice, expected_version=notice.version, actor=GRACE)
    dropped = notice_queries.find_open()
    with transaction():
        services.roll_back(1, "", expected_release=2, actor=GRACE)
    prepare()

    assert dropped is None
    (change,) = overview().changes
    assert dict(notice_text.describe(change).lines)["Now"] == (
        "11am to midday on Wednesday 10 June 2009, Boat house"
    )


def test_changes_of_plenary_day_start_and_venue_concern_all_delegates_of_the_day(
    site: Flask,
) -> None:
    make_delegate(given_names="Ada", days="2009-06-10")
    make_delegate(given_names="Grace", email="grace@example.org", days="2009-06-11")
    db.session.get_one(Conference, 1).place = "Scarborough"
    make_session(starts_at=datetime(2009, 6, 11, 8, 0, tzinfo=UTC), title="Early birds")
    get_session("opening").room = make_room(name="Light house")
    publish()

    assert list_changes_by_person() == {
        "Ada Lovelace": ["Venue: New venue", "Opening: New room"],
        "Grace Lovelace": ["Venue: New venue", "Thursday 11 June 2009: New start of the day"],
    }


@pytest.mark.both_databases
def test_unsubscribed_delegates_are_notified_only_of_the_days_they_attend(
    site: Flask, mailbox: MailServer
) -> None:
    make_follower("harbour-walls", given_names="Ada", days="2009-06-10")
    make_follower("harbour-walls", given_names="Bo", email="bo@example.org", days="2009-06-11")
    make_follower("harbour-walls", given_names="Cy", email="cy@example.org", days="2009-06-11")
    make_delegate(given_names="Dora", email="dora@example.org", days="2009-06-10")
    eve = make_delegate(given_names="Eve", email="eve@example.org", days="2009-06-11")
    with transaction():
        title, key, now = "Harbour walls", "harbour-walls", clock.now()
        seat = SessionBooking(delegate_id=eve.id, session_key=key, title=title, booked_at=now)
        db.session.add(seat)
        for name in ("Ada", "bo", "dora", "eve"):
            suppress(f"{name}@example.org", UNSUBSCRIBED)
    move("harbour-walls")
    get_session("opening").room = make_room(name="Light house")
    publish()

    assert list_changes_by_person() == {
        "Ada Lovelace": ["Opening: New room"],
        "Cy Lovelace": ["Harbour walls: Moved"],
        "Dora Lovelace": ["Opening: New room"],
        "Eve Lovelace": ["Harbour walls: Moved"],  # her seat is part of her booking
    }
    send(prepare_emails())
    release.release_due()
    deliver_emails()
    assert {one.recipient: bool(one.calendar) for one in mailbox.emails} == {
        "ada@example.org": False,
        "cy@example.org": True,
        "dora@example.org": False,
        "eve@example.org": True,
    }


def test_a_moved_plenary_is_not_also_reported_as_a_new_start_of_the_day(site: Flask) -> None:
    make_delegate()
    move("opening", datetime(2009, 6, 10, 9, 0, tzinfo=UTC))
    publish()

    assert list_changes_by_person() == {"Ada Lovelace": ["Opening: Moved"]}


@pytest.mark.both_databases
def test_an_organiser_can_notify_all_delegates_of_the_day_of_a_change(
    site: Flask, mailbox: MailServer
) -> None:
    grant_speaker_access(get_ada_marsh(), "ada@example.org")
    make_delegate(given_names="Ada", days="2009-06-10")
    make_follower("harbour-walls", given_names="Bo", email="bo@example.org", days="2009-06-10")
    make_delegate(given_names="Cy", email="cy@example.org", days="2009-06-10")
    make_delegate(given_names="Di", email="di@example.org", days="2009-06-11")
    make_delegate(given_names="Ed", email="ed@example.org", days="2009-06-10")
    with transaction():
        suppress("ed@example.org", UNSUBSCRIBED)
    move("harbour-walls")
    get_session("reading-the-tide").cancelled_at = clock.now()
    publish()
    before = list_changes_by_person()
    with transaction():
        notice = overview().notice
        notices.create_mailing(
            notice,
            [one.id for one in overview().changes],
            includes_days=True,
            expected_version=notice.version,
            actor=GRACE,
        )

    both = ["Reading the tide: Cancelled", "Harbour walls: Moved"]
    assert before == {
        "Ada Lovelace": ["Harbour walls: Moved"],  # she speaks in it
        "Bo Lovelace": ["Harbour walls: Moved"],
    }
    assert list_changes_by_person() == {
        "Ada Lovelace": both,
        "Bo Lovelace": both,
        "Cy Lovelace": both,
    }
    mailing = db.session.scalars(select(Mailing)).one()
    assert mailing.is_essential is False
    send(mailing)
    release.release_due()
    deliver_emails()
    assert sorted((one.recipient, bool(one.calendar)) for one in mailbox.emails) == [
        ("ada@example.org", True),
        ("bo@example.org", True),
        ("cy@example.org", False),
    ]


def test_other_tables_can_add_people_interested_in_a_session(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def select_notes(keys: Collection[str]) -> Select[Any]:
        """Stand for a table that says who has booked which session, and when."""
        about = (DelegateNote.delegate_id, DelegateNote.text, DelegateNote.written_at)
        return notice_recipients.select_interest(*about).where(DelegateNote.text.in_(keys))

    interests = [*notice_recipients.INTERESTS, select_notes]
    monkeypatch.setattr(notice_recipients, "INTERESTS", interests)
    key = get_session("farewell").key
    ada = make_follower("farewell", given_names="Ada", days="2009-06-10")
    bo = make_delegate(given_names="Bo", email="bo@example.org", days="2009-06-10")
    cy = make_delegate(given_names="Cy", email="cy@example.org", days="2009-06-10")
    for one in (ada, bo):
        save(DelegateNote(delegate_id=one.id, text=key, written_at=clock.now(), written_by=""))
    get_session("farewell").title = "Goodbye"
    publish()
    after = clock.now() + AN_HOUR
    save(DelegateNote(delegate_id=cy.id, text=key, written_at=after, written_by=""))

    told_ones = ["Goodbye: New title"]
    assert list_changes_by_person() == {"Ada Lovelace": told_ones, "Bo Lovelace": told_ones}


def test_changes_of_past_sessions_are_removed_from_the_notice(
    site: Flask, frozen_time: Any
) -> None:
    make_follower("harbour-walls", "farewell")
    move("harbour-walls")
    get_session("farewell").title = "Goodbye"
    publish()
    mailing = prepare_emails()
    seen = overview().notice.changed_at
    frozen_time.move_to("2009-06-10T15:00:00+01:00")
    worker.run_tasks((*SCHEDULED_TASKS, *FOLLOW_UP_TASKS))

    notice = overview().notice
    summary = notice_people.get_summary(notice)
    assert [one.label for one in summary.changes] == ["New title"]
    assert (summary.size, notice.changed_at) == ((1, 1), seen)
    assert list_own_words(mailing) == {"Ada Lovelace": ["Goodbye"]}


def test_a_notice_from_an_earlier_version_is_completed_by_the_worker(site: Flask) -> None:
    make_follower("harbour-walls")
    move("harbour-walls")
    publish()
    with transaction():
        notice = overview().notice
        notice.content, notice.stale_at = "", None
        notice_people.delete_all()

    worker.run_tasks((*SCHEDULED_TASKS, *FOLLOW_UP_TASKS))

    assert notice_people.get_summary(overview().notice).size == (1, 1)


def test_an_erased_delegate_is_removed_from_the_notice(site: Flask) -> None:
    delegate = make_follower("harbour-walls")
    other = make_follower("harbour-walls", email="grace@example.org", given_names="Grace")
    move("harbour-walls")
    publish()
    with transaction():
        operations.cancel(delegate, actor=GRACE)
        erasure.erase(delegate)

    left = db.session.scalars(select(NoticePerson.delegate_id)).all()
    prepare()
    assert left == [other.id]
    assert notice_people.get_summary(overview().notice).size == (1, 1)


def test_changes_seen_in_the_agenda_or_made_by_the_person_are_not_notified(
    site: Flask, frozen_time: Any
) -> None:
    seen = make_follower("harbour-walls", given_names="Ada")
    move("harbour-walls")
    get_session("opening").room = make_room(name="Light house")
    frozen_time.shift(AN_HOUR)
    publish()
    frozen_time.shift(AN_HOUR)
    make_delegate(given_names="Grace", email="grace@example.org")
    linked = db.session.get_one(LinkedAgenda, seen.id).agenda
    with transaction():
        linked.changed_at = clock.now()  # as when the button is pressed
        agenda.acknowledge_changes(
            linked, {one.key: one for one in current_release.get_programme().sessions}
        )

    assert list_changes_by_person() == {"Ada Lovelace": ["Opening: New room"]}


def test_cancelled_bookings_and_past_sessions_are_not_notified(
    site: Flask, frozen_time: Any
) -> None:
    make_follower("farewell", given_names="Grace", email="grace@example.org")
    gone = make_follower("farewell", given_names="Mary", email="mary@example.org")
    gone.cancelled_at = clock.now()
    make_follower("harbour-walls", given_names="Ada")
    frozen_time.move_to("2009-06-11T09:00:00+01:00")
    move("harbour-walls", datetime(2009, 6, 10, 8, 0, tzinfo=UTC))
    get_session("farewell").title = "Goodbye"
    publish()

    assert list_changes_by_person() == {"Grace Lovelace": ["Goodbye: New title"]}


def test_a_change_of_speakers_names_who_joined_and_left(site: Flask) -> None:
    make_follower("reading-the-tide")
    session = get_session("reading-the-tide")
    session.appearances[0].speaker = make_speaker(name="Mary Anning")
    publish()

    (change,) = overview().changes
    assert notice_text.render_block([change]) == (
        "Reading the tide\n----------------\n\nChange of speakers:\n\n"
        "No longer speaking: João Maré\nNow speaking: Mary Anning"
    )


def test_a_session_that_was_deleted_is_no_longer_in_the_programme(site: Flask) -> None:
    make_follower("harbour-walls")
    db.session.delete(get_session("harbour-walls"))
    publish()

    assert list_changes_by_person() == {
        "Ada Lovelace": ["Harbour walls: No longer in the programme"]
    }


# The emails


def choose_all(notice: ChangeNotice) -> Mailing:
    found = notice_queries.get_overview(notice)
    return notices.create_mailing(
        notice, [one.id for one in found.changes], expected_version=notice.version, actor=GRACE
    )


def prepare_emails() -> Mailing:
    with transaction():
        return choose_all(overview().notice)


def send(mailing: Mailing, when: timedelta = timedelta()) -> None:
    """Send a group email after seeing its recipients."""
    with transaction():
        count = mailing_queries.select_people(mailing).count
        scheduling.schedule(
            mailing,
            SendTime(clock.now() + when),
            expected_version=mailing.version,
            expected_count=count,
            actor=GRACE,
        )


def list_own_words(mailing: Mailing) -> dict[str, list[str]]:
    """Return who would be notified of what, by the heading lines."""
    rows = db.session.scalars(
        select(MailingRecipient)
        .where(MailingRecipient.mailing_id == mailing.id)
        .order_by(MailingRecipient.name)
    )
    return {
        one.name: [
            line.split("\n")[0]
            for line in json.loads(one.own_values)["changes"].split("\n\n")
            if "\n---" in line
        ]
        for one in rows
    }


@pytest.mark.both_databases
def test_each_person_gets_one_email_with_their_calendar(
    site: Flask, mailbox: MailServer, frozen_time: Any
) -> None:
    make_follower("harbour-walls", "reading-the-tide", given_names="Ada")
    make_delegate(given_names="Grace", email="grace@example.org")
    move("harbour-walls")
    get_session("reading-the-tide").cancelled_at = clock.now()
    get_session("opening").title = "A grand opening"
    get_session("opening").room = make_room(name="Light house")
    publish()
    send(prepare_emails())
    release.release_due()
    release.release_due()
    deliver_emails()

    ada, grace = sorted(mailbox.emails, key=lambda one: one.recipient)
    assert (ada.recipient, ada.subject) == (
        "ada@example.org",
        "Changes to the programme of Tides and Harbours",
    )
    assert ada.text.split("\n-- \n")[0].strip() == WORDS_TO_ADA
    assert "<h2>Harbour walls</h2>" in ada.html
    entries = {
        str(one["SUMMARY"]): (one["UID"], one["SEQUENCE"], str(one["STATUS"]))
        for one in Calendar.from_ical(ada.calendar).walk("VEVENT")
    }
    feed = Calendar.from_ical(
        ical_writer.dump(current_release.get_programme(), site="", name="", address="")
    )
    published = {str(one["SUMMARY"]): one for one in feed.walk("VEVENT")}
    assert entries == {
        title: (published[title]["UID"], 1, status)
        for title, status in (("Harbour walls", "CONFIRMED"), ("Reading the tide", "CANCELLED"))
    }
    assert str(Calendar.from_ical(ada.calendar)["METHOD"]) == "PUBLISH"
    assert grace.calendar == ""
    assert "Before: Great hall\nNow: Light house" in grace.text


def test_a_test_email_of_a_notice_has_the_calendar_file(site: Flask, mailbox: MailServer) -> None:
    make_follower("harbour-walls")
    move("harbour-walls")
    publish()
    mailing = prepare_emails()
    with transaction():
        mailings.send_test(mailing, to=GRACE)
    deliver_emails()

    (arrived,) = mailbox.emails
    (entry,) = Calendar.from_ical(arrived.calendar).walk("VEVENT")
    assert (arrived.recipient, str(entry["SUMMARY"])) == (GRACE, "Harbour walls")


WORDS_TO_ADA = """\
Dear Ada,

The programme of Tides and Harbours has changed. These are the changes that affect you:

A grand opening
---------------

New room:

Before: Great hall
Now: Light house

Reading the tide
----------------

Cancelled
It was planned for: 11am to midday on Wednesday 10 June 2009, Great hall

Harbour walls
-------------

Moved:

Before: 11am to midday on Wednesday 10 June 2009, Boat house
Now: 2pm to 3pm on Wednesday 10 June 2009, Boat house

Open the attached file to update these sessions in your calendar: Reading the tide; Harbour walls. \
If you subscribe to one of our calendars, it is updated automatically.

View the programme:
https://conference.example/programme"""


@pytest.mark.both_databases
def test_another_release_updates_the_draft_notice_and_keeps_its_text(site: Flask) -> None:
    make_follower("harbour-walls", given_names="Ada")
    make_follower("reading-the-tide", given_names="Grace", email="grace@example.org")
    before = get_session("harbour-walls").starts_at
    move("harbour-walls")
    publish()
    mailing = prepare_emails()
    with transaction():
        mailings.save(
            mailing,
            Draft("News", "{{ changes }}"),
            expected_version=mailing.version,
            actor=GRACE,
        )
    seen = mailing.version
    move("harbour-walls", before)
    move("reading-the-tide")
    publish()

    assert list_own_words(mailing) == {"Grace Lovelace": ["Reading the tide"]}
    assert (mailing.subject, mailing.body) == ("News", "{{ changes }}")
    with pytest.raises(StaleEdit), transaction():
        scheduling.schedule(
            mailing,
            SendTime(clock.now()),
            expected_version=seen,
            expected_count=1,
            actor=GRACE,
        )


def test_the_draft_notice_is_deleted_when_no_changes_remain(site: Flask) -> None:
    make_follower("harbour-walls")
    before = get_session("harbour-walls").starts_at
    move("harbour-walls")
    publish()
    prepare_emails()
    move("harbour-walls", before)
    publish()

    assert db.session.scalars(select(Mailing)).all() == []
    assert db.session.scalars(select(MailingRecipient)).all() == []


def test_changes_that_were_sent_are_not_in_the_next_notice(site: Flask) -> None:
    make_follower("harbour-walls", "reading-the-tide")
    move("harbour-walls")
    publish()
    send(prepare_emails())
    prepare()
    waiting = notice_queries.find_open()
    move("reading-the-tide")
    publish()

    assert waiting is None
    assert list_changes_by_person() == {"Ada Lovelace": ["Reading the tide: Moved"]}


def test_changes_of_a_cancelled_notice_email_are_merged_into_the_next_notice(
    site: Flask,
) -> None:
    make_follower("harbour-walls", "reading-the-tide")
    move("harbour-walls")
    publish()
    first = prepare_emails()
    send(first, timedelta(minutes=10))
    move("reading-the-tide")
    publish()
    with transaction():
        scheduling.cancel(first, actor=GRACE)
    prepare()

    assert list_changes_by_person() == {
        "Ada Lovelace": ["Harbour walls: Moved", "Reading the tide: Moved"]
    }
    assert db.session.scalars(select(Mailing)).all() == []


def test_excluded_changes_stay_excluded_until_they_change_again(site: Flask) -> None:
    make_follower("harbour-walls", "reading-the-tide")
    move("harbour-walls")
    get_session("reading-the-tide").title = "Reading the tides"
    publish()
    found = overview()
    (moved,) = [one.id for one in found.changes if one.kind == notice_changes.MOVED]
    with transaction():
        version = found.notice.version
        notices.create_mailing(found.notice, [moved], expected_version=version, actor=GRACE)
    get_session("farewell").title = "Goodbye"
    publish()
    first = list_changes_by_person()
    get_session("reading-the-tide").title = "Tides"
    publish()

    assert first == {"Ada Lovelace": ["Harbour walls: Moved"]}
    assert list_changes_by_person() == {
        "Ada Lovelace": ["Tides: New title", "Harbour walls: Moved"]
    }


def test_people_who_share_an_email_address_get_one_merged_notice(site: Flask) -> None:
    make_follower("harbour-walls", given_names="Ada")
    make_follower("reading-the-tide", given_names="Grace")
    move("harbour-walls")
    move("reading-the-tide")
    publish()

    assert list_own_words(prepare_emails()) == {
        "Ada Lovelace": ["Harbour walls", "Reading the tide"]
    }


def test_approving_a_stale_notice_is_refused(site: Flask) -> None:
    make_follower("harbour-walls")
    move("harbour-walls")
    publish()
    seen = overview().notice.version
    get_session("harbour-walls").title = "Walls"
    publish()

    with pytest.raises(StaleEdit), transaction():
        notices.create_mailing(overview().notice, [], expected_version=seen, actor=GRACE)


def test_a_crash_while_preparing_notice_emails_is_rolled_back(site: Flask) -> None:
    make_follower("harbour-walls")
    move("harbour-walls")
    publish()

    def crash() -> None:
        with transaction():
            choose_all(overview().notice)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crash()

    assert db.session.scalars(select(Mailing)).all() == []
    assert list_own_words(prepare_emails()) == {"Ada Lovelace": ["Harbour walls"]}


def test_the_worker_creates_a_notice_for_a_scheduled_release(site: Flask, frozen_time: Any) -> None:
    make_follower("harbour-walls")
    make_scheduled_release()
    move("harbour-walls")
    db.session.commit()
    frozen_time.shift(AN_HOUR)

    worker.run_tasks((*SCHEDULED_TASKS, *FOLLOW_UP_TASKS))

    assert list_changes_by_person() == {"Ada Lovelace": ["Harbour walls: Moved"]}
    assert db.session.scalars(select(Mailing)).all() == []


@pytest.mark.settings(LANGUAGES='["en", "fr"]')
def test_dates_in_a_notice_are_in_the_language_of_the_recipient(site: Flask) -> None:
    make_follower("harbour-walls", language="fr")
    move("harbour-walls", AFTERNOON + timedelta(days=1))
    publish()
    prepare_emails()

    words = json.loads(db.session.scalars(select(MailingRecipient.own_values)).one())["changes"]
    assert "mercredi 10 juin 2009" in words
    assert "jeudi 11 juin 2009" in words


@pytest.mark.own_site
@pytest.mark.settings(LANGUAGES='["en", "fr"]')
def test_the_introduction_of_a_notice_is_in_the_language_of_the_recipient(
    site: Flask,
    visitor: Browser,
    mailbox: MailServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    catalog = Catalog(locale="fr")
    catalog.add("Dear {{ first_name }},", "Bonjour {{ first_name }},")
    catalog.add("Changes to the programme of {{ conference }}", "Changements : {{ conference }}")
    folder = tmp_path / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "messages.mo").open("wb") as file:
        write_mo(file, catalog)
    babel = site.extensions["babel"]
    monkeypatch.setattr(babel, "translation_directories", [str(tmp_path)])
    make_follower("harbour-walls", language="fr")
    make_follower("harbour-walls", given_names="Grace", email="grace@example.org")
    move("harbour-walls")
    publish()

    mailing = prepare_emails()
    preview = sign_in(visitor).open(f"/organise/mailings/{mailing.id}/preview")
    send(mailing)
    release.release_due()
    deliver_emails()

    found = {one.recipient: (one.subject, one.text.splitlines()[0]) for one in mailbox.emails}
    assert "Changements : Tides and Harbours" in preview.text
    assert found == {
        "ada@example.org": ("Changements : Tides and Harbours", "Bonjour Ada,"),
        "grace@example.org": ("Changes to the programme of Tides and Harbours", "Dear Grace,"),
    }


@pytest.mark.both_databases
def test_concurrent_releases_create_one_notice(site: Flask) -> None:
    make_follower("harbour-walls")
    move("harbour-walls")
    db.session.commit()
    publish_programme()

    def run(_: int) -> None:
        with site.app_context():
            prepare()

    with ThreadPoolExecutor(4) as people:
        list(people.map(run, range(4)))

    rows = select(ChangeNotice.state, ChangeNotice.from_release, ChangeNotice.to_release)
    assert db.session.execute(rows).tuples().all() == [("open", 1, 2)]


@pytest.mark.parametrize("count", [1, 3])
def test_preparing_a_notice_needs_a_constant_number_of_queries(
    site: Flask, queries: list[str], count: int
) -> None:
    for number in range(count):
        make_follower("harbour-walls", "opening", email=f"p{number}@example.org")
    move("harbour-walls")
    get_session("opening").room = make_room(name="Light house")
    publish()
    notice = overview().notice

    with site.test_request_context():
        notice_queries.get_overview(notice)

    assert len(queries) == 6

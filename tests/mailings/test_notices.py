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


def told() -> dict[str, list[str]]:
    """Tell who would be told of what."""
    return {
        one.name: [f"{notice_text.describe(each).heading}: {each.label}" for each in one.changes]
        for one in overview().recipients
    }


def move(slug: str, to: datetime | None = AFTERNOON) -> None:
    assert to is not None
    session = get_session(slug)
    session.starts_at, session.ends_at = to, to + AN_HOUR


@pytest.mark.both_databases
def test_followers_hear_what_happened_to_their_sessions(site: Flask) -> None:
    make_follower("harbour-walls", "reading-the-tide", given_names="Ada")
    make_follower("farewell", given_names="Grace", email="grace@example.org")
    make_delegate(given_names="Mary", email="mary@example.org")
    move("harbour-walls")
    get_session("harbour-walls").title = "Harbour walls and piers"
    get_session("reading-the-tide").cancelled_at = clock.now()
    publish()

    assert told() == {
        "Ada Lovelace": [
            "Reading the tide: Cancelled",
            "Harbour walls and piers: Moved",
            "Harbour walls and piers: New title",
        ]
    }
    assert overview().size == (1, 3)
    assert db.session.scalars(select(Email)).all() == []


@pytest.mark.both_databases
def test_what_moved_and_moved_back_is_not_mentioned(site: Flask) -> None:
    make_follower("harbour-walls")
    before = get_session("harbour-walls").starts_at
    move("harbour-walls")
    publish()
    offered = overview().size
    move("harbour-walls", before)
    publish()

    assert offered == (1, 1)
    assert notice_queries.find_open() is None


def test_two_releases_are_told_as_one_change(site: Flask) -> None:
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


def test_a_release_that_is_restored_leaves_nothing_to_tell(site: Flask) -> None:
    make_follower("harbour-walls")
    move("harbour-walls")
    publish()
    with transaction():
        services.roll_back(1, "", expected_release=2, actor=GRACE)
    prepare()

    assert notice_queries.find_open() is None


def test_going_back_after_dropping_a_notice_is_a_change_again(site: Flask) -> None:
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


def test_everybody_of_a_day_hears_of_a_plenary_of_another_start_and_of_the_venue(
    site: Flask,
) -> None:
    make_delegate(given_names="Ada", days="2009-06-10")
    make_delegate(given_names="Grace", email="grace@example.org", days="2009-06-11")
    db.session.get_one(Conference, 1).place = "Scarborough"
    make_session(starts_at=datetime(2009, 6, 11, 8, 0, tzinfo=UTC), title="Early birds")
    get_session("opening").room = make_room(name="Light house")
    publish()

    assert told() == {
        "Ada Lovelace": ["Venue: New venue", "Opening: New room"],
        "Grace Lovelace": ["Venue: New venue", "Thursday 11 June 2009: New start of the day"],
    }


@pytest.mark.both_databases
def test_whoever_has_unsubscribed_hears_only_of_the_days_on_which_they_come(
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

    assert told() == {
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


def test_a_day_is_not_said_to_start_late_where_its_plenary_says_so(site: Flask) -> None:
    make_delegate()
    move("opening", datetime(2009, 6, 10, 9, 0, tzinfo=UTC))
    publish()

    assert told() == {"Ada Lovelace": ["Opening: Moved"]}


@pytest.mark.both_databases
def test_everybody_of_the_day_gets_one_email_if_an_organiser_chooses_so(
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
    before = told()
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
    assert told() == {"Ada Lovelace": both, "Bo Lovelace": both, "Cy Lovelace": both}
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


def test_people_with_an_interest_of_another_kind_hear_of_their_sessions(
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
    assert told() == {"Ada Lovelace": told_ones, "Bo Lovelace": told_ones}


def test_a_change_that_is_over_leaves_the_notice(site: Flask, frozen_time: Any) -> None:
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


def test_a_notice_of_an_earlier_version_of_the_site_is_stored_whole(site: Flask) -> None:
    make_follower("harbour-walls")
    move("harbour-walls")
    publish()
    with transaction():
        notice = overview().notice
        notice.content, notice.stale_at = "", None
        notice_people.delete_all()

    worker.run_tasks((*SCHEDULED_TASKS, *FOLLOW_UP_TASKS))

    assert notice_people.get_summary(overview().notice).size == (1, 1)


def test_nothing_is_left_of_a_delegate_who_is_erased(site: Flask) -> None:
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


def test_nobody_hears_what_they_know(site: Flask, frozen_time: Any) -> None:
    seen = make_follower("harbour-walls", given_names="Ada")
    move("harbour-walls")
    get_session("opening").room = make_room(name="Light house")
    frozen_time.shift(AN_HOUR)
    publish()
    frozen_time.shift(AN_HOUR)
    make_delegate(given_names="Grace", email="grace@example.org")
    linked = db.session.get_one(LinkedAgenda, seen.id).agenda
    with transaction():
        linked.changed_at = clock.now()  # as when somebody presses the button
        agenda.acknowledge_changes(
            linked, {one.key: one for one in current_release.get_programme().sessions}
        )

    assert told() == {"Ada Lovelace": ["Opening: New room"]}


def test_cancelled_bookings_and_sessions_that_are_over_are_left_out(
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

    assert told() == {"Grace Lovelace": ["Goodbye: New title"]}


def test_speakers_who_join_and_leave_are_named(site: Flask) -> None:
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

    assert told() == {"Ada Lovelace": ["Harbour walls: No longer in the programme"]}


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
    """Send a mailing as somebody who has seen who gets it."""
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
    """Tell who would be told of what, by the lines that are headings."""
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


def test_a_test_to_oneself_has_the_calendar_file(site: Flask, mailbox: MailServer) -> None:
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
def test_another_release_brings_the_draft_up_to_date_and_leaves_its_text(site: Flask) -> None:
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


def test_the_draft_goes_when_nothing_is_left_to_tell(site: Flask) -> None:
    make_follower("harbour-walls")
    before = get_session("harbour-walls").starts_at
    move("harbour-walls")
    publish()
    prepare_emails()
    move("harbour-walls", before)
    publish()

    assert db.session.scalars(select(Mailing)).all() == []
    assert db.session.scalars(select(MailingRecipient)).all() == []


def test_what_was_told_is_not_told_again(site: Flask) -> None:
    make_follower("harbour-walls", "reading-the-tide")
    move("harbour-walls")
    publish()
    send(prepare_emails())
    prepare()
    waiting = notice_queries.find_open()
    move("reading-the-tide")
    publish()

    assert waiting is None
    assert told() == {"Ada Lovelace": ["Reading the tide: Moved"]}


def test_a_mailing_that_was_cancelled_in_time_is_merged_with_what_came_later(
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

    assert told() == {"Ada Lovelace": ["Harbour walls: Moved", "Reading the tide: Moved"]}
    assert db.session.scalars(select(Mailing)).all() == []


def test_changes_that_were_left_out_stay_out_until_they_are_others(site: Flask) -> None:
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
    first = told()
    get_session("reading-the-tide").title = "Tides"
    publish()

    assert first == {"Ada Lovelace": ["Harbour walls: Moved"]}
    assert told() == {"Ada Lovelace": ["Tides: New title", "Harbour walls: Moved"]}


def test_people_who_share_an_address_get_one_email_with_what_concerns_both(site: Flask) -> None:
    make_follower("harbour-walls", given_names="Ada")
    make_follower("reading-the-tide", given_names="Grace")
    move("harbour-walls")
    move("reading-the-tide")
    publish()

    assert list_own_words(prepare_emails()) == {
        "Ada Lovelace": ["Harbour walls", "Reading the tide"]
    }


def test_a_notice_that_has_changed_is_not_approved(site: Flask) -> None:
    make_follower("harbour-walls")
    move("harbour-walls")
    publish()
    seen = overview().notice.version
    get_session("harbour-walls").title = "Walls"
    publish()

    with pytest.raises(StaleEdit), transaction():
        notices.create_mailing(overview().notice, [], expected_version=seen, actor=GRACE)


def test_a_crash_while_preparing_leaves_nothing_behind(site: Flask) -> None:
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


def test_a_scheduled_release_is_offered_by_the_worker(site: Flask, frozen_time: Any) -> None:
    make_follower("harbour-walls")
    make_scheduled_release()
    move("harbour-walls")
    db.session.commit()
    frozen_time.shift(AN_HOUR)

    worker.run_tasks((*SCHEDULED_TASKS, *FOLLOW_UP_TASKS))

    assert told() == {"Ada Lovelace": ["Harbour walls: Moved"]}
    assert db.session.scalars(select(Mailing)).all() == []


@pytest.mark.settings(LANGUAGES='["en", "fr"]')
def test_each_person_reads_days_in_their_language(site: Flask) -> None:
    make_follower("harbour-walls", language="fr")
    move("harbour-walls", AFTERNOON + timedelta(days=1))
    publish()
    prepare_emails()

    words = json.loads(db.session.scalars(select(MailingRecipient.own_values)).one())["changes"]
    assert "mercredi 10 juin 2009" in words
    assert "jeudi 11 juin 2009" in words


@pytest.mark.own_site
@pytest.mark.settings(LANGUAGES='["en", "fr"]')
def test_each_person_reads_the_introduction_in_their_language(
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
def test_releases_at_the_same_time_make_one_notice(site: Flask) -> None:
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
def test_preparing_takes_the_same_few_queries(site: Flask, queries: list[str], count: int) -> None:
    for number in range(count):
        make_follower("harbour-walls", "opening", email=f"p{number}@example.org")
    move("harbour-walls")
    get_session("opening").room = make_room(name="Light house")
    publish()
    notice = overview().notice

    with site.test_request_context():
        notice_queries.get_overview(notice)

    assert len(queries) == 6

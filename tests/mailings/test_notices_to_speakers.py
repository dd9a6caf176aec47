"""Speakers and their assistants in notices of change: they hear only what an organiser approves."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select

from app import clock
from app.accounts.models import Person
from app.database import db, transaction
from app.mail import worker
from app.mail.models import UNSUBSCRIBED, Email
from app.mail.suppression import suppress
from app.mailings import notice_queries, notices, release
from app.mailings.models import Mailing, MailingRecipient
from app.mailings.notice_models import NoticePerson
from app.mailings.notice_text import describe
from app.programme.models import Conference, Speaker
from app.proposals import auto_approval, merging, reviews
from app.proposals import queries as proposals
from app.proposals import services as proposals_services
from app.proposals.models import Proposal
from app.proposals.queries import ProposalReview
from app.registration.desk import services as desk
from app.releases import services as releases
from app.speakers import access
from app.speakers import services as speakers_services
from app.speakers.models import SpeakerAccess
from app.speakers.queries import list_access_to_speaker
from app.worker_tasks import FOLLOW_UP_TASKS, SCHEDULED_TASKS
from tests.browser import Browser
from tests.factories import (
    get_ada_marsh,
    grant_speaker_access,
    make_organiser,
    make_proposal,
    make_room,
    make_session,
    make_speaker,
    publish_programme,
)
from tests.lookups import get_session
from tests.mail_server import MailServer
from tests.mailings.test_notices import make_follower, prepare_emails, send
from tests.sent_emails import deliver_emails

ADA, JOAO, HELPER = "ada@example.org", "joao@example.org", "helper@example.org"
GRACE = "grace@conference.example"


@pytest.fixture(autouse=True)
def speakers(site: Flask) -> None:
    """Two speakers have access to their pages, and people know the first release."""
    grant_speaker_access(get_ada_marsh(), ADA)
    grant_speaker_access(find_speaker("joao-mare"), JOAO)
    worker.run_tasks((*SCHEDULED_TASKS, *FOLLOW_UP_TASKS))


def find_speaker(slug: str) -> Speaker:
    return db.session.scalars(select(Speaker).where(Speaker.slug == slug)).one()


def publish() -> None:
    """Publish the changes of the test, and let the worker detect them."""
    db.session.commit()
    publish_programme()
    worker.run_tasks((*SCHEDULED_TASKS, *FOLLOW_UP_TASKS))


def rename_room(slug: str, name: str = "Light house") -> None:
    get_session(slug).room = make_room(name=name)


def rename_both_rooms() -> None:
    for slug in ("reading-the-tide", "harbour-walls"):
        rename_room(slug, f"Room of {slug}")
    publish()


def prepare_without(organiser: Browser, name: str) -> None:
    """Prepare the emails, and exclude one person from them."""
    page = organiser.open("/organise/notices").press("Prepare emails")
    people = page.follow("View and exclude people")
    people.press("Save recipients", {f"Send it to {name}": False})


def schedule(organiser: Browser, people: str) -> None:
    """Send what is prepared; for some minutes it can still be cancelled."""
    page = organiser.open("/organise/notices").follow("Check and send them").follow("Send")
    page.press("Send email", {f"Send it to {people}": True})


def list_changes_by_address() -> dict[str, list[str]]:
    """Return who would be notified of what, by address."""
    notice = notice_queries.find_open()
    if notice is None:
        return {}
    people = notice_queries.get_overview(notice).recipients
    return {one.email: [_name(describe(each)) for each in one.changes] for one in people}


def _name(text: Any) -> str:
    return f"{text.heading}: {text.label}"


def approve() -> None:
    """Prepare the emails and send them, as an organiser who has checked them."""
    send(prepare_emails())
    release.release_due()
    deliver_emails()


def entries(calendar: str) -> dict[str, tuple[Any, str]]:
    """Read the SEQUENCE and the status of each session in a file."""
    return {
        str(one["SUMMARY"]): (one["SEQUENCE"], str(one["STATUS"]))
        for one in Calendar.from_ical(calendar).walk("VEVENT")
    }


def list_recipients() -> Sequence[str]:
    return db.session.scalars(select(Email.recipient).order_by(Email.id)).all()


@pytest.mark.both_databases
def test_publishing_sends_no_emails_and_lists_changes_for_speakers(
    organiser: Browser,
) -> None:
    grant_speaker_access(get_ada_marsh(), HELPER, is_assistant=True)
    rename_room("harbour-walls")
    get_session("farewell").abstract = "We part."
    get_ada_marsh().role = "Pilot"
    db.session.commit()

    check = organiser.open("/organise/publishing/publish").press("Continue")
    check.press("Publish now")
    worker.run_tasks((*SCHEDULED_TASKS, *FOLLOW_UP_TASKS))
    page = organiser.open("/organise/notices")

    changes = "New room: Harbour walls Abstract: Farewell Role: Profile of Ada Marsh"
    assert "You can notify 2 people of 3 changes. After you publish" in check.text
    assert [(row["Name"], row["Changes"]) for row in page.rows if "Name" in row] == [
        (f"Ada Marsh (speaker or assistant) {ADA}", changes),
        (f"Ada Marsh (speaker or assistant) {HELPER}", changes),
    ]
    assert [row["Change"] for row in page.rows if "Change" in row] == [
        "Harbour walls New room. Before: Boat house → Now: Light house",
        "Farewell Abstract. Before: Not given → Now: We part.",
        "Profile of Ada Marsh Role. Before: Harbour master → Now: Pilot",
    ]
    assert "1 person" in page.press("Search", search="helper@").text
    assert "2 people" in page.press("Search", search="marsh").text
    assert list_recipients() == []


@pytest.mark.both_databases
def test_each_speaker_gets_one_email_with_calendar_once_the_notice_is_approved(
    organiser: Browser, mailbox: MailServer, frozen_time: Any
) -> None:
    rename_room("harbour-walls")
    get_session("reading-the-tide").cancelled_at = clock.now()
    get_ada_marsh().role = "Pilot"
    publish()
    draft = organiser.open("/organise/notices").press("Prepare emails")
    words = db.session.scalars(select(Mailing.body)).one()
    words = words.replace("has changed.", "has changed, sorry.")
    form = draft.follow("Change subject and text")
    page = form.press("Save email", subject="News for you", text=words)
    before = list_recipients()
    page.follow("Send").press("Send email", {"Send it to 2 people": True})
    frozen_time.shift(timedelta(minutes=11))
    for _ in range(2):
        release.release_due()
    deliver_emails()

    assert before == []
    ada, joao = sorted(mailbox.emails, key=lambda one: one.recipient)
    assert [(one.recipient, one.subject) for one in (ada, joao)] == [
        (ADA, "News for you"),
        (JOAO, "News for you"),
    ]
    assert ada.text.split("\n-- \n")[0].strip() == WORDS_TO_ADA
    assert entries(ada.calendar) == {"Harbour walls": (1, "CONFIRMED")}
    assert entries(joao.calendar) == {"Reading the tide": (1, "CANCELLED")}
    assert notice_queries.find_open() is None


WORDS_TO_ADA = """\
Dear Ada,

The programme of Tides and Harbours has changed, sorry. These are the changes that affect you:

Harbour walls
-------------

New room:

Before: Boat house
Now: Light house

Profile of Ada Marsh
--------------------

Role:

Before: Harbour master
Now: Pilot

Open the attached file to update these sessions in your calendar: Harbour walls. \
If you subscribe to one of our calendars, it is updated automatically.

You get this email because you speak, or help a speaker. If anything is wrong, correct it on your \
speaker pages.

Open your speaker pages:
https://conference.example/speak

View the programme:
https://conference.example/programme"""


def test_a_speaker_who_is_also_an_assistant_is_addressed_by_their_own_name(
    organiser: Browser, mailbox: MailServer
) -> None:
    grant_speaker_access(find_speaker("joao-mare"), ADA, is_assistant=True)
    rename_room("harbour-walls")
    publish()

    page = organiser.open("/organise/notices")
    approve()

    names = [row["Name"] for row in page.rows if "Name" in row]
    assert names == [f"Ada Marsh (speaker or assistant) {ADA}"]
    (email,) = mailbox.emails
    assert "Dear Ada," in email.text


def test_dropping_a_notice_drops_it_for_speakers_too(organiser: Browser, frozen_time: Any) -> None:
    rename_room("harbour-walls")
    publish()
    question = organiser.open("/organise/notices").follow("Notify nobody")
    question.press("Notify nobody")
    frozen_time.shift(timedelta(hours=1))
    get_ada_marsh().role = "Pilot"
    publish()

    assert "You can notify 1 person of 1 change." in question.text
    assert list_changes_by_address() == {ADA: ["Profile of Ada Marsh: Role"]}
    assert list_recipients() == []


@pytest.mark.both_databases
def test_a_speaker_with_a_booking_gets_one_merged_notice_email(
    organiser: Browser, mailbox: MailServer
) -> None:
    make_follower(
        "reading-the-tide", email="Ada@example.org", given_names="Augusta", days="2009-06-11"
    )
    rename_both_rooms()
    page = organiser.open("/organise/notices")
    approve()

    assert [row["Name"] for row in page.rows if "Name" in row] == [
        "Augusta Lovelace Ada@example.org",
        f"João Maré (speaker or assistant) {JOAO}",
    ]
    (email,) = [one for one in mailbox.emails if one.recipient.lower() == ADA]
    assert entries(email.calendar) == {
        "Reading the tide": (1, "CONFIRMED"),
        "Harbour walls": (1, "CONFIRMED"),
    }
    assert "https://conference.example/speak" in email.text
    assert len(mailbox.emails) == 2


def test_the_calendar_of_a_removed_speaker_marks_the_session_as_cancelled(
    site: Flask, mailbox: MailServer
) -> None:
    get_session("harbour-walls").appearances[0].speaker = find_speaker("joao-mare")
    publish()
    approve()

    found = {one.recipient: entries(one.calendar) for one in mailbox.emails}
    assert found == {
        ADA: {"Harbour walls": (1, "CANCELLED")},
        JOAO: {"Harbour walls": (1, "CONFIRMED")},
    }


def test_notices_to_speakers_have_no_unsubscribe_link_and_those_to_followers_have(
    site: Flask, mailbox: MailServer
) -> None:
    make_follower("harbour-walls", email="mary@example.org", days="2009-06-11")
    with transaction():
        suppress(ADA, UNSUBSCRIBED)
    rename_room("harbour-walls")
    publish()
    approve()

    links = {one.recipient: one.message["List-Unsubscribe"] for one in mailbox.emails}
    assert links.keys() == {ADA, "mary@example.org"}
    assert links[ADA] is None
    assert links["mary@example.org"]


def test_people_without_speaker_access_are_not_notified(
    organiser: Browser, mailbox: MailServer, frozen_time: Any
) -> None:
    helper = grant_speaker_access(get_ada_marsh(), HELPER, is_assistant=True)
    rename_room("harbour-walls")
    publish()
    organiser.open("/organise/notices").press("Prepare emails")
    with transaction():
        access.revoke(get_ada_marsh(), helper.id, actor=ADA)

    page = organiser.open("/organise/notices")
    form = page.follow("Check and send them").follow("Send")
    form.press("Send email", {"Send it to 2 people": True})
    frozen_time.shift(timedelta(minutes=11))
    release.release_due()
    deliver_emails()

    assert "You can notify 1 person of 1 change." in page.text
    assert [one.recipient for one in mailbox.emails] == [ADA]


@pytest.mark.both_databases
def test_a_speaker_who_cancels_a_booking_is_still_notified_of_their_sessions(
    organiser: Browser, mailbox: MailServer, frozen_time: Any
) -> None:
    speaks = make_follower("reading-the-tide", email="Ada@example.org", days="2009-06-11")
    follows = make_follower("harbour-walls", email=JOAO, days="2009-06-11")
    erased = make_follower("harbour-walls", email="mary@example.org", days="2009-06-11")
    rename_room("harbour-walls")
    publish()
    organiser.open("/organise/notices").press("Prepare emails")
    with transaction():
        for one in (speaks, follows, erased):
            desk.cancel(one, actor=GRACE, notify=False)

    page = organiser.open("/organise/notices")
    form = page.follow("Check and send them").follow("Send")
    form.press("Send email", {"Send it to 3 people": True})
    frozen_time.shift(timedelta(minutes=11))
    release.release_due()
    deliver_emails()

    assert "You can notify 1 person of 1 change." in page.text
    assert [row["Name"] for row in page.rows if "Name" in row] == ["Ada Lovelace Ada@example.org"]
    (email,) = mailbox.emails
    assert email.recipient == "Ada@example.org"
    assert "Dear Ada," in email.text
    assert entries(email.calendar) == {"Harbour walls": (1, "CONFIRMED")}
    subject = "Changes to the programme of {{ conference }}"
    report = organiser.open("/organise/mailings").follow(subject)
    assert "booking cancelled: 2" in report.text


@pytest.mark.both_databases
def test_a_speaker_who_cancels_a_booking_is_not_notified_of_followed_sessions(
    organiser: Browser, mailbox: MailServer, frozen_time: Any
) -> None:
    speaks = make_follower("reading-the-tide", email="Ada@example.org", days="2009-06-11")
    rename_both_rooms()
    organiser.open("/organise/notices").press("Prepare emails")
    with transaction():
        desk.cancel(speaks, actor=GRACE, notify=False)
    worker.run_tasks((*SCHEDULED_TASKS, *FOLLOW_UP_TASKS))

    page = organiser.open("/organise/notices")
    form = page.follow("Check and send them").follow("Send")
    form.press("Send email", {"Send it to 2 people": True})
    frozen_time.shift(timedelta(minutes=11))
    release.release_due()
    deliver_emails()

    assert [row["Name"] for row in page.rows if "Name" in row] == [
        f"Ada Marsh (speaker or assistant) {ADA}",
        f"João Maré (speaker or assistant) {JOAO}",
    ]
    (email,) = [one for one in mailbox.emails if one.recipient == ADA]
    assert "Reading the tide" not in email.text
    assert entries(email.calendar) == {"Harbour walls": (1, "CONFIRMED")}


@pytest.mark.both_databases
def test_a_queued_notice_email_is_rewritten_when_a_speaker_cancels_a_booking(
    organiser: Browser, mailbox: MailServer, frozen_time: Any
) -> None:
    speaks = make_follower("reading-the-tide", email=ADA, days="2009-06-11")
    make_follower("reading-the-tide", email=HELPER, days="2009-06-11")
    grant_speaker_access(get_ada_marsh(), HELPER, is_assistant=True)
    rename_both_rooms()
    prepare_without(organiser, "João Maré")
    schedule(organiser, "2 people")

    with transaction():
        desk.cancel(speaks, actor=GRACE, notify=False)
    worker.run_tasks((*SCHEDULED_TASKS, *FOLLOW_UP_TASKS))
    frozen_time.shift(timedelta(minutes=11))
    release.release_due()
    deliver_emails()

    emails = {one.recipient: one for one in mailbox.emails}
    assert {*emails} == {ADA, HELPER}
    assert "Reading the tide" not in emails[ADA].text
    assert entries(emails[ADA].calendar) == {"Harbour walls": (1, "CONFIRMED")}
    assert "Reading the tide" in emails[HELPER].text
    assert {*entries(emails[HELPER].calendar)} == {"Harbour walls", "Reading the tide"}
    assert list_changes_by_address() == {}


@pytest.mark.both_databases
def test_a_cancelled_booking_during_sending_is_considered_in_the_notice_email(
    organiser: Browser, mailbox: MailServer, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_follower("reading-the-tide", email=HELPER, days="2009-06-11")
    speaks = make_follower("reading-the-tide", email=ADA, days="2009-06-11")
    rename_both_rooms()
    prepare_without(organiser, "João Maré")
    schedule(organiser, "2 people")
    monkeypatch.setattr(release, "CHUNK_SIZE", 1)
    frozen_time.shift(timedelta(minutes=11))
    with transaction():
        release._release_chunk()  # noqa: SLF001 – as a worker that has others to write to
    deliver_emails()
    assert [one.recipient for one in mailbox.emails] == [HELPER]

    with transaction():
        desk.cancel(speaks, actor=GRACE, notify=False)
    release.release_due()
    deliver_emails()

    email = mailbox.emails[-1]
    assert email.recipient == ADA
    assert "Reading the tide" not in email.text
    assert entries(email.calendar) == {"Harbour walls": (1, "CONFIRMED")}


@pytest.mark.both_databases
def test_an_excluded_speaker_gets_no_rewritten_notice_email(
    organiser: Browser, mailbox: MailServer, frozen_time: Any
) -> None:
    speaks = make_follower("reading-the-tide", email=ADA, days="2009-06-11")
    rename_both_rooms()
    prepare_without(organiser, "Ada Lovelace")
    schedule(organiser, "1 person")

    with transaction():
        desk.cancel(speaks, actor=GRACE, notify=False)
    frozen_time.shift(timedelta(minutes=11))
    release.release_due()
    deliver_emails()

    assert [one.recipient for one in mailbox.emails] == [JOAO]


def test_an_excluded_speaker_stays_excluded_after_cancelling_a_booking(
    organiser: Browser,
) -> None:
    speaks = make_follower("reading-the-tide", email="Ada@example.org", days="2009-06-11")
    rename_both_rooms()
    prepare_without(organiser, "Ada Lovelace")
    with transaction():
        desk.cancel(speaks, actor=GRACE, notify=False)
    worker.run_tasks((*SCHEDULED_TASKS, *FOLLOW_UP_TASKS))

    page = organiser.open("/organise/notices").follow("Check and send them")
    page = page.follow("View and exclude people")

    assert "1 person gets it. 1 is excluded." in page.text
    assert {row["Name"]: row["Excluded because"] for row in page.rows} == {
        "Ada Marsh": "removed by an organiser",
        "João Maré": "",
    }


def test_speakers_without_email_address_are_named_until_their_changes_are_excluded(
    organiser: Browser,
) -> None:
    unknown = tuple(make_speaker(name=f"Speaker {one}", slug=f"speaker-{one}") for one in "ABCDEF")
    make_session(title="Tides", slug="tides", speakers=(*unknown, get_ada_marsh()))
    publish()
    rename_room("harbour-walls")
    get_session("tides").room = make_room(name="Shed")
    publish()

    page = organiser.open("/organise/notices")

    assert (
        "6 speakers get no email, because nobody has access to their speaker pages: Speaker A, "
        "Speaker B, Speaker C, Speaker D, Speaker E and 1 more. Invite them, or send them a group "
        "email."
    ) in page.text
    assert page.links["Speaker A"] == "/organise/speakers/speaker-A"
    grant_speaker_access(find_speaker("speaker-A"), "a@example.org")
    assert "5 speakers get no email" in organiser.open("/organise/notices").text
    page = organiser.open("/organise/notices")
    page.press("Prepare emails", {"Notify people: Tides, New room": False})
    assert "get no email" not in organiser.open("/organise/notices").text


def test_a_change_nobody_can_be_notified_of_is_listed_with_its_speakers(
    organiser: Browser,
) -> None:
    unknown = make_speaker(name="Bela Stone", slug="bela-stone")
    make_session(title="Tides", slug="tides", speakers=(unknown,))
    publish()
    unknown = find_speaker("bela-stone")
    get_session("tides").abstract, unknown.role = "High and low.", "Diver"
    rename_room("harbour-walls")
    publish()

    page = organiser.open("/organise/notices")
    listed = {row["Change"]: row["People"] for row in page.rows if "Change" in row}
    nobody = "Nobody to notify, because nobody has access to these speaker pages: Bela Stone."
    people = page.press("Prepare emails").follow("View and exclude people")

    assert "You can notify 1 person of 1 change." in page.text
    assert listed == {
        "Harbour walls New room. Before: Boat house → Now: Light house": "1",
        f"Tides Abstract. Before: Not given → Now: High and low. {nobody}": "0",
        f"Profile of Bela Stone Role. Before: Not given → Now: Diver {nobody}": "0",
    }
    assert "1 speaker gets no email" in page.text
    assert "1 person gets it." in people.text
    grant_speaker_access(find_speaker("bela-stone"), "bela@example.org")
    assert "get no email" not in organiser.open("/organise/notices").text
    rename_room("farewell")
    publish()
    assert list_changes_by_address()["bela@example.org"] == [
        "Tides: Abstract",
        "Profile of Bela Stone: Role",
    ]


def test_speakers_without_email_address_are_named_if_nobody_can_be_notified(
    organiser: Browser,
) -> None:
    unknown = make_speaker(name="Bela Stone", slug="bela-stone")
    make_session(title="Tides", slug="tides", speakers=(unknown,))
    publish()
    assert "get no email" not in organiser.open("/organise/publishing/releases/2").text
    get_session("tides").abstract = "High and low."
    publish()

    release_page = organiser.open("/organise/publishing/releases/3")
    page = release_page.follow("View these speakers")

    assert "There are no changes to notify people of" in page.headings
    assert (
        "The last changes affect 1 speaker who gets no email, because nobody has access to their "
        "speaker pages: Bela Stone. Invite them, or send them a group email."
    ) in page.text
    assert page.links["Bela Stone"] == "/organise/speakers/bela-stone"
    grant_speaker_access(find_speaker("bela-stone"), "bela@example.org")
    assert "Bela Stone" not in organiser.open("/organise/notices").text
    assert "get no email" not in organiser.open("/organise/publishing/releases/3").text


def test_only_excluded_speakers_get_no_notice_email(
    organiser: Browser, mailbox: MailServer, frozen_time: Any
) -> None:
    rename_room("harbour-walls")
    get_session("reading-the-tide").cancelled_at = clock.now()
    publish()

    page = organiser.open("/organise/notices").press("Prepare emails")
    page = page.follow("View and exclude people")
    page = page.press("Save recipients", {"Send it to Ada Marsh": False})
    assert "1 person gets it. 1 is excluded." in page.text
    page = organiser.open("/organise/notices").follow("Check and send them")
    page.follow("Send").press("Send email", {"Send it to 1 person": True})
    frozen_time.shift(timedelta(minutes=11))
    release.release_due()
    deliver_emails()

    assert [one.recipient for one in mailbox.emails] == [JOAO]


def test_a_deleted_assistant_is_erased_from_notices_and_recipients(site: Flask) -> None:
    helper = grant_speaker_access(get_ada_marsh(), HELPER, is_assistant=True)
    rename_room("harbour-walls")
    publish()
    prepare_emails()
    with transaction():
        db.session.delete(db.session.get_one(SpeakerAccess, helper.id))
        db.session.flush()
        db.session.delete(db.session.scalars(select(Person).where(Person.email == HELPER)).one())
    with transaction():
        release.maintain()

    assert len(db.session.scalars(select(NoticePerson)).all()) == 1
    addresses = db.session.scalars(select(MailingRecipient.address)).all()
    assert sorted(addresses) == ["", ADA]


# Who leaves


def test_a_speaker_removed_by_organisers_is_notified_only_of_that(site: Flask) -> None:
    get_ada_marsh().withdrawn_at = clock.now()
    rename_room("harbour-walls")
    publish()

    assert list_changes_by_address()[ADA] == ["Profile of Ada Marsh: No longer in the programme"]


def test_a_speaker_who_withdrew_is_not_notified_of_it(site: Flask) -> None:
    make_organiser()
    with transaction():
        (own,) = list_access_to_speaker(get_ada_marsh())
        seen = speakers_services.participation_fingerprint(get_ada_marsh())
        speakers_services.withdraw(own, "I am ill", expected_fingerprint=seen)
    before = list_recipients()
    publish()

    assert ADA not in list_changes_by_address()
    assert list_recipients() == before


def test_a_new_conference_creates_no_notice(site: Flask) -> None:
    db.session.get_one(Conference, 1).acronym = "other-2010"
    get_session("farewell").title = "Another farewell"
    publish()

    assert list_changes_by_address() == {}


# Their own edits


def approve_role(role: str) -> None:
    """Let Ada ask for another role, and an organiser approve it."""
    approve_proposal(make_proposal(get_ada_marsh(), actor=ADA, role=role))


def approve_proposal(asked: Proposal) -> None:
    seen = ProposalReview(asked).fingerprint
    with transaction():
        reviews.approve(asked.id, expected_fingerprint=seen, actor=GRACE)


@pytest.mark.both_databases
def test_an_approved_proposal_is_emailed_to_its_author_and_notified_to_others(
    site: Flask,
) -> None:
    grant_speaker_access(get_ada_marsh(), HELPER, is_assistant=True)
    approve_role("Pilot")
    publish()

    assert list_recipients() == [ADA]
    assert list_changes_by_address() == {HELPER: ["Profile of Ada Marsh: Role"]}


def test_an_approved_title_is_notified_only_to_followers_not_to_its_author(site: Flask) -> None:
    for address in (ADA, "mary@example.org"):
        make_follower("harbour-walls", email=address, days="2009-06-11")
    approve_proposal(make_proposal(get_session("harbour-walls"), actor=ADA, title="Walls"))
    publish()

    assert list_changes_by_address() == {"mary@example.org": ["Walls: New title"]}


def test_the_author_of_a_proposal_is_notified_of_other_changes_by_organisers(
    site: Flask,
) -> None:
    approve_role("Pilot")
    get_ada_marsh().organisation = "Port of Scarborough"
    publish()
    besides = list_changes_by_address()
    approve_role("Captain")
    get_ada_marsh().role = "Bosun"
    publish()

    assert besides == {ADA: ["Profile of Ada Marsh: Organisation"]}
    assert list_changes_by_address() == {
        ADA: ["Profile of Ada Marsh: Role", "Profile of Ada Marsh: Organisation"]
    }


@pytest.mark.both_databases
def test_the_author_of_a_published_proposal_is_not_notified_because_of_a_draft(
    site: Flask, mailbox: MailServer
) -> None:
    ada, walls = get_ada_marsh(), get_session("harbour-walls")
    grant_speaker_access(ada, HELPER, is_assistant=True)
    links = [["https://ada.example/", "Ada"]]
    biographies = [["fr", "De *nouveau*."]]
    profile = {"role": "Pilot", "biography": "*Anew.*", "biographies": biographies, "links": links}
    approve_proposal(make_proposal(ada, actor=ADA, **profile))
    approve_proposal(make_proposal(walls, actor=ADA, abstract="*Walls.*", keywords=["stone"]))
    rename_room("harbour-walls")
    publish()
    ada.role, ada.biography, ada.biographies, ada.links = "Bosun", "", "[]", "[]"
    walls.abstract, walls.keywords = "", "[]"
    db.session.commit()

    found = list_changes_by_address()
    approve()

    assert found[ADA] == ["Harbour walls: New room"]
    assert len(found[HELPER]) == 7
    (email,) = [one for one in mailbox.emails if one.recipient == ADA and one.calendar]
    assert "Profile of Ada Marsh" not in email.text


def test_the_author_of_a_proposal_is_notified_if_a_rollback_undoes_it(
    site: Flask, frozen_time: Any
) -> None:
    get_ada_marsh().organisation = "Port of Scarborough"
    publish()
    drop()
    frozen_time.shift(timedelta(minutes=1))
    approve_role("Pilot")
    rename_room("farewell")
    publish()
    drop()
    with transaction():
        releases.roll_back(2, "", expected_release=3, actor=GRACE)
    worker.run_tasks((*SCHEDULED_TASKS, *FOLLOW_UP_TASKS))

    assert list_changes_by_address() == {ADA: ["Farewell: New room", "Profile of Ada Marsh: Role"]}


def drop() -> None:
    with transaction():
        notice = notice_queries.find_open()
        assert notice is not None
        notices.drop(notice, expected_version=notice.version, actor=GRACE)


@pytest.mark.both_databases
def test_auto_approved_changes_are_notified_only_to_other_people(
    site: Flask, frozen_time: Any
) -> None:
    grant_speaker_access(get_ada_marsh(), HELPER, is_assistant=True)
    db.session.get_one(Conference, 1).trusted_fields = "biography"
    db.session.commit()
    frozen_time.shift(timedelta(minutes=1))
    began = merging.fingerprints(proposals.get_status(get_ada_marsh()).values)
    with transaction():
        proposals_services.propose(
            get_ada_marsh(), {"biography": "Anew."}, base_fingerprints=began, actor=ADA
        )
    frozen_time.shift(timedelta(minutes=3))
    with transaction():
        auto_approval.publish_due()
    worker.run_tasks((*SCHEDULED_TASKS, *FOLLOW_UP_TASKS))

    assert list_changes_by_address() == {HELPER: ["Profile of Ada Marsh: Biography"]}
    assert list_recipients() == []

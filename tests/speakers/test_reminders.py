"""Automatic reminders: listed in advance, paused, and sent at their time."""

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.accounts.models import VIEWER
from app.database import db, transaction
from app.mail.models import Email
from app.programme.models import Speaker
from app.speakers import batch_emails, recipients, reminders, session_owners
from app.speakers.models import (
    ItemDeadline,
    OwnerMailing,
    PlannedReminder,
    SpeakerAnswers,
    SpeakerMailing,
)
from tests.browser import Browser, Page
from tests.factories import (
    get_ada_marsh,
    grant_speaker_access,
    make_material,
    make_session,
    make_speaker,
    save,
    sign_in,
)
from tests.lookups import get_session, list_history
from tests.sent_emails import last_email_text, list_emails

ADA, JOAO, OWNER = "ada@example.org", "joao@example.org", "owner@example.org"
SHOWN = "/organise/speaking/reminders"
A_DAY = timedelta(days=1)
STILL_TO_DO = "Reminder: your tasks for Tides and Harbours"
WHEN = "9am on Thursday 14 May 2009"


@pytest.fixture(autouse=True)
def list_stored_reminders(site: Flask) -> None:
    """Give Ada and João access to their own pages."""
    grant_speaker_access(get_ada_marsh(), ADA)
    grant_speaker_access(speaker("joao-mare"), JOAO)


@pytest.fixture
def wanted(site: Flask) -> date:
    """The deadline of the travel item: six days from now."""
    day = clock.now().date() + timedelta(days=6)
    save(ItemDeadline(item="travel", due_on=day))
    return day


def speaker(slug: str) -> Speaker:
    return db.session.scalars(select(Speaker).where(Speaker.slug == slug)).one()


def plan() -> None:
    with transaction():
        reminders.plan()


def send() -> None:
    with transaction():
        reminders.send_due()


def remind(frozen_time: Any) -> None:
    """Let two days go by, with a worker that looks every day."""
    for _ in range(3):
        plan()
        send()
        frozen_time.shift(A_DAY)


def planned() -> list[tuple[str, str]]:
    rows = db.session.scalars(select(PlannedReminder).order_by(PlannedReminder.id))
    zone = datetime.fromisoformat("2009-05-12T00:00:00+01:00").tzinfo
    names = {one.key: one.name for one in [*every_speaker(), *recipients.load_owners()]}
    return [(names[row.key], row.send_at.astimezone(zone).isoformat(" ")[:16]) for row in rows]


def every_speaker() -> list[recipients.SpeakerRecipient]:
    return list(recipients.load_speakers(db.session.scalars(select(Speaker)).all()))


# Seen beforehand


@pytest.mark.both_databases
def test_a_planned_reminder_is_shown_a_day_ahead_and_sent_at_9am(
    wanted: date, organiser: Browser, frozen_time: Any
) -> None:
    plan()

    overview = organiser.open("/organise/speaking")
    page = overview.follow("View or pause automatic reminders")
    read = page.follow("Preview: João Maré")

    assert f"2 reminders are scheduled, the first for {WHEN}." in overview.text
    assert page.headings[1:3] == [f"2 reminders will be sent at {WHEN}", "Email to Ada Marsh"]
    assert "Dear Ada Marsh," in page.text
    assert read.headings[2] == "Email to João Maré"
    assert "Dear João Maré," in read.text
    assert "Travel and arrival (due by Monday 18 May 2009)" in read.text
    assert not re.search(r"sign-in/(?!each-has-their-own)\S", read.text)
    frozen_time.move_to("2009-05-14T08:59:59+01:00")
    send()
    before = list_emails()
    frozen_time.move_to("2009-05-14T09:00:00+01:00")
    send()
    send()
    assert before == []
    assert sorted(list_emails()) == [(ADA, STILL_TO_DO), (JOAO, STILL_TO_DO)]
    assert "No automatic reminders are scheduled." in sign_in(organiser).open(SHOWN).text


def test_setting_a_deadline_plans_reminders_immediately(organiser: Browser) -> None:
    organiser.open("/organise/speaking/dates")
    organiser.press("Save", {"Travel and arrival": "2009-05-13"})

    assert f"2 reminders will be sent at {WHEN}" in organiser.open(SHOWN).headings
    assert list_emails() == []
    organiser.open("/organise/speaking/dates").press("Save", {"Travel and arrival": ""})
    assert planned() == []


def test_the_page_shows_when_the_next_reminders_will_be_sent_and_to_whom(
    organiser: Browser,
) -> None:
    nothing = organiser.open(SHOWN)
    save(ItemDeadline(item="travel", due_on=date(2009, 6, 1)))
    save(SpeakerAnswers(speaker_id=get_ada_marsh().id, travel_at=clock.now()))
    plan()

    page = organiser.open(SHOWN)

    assert "Next reminders" not in nothing.headings
    assert page.headings[1] == "Next reminders"
    assert "The next reminders will be sent at 9am on Monday 25 May 2009" in page.text
    assert "João Maré" in page.text
    assert "Ada Marsh" not in page.text


@pytest.mark.both_databases
def test_a_reminder_can_be_paused_and_resumed(
    wanted: date, organiser: Browser, frozen_time: Any
) -> None:
    plan()
    held = organiser.open(SHOWN).press("Pause selected", {"Select Ada Marsh": True})
    remind(frozen_time)
    first = list_emails()

    page = sign_in(organiser).open(SHOWN)
    again = page.press("Resume all")

    assert "Paused." in held.source
    assert f"1 reminder will be sent at {WHEN}" in held.headings
    assert first == [(JOAO, STILL_TO_DO)]
    assert "Paused by grace@conference.example" in page.text
    assert again.headings[1] == "1 reminder will be sent at 9am on Saturday 16 May 2009"
    frozen_time.shift(A_DAY)
    send()
    assert list_emails() == [(JOAO, STILL_TO_DO), (ADA, STILL_TO_DO)]
    assert list_history("speaker ada-marsh")[:2] == [
        "Ada Marsh had an automatic reminder paused",
        "Ada Marsh had an automatic reminder resumed",
    ]


def test_all_reminders_can_be_paused_and_one_resumed(
    wanted: date, organiser: Browser, frozen_time: Any
) -> None:
    plan()

    page = organiser.open(SHOWN).press("Pause all")
    page = page.press("Resume selected", {"Select João Maré": True})

    assert page.headings[1:3] == [f"1 reminder will be sent at {WHEN}", "Paused"]
    remind(frozen_time)
    assert list_emails() == [(JOAO, STILL_TO_DO)]


def test_pausing_without_selection_changes_nothing(wanted: date, organiser: Browser) -> None:
    plan()

    page = organiser.open(SHOWN).press("Pause selected")

    assert "Nothing was changed. Select at least one reminder." in page.source
    assert f"2 reminders will be sent at {WHEN}" in page.headings


def test_a_reminder_already_sent_cannot_be_paused(wanted: date, organiser: Browser) -> None:
    plan()
    page = organiser.open(SHOWN)
    for one in db.session.scalars(select(PlannedReminder)):
        one.send_at = clock.now()
    db.session.commit()
    send()

    refused = page.press("Pause all", status=409)

    assert "These reminders have already been sent" in refused.text


@pytest.mark.parametrize("typed", ["9" * 5_000, "9" * 30, "²", "٣", "-1"])
@pytest.mark.parametrize("button", ["hold", "let-go"])
def test_invalid_reminder_ids_select_nothing(
    wanted: date, visitor: Browser, typed: str, button: str
) -> None:
    plan()
    sign_in(visitor).open(SHOWN)
    fields = visitor.page.tree.find_all("input")
    token = next(one.get("value") for one in fields if one.get("name") == "csrf_token")

    for asked in ({"chosen": typed}, {"shown": typed, "all": "1"}):
        data = {**asked, "csrf_token": token}
        answer = visitor.fetch("POST", f"{SHOWN}/{button}", data=data)
        assert answer.status_code == 303
    assert f"2 reminders will be sent at {WHEN}" in visitor.open(SHOWN).headings


def test_a_viewer_sees_reminders_but_cannot_pause_them(wanted: date, visitor: Browser) -> None:
    plan()

    page = sign_in(visitor, "viewer@conference.example", VIEWER).open(SHOWN)

    assert f"2 reminders will be sent at {WHEN}" in page.headings
    assert not {one for one in page.buttons if one.startswith("Hold")}


def test_the_list_of_reminders_is_paginated(
    wanted: date, organiser: Browser, queries: list[str]
) -> None:
    asked = []
    for few in (range(2), range(2, 4), range(4, 58)):
        for number in few:
            one = make_speaker(name=f"Speaker {number:02}")
            grant_speaker_access(one, f"speaker-{number}@example.org")
        plan()
        organiser.open(SHOWN)
        queries.clear()
        first = organiser.open(SHOWN)
        asked.append(len(queries))

    second = first.follow("Next page →")
    preview = second.follow("Preview: Speaker 57")

    assert asked[0] == asked[1] == asked[2] <= 8
    assert f"60 reminders will be sent at {WHEN}" in first.headings
    assert f"60 reminders will be sent at {WHEN}" in second.headings
    assert ("Speaker 00" in first.text, "Speaker 57" in first.text) == (True, False)
    assert ("Speaker 00" in second.text, "Speaker 57" in second.text) == (False, True)
    assert "Email to Speaker 57" in preview.headings
    assert "Page 2 of 2" in preview.text
    second.press("Pause all")
    paused = select(func.count()).where(PlannedReminder.paused_at.is_not(None))
    assert db.session.scalar(paused) == 60


def test_of_many_next_reminders_only_some_recipients_are_named(organiser: Browser) -> None:
    save(ItemDeadline(item="travel", due_on=date(2009, 6, 1)))
    for number in range(51):
        one = make_speaker(name=f"Speaker {number:02}")
        grant_speaker_access(one, f"speaker-{number}@example.org")

    page = organiser.open(SHOWN)

    assert "and 3 more" in page.text


def test_the_reminders_page_needs_a_constant_number_of_queries(
    wanted: date, organiser: Browser, queries: list[str]
) -> None:
    save(ItemDeadline(item="texts", due_on=wanted))
    asked = []
    for number in range(3):
        session_owners.set_owner(make_session(abstract=""), f"{number}@example.org", actor=ADA)
        db.session.commit()
        organiser.open(SHOWN)
        queries.clear()
        organiser.open(SHOWN)
        asked.append(len(queries))

    assert asked[0] == asked[1] == asked[2]


# Who is reminded, and when


def test_speakers_with_open_tasks_near_their_deadline_are_reminded(
    wanted: date, frozen_time: Any
) -> None:
    save(SpeakerAnswers(speaker_id=get_ada_marsh().id, travel_at=clock.now()))

    remind(frozen_time)

    assert list_emails() == [(JOAO, STILL_TO_DO)]


def test_a_speaker_who_completes_the_task_gets_no_reminder(
    wanted: date, organiser: Browser, frozen_time: Any
) -> None:
    plan()
    save(SpeakerAnswers(speaker_id=get_ada_marsh().id, travel_at=clock.now()))

    page = organiser.open(SHOWN)
    remind(frozen_time)

    assert f"1 reminder will be sent at {WHEN}" in page.headings
    assert list_emails() == [(JOAO, STILL_TO_DO)]


def test_speakers_are_reminded_of_slides_only_with_a_deadline(
    site: Flask, frozen_time: Any
) -> None:
    remind(frozen_time)
    assert list_emails() == []

    save(ItemDeadline(item="materials", due_on=clock.now().date() + timedelta(days=6)))
    make_material(make_session(speakers=(get_ada_marsh(),)))
    remind(frozen_time)

    assert list_emails() == [(JOAO, STILL_TO_DO)]


def test_the_next_reminder_is_sent_a_week_later(wanted: date, frozen_time: Any) -> None:
    remind(frozen_time)
    first = len(list_emails())
    frozen_time.move_to("2009-05-20T10:00:00+01:00")
    plan()
    early = planned()
    send()
    sixth = len(list_emails())
    frozen_time.move_to("2009-05-21T09:00:00+01:00")
    plan()
    send()

    assert early == [("João Maré", "2009-05-22 09:00"), ("Ada Marsh", "2009-05-22 09:00")]
    assert (first, sixth, len(list_emails())) == (2, 2, 2)
    frozen_time.move_to("2009-05-22T09:00:00+01:00")
    send()
    assert len(list_emails()) == 4


def test_no_reminders_are_sent_long_before_a_deadline_or_after_the_conference(
    site: Flask, frozen_time: Any
) -> None:
    save(ItemDeadline(item="travel", due_on=clock.now().date() + timedelta(days=10)))
    plan()
    early = planned()
    frozen_time.move_to(datetime.fromisoformat("2009-06-10T09:00:00+01:00"))
    plan()
    on_the_day = planned()
    frozen_time.move_to(datetime.fromisoformat("2009-06-12T09:00:00+01:00"))
    send()
    plan()

    assert early == planned() == list_emails() == []
    assert {moment for _, moment in on_the_day} == {"2009-06-11 09:00"}


def test_recently_invited_speakers_are_not_reminded(wanted: date, frozen_time: Any) -> None:
    for one in (get_ada_marsh(), speaker("joao-mare")):
        about = {"template": recipients.INVITATION, "actor": "grace@conference.example"}
        save(SpeakerMailing(speaker_id=one.id, sent_at=clock.real_now(), **about))

    remind(frozen_time)

    assert list_emails() == []


def test_without_deadlines_no_automatic_reminders_are_sent(site: Flask, frozen_time: Any) -> None:
    remind(frozen_time)

    assert list_emails() == []


# The owner of a session who does not speak


@pytest.fixture
def owned(site: Flask, frozen_time: Any) -> None:
    """An owner of two sessions, one without abstract, who was invited long ago."""
    for slug in ("farewell", "opening"):
        session_owners.set_owner(get_session(slug), OWNER, actor="grace@conference.example")
    db.session.commit()
    db.session.query(Email).delete()
    for mailing_ in db.session.scalars(select(OwnerMailing)):
        mailing_.sent_at -= timedelta(days=10)
    db.session.commit()


def reminder_by_hand(organiser: Browser) -> Page:
    return organiser.open("/organise/speaking/letters/reminder")


@pytest.mark.both_databases
def test_an_owner_who_does_not_speak_can_be_reminded_manually(
    owned: None, organiser: Browser
) -> None:
    look = reminder_by_hand(organiser)
    nothing_yet = list_emails()
    look.press("Send 3 emails")

    assert nothing_yet == []
    assert "Reminder: text of your session at Tides and Harbours" in look.text
    assert "People who own a session but do not speak in it get different text." in look.text
    assert list_emails()[-1] == (
        OWNER,
        "Reminder: text of your session at Tides and Harbours",
    )
    assert "- Farewell\n" in last_email_text()
    assert "Opening" not in last_email_text()
    again = reminder_by_hand(organiser)
    assert "owner@example.org was emailed less than 3 days ago" in again.text
    assert list_history("session farewell")[-1] == "The owner of Farewell was reminded"


def test_an_owner_gets_automatic_reminders_only_for_texts(
    owned: None, organiser: Browser, frozen_time: Any
) -> None:
    save(ItemDeadline(item="travel", due_on=clock.now().date()))
    plan()
    of_travel = planned()
    save(ItemDeadline(item="texts", due_on=date(2009, 5, 18)))
    plan()

    page = organiser.open(SHOWN).follow("Preview: owner@example.org")
    remind(frozen_time)

    assert [name for name, _ in of_travel] == ["João Maré", "Ada Marsh"]
    assert "Please finish by Monday 18 May 2009." in page.text
    assert OWNER in dict(list_emails())


def test_an_owner_without_open_tasks_is_not_reminded(owned: None, organiser: Browser) -> None:
    get_session("farewell").abstract = "Until next time."
    db.session.commit()

    page = reminder_by_hand(organiser)

    assert "owner@example.org has no open tasks" in page.text


def test_a_new_owner_is_not_reminded_immediately(organiser: Browser) -> None:
    session_owners.set_owner(get_session("farewell"), OWNER, actor="grace@conference.example")
    db.session.commit()

    assert "owner@example.org was emailed less than 3 days ago" in reminder_by_hand(organiser).text


def test_an_owner_who_speaks_is_reminded_as_a_speaker(organiser: Browser) -> None:
    session_owners.set_owner(get_session("farewell"), ADA, actor="grace@conference.example")
    db.session.commit()

    assert recipients.load_owners() == []
    assert "ada@example.org" not in reminder_by_hand(organiser).text


def test_a_cancelled_session_causes_no_reminders(owned: None) -> None:
    get_session("farewell").cancelled_at = clock.now()
    db.session.commit()

    (owner,) = recipients.load_owners()
    assert batch_emails.build_batch("reminder", (), [owner]).owners == []

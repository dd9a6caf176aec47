"""Participation of speakers: confirming, asking for another time, withdrawing; deadlines."""

from collections.abc import Mapping
from datetime import date, timedelta

from sqlalchemy import delete

from app import clock
from app.accounts import rate_limits
from app.database import db, lock_table
from app.errors import NotFound, RuleViolation, StaleEdit
from app.history import services as history
from app.programme.editing import speaker_queries, versioned_edits
from app.programme.editing import speakers as programme
from app.programme.fields import table
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.models import Speaker
from app.row_locks import lock_row
from app.speakers import emails, queries, questions, reminders
from app.speakers.models import (
    ANOTHER_TIME,
    ANSWERED,
    REPLACED,
    TAKEN_BACK,
    WITHDRAWAL,
    CalendarKey,
    ItemDeadline,
    SpeakerAccess,
    SpeakerRequest,
)

MAX_REQUESTS_PER_DAY = 5  # per day: each request is emailed to every organiser
A_DAY = timedelta(days=1)
ONLY_SPEAKER_WITHDRAWS = "Only the speaker can withdraw. If they cannot, contact the organisers"
ALREADY_WITHDRAWN = "You have withdrawn, so you cannot change this here"


class StaleSchedule(StaleEdit):
    """The speaker's schedule has changed since the page was opened."""

    message = (
        "The programme has changed since you opened this page, so your answer has not been "
        "sent. Check your sessions, then answer again"
    )


class StaleParticipation(StaleEdit):
    """Another person has answered for the speaker since the page was opened."""

    message = (
        "Someone has answered since you opened this page, so your answer has not been sent. "
        "Read the answer below, then send yours if it is still needed"
    )


def participation_fingerprint(speaker: Speaker) -> str:
    """Return a fingerprint of what the participation page shows: schedule and answers."""
    parts = speaker_queries.list_session_roles(speaker)
    schedule = [
        [one.key, table.dump_moment(one.starts_at), one.room_id, one.state, part.role]
        for part in parts
        for one in (part.session,)
    ]
    waiting = queries.get_open_requests([speaker]).get(speaker.id)
    answers = [
        table.dump_moment(speaker.confirmed_at),
        table.dump_moment(speaker.withdrawn_at),
        waiting and waiting.id,
    ]
    return f"{questions.fingerprint(schedule)} {questions.fingerprint(answers)}"


def confirm(speaker: Speaker, *, expected_fingerprint: str, actor: str) -> None:
    """Confirm that a speaker takes part; raise StaleEdit if the page was outdated."""
    _lock_active(speaker, expected_fingerprint)
    _replace_requests(speaker, actor)
    programme.confirm(speaker, actor=actor)


def request_another_time(
    speaker: Speaker, message: str, *, expected_fingerprint: str, actor: str
) -> None:
    """Ask the organisers for another time; the programme does not change until they change it."""
    _lock_active(speaker, expected_fingerprint)
    rate_limits.hit("ask for another time", speaker.key, times=MAX_REQUESTS_PER_DAY, within=A_DAY)
    _replace_requests(speaker, actor)
    _create_request(speaker, ANOTHER_TIME, message, actor)
    summary = f"{speaker.name} asked for another time"  # without the reason
    history.record(summary, subject=SPEAKER_FIELDS.history_subject(speaker), actor=actor)


def withdraw(access: SpeakerAccess, message: str, *, expected_fingerprint: str) -> None:
    """Withdraw a speaker from the working programme; it becomes public with the next release.

    Only the speaker may do so, not an assistant.
    """
    if access.is_assistant:
        raise RuleViolation(ONLY_SPEAKER_WITHDRAWS)
    speaker, actor = access.speaker, access.person.email
    _lock_active(speaker, expected_fingerprint)
    _replace_requests(speaker, actor)
    _create_request(speaker, WITHDRAWAL, message, actor)
    programme.withdraw(speaker, actor=actor)
    emails.send_withdrawal_notice(speaker, message, actor)


def withdraw_request(speaker: Speaker, request_id: int, *, actor: str) -> None:
    """Withdraw a request for another time; raise RuleViolation if it has been answered."""
    versioned_edits.lock(speaker)
    found = queries.get_request(request_id)
    if found.speaker_id != speaker.id or found.kind != ANOTHER_TIME:
        raise NotFound(queries.NO_REQUEST)
    lock_row(found, queries.NO_REQUEST)
    if found.resolved_at is not None:
        raise RuleViolation("This request has already been closed")
    found.resolve(TAKEN_BACK, at=clock.now(), by=actor)
    summary = f"{speaker.name} no longer asks for another time"
    history.record(summary, subject=SPEAKER_FIELDS.history_subject(speaker), actor=actor)


def resolve_request(speaker_request: SpeakerRequest, answer: str = "", *, actor: str) -> None:
    """Mark a speaker's request as resolved, and tell the speaker.

    Raise RuleViolation if it has been closed and there is an answer to send.
    """
    lock_row(speaker_request, queries.NO_REQUEST)
    if speaker_request.resolved_at is not None:
        if answer:
            raise RuleViolation(
                "This request has already been closed, so your answer has not been sent"
            )
        return
    speaker_request.resolve(ANSWERED, at=clock.now(), by=actor, answer=answer)
    summary = f"The request of {speaker_request.speaker.name} was closed"
    history.record(
        summary, subject=SPEAKER_FIELDS.history_subject(speaker_request.speaker), actor=actor
    )
    if answer or speaker_request.kind == ANOTHER_TIME:
        emails.send_request_answered(speaker_request)


def set_deadlines(deadlines: Mapping[str, date | None], *, actor: str) -> bool:
    """Set the deadlines of checklist items; return True if any changed."""
    reminders.lock_planning()  # before the deadlines, as whoever plans reminders
    lock_table(ItemDeadline)
    current = dict(queries.get_deadlines())
    new_deadlines = {item: day for item, day in deadlines.items() if day is not None}
    if new_deadlines == current:
        return False
    db.session.execute(delete(ItemDeadline))
    db.session.add_all(ItemDeadline(item=item, due_on=day) for item, day in new_deadlines.items())
    history.record("The deadlines for speakers were changed", subject="speakers", actor=actor)
    reminders.plan()
    return True


def set_calendar_key(speaker: Speaker, key: str, *, actor: str) -> None:
    """Set the key of a speaker's calendar URL, replacing any previous one."""
    versioned_edits.lock(speaker)
    calendar_key = queries.find_calendar_key(speaker)
    if calendar_key is None:
        db.session.add(CalendarKey(speaker_id=speaker.id, key=key, created_at=clock.now()))
    else:
        calendar_key.key, calendar_key.created_at = key, clock.now()
    summary = f"A {'new ' if calendar_key else ''}calendar link was created for {speaker.name}"
    history.record(summary, subject=SPEAKER_FIELDS.history_subject(speaker), actor=actor)


def _lock_active(speaker: Speaker, expected_fingerprint: str) -> None:
    """Lock a speaker who takes part; raise StaleEdit if their page was outdated."""
    versioned_edits.lock(speaker)
    if speaker.withdrawn_at is not None:
        raise RuleViolation(ALREADY_WITHDRAWN)
    _lock_open_request(speaker)
    now = participation_fingerprint(speaker)
    if now.split()[0] != expected_fingerprint.partition(" ")[0]:
        raise StaleSchedule
    if now != expected_fingerprint:
        raise StaleParticipation


def _lock_open_request(speaker: Speaker) -> None:
    """Lock a speaker's open request, so that it cannot be answered concurrently."""
    waiting = queries.get_open_requests([speaker]).get(speaker.id)
    if waiting is not None:
        lock_row(waiting, queries.NO_REQUEST)


def _create_request(speaker: Speaker, kind: str, message: str, actor: str) -> None:
    speaker_request = SpeakerRequest(
        speaker_id=speaker.id, kind=kind, message=message, requested_at=clock.now(), actor=actor
    )
    db.session.add(speaker_request)
    emails.send_request_to_organisers(speaker, speaker_request)


def _replace_requests(speaker: Speaker, actor: str) -> None:
    """Close earlier requests for another time, which a new answer replaces; they are locked."""
    earlier = queries.get_open_requests([speaker]).get(speaker.id)
    if earlier is not None and earlier.kind == ANOTHER_TIME:
        earlier.resolve(REPLACED, at=clock.now(), by=actor)

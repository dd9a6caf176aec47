"""Participation of speakers: confirming, asking for another time, withdrawing; deadlines."""

from collections.abc import Mapping
from datetime import date, timedelta

from sqlalchemy import delete, update

from app import clock
from app.accounts import rate_limits
from app.database import db
from app.errors import RuleViolation, StaleEdit
from app.history import services as history
from app.programme.editing import speaker_queries, versioned_edits
from app.programme.editing import speakers as programme
from app.programme.fields import table
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.models import Speaker
from app.speakers import emails, queries, questions, reminders
from app.speakers.models import ANOTHER_TIME, WITHDRAWAL, CalendarKey, ItemDeadline, SpeakerRequest

MAX_REQUESTS_PER_DAY = 5  # per day: each request is emailed to every organiser
A_DAY = timedelta(days=1)
ALREADY_WITHDRAWN = "You no longer take part, so this cannot be changed here"


class StaleSchedule(StaleEdit):
    """The speaker's schedule has changed since the page was opened."""

    message = (
        "The programme has changed since you opened this page, so nothing has been sent. "
        "See what it has for you now, then answer again"
    )


def schedule_fingerprint(speaker: Speaker) -> str:
    """Return a fingerprint of a speaker's schedule: sessions, times, rooms."""
    parts = speaker_queries.list_session_roles(speaker)
    return questions.fingerprint(
        [
            [one.key, table.dump_moment(one.starts_at), one.room_id, one.state, part.role]
            for part in parts
            for one in (part.session,)
        ]
    )


def confirm(speaker: Speaker, *, expected_fingerprint: str, actor: str) -> None:
    """Confirm that a speaker takes part; raise StaleSchedule if they saw another schedule."""
    _lock_active(speaker)
    if schedule_fingerprint(speaker) != expected_fingerprint:
        raise StaleSchedule
    _resolve_requests(speaker, ANOTHER_TIME)
    programme.confirm(speaker, actor=actor)


def request_another_time(speaker: Speaker, message: str, *, actor: str) -> None:
    """Ask the organisers for another time; the programme does not change until they change it."""
    _lock_active(speaker)
    rate_limits.hit("ask for another time", speaker.key, times=MAX_REQUESTS_PER_DAY, within=A_DAY)
    _resolve_requests(speaker, ANOTHER_TIME)
    _create_request(speaker, ANOTHER_TIME, message, actor)
    summary = f"{speaker.name} asked for another time"  # without the reason
    history.record(summary, subject=SPEAKER_FIELDS.history_subject(speaker), actor=actor)


def withdraw(speaker: Speaker, message: str, *, actor: str) -> None:
    """Withdraw a speaker from the working programme; it becomes public with the next release."""
    _lock_active(speaker)
    _resolve_requests(speaker, ANOTHER_TIME)
    _create_request(speaker, WITHDRAWAL, message, actor)
    programme.withdraw(speaker, actor=actor)
    emails.send_withdrawal_notice(speaker, message)


def resolve_request(speaker_request: SpeakerRequest, *, actor: str) -> None:
    """Mark a speaker's request as resolved."""
    db.session.refresh(speaker_request, with_for_update=True)
    if speaker_request.resolved_at is None:
        speaker_request.resolved_at = clock.now()
        summary = f"What {speaker_request.speaker.name} asked was seen to"
        history.record(
            summary, subject=SPEAKER_FIELDS.history_subject(speaker_request.speaker), actor=actor
        )


def set_deadlines(deadlines: Mapping[str, date | None], *, actor: str) -> bool:
    """Set the deadlines of checklist items; return True if any changed."""
    current = dict(queries.get_deadlines())
    new_deadlines = {item: day for item, day in deadlines.items() if day is not None}
    if new_deadlines == current:
        return False
    db.session.execute(delete(ItemDeadline))
    db.session.add_all(ItemDeadline(item=item, due_on=day) for item, day in new_deadlines.items())
    history.record("The dates of the speakers’ list were changed", subject="speakers", actor=actor)
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
    summary = (
        f"The calendar of {speaker.name} was given {'another' if calendar_key else 'an'} address"
    )
    history.record(summary, subject=SPEAKER_FIELDS.history_subject(speaker), actor=actor)


def _lock_active(speaker: Speaker) -> None:
    versioned_edits.lock(speaker)
    if speaker.withdrawn_at is not None:
        raise RuleViolation(ALREADY_WITHDRAWN)


def _create_request(speaker: Speaker, kind: str, message: str, actor: str) -> None:
    speaker_request = SpeakerRequest(
        speaker_id=speaker.id, kind=kind, message=message, requested_at=clock.now(), actor=actor
    )
    db.session.add(speaker_request)
    emails.send_request_to_organisers(speaker, speaker_request)


def _resolve_requests(speaker: Speaker, kind: str) -> None:
    """Resolve earlier requests of this kind."""
    db.session.execute(
        update(SpeakerRequest)
        .where(
            SpeakerRequest.speaker_id == speaker.id,
            SpeakerRequest.kind == kind,
            SpeakerRequest.resolved_at.is_(None),
        )
        .values(resolved_at=clock.now())
    )

"""The short questions: their fields, and storing the answers.

An answer is stored only if it has not been changed since its page was opened. Each question is
checked separately, so that a speaker and an assistant can work at the same time. The contents of
access requirements are never recorded in the history; they are encrypted, each bound to the key of
its speaker. One that cannot be decrypted is kept until a new one replaces it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from app import clock
from app.cache_version import bump_cache_version
from app.database import db
from app.delegates import private_answers
from app.encryption import get_key_ring
from app.errors import StaleEdit
from app.history import services as history
from app.history.models import Change
from app.programme.editing import speakers as programme
from app.programme.editing import versioned_edits
from app.programme.fields.speakers import ABSENCES, SPEAKER_FIELDS
from app.programme.models import Speaker
from app.registration import re_encryption
from app.registration.re_encryption import PendingRow
from app.speakers.models import SpeakerAnswers, SpeakerNeeds

Values = Mapping[str, str]
AVAILABILITY_COLUMN = "availability_at"


@dataclass(frozen=True)
class SpeakerQuestion:
    """A short question on a page of its own."""

    fields: Mapping[str, str]  # columns, with their labels
    answered_at_column: str  # column of SpeakerAnswers with the time of the answer
    summary: str  # the summary for the history
    model: type[SpeakerAnswers | SpeakerNeeds] = SpeakerAnswers


NEEDS = SpeakerQuestion(
    {"access": "Access requirements"}, "needs_at", "access requirements", SpeakerNeeds
)
AUDIO_VISUAL = SpeakerQuestion({"audio_visual": "Equipment"}, "audio_visual_at", "equipment")
TRAVEL = SpeakerQuestion({"travel": "Travel and arrival"}, "travel_at", "travel and arrival")
CONSENT = SpeakerQuestion(
    {"recording": "Recording may be published", "slides": "Slides may be published"},
    "consent_at",
    "consent to recording and slides",
)


def get_answer(speaker: Speaker, question: SpeakerQuestion) -> dict[str, str]:
    """Return the stored answer by column name; empty strings if there is none."""
    row = db.session.get(question.model, speaker.id)
    stored = {field: getattr(row, field) if row else "" for field in question.fields}
    return _decrypt(speaker, stored) if question.model is SpeakerNeeds else stored


def place_of_needs(speaker_key: str, column: str) -> str:
    """Return the place that a speaker's stored requirement is bound to."""
    return f"speaker_needs.{column} {speaker_key}"


def _decrypt(speaker: Speaker, stored: Values) -> dict[str, str]:
    """Return the requirements; those that cannot be decrypted stay encrypted."""
    ring = get_key_ring()
    return {
        name: ring.decrypt(text, place_of_needs(speaker.key, name)) for name, text in stored.items()
    }


def _encrypt(speaker: Speaker, typed: Values) -> dict[str, str]:
    ring = get_key_ring()
    return {
        name: ring.encrypt(text, place_of_needs(speaker.key, name)) for name, text in typed.items()
    }


def list_pending_needs() -> Iterator[PendingRow]:
    """Yield the rows with requirements that are not under the current key."""
    rows = (
        select(Speaker.key, SpeakerNeeds.speaker_id, SpeakerNeeds.access)
        .join_from(SpeakerNeeds, Speaker, Speaker.id == SpeakerNeeds.speaker_id)
        .where(re_encryption.is_pending(SpeakerNeeds.access))
        .order_by(SpeakerNeeds.speaker_id)
    )
    for key, number, stored in db.session.execute(rows).all():
        is_row, places = (
            SpeakerNeeds.speaker_id == number,
            {"access": place_of_needs(key, "access")},
        )
        yield re_encryption.build_row(is_row, SpeakerNeeds, {"access": stored}, places)


re_encryption.PENDING_ROW_SOURCES.append(list_pending_needs)


def fingerprint(value: Any) -> str:
    """Return a fingerprint of an answer, to detect concurrent changes."""
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def save_answer(
    speaker: Speaker,
    question: SpeakerQuestion,
    typed: Values,
    *,
    expected_fingerprint: str,
    actor: str,
) -> bool:
    """Store an answer; return True if it changed. Raise StaleEdit on a concurrent change."""
    versioned_edits.lock(speaker)
    current = get_answer(speaker, question)
    typed = {name: _keep_unreadable(text, current[name]) for name, text in typed.items()}
    is_first = getattr(get_or_create_answers(speaker), question.answered_at_column) is None
    if typed == current and not is_first:
        return False
    if typed != current and fingerprint(current) != expected_fingerprint:
        raise StaleEdit(0, _diff(question, current, typed))
    _store(speaker, question, typed)
    if question is CONSENT:
        bump_cache_version()  # slides may have become public, or no longer be so
    _record_answer(
        speaker, question.answered_at_column, question.summary, is_first=is_first, actor=actor
    )
    return True


def _list_open_needs(answers: SpeakerAnswers) -> Sequence[SpeakerQuestion]:
    """List the questions about needs that a speaker has not answered yet."""
    return [
        one
        for one in (NEEDS, AUDIO_VISUAL, TRAVEL)
        if getattr(answers, one.answered_at_column) is None
    ]


def answer_with_none(speaker: Speaker, *, actor: str) -> bool:
    """Answer each open question about needs and absences with "none"; return True if any was open.

    Absences that an organiser entered stay, and the speaker is still asked about them.
    """
    versioned_edits.lock(speaker)
    answers = get_or_create_answers(speaker)
    questions = _list_open_needs(answers)
    for question in questions:
        nothing = dict.fromkeys(question.fields, "")
        current_fingerprint = fingerprint(get_answer(speaker, question))
        save_answer(
            speaker, question, nothing, expected_fingerprint=current_fingerprint, actor=actor
        )
    if answers.availability_at is not None or speaker.absences:
        return bool(questions)
    return set_absences(speaker, [], expected_fingerprint=fingerprint([]), actor=actor)


def read_needs(speaker: Speaker, *, actor: str) -> str:
    """Return a speaker's access requirements, and record the access."""
    summary = f"The access requirements of {speaker.name} were viewed"
    history.record(summary, subject=SPEAKER_FIELDS.history_subject(speaker), actor=actor)
    return show(get_answer(speaker, NEEDS)["access"])


def show(answer: str) -> str:
    """Return an answer, or a sentence in place of one that cannot be decrypted."""
    return private_answers.show(answer) if private_answers.is_unreadable(answer) else answer


def set_absences(
    speaker: Speaker, intervals: Any, *, expected_fingerprint: str, actor: str
) -> bool:
    """Store a speaker's absences; return True if they changed."""
    versioned_edits.lock(speaker)
    is_first = get_or_create_answers(speaker).availability_at is None
    current = SPEAKER_FIELDS.get_value(speaker, ABSENCES)
    changes = versioned_edits.diff(SPEAKER_FIELDS, speaker, {ABSENCES: intervals})
    if changes and fingerprint(current) != expected_fingerprint:
        raise StaleEdit(0, changes)
    programme.save(speaker, {ABSENCES: intervals}, expected_version=speaker.version, actor=actor)
    if is_first:
        _record_answer(speaker, AVAILABILITY_COLUMN, "availability", is_first=True, actor=actor)
    return is_first or bool(changes)


def get_answers(speaker: Speaker) -> SpeakerAnswers:
    """Return a speaker's answers; without any, an unsaved empty row."""
    return db.session.get(SpeakerAnswers, speaker.id) or SpeakerAnswers(speaker_id=speaker.id)


def get_or_create_answers(speaker: Speaker) -> SpeakerAnswers:
    """Return the row with a speaker's answers."""
    found = db.session.get(SpeakerAnswers, speaker.id)
    if found is None:
        found = SpeakerAnswers(speaker_id=speaker.id)
        db.session.add(found)
        db.session.flush()
    return found


def _keep_unreadable(typed: str, current: str) -> str:
    """Return the values to store: saving does not delete an answer that could not be shown."""
    return current if not typed and private_answers.is_unreadable(current) else typed


def _store(speaker: Speaker, question: SpeakerQuestion, typed: Values) -> None:
    """Store the answer; an empty answer about requirements deletes their row."""
    row = db.session.get(question.model, speaker.id)
    if question.model is SpeakerNeeds and not any(typed.values()):
        if row is not None:
            db.session.delete(row)
        return
    if question.model is SpeakerNeeds:
        typed = _encrypt(speaker, typed)
    if row is None:
        db.session.add(question.model(speaker_id=speaker.id, **typed))
        return
    for field, value in typed.items():
        setattr(row, field, value)


def _record_answer(
    speaker: Speaker, answered_at_column: str, summary: str, *, is_first: bool, actor: str
) -> None:
    setattr(get_or_create_answers(speaker), answered_at_column, clock.now())
    sentence = f"{speaker.name}: {summary} {'answered' if is_first else 'changed'}"
    history.record(sentence, subject=SPEAKER_FIELDS.history_subject(speaker), actor=actor)


def _diff(question: SpeakerQuestion, current: Values, typed: Values) -> list[Change]:
    return [
        Change(field, current[field], typed[field], label, show(current[field]), typed[field])
        for field, label in question.fields.items()
        if current[field] != typed[field]
    ]

"""The short questions: what each asks, where the answer is kept, and since when it is known.

An answer is taken over only if nobody has given another since its page was opened; each question
by itself, so that a speaker and an assistant can work on two of them at once. What access needs
hold stands in no history.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from app import clock
from app.database import db
from app.history import services as history
from app.history.changes import Change
from app.programme.editing import edits
from app.programme.editing import speakers as programme
from app.programme.editing.edits import Stale
from app.programme.editing.of_speakers import ABSENCES, KIND
from app.programme.models import Speaker
from app.speakers.models import Reply, SpeakerNeeds

Values = Mapping[str, str]
AVAILABILITY = "availability_at"


@dataclass(frozen=True)
class Question:
    """Something that is asked in a few words."""

    fields: Mapping[str, str]  # the columns that hold the answer, and what people call them
    since: str  # the column of Reply that tells when it was answered
    said: str  # what the history says was told
    kind: type[Reply | SpeakerNeeds] = Reply


NEEDS = Question({"access": "What you need"}, "needs_at", "access needs", SpeakerNeeds)
AUDIO_VISUAL = Question({"audio_visual": "What you need"}, "audio_visual_at", "audio-visual needs")
TRAVEL = Question({"travel": "Your journey"}, "travel_at", "travel and arrival")
CONSENT = Question(
    {"recording": "A recording may be published", "slides": "The slides may be published"},
    "consent_at",
    "consent to recording and slides",
)


def held(speaker: Speaker, question: Question) -> dict[str, str]:
    """Give the answer as it is kept; empty where there is none."""
    row = db.session.get(question.kind, speaker.id)
    return {field: getattr(row, field) if row else "" for field in question.fields}


def seal(value: Any) -> str:
    """Give a short sign for an answer, by which another is told from it."""
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def answer(speaker: Speaker, question: Question, typed: Values, *, seen: str, who: str) -> bool:
    """Keep an answer, and tell whether that is news; raise Stale when there is another by now."""
    edits.hold(speaker)
    known = held(speaker, question)
    is_first = getattr(_reply(speaker), question.since) is None
    if typed == known and not is_first:
        return False
    if typed != known and seal(known) != seen:
        raise Stale(0, _differing(question, known, typed))
    _keep(speaker, question, typed)
    _note(speaker, question.since, question.said, is_first=is_first, who=who)
    return True


def show_needs(speaker: Speaker, *, who: str) -> str:
    """Give what somebody needs to take part, and write down who looked at it."""
    says = f"What {speaker.name} needs was looked at"
    history.record(says, about=KIND.about(speaker), who=who)
    return held(speaker, NEEDS)["access"]


def say_when_absent(speaker: Speaker, moments: Any, *, seen: str, who: str) -> bool:
    """Keep at which times a speaker cannot appear, and tell whether that is news."""
    edits.hold(speaker)
    is_first = _reply(speaker).availability_at is None
    known = KIND.value(speaker, ABSENCES)
    differing = edits.differing(KIND, speaker, {ABSENCES: moments})
    if differing and seal(known) != seen:
        raise Stale(0, differing)
    programme.save(speaker, {ABSENCES: moments}, seen=speaker.version, who=who)
    if is_first:
        _note(speaker, AVAILABILITY, "availability", is_first=True, who=who)
    return is_first or bool(differing)


def _reply(speaker: Speaker) -> Reply:
    found = db.session.get(Reply, speaker.id)
    if found is None:
        found = Reply(speaker_id=speaker.id)
        db.session.add(found)
        db.session.flush()
    return found


def _keep(speaker: Speaker, question: Question, typed: Values) -> None:
    """Put an answer into its row; of needs, an empty one is not kept at all."""
    row = db.session.get(question.kind, speaker.id)
    if question.kind is SpeakerNeeds and not any(typed.values()):
        if row is not None:
            db.session.delete(row)
        return
    if row is None:
        db.session.add(question.kind(speaker_id=speaker.id, **typed))
        return
    for field, value in typed.items():
        setattr(row, field, value)


def _note(speaker: Speaker, since: str, said: str, *, is_first: bool, who: str) -> None:
    setattr(_reply(speaker), since, clock.now())
    says = f"{speaker.name}: {said} {'answered' if is_first else 'changed'}"
    history.record(says, about=KIND.about(speaker), who=who)


def _differing(question: Question, known: Values, typed: Values) -> list[Change]:
    return [
        Change(field, known[field], typed[field], label, known[field], typed[field])
        for field, label in question.fields.items()
        if known[field] != typed[field]
    ]

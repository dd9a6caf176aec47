"""Filters of the list of speakers beyond the programme: unfinished tasks.

Each is one line of ``TASK_CONDITIONS``: the value of the filter and the condition for speakers.
"""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, func, select

from app.accounts.models import Person
from app.materials import queries as materials
from app.programme.editing import speaker_queries
from app.programme.models import Speaker
from app.speakers import queries
from app.speakers.models import SpeakerAccess, SpeakerAnswers, SpeakerMailing, SpeakerRequest

_TAKES_PART, _MISSING = speaker_queries.TAKES_PART, speaker_queries.MISSING_CONDITIONS
_HAS_SIGNED_IN = (
    select(SpeakerAccess.id)
    .join(Person, Person.id == SpeakerAccess.person_id)
    .where(SpeakerAccess.speaker_id == Speaker.id, queries.IS_ACTIVE, ~SpeakerAccess.is_assistant)
    .where(Person.last_signed_in_at.is_not(None))
    .correlate(Speaker)
    .exists()
)
_REQUESTS = select(SpeakerRequest.speaker_id).where(SpeakerRequest.resolved_at.is_(None))
_INVITATIONS = select(SpeakerMailing.speaker_id).where(SpeakerMailing.template == "speaker_invited")
QUESTIONS = {  # of the checklist, with the column of the answers that has the time
    "availability": "availability_at",
    "access-needs": "needs_at",
    "audio-visual": "audio_visual_at",
    "travel": "travel_at",
    "consent": "consent_at",
}


def _has_not_answered(column: str) -> ColumnElement[bool]:
    """Match speakers who have not answered a question, whatever the possible answers."""
    answered_at = getattr(SpeakerAnswers, column)
    answered = select(SpeakerAnswers.speaker_id).where(answered_at.is_not(None))
    return _TAKES_PART & Speaker.id.not_in(answered)


TASK_CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    "confirmation": speaker_queries.CONFIRMATION_CONDITIONS["no"],
    "photo": _MISSING["photo"],
    "slides": _TAKES_PART & ~speaker_queries.has_session(materials.HAS_MATERIAL),
    "request": _TAKES_PART & Speaker.id.in_(_REQUESTS),
    "invitation": _TAKES_PART & Speaker.id.not_in(_INVITATIONS),
    "sign-in": _TAKES_PART & ~_HAS_SIGNED_IN,
    **{name: _has_not_answered(column) for name, column in QUESTIONS.items()},
}
speaker_queries.FILTER_CONDITIONS["task"] = TASK_CONDITIONS.__getitem__

_OWN_ADDRESS = (  # the one they sign in with
    select(Person.email)
    .join(SpeakerAccess, SpeakerAccess.person_id == Person.id)
    .where(SpeakerAccess.speaker_id == Speaker.id, queries.IS_ACTIVE, ~SpeakerAccess.is_assistant)
    .order_by(Person.email)
    .limit(1)
    .correlate(Speaker)
    .scalar_subquery()
)
# the SQL equivalent of recipients.find_address
ADDRESS = func.coalesce(func.nullif(func.trim(Speaker.contact_address), ""), _OWN_ADDRESS, "")

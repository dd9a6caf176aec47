"""Emails to speakers and about them, each with the template variables of its preview."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from flask_babel import lazy_gettext as _l

from app import clock
from app.admin_emails.kinds import samples
from app.admin_emails.kinds.email_kind import ORGANISERS, EmailKind
from app.admin_emails.kinds.samples import Context
from app.history.models import Change, dump_changes
from app.programme.models import Room, Session, Speaker
from app.proposals.models import Proposal
from app.releases import current_release
from app.speakers.checklist import ITEMS, TO_DO, ChecklistLine
from app.speakers.models import ANOTHER_TIME, SpeakerRequest
from app.speakers.reminders import WaitingChange
from app.web import formatting

SPEAKER = _l("The speaker and their assistants")
SENDER = _l("The person who sent the changes")
OWNER = _l("The owner of the session")


def speaker() -> Context:
    """Return a speaker, with a link that signs no one in."""
    return samples.invitation_link() | {
        "speaker": _build_speaker(),
        "by": samples.SPEAKER_EMAIL,
        "message": "",
    }


def invited_speaker() -> Context:
    """Return a speaker with a session, who has not confirmed yet."""
    return speaker() | {"sessions": [_build_session()], "confirm_by": _get_due_date()}


def withdrawn_speaker() -> Context:
    """Return a speaker who cannot come."""
    return speaker() | {"words": "I am sorry that I cannot come after all."}


def speaker_tasks() -> Context:
    """Return a speaker with open tasks."""
    due_on = _get_due_date()
    lines = [ChecklistLine(item, TO_DO, due_on, "sample") for item in ITEMS[:2]]
    return speaker() | {"lines": lines}


def speaker_without_place() -> Context:
    """Return a speaker who has not registered, and the deadline."""
    return speaker() | {"confirm_by": _get_due_date()}


def speaker_request() -> Context:
    """Return a speaker's request, and the answer to it."""
    request = SpeakerRequest(
        kind=ANOTHER_TIME,
        message="Could my session be in the afternoon?",
        answer="Yes. We have moved it to the afternoon.",
        actor=samples.SPEAKER_EMAIL,
    )
    return speaker() | {"asked": request}


def owned_session() -> Context:
    """Return a session of an owner who does not speak in it."""
    session = _build_session()
    return samples.invitation_link() | {
        "session": session,
        "sessions": [session],
        "wanted_by": _get_due_date(),
    }


def proposal() -> Context:
    """Return changes to a speaker's profile, as sent, as edited, and with a note."""
    requested = _change("A researcher.", "I am a researcher of public health.")
    amended = _change(requested.new, "A researcher of public health.")
    found = Proposal(
        changes=dump_changes([requested]),
        outcome=dump_changes([amended]),
        note="Please write about yourself in the third person.",
    )
    return {"proposal": found, "called": samples.SPEAKER_NAME}


def waiting_changes() -> Context:
    """Return a change that waits for approval."""
    return {"waiting": [WaitingChange(samples.SPEAKER_NAME, clock.now())], "total": 1}


def _get_due_date() -> date:
    return clock.now().date() + timedelta(days=14)


def _build_session() -> Session:
    conference = current_release.get_programme().conference
    zone = formatting.conference_zone()
    starts_at = datetime.combine(conference.starts_on, samples.SESSION_TIME, zone)
    session = Session(
        title=samples.SESSION_TITLE, starts_at=starts_at, ends_at=starts_at + samples.SESSION_LENGTH
    )
    session.room = Room(name=samples.ROOM_NAME)
    return session


def _build_speaker() -> Speaker:
    return Speaker(
        key="sample",
        slug="sample",
        name=samples.SPEAKER_NAME,
        contact_address=samples.SPEAKER_EMAIL,
    )


def _change(old: str, new: str) -> Change:
    return Change(field="biography", before=old, after=new, label="Biography", old=old, new=new)


SPEAKERS: Final[Mapping[str, EmailKind]] = {
    "speaker_invited": EmailKind(
        _l("Invitation to a speaker"),
        _l("The speaker"),
        _l("The team invites speakers"),
        invited_speaker,
    ),
    "speaker_reminder": EmailKind(
        _l("Reminder to a speaker"),
        SPEAKER,
        _l("Before a deadline, and when the team reminds speakers"),
        speaker_tasks,
    ),
    "speaker_place": EmailKind(
        _l("Reminder to a speaker without a place"),
        SPEAKER,
        _l("The team reminds speakers who have not registered"),
        speaker_without_place,
    ),
    "speaker_thanks": EmailKind(
        _l("Thanks to a speaker"),
        SPEAKER,
        _l("The team thanks speakers"),
        speaker,
    ),
    "speaker_assistant": EmailKind(
        _l("Link for an assistant"),
        _l("The assistant"),
        _l("A speaker or the team adds an assistant"),
        speaker,
    ),
    "speaker_owns": EmailKind(
        _l("Invitation to write a session’s text"),
        OWNER,
        _l("The team names someone as the owner of a session"),
        owned_session,
        people="owner",
    ),
    "speaker_owner_reminder": EmailKind(
        _l("Reminder to the owner of a session"),
        OWNER,
        _l("Before a deadline, and when the team reminds speakers"),
        owned_session,
        people="owner",
    ),
    "speaker_withdrawn": EmailKind(
        _l("Speaker withdrawn"),
        SPEAKER,
        _l("A speaker withdraws"),
        withdrawn_speaker,
    ),
    "speaker_request_answered": EmailKind(
        _l("Answer to a speaker’s request"),
        SPEAKER,
        _l("The team answers or closes a request"),
        speaker_request,
    ),
    "changes_approved": EmailKind(
        _l("Changes approved"),
        SENDER,
        _l("The team approves changes by a speaker"),
        proposal,
    ),
    "changes_amended": EmailKind(
        _l("Approved with changes"),
        SENDER,
        _l("The team changes and approves what a speaker sent"),
        proposal,
    ),
    "changes_sent_back": EmailKind(
        _l("Changes to check again"),
        SENDER,
        _l("The team sends changes back with a note"),
        proposal,
    ),
    "speaker_asks": EmailKind(
        _l("Request from a speaker"),
        ORGANISERS,
        _l("A speaker asks for another time or withdraws"),
        speaker_request,
    ),
    "changes_waiting": EmailKind(
        _l("Changes by speakers to approve"),
        ORGANISERS,
        _l("Once a day at most, while changes wait for approval"),
        waiting_changes,
        people="organiser",
    ),
}

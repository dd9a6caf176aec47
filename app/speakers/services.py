"""What speakers tell the organisers about taking part; the programme's own rules hold for it."""

from sqlalchemy import update

from app import clock
from app.database import db
from app.errors import Refused
from app.history import services as history
from app.programme.editing import edits
from app.programme.editing import speakers as programme
from app.programme.editing.of_speakers import KIND
from app.programme.models import Speaker
from app.speakers import letters
from app.speakers.models import ANOTHER_TIME, WITHDRAWAL, SpeakerRequest

WITHDRAWN = "You no longer take part, so this cannot be changed here"


def confirm(speaker: Speaker, *, who: str) -> None:
    """Say that a speaker takes part, at the time that the programme gives them."""
    _hold(speaker)
    _settle(speaker, ANOTHER_TIME)
    programme.confirm(speaker, who=who)


def ask_for_another_time(speaker: Speaker, words: str, *, who: str) -> None:
    """Ask the organisers for another time; the programme stays as it is until they change it."""
    _hold(speaker)
    _settle(speaker, ANOTHER_TIME)
    _ask(speaker, ANOTHER_TIME, words, who)
    says = f"{speaker.name} asked for another time: {words}"
    history.record(says, about=KIND.about(speaker), who=who)


def withdraw(speaker: Speaker, words: str, *, who: str) -> None:
    """Take a speaker out of the working programme; readers are told when organisers publish."""
    _hold(speaker)
    _settle(speaker, ANOTHER_TIME)
    _ask(speaker, WITHDRAWAL, words, who)
    programme.withdraw(speaker, who=who)
    letters.withdrawn(speaker, words)


def _hold(speaker: Speaker) -> None:
    edits.hold(speaker)
    if speaker.withdrawn_at is not None:
        raise Refused(WITHDRAWN)


def _ask(speaker: Speaker, kind: str, words: str, who: str) -> None:
    asked = SpeakerRequest(
        speaker_id=speaker.id, kind=kind, words=words, asked_at=clock.now(), who=who
    )
    db.session.add(asked)
    letters.tell_organisers(speaker, asked)


def _settle(speaker: Speaker, kind: str) -> None:
    """Let no earlier request of this kind wait any longer."""
    db.session.execute(
        update(SpeakerRequest)
        .where(
            SpeakerRequest.speaker_id == speaker.id,
            SpeakerRequest.kind == kind,
            SpeakerRequest.settled_at.is_(None),
        )
        .values(settled_at=clock.now())
    )

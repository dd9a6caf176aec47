"""What speakers tell the organisers about taking part; the programme's own rules hold for it."""

from collections.abc import Mapping
from datetime import date, timedelta

from sqlalchemy import delete, update

from app import clock
from app.accounts import limits
from app.database import db
from app.errors import Refused
from app.history import services as history
from app.programme.editing import edits, of_sessions, speakers_listed
from app.programme.editing import speakers as programme
from app.programme.editing.of_speakers import KIND
from app.programme.models import Speaker
from app.speakers import letters, queries, questions, reminding
from app.speakers.models import ANOTHER_TIME, WITHDRAWAL, CalendarKey, SpeakerRequest, WantedBy

MOST_ASKED = 5  # times in a day: each time, every organiser gets a letter
A_DAY = timedelta(days=1)
WITHDRAWN = "You no longer take part, so this cannot be changed here"


class Moved(Refused):
    """The programme has something else for a speaker than what they answered to."""

    def __init__(self) -> None:
        super().__init__(
            "The programme has changed since you opened this page, so nothing has been sent. "
            "See what it has for you now, then answer again"
        )


def given(speaker: Speaker) -> str:
    """Give what stands for all that the programme has for a speaker: sessions, times, rooms."""
    parts = speakers_listed.sessions_of(speaker)
    return questions.seal(
        [
            [one.key, of_sessions.moment_text(one.starts_at), one.room_id, one.state, part.role]
            for part in parts
            for one in (part.session,)
        ]
    )


def confirm(speaker: Speaker, *, seen: str, who: str) -> None:
    """Say that a speaker takes part, at the time that the programme gives them, as they saw it."""
    _hold(speaker)
    if given(speaker) != seen:
        raise Moved
    _settle(speaker, ANOTHER_TIME)
    programme.confirm(speaker, who=who)


def ask_for_another_time(speaker: Speaker, words: str, *, who: str) -> None:
    """Ask the organisers for another time; the programme stays as it is until they change it."""
    _hold(speaker)
    limits.allow("ask for another time", speaker.key, times=MOST_ASKED, within=A_DAY)
    _settle(speaker, ANOTHER_TIME)
    _ask(speaker, ANOTHER_TIME, words, who)
    says = f"{speaker.name} asked for another time"  # why, the history need not know for ever
    history.record(says, about=KIND.about(speaker), who=who)


def withdraw(speaker: Speaker, words: str, *, who: str) -> None:
    """Take a speaker out of the working programme; readers are told when organisers publish."""
    _hold(speaker)
    _settle(speaker, ANOTHER_TIME)
    _ask(speaker, WITHDRAWAL, words, who)
    programme.withdraw(speaker, who=who)
    letters.withdrawn(speaker, words)


def settle(asked: SpeakerRequest, *, who: str) -> None:
    """Say that the organisers have seen to what a speaker asked."""
    db.session.refresh(asked, with_for_update=True)
    if asked.settled_at is None:
        asked.settled_at = clock.now()
        says = f"What {asked.speaker.name} asked was seen to"
        history.record(says, about=KIND.about(asked.speaker), who=who)


def want_by(days: Mapping[str, date | None], *, who: str) -> bool:
    """Say by which days the items of the list are wanted; tell whether that is news."""
    known = dict(queries.wanted_by())
    wanted = {item: day for item, day in days.items() if day is not None}
    if wanted == known:
        return False
    db.session.execute(delete(WantedBy))
    db.session.add_all(WantedBy(item=item, day=day) for item, day in wanted.items())
    history.record("The dates of the speakers’ list were changed", about="speakers", who=who)
    reminding.plan()
    return True


def make_calendar(speaker: Speaker, key: str, *, who: str) -> None:
    """Give a speaker's calendar an address, in place of the one before."""
    edits.hold(speaker)
    known = queries.calendar_key(speaker)
    if known is None:
        db.session.add(CalendarKey(speaker_id=speaker.id, key=key, made_at=clock.now()))
    else:
        known.key, known.made_at = key, clock.now()
    says = f"The calendar of {speaker.name} was given {'another' if known else 'an'} address"
    history.record(says, about=KIND.about(speaker), who=who)


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

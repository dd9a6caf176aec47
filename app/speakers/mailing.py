"""Letters that go to many speakers at once: who gets one, who does not and why, and sending them.

Organisers see a batch before it goes; when they send it, everybody is looked at once more. Nobody
gets the same letter twice within some days, however often somebody presses, and a reminder goes
only to those who have something left to do.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from app import clock, edition
from app.accounts import services as accounts
from app.accounts.models import Person
from app.database import db, hold
from app.history import services as history
from app.mail import services as mail
from app.mail import wording
from app.mail.wording import Wording
from app.programme import releases
from app.programme.models import Speaker
from app.speakers import items, keeping, queries
from app.speakers.items import Line
from app.speakers.models import Keeping, Mailing

A_WHILE = timedelta(days=3)  # within which nobody is written to again
A_WEEK = timedelta(days=7)  # before a day, and between reminders that go by themselves
MOST_AT_ONCE = 50  # of those, so that nobody waits long for the database
INVITED, REMINDER, THANKS = "speaker_invited", "speaker_reminder", "speaker_thanks"
NO_LINK = "each-has-their-own"  # in what is only looked at


@dataclass(frozen=True)
class Known:
    """What decides whether a speaker gets a letter."""

    speaker: Speaker
    keepers: Sequence[Keeping]
    written: Mapping[str, datetime]  # when each letter went to them last
    lines: Sequence[Line]  # what is left to be done

    @property
    def address(self) -> str:
        """Where letters to the speaker go; nothing where nobody has said."""
        own = (one.person.email for one in self.keepers if not one.is_assistant)
        return next(own, self.speaker.contact_address)

    @property
    def everybody(self) -> list[str]:
        """All who keep the pages, or else the speaker alone."""
        return [one.person.email for one in self.keepers] or [self.address]

    def was_written_to(self, *letters: str) -> bool:
        """Whether one of these letters went to them a short while ago."""
        recent = clock.real_now() - A_WHILE
        return any(self.written[one] > recent for one in letters if one in self.written)


@dataclass(frozen=True)
class Kind:
    """A letter that is sent in batches."""

    letter: str  # its template
    why_not: Callable[[Known], str]  # nothing where the speaker gets it
    addresses: Callable[[Known], Sequence[str]]


@dataclass(frozen=True)
class LeftOut:
    """Somebody who does not get a letter, and why."""

    speaker: Speaker
    reason: str


@dataclass(frozen=True)
class Batch:
    """A letter, who gets it and who does not."""

    kind: Kind
    getting: Sequence[Known]
    left_out: Sequence[LeftOut]


def _why_not_invited(known: Known) -> str:
    if known.speaker.withdrawn_at is not None:
        return "no longer takes part"
    if not known.address:
        return "has no contact address"
    return RECENTLY if known.was_written_to(INVITED) else ""


def _why_not_reminded(known: Known) -> str:
    if known.speaker.withdrawn_at is not None:
        return "no longer takes part"
    if not known.keepers:
        return "has not been invited yet"
    if not known.lines:
        return "has nothing left to do"
    return RECENTLY if known.was_written_to(INVITED, REMINDER) else ""


def _why_not_thanked(known: Known) -> str:
    if known.speaker.withdrawn_at is not None or known.speaker.confirmed_at is None:
        return "does not take part, or has not said so"
    if not known.address and not known.keepers:
        return "has no contact address"
    return "has been thanked" if THANKS in known.written else ""


RECENTLY: Final = "was written to less than 3 days ago"
KINDS: Final[Mapping[str, Kind]] = {
    "invitation": Kind(INVITED, _why_not_invited, lambda known: [known.address]),
    "reminder": Kind(REMINDER, _why_not_reminded, lambda known: known.everybody),
    "thanks": Kind(THANKS, _why_not_thanked, lambda known: known.everybody),
}


def batch(kind: Kind, speakers: Sequence[Speaker]) -> Batch:
    """Tell who of these speakers gets a letter, and why the others do not."""
    known = known_of(speakers)
    reasons = [(one, kind.why_not(one)) for one in known]
    return Batch(
        kind,
        getting=[one for one, reason in reasons if not reason],
        left_out=[LeftOut(one.speaker, reason) for one, reason in reasons if reason],
    )


def known_of(speakers: Sequence[Speaker]) -> list[Known]:
    """Gather what decides about letters to these speakers, in a few questions for all of them."""
    keepers, written = queries.keepers_of(speakers), queries.written_to(speakers)
    left = items.left_to_do(speakers)
    return [
        Known(one, keepers.get(one.id, ()), written.get(one.id, {}), left[one.id])
        for one in speakers
    ]


def preview(batch: Batch) -> Wording | None:
    """Word the letter as the first of them gets it, without a link that works."""
    for known in batch.getting:
        return wording.write(batch.kind.letter, "en", _what(known, NO_LINK))
    return None


def send(kind: Kind, speakers: Sequence[Speaker], *, who: str) -> int:
    """Write to those of these speakers who may get the letter now; tell how many they are."""
    hold(Mailing)
    getting = batch(kind, speakers).getting
    for known in getting:
        _send(kind, known, who)
    return len(getting)


def remind_when_due() -> None:
    """Remind those who have left undone what is wanted within a week, at most once a week each."""
    if not edition.agrees_on_time():
        return
    programme = releases.current()
    today = clock.now().astimezone(ZoneInfo(programme.conference.time_zone)).date()
    days = queries.wanted_by()
    due = {item for item, day in days.items() if day - A_WEEK <= today}
    if not due or not programme.is_published or today > programme.conference.ends_on:
        return
    hold(Mailing)
    kind, left = KINDS["reminder"], MOST_AT_ONCE
    for known in known_of(queries.speakers_of("reminder")):
        if left and not kind.why_not(known) and _is_overdue(known, due):
            _send(kind, known, history.THE_SITE)
            left -= 1


def _is_overdue(known: Known, due: Collection[str]) -> bool:
    pause = clock.real_now() - A_WEEK
    is_rested = all(moment <= pause for moment in known.written.values())
    return is_rested and any(line.item.name in due for line in known.lines)


def _send(kind: Kind, known: Known, who: str) -> None:
    for address in kind.addresses(known):
        _write(kind.letter, known, address, who)
    _note(kind.letter, known.speaker, who)


def _write(letter: str, known: Known, address: str, who: str) -> None:
    secret = accounts.make_invitation_link(_person(known, address, who))
    mail.post(letter, to=address, is_secret=True, **_what(known, secret))


def _person(known: Known, address: str, who: str) -> Person:
    for one in known.keepers:
        if one.person.email == address:
            return one.person
    return keeping.let_speaker_in(known.speaker, address, who=who)


def _what(known: Known, secret: str) -> dict[str, Any]:
    return {
        "speaker": known.speaker,
        "lines": known.lines,
        "secret": secret,
        "days": accounts.INVITATION_LASTS.days,
    }


def _note(letter: str, speaker: Speaker, who: str) -> None:
    db.session.add(Mailing(speaker_id=speaker.id, letter=letter, sent_at=clock.real_now(), who=who))
    says = {INVITED: "was invited", REMINDER: "was reminded", THANKS: "was thanked"}[letter]
    history.record(f"{speaker.name} {says}", about=f"speaker {speaker.key}", who=who)

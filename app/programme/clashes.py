"""What cannot all be true of a programme: one room or one person wanted twice, a room too small.

``find`` holds the rules, and knows nothing of files or tables. Each clash is told once, from the
side of the session that begins later; ``by_session`` tells it from both sides.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from app.programme import working_programme
from app.programme.placed import Frame, Needed, Place, Placed, Trial
from app.web.words import on_the_clock

ROOM, PERSON, LEADER, WALK = "room", "person", "leader", "walk"  # between two sessions
AWAY, SMALL, DAY = "away", "small", "day"  # of one session

NIGHT_ENDS = time(6)  # until then it belongs to the day before
MOST_AT_ONCE = 20  # of what is wanted more often at once, those that last longest are told
NO_TIME = timedelta(0)

SAME_ROOM = "“%(title)s” is in %(room)s at the same time"
SAME_PERSON = "%(person)s is also in “%(title)s” at that time"
LEADS_THE_OTHER = "%(person)s leads “%(title)s” at that time"
LEADS_THIS = "%(person)s leads this session, and is also in “%(title)s” at that time"
COMES_FROM = (
    "%(person)s comes from “%(title)s” in %(room)s, which ends at %(time)s: too little time to walk"
)
GOES_ON_TO = (
    "%(person)s goes on to “%(title)s” in %(room)s, which begins at %(time)s: "
    "too little time to walk"
)
NOT_AVAILABLE = "%(person)s is not available at that time"
TOO_SMALL = "%(room)s holds %(capacity)s people, but this session has %(seats)s seats"
NO_DAY_OF_IT = "It starts on %(day)s, which is not a day of the conference"


@dataclass(frozen=True)
class Words:
    """A sentence, and what is named in it: moments by the conference's clocks, days, text."""

    sentence: str
    names: tuple[tuple[str, Any], ...]

    def told(self, show: Callable[[Any], str]) -> str:
        """Give the sentence with its names, shown by ``show``."""
        return self.sentence % {name: show(value) for name, value in self.names}


@dataclass(frozen=True)
class Clash:
    """Something that cannot be so: its kind, the session, the other one if any, and why."""

    kind: str
    session: str  # its key
    title: str
    words: Words
    other: str = ""  # its key
    other_title: str = ""
    other_words: Words | None = None  # the same, from the side of the other session
    need: str = ""  # the key of the room or the person that is wanted twice
    is_draft: bool = False  # one of the two is not for publication yet

    @property
    def reason(self) -> str:
        """Why, in plain English."""
        return self.words.told(_plain)

    def turned(self) -> "Clash":
        """Tell it from the side of the other session."""
        return replace(
            self,
            session=self.other,
            title=self.other_title,
            words=self.other_words or self.words,
            other=self.session,
            other_title=self.title,
            other_words=self.words,
        )


def working() -> tuple[Clash, ...]:
    """Find the clashes of the working programme, in three queries."""
    sessions, frame = working_programme.placed()
    return find(sessions, frame) if frame else ()


def tried(trial: Trial) -> Sequence[Clash]:
    """Find what a session of the working programme would clash with, were it elsewhere."""
    sessions, frame = working_programme.placed(trial)
    return by_session(find(sessions, frame)).get(trial.key, ()) if frame else ()


def find(sessions: Iterable[Placed], frame: Frame) -> tuple[Clash, ...]:
    """Find every clash, in the order of time, whatever the order of the sessions."""
    timed = sorted(sessions, key=lambda one: (one.starts_at, one.ends_at, one.key))
    return (
        *_in_one_room(timed),
        *_of_one_person(timed, frame.walking),
        *(clash for session in timed for clash in _of_one_session(session, frame)),
    )


def by_session(clashes: Iterable[Clash]) -> Mapping[str, Sequence[Clash]]:
    """Give each session's clashes by its key, told from its own side."""
    found: dict[str, list[Clash]] = defaultdict(list)
    for clash in clashes:
        found[clash.session].append(clash)
        if clash.other:
            found[clash.other].append(clash.turned())
    return found


def _in_one_room(timed: Sequence[Placed]) -> Iterator[Clash]:
    wanted = [(one.room, one) for one in timed if one.room]
    for room, earlier, later in _close(wanted, NO_TIME):
        yield _between(
            ROOM,
            room.key,
            later,
            earlier,
            (_also_in(room, earlier), _also_in(room, later)),
        )


def _of_one_person(timed: Sequence[Placed], walking: timedelta) -> Iterator[Clash]:
    wanted = [(person, one) for one in timed for person in one.people]
    for person, earlier, later in _close(wanted, walking):
        if later.starts_at < earlier.ends_at:
            yield _twice(person, earlier, later)
        elif earlier.room and later.room and earlier.room.key != later.room.key:
            yield _between(
                WALK,
                person.key,
                later,
                earlier,
                (
                    _walk(COMES_FROM, person, earlier, earlier.ends_at),
                    _walk(GOES_ON_TO, person, later, later.starts_at),
                ),
            )


def _of_one_session(session: Placed, frame: Frame) -> Iterator[Clash]:
    for person in session.people:
        if any(
            begins < session.ends_at and session.starts_at < ends
            for begins, ends in frame.absences.get(person.key, ())
        ):
            yield _alone(AWAY, session, NOT_AVAILABLE, person=person.name)
    room, seats = session.room, session.seats
    if room and room.capacity is not None and seats is not None and seats > room.capacity:
        yield _alone(SMALL, session, TOO_SMALL, room=room.name, capacity=room.capacity, seats=seats)
    local = session.starts_at.astimezone(frame.zone)
    latest = frame.ends_on + timedelta(days=local.time() < NIGHT_ENDS)
    if not frame.starts_on <= local.date() <= latest:
        yield _alone(DAY, session, NO_DAY_OF_IT, day=local.date())


def _close(
    wanted: Iterable[tuple[Any, Placed]], reach: timedelta
) -> Iterator[tuple[Any, Placed, Placed]]:
    """Pair, in order of time, sessions of one need that overlap or follow within ``reach``."""
    going_on: dict[str, list[Placed]] = defaultdict(list)
    for need, session in wanted:
        others = [one for one in going_on[need.key] if session.starts_at < one.ends_at + reach]
        yield from ((need, other, session) for other in others)
        going_on[need.key] = sorted((*others, session), key=_end, reverse=True)[:MOST_AT_ONCE]


def _end(session: Placed) -> datetime:
    return session.ends_at


def _twice(person: Needed, earlier: Placed, later: Placed) -> Clash:
    """Tell that somebody is wanted in two sessions at once."""
    leads = [_leads(person.key, one) for one in (earlier, later)]
    return _between(
        LEADER if any(leads) else PERSON,
        person.key,
        later,
        earlier,
        (_elsewhere(person, earlier, *leads), _elsewhere(person, later, *reversed(leads))),
    )


def _leads(key: str, session: Placed) -> bool:
    return any(person.leads for person in session.people if person.key == key)


def _elsewhere(person: Needed, other: Placed, leads_other: bool, leads_this: bool) -> Words:  # noqa: FBT001
    usual = LEADS_THIS if leads_this else SAME_PERSON
    sentence = LEADS_THE_OTHER if leads_other else usual
    return Words(sentence, (("person", person.name), ("title", other.title)))


def _also_in(room: Place, other: Placed) -> Words:
    return Words(SAME_ROOM, (("title", other.title), ("room", room.name)))


def _walk(sentence: str, person: Needed, other: Placed, moment: datetime) -> Words:
    room = other.room.name if other.room else ""
    names = (("person", person.name), ("title", other.title), ("room", room), ("time", moment))
    return Words(sentence, names)


def _between(
    kind: str, need: str, session: Placed, other: Placed, words: tuple[Words, Words]
) -> Clash:
    return Clash(
        kind=kind,
        session=session.key,
        title=session.title,
        words=words[0],
        other=other.key,
        other_title=other.title,
        other_words=words[1],
        need=need,
        is_draft=session.is_draft or other.is_draft,
    )


def _alone(kind: str, session: Placed, sentence: str, **names: Any) -> Clash:
    words = Words(sentence, tuple(names.items()))
    return Clash(kind, session.key, session.title, words, is_draft=session.is_draft)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return on_the_clock(value)
    return f"{value:%A} {value.day} {value:%B %Y}" if isinstance(value, date) else str(value)

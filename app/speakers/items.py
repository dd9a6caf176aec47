"""The one list: all that is asked of a speaker, each with its state and a date.

An item is a row of ``ITEMS``: its name, its label, the page where it is done, and a function that
tells how it stands with several speakers at once, so that a list of all of them asks no more
questions than the page of one. To add an item, write that function beside its page and add a row.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

from flask import url_for
from flask_babel import lazy_gettext as _l

from app.programme import profile
from app.programme.materials import queries as materials
from app.programme.models import Session, Speaker
from app.programme.proposals import queries as proposals
from app.programme.proposals.fields import OF_SESSIONS
from app.programme.proposals.models import OPEN, SENT_BACK, Proposal
from app.speakers import proposed_photos, queries
from app.speakers.models import Reply


@dataclass(frozen=True)
class State:
    """How an item stands, in words, and whether something is left to be done."""

    words: Any
    is_open: bool


TO_DO = State(_l("To do"), is_open=True)
DONE = State(_l("Done"), is_open=False)
NOT_NEEDED = State(_l("No longer needed"), is_open=False)
OPTIONAL = State(_l("Optional"), is_open=False)
NOTHING_TO_WRITE = State(_l("Nothing for you to write"), is_open=False)
OF_WHAT_WAS_SENT: Final[Mapping[str, State]] = {
    OPEN: State(_l("The organisers look at it"), is_open=False),
    SENT_BACK: State(_l("Sent back: please look again"), is_open=True),
}
MATERIALS: Final = "materials"
TEXTS: Final = "texts"
PHOTO_STATES: Final = {**OF_WHAT_WAS_SENT, "none": TO_DO, "there": DONE}


class People:
    """Some speakers, and what several items want to know of them; each is asked for once."""

    def __init__(self, speakers: Sequence[Speaker]) -> None:
        self.speakers = speakers

    @cached_property
    def replies(self) -> Mapping[int, Reply]:
        """What each of them has told, by id; nobody is missing."""
        found = queries.replies(self.speakers)
        return {one.id: found.get(one.id) or Reply(speaker_id=one.id) for one in self.speakers}

    @cached_property
    def wanted_by(self) -> Mapping[str, date]:
        """By which day each item is wanted of all of them, as far as anybody has said so."""
        return queries.wanted_by()


@dataclass(frozen=True)
class Item:
    """Something that is asked of a speaker."""

    name: str  # by which its date is kept
    label: Any
    endpoint: str  # of its page, which takes the speaker's slug
    states: Callable[[People], Mapping[int, State]]  # by the speaker's id
    question: str | None = None  # in the address, where one page serves several items


@dataclass(frozen=True)
class Line:
    """An item, as a speaker sees it in the list."""

    item: Item
    state: State
    wanted_by: date | None
    slug: str

    @property
    def label(self) -> Any:
        """What is asked."""
        return self.item.label

    @property
    def address(self) -> str:
        """Where it is done."""
        return url_for(self.item.endpoint, slug=self.slug, question=self.item.question)


def _taking_part(people: People) -> Mapping[int, State]:
    waiting = queries.open_requests(people.speakers)
    return {one.id: _standing(one, waits=one.id in waiting) for one in people.speakers}


def _standing(speaker: Speaker, *, waits: bool) -> State:
    if speaker.withdrawn_at is not None:
        return State(_l("Withdrawn"), is_open=False)
    if waits:
        return State(_l("Another time asked for"), is_open=False)
    return State(_l("Confirmed"), is_open=False) if speaker.confirmed_at is not None else TO_DO


def _photo(people: People) -> Mapping[int, State]:
    """Tell who has a photo, or has sent one in, or was asked to look at it again."""
    found = proposed_photos.standing([one.id for one in people.speakers])
    return {number: PHOTO_STATES[state] for number, state in found.items()}


def _materials(people: People) -> Mapping[int, State]:
    """Tell who has handed anything in; it is left to each of them until a day is named for it."""
    counts = materials.counts_by_speaker([one.id for one in people.speakers])
    nothing = TO_DO if MATERIALS in people.wanted_by else OPTIONAL
    return {number: _handed_in(count) if count else nothing for number, count in counts.items()}


def _handed_in(count: int) -> State:
    return State(_l("%(num)s handed in", num=count), is_open=False)


def _profile(people: People) -> Mapping[int, State]:
    """Tell how each profile stands: what was sent last, else whether there is a biography."""
    ids = [one.id for one in people.speakers]
    sent = proposals.newest_of(Proposal.speaker_id, ids, profile.FIELDS)
    return {
        one.id: OF_WHAT_WAS_SENT.get(sent.get(one.id, "")) or (DONE if one.biography else TO_DO)
        for one in people.speakers
    }


def _texts(people: People) -> Mapping[int, State]:
    """Tell how the texts stand that each of them has to write: by the one that needs them most."""
    rows = queries.texts_of([one.id for one in people.speakers])
    sent = proposals.newest_of(Proposal.session_id, {number for _, number, _ in rows}, OF_SESSIONS)
    found: dict[int, set[State]] = {one.id: set() for one in people.speakers}
    for speaker, session, abstract in rows:
        found[speaker].add(_of_text(sent.get(session, ""), abstract))
    return {number: _most_urgent(states) for number, states in found.items()}


def of_owned(sessions: Sequence[Session]) -> Sequence[tuple[Session, State]]:
    """Tell how the text of each session stands, for its owner, who need not speak."""
    sent = proposals.newest_of(Proposal.session_id, [one.id for one in sessions], OF_SESSIONS)
    return [(one, _of_text(sent.get(one.id, ""), one.abstract)) for one in sessions]


def _of_text(sent: str, abstract: str) -> State:
    return OF_WHAT_WAS_SENT.get(sent) or (DONE if abstract else TO_DO)


def _most_urgent(states: Collection[State]) -> State:
    in_order = (OF_WHAT_WAS_SENT[SENT_BACK], TO_DO, OF_WHAT_WAS_SENT[OPEN], DONE)
    return next((state for state in in_order if state in states), NOTHING_TO_WRITE)


def answered(since: str) -> Callable[[People], Mapping[int, State]]:
    """Tell by a column of the reply whether something has been answered."""

    def states(people: People) -> Mapping[int, State]:
        return {
            number: TO_DO if getattr(reply, since) is None else DONE
            for number, reply in people.replies.items()
        }

    return states


def _question(name: str, label: Any, since: str) -> Item:
    return Item(name, label, "speakers.answering.ask", answered(since), name)


ITEMS: Final[tuple[Item, ...]] = (
    Item("taking-part", _l("Say whether you take part"), "speakers.taking_part.ask", _taking_part),
    Item("profile", _l("Your profile"), "speakers.profile.write", _profile),
    Item("photo", _l("Photo"), "speakers.photo.ask", _photo),
    Item(TEXTS, _l("Titles and abstracts of your sessions"), "speakers.sharing.shown", _texts),
    Item(
        "availability",
        _l("When you cannot appear"),
        "speakers.answering.availability",
        answered("availability_at"),
    ),
    _question("access-needs", _l("Access needs"), "needs_at"),
    _question("audio-visual", _l("Audio-visual needs"), "audio_visual_at"),
    _question("travel", _l("Travel and arrival"), "travel_at"),
    _question("consent", _l("Recording and slides"), "consent_at"),
    Item(MATERIALS, _l("Slides and papers"), "speakers.materials.listed", _materials),
)


def lines(speaker: Speaker) -> Sequence[Line]:
    """Give the list of one speaker."""
    return _lines([speaker])[speaker.id]


def left_to_do(speakers: Sequence[Speaker]) -> Mapping[int, Sequence[Line]]:
    """Tell what each of several speakers still has to do, by id."""
    return {
        number: [line for line in found if line.state.is_open]
        for number, found in _lines(speakers).items()
    }


def _lines(speakers: Sequence[Speaker]) -> Mapping[int, Sequence[Line]]:
    people = People(speakers)
    states = [(item, item.states(people)) for item in ITEMS]
    return {
        one.id: [
            Line(item, _asked_of(one, by[one.id]), people.wanted_by.get(item.name), one.slug)
            for item, by in states
        ]
        for one in speakers
    }


def _asked_of(speaker: Speaker, state: State) -> State:
    """Ask nothing more of whoever has withdrawn."""
    return NOT_NEEDED if speaker.withdrawn_at is not None and state.is_open else state

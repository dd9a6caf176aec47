"""The checklist: everything that a speaker is asked to do, with its state and deadline.

An item is a row of ``ITEMS``: its name, its label, the page where it is done, and a function that
returns its state for several speakers at once, so that a list of all speakers needs no more
queries than the page of one. To add an item, write that function and add a row.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

from flask import url_for
from flask_babel import lazy_gettext as _l

from app.materials import queries as materials
from app.programme.fields.speakers import PROFILE_FIELDS
from app.programme.models import Session, Speaker
from app.proposals import queries as proposals
from app.proposals.models import CHANGES_REQUESTED, OPEN, Proposal
from app.proposals.queries import SESSION_FIELD_NAMES
from app.speakers import photo_proposals, queries
from app.speakers.models import SpeakerAnswers


@dataclass(frozen=True)
class ItemState:
    """The state of an item as text, and whether it is still open."""

    text: Any
    is_open: bool


TO_DO = ItemState(_l("To do"), is_open=True)
DONE = ItemState(_l("Done"), is_open=False)
NOT_NEEDED = ItemState(_l("No longer needed"), is_open=False)
OPTIONAL = ItemState(_l("Optional"), is_open=False)
NO_PHOTO = ItemState(_l("Using initials"), is_open=False)
NOTHING_TO_WRITE = ItemState(_l("Nothing to do"), is_open=False)
PROPOSAL_STATES: Final[Mapping[str, ItemState]] = {
    OPEN: ItemState(_l("Waiting for approval"), is_open=False),
    CHANGES_REQUESTED: ItemState(_l("Sent back for changes"), is_open=True),
}
MATERIALS: Final = "materials"
TEXTS: Final = "texts"
TAKING_PART: Final = "taking-part"
AVAILABILITY: Final = "availability"
DONE_BY_SPEAKERS: Final = frozenset(  # tasks that nobody can have done for them
    {TAKING_PART, AVAILABILITY, "access-needs", "audio-visual", "travel", "consent"}
)
ANSWERABLE_WITH_NONE: Final = frozenset({AVAILABILITY, "access-needs", "audio-visual", "travel"})
PHOTO_STATES: Final = {**PROPOSAL_STATES, "none": TO_DO, "there": DONE}


class SpeakerBatch:
    """Several speakers with data that several items need, loaded once."""

    def __init__(self, speakers: Sequence[Speaker]) -> None:
        self.speakers = speakers

    @cached_property
    def answers(self) -> Mapping[int, SpeakerAnswers]:
        """The answers of each speaker, by id; none is missing."""
        found = queries.get_answers(self.speakers)
        return {
            one.id: found.get(one.id) or SpeakerAnswers(speaker_id=one.id) for one in self.speakers
        }

    @cached_property
    def deadlines(self) -> Mapping[str, date]:
        """The deadline of each item that has one, by the item's name."""
        return queries.get_deadlines()


@dataclass(frozen=True)
class ChecklistItem:
    """A task for speakers."""

    name: str  # key of its deadline
    label: Any
    endpoint: str  # of its page; takes the speaker's slug
    get_states: Callable[[SpeakerBatch], Mapping[int, ItemState]]  # by speaker id
    question_name: str | None = None  # part of the URL, if one page serves several items


@dataclass(frozen=True)
class ChecklistLine:
    """An item with its state and deadline for one speaker."""

    item: ChecklistItem
    state: ItemState
    due_on: date | None
    slug: str

    @property
    def label(self) -> Any:
        """The name of the task."""
        return self.item.label

    @property
    def url(self) -> str:
        """The URL of the page where it is done."""
        return url_for(self.item.endpoint, slug=self.slug, question=self.item.question_name)


def _participation_states(batch: SpeakerBatch) -> Mapping[int, ItemState]:
    waiting = queries.get_open_requests(batch.speakers)
    return {
        one.id: _participation_state(one, has_open_request=one.id in waiting)
        for one in batch.speakers
    }


def _participation_state(speaker: Speaker, *, has_open_request: bool) -> ItemState:
    if speaker.withdrawn_at is not None:
        return ItemState(_l("Withdrawn"), is_open=False)
    if has_open_request:
        return ItemState(_l("Asked for another time"), is_open=False)
    return ItemState(_l("Confirmed"), is_open=False) if speaker.confirmed_at is not None else TO_DO


def _photo_states(batch: SpeakerBatch) -> Mapping[int, ItemState]:
    """Return the state of each photo: present, proposed or sent back."""
    found = photo_proposals.states_by_speaker([one.id for one in batch.speakers])
    declined = {
        number
        for number, answers in batch.answers.items()
        if answers.photo_declined_at is not None and found[number] == "none"
    }
    return {
        number: NO_PHOTO if number in declined else PHOTO_STATES[state]
        for number, state in found.items()
    }


def _material_states(batch: SpeakerBatch) -> Mapping[int, ItemState]:
    """Return who has uploaded materials; they are optional unless there is a deadline."""
    counts = materials.count_by_speaker([one.id for one in batch.speakers])
    nothing = TO_DO if MATERIALS in batch.deadlines else OPTIONAL
    return {
        number: _material_state(count) if count else nothing for number, count in counts.items()
    }


def _material_state(count: int) -> ItemState:
    return ItemState(_l("%(num)s uploaded", num=count), is_open=False)


def _profile_states(batch: SpeakerBatch) -> Mapping[int, ItemState]:
    """Return the state of each profile: of the latest proposal, else whether it has a biography."""
    ids = [one.id for one in batch.speakers]
    proposal_states = proposals.latest_states(Proposal.speaker_id, ids, PROFILE_FIELDS)
    return {
        one.id: PROPOSAL_STATES.get(proposal_states.get(one.id, ""))
        or (DONE if one.biography else TO_DO)
        for one in batch.speakers
    }


def _text_states(batch: SpeakerBatch) -> Mapping[int, ItemState]:
    """Return the state of the texts that each has to write: that of the most urgent one."""
    rows = queries.list_texts_to_write([one.id for one in batch.speakers])
    proposal_states = proposals.latest_states(
        Proposal.session_id, {number for _, number, _ in rows}, SESSION_FIELD_NAMES
    )
    found: dict[int, set[ItemState]] = {one.id: set() for one in batch.speakers}
    for speaker, session, abstract in rows:
        found[speaker].add(_text_state(proposal_states.get(session, ""), abstract))
    return {number: _most_urgent_state(states) for number, states in found.items()}


def list_owned_with_states(sessions: Sequence[Session]) -> Sequence[tuple[Session, ItemState]]:
    """List sessions with the state of their text, for an owner who need not be a speaker."""
    proposal_states = proposals.latest_states(
        Proposal.session_id, [one.id for one in sessions], SESSION_FIELD_NAMES
    )
    return [(one, _text_state(proposal_states.get(one.id, ""), one.abstract)) for one in sessions]


def _text_state(proposal_state: str, abstract: str) -> ItemState:
    return PROPOSAL_STATES.get(proposal_state) or (DONE if abstract else TO_DO)


def _most_urgent_state(states: Collection[ItemState]) -> ItemState:
    in_order = (PROPOSAL_STATES[CHANGES_REQUESTED], TO_DO, PROPOSAL_STATES[OPEN], DONE)
    return next((state for state in in_order if state in states), NOTHING_TO_WRITE)


def states_by_answer(answered_at_column: str) -> Callable[[SpeakerBatch], Mapping[int, ItemState]]:
    """Return a function that looks in a column of SpeakerAnswers for an answer."""

    def states(people: SpeakerBatch) -> Mapping[int, ItemState]:
        return {
            number: TO_DO if getattr(reply, answered_at_column) is None else DONE
            for number, reply in people.answers.items()
        }

    return states


def _question_item(name: str, label: Any, answered_at_column: str) -> ChecklistItem:
    return ChecklistItem(
        name, label, "speakers.questions.edit", states_by_answer(answered_at_column), name
    )


ITEMS: Final[tuple[ChecklistItem, ...]] = (
    ChecklistItem(
        TAKING_PART,
        _l("Confirm whether you are taking part"),
        "speakers.participation.edit",
        _participation_states,
    ),
    ChecklistItem("profile", _l("Your profile"), "speakers.profile.edit", _profile_states),
    ChecklistItem("photo", _l("Photo"), "speakers.photo.edit", _photo_states),
    ChecklistItem(
        TEXTS, _l("Titles and abstracts of your sessions"), "speakers.sessions", _text_states
    ),
    ChecklistItem(
        AVAILABILITY,
        _l("When you are not available"),
        "speakers.questions.availability",
        states_by_answer("availability_at"),
    ),
    _question_item("access-needs", _l("Access requirements"), "needs_at"),
    _question_item("audio-visual", _l("Equipment"), "audio_visual_at"),
    _question_item("travel", _l("Travel and arrival"), "travel_at"),
    _question_item("consent", _l("Recording and slides"), "consent_at"),
    ChecklistItem(MATERIALS, _l("Slides and papers"), "speakers.materials.index", _material_states),
)


def build_checklist(speaker: Speaker) -> Sequence[ChecklistLine]:
    """Return the checklist of one speaker."""
    return build_checklists([speaker])[speaker.id]


@dataclass(frozen=True)
class OpenItems:
    """The open items of one speaker: those that one button answers with "none", and the others."""

    answerable: Sequence[ChecklistLine]
    others: Sequence[ChecklistLine]


def split_open_items(speaker: Speaker, lines: Sequence[ChecklistLine]) -> OpenItems:
    """Split the open items by whether one button can answer them with "none".

    Times that an organiser has entered are for the speaker to look at, so "none" is no answer.
    """
    open_lines = [line for line in lines if line.state.is_open]
    answerable = [
        line
        for line in open_lines
        if line.item.name in ANSWERABLE_WITH_NONE
        and not (line.item.name == AVAILABILITY and speaker.absences)
    ]
    return OpenItems(answerable, [line for line in open_lines if line not in answerable])


def list_open_items(speakers: Sequence[Speaker]) -> Mapping[int, Sequence[ChecklistLine]]:
    """Return the open items of several speakers, by speaker id."""
    return {
        number: [line for line in found if line.state.is_open]
        for number, found in build_checklists(speakers).items()
    }


def build_checklists(speakers: Sequence[Speaker]) -> Mapping[int, Sequence[ChecklistLine]]:
    """Return the checklists of several speakers, by speaker id."""
    batch = SpeakerBatch(speakers)
    states = [(item, item.get_states(batch)) for item in ITEMS]
    return {
        one.id: [
            ChecklistLine(
                item, _effective_state(one, by[one.id]), batch.deadlines.get(item.name), one.slug
            )
            for item, by in states
        ]
        for one in speakers
    }


def has_begun(lines: Sequence[ChecklistLine]) -> bool:
    """Return True if the speaker, or an assistant, has done any of the tasks."""
    return any(
        line.state in PROPOSAL_STATES.values()
        or (line.item.name in DONE_BY_SPEAKERS and not line.state.is_open)
        for line in lines
    )


def _effective_state(speaker: Speaker, state: ItemState) -> ItemState:
    """Return the state, with nothing open for speakers who have withdrawn."""
    return NOT_NEEDED if speaker.withdrawn_at is not None and state.is_open else state

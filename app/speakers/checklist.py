"""The checklist: everything that a speaker is asked to do, with its state and deadline.

An item is a row of ``ITEMS``: its name, its label, the page where it is done, and a function that
returns its state for several speakers at once, so that a list of all speakers needs no more
queries than the page of one. To add an item, write that function and add a row, and its
conditions in ``checklist_conditions``.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from operator import attrgetter
from typing import Any, Final

from flask import url_for
from flask_babel import lazy_gettext as _l

from app.programme.fields.speakers import PHOTO, PROFILE_FIELDS
from app.programme.models import Session, Speaker
from app.proposals import queries as proposals
from app.proposals.models import CHANGES_REQUESTED, OPEN, Proposal
from app.proposals.queries import SESSION_FIELD_NAMES, ProposedNames
from app.registration.speaker_places import queries as speaker_places
from app.speakers import checklist_queries, queries
from app.speakers.checklist_queries import MATERIALS, SpeakerFacts


@dataclass(frozen=True, eq=False)  # comparing texts would translate them
class ItemState:
    """The state of an item as text, and whether it is still open."""

    text: Any
    is_open: bool
    is_proposal: bool = False


TO_DO = ItemState(_l("To do"), is_open=True)
DONE = ItemState(_l("Done"), is_open=False)
NOT_NEEDED = ItemState(_l("No longer needed"), is_open=False)
OPTIONAL = ItemState(_l("Optional"), is_open=False)
NO_PHOTO = ItemState(_l("Using initials"), is_open=False)
HAS_WITHDRAWN = ItemState(_l("Withdrawn"), is_open=False)
ASKED_FOR_ANOTHER_TIME = ItemState(_l("Asked for another time"), is_open=False)
CONFIRMED = ItemState(_l("Confirmed"), is_open=False)
NOT_ASKED = ItemState("", is_open=False)  # the item is not in the list
NOTHING_TO_WRITE = ItemState(_l("Nothing to do"), is_open=False)
PROPOSAL_STATES: Final[Mapping[str, ItemState]] = {
    OPEN: ItemState(_l("Waiting for approval"), is_open=False, is_proposal=True),
    CHANGES_REQUESTED: ItemState(_l("Sent back for changes"), is_open=True, is_proposal=True),
}
TEXTS: Final = "texts"
TAKING_PART: Final = "taking-part"
AVAILABILITY: Final = "availability"
PLACE: Final = "place"
ANSWERABLE_WITH_NONE: Final = frozenset({AVAILABILITY, "access-needs", "audio-visual", "travel"})


class SpeakerBatch:
    """Several speakers with data that several items need, loaded once."""

    def __init__(self, ids: Collection[int]) -> None:
        self.ids = ids

    @cached_property
    def facts(self) -> Mapping[int, SpeakerFacts]:
        """Values that decide most of the states, by speaker id; complete."""
        return checklist_queries.get_facts(self.ids)

    @cached_property
    def proposed(self) -> Sequence[ProposedNames]:
        """The latest proposals about the speakers themselves."""
        return proposals.list_proposed_names(Proposal.speaker_id, self.ids)


@dataclass(frozen=True)
class ChecklistItem:
    """A task for speakers."""

    name: str  # key of its deadline
    label: Any
    endpoint: str  # of its page; takes the speaker's slug
    get_states: Callable[[SpeakerBatch], Mapping[int, ItemState]]  # by speaker id
    question_name: str | None = None  # part of the URL, if one page serves several items
    label_for_team: Any = None  # if the label addresses the speaker

    @property
    def team_label(self) -> Any:
        """The name of the task in admin."""
        return self.label_for_team or self.label


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
    return {number: _participation_state(one) for number, one in batch.facts.items()}


def _participation_state(speaker: SpeakerFacts) -> ItemState:
    if speaker.is_withdrawn:
        return HAS_WITHDRAWN
    if speaker.has_open_request:
        return ASKED_FOR_ANOTHER_TIME
    return CONFIRMED if speaker.is_confirmed else TO_DO


def _place_states(batch: SpeakerBatch) -> Mapping[int, ItemState]:
    """Return whether each has a place; only confirmed speakers are asked, during registration."""
    is_asked = speaker_places.is_asked()
    return {
        number: DONE if one.has_place else TO_DO if is_asked and one.is_confirmed else NOT_ASKED
        for number, one in batch.facts.items()
    }


def _photo_states(batch: SpeakerBatch) -> Mapping[int, ItemState]:
    """Return the state of each photo: proposed or sent back, else present, declined or missing."""
    proposed = proposals.latest_states(batch.proposed, (PHOTO,))
    return {
        number: PROPOSAL_STATES.get(proposed.get(number, "")) or _photo_state(one)
        for number, one in batch.facts.items()
    }


def _photo_state(speaker: SpeakerFacts) -> ItemState:
    if speaker.has_photo:
        return DONE
    return NO_PHOTO if speaker.photo_declined else TO_DO


def _material_states(batch: SpeakerBatch) -> Mapping[int, ItemState]:
    """Return whether each has uploaded materials; optional unless there is a deadline."""
    return {number: _material_state(one) for number, one in batch.facts.items()}


def _material_state(speaker: SpeakerFacts) -> ItemState:
    if speaker.material_count:
        return ItemState(_l("%(num)s uploaded", num=speaker.material_count), is_open=False)
    return TO_DO if speaker.has_material_deadline else OPTIONAL


def _profile_states(batch: SpeakerBatch) -> Mapping[int, ItemState]:
    """Return the state of each profile: the latest proposal's, or whether there is a biography."""
    proposed = proposals.latest_states(batch.proposed, PROFILE_FIELDS)
    return {
        number: PROPOSAL_STATES.get(proposed.get(number, ""))
        or (DONE if one.has_biography else TO_DO)
        for number, one in batch.facts.items()
    }


def _text_states(batch: SpeakerBatch) -> Mapping[int, ItemState]:
    """Return the state of each speaker's texts: that of the most urgent one."""
    rows = checklist_queries.list_texts_to_write(batch.ids)
    latest = {(row.speaker_id, row.session_id): row for row in rows}
    found: dict[int, set[ItemState]] = {}
    for one in latest.values():
        state = _text_state(one.proposal_state or "", has_abstract=one.has_abstract)
        found.setdefault(one.speaker_id, set()).add(state)
    return {number: _most_urgent_state(found.get(number, ())) for number in batch.facts}


def list_owned_with_states(sessions: Sequence[Session]) -> Sequence[tuple[Session, ItemState]]:
    """List sessions with the state of their text, for an owner who need not be a speaker."""
    proposed = proposals.list_proposed_names(
        Proposal.session_id, [session.id for session in sessions]
    )
    states = proposals.latest_states(proposed, SESSION_FIELD_NAMES)
    return [
        (session, _text_state(states.get(session.id, ""), has_abstract=bool(session.abstract)))
        for session in sessions
    ]


def _text_state(proposal_state: str, *, has_abstract: bool) -> ItemState:
    return PROPOSAL_STATES.get(proposal_state) or (DONE if has_abstract else TO_DO)


def _most_urgent_state(states: Collection[ItemState]) -> ItemState:
    in_order = (PROPOSAL_STATES[CHANGES_REQUESTED], TO_DO, PROPOSAL_STATES[OPEN], DONE)
    return next((state for state in in_order if state in states), NOTHING_TO_WRITE)


def states_by_answer(
    is_answered: Callable[[SpeakerFacts], bool],
) -> Callable[[SpeakerBatch], Mapping[int, ItemState]]:
    """Return a function that returns whether a question was answered."""

    def states(batch: SpeakerBatch) -> Mapping[int, ItemState]:
        return {number: DONE if is_answered(one) else TO_DO for number, one in batch.facts.items()}

    return states


def _question_item(name: str, label: Any, question: str) -> ChecklistItem:
    return ChecklistItem(
        name, label, "speakers.questions.edit", states_by_answer(attrgetter(question)), name
    )


ITEMS: Final[tuple[ChecklistItem, ...]] = (
    ChecklistItem(
        TAKING_PART,
        _l("Confirm whether you are taking part"),
        "speakers.participation.edit",
        _participation_states,
        label_for_team=_l("Confirm whether they are taking part"),
    ),
    ChecklistItem(
        PLACE,
        _l("Your place at the conference"),
        "speakers.place.show",
        _place_states,
        label_for_team=_l("Place at the conference"),
    ),
    ChecklistItem(
        "profile",
        _l("Your profile"),
        "speakers.profile.edit",
        _profile_states,
        label_for_team=_l("Profile"),
    ),
    ChecklistItem("photo", _l("Photo"), "speakers.photo.edit", _photo_states),
    ChecklistItem(
        TEXTS,
        _l("Titles and abstracts of your sessions"),
        "speakers.sessions",
        _text_states,
        label_for_team=_l("Titles and abstracts of their sessions"),
    ),
    ChecklistItem(
        AVAILABILITY,
        _l("When you are not available"),
        "speakers.questions.availability",
        states_by_answer(lambda one: one.availability),
        label_for_team=_l("When they are not available"),
    ),
    _question_item("access-needs", _l("Access requirements"), "needs"),
    _question_item("audio-visual", _l("Equipment"), "audio_visual"),
    _question_item("travel", _l("Travel and arrival"), "travel"),
    _question_item("consent", _l("Recording and slides"), "consent"),
    ChecklistItem(MATERIALS, _l("Slides and papers"), "speakers.materials.index", _material_states),
)


def build_checklist(speaker: Speaker) -> Sequence[ChecklistLine]:
    """Return the checklist of one speaker."""
    return build_checklists([speaker])[speaker.id]


@dataclass(frozen=True)
class OpenItems:
    """The open items of one speaker: those one button can answer with "none", and the others."""

    answerable: Sequence[ChecklistLine]
    others: Sequence[ChecklistLine]


def split_open_items(speaker: Speaker, lines: Sequence[ChecklistLine]) -> OpenItems:
    """Split the open items by whether one button can answer them with "none".

    Absences that an organiser entered must be reviewed by the speaker, so "none" is not offered.
    """
    open_lines = [line for line in lines if line.state.is_open]
    answerable = [
        line
        for line in open_lines
        if line.item.name in ANSWERABLE_WITH_NONE
        and not (line.item.name == AVAILABILITY and speaker.absences)
    ]
    return OpenItems(answerable, [line for line in open_lines if line not in answerable])


def list_open_items(
    speakers: Sequence[Speaker], deadlines: Mapping[str, date] | None = None
) -> Mapping[int, Sequence[ChecklistLine]]:
    """Return the open items of several speakers, by speaker id."""
    return {
        number: [line for line in found if line.state.is_open]
        for number, found in build_checklists(speakers, deadlines).items()
    }


def build_checklists(
    speakers: Sequence[Speaker], deadlines: Mapping[str, date] | None = None
) -> Mapping[int, Sequence[ChecklistLine]]:
    """Return the checklists of several speakers, by id; deadlines are read if not passed."""
    batch = SpeakerBatch([speaker.id for speaker in speakers])
    if deadlines is None:
        deadlines = queries.get_deadlines()
    states = [(item, item.get_states(batch)) for item in ITEMS]
    return {
        speaker.id: [
            ChecklistLine(
                item,
                _effective_state(speaker, by[speaker.id]),
                deadlines.get(item.name),
                speaker.slug,
            )
            for item, by in states
            if by[speaker.id] is not NOT_ASKED
        ]
        for speaker in speakers
    }


def _effective_state(speaker: Speaker, state: ItemState) -> ItemState:
    """Return the state, without open items for withdrawn speakers."""
    return NOT_NEEDED if speaker.withdrawn_at is not None and state.is_open else state

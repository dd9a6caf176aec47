"""What lists of all speakers say of their tasks is what each speaker's own checklist says."""

from collections.abc import Callable, Sequence
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.database import db
from app.history.models import Change, dump_changes
from app.programme.models import Session, Speaker
from app.proposals.models import (
    APPROVED,
    AUTO_APPROVED,
    CHANGES_REQUESTED,
    OPEN,
    PROPOSAL_WITHDRAWN,
    Proposal,
)
from app.speakers.checklist import ITEMS, SpeakerBatch
from app.speakers.checklist_conditions import CONDITIONS, HAS_BEGUN, HAS_OPEN_ITEM
from app.speakers.models import (
    ANOTHER_TIME,
    ItemDeadline,
    SessionOwner,
    SpeakerAnswers,
    SpeakerRequest,
)
from tests.factories import (
    grant_speaker_access,
    make_material,
    make_organiser,
    make_photo,
    make_session,
    make_speaker,
    save,
)

DONE_BY_SPEAKERS = {  # items that no one else can complete
    *("taking-part", "availability", "access-needs", "audio-visual", "travel", "consent"),
}


def propose(state: str, field: str, speaker: Speaker | None, session: Session | None) -> None:
    text = 'about "field":"photo" and the like'
    changes = dump_changes([Change(field, "", text, "Label", "", text)])
    save(
        Proposal(
            speaker=speaker,
            session=session,
            state=state,
            changes=changes,
            sent_by="ada@example.org",
            sent_at=clock.now(),
        )
    )


def with_proposals(*states: str, field: str = "biography") -> Callable[[Speaker], None]:
    def fill(speaker: Speaker) -> None:
        for state in states:
            propose(state, field, speaker, None)

    return fill


def with_texts(*texts: tuple[str, Sequence[str]]) -> Callable[[Speaker], None]:
    def fill(speaker: Speaker) -> None:
        for abstract, states in texts:
            session = make_session(abstract=abstract, speakers=(speaker,))
            for state in states:
                propose(state, "abstract", None, session)

    return fill


def with_answers(*names: str) -> Callable[[Speaker], None]:
    def fill(speaker: Speaker) -> None:
        moments = {f"{name}_at": clock.now() for name in names}
        save(SpeakerAnswers(speaker_id=speaker.id, **moments))

    return fill


def has_confirmed(speaker: Speaker) -> None:
    speaker.confirmed_at = clock.now()
    db.session.commit()


def with_request(speaker: Speaker) -> None:
    save(
        SpeakerRequest(
            speaker_id=speaker.id,
            kind=ANOTHER_TIME,
            message="After lunch",
            requested_at=clock.now(),
            actor="ada@example.org",
        )
    )


def second_of_two(speaker: Speaker) -> None:
    make_session(abstract="", speakers=(make_speaker(), speaker))


def owned_by_another(speaker: Speaker) -> None:
    own(make_session(abstract="", speakers=(speaker,)), make_speaker())


def owned_by_themselves(speaker: Speaker) -> None:
    own(make_session(abstract="", speakers=(make_speaker(), speaker)), speaker)


def own(session: Session, speaker: Speaker) -> None:
    person = grant_speaker_access(speaker, f"{speaker.slug}@example.org").person
    granted = {"granted_at": clock.now(), "granted_by": "grace@conference.example"}
    save(SessionOwner(session_id=session.id, person_id=person.id, **granted))


SPEAKERS: tuple[Callable[[Speaker], object], ...] = (
    lambda _: None,
    has_confirmed,
    with_request,
    make_photo,
    with_answers("photo_declined"),
    with_answers("availability", "needs", "audio_visual", "travel", "consent"),
    *(
        with_proposals(*states, field=field)
        for field in ("biography", "photo")
        for states in (
            *((OPEN,), (CHANGES_REQUESTED,), (APPROVED,), (PROPOSAL_WITHDRAWN,)),
            *((CHANGES_REQUESTED, OPEN), (AUTO_APPROVED,), (OPEN, AUTO_APPROVED)),
        )
    ),
    with_texts(("", ())),
    with_texts(("Of tides", ())),
    with_texts(("", (OPEN,))),
    with_texts(("", (OPEN,)), ("", ())),
    with_texts(("", (APPROVED,))),
    with_texts(("Of tides", (CHANGES_REQUESTED,)), ("", (OPEN,))),
    with_texts(("Of tides", (CHANGES_REQUESTED, OPEN)), ("Of tides", (APPROVED,))),
    second_of_two,
    owned_by_another,
    owned_by_themselves,
    lambda speaker: make_material(make_session(abstract="Of tides", speakers=(speaker,))),
    lambda speaker: make_session(
        abstract="", speakers=(speaker,), cancelled_at=clock.now(), is_draft=False
    ),
)


@pytest.mark.both_databases
@pytest.mark.parametrize("has_deadline", [False, True])
@pytest.mark.parametrize("biography", ["", "Ada writes about tides."])
def test_list_filters_and_the_checklist_agree_on_every_state(
    site: Flask, biography: str, *, has_deadline: bool
) -> None:
    make_organiser()
    if has_deadline:
        save(ItemDeadline(item="materials", due_on=date(2009, 6, 1)))
    for fill in SPEAKERS:
        fill(make_speaker(biography=biography))
    db.session.commit()
    ids = db.session.scalars(select(Speaker.id).where(Speaker.withdrawn_at.is_(None))).all()

    batch = SpeakerBatch(ids)
    states = {item.name: item.get_states(batch) for item in ITEMS}
    is_open = {(name, one) for name in states for one in ids if states[name][one].is_open}
    is_begun = {
        (name, one)
        for name in states
        for one in ids
        if states[name][one].is_proposal
        or (name in DONE_BY_SPEAKERS and not states[name][one].is_open)
    }

    assert {item.name for item in ITEMS} == set(CONDITIONS)
    for name, conditions in CONDITIONS.items():
        for condition, expected in ((conditions.is_open, is_open), (conditions.is_begun, is_begun)):
            found = set(db.session.scalars(select(Speaker.id).where(condition)))
            assert found == {number for about, number in expected if about == name}, name
    for condition, expected in ((HAS_OPEN_ITEM, is_open), (HAS_BEGUN, is_begun)):
        found = set(db.session.scalars(select(Speaker.id).where(condition)))
        assert found == {number for _, number in expected}

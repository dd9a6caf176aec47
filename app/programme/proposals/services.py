"""Deeds on what speakers would like changed: send it, take it back, approve, amend, send it back.

What was sent changes nothing by itself. Who approves it makes an edit like any other, held against
what they have seen: where the words or the programme have changed since, they look again first.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import or_, select, update

from app import clock
from app.database import db
from app.errors import NotFound, Refused
from app.history import changes
from app.history import services as history
from app.history.changes import Change
from app.programme import queries as programme
from app.programme.editing import edits
from app.programme.models import Appearance, Session, Speaker
from app.programme.proposals import fields, letters, merging, queries, trusted
from app.programme.proposals.models import (
    AMENDED,
    APPROVED,
    OPEN,
    SENT_BACK,
    TAKEN_BACK,
    Proposal,
)
from app.programme.proposals.queries import Look, Standing

OVERTAKEN: Final = "Somebody has changed the same words meanwhile"
GONE: Final = "is no longer part of the programme, so nothing has been sent"


class Changed(Refused):
    """What would be decided on is no longer what was seen."""

    def __init__(self) -> None:
        super().__init__(
            "Something has changed since you opened the page, so nothing has been decided yet. "
            "Look at it again"
        )


@dataclass(frozen=True)
class Sent:
    """What came of sending: what waits for an organiser, and what was changed at once."""

    waiting: Sequence[Change]
    made: Sequence[Change]


@dataclass(frozen=True)
class LeftOut:
    """A proposal that could not be approved with the others, and why."""

    number: int
    name: str
    reason: str


@dataclass(frozen=True)
class Several:
    """What came of approving several at once."""

    approved: int
    left_out: Sequence[LeftOut]


def propose(
    thing: Speaker | Session, typed: Mapping[str, Any], *, began: Mapping[str, str], who: str
) -> Sent:
    """Keep what somebody would like changed; what the settings trust them with is changed at once.

    ``began`` holds the marks of the fields as they stood in the form. Raises Crossed where
    somebody else has changed the same field meanwhile.
    """
    edits.hold(thing)
    if thing.withdrawn_at is not None:
        raise Refused(f"{fields.kind(thing).name(thing)} {GONE}")
    standing = queries.standing(thing)
    values = merging.merge(fields.kind(thing), standing.values, typed, began)
    wanted = queries.differing(thing, values)
    by_itself = fields.trusted(thing, programme.conference().trusted_fields)
    made = [one for one in wanted if one.field in by_itself]
    if made and isinstance(thing, Speaker):
        trusted.change_at_once(thing, made, who=who)
    waiting = [one for one in wanted if one.field not in by_itself]
    is_news = _keep(thing, standing, waiting, replaced=typed.keys(), who=who)
    db.session.flush()
    return Sent(waiting if is_news else (), made)


def take_back(thing: Speaker | Session, wanted: Collection[str], *, who: str) -> bool:
    """Let nobody decide on what was sent of some fields; tell whether there was anything.

    What was sent of others goes on waiting, in a proposal of its own.
    """
    edits.hold(thing)
    waits = queries.standing(thing).of(wanted).waits
    if waits is None or waits.values.keys().isdisjoint(wanted):
        return False
    others = [one for one in waits.asked if one.field not in wanted]
    waits.changes = changes.written([one for one in waits.asked if one.field in wanted])
    _take_back(waits, who)
    if others:
        rest = _about(thing)
        rest.changes, rest.who, rest.sent_at = changes.written(others), waits.who, waits.sent_at
        db.session.add(rest)
        db.session.flush()
    return True


def approve(number: int, *, seal: str, who: str) -> Proposal:
    """Bring the programme to what was asked for, as it was seen."""
    held = _held(number, seal)
    _make(held, held.values, who)
    _decide(held, APPROVED, "", who)
    letters.approved(held)
    return held


def amend(number: int, values: Mapping[str, Any], note: str, *, seal: str, who: str) -> Proposal:
    """Bring the programme to other words than were asked for, and say why."""
    held = _held(number, seal)
    asked = {one.field: one for one in held.asked}
    others = [
        merging.between(fields.kind(held.thing), field, asked[field].after, value)
        for field, value in values.items()
        if field in asked and value != asked[field].after
    ]
    if not others:
        raise Refused("Change some of the words, or approve them as they are")
    _make(held, {**held.values, **{one.field: one.after for one in others}}, who)
    held.outcome = changes.written(others)
    _decide(held, AMENDED, note, who)
    letters.amended(held)
    return held


def send_back(number: int, note: str, *, seal: str, who: str) -> Proposal:
    """Change nothing, and tell whoever asked what they should do."""
    held = _held(number, seal)
    _decide(held, SENT_BACK, note, who)
    name = fields.kind(held.thing).name(held.thing)
    says = f"{name}: what {held.who} wanted changed was sent back ({_labels(held.asked)})"
    history.record(says, about=fields.kind(held.thing).about(held.thing), who=who)
    letters.sent_back(held)
    return held


def approve_several(seen: Mapping[int, str], *, who: str) -> Several:
    """Approve several as they were seen, each wholly or not at all; the others are named."""
    approved, left_out = 0, []
    for proposal in queries.of(seen):
        name = fields.kind(proposal.thing).name(proposal.thing)
        if Look(proposal).is_overtaken:
            left_out.append(LeftOut(proposal.id, name, OVERTAKEN))
            continue
        try:
            approve(proposal.id, seal=seen[proposal.id], who=who)
        except Refused as refusal:
            left_out.append(LeftOut(proposal.id, name, str(refusal)))
        else:
            approved += 1
    return Several(approved, left_out)


def _keep(
    thing: Speaker | Session,
    standing: Standing,
    wanted: Sequence[Change],
    *,
    replaced: Collection[str],
    who: str,
) -> bool:
    """Keep what waits: one proposal for each thing, sent again as often as somebody likes.

    Tell whether that is news.
    """
    waits = standing.waits
    known = {one.field: one for one in waits.asked} if waits else {}
    others = [one for field, one in known.items() if field not in replaced]
    asked = [*others, *(_as_begun(one, known.get(one.field)) for one in wanted)]
    if waits is None:
        if asked:
            _send(_about(thing), asked, who)
        return bool(asked) or _leave(standing.of(replaced).came_back, replaced, who)
    if not asked:
        _take_back(waits, who)
        return True
    is_news = changes.written(asked) != waits.changes
    if is_news:
        waits.version += 1
        _send(waits, asked, who)
    return is_news


def _as_begun(change: Change, known: Change | None) -> Change:
    """Let a field that was sent before keep what it began with then."""
    if known is None:
        return change
    return Change(change.field, known.before, change.after, change.label, known.old, change.new)


def _about(thing: Speaker | Session) -> Proposal:
    if isinstance(thing, Speaker):
        return Proposal(speaker_id=thing.id)
    return Proposal(session_id=thing.id)


def _send(proposal: Proposal, asked: Sequence[Change], who: str) -> None:
    proposal.changes = changes.written(asked)
    proposal.who, proposal.sent_at = who, clock.now()
    db.session.add(proposal)
    db.session.flush()
    thing = proposal.thing
    name, about = fields.kind(thing).name(thing), fields.kind(thing).about(thing)
    history.record(f"{name}: a change was sent in ({_labels(asked)})", about=about, who=who)


def _take_back(proposal: Proposal, who: str) -> None:
    kind = fields.kind(proposal.thing)
    _decide(proposal, TAKEN_BACK, proposal.note, who)
    says = f"{kind.name(proposal.thing)}: the change that was sent in was taken back"
    history.record(says, about=kind.about(proposal.thing), who=who)


def _leave(came_back: Proposal | None, replaced: Collection[str], who: str) -> bool:
    """Let what was sent back rest, where its sender now leaves things as they are."""
    if came_back is None or not came_back.values.keys() <= set(replaced):
        return False
    _take_back(came_back, who)
    return True


def _held(number: int, seal: str) -> Proposal:
    """Find a proposal that nobody has decided on, as it was seen, and let nobody else do so."""
    proposal = queries.proposal(number)
    edits.hold(proposal.thing)  # first, as whoever sends something does
    row = select(Proposal).where(Proposal.id == number).with_for_update(of=Proposal)
    found = db.session.scalar(row.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("There is no change by a speaker at that address")
    if found.state != OPEN:
        raise Refused(f"{found.decided_by} has decided on this already")
    if Look(found).seal != seal:
        raise Changed
    return found


def _make(proposal: Proposal, values: Mapping[str, Any], who: str) -> None:
    """Bring the thing to these values, and let the history say who asked and who agreed."""
    thing = proposal.thing
    kind = fields.kind(thing)
    made = edits.differing(kind, thing, values)
    if made:
        says = f"{edits.sentence(kind, thing, made)}, as {proposal.who} asked"
        edits.save(kind, thing, values, seen=thing.version, who=who, says=says)


def _decide(proposal: Proposal, state: str, note: str, who: str) -> None:
    proposal.state, proposal.note = state, note
    proposal.decided_at, proposal.decided_by = clock.now(), who
    db.session.flush()


def _labels(asked: Sequence[Change]) -> str:
    return ", ".join(one.label.lower() for one in asked)


def pass_on(speaker: Speaker, sender: str, to: str) -> None:
    """Let another hear what is decided on what somebody sent who keeps these pages no longer.

    Where nobody keeps them any more, nobody is written to.
    """
    theirs = select(Appearance.session_id).where(Appearance.speaker_id == speaker.id)
    about = or_(Proposal.speaker_id == speaker.id, Proposal.session_id.in_(theirs))
    sent = (Proposal.state == OPEN, Proposal.who == sender, about)
    db.session.execute(update(Proposal).where(*sent).values(who=to))

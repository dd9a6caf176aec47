"""Operations on changes proposed by speakers: send, withdraw, approve, amend, request changes.

A proposal changes nothing until it is approved, unless its fields are auto-approved. Approving
makes an ordinary edit, checked against what the reviewer saw: if the proposal or the programme
has changed since, StaleReview is raised.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import or_, select, update

from app import clock
from app.database import db
from app.errors import NotFound, RuleViolation, StaleEdit
from app.history import services as history
from app.history.models import Change, dump_changes
from app.programme import queries as programme
from app.programme.editing import versioned_edits
from app.programme.models import Appearance, Session, Speaker
from app.proposals import (
    auto_approval,
    emails,
    merging,
    queries,
)
from app.proposals.models import (
    AMENDED,
    APPROVED,
    CHANGES_REQUESTED,
    OPEN,
    PROPOSAL_WITHDRAWN,
    Proposal,
)
from app.proposals.queries import ProposalReview, ProposalStatus

OVERTAKEN_MESSAGE: Final = "Someone has changed the same text since this was sent"
SENT_AGAIN_MESSAGE: Final = (
    "New changes have been sent since you opened the page, so nothing has been withdrawn. "
    "Check the changes, then try again"
)
WITHDRAWN_MESSAGE: Final = "is no longer in the programme, so nothing has been sent"


class StaleReview(StaleEdit):
    """The proposal or the programme has changed since the review page was opened."""

    message = (
        "Something has changed since you opened the page, so your decision has not been saved. "
        "Check the changes again"
    )


@dataclass(frozen=True)
class SubmitResult:
    """The changes that await approval, and those applied at once."""

    waiting: Sequence[Change]
    applied: Sequence[Change]


@dataclass(frozen=True)
class SkippedProposal:
    """A proposal that could not be approved in bulk, and the reason."""

    number: int
    name: str
    reason: str


@dataclass(frozen=True)
class ApprovalBulkResult:
    """The result of approving several proposals."""

    approved: int
    skipped: Sequence[SkippedProposal]


def propose(
    entity: Speaker | Session,
    typed: Mapping[str, Any],
    *,
    base_fingerprints: Mapping[str, str],
    actor: str,
) -> SubmitResult:
    """Store proposed changes; apply auto-approved fields at once.

    ``base_fingerprints`` are those of the fields when the form was opened. Raise MergeConflict if
    somebody else has changed the same field meanwhile.
    """
    versioned_edits.lock(entity)
    if entity.withdrawn_at is not None:
        raise RuleViolation(f"{queries.get_field_set(entity).name(entity)} {WITHDRAWN_MESSAGE}")
    status = queries.get_status(entity)
    values = merging.merge(queries.get_field_set(entity), status.values, typed, base_fingerprints)
    requested = queries.diff(entity, values)
    auto_approved = queries.list_auto_approved(entity, programme.get_conference().trusted_fields)
    applied = [one for one in requested if one.field in auto_approved]
    if applied and isinstance(entity, Speaker):
        auto_approval.apply_immediately(entity, applied, actor=actor)
    waiting = [one for one in requested if one.field not in auto_approved]
    is_changed = _store(entity, status, waiting, replaced_fields=typed.keys(), actor=actor)
    db.session.flush()
    return SubmitResult(waiting if is_changed else (), applied)


def withdraw(
    entity: Speaker | Session,
    field_names: Collection[str],
    *,
    expected_revision: str | None = None,
    actor: str,
) -> bool:
    """Withdraw what was proposed for some fields; return True if there was anything.

    Other fields of the same proposal stay open, in a proposal of their own. Raise StaleEdit if
    it is not the revision that the sender saw.
    """
    versioned_edits.lock(entity)
    open_proposal = queries.get_status(entity).restrict_to(field_names).open_proposal
    if open_proposal is None or open_proposal.values.keys().isdisjoint(field_names):
        return False
    if expected_revision not in {None, open_proposal.revision}:
        raise StaleEdit(message=SENT_AGAIN_MESSAGE)
    others = [one for one in open_proposal.requested if one.field not in field_names]
    open_proposal.changes = dump_changes(
        [one for one in open_proposal.requested if one.field in field_names]
    )
    _withdraw(open_proposal, actor)
    _keep_open(open_proposal, others)
    return True


def approve(number: int, *, expected_fingerprint: str, actor: str) -> Proposal:
    """Apply a proposal as the reviewer saw it."""
    proposal = _lock_reviewed(number, expected_fingerprint)
    _apply(proposal, proposal.values, actor)
    _decide(proposal, APPROVED, "", actor)
    emails.send_approved(proposal)
    return proposal


def approve_part(
    number: int, field_names: Collection[str], *, expected_fingerprint: str, actor: str
) -> Proposal:
    """Apply some fields of a proposal as the reviewer saw it; the others stay to be decided."""
    proposal = _lock_reviewed(number, expected_fingerprint)
    part = [one for one in proposal.requested if one.field in field_names]
    others = [one for one in proposal.requested if one.field not in field_names]
    if not part:
        raise RuleViolation("There is nothing here to approve")
    proposal.changes = dump_changes(part)
    _apply(proposal, proposal.values, actor)
    _decide(proposal, APPROVED, "", actor)
    _keep_open(proposal, others)
    emails.send_approved(proposal)
    return proposal


def amend(
    number: int, values: Mapping[str, Any], note: str, *, expected_fingerprint: str, actor: str
) -> Proposal:
    """Apply a proposal with the reviewer's own wording and a note that says why."""
    proposal = _lock_reviewed(number, expected_fingerprint)
    requested = {one.field: one for one in proposal.requested}
    others = [
        versioned_edits.build_change(
            queries.get_field_set(proposal.entity), field, requested[field].after, value
        )
        for field, value in values.items()
        if field in requested and value != requested[field].after
    ]
    if not others:
        raise RuleViolation("Edit the text, or approve it as it is")
    _apply(proposal, {**proposal.values, **{one.field: one.after for one in others}}, actor)
    proposal.outcome = dump_changes(others)
    _decide(proposal, AMENDED, note, actor)
    emails.send_amended(proposal)
    return proposal


def request_changes(number: int, note: str, *, expected_fingerprint: str, actor: str) -> Proposal:
    """Return a proposal to its sender with a note, changing nothing."""
    proposal = _lock_reviewed(number, expected_fingerprint)
    _decide(proposal, CHANGES_REQUESTED, note, actor)
    name = queries.get_field_set(proposal.entity).name(proposal.entity)
    labels = _join_labels(proposal.requested)
    message = f"{name}: the changes sent by {proposal.sent_by} were sent back ({labels})"
    history.record(
        message,
        subject=queries.get_field_set(proposal.entity).history_subject(proposal.entity),
        actor=actor,
    )
    emails.send_changes_requested(proposal)
    return proposal


def approve_several(expected_fingerprints: Mapping[int, str], *, actor: str) -> ApprovalBulkResult:
    """Approve several proposals, each in full or not at all; report those that were skipped."""
    approved, left_out = 0, []
    for proposal in queries.list_by_id(expected_fingerprints):
        name = queries.get_field_set(proposal.entity).name(proposal.entity)
        if ProposalReview(proposal).is_overtaken:
            left_out.append(SkippedProposal(proposal.id, name, OVERTAKEN_MESSAGE))
            continue
        try:
            approve(
                proposal.id, expected_fingerprint=expected_fingerprints[proposal.id], actor=actor
            )
        except RuleViolation as refusal:
            left_out.append(SkippedProposal(proposal.id, name, str(refusal)))
        else:
            approved += 1
    return ApprovalBulkResult(approved, left_out)


def _store(
    entity: Speaker | Session,
    status: ProposalStatus,
    requested: Sequence[Change],
    *,
    replaced_fields: Collection[str],
    actor: str,
) -> bool:
    """Update the one open proposal about the entity; return True if anything changed."""
    open_proposal = status.open_proposal
    known = {one.field: one for one in open_proposal.requested} if open_proposal else {}
    others = [one for field, one in known.items() if field not in replaced_fields]
    all_requested = [
        *others,
        *(_keep_original_before(one, known.get(one.field)) for one in requested),
    ]
    if open_proposal is None:
        if all_requested:
            _submit(_new_proposal(entity), all_requested, actor)
        return bool(all_requested) or _withdraw_returned(
            status.restrict_to(replaced_fields).returned_proposal, replaced_fields, actor
        )
    if not all_requested:
        _withdraw(open_proposal, actor)
        return True
    is_changed = dump_changes(all_requested) != open_proposal.changes
    if is_changed:
        open_proposal.version += 1
        _submit(open_proposal, all_requested, actor)
    return is_changed


def _keep_original_before(change: Change, known: Change | None) -> Change:
    """Keep the original value of a field that was already in the open proposal."""
    if known is None:
        return change
    return Change(change.field, known.before, change.after, change.label, known.old, change.new)


def _new_proposal(entity: Speaker | Session) -> Proposal:
    if isinstance(entity, Speaker):
        return Proposal(speaker_id=entity.id)
    return Proposal(session_id=entity.id)


def _submit(proposal: Proposal, requested: Sequence[Change], actor: str) -> None:
    proposal.changes = dump_changes(requested)
    proposal.sent_by, proposal.sent_at = actor, clock.now()
    db.session.add(proposal)
    db.session.flush()
    thing = proposal.entity
    name, about = (
        queries.get_field_set(thing).name(thing),
        queries.get_field_set(thing).history_subject(thing),
    )
    history.record(
        f"{name}: changes were sent for approval ({_join_labels(requested)})",
        subject=about,
        actor=actor,
    )


def _withdraw(proposal: Proposal, actor: str) -> None:
    kind = queries.get_field_set(proposal.entity)
    _decide(proposal, PROPOSAL_WITHDRAWN, proposal.note, actor)
    says = f"{kind.name(proposal.entity)}: the changes sent for approval were withdrawn"
    history.record(says, subject=kind.history_subject(proposal.entity), actor=actor)


def _keep_open(closed: Proposal, others: Sequence[Change]) -> None:
    """Keep the other fields of a proposal open, in a proposal of their own."""
    if not others:
        return
    rest = _new_proposal(closed.entity)
    rest.changes, rest.sent_by, rest.sent_at = dump_changes(others), closed.sent_by, closed.sent_at
    db.session.add(rest)
    db.session.flush()


def _withdraw_returned(
    returned: Proposal | None, replaced_fields: Collection[str], actor: str
) -> bool:
    """Withdraw a returned proposal if the sender now leaves its fields as they are."""
    if returned is None or not returned.values.keys() <= set(replaced_fields):
        return False
    _withdraw(returned, actor)
    return True


def _lock_reviewed(number: int, expected_fingerprint: str) -> Proposal:
    """Return an open proposal, locked; raise StaleReview if it is not as the reviewer saw it."""
    proposal = queries.get_proposal(number)
    versioned_edits.lock(proposal.entity)  # same lock order as in propose()
    row = select(Proposal).where(Proposal.id == number).with_for_update(of=Proposal)
    found = db.session.scalar(row.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("There is no change by a speaker at that web address")
    if found.state != OPEN:
        raise RuleViolation(f"{found.decided_by} has already decided on this")
    if ProposalReview(found).fingerprint != expected_fingerprint:
        raise StaleReview
    return found


def _apply(proposal: Proposal, values: Mapping[str, Any], actor: str) -> None:
    """Save the values, with a history entry that names the sender."""
    thing = proposal.entity
    kind = queries.get_field_set(thing)
    made = versioned_edits.diff(kind, thing, values)
    if made:
        says = f"{versioned_edits.describe(kind, thing, made)}, as requested by {proposal.sent_by}"
        versioned_edits.save(
            kind, thing, values, expected_version=thing.version, actor=actor, message=says
        )


def _decide(proposal: Proposal, state: str, note: str, actor: str) -> None:
    proposal.state, proposal.note = state, note
    proposal.decided_at, proposal.decided_by = clock.now(), actor
    db.session.flush()


def _join_labels(requested: Sequence[Change]) -> str:
    return ", ".join(one.label.lower() for one in requested)


def transfer_notifications(speaker: Speaker, sender: str, recipient: str) -> None:
    """Send decisions to another recipient when the sender loses access to the speaker's pages.

    If nobody has access any more, ``recipient`` is "" and no email is sent.
    """
    theirs = select(Appearance.session_id).where(Appearance.speaker_id == speaker.id)
    about = or_(Proposal.speaker_id == speaker.id, Proposal.session_id.in_(theirs))
    sent = (Proposal.state == OPEN, Proposal.sent_by == sender, about)
    db.session.execute(update(Proposal).where(*sent).values(sent_by=recipient))

"""Organisers' decisions on proposals: approve, amend or send them back.

Approving makes an ordinary edit, checked against what the reviewer saw: if the proposal or the
programme has changed since, StaleReview is raised.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from app import clock
from app.database import db
from app.errors import NotFound, RuleViolation, StaleEdit
from app.history import services as history
from app.history.models import Change, dump_changes
from app.programme.editing import versioned_edits
from app.programme.models import Session, Speaker
from app.proposals import emails, queries
from app.proposals.models import AMENDED, APPROVED, CHANGES_REQUESTED, OPEN, Proposal
from app.proposals.queries import ProposalReview

OVERTAKEN_MESSAGE: Final = "Someone has changed the same text since this was sent"


class StaleReview(StaleEdit):
    """The proposal or the programme has changed since the review page was opened."""

    message = (
        "Something has changed since you opened the page, so your decision has not been saved. "
        "Check the changes again"
    )


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


def approve(number: int, *, expected_fingerprint: str, actor: str) -> Proposal:
    """Apply a proposal as the reviewer saw it."""
    proposal = _lock_reviewed(number, expected_fingerprint)
    _apply(proposal, proposal.values, actor)
    decide(proposal, APPROVED, "", actor)
    emails.send_approved(proposal)
    return proposal


def approve_part(
    number: int, field_names: Collection[str], *, expected_fingerprint: str, actor: str
) -> Proposal:
    """Apply some fields of a proposal as the reviewer saw it; the others stay open."""
    proposal = _lock_reviewed(number, expected_fingerprint)
    part = [change for change in proposal.requested if change.field in field_names]
    others = [change for change in proposal.requested if change.field not in field_names]
    if not part:
        raise RuleViolation("There is nothing here to approve")
    proposal.changes = dump_changes(part)
    _apply(proposal, proposal.values, actor)
    decide(proposal, APPROVED, "", actor)
    keep_open(proposal, others)
    emails.send_approved(proposal)
    return proposal


def amend(
    number: int, values: Mapping[str, Any], note: str, *, expected_fingerprint: str, actor: str
) -> Proposal:
    """Apply a proposal with the reviewer's own wording and a note with the reason."""
    proposal = _lock_reviewed(number, expected_fingerprint)
    requested = {change.field: change for change in proposal.requested}
    others = [
        versioned_edits.build_change(
            queries.get_field_set(proposal.entity), field, requested[field].after, value
        )
        for field, value in values.items()
        if field in requested and value != requested[field].after
    ]
    if not others:
        raise RuleViolation("Change the text, or approve it as it is")
    _apply(proposal, {**proposal.values, **{other.field: other.after for other in others}}, actor)
    proposal.outcome = dump_changes(others)
    decide(proposal, AMENDED, note, actor)
    emails.send_amended(proposal)
    return proposal


def request_changes(number: int, note: str, *, expected_fingerprint: str, actor: str) -> Proposal:
    """Return a proposal to its sender with a note, changing nothing."""
    proposal = _lock_reviewed(number, expected_fingerprint)
    decide(proposal, CHANGES_REQUESTED, note, actor)
    labels = join_labels(proposal.requested)
    record(proposal, f"the changes sent by {proposal.sent_by} were sent back ({labels})", actor)
    emails.send_changes_requested(proposal)
    return proposal


def approve_several(expected_fingerprints: Mapping[int, str], *, actor: str) -> ApprovalBulkResult:
    """Approve several proposals, each in full or not at all; report the skipped ones."""
    approved, skipped = 0, []
    for proposal in queries.list_by_id(expected_fingerprints):
        name = queries.get_field_set(proposal.entity).name(proposal.entity)
        if ProposalReview(proposal).is_overtaken:
            skipped.append(SkippedProposal(proposal.id, name, OVERTAKEN_MESSAGE))
            continue
        try:
            approve(
                proposal.id, expected_fingerprint=expected_fingerprints[proposal.id], actor=actor
            )
        except RuleViolation as refusal:
            skipped.append(SkippedProposal(proposal.id, name, str(refusal)))
        else:
            approved += 1
    return ApprovalBulkResult(approved, skipped)


def _lock_reviewed(number: int, expected_fingerprint: str) -> Proposal:
    """Lock and return an open proposal; raise StaleReview if it differs from what was reviewed."""
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
    entity = proposal.entity
    field_set = queries.get_field_set(entity)
    changes = versioned_edits.diff(field_set, entity, values)
    if changes:
        description = versioned_edits.describe(field_set, entity, changes)
        message = f"{description}, as requested by {proposal.sent_by}"
        versioned_edits.save(
            field_set, entity, values, expected_version=entity.version, actor=actor, message=message
        )


def decide(proposal: Proposal, state: str, note: str, actor: str) -> None:
    """Close a proposal in this state."""
    proposal.state, proposal.note = state, note
    proposal.decided_at, proposal.decided_by = clock.now(), actor
    db.session.flush()


def record(proposal: Proposal, message: str, actor: str) -> None:
    """Record in the history what happened to changes of a speaker or a session."""
    entity = proposal.entity
    field_set = queries.get_field_set(entity)
    history.record(
        f"{field_set.name(entity)}: {message}",
        subject=field_set.history_subject(entity),
        actor=actor,
    )


def keep_open(closed: Proposal, others: Sequence[Change]) -> None:
    """Keep the other fields of a proposal open, in a proposal of their own."""
    if not others:
        return
    rest = build_proposal(closed.entity)
    rest.changes, rest.sent_by, rest.sent_at = dump_changes(others), closed.sent_by, closed.sent_at
    db.session.add(rest)
    db.session.flush()


def build_proposal(entity: Speaker | Session) -> Proposal:
    """Return a new proposal about a speaker or a session."""
    if isinstance(entity, Speaker):
        return Proposal(speaker_id=entity.id)
    return Proposal(session_id=entity.id)


def join_labels(requested: Sequence[Change]) -> str:
    """Return the labels of the changed fields, as the history has them."""
    return ", ".join(change.label.lower() for change in requested)

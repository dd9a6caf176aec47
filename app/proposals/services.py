"""Speakers' operations on their proposals: send and withdraw them.

A proposal changes nothing until organisers approve it (``reviews``), unless its fields are
auto-approved.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import or_, select, update

from app import clock
from app.database import db
from app.errors import RuleViolation, StaleEdit
from app.history.models import Change, dump_changes
from app.programme import queries as programme
from app.programme.editing import versioned_edits
from app.programme.models import Appearance, Session, Speaker
from app.proposals import auto_approval, merging, queries, reviews
from app.proposals.models import OPEN, PROPOSAL_WITHDRAWN, Proposal
from app.proposals.queries import ProposalStatus

SENT_AGAIN_MESSAGE: Final = (
    "New changes have been sent since you opened the page, so nothing has been withdrawn. "
    "Check the changes, then try again"
)
WITHDRAWN_MESSAGE: Final = "is no longer in the programme, so nothing has been sent"


@dataclass(frozen=True)
class SubmitResult:
    """The changes that await approval, and those applied at once."""

    waiting: Sequence[Change]
    applied: Sequence[Change]


def propose(
    entity: Speaker | Session,
    typed: Mapping[str, Any],
    *,
    base_fingerprints: Mapping[str, str],
    actor: str,
) -> SubmitResult:
    """Store proposed changes; apply auto-approved fields at once.

    ``base_fingerprints`` are those of the fields when the form was opened. Raise MergeConflict if
    another person has changed the same field in the meantime.
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
    """Withdraw the proposed values of some fields; return True if there were any.

    Other fields of the same proposal stay open, in a proposal of their own. Raise StaleEdit if it
    is not the revision that the sender saw.
    """
    versioned_edits.lock(entity)
    open_proposal = queries.get_status(entity).restrict_to(field_names).open_proposal
    if open_proposal is None or open_proposal.values.keys().isdisjoint(field_names):
        return False
    if expected_revision not in {None, open_proposal.revision}:
        raise StaleEdit(message=SENT_AGAIN_MESSAGE)
    others = [change for change in open_proposal.requested if change.field not in field_names]
    open_proposal.changes = dump_changes(
        [change for change in open_proposal.requested if change.field in field_names]
    )
    _withdraw(open_proposal, actor)
    reviews.keep_open(open_proposal, others)
    return True


def transfer_notifications(speaker: Speaker, sender: str, recipient: str) -> None:
    """Send decisions to another recipient when the sender loses access to the speaker's pages.

    If no one has access any more, ``recipient`` is "" and no email is sent.
    """
    own_sessions = select(Appearance.session_id).where(Appearance.speaker_id == speaker.id)
    about = or_(Proposal.speaker_id == speaker.id, Proposal.session_id.in_(own_sessions))
    sent = (Proposal.state == OPEN, Proposal.sent_by == sender, about)
    db.session.execute(update(Proposal).where(*sent).values(sent_by=recipient))


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
    known = {change.field: change for change in open_proposal.requested} if open_proposal else {}
    others = [one for field, one in known.items() if field not in replaced_fields]
    all_requested = [
        *others,
        *(_keep_original_before(change, known.get(change.field)) for change in requested),
    ]
    if open_proposal is None:
        if all_requested:
            _submit(reviews.build_proposal(entity), all_requested, actor)
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


def _submit(proposal: Proposal, requested: Sequence[Change], actor: str) -> None:
    proposal.changes = dump_changes(requested)
    proposal.sent_by, proposal.sent_at = actor, clock.now()
    db.session.add(proposal)
    db.session.flush()
    labels = reviews.join_labels(requested)
    reviews.record(proposal, f"changes were sent for approval ({labels})", actor)


def _withdraw(proposal: Proposal, actor: str) -> None:
    reviews.decide(proposal, PROPOSAL_WITHDRAWN, proposal.note, actor)
    reviews.record(proposal, "the changes sent for approval were withdrawn", actor)


def _withdraw_returned(
    returned: Proposal | None, replaced_fields: Collection[str], actor: str
) -> bool:
    """Withdraw a returned proposal if the sender now leaves its fields unchanged."""
    if returned is None or not returned.values.keys() <= set(replaced_fields):
        return False
    _withdraw(returned, actor)
    return True

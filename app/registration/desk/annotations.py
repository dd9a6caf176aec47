"""Notes and tags of delegates, by the desk.

Both are personal data: they are erased with the other details, and are part of the data export. The
history says that a note was written, but not its text; the name of a tag is stored with the
personal details of the entry.
"""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import bindparam, case, delete, func, select

from app import clock
from app.database import db
from app.delegates.models import Delegate, DelegateNote, DelegateTag
from app.errors import NotFound, RuleViolation
from app.registration.bookings import operations, queries
from app.registration.bookings.changes import TAG, BookingChange

MAX_NOTES = 50  # per delegate
MAX_NOTE_LENGTH = 2000  # characters
MAX_TAGS = 10  # per delegate
MAX_LABELS = 50  # distinct labels in total
MAX_LABEL_LENGTH = 30  # characters
NOTE_ADDED = "A note was added"  # in the history
NOBODY_THERE = "The details of this delegate have been deleted"
IS_OWN = case((DelegateTag.delegate_id == bindparam("delegate_id"), 1), else_=0)
LABELS = select(DelegateTag.label, func.max(IS_OWN)).group_by(DelegateTag.label)
TAGS = (
    select(Delegate.reference, DelegateTag.label)
    .join(DelegateTag, DelegateTag.delegate_id == Delegate.id)
    .where(Delegate.reference.in_(bindparam("references", expanding=True)))
    .order_by(func.lower(DelegateTag.label))
)


def list_labels() -> Sequence[str]:
    """List all labels in use, in alphabetical order."""
    return sort_labels(db.session.scalars(select(DelegateTag.label).distinct()))


def sort_labels(labels: Iterable[str]) -> Sequence[str]:
    """Return labels in alphabetical order."""
    return sorted(labels, key=lambda label: (label.casefold(), label))


def list_labels_and_own(delegate: Delegate) -> tuple[Sequence[str], Sequence[str]]:
    """List all labels in use, and those of one delegate, in one query."""
    own = dict(db.session.execute(LABELS, {"delegate_id": delegate.id}).tuples().all())
    labels = sort_labels(own)
    return labels, [label for label in labels if own[label]]


def get_tags_by_reference(references: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """Map booking references to the labels of the delegates' tags."""
    rows = db.session.execute(TAGS, {"references": references})
    found: dict[str, list[str]] = {}
    for reference, label in rows:
        found.setdefault(reference, []).append(label)
    return found


def add_note(delegate: Delegate, text: str, *, actor: str) -> DelegateNote:
    """Add a note; the delegate is not notified."""
    _lock(delegate)
    if len(queries.list_notes(delegate)) >= MAX_NOTES:
        raise RuleViolation(f"There are {MAX_NOTES} notes already. Delete one first")
    note = DelegateNote(
        delegate_id=delegate.id, text=text, written_at=clock.now(), written_by=actor
    )
    db.session.add(note)
    operations.record(delegate, NOTE_ADDED, actor)
    db.session.flush()
    return note


def delete_note(delegate: Delegate, number: int, *, actor: str) -> None:
    """Delete a note; raise NotFound if it is not about this delegate, or deleted."""
    _lock(delegate)
    note = db.session.get(DelegateNote, number)
    if note is None or note.delegate_id != delegate.id:
        raise NotFound("This note has already been deleted")
    db.session.delete(note)
    operations.record(delegate, "A note was deleted", actor)


def add_tag(delegate: Delegate, label: str, *, actor: str) -> bool:
    """Add a tag, in the existing spelling; return True unless the delegate had it already."""
    _lock(delegate)
    label = find_spelling(label)
    known = queries.list_tags(delegate)
    if label in known:
        return False
    if len(known) >= MAX_TAGS:
        raise RuleViolation(f"A delegate can have {MAX_TAGS} tags. Remove one first")
    db.session.add(DelegateTag(delegate_id=delegate.id, label=label))
    db.session.flush()
    operations.record(delegate, "A tag was added", actor, [BookingChange(TAG, "", label)])
    return True


def remove_tag(delegate: Delegate, label: str, *, actor: str) -> bool:
    """Remove a tag; return True if the delegate had it."""
    _lock(delegate)
    tag = db.session.get(DelegateTag, (delegate.id, find_spelling(label)))
    if tag is None:
        return False
    db.session.delete(tag)
    db.session.flush()
    operations.record(delegate, "A tag was removed", actor, [BookingChange(TAG, tag.label, "")])
    return True


def add_tag_to_all(delegates: Sequence[Delegate], label: str, *, actor: str) -> None:
    """Add a tag to several delegates, in a fixed number of queries."""
    label = find_spelling(label)
    known = _lock_all(delegates)
    untagged = [
        delegate for delegate in delegates if label not in known.get(delegate.reference, ())
    ]
    if any(len(known.get(delegate.reference, ())) >= MAX_TAGS for delegate in untagged):
        raise RuleViolation(f"A delegate can have {MAX_TAGS} tags. Remove one first")
    db.session.add_all(DelegateTag(delegate_id=delegate.id, label=label) for delegate in untagged)
    db.session.flush()
    change = BookingChange(TAG, "", label)
    operations.record_for_all(untagged, "A tag was added", actor, [change])


def remove_tag_from_all(delegates: Sequence[Delegate], label: str, *, actor: str) -> None:
    """Remove a tag from several delegates, in a fixed number of queries."""
    label = find_spelling(label)
    known = _lock_all(delegates)
    having = [delegate for delegate in delegates if label in known.get(delegate.reference, ())]
    db.session.execute(
        delete(DelegateTag).where(
            DelegateTag.delegate_id.in_([delegate.id for delegate in having]),
            DelegateTag.label == label,
        )
    )
    change = BookingChange(TAG, label, "")
    operations.record_for_all(having, "A tag was removed", actor, [change])


def find_spelling(label: str) -> str:
    """Return a label in its existing spelling; raise RuleViolation if there are too many labels."""
    labels = list_labels()
    spelling = next((one for one in labels if one.casefold() == label.casefold()), None)
    if spelling is None and len(labels) >= MAX_LABELS:
        raise RuleViolation(f"There are {MAX_LABELS} different tags already. Use one of them")
    return spelling or label


def _lock_all(delegates: Sequence[Delegate]) -> Mapping[str, Sequence[str]]:
    """Lock several delegates, always in the same order, and return their tags by reference."""
    found = operations.lock_in_order([delegate.id for delegate in delegates])
    if any(one.is_erased for one in found):
        raise RuleViolation(NOBODY_THERE)
    return get_tags_by_reference([one.reference for one in found])


def _lock(delegate: Delegate) -> None:
    operations.lock(delegate)
    if delegate.is_erased:
        raise RuleViolation(NOBODY_THERE)

"""Notes and tags, with which the desk annotates delegates.

Both are about a person: they are erased with the other details, and are part of the delegate's own
copy. The history says that a note was written, never its text; which tag it was is stored with
the personal details of the entry.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select

from app import clock
from app.database import db
from app.errors import NotFound, RuleViolation
from app.registration.bookings import operations, queries
from app.registration.bookings.changes import TAG, BookingChange
from app.registration.models import Delegate, DelegateNote, DelegateTag

MAX_NOTES = 50  # per delegate
MAX_NOTE_LENGTH = 2000  # characters
MAX_TAGS = 10  # per delegate
MAX_LABELS = 50  # different ones in all
MAX_LABEL_LENGTH = 30  # characters
NOBODY_THERE = "The details of this delegate have been deleted"


def list_labels() -> Sequence[str]:
    """List all labels that are in use, in alphabetical order."""
    labels = db.session.scalars(select(DelegateTag.label).distinct())
    return sorted(labels, key=lambda label: (label.casefold(), label))


def get_tags_by_reference(references: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """Map booking references to the labels of the delegates' tags."""
    rows = db.session.execute(
        select(Delegate.reference, DelegateTag.label)
        .join(DelegateTag, DelegateTag.delegate_id == Delegate.id)
        .where(Delegate.reference.in_(references))
        .order_by(func.lower(DelegateTag.label))
    )
    found: dict[str, list[str]] = {}
    for reference, label in rows:
        found.setdefault(reference, []).append(label)
    return found


def add_note(delegate: Delegate, text: str, *, actor: str) -> DelegateNote:
    """Add a note; the delegate is not told."""
    _lock(delegate)
    if len(queries.list_notes(delegate)) >= MAX_NOTES:
        raise RuleViolation(f"There are {MAX_NOTES} notes already. Delete one first")
    note = DelegateNote(
        delegate_id=delegate.id, text=text, written_at=clock.now(), written_by=actor
    )
    db.session.add(note)
    operations.record(delegate, "A note was added", actor)
    db.session.flush()
    return note


def delete_note(delegate: Delegate, number: int, *, actor: str) -> None:
    """Delete a note; raise NotFound if it is not about this delegate, or already deleted."""
    _lock(delegate)
    note = db.session.get(DelegateNote, number)
    if note is None or note.delegate_id != delegate.id:
        raise NotFound("This note has already been deleted")
    db.session.delete(note)
    operations.record(delegate, "A note was deleted", actor)


def add_tag(delegate: Delegate, label: str, *, actor: str) -> bool:
    """Add a tag, in the spelling in use; return True unless the delegate had it already."""
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


def find_spelling(label: str) -> str:
    """Return a label as it is in use, whatever its case; raise RuleViolation if there are many."""
    labels = list_labels()
    spelling = next((one for one in labels if one.casefold() == label.casefold()), None)
    if spelling is None and len(labels) >= MAX_LABELS:
        raise RuleViolation(f"There are {MAX_LABELS} different tags already. Use one of them")
    return spelling or label


def _lock(delegate: Delegate) -> None:
    operations.lock(delegate)
    if delegate.is_erased:
        raise RuleViolation(NOBODY_THERE)

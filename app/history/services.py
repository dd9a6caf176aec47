"""Record what was done, in the same transaction as the change itself."""

from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from app import clock
from app.database import db
from app.history.models import Change, HistoryEntry, PersonalDetails, dump_changes, load_changes

ACTOR_SITE = "the site"
ACTOR_DELEGATE = "the delegate"


def record(
    summary: str, *, subject: str, actor: str = ACTOR_SITE, field_changes: Sequence[Change] = ()
) -> HistoryEntry:
    """Add an entry with a summary and, if relevant, the changed fields."""
    entry = HistoryEntry(
        happened_at=clock.now(),
        actor=actor,
        subject=subject,
        summary=summary,
        changes=dump_changes(field_changes) if field_changes else "",
    )
    db.session.add(entry)
    return entry


def record_personal(
    summary: str, *, subject: str, actor: str = ACTOR_SITE, field_changes: Sequence[Change] = ()
) -> HistoryEntry:
    """Add an entry whose summary identifies no one; the changed fields are stored separately."""
    entry = record(summary, subject=subject, actor=actor)
    if field_changes:
        entry.personal_details = PersonalDetails(changes=dump_changes(field_changes))
    return entry


def record_personal_for_all(
    summary: str, *, subjects: Sequence[str], actor: str, field_changes: Sequence[Change]
) -> None:
    """Add an entry for each subject, in two statements; all have the same changed fields."""
    if not subjects:
        return
    entry = {"happened_at": clock.now(), "actor": actor, "summary": summary}
    ids = db.session.scalars(
        insert(HistoryEntry).returning(HistoryEntry.id),
        [{**entry, "subject": subject} for subject in subjects],
    ).all()
    if not field_changes:
        return
    changes = dump_changes(field_changes)
    db.session.execute(
        insert(PersonalDetails), [{"entry_id": number, "changes": changes} for number in ids]
    )


def erase_personal_details(subject: str) -> None:
    """Erase the personal details in the history of a subject; the summaries remain."""
    entries = select(HistoryEntry.id).where(HistoryEntry.subject == subject)
    db.session.execute(delete(PersonalDetails).where(PersonalDetails.entry_id.in_(entries)))


def erase_field(field: str, subjects: str, limit: int) -> None:
    """Erase the changes of one field from entries whose subjects have a prefix, in batches."""
    statement = (
        select(PersonalDetails)
        .join(HistoryEntry, HistoryEntry.id == PersonalDetails.entry_id)
        .where(
            HistoryEntry.subject.startswith(subjects),
            PersonalDetails.changes.contains(f'"field":"{field}"'),
        )
    )
    for details in db.session.scalars(statement.limit(limit)):
        others = [change for change in load_changes(details.changes) if change.field != field]
        details.changes = dump_changes(others)

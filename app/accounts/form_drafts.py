"""What people have typed into admin forms and not saved: one draft per person and form.

The preview stores the draft, so that the preview page has its own URL and nothing is lost on the
way back. Saving deletes it.
"""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy import delete as delete_from

from app import clock
from app.accounts.models import FormDraft
from app.database import db, insert_or_update

STORED_FOR: Final = timedelta(days=30)

Fields = list[tuple[str, str]]  # names and values, in the order in which they were sent


def find(person_id: int, path: str) -> FormDraft | None:
    """Return what a person has typed into the form at a path and not saved, or None."""
    found = db.session.scalar(select(FormDraft).where(*_is_draft(person_id, path)))
    return None if found is None or found.saved_at < _oldest() else found


def save(person_id: int, path: str, fields: Iterable[tuple[str, str]]) -> None:
    """Store what a person has typed, in place of what was stored."""
    typed = {"fields": json.dumps(list(fields)), "saved_at": clock.now()}
    key = {"person_id": person_id, "path": path}
    insert_or_update(FormDraft, [*key], {**key, **typed})


def delete(person_id: int, path: str) -> None:
    """Delete the draft of a person for the form at a path, if there is one."""
    db.session.execute(delete_from(FormDraft).where(*_is_draft(person_id, path)))


def delete_expired() -> None:
    """Delete the drafts that are too old to be shown."""
    db.session.execute(delete_from(FormDraft).where(FormDraft.saved_at < _oldest()))


def load_fields(draft: FormDraft) -> Fields:
    """Return the fields of a draft."""
    return [(str(name), str(value)) for name, value in json.loads(draft.fields)]


def _is_draft(person_id: int, path: str) -> tuple[ColumnElement[bool], ...]:
    return FormDraft.person_id == person_id, FormDraft.path == path


def _oldest() -> datetime:
    return clock.now() - STORED_FOR

"""Preview of a proposal: the public page it would lead to, built by the same code as a release."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from math import inf
from typing import Any

from app.database import db
from app.programme import snapshot
from app.programme.fields.speakers import PHOTO
from app.programme.fields.speakers import SPEAKER_FIELDS as OF_SPEAKERS
from app.programme.models import Session, Speaker
from app.proposals import queries
from app.releases import current_release, snapshot_builder
from app.releases.published_programme import PublishedProgramme


def preview_speaker(
    row: Speaker, values: Mapping[str, Any]
) -> tuple[snapshot.Speaker, PublishedProgramme]:
    """Return a speaker with these values, and the programme around them."""
    with _temporarily_set(row, {name: value for name, value in values.items() if name != PHOTO}):
        found, working = snapshot_builder.build_speaker(row), snapshot_builder.build_snapshot()
    if PHOTO in values:
        key = values[PHOTO]
        photo = snapshot.Photo(key, OF_SPEAKERS.display_value(PHOTO, key)) if key else None
        found = replace(found, photo=photo)
    return found, PublishedProgramme(working, 0, None)


def preview_session(
    row: Session, values: Mapping[str, Any]
) -> tuple[snapshot.Session, PublishedProgramme]:
    """Return a session with these values, and the programme around it."""
    with _temporarily_set(row, values):
        working = snapshot_builder.build_snapshot()
        found = next((session for session in working.sessions if session.key == row.key), None)
        alone = found or snapshot_builder.build_session(row)
    return alone, PublishedProgramme(working, 0, None)


def among_public_sessions(
    session: snapshot.Session, programme: PublishedProgramme
) -> PublishedProgramme:
    """Return the programme around a session for its author, with the other sessions as published.

    Unpublished changes to other sessions must not be revealed to speakers.
    """
    others = (one for one in current_release.get_programme().sessions if one.key != session.key)
    sessions = sorted([*others, session], key=_start_timestamp)
    return PublishedProgramme(replace(programme.snapshot, sessions=tuple(sessions)), 0, None)


def _start_timestamp(session: snapshot.Session) -> float:
    return session.starts_at.timestamp() if session.starts_at else inf


@contextmanager
def _temporarily_set(entity: Speaker | Session, values: Mapping[str, Any]) -> Iterator[None]:
    """Set values within a savepoint that is rolled back."""
    with db.session.no_autoflush, db.session.begin_nested() as trial:
        for field, value in values.items():
            queries.get_field_set(entity).set_value(entity, field, value)
        yield
        trial.rollback()

"""What readers would see if what is proposed were published, made by the code that freezes it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from math import inf
from typing import Any

from app.database import db
from app.programme import document, freezing, releases
from app.programme.editing.of_speakers import KIND as OF_SPEAKERS
from app.programme.editing.of_speakers import PHOTO
from app.programme.models import Session, Speaker
from app.programme.proposals import fields
from app.programme.published import Programme


def speaker(row: Speaker, values: Mapping[str, Any]) -> tuple[document.Speaker, Programme]:
    """Give a speaker with these values, and the programme around them."""
    with _as_if(row, {name: value for name, value in values.items() if name != PHOTO}):
        found, around = freezing.speaker(row), freezing.freeze()
    if PHOTO in values:
        key = values[PHOTO]
        photo = document.Photo(key, OF_SPEAKERS.said(PHOTO, key)) if key else None
        found = replace(found, photo=photo)
    return found, Programme(around, 0, None)


def session(row: Session, values: Mapping[str, Any]) -> tuple[document.Session, Programme]:
    """Give a session with these values, and the programme around it."""
    with _as_if(row, values):
        around = freezing.freeze()
        found = next((one for one in around.sessions if one.key == row.key), None)
        alone = found or freezing.session(row)
    return alone, Programme(around, 0, None)


def among_readers(found: document.Session, around: Programme) -> Programme:
    """Give the programme around a session for whoever writes it: of the others, what readers see.

    What else is planned, those who prepare the conference have not told anybody yet.
    """
    others = (one for one in releases.current().sessions if one.key != found.key)
    sessions = sorted([*others, found], key=_begins)
    return Programme(replace(around.document, sessions=tuple(sessions)), 0, None)


def _begins(session: document.Session) -> float:
    return session.starts_at.timestamp() if session.starts_at else inf


@contextmanager
def _as_if(thing: Speaker | Session, values: Mapping[str, Any]) -> Iterator[None]:
    """Let a thing have these values for a moment; nothing is written."""
    with db.session.no_autoflush, db.session.begin_nested() as trial:
        for field, value in values.items():
            fields.kind(thing).put(thing, field, value)
        yield
        trial.rollback()

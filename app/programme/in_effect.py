"""The facts of the conference that the public is told.

They are frozen in a release with the rest of the programme. What organisers change in the
settings afterwards is in effect at once: it stands in ``Conference.in_effect`` and takes the
place of what the release says. Only what was changed moves: a title that was loaded from a file
still waits until it is published.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from app.database import db
from app.programme import document
from app.programme.models import Conference, Release


def over(frozen: document.Document, in_effect: str) -> document.Document:
    """Give a release's document with the facts that are in effect now."""
    if not in_effect:
        return frozen
    return replace(frozen, conference=document.read_facts(in_effect))


def tell(conference: Conference, facts: Mapping[str, Any]) -> None:
    """Bring some of the facts that the public is told to new values, where there are any yet."""
    known = told(conference)
    if known is not None:
        conference.in_effect = document.written_facts(replace(known, **facts))


def told(conference: Conference) -> document.Conference | None:
    """Give the facts that the public is told; nothing before the first release."""
    if conference.in_effect:
        return document.read_facts(conference.in_effect)
    release = db.session.get(Release, conference.current_release or 0)
    return document.read(release.document).conference if release else None


def unpublished(conference: Conference) -> list[str]:
    """List the facts that a file brought and that the public is told only when it is published."""
    known = told(conference)
    if known is None:
        return []
    names = (one.name for one in fields(known) if hasattr(conference, one.name))
    return [name for name in names if getattr(conference, name) != getattr(known, name)]

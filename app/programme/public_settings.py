"""The public settings of the conference: title, days, place, registration times and so on.

They are part of each release's snapshot. A setting that organisers change later takes effect at
once: it is stored in ``Conference.public_settings``, which overrides the snapshot. Only settings
changed by organisers are overridden: a title from an imported file waits for the next release.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from app.database import db
from app.programme import snapshot
from app.programme.models import Conference, Release

COLUMNS = {"is_invented": "is_demo"}  # of the table, if snapshots have kept an older name


def apply(content: snapshot.Snapshot, overrides: str) -> snapshot.Snapshot:
    """Return a snapshot with the settings that are in effect now."""
    if not overrides:
        return content
    return replace(content, conference=snapshot.load_settings(overrides))


def update(conference: Conference, values: Mapping[str, Any]) -> None:
    """Change some of the public settings; do nothing before the first release."""
    known = current(conference)
    if known is not None:
        conference.public_settings = snapshot.dump_settings(replace(known, **values))


def current(conference: Conference) -> snapshot.Conference | None:
    """Return the public settings, or None before the first release."""
    if conference.public_settings:
        return snapshot.load_settings(conference.public_settings)
    release = db.session.get(Release, conference.current_release or 0)
    return snapshot.load(release.snapshot).conference if release else None


def list_unpublished(conference: Conference) -> list[str]:
    """List the names of settings that were imported but not published yet."""
    known = current(conference)
    if known is None:
        return []
    columns = {field.name: COLUMNS.get(field.name, field.name) for field in fields(known)}
    return [
        name
        for name, column in columns.items()
        if hasattr(conference, column) and getattr(conference, column) != getattr(known, name)
    ]

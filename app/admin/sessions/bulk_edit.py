"""Changing several sessions at once: the form, and a preview of the result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import SelectField

from app.admin.sessions import listing
from app.forms.base import Form
from app.history.models import Change
from app.programme.editing import versioned_edits
from app.programme.editing.session_queries import SessionFilterChoices
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.models import CANCELLED, CONFIRMED, DRAFT, Session

UNCHANGED, CLEAR = "", "none:"  # never a slug, key, type or state
MAX_SESSIONS = 200  # at once
BULK_FIELDS = ("theme", "room", "kind", "state")
MAX_VERSION_DIGITS = 10  # digits


class BulkEditForm(Form):
    """Choose new values for several sessions."""

    theme = SelectField(_l("Theme"))
    room = SelectField(_l("Room"))
    kind = SelectField(_l("Type"))
    state = SelectField(_l("State"))

    def set_choices(self, choices: SessionFilterChoices) -> None:
        """Set the values to choose from."""
        stays = (UNCHANGED, str(_l("Do not change")))
        states = [
            (state, str(listing.STATE_LABELS[state])) for state in (DRAFT, CONFIRMED, CANCELLED)
        ]
        self.theme.choices = [stays, (CLEAR, str(_l("No theme"))), *choices.theme]
        self.room.choices = [stays, (CLEAR, str(_l("No room"))), *choices.room]
        self.kind.choices = [stays, *listing.kind_choices(choices)]
        self.state.choices = [stays, *states]

    def values(self) -> dict[str, Any]:
        """Return the fields to change and their new values."""
        chosen = {field: self[field].data for field in BULK_FIELDS if self[field].data}
        return {field: None if value == CLEAR else value for field, value in chosen.items()}


@dataclass(frozen=True)
class BulkEditPreview:
    """What a bulk edit would change in one session."""

    session: Session
    changes: Sequence[Change]
    refusal: str  # why it cannot be changed, or ""

    @property
    def is_possible(self) -> bool:
        """Return True if the session would change."""
        return bool(self.changes) and not self.refusal


def preview_bulk_edit(
    sessions: Sequence[Session], values: Mapping[str, Any]
) -> list[BulkEditPreview]:
    """Return what the new values would change in each session, without saving."""
    found = [
        (session, versioned_edits.diff(SESSION_FIELDS, session, values)) for session in sessions
    ]
    return [
        BulkEditPreview(
            session,
            made,
            versioned_edits.dry_run_error(SESSION_FIELDS, session, made) if made else "",
        )
        for session, made in found
    ]


def parse_versions(pairs: Sequence[str]) -> dict[str, int]:
    """Return the version of each session that was shown, from “3 opening” pairs."""
    parted = [pair.partition(" ") for pair in pairs[:MAX_SESSIONS]]
    return {key: int(version) for version, _, key in parted if _is_version(version)}


def _is_version(typed: str) -> bool:
    return typed.isascii() and typed.isdecimal() and len(typed) < MAX_VERSION_DIGITS

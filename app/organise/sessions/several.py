"""Changing several sessions at once: what can be chosen, and what it would come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import SelectField

from app.forms import Form
from app.history.changes import Change
from app.organise.sessions import lists
from app.programme.editing import edits
from app.programme.editing.of_sessions import KIND
from app.programme.editing.sessions_listed import Choices
from app.programme.models import CANCELLED, CONFIRMED, DRAFT, Session

AS_IT_IS, NONE = "", "none:"  # no slug, key, kind or state is written so
MOST = 200  # sessions at once
FIELDS = ("theme", "room", "kind", "state")
LONGEST_VERSION = 10  # digits


class SeveralForm(Form):
    """Say what several sessions are to have."""

    theme = SelectField(_l("Theme"))
    room = SelectField(_l("Room"))
    kind = SelectField(_l("Kind"))
    state = SelectField(_l("State"))

    def offer(self, choices: Choices) -> None:
        """Say what can be chosen."""
        stays = (AS_IT_IS, str(_l("Leave as it is")))
        states = [(state, str(lists.STATES[state])) for state in (DRAFT, CONFIRMED, CANCELLED)]
        self.theme.choices = [stays, (NONE, str(_l("No theme"))), *choices.theme]
        self.room.choices = [stays, (NONE, str(_l("No room"))), *choices.room]
        self.kind.choices = [stays, *lists.kinds_to_choose(choices)]
        self.state.choices = [stays, *states]

    def values(self) -> dict[str, Any]:
        """Give what was chosen, as an edit takes it."""
        chosen = {field: self[field].data for field in FIELDS if self[field].data}
        return {field: None if value == NONE else value for field, value in chosen.items()}


@dataclass(frozen=True)
class Outlook:
    """What a change would come to for one session."""

    session: Session
    made: Sequence[Change]
    refusal: str  # why it cannot be

    @property
    def is_possible(self) -> bool:
        """Whether the session would change."""
        return bool(self.made) and not self.refusal


def outlooks(sessions: Sequence[Session], values: Mapping[str, Any]) -> list[Outlook]:
    """Tell what a change would come to for each of several sessions."""
    found = [(session, edits.differing(KIND, session, values)) for session in sessions]
    return [
        Outlook(session, made, edits.refusal(KIND, session, made) if made else "")
        for session, made in found
    ]


def seen(pairs: Sequence[str]) -> dict[str, int]:
    """Read which sessions were looked at, and in which version: “3 opening” for each."""
    parted = [pair.partition(" ") for pair in pairs[:MOST]]
    return {key: int(version) for version, _, key in parted if _is_version(version)}


def _is_version(typed: str) -> bool:
    return typed.isascii() and typed.isdecimal() and len(typed) < LONGEST_VERSION

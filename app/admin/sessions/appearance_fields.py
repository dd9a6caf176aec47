"""The speakers of a session: form rows that buttons add, remove and reorder."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import FieldList, Form, FormField, HiddenField, SelectField

from app.forms.validators import one_of_choices
from app.programme.labels import ROLES, capitalise_first
from app.programme.models import Appearance

MAX_APPEARANCES = 60  # per session
STEPS = {"up": -1, "down": 1}


class AppearanceForm(Form):
    """A speaker and their role."""

    speaker = HiddenField()  # the speaker's key
    role = SelectField(_l("Role"), [one_of_choices(_l("Choose a role"))], validate_choice=False)


class AppearancesField(FieldList):  # type: ignore[type-arg]  # FieldList is not generic at run time
    """The rows of speakers."""

    def __init__(self, label: Any, **bound: Any) -> None:
        super().__init__(FormField(AppearanceForm), label, max_entries=MAX_APPEARANCES, **bound)

    @property
    def speaker_keys(self) -> list[str]:
        """Return the keys of the speakers."""
        return [row.form.speaker.data or "" for row in self.entries]

    def set_choices(self) -> None:
        """Set the roles to choose from: the known ones, and others in the rows."""
        standing = {row.form.role.data for row in self.entries if row.form.role.data}
        names = {**{role: capitalise_first(role) for role in sorted(standing)}, **ROLES}
        for row in self.entries:
            row.form.role.choices = list(names.items())

    def add(self, key: str) -> None:
        """Append a speaker, unless there are MAX_APPEARANCES already."""
        if len(self.entries) < MAX_APPEARANCES:
            self.append_entry({"speaker": key, "role": "speaker"})

    def apply_button(self, action: str, index: int) -> str:
        """Remove a row, or swap it with the one above or below.

        Return the button to focus next, or "" if there is none.
        """
        rows = self._row_data()
        other = index + STEPS.get(action, 0)
        if not (index < len(rows) and 0 <= other < len(rows)):
            return ""
        if action == "remove":
            del rows[index]
        else:
            rows[index], rows[other] = rows[other], rows[index]
        while self.entries:
            self.pop_entry()
        for row in rows:
            self.append_entry(row)
        return _next_button(action, other, len(rows))

    def values(self) -> list[list[str]]:
        """Return the key and role of each speaker, in order."""
        return [[row["speaker"], row["role"]] for row in self._row_data()]

    def _row_data(self) -> list[dict[str, Any]]:
        return [
            {"speaker": row.form.speaker.data, "role": row.form.role.data} for row in self.entries
        ]


def initial_appearances(appearances: Sequence[Appearance]) -> list[dict[str, str]]:
    """Return the rows of a session's current speakers."""
    return [{"speaker": one.speaker.key, "role": one.role} for one in appearances]


def _next_button(action: str, index: int, rows: int) -> str:
    """Return the row's button in the same direction; the opposite one at the end."""
    if action not in STEPS:
        return ""
    end = 0 if action == "up" else rows - 1
    way = action if index != end else ("down" if action == "up" else "up")
    return f"{way} {index}"

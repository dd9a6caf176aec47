"""Who appears in a session: rows of a form, in an order that buttons change."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import FieldList, Form, FormField, HiddenField, SelectField

from app.programme.models import Appearance
from app.programme.shown import ROLES, capitalised
from app.registration.fields import offered

MOST = 60  # people in one session
STEPS = {"up": -1, "down": 1}


class AppearanceForm(Form):
    """One person, and as what."""

    speaker = HiddenField()  # key
    role = SelectField(_l("Role"), [offered(_l("Choose a role"))], validate_choice=False)


class Appearances(FieldList):  # type: ignore[type-arg]  # not generic at run time
    """The rows."""

    def __init__(self, label: Any, **bound: Any) -> None:
        super().__init__(FormField(AppearanceForm), label, max_entries=MOST, **bound)

    @property
    def keys(self) -> list[str]:
        """Name the speakers of the rows by their keys."""
        return [row.form.speaker.data or "" for row in self.entries]

    def offer(self) -> None:
        """Say which roles there are, besides those that stand in rows already."""
        standing = {row.form.role.data for row in self.entries if row.form.role.data}
        names = {**{role: capitalised(role) for role in sorted(standing)}, **ROLES}
        for row in self.entries:
            row.form.role.choices = list(names.items())

    def add(self, key: str) -> None:
        """Add somebody as a speaker, after the others."""
        if len(self.entries) < MOST:
            self.append_entry({"speaker": key, "role": "speaker"})

    def arrange(self, deed: str, number: int) -> str:
        """Take a row out, or let it change places with the one above or below it.

        It tells which button whoever pressed one of these goes on from, if any.
        """
        rows = self._rows()
        other = number + STEPS.get(deed, 0)
        if not (number < len(rows) and 0 <= other < len(rows)):
            return ""
        if deed == "remove":
            del rows[number]
        else:
            rows[number], rows[other] = rows[other], rows[number]
        while self.entries:
            self.pop_entry()
        for row in rows:
            self.append_entry(row)
        return _next_button(deed, other, len(rows))

    def parts(self) -> list[list[str]]:
        """Give who appears and as what, as an edit takes it."""
        return [[row["speaker"], row["role"]] for row in self._rows()]

    def _rows(self) -> list[dict[str, Any]]:
        return [
            {"speaker": row.form.speaker.data, "role": row.form.role.data} for row in self.entries
        ]


def shown(appearances: Sequence[Appearance]) -> list[dict[str, str]]:
    """Give the rows of those who appear now."""
    return [{"speaker": one.speaker.key, "role": one.role} for one in appearances]


def _next_button(deed: str, place: int, rows: int) -> str:
    """Name the button of a row that goes on in the same direction, or back from the end."""
    if deed not in STEPS:
        return ""
    end = 0 if deed == "up" else rows - 1
    way = deed if place != end else ("down" if deed == "up" else "up")
    return f"{way} {place}"

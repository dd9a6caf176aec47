"""Fields of the session form: its times on the conference's clocks, and its speakers as rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from wtforms import FieldList, Form, FormField, HiddenField, SelectField

from app.forms.fields import MAX_EDITOR_NAME_LENGTH
from app.forms.validators import one_of_choices
from app.programme.editing.sessions import NewSpeaker
from app.programme.labels import ROLES, capitalise_first
from app.programme.models import Appearance, Session
from app.text import collapse_whitespace, has_alphanumeric, strip_hidden


@dataclass(frozen=True)
class SessionTimes:
    """Day, start and end in local time; None if not known yet."""

    day: date | None
    starts: time | None
    ends: time | None
    ends_next_day: bool = False


def initial_times(session: Session, zone: ZoneInfo) -> SessionTimes:
    """Return the session's current times in local time."""
    if session.starts_at is None:
        return SessionTimes(None, None, None)
    starts = session.starts_at.astimezone(zone)
    if session.ends_at is None:
        return SessionTimes(starts.date(), _clock_time(starts), None)
    ends = session.ends_at.astimezone(zone)
    return SessionTimes(
        starts.date(), _clock_time(starts), _clock_time(ends), ends.date() > starts.date()
    )


def resolve_local_time(
    day: date, clock: time, zone: ZoneInfo, known: Iterable[datetime | None] = ()
) -> datetime | None:
    """Return the moment of a local time in UTC, or None if the clocks skip it.

    If the clocks show it twice, return the first, unless the second is among the known moments: a
    time that no one touched stays unchanged.
    """
    both = [datetime.combine(day, clock, zone).replace(fold=fold) for fold in (0, 1)]
    real = [one.astimezone(UTC) for one in both if _local_time_exists(one, zone)]
    return next((one for one in real if one in known), real[0] if real else None)


def get_last_day(day: date, *, is_next: bool) -> date:
    """Return the day on which a session ends."""
    return day + timedelta(days=1) if is_next else day


def _clock_time(local: datetime) -> time:
    return local.time().replace(fold=0)


def _local_time_exists(local: datetime, zone: ZoneInfo) -> bool:
    """Return True unless the clocks skip this time."""
    back = local.astimezone(UTC).astimezone(zone)
    return back.replace(tzinfo=None, fold=0) == local.replace(tzinfo=None, fold=0)


MAX_APPEARANCES = 60  # per session
ROW_FIELDS = ("speaker", "new_name", "role")
STEPS = {"up": -1, "down": 1}


def _tidy_name(typed: str | None) -> str:
    """Return a name as it is saved, or "" if it has no letter or number."""
    name = strip_hidden(collapse_whitespace(typed or ""))[:MAX_EDITOR_NAME_LENGTH]
    return name if has_alphanumeric(name) else ""


class AppearanceForm(Form):
    """A speaker and their role."""

    speaker = HiddenField()  # the speaker's key; "" for a new speaker
    new_name = HiddenField(filters=[_tidy_name])  # of a speaker who is added with the session
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

    def add_new(self, name: str) -> bool:
        """Append a speaker who is added when the session is saved; return False without a name."""
        tidy = _tidy_name(name)
        if tidy and len(self.entries) < MAX_APPEARANCES:
            self.append_entry({"speaker": "", "new_name": tidy, "role": "speaker"})
        return bool(tidy)

    def apply_button(self, action: str, index: int) -> str:
        """Remove a row, or swap it with the one above or below.

        Return the button to focus next, or "" if no row button was pressed.
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

    def values(self) -> list[list[Any]]:
        """Return the key, or the name of a new speaker, and the role of each speaker, in order."""
        return [
            [row["speaker"] or NewSpeaker(row["new_name"]), row["role"]]
            for row in self._row_data()
            if row["speaker"] or row["new_name"]
        ]

    def _row_data(self) -> list[dict[str, Any]]:
        return [{name: row.form[name].data for name in ROW_FIELDS} for row in self.entries]


def initial_appearances(appearances: Sequence[Appearance]) -> list[dict[str, str]]:
    """Return the rows of a session's current speakers."""
    return [
        {"speaker": appearance.speaker.key, "role": appearance.role} for appearance in appearances
    ]


def _next_button(action: str, index: int, rows: int) -> str:
    """Return the row's button in the same direction; the opposite one at the end."""
    if action not in STEPS:
        return ""
    end = 0 if action == "up" else rows - 1
    way = action if index != end else ("down" if action == "up" else "up")
    return f"{way} {index}"

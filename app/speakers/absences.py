"""Times at which somebody cannot appear: rows of a form that can be added and removed."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from wtforms import FieldList, Form, FormField, SelectField, TimeField
from wtforms.validators import ValidationError

from app.programme.editing.times import is_whole_day, stretch
from app.programme.models import Absence
from app.registration.fields import offered
from app.web.words import local_date

MOST = 30  # rows
MIDNIGHT = time()
SPELLINGS = ["%H:%M", "%H:%M:%S", "%H.%M", "%I:%M%p", "%I.%M%p", "%I%p"]


class ClockTime(TimeField):
    """A time of day: 14:30, or 2:30pm where the browser has no field for times."""

    def __init__(self, label: Any, **bound: Any) -> None:
        wrong = _l("Enter a time like 9:30am or 14:30")
        super().__init__(  # its types are those of WTForms 3.2
            label,
            format=SPELLINGS,
            invalid_value_message=wrong,  # type: ignore[call-arg]
            **bound,
        )

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; nothing is no time, whatever stood there before."""
        self.data = None
        super().process_formdata([one for one in map(_joined, valuelist) if one])

    def _value(self) -> str:
        """Give the time as fields for times hold it, or what was typed instead of one."""
        return self.data.strftime("%H:%M") if self.data else " ".join(self.raw_data or ())

    @property
    def shows(self) -> str:
        """Tell what field can show what stands in it: no field for times shows other words."""
        return "text" if self.data is None and self._value() else "time"


class AbsenceForm(Form):
    """One time: a day, all of it or a part."""

    day = SelectField(_l("Day"), [offered(_l("Choose one of the days"))], validate_choice=False)
    starts = ClockTime(_l("From"))
    ends = ClockTime(_l("To"))

    def validate_starts(self, field: TimeField) -> None:
        """Refuse an end without a beginning."""
        if field.data is None and self.ends.data is not None:
            raise ValidationError(_l("Say when it begins, or leave both times empty for all day"))

    def validate_ends(self, field: TimeField) -> None:
        """Refuse a beginning without an end, and an end that does not come after it."""
        if self.starts.data is None or self.starts.errors:
            return
        if field.data is None:
            raise ValidationError(_l("Say when it ends, or leave both times empty for all day"))
        if MIDNIGHT < field.data <= self.starts.data:
            raise ValidationError(_l("The end must come after the beginning"))

    def moments(self, zone: ZoneInfo) -> tuple[str, str]:
        """Give when it begins and ends, as the history holds it."""
        day = date.fromisoformat(self.day.data)
        ends = self.ends.data or MIDNIGHT
        last = day + timedelta(days=1) if ends == MIDNIGHT else day
        begins = datetime.combine(day, self.starts.data or MIDNIGHT, zone)
        return (
            begins.astimezone(UTC).isoformat(),
            datetime.combine(last, ends, zone).astimezone(UTC).isoformat(),
        )


class Absences(FieldList):  # type: ignore[type-arg]  # not generic at run time
    """The rows."""

    def __init__(self, label: Any, **bound: Any) -> None:
        super().__init__(FormField(AbsenceForm), label, max_entries=MOST, **bound)

    def offer(self, days: Iterable[date]) -> None:
        """Say which days there are, besides those that stand in rows already."""
        standing = (_day(row.form.day.data) for row in self.entries)
        choices = [
            (day.isoformat(), local_date(day))
            for day in sorted({*days, *(day for day in standing if day is not None)})
        ]
        for row in self.entries:
            row.form.day.choices = choices

    def add(self) -> None:
        """Add an empty row, unless there are too many, and let its owner begin there."""
        if len(self.entries) < MOST:
            self.append_entry().form.day.render_kw = {"autofocus": ""}

    def remove(self, number: str) -> None:
        """Remove a row."""
        if number.isdecimal() and len(number) <= len(str(MOST)) and int(number) < len(self.entries):
            self.entries.pop(int(number))

    def moments(self, zone: ZoneInfo) -> list[list[str]]:
        """Give every time once, in order."""
        return [list(one) for one in sorted({row.form.moments(zone) for row in self.entries})]


def shown(absences: Sequence[Absence], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Give the rows of times that are known."""
    return [_row(one, zone) for one in absences]


def _joined(typed: str) -> str:
    """Give a time without spaces: 9:30 am is 9:30am."""
    return "".join(typed.split())


def said(absences: Sequence[Absence], zone: ZoneInfo) -> list[str]:
    """Say the times that are known."""
    return [stretch(one.starts_at, one.ends_at, zone) for one in absences]


def _row(absence: Absence, zone: ZoneInfo) -> dict[str, Any]:
    starts, ends = absence.starts_at.astimezone(zone), absence.ends_at.astimezone(zone)
    whole = is_whole_day(absence.starts_at, absence.ends_at, zone)
    return {
        "day": starts.date().isoformat(),
        "starts": None if whole else starts.time(),
        "ends": None if whole else ends.time(),
    }


def _day(typed: Any) -> date | None:
    try:
        return date.fromisoformat(typed or "")
    except ValueError:
        return None

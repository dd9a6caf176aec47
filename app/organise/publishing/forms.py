"""What people type in order to publish, to plan a release or to go back to one."""

from datetime import UTC, date, datetime, time
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import AnyOf, StopValidation, ValidationError

from app import clock
from app.errors import Refused
from app.forms import Form, one_line, plain_characters
from app.organise.edited import LONGEST_NUMBER
from app.programme.models import PlannedRelease
from app.programme.publishing.services import Clashing
from app.registration.fields import at_most
from app.speakers.absences import ClockTime
from app.web.words import zone

NOW, LATER = "now", "later"
LONGEST_NOTE = 1_000
LONGEST_REASON = 500


def _a_line(label: Any, called: Any, description: Any, most: int) -> TextAreaField:
    """Ask for a few words, kept as one line."""
    checks = [at_most(most, called), plain_characters]
    return TextAreaField(label, checks, [one_line], description)


class DayField(DateField):
    """A day: 2008-11-06, as browsers send it."""

    def __init__(self, label: Any, **bound: Any) -> None:
        wrong = _l("Enter a day like 2008-11-06")
        super().__init__(label, invalid_value_message=wrong, **bound)  # type: ignore[call-arg]  # its types are those of WTForms 3.2

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; nothing is no day."""
        super().process_formdata([one for one in map(str.strip, valuelist) if one])


class PlanForm(Form):
    """Publish at a moment by the conference's clocks."""

    note = _a_line(
        _l("Note (optional)"),
        _l("The note"),
        _l("Public. What is new, in a sentence or two. It stands with the release"),
        LONGEST_NOTE,
    )
    day = DayField(_l("Day"))
    time = ClockTime(_l("Time"))
    overrule = _a_line(
        _l("Why the clashes may stand"),
        _l("The reason"),
        _l("It is kept with the release and in the history"),
        LONGEST_REASON,
    )

    is_planned = True

    def validate_day(self, field: DateField) -> None:
        """Ask for a day."""
        if field.data is None:
            raise StopValidation(_l("Enter the day on which to publish"))

    def validate_time(self, field: ClockTime) -> None:
        """Ask for a time that comes, and that the clocks of that day show."""
        if field.data is None:
            raise StopValidation(_l("Enter the time at which to publish, like 9:30am"))
        if self.day.data is None:
            return
        if self.moment.astimezone(zone()).replace(tzinfo=None) != self._typed:
            raise ValidationError(
                _l("The clocks go forward that night and never show this time. Choose another")
            )
        if self.moment <= clock.now():
            raise ValidationError(_l("Choose a moment that is still to come"))

    @property
    def moment(self) -> datetime:
        """The moment; the first one where the clocks show this time twice."""
        return self._typed.replace(tzinfo=zone()).astimezone(UTC)

    @property
    def comes_twice(self) -> bool:
        """Whether the clocks show this time twice, as they go back that night."""
        local = self._typed.replace(tzinfo=zone())
        return local.utcoffset() != local.replace(fold=1).utcoffset()

    @property
    def _typed(self) -> datetime:
        return datetime.combine(self.day.data or date.min, self.time.data or time.min)

    def show(self, planned: PlannedRelease) -> None:
        """Show what was planned."""
        local = planned.publish_at.astimezone(zone())
        self.day.data, self.time.data = local.date(), local.time()
        self.note.data, self.overrule.data = planned.note, planned.overrules

    def refuse(self, refusal: Refused) -> None:
        """Show beside the right field why the conference cannot do this."""
        self.reject(self.overrule if isinstance(refusal, Clashing) else self.time, refusal)


class ReleaseForm(PlanForm):
    """Publish, at once or at a moment."""

    when = RadioField(
        _l("When to publish"),
        [AnyOf((NOW, LATER), message=_l("Choose when to publish"))],
        choices=[SelectChoice(NOW, _l("Now")), SelectChoice(LATER, _l("At a set moment"))],
        default=NOW,
        validate_choice=False,
    )
    seal = HiddenField()  # of what the page showed

    @property
    def is_planned(self) -> bool:  # type: ignore[override]  # decided by what is chosen
        """Whether this is for later."""
        return bool(self.when.data == LATER)

    @property
    def told(self) -> list[tuple[str, str]]:
        """Give what was answered, to be carried from step to step."""
        return [
            ("note", self.note.data or ""),
            ("when", self.when.data),
            ("day", self.day.data.isoformat() if self.day.data else ""),
            ("time", f"{self.time.data:%H:%M}" if self.time.data else ""),
            ("overrule", self.overrule.data or ""),
            ("seal", self.seal.data or ""),
        ]

    def validate(self, *checks: Any, **named: Any) -> bool:
        """Look at the moment only where one was asked for."""
        if not self.is_planned:
            self.day.process_errors = self.time.process_errors = []
        return bool(super().validate(*checks, **named))

    def validate_day(self, field: DateField) -> None:
        """Ask for a day where one is needed."""
        if self.is_planned:
            super().validate_day(field)

    def validate_time(self, field: ClockTime) -> None:
        """Ask for a time where one is needed."""
        if self.is_planned:
            super().validate_time(field)


class BackForm(Form):
    """Go back to a release; readers see ``seen`` until then."""

    note = _a_line(
        _l("Why you go back (optional)"),
        _l("The reason"),
        _l("It is kept in the history"),
        LONGEST_REASON,
    )
    seen = HiddenField()

    @property
    def current(self) -> int:
        """Which release the page said that readers see."""
        typed = self.seen.data or ""
        return int(typed) if typed.isdecimal() and len(typed) < LONGEST_NUMBER else -1

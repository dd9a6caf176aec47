"""The form that moves a session: day, start, length and room."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, SelectField, SubmitField
from wtforms.validators import InputRequired, NumberRange, Optional
from wtforms.widgets import TextInput

from app.admin.edit_form import EditForm
from app.forms.fields import ClockTimeField
from app.forms.validators import one_of_choices
from app.programme.editing.sessions import ScheduleSlot
from app.programme.models import Room, Session
from app.web.formatting import local_date

DEFAULT_MINUTES = 60  # minutes
MAX_MINUTES = 24 * 60  # minutes
LENGTH_ERROR = _l("Enter a length between 1 minute and 24 hours")


class MoveSessionForm(EditForm):
    """Move a session, or unschedule it by leaving the start empty."""

    day = SelectField(
        _l("Day"), [one_of_choices(_l("Choose one of the days"))], validate_choice=False
    )
    start = ClockTimeField(_l("Start"), validators=[Optional()])
    minutes = IntegerField(
        _l("Length in minutes"),
        [InputRequired(LENGTH_ERROR), NumberRange(1, MAX_MINUTES, LENGTH_ERROR)],
        widget=TextInput(),
        render_kw={"inputmode": "numeric"},
        invalid_value_message=LENGTH_ERROR,  # type: ignore[call-arg]  # the type stubs are those of WTForms 3.2
    )
    off = SubmitField(_l("Remove from the schedule"))
    room = SelectField(
        _l("Room"), [one_of_choices(_l("Choose one of the rooms"))], validate_choice=False
    )

    def set_choices(self, days: Sequence[date], rooms: Sequence[Room]) -> None:
        """Set the days and rooms to choose from."""
        self.day.choices = [(day.isoformat(), local_date(day)) for day in days]
        self.room.choices = [("", _l("No room")), *((room.key, room.name) for room in rooms)]

    def set_initial_data(self, session: Session, zone: ZoneInfo) -> None:
        """Fill in the session's current time and room."""
        self.expected_version.data = session.version
        self.room.data = session.room.key if session.room else ""
        self.minutes.data = DEFAULT_MINUTES
        if session.starts_at:
            local = session.starts_at.astimezone(zone)
            self.day.data, self.start.data = local.date().isoformat(), local.time()
            if session.ends_at:
                length = session.ends_at - session.starts_at
                self.minutes.data = int(length.total_seconds()) // 60

    @property
    def first_error(self) -> str:
        """Return the first error of an invalid form."""
        return str(next(error for errors in self.errors.values() for error in errors))

    def get_slot(self, zone: ZoneInfo) -> ScheduleSlot:
        """Return the submitted time and room; without a time if the session is unscheduled."""
        room = self.room.data or ""
        if self.off.data or self.start.data is None:
            return ScheduleSlot(None, None, room)
        day = date.fromisoformat(self.day.data)
        starts_at = datetime.combine(day, self.start.data, zone).astimezone(UTC)
        return ScheduleSlot(starts_at, starts_at + timedelta(minutes=self.minutes.data or 0), room)

"""What moves a session: a day, a start, a length and a room."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, SelectField, SubmitField
from wtforms.validators import InputRequired, NumberRange, Optional
from wtforms.widgets import TextInput

from app.organise.edited import EditForm
from app.programme.editing.moves import Place
from app.programme.models import Room, Session
from app.registration.fields import offered
from app.speakers.absences import ClockTime
from app.web.words import local_date

USUAL_LENGTH = 60  # minutes
LONGEST = 24 * 60  # minutes
LENGTHS = _l("Enter a length between 1 minute and 24 hours")


class MoveForm(EditForm):
    """Move a session, or take it off the schedule by leaving the start empty."""

    day = SelectField(_l("Day"), [offered(_l("Choose one of the days"))], validate_choice=False)
    start = ClockTime(_l("Start"), validators=[Optional()])
    minutes = IntegerField(
        _l("Length in minutes"),
        [InputRequired(LENGTHS), NumberRange(1, LONGEST, LENGTHS)],
        widget=TextInput(),
        render_kw={"inputmode": "numeric"},
        invalid_value_message=LENGTHS,  # type: ignore[call-arg]  # its types are of WTForms 3.2
    )
    off = SubmitField(_l("Take it off the schedule"))
    room = SelectField(_l("Room"), [offered(_l("Choose one of the rooms"))], validate_choice=False)

    def offer(self, days: Sequence[date], rooms: Sequence[Room]) -> None:
        """Say which days and rooms can be chosen."""
        self.day.choices = [(day.isoformat(), local_date(day)) for day in days]
        self.room.choices = [("", _l("No room")), *((room.key, room.name) for room in rooms)]

    def begin_with(self, session: Session, zone: ZoneInfo) -> None:
        """Show where the session is now."""
        self.version.data = str(session.version)
        self.room.data = session.room.key if session.room else ""
        self.minutes.data = USUAL_LENGTH
        if session.starts_at:
            local = session.starts_at.astimezone(zone)
            self.day.data, self.start.data = local.date().isoformat(), local.time()
            if session.ends_at:
                length = session.ends_at - session.starts_at
                self.minutes.data = int(length.total_seconds()) // 60

    @property
    def first_error(self) -> str:
        """What is wrong first."""
        return str(next(error for errors in self.errors.values() for error in errors))

    def place(self, zone: ZoneInfo) -> Place:
        """Give when and where the session is to be."""
        room = self.room.data or ""
        if self.off.data or self.start.data is None:
            return Place(None, None, room)
        day = date.fromisoformat(self.day.data)
        starts_at = datetime.combine(day, self.start.data, zone).astimezone(UTC)
        return Place(starts_at, starts_at + timedelta(minutes=self.minutes.data or 0), room)

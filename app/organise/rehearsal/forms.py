"""Which moment an organiser wants to see."""

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, StringField, SubmitField
from wtforms.validators import DataRequired, StopValidation

from app.forms import Form
from app.programme.reading import moments
from app.web.words import zone


def _a_day(_form: Any, field: Field) -> None:
    found = moments.day(field.data)
    if found is None:
        raise StopValidation(_l("Enter a day like 2008-11-06"))
    field.data = found.isoformat()


def _a_time(_form: Any, field: Field) -> None:
    found = moments.hour(field.data)
    if found is None:
        raise StopValidation(_l("Enter a time like 9:15 or 13:00"))
    field.data = f"{found:%H:%M}"  # as a field for a time wants it, when it is shown again


class MomentForm(Form):
    """Choose a moment. It stands in the address, so there is nothing to protect by a token."""

    class Meta(Form.Meta):
        """Ask for no token."""

        csrf = False

    day = StringField(_l("Day"), [DataRequired(_l("Enter a day")), _a_day])
    time = StringField(_l("Time"), [DataRequired(_l("Enter a time")), _a_time])
    full = BooleanField(_l("Show every place as taken"))
    submit = SubmitField(_l("See the site then"))

    def moment(self) -> datetime:
        """Give the moment, once the form is right."""
        return datetime.fromisoformat(f"{self.day.data}T{self.time.data}").replace(tzinfo=zone())

"""The form fields for days and countries; what there is to choose is set for each request."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, SelectMultipleField
from wtforms.validators import DataRequired
from wtforms.widgets import CheckboxInput, ListWidget

from app.forms.validators import one_of_choices


class DaysField(SelectMultipleField):
    """A list of days, each with a checkbox."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def process_data(self, value: str | None) -> None:
        """Tick the days of an answer."""
        super().process_data((value or "").split())


def days_field(label: Any, description: Any = "") -> DaysField:
    """Return a field for the days of the conference, at least one."""
    required = DataRequired(_l("Choose at least one day"))
    offered = one_of_choices(_l("Choose from these days"))
    return DaysField(label, [required, offered], validate_choice=False, description=description)


def country_field(required_message: Any, **html_attributes: str) -> SelectField:
    """Return a field for one of the countries."""
    offered = one_of_choices(_l("Choose a country from the list"))
    return SelectField(
        _l("Country"),
        [DataRequired(required_message), offered],
        validate_choice=False,
        render_kw=html_attributes,
    )

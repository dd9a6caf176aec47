"""Forms with which the registration desk edits delegates.

The fields are those of registration, worded for somebody who fills them in for another person.
Forms about a booking also carry its version for optimistic locking.
"""

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import DataRequired
from wtforms.widgets import CheckboxInput, ListWidget

from app import clock
from app.forms.base import Form
from app.forms.fields import line_field, name_field, other_persons_email_field, text_field
from app.forms.validators import max_length, no_hidden_characters, one_of_choices
from app.registration import countries
from app.registration import queries as registration
from app.registration.answers import Affiliation, CompleteAnswers, DraftAnswers, PersonName
from app.registration.bookings.forms import VersionedForm
from app.registration.forms import DaysField, EmailForm
from app.text import collapse_whitespace
from app.web import languages

NOTIFY, DO_NOT_NOTIFY = "write", "quiet"
MAX_REASON_LENGTH = 200


def notify_field(label: Any, yes_label: Any, no_label: Any, description: Any = "") -> RadioField:
    """Return the field that asks whether to send an email."""
    choices = [SelectChoice(NOTIFY, yes_label), SelectChoice(DO_NOT_NOTIFY, no_label)]
    return RadioField(label, choices=choices, default=NOTIFY, description=description)


class DelegateDetailsForm(Form):
    """The name, affiliation and days of a delegate."""

    given_names = name_field(
        _l("Given names"), _l("Given names"), _l("Enter given names"), autocomplete="off"
    )
    family_name = name_field(
        _l("Family name"),
        _l("The family name"),
        description=_l("Leave this empty for somebody with one name only"),
        autocomplete="off",
    )
    badge_name = name_field(
        _l("Name on the badge (optional)"),
        _l("The name on the badge"),
        description=_l("If you leave this empty, the badge has both names"),
        autocomplete="off",
    )
    organisation = line_field(
        _l("Organisation (optional)"), _l("The organisation"), autocomplete="off"
    )
    role = line_field(_l("Role there (optional)"), _l("The role"), autocomplete="off")
    country = SelectField(
        _l("Country"),
        [
            DataRequired(_l("Choose a country")),
            one_of_choices(_l("Choose a country from the list")),
        ],
        validate_choice=False,
        render_kw={"autocomplete": "off"},
    )
    days = DaysField(
        _l("Days"),
        [DataRequired(_l("Choose at least one day")), one_of_choices(_l("Choose from these days"))],
        validate_choice=False,
    )

    def set_choices(self) -> None:
        """Set the days and countries to choose from."""
        self.days.set_days(registration.conference_days())
        listed = countries.choices(languages.current().code)
        self.country.choices = [("", _l("Choose a country")), *listed]

    def details(self) -> dict[str, Any]:
        """Return the submitted values as attributes of an application."""
        return {
            "name": PersonName(
                given_names=self.given_names.data or "",
                family_name=self.family_name.data or "",
                badge_name=self.badge_name.data or "",
            ),
            "work": Affiliation(
                organisation=self.organisation.data or "",
                role=self.role.data or "",
                country=self.country.data,
            ),
            "days": tuple(sorted(date.fromisoformat(day) for day in set(self.days.data or ()))),
        }


class AddDelegateForm(DelegateDetailsForm, EmailForm):
    """Add a delegate by hand."""

    email = other_persons_email_field(_l("Email address"))
    access_needs = text_field(
        _l("What they need to take part (optional)"), _l("What they need to take part")
    )
    dietary_needs = text_field(
        _l("What they do not eat or drink (optional)"), _l("What they do not eat or drink")
    )
    consent = BooleanField(
        _l("They know what we keep and for how long, and agree"),
        [DataRequired(_l("Ask whether they agree, then tick the box: it takes their consent"))],
    )
    letter = notify_field(
        _l("Write to them?"), _l("Yes, send the confirmation"), _l("No, without a letter")
    )

    def application(self) -> CompleteAnswers:
        """Return the application to register."""
        return CompleteAnswers(
            **self.details(),
            email=str(self.email.data),
            access_needs=self.access_needs.data or "",
            dietary_needs=self.dietary_needs.data or "",
            consented_at=clock.now(),
        )


class EditDelegateForm(VersionedForm, DelegateDetailsForm):
    """Edit the details of a delegate."""

    letter = notify_field(
        _l("Write to the delegate about it?"),
        _l("Yes, tell what was changed, before and after"),
        _l("No, without a letter"),
    )

    @staticmethod
    def initial_data(draft: DraftAnswers) -> dict[str, Any]:
        """Return the current values of the fields."""
        name, work = (
            vars(draft.name or PersonName("", "", "")),
            vars(draft.work or Affiliation("", "", "")),
        )
        return {**name, **work, "days": [day.isoformat() for day in draft.days or ()]}


class DelegateEmailForm(VersionedForm, EmailForm):
    """Correct an email address."""

    email = other_persons_email_field(_l("The right email address"))
    letter = notify_field(
        _l("Write to the address before, too?"),
        _l("Yes, say there that letters go elsewhere now"),
        _l("No, it was never theirs, or nobody reads it"),
        _l("A letter there tells the delegate when somebody else asked for this"),
    )


class DelegateNeedsForm(VersionedForm):
    """Edit the access and dietary requirements of a delegate."""

    access_needs = text_field(
        _l("What they need to take part (optional)"), _l("What they need to take part")
    )
    dietary_needs = text_field(
        _l("What they do not eat or drink (optional)"), _l("What they do not eat or drink")
    )
    letter = notify_field(
        _l("Write to the delegate about it?"),
        _l("Yes, say that it was changed, without repeating it"),
        _l("No, without a letter"),
    )

    def needs(self) -> dict[str, Any]:
        """Return the submitted values."""
        return {
            "access_needs": self.access_needs.data or "",
            "dietary_needs": self.dietary_needs.data or "",
        }


class CancelBookingForm(Form):
    """Cancel a booking."""

    letter = notify_field(
        _l("Write to the delegate about it?"),
        _l("Yes, send the letter about the cancellation"),
        _l("No, without a letter"),
    )


class ExportNeedsForm(Form):
    """Export requirements, with a reason."""

    needs = SelectMultipleField(
        _l("What do you need to know?"),
        [DataRequired(_l("Tick what you need to know"))],
        choices=[
            SelectChoice("access", _l("Access needs")),
            SelectChoice("dietary", _l("Dietary needs")),
        ],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        description=_l("Tick only what you will use"),
    )
    reason = StringField(
        _l("What do you need it for?"),
        [
            DataRequired(_l("Say what you need it for")),
            max_length(MAX_REASON_LENGTH, _l("The reason")),
            no_hidden_characters,
        ],
        [collapse_whitespace],
        _l("This stands in the history. Name nobody: “For the caterer” is enough"),
    )
    kind = RadioField(
        _l("File"),
        choices=[SelectChoice("csv", "CSV"), SelectChoice("xlsx", "Excel (XLSX)")],
        default="csv",
    )

"""What the desk types about a delegate.

The fields are those of the journey to a place, worded for somebody who types for another. A
form about a booking also carries how many changes that had when the page was opened.
"""

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import DataRequired
from wtforms.widgets import CheckboxInput, ListWidget

from app import clock
from app.forms import Form, one_line, plain_characters
from app.registration import countries
from app.registration import queries as registration
from app.registration.bookings.forms import SeenForm
from app.registration.fields import (
    Days,
    a_line,
    a_name,
    a_text,
    at_most,
    offered,
    somebodys_address,
)
from app.registration.forms import EmailForm
from app.registration.told import Application, Name, Told, Work
from app.web import languages

WRITE, KEEP_QUIET = "write", "quiet"
LONGEST_REASON = 200


def a_letter(label: Any, write: Any, keep_quiet: Any, description: Any = "") -> RadioField:
    """Ask whether a letter is to be written."""
    choices = [SelectChoice(WRITE, write), SelectChoice(KEEP_QUIET, keep_quiet)]
    return RadioField(label, choices=choices, default=WRITE, description=description)


class DetailsForm(Form):
    """Say who somebody is, where they work and when they come."""

    given_names = a_name(
        _l("Given names"), _l("Given names"), _l("Enter given names"), autocomplete="off"
    )
    family_name = a_name(
        _l("Family name"),
        _l("The family name"),
        description=_l("Leave this empty for somebody with one name only"),
        autocomplete="off",
    )
    badge_name = a_name(
        _l("Name on the badge (optional)"),
        _l("The name on the badge"),
        description=_l("If you leave this empty, the badge has both names"),
        autocomplete="off",
    )
    organisation = a_line(_l("Organisation (optional)"), _l("The organisation"), autocomplete="off")
    role = a_line(_l("Role there (optional)"), _l("The role"), autocomplete="off")
    country = SelectField(
        _l("Country"),
        [DataRequired(_l("Choose a country")), offered(_l("Choose a country from the list"))],
        validate_choice=False,
        render_kw={"autocomplete": "off"},
    )
    days = Days(
        _l("Days"),
        [DataRequired(_l("Choose at least one day")), offered(_l("Choose from these days"))],
        validate_choice=False,
    )

    def offer(self) -> None:
        """Say which days and which countries there are."""
        self.days.offer(registration.days())
        listed = countries.listed(languages.current().code)
        self.country.choices = [("", _l("Choose a country")), *listed]

    def details(self) -> dict[str, Any]:
        """Give what was typed, as answers know it."""
        return {
            "name": Name(
                given_names=self.given_names.data or "",
                family_name=self.family_name.data or "",
                badge_name=self.badge_name.data or "",
            ),
            "work": Work(
                organisation=self.organisation.data or "",
                role=self.role.data or "",
                country=self.country.data,
            ),
            "days": tuple(sorted(date.fromisoformat(day) for day in set(self.days.data or ()))),
        }


class AddForm(DetailsForm, EmailForm):
    """Add somebody by hand."""

    email = somebodys_address(_l("Email address"))
    access_needs = a_text(
        _l("What they need to take part (optional)"), _l("What they need to take part")
    )
    dietary_needs = a_text(
        _l("What they do not eat or drink (optional)"), _l("What they do not eat or drink")
    )
    consent = BooleanField(
        _l("They know what we keep and for how long, and agree"),
        [DataRequired(_l("Ask whether they agree, then tick the box: it takes their consent"))],
    )
    letter = a_letter(
        _l("Write to them?"), _l("Yes, send the confirmation"), _l("No, without a letter")
    )

    def application(self) -> Application:
        """Give all that was typed."""
        return Application(
            **self.details(),
            email=str(self.email.data),
            access_needs=self.access_needs.data or "",
            dietary_needs=self.dietary_needs.data or "",
            consented_at=clock.now(),
        )


class ChangeForm(SeenForm, DetailsForm):
    """Change what is known of a delegate."""

    letter = a_letter(
        _l("Write to the delegate about it?"),
        _l("Yes, tell what was changed, before and after"),
        _l("No, without a letter"),
    )

    @staticmethod
    def shown(told: Told) -> dict[str, Any]:
        """Give what is known, to be changed."""
        name, work = vars(told.name or Name("", "", "")), vars(told.work or Work("", "", ""))
        return {**name, **work, "days": [day.isoformat() for day in told.days or ()]}


class AddressForm(SeenForm, EmailForm):
    """Correct an address."""

    email = somebodys_address(_l("The right email address"))
    letter = a_letter(
        _l("Write to the address before, too?"),
        _l("Yes, say there that letters go elsewhere now"),
        _l("No, it was never theirs, or nobody reads it"),
        _l("A letter there tells the delegate when somebody else asked for this"),
    )


class NeedsForm(SeenForm):
    """Change what a delegate needs."""

    access_needs = a_text(
        _l("What they need to take part (optional)"), _l("What they need to take part")
    )
    dietary_needs = a_text(
        _l("What they do not eat or drink (optional)"), _l("What they do not eat or drink")
    )
    letter = a_letter(
        _l("Write to the delegate about it?"),
        _l("Yes, say that it was changed, without repeating it"),
        _l("No, without a letter"),
    )

    def needs(self) -> dict[str, Any]:
        """Give what was typed."""
        return {
            "access_needs": self.access_needs.data or "",
            "dietary_needs": self.dietary_needs.data or "",
        }


class CancelForm(Form):
    """Cancel a booking."""

    letter = a_letter(
        _l("Write to the delegate about it?"),
        _l("Yes, send the letter about the cancellation"),
        _l("No, without a letter"),
    )


class ExportNeedsForm(Form):
    """Take needs along, by name and with a reason."""

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
            at_most(LONGEST_REASON, _l("The reason")),
            plain_characters,
        ],
        [one_line],
        _l("This stands in the history. Name nobody: “For the caterer” is enough"),
    )
    kind = RadioField(
        _l("File"),
        choices=[SelectChoice("csv", "CSV"), SelectChoice("xlsx", "Excel (XLSX)")],
        default="csv",
    )

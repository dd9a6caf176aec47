"""The forms of registration, one question per page."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, HiddenField, SelectField, SelectMultipleField
from wtforms.validators import DataRequired, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app import clock
from app.forms.base import Form
from app.forms.fields import email_field, line_field, name_field, text_field
from app.forms.validators import one_of_choices
from app.registration import email_typos
from app.registration.answers import Affiliation, DraftAnswers, PersonName
from app.web.formatting import local_date


class DaysField(SelectMultipleField):
    """A list of days, each with a checkbox."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def set_days(self, days: Iterable[date]) -> None:
        """Set the days to choose from."""
        self.choices = [(day.isoformat(), local_date(day)) for day in days]


class QuestionForm(Form):
    """One page of the registration form."""

    @staticmethod
    def initial_data(draft: DraftAnswers) -> dict[str, Any]:
        """Return the form's initial data for the answers given so far."""
        raise NotImplementedError

    def get_answer(self) -> dict[str, Any]:
        """Return the fields of DraftAnswers that this page asks for."""
        raise NotImplementedError


class NameForm(QuestionForm):
    """Your name."""

    given_names = name_field(
        _l("Given names"),
        _l("Your given names"),
        _l("Enter your given names"),
        autocomplete="given-name",
    )
    family_name = name_field(
        _l("Family name"),
        _l("Your family name"),
        description=_l("Leave this empty if you have one name only"),
        autocomplete="family-name",
    )
    badge_name = name_field(
        _l("Name on your badge (optional)"),
        _l("The name on your badge"),
        description=_l("As people should greet you. If you leave this empty, we print both names"),
        autocomplete="nickname",
    )

    @staticmethod
    def initial_data(draft: DraftAnswers) -> dict[str, Any]:
        """Return the names given so far."""
        return vars(draft.name) if draft.name else {}

    def get_answer(self) -> dict[str, Any]:
        """Return the name."""
        return {
            "name": PersonName(
                given_names=self.given_names.data or "",
                family_name=self.family_name.data or "",
                badge_name=self.badge_name.data or "",
            )
        }


class EmailForm(QuestionForm):
    """Your email address."""

    email = email_field(
        _l("What is your email address?"), _l("We send your confirmation to this address")
    )
    looked_at = HiddenField()  # the address for which a correction has been suggested

    suggestion: str | None = None

    def validate_email(self, field: Field) -> None:
        """Ask once if an address looks like a typing error."""
        suggestion = None if field.errors else email_typos.suggest_correction(field.data)
        if suggestion and self.looked_at.data != field.data:
            self.suggestion = suggestion
            self.looked_at.data = field.data
            raise ValidationError(
                gettext("Check the address: did you mean %(meant)s?", meant=suggestion)
            )

    @staticmethod
    def initial_data(draft: DraftAnswers) -> dict[str, Any]:
        """Return the address given so far."""
        return {"email": draft.email, "looked_at": draft.email}

    def get_answer(self) -> dict[str, Any]:
        """Return the address."""
        return {"email": self.email.data}


class WorkForm(QuestionForm):
    """Your organisation, role and country."""

    organisation = line_field(
        _l("Organisation (optional)"), _l("Your organisation"), autocomplete="organization"
    )
    role = line_field(
        _l("Your role there (optional)"), _l("Your role"), autocomplete="organization-title"
    )
    country = SelectField(
        _l("Country"),
        [
            DataRequired(_l("Choose your country")),
            one_of_choices(_l("Choose a country from the list")),
        ],
        validate_choice=False,
        render_kw={"autocomplete": "country"},
    )

    @staticmethod
    def initial_data(draft: DraftAnswers) -> dict[str, Any]:
        """Return the affiliation given so far."""
        return vars(draft.work) if draft.work else {}

    def get_answer(self) -> dict[str, Any]:
        """Return organisation, role and country."""
        return {
            "work": Affiliation(
                organisation=self.organisation.data or "",
                role=self.role.data or "",
                country=self.country.data,
            )
        }


class DaysForm(QuestionForm):
    """The days on which you will attend."""

    days = DaysField(
        _l("Which days will you come?"),
        [DataRequired(_l("Choose at least one day")), one_of_choices(_l("Choose from these days"))],
        validate_choice=False,
        description=_l("Choose every day on which you will be there"),
    )

    @staticmethod
    def initial_data(draft: DraftAnswers) -> dict[str, Any]:
        """Return the days given so far."""
        return {"days": [day.isoformat() for day in draft.days or ()]}

    def get_answer(self) -> dict[str, Any]:
        """Return the days."""
        return {"days": tuple(sorted(date.fromisoformat(day) for day in set(self.days.data or ())))}


class AccessNeedsForm(QuestionForm):
    """Your access requirements."""

    access_needs = text_field(
        _l("What do you need to take part? (optional)"),
        _l("What you need"),
        _l(
            "For example a step-free way, a hearing loop, sign language, large print, "
            "a quiet room, or a companion at your side"
        ),
    )

    @staticmethod
    def initial_data(draft: DraftAnswers) -> dict[str, Any]:
        """Return the requirements given so far."""
        return {"access_needs": draft.access_needs}

    def get_answer(self) -> dict[str, Any]:
        """Return the requirements."""
        return {"access_needs": self.access_needs.data}


class DietaryNeedsForm(QuestionForm):
    """Your dietary requirements."""

    dietary_needs = text_field(
        _l("Is there anything you do not eat or drink? (optional)"),
        _l("What you do not eat or drink"),
        _l("For example an allergy, or vegetarian, vegan, halal or kosher food"),
    )

    @staticmethod
    def initial_data(draft: DraftAnswers) -> dict[str, Any]:
        """Return the requirements given so far."""
        return {"dietary_needs": draft.dietary_needs}

    def get_answer(self) -> dict[str, Any]:
        """Return the requirements."""
        return {"dietary_needs": self.dietary_needs.data}


class ConsentForm(QuestionForm):
    """Consent to the storage of the answers."""

    consent = BooleanField(
        _l("I agree that you keep and use my answers in this way"),
        [DataRequired(_l("Tick the box if you agree: without it we cannot keep a place for you"))],
    )

    @staticmethod
    def initial_data(draft: DraftAnswers) -> dict[str, Any]:
        """Return whether consent has been given."""
        return {"consent": draft.consented_at is not None}

    def get_answer(self) -> dict[str, Any]:
        """Return the time of consent."""
        return {"consented_at": clock.now()}

"""What a person types on the way to a place, one question a page."""

from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, HiddenField, SelectField
from wtforms.validators import DataRequired, ValidationError

from app import clock
from app.forms import Form
from app.registration import slips
from app.registration.fields import Days, a_line, a_name, a_text, an_address, offered
from app.registration.told import Name, Told, Work


class Question(Form):
    """One page of the journey."""

    @staticmethod
    def shown(told: Told) -> dict[str, Any]:
        """Give what was told before, to be shown again."""
        raise NotImplementedError

    def answer(self) -> dict[str, Any]:
        """Give the part of what someone tells us that this page asks for."""
        raise NotImplementedError


class NameForm(Question):
    """Say who you are."""

    given_names = a_name(
        _l("Given names"),
        _l("Your given names"),
        _l("Enter your given names"),
        autocomplete="given-name",
    )
    family_name = a_name(
        _l("Family name"),
        _l("Your family name"),
        description=_l("Leave this empty if you have one name only"),
        autocomplete="family-name",
    )
    badge_name = a_name(
        _l("Name on your badge (optional)"),
        _l("The name on your badge"),
        description=_l("As people should greet you. If you leave this empty, we print both names"),
        autocomplete="nickname",
    )

    @staticmethod
    def shown(told: Told) -> dict[str, Any]:
        """Give the names that were told before."""
        return vars(told.name) if told.name else {}

    def answer(self) -> dict[str, Any]:
        """Give the names."""
        return {
            "name": Name(
                given_names=self.given_names.data or "",
                family_name=self.family_name.data or "",
                badge_name=self.badge_name.data or "",
            )
        }


class EmailForm(Question):
    """Say where letters go."""

    email = an_address(
        _l("What is your email address?"), _l("We send your confirmation to this address")
    )
    looked_at = HiddenField()  # the address for which a better one has been offered

    meant: str | None = None

    def validate_email(self, field: Field) -> None:
        """Ask once when an address looks like a slip of the finger."""
        meant = None if field.errors else slips.meant(field.data)
        if meant and self.looked_at.data != field.data:
            self.meant = meant
            self.looked_at.data = field.data
            raise ValidationError(
                gettext("Check the address: did you mean %(meant)s?", meant=meant)
            )

    @staticmethod
    def shown(told: Told) -> dict[str, Any]:
        """Give the address that was told before."""
        return {"email": told.email, "looked_at": told.email}

    def answer(self) -> dict[str, Any]:
        """Give the address."""
        return {"email": self.email.data}


class WorkForm(Question):
    """Say where you work and in which country."""

    organisation = a_line(
        _l("Organisation (optional)"), _l("Your organisation"), autocomplete="organization"
    )
    role = a_line(
        _l("Your role there (optional)"), _l("Your role"), autocomplete="organization-title"
    )
    country = SelectField(
        _l("Country"),
        [DataRequired(_l("Choose your country")), offered(_l("Choose a country from the list"))],
        validate_choice=False,
        render_kw={"autocomplete": "country"},
    )

    @staticmethod
    def shown(told: Told) -> dict[str, Any]:
        """Give what was told before."""
        return vars(told.work) if told.work else {}

    def answer(self) -> dict[str, Any]:
        """Give organisation, role and country."""
        return {
            "work": Work(
                organisation=self.organisation.data or "",
                role=self.role.data or "",
                country=self.country.data,
            )
        }


class DaysForm(Question):
    """Say on which days you come."""

    days = Days(
        _l("Which days will you come?"),
        [DataRequired(_l("Choose at least one day")), offered(_l("Choose from these days"))],
        validate_choice=False,
        description=_l("Choose every day on which you will be there"),
    )

    @staticmethod
    def shown(told: Told) -> dict[str, Any]:
        """Give the days that were told before."""
        return {"days": [day.isoformat() for day in told.days or ()]}

    def answer(self) -> dict[str, Any]:
        """Give the days."""
        return {"days": tuple(sorted(date.fromisoformat(day) for day in set(self.days.data or ())))}


class AccessNeedsForm(Question):
    """Say what you need to take part."""

    access_needs = a_text(
        _l("What do you need to take part? (optional)"),
        _l("What you need"),
        _l(
            "For example a step-free way, a hearing loop, sign language, large print, "
            "a quiet room, or a companion at your side"
        ),
    )

    @staticmethod
    def shown(told: Told) -> dict[str, Any]:
        """Give what was told before."""
        return {"access_needs": told.access_needs}

    def answer(self) -> dict[str, Any]:
        """Give the needs."""
        return {"access_needs": self.access_needs.data}


class DietaryNeedsForm(Question):
    """Say what you do not eat."""

    dietary_needs = a_text(
        _l("Is there anything you do not eat or drink? (optional)"),
        _l("What you do not eat or drink"),
        _l("For example an allergy, or vegetarian, vegan, halal or kosher food"),
    )

    @staticmethod
    def shown(told: Told) -> dict[str, Any]:
        """Give what was told before."""
        return {"dietary_needs": told.dietary_needs}

    def answer(self) -> dict[str, Any]:
        """Give the needs."""
        return {"dietary_needs": self.dietary_needs.data}


class ConsentForm(Question):
    """Agree to what is kept."""

    consent = BooleanField(
        _l("I agree that you keep and use my answers in this way"),
        [DataRequired(_l("Tick the box if you agree: without it we cannot keep a place for you"))],
    )

    @staticmethod
    def shown(told: Told) -> dict[str, Any]:
        """Give what was told before."""
        return {"consent": told.consented_at is not None}

    def answer(self) -> dict[str, Any]:
        """Give the moment of the agreement."""
        return {"consented_at": clock.now()}

"""The forms with which a contact registers and manages a group."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, HiddenField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import AnyOf, ValidationError

from app.delegates import countries, standard_forms
from app.delegates.answer_json import Answers
from app.delegates.categories import queries as categories
from app.delegates.categories.queries import CATEGORY, CategoryOption
from app.delegates.fields import BADGE_NAME, BY_NAME, DAYS, EMAIL
from app.forms.fields import (
    DaysField,
    country_field,
    days_field,
    email_field,
    name_field,
    optional_email_field,
)
from app.forms.form import FileForm, Form, required_file
from app.forms.validators import max_length, no_hidden_characters
from app.registration.groups.draft import CONTACT_NAME, COUNTRY, ORGANISATION
from app.text import normalise_lines
from app.web import languages
from app.web.formatting import local_date

MAX_FILE_BYTES = 1024 * 1024
TOO_LARGE = _l("The file must be smaller than 1 MB. A group can have up to 30 people")
ALL_OR_NONE, AS_MANY_AS_FIT = "all", "fit"


class GroupForm(Form):
    """A form whose answers are texts."""

    names: Sequence[str] = ()

    @property
    def questions(self) -> Sequence[Field]:
        """Return the fields to fill in, in order."""
        return [self[name] for name in self.names if name in self]

    def get_answers(self) -> Answers:
        """Return the submitted answers, as they are stored."""
        return {one.name: _to_answer(one.data) for one in self.questions}


def _to_answer(data: Any) -> str:
    return " ".join(sorted(set(data))) if isinstance(data, list) else data or ""


class ContactForm(GroupForm):
    """The contact who registers the group."""

    names = (CONTACT_NAME, EMAIL, ORGANISATION)
    contact_name = name_field(
        _l("Your name"), _l("Your name"), _l("Enter your name"), autocomplete="name"
    )
    email = email_field(
        _l("Your email address"), _l("We will send you a link to manage your group")
    )
    organisation = name_field(
        _l("Organisation (optional)"),
        _l("Your organisation"),
        description=_l("Shown on everyone’s badge"),
        autocomplete="organization",
    )


class SharedForm(GroupForm):
    """The answers shared by most of the group; a country only if organisers ask for one."""

    names = (CATEGORY, DAYS, COUNTRY)
    category = RadioField(_l("How will they attend?"), validate_choice=False)
    days = days_field(
        _l("Which days will they attend?"), _l("You can choose other days for each person")
    )
    country = country_field(_l("Choose a country"), autocomplete="country")

    def set_choices(self) -> None:
        """Offer the categories that are open to everyone, days and countries."""
        offer_categories(self)
        offer_days(self.days)
        self.country.choices = list(countries.choices(languages.current().code))
        standard_forms.adapt_for_group(self)

    def validate_category(self, field: Field) -> None:
        """Require a category that is open."""
        require_open_category(field, gettext("Choose how they will attend"))


class PersonForm(GroupForm):
    """One person of the group."""

    names = ("given_names", "family_name", BADGE_NAME, EMAIL, CATEGORY, DAYS)
    given_names = BY_NAME["given_names"].desk_question
    family_name = BY_NAME["family_name"].desk_question
    badge_name = BY_NAME[BADGE_NAME].desk_question
    email = optional_email_field(
        _l("Email address (optional)"),
        _l("We will send them their ticket and a link. Leave this empty to receive them yourself"),
    )
    category = SelectField(_l("Category"), validate_choice=False)
    days = days_field(_l("Days"))

    def set_choices(self) -> None:
        """Offer the categories that are open to everyone, and days; remove hidden questions."""
        offer_categories(self)
        offer_days(self.days)
        standard_forms.adapt_for_group(self)

    def validate_category(self, field: Field) -> None:
        """Require a category that is open."""
        require_open_category(field, gettext("Choose a category"))

    def validate_days(self, field: Field) -> None:
        """Require days of the chosen category."""
        chosen = categories.find_chosen(
            {CATEGORY: self.category.data or ""} if CATEGORY in self else {}
        )
        allowed = {day.isoformat() for day in categories.list_days(chosen.days if chosen else "")}
        if not set(field.data or ()) <= allowed:
            raise ValidationError(gettext("This category does not include all of these days"))


class RenameForm(GroupForm):
    """Another name for a person in the group."""

    names = ("given_names", "family_name", BADGE_NAME)
    given_names = BY_NAME["given_names"].desk_question
    family_name = BY_NAME["family_name"].desk_question
    badge_name = name_field(
        _l("Name on the badge (optional)"),
        _l("The name on the badge"),
        description=_l("Leave this empty to keep the name on the badge as it is"),
        autocomplete="off",
    )


class GroupFileForm(FileForm):
    """A spreadsheet with a person in each row."""

    file = FileField(_l("Spreadsheet"), [required_file(MAX_FILE_BYTES, TOO_LARGE)])


class CheckGroupForm(Form):
    """How the group is registered, with the people that the page displays."""

    displayed = HiddenField()
    mode = RadioField(
        _l("If there are not enough places for everyone"),
        [
            AnyOf(
                (ALL_OR_NONE, AS_MANY_AS_FIT),
                message=_l("Choose what to do if there are not enough places"),
            )
        ],
        choices=[
            SelectChoice(ALL_OR_NONE, _l("Register nobody")),
            SelectChoice(AS_MANY_AS_FIT, _l("Register as many as possible, in the order listed")),
        ],
        default=ALL_OR_NONE,
        validate_choice=False,
    )
    joins_list = BooleanField(
        _l("Put everyone who does not get a place on the waiting list, if it is open")
    )
    stays_together = BooleanField(_l("Keep the people who wait together"))

    @property
    def is_all_or_none(self) -> bool:
        """Whether people come only if there are places for all."""
        return bool(self.mode.data == ALL_OR_NONE)


class MakeGroupForm(ContactForm):
    """Create a group from bookings, at the desk."""

    contact_name = name_field(
        _l("Name of the contact"), _l("The name"), _l("Enter a name"), autocomplete="off"
    )
    email = optional_email_field(
        _l("Email address of the contact"), _l("We will send them a link to the group")
    )
    organisation = name_field(
        _l("Organisation (optional)"), _l("The organisation"), autocomplete="off"
    )
    references = TextAreaField(
        _l("Booking references"),
        [max_length(1_000, _l("The booking references")), no_hidden_characters],
        [normalise_lines],
        _l("Up to 30, one on each line"),
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )

    def validate_email(self, field: Field) -> None:
        """Require an address."""
        if not field.data:
            raise ValidationError(gettext("Enter an email address"))

    def list_references(self) -> Sequence[str]:
        """Return the references that were entered."""
        return (self.references.data or "").upper().replace(",", " ").split()


def offer_categories(form: Any) -> None:
    """Offer the categories that everyone may choose, if there is a choice."""
    if not categories.is_asked():
        del form.category
        return
    form.category.choices = [(str(one.id), one.name) for one in _list_offered()]


def require_open_category(field: Field, message: str) -> None:
    """Raise ValidationError unless an open or full category is chosen."""
    options = {str(one.id): one for one in _list_offered()}
    chosen = options.get(field.data or "")
    if chosen is None:
        raise ValidationError(message)
    if chosen.state in {"before", "closed"}:
        raise ValidationError(
            gettext("“%(name)s” is not available now. Choose another category", name=chosen.name)
        )


def _list_offered() -> Sequence[CategoryOption]:
    """List the categories for groups, without those that need approval of each person."""
    return [one for one in categories.list_options_for({}) if not one.approvals_needed]


def offer_days(field: DaysField) -> None:
    """Offer the days of the conference."""
    field.choices = [(day.isoformat(), local_date(day)) for day in categories.list_days("")]


def build_person_form(shared: Answers, person: Answers | None = None) -> PersonForm:
    """Return the form of a person, with the shared answers filled in."""
    data = {**{name: shared.get(name, "") for name in (CATEGORY, DAYS)}, **(person or {})}
    form = PersonForm(data={name: text for name, text in data.items() if text})
    form.set_choices()
    return form


def check_row(values: Mapping[str, str]) -> PersonForm:
    """Return the form of a person filled with a row of a spreadsheet, validated."""
    pairs = [(name, text) for name, text in values.items() if name != DAYS]
    pairs += [(DAYS, day) for day in values.get(DAYS, "").split()]
    form = PersonForm(formdata=MultiDict(pairs), meta={"csrf": False})
    form.set_choices()
    form.validate()
    return form

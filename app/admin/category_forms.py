"""The form of a category of delegates, with fields for each other language of the site."""

from collections.abc import Sequence
from typing import Any, Self

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, IntegerField, RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import ValidationError

from app.admin.settings_forms import MAX_PLACES, PLACES_ERROR
from app.admin_kit.edit_form import CheckboxesField, EditForm
from app.delegates import custom_questions
from app.delegates.categories import queries
from app.delegates.categories import texts as category_texts
from app.delegates.categories.models import BY_CODE, BY_INTEREST, PUBLIC, RegistrationCategory
from app.delegates.categories.texts import CategoryTexts
from app.errors import RuleViolation
from app.forms.fields import editor_line_field, editor_name_field, editor_text_field, number_field
from app.forms.moment_fields import LocalDateTimeField, moment_field
from app.forms.validators import one_of_choices
from app.registration import category_services as services
from app.registration.interest import queries as interest
from app.releases.current_release import conference_days
from app.web import languages
from app.web.formatting import local_date

MAX_DESCRIPTION_LENGTH, MAX_CONFIRMATION_LENGTH = 300, 2_000
SHOWN_AS_STORED = (
    *("name", "description", "limit", "access", "confirmation_text"),
    *("is_for_speakers", "kept_places", "is_in_person"),
)
ACCESS_CHOICES = (
    (PUBLIC, _l("Everyone")),
    (BY_CODE, _l("Only people with an invitation code")),
    (BY_INTEREST, _l("People you choose from those who express an interest")),
)
APPROVAL_CHOICES = (
    (0, _l("No, they have a place immediately")),
    (1, _l("Yes, one person of the team")),
    (2, _l("Yes, two different people of the team")),
)
APPROVAL = ("approvals_needed", "is_place_held", "allows_transfer")  # names of fields


class CategoryForm(EditForm):
    """Edit a category."""

    name = editor_name_field(_l("Name"), _l("The name"), _l("Enter the category’s name"))
    description = editor_text_field(
        _l("Description (optional)"),
        _l("The description"),
        _l("Shown below the name where visitors choose. One or two sentences"),
        MAX_DESCRIPTION_LENGTH,
    )
    limit = number_field(
        _l("Number of places (optional)"),
        (0, MAX_PLACES),
        PLACES_ERROR,
        description=_l(
            "The most places that this category can take up, out of all places. "
            "Leave empty for no limit"
        ),
    )
    access = RadioField(
        _l("Who can choose it?"),
        choices=[SelectChoice(value, label) for value, label in ACCESS_CHOICES],
        default=PUBLIC,
    )
    is_for_speakers = BooleanField(
        _l("This category is for speakers"),
        description=_l(
            "Confirmed speakers can take a place in this category on their speaker pages, where "
            "what you know about them is filled in. Only one category can be for speakers"
        ),
    )
    kept_places = number_field(
        _l("Places kept for speakers (optional)"),
        (0, MAX_PLACES),
        PLACES_ERROR,
        description=_l(
            "They count as taken, so that speakers get a place when the conference is full. "
            "To give back those that are left, enter 0"
        ),
    )
    approvals_needed = RadioField(
        _l("Does someone have to approve each person?"),
        choices=[SelectChoice(value, label) for value, label in APPROVAL_CHOICES],
        coerce=int,
        default=0,
        description=_l("People with an invitation code need no approval"),
    )
    is_place_held = BooleanField(_l("Keep a place for each applicant until you decide"))
    allows_transfer = BooleanField(
        _l("Delegates can give their place to a colleague"),
        description=_l("Only needed where people need an invitation or an approval"),
    )
    is_in_person = BooleanField(
        _l("Delegates attend in person"),
        default=True,
        description=_l("Untick it if they attend remotely: the caterer does not count them"),
    )
    days = CheckboxesField(
        _l("Days (optional)"),
        [one_of_choices(_l("Choose a day from the list"))],
        validate_choice=False,
        description=_l(
            "Tick the days that people in this category can attend. "
            "If none is ticked, they can attend all"
        ),
    )
    opens_at = moment_field(
        _l("Opens (optional)"), description=_l("Leave empty to open with registration")
    )
    closes_at = moment_field(
        _l("Closes (optional)"), description=_l("Leave empty to close with registration")
    )
    confirmation_text = editor_text_field(
        _l("Text in the confirmation (optional)"),
        _l("The text"),
        _l("Added to the confirmation page and email for these people. You can use Markdown"),
        MAX_CONFIRMATION_LENGTH,
    )

    interest_closes_at = moment_field(
        _l("People can express an interest until (optional)"),
        description=_l("Only if you select people. If empty, until the category closes"),
    )
    interest_questions = CheckboxesField(
        _l("Questions to ask people who would like to come (optional)"),
        [one_of_choices(_l("Choose a question from the list"))],
        validate_choice=False,
        description=_l(
            "Only if you select people. They always give their name and email address. "
            "They are asked the other questions when they register"
        ),
    )

    def validate_kept_places(self, field: IntegerField) -> None:
        """Keep places only where speakers can take them."""
        if field.data and not self.is_for_speakers.data:
            raise ValidationError(
                _l("Tick “This category is for speakers” to keep places for them")
            )

    def validate_closes_at(self, field: LocalDateTimeField) -> None:
        """Require that it closes after it opens."""
        opens, closes = self.opens_at.utc_value, field.utc_value
        if opens and closes and closes <= opens:
            raise ValidationError(_l("Enter a closing time that is after the opening time"))

    @property
    def translations(self) -> Sequence[tuple[str, Sequence[Field]]]:
        """Return the names of the other languages, each with its fields."""
        return [
            (
                languages.describe(code).name,
                [self[f"{name}_{code}"] for name in category_texts.FIELDS],
            )
            for code in languages.list_other_codes()
        ]

    def set_choices(self, category: RegistrationCategory | None = None) -> Self:
        """Offer the days of the conference, and the questions that can be asked in advance."""
        questions = interest.list_possible_questions(category.id if category else None)
        self.interest_questions.choices = [
            (str(question.id), custom_questions.get_label(question)) for question in questions
        ]
        days = conference_days()
        self.days.choices = [(day.isoformat(), local_date(day)) for day in days]
        return self

    def set_initial_data(self, category: RegistrationCategory) -> None:
        """Fill the form with the saved values."""
        values = queries.build_values(category)
        for name in (*SHOWN_AS_STORED, *APPROVAL):
            self[name].data = values[name]
        for code, texts in values["translations"].items():
            for name, text in texts._asdict().items():
                if f"{name}_{code}" in self:
                    self[f"{name}_{code}"].data = text
        self.days.data = category.days.split()
        self.opens_at.show(category.opens_at)
        self.closes_at.show(category.closes_at)
        self.interest_closes_at.show(category.interest_closes_at)
        self.interest_questions.data = category.interest_questions.split()
        self.expected_version.data = category.version

    def values(self) -> dict[str, Any]:
        """Return the submitted values, as they are stored."""
        return {
            "name": self.name.data,
            "description": self.description.data or "",
            "limit": self.limit.data,
            "access": self.access.data,
            "is_for_speakers": self.is_for_speakers.data,
            "kept_places": self.kept_places.data or 0,
            "is_in_person": self.is_in_person.data,
            **{name: self[name].data for name in APPROVAL},
            "days": " ".join(sorted(set(self.days.data or ()))),
            "opens_at": self.opens_at.utc_value,
            "closes_at": self.closes_at.utc_value,
            "confirmation_text": self.confirmation_text.data or "",
            "translations": {code: self._get_texts(code) for code in languages.list_other_codes()},
            "interest_closes_at": self.interest_closes_at.utc_value,
            "interest_questions": " ".join(sorted(set(self.interest_questions.data or ()))),
        }

    def _get_texts(self, code: str) -> CategoryTexts:
        return CategoryTexts(*(self[f"{name}_{code}"].data or "" for name in category_texts.FIELDS))

    def with_error(self, refusal: RuleViolation) -> Self:
        """Show an error from saving beside its field."""
        fields = {services.NameTaken: self.name, services.NoPlacesToKeep: self.kept_places}
        self.add_error(fields.get(type(refusal), self.limit), refusal)
        return self


def build_form(category: RegistrationCategory | None = None) -> CategoryForm:
    """Return the form, with fields for each other language of the site."""
    own: dict[str, Field] = {}
    for code in languages.list_other_codes():
        language = languages.describe(code).name
        own[f"name_{code}"] = editor_line_field(
            _l("Name (%(language)s, optional)", language=language), _l("The name")
        )
        own[f"description_{code}"] = editor_text_field(
            _l("Description (%(language)s, optional)", language=language),
            _l("The description"),
            "",
            MAX_DESCRIPTION_LENGTH,
        )
        own[f"confirmation_text_{code}"] = editor_text_field(
            _l("Text in the confirmation (%(language)s, optional)", language=language),
            _l("The text"),
            "",
            MAX_CONFIRMATION_LENGTH,
        )
    form: CategoryForm = type("CategoryForm", (CategoryForm,), own)()
    return form.set_choices(category)

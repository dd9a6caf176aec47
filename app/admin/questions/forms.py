"""The forms with which organisers write a question, and set how questions are asked."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import ValidationError

from app.admin.question_texts import (
    MAX_HELP,
    MAX_LABEL,
    QuestionTextsForm,
    choices_field,
    to_data,
    with_translations,
)
from app.admin.questions import descriptions
from app.admin_kit.edit_form import CheckboxesField
from app.errors import RuleViolation
from app.forms.fields import editor_line_field, editor_text_field
from app.forms.form import Form
from app.forms.validators import no_hidden_characters, one_of_choices
from app.questions import answer_checks
from app.questions.checks import InvalidChoices, InvalidCondition
from app.questions.definitions import AFTER_30_DAYS, ERASURES, TEXT, WITH_CHOICES, Definition
from app.questions.edited_question import EditedQuestion, EditedTexts
from app.questions.readers import TooManyReaders
from app.questions.standard import StandardQuestion
from app.registration.question_promises import PromiseBroken
from app.releases.current_release import conference_days
from app.text import collapse_whitespace
from app.web.formatting import local_date

ON_A_DATE = "date"
FILE_SIZES = (1, 2, 5, 10)  # megabytes
MAX_PURPOSE = 200  # characters


def _list_choices(names: Mapping[str, Any]) -> list[Any]:
    return [SelectChoice(key, name) for key, name in names.items()]


class QuestionForm(QuestionTextsForm):
    """Write a question."""

    label = editor_line_field(
        _l("Question"), _l("The question"), _l("For example: How will you travel?"), MAX_LABEL
    )
    help = editor_text_field(
        _l("Help (optional)"), _l("The help"), _l("Shown below the question"), MAX_HELP
    )
    kind = SelectField(
        _l("Type of answer"), [one_of_choices(_l("Choose a type"))], validate_choice=False
    )
    choices = choices_field(
        _l("Choices"), _l("Only for questions with choices. Enter each on a line of its own")
    )
    is_corrected = BooleanField(_l("I only corrected the wording, so earlier answers still apply"))
    max_megabytes = SelectField(
        _l("Largest file"),
        [one_of_choices(_l("Choose a size"))],
        validate_choice=False,
        description=_l("Only for questions that ask for a file"),
    )
    is_required = BooleanField(_l("People must answer this question"))
    condition = SelectField(
        _l("When to ask it"), [one_of_choices(_l("Choose when to ask it"))], validate_choice=False
    )
    days = CheckboxesField(
        _l("Days (optional)"),
        [one_of_choices(_l("Choose a day from the list"))],
        validate_choice=False,
        description=_l(
            "Ask only people who attend one of these days. If none is ticked, everyone is asked"
        ),
    )
    categories = CheckboxesField(
        _l("Categories (optional)"),
        [one_of_choices(_l("Choose a category from the list"))],
        validate_choice=False,
        description=_l(
            "Ask only people in one of these categories. If none is ticked, everyone is asked"
        ),
    )
    purpose = editor_line_field(
        _l("Why do you ask?"),
        _l("The reason"),
        _l("People see this beside the question and on the privacy page. Leave off the full stop"),
        MAX_PURPOSE,
    )
    readers = RadioField(
        _l("Who can see the answers?"), choices=_list_choices(descriptions.READER_NAMES)
    )
    erasure = RadioField(
        _l("When are the answers deleted?"),
        choices=[
            *_list_choices(descriptions.ERASURE_NAMES),
            SelectChoice(ON_A_DATE, _l("After a date")),
        ],
    )
    erased_on = StringField(
        _l("Date"), [no_hidden_characters], [collapse_whitespace], _l("Only if you chose a date")
    )

    fixed: Mapping[str, Any] = {}  # of fields that are not asked because they cannot be changed

    def validate_purpose(self, field: Field) -> None:
        """Require the reason."""
        if not field.data and not field.errors:
            raise ValidationError(gettext("Enter why you ask this. People see the reason"))

    def validate_erased_on(self, field: Field) -> None:
        """Require a date if one is to be chosen."""
        if self.erasure.data == ON_A_DATE and answer_checks.parse_date(field.data or "") is None:
            raise ValidationError(gettext("Enter a date like 2008-11-06"))

    def set_choices(self, earlier: Sequence[Definition]) -> None:
        """Set the choices; conditions refer to the questions before this one."""
        self.kind.choices = list(descriptions.KIND_NAMES.items())
        self.max_megabytes.choices = [(str(size), f"{size} MB") for size in FILE_SIZES]
        self.condition.choices = [
            ("", gettext("Always")),
            *(
                (key, gettext("If %(condition)s", condition=words))
                for key, words in descriptions.list_conditions(earlier)
            ),
        ]
        self.days.choices = [(day.isoformat(), local_date(day)) for day in conference_days()]
        self.categories.choices = descriptions.list_category_choices()

    def limit(self, question: StandardQuestion) -> None:
        """Ask only for what can be changed about a standard question."""
        self.fixed = {field.name: field.data for field in self}
        names = [field.name for field in self if field.name.startswith("choices")]
        names += ["kind", "is_corrected", "readers", "max_megabytes"]
        if not question.can_be_required:
            names.append("is_required")
        if not question.can_be_hidden:
            names += ["condition", "days", "categories"]
        if not question.can_be_erased_early:
            names += ["erasure", "erased_on"]
        for name in names:
            del self[name]

    def read(self, name: str) -> Any:
        """Return the value of a field, or its fixed value if it is not asked."""
        return self[name].data if name in self else self.fixed.get(name)

    def get_edited(self) -> EditedQuestion:
        """Return the submitted values."""
        erasure = self.read("erasure")
        return EditedQuestion(
            kind=self.read("kind"),
            texts=self.read_all_texts(),
            purpose=(self.purpose.data or "").rstrip("."),
            is_required=bool(self.read("is_required")),
            condition=self.read("condition") or "",
            readers=self.read("readers"),
            erasure=str(self.read("erased_on")) if erasure == ON_A_DATE else erasure,
            days=tuple(self.read("days") or ()),
            categories=tuple(self.read("categories") or ()),
            max_megabytes=int(self.read("max_megabytes")),
            is_wording_corrected=bool(self.read("is_corrected")),
        )

    def read_texts(self, code: str) -> EditedTexts:
        """Return the submitted texts in a language; only some types of answer have choices."""
        texts = super().read_texts(code)
        return texts if self.read("kind") in WITH_CHOICES else replace(texts, choices=())

    def show_refusal(self, refusal: RuleViolation) -> None:
        """Show an error from saving beside the field that it is about."""
        field: Field = self.choices if isinstance(refusal, InvalidChoices) else self.label
        if isinstance(refusal, InvalidCondition) and "condition" in self:
            field = self.condition
        if isinstance(refusal, TooManyReaders):
            field = self.readers if "readers" in self else self.condition
        if isinstance(refusal, PromiseBroken):
            field = self[refusal.field]
        self.add_error(field, refusal)


def build_form(**data: Any) -> QuestionForm:
    """Return the form, with fields for each language of the site."""
    return with_translations(QuestionForm)(data=data)


NEW_DATA = {
    "kind": TEXT,
    "max_megabytes": "5",
    "readers": "team",
    "erasure": AFTER_30_DAYS,
    "condition": "",
}


def initial_data(definition: Definition, version: int) -> dict[str, Any]:
    """Return the current values of the fields."""
    has_rule = definition.erasure in ERASURES
    values: dict[str, Any] = {
        "expected_version": version,
        "kind": definition.kind,
        "is_required": definition.is_required,
        "condition": definition.condition.dump() if definition.condition else "",
        "days": sorted(definition.days),
        "categories": sorted(definition.categories),
        "purpose": definition.purpose,
        "readers": definition.readers,
        "max_megabytes": str(definition.max_megabytes),
        "erasure": definition.erasure if has_rule else ON_A_DATE,
        "erased_on": "" if has_rule else definition.erasure,
    }
    for code, texts in definition.current.texts.items():
        lines = [texts.choices.get(key, "") for key in definition.current.choices]
        values |= to_data(code, texts.label, texts.help, lines)
    return values


class PagesForm(Form):
    """Set whether each question has a page of its own."""

    is_one_per_page = BooleanField(_l("One question on each page"))


class PreviewForm(Form):
    """Choose a category whose registration is previewed."""

    days = CheckboxesField(
        _l("Days"),
        description=_l("If none is ticked, the preview is for someone who attends all of them"),
    )
    category = SelectField(_l("Category"), validate_choice=False)

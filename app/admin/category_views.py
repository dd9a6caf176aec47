"""Categories of delegates: the list in the organisers' order, details, form, deleting."""

from collections.abc import Sequence
from typing import Any, Self

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, IntegerField, RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import NumberRange, Optional, ValidationError

from app.accounts.guards import current_actor
from app.admin.edit_form import CheckboxesField, EditForm, redirect_after_adding
from app.admin.listing import paginate, parse_list_query, render_list
from app.errors import RuleViolation, StaleEdit
from app.forms.fields import (
    LocalDateTimeField,
    editor_line_field,
    editor_name_field,
    editor_text_field,
    valid_datetime_or_empty,
)
from app.forms.form import ConfirmForm, validates_own_csrf
from app.forms.validators import one_of_choices
from app.history import queries as history
from app.registration import category_texts, custom_questions
from app.registration import queries as registration
from app.registration.categories import queries, services
from app.registration.categories.models import BY_CODE, BY_INTEREST, PUBLIC, RegistrationCategory
from app.registration.category_texts import CategoryTexts
from app.registration.interest import queries as interest
from app.text import collapse_whitespace
from app.web import languages, redirects
from app.web.formatting import local_date
from app.web.rendering import render_page

MAX_PLACES = 1_000_000
MAX_DESCRIPTION_LENGTH, MAX_CONFIRMATION_LENGTH = 300, 2_000
SORTS = ("place",)
SHOWN_AS_STORED = (
    *("name", "description", "limit", "access", "confirmation_text"),
    *("is_for_speakers", "kept_places"),
)
ACCESS_CHOICES = (
    (PUBLIC, _l("Everyone")),
    (BY_CODE, _l("Only people with an invitation code")),
    (BY_INTEREST, _l("People whom you select from those who say that they would like to come")),
)
APPROVAL_CHOICES = (
    (0, _l("No, they have a place immediately")),
    (1, _l("Yes, one person of the team")),
    (2, _l("Yes, two different people of the team")),
)
APPROVAL = ("approvals_needed", "is_place_held", "allows_transfer")  # names of fields

redirects.MESSAGES["admin"] |= {
    "category-added": _l("The category has been added. Visitors see it now."),
    "category-saved": _l("The category has been saved. Visitors see the changes now."),
    "category-moved": _l("The order of categories has been changed."),
    "category-not-moved": _l("The order has not changed."),
    "category-deleted": _l("The category has been deleted."),
}


class CategoryForm(EditForm):
    """Edit a category."""

    name = editor_name_field(_l("Name"), _l("The name"), _l("Enter the category’s name"))
    description = editor_text_field(
        _l("Description (optional)"),
        _l("The description"),
        _l("Shown below the name where visitors choose. One or two sentences"),
        MAX_DESCRIPTION_LENGTH,
    )
    limit = IntegerField(
        _l("Number of places (optional)"),
        [Optional(), NumberRange(0, MAX_PLACES, _l("Enter a number from 0 to 1,000,000"))],
        description=_l(
            "The most places that this category can take up, out of all places. "
            "Leave empty for no limit"
        ),
        render_kw={"inputmode": "numeric"},
    )
    access = RadioField(
        _l("Who can choose it?"),
        choices=[SelectChoice(value, label) for value, label in ACCESS_CHOICES],
        default=PUBLIC,
    )
    is_for_speakers = BooleanField(
        _l("This category is for speakers"),
        description=_l(
            "Confirmed speakers take a place in it on their own pages, with what you know of them "
            "filled in. Only one category can be for speakers"
        ),
    )
    kept_places = IntegerField(
        _l("Places kept for speakers (optional)"),
        [Optional(), NumberRange(0, MAX_PLACES, _l("Enter a number from 0 to 1,000,000"))],
        description=_l(
            "They count as taken, so that speakers get a place when the conference is full. "
            "To give back those that are left, enter 0"
        ),
        render_kw={"inputmode": "numeric"},
    )
    approvals_needed = RadioField(
        _l("Does someone have to approve each person?"),
        choices=[SelectChoice(value, label) for value, label in APPROVAL_CHOICES],
        coerce=int,
        default=0,
        description=_l("People with an invitation code need no approval"),
    )
    is_place_held = BooleanField(_l("Keep a place for each applicant until it is decided"))
    allows_transfer = BooleanField(
        _l("Delegates can give their place to a colleague"),
        description=_l("Only needed where people need an invitation or an approval"),
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
    opens_at = LocalDateTimeField(
        _l("Opens (optional)"),
        [valid_datetime_or_empty],
        [collapse_whitespace],
        description=_l("Leave empty to open with registration"),
    )
    closes_at = LocalDateTimeField(
        _l("Closes (optional)"),
        [valid_datetime_or_empty],
        [collapse_whitespace],
        description=_l("Leave empty to close with registration"),
    )
    confirmation_text = editor_text_field(
        _l("Text in the confirmation (optional)"),
        _l("The text"),
        _l("Added to the confirmation page and email for these people. You can use Markdown"),
        MAX_CONFIRMATION_LENGTH,
    )

    interest_closes_at = LocalDateTimeField(
        _l("People can say that they would like to come until (optional)"),
        [valid_datetime_or_empty],
        [collapse_whitespace],
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
        """The names of the other languages, each with its fields."""
        return [
            (
                languages.describe(code).name,
                [self[f"{name}_{code}"] for name in category_texts.FIELDS],
            )
            for code in category_texts.list_other_languages()
        ]

    def set_choices(self, category: RegistrationCategory | None = None) -> Self:
        """Offer the days of the conference, and the questions that can be asked beforehand."""
        questions = interest.list_possible_questions(category.id if category else None)
        self.interest_questions.choices = [
            (str(one.id), custom_questions.get_label(one)) for one in questions
        ]
        days = registration.conference_days()
        self.days.choices = [(day.isoformat(), local_date(day)) for day in days]
        return self

    def set_initial_data(self, category: RegistrationCategory) -> None:
        """Fill the form with what is saved."""
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
        """Return what was submitted, as it is stored."""
        return {
            "name": self.name.data,
            "description": self.description.data or "",
            "limit": self.limit.data,
            "access": self.access.data,
            "is_for_speakers": self.is_for_speakers.data,
            "kept_places": self.kept_places.data or 0,
            **{name: self[name].data for name in APPROVAL},
            "days": " ".join(sorted(set(self.days.data or ()))),
            "opens_at": self.opens_at.utc_value,
            "closes_at": self.closes_at.utc_value,
            "confirmation_text": self.confirmation_text.data or "",
            "translations": {
                code: self._get_texts(code) for code in category_texts.list_other_languages()
            },
            "interest_closes_at": self.interest_closes_at.utc_value,
            "interest_questions": " ".join(sorted(set(self.interest_questions.data or ()))),
        }

    def _get_texts(self, code: str) -> CategoryTexts:
        return CategoryTexts(*(self[f"{name}_{code}"].data or "" for name in category_texts.FIELDS))

    def with_error(self, refusal: RuleViolation) -> Self:
        """Show an error of saving at its field."""
        fields = {services.NameTaken: self.name, services.NoPlacesToKeep: self.kept_places}
        self.add_error(fields.get(type(refusal), self.limit), refusal)
        return self


def build_form(category: RegistrationCategory | None = None) -> CategoryForm:
    """Return the form, with fields for each other language of the site."""
    own: dict[str, Field] = {}
    for code in category_texts.list_other_languages():
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


bp = Blueprint("categories", __name__, url_prefix="/categories")


@bp.get("")
def index() -> ResponseReturnValue:
    listing = paginate(queries.list_rows(), parse_list_query((), SORTS, has_search=False))
    return render_list("admin/categories/index.html", listing, access=dict(ACCESS_CHOICES))


@bp.route("/_add", methods=["GET", "POST"])
@validates_own_csrf
def add() -> ResponseReturnValue:
    form = build_form()
    if form.validate_on_submit():
        try:
            category = services.add(form.values(), actor=current_actor())
        except RuleViolation as refusal:
            return _render_form(form.with_error(refusal))
        return redirect_after_adding(_url(category), "category-added")
    return _render_form(form)


@bp.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    category = queries.get_category(number)
    return render_page(
        "admin/categories/show.html",
        category=category,
        row=queries.get_row(category),
        days=queries.list_days(category.days),
        access=dict(ACCESS_CHOICES)[category.access],
        approval=dict(APPROVAL_CHOICES)[category.approvals_needed],
        takes_interest=category.access == BY_INTEREST,
        interest_url=url_for("registration.interest.express", number=number, _external=True),
        translations=_list_translations(category),
        entries=history.list_newest(category.history_subject),
    )


@bp.route("/<int:number>/change", methods=["GET", "POST"])
@validates_own_csrf
def edit(number: int) -> ResponseReturnValue:
    category = queries.get_category(number)
    form = build_form(category)
    if not form.is_submitted():
        form.set_initial_data(category)
    if not form.validate_on_submit():
        return _render_form(form, category)
    try:
        changes = services.save(
            category,
            form.values(),
            expected_version=form.expected_version.data,
            actor=current_actor(),
        )
    except StaleEdit as stale:
        return _render_form(form.rebase_on(stale), category, stale)
    except RuleViolation as refusal:
        return _render_form(form.with_error(refusal), category)
    return redirects.redirect_to(_url(category), "category-saved" if changes else "as-it-was")


@bp.post("/<int:number>/move")
def move(number: int) -> ResponseReturnValue:
    category = queries.get_category(number)
    direction = request.form.get("direction", "")
    is_moved = services.move(category, direction, actor=current_actor())
    url = url_for(".index", _anchor=f"category-{number}")
    return redirects.redirect_to(url, "category-moved" if is_moved else "category-not-moved")


@bp.route("/<int:number>/delete", methods=["GET", "POST"])
@validates_own_csrf
def delete(number: int) -> ResponseReturnValue:
    category = queries.get_category(number)
    form = ConfirmForm()
    if form.validate_on_submit():
        services.delete(category, actor=current_actor())
        return redirects.redirect_to(url_for(".index"), "category-deleted")
    return render_page(
        "admin/categories/delete.html",
        422 if form.errors else 200,
        form=form,
        category=category,
        people=services.count_people(category),
        breadcrumbs=[(category.name, _url(category))],
    )


def _list_translations(category: RegistrationCategory) -> Sequence[tuple[str, CategoryTexts]]:
    """List the names of the languages into which something is translated, with the texts."""
    stored = category_texts.load_translations(category.translations)
    return [(languages.describe(code).name, texts) for code, texts in stored.items()]


def _url(category: RegistrationCategory) -> str:
    return url_for(".show", number=category.id)


def _render_form(
    form: CategoryForm,
    category: RegistrationCategory | None = None,
    stale: StaleEdit | None = None,
) -> ResponseReturnValue:
    return render_page(
        "admin/categories/form.html",
        409 if stale else 422 if form.errors else 200,
        form=form,
        category=category,
        stale=stale,
        back=_url(category) if category else url_for(".index"),
        breadcrumbs=[(category.name, _url(category))] if category else None,
    )

"""The first question of registration where there are several categories, and its answer."""

from collections.abc import Iterator, Sequence

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import Field, RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import ValidationError

from app.content import markdown
from app.delegates import answer_rows, fields, question_pages
from app.delegates.answer_json import Answers
from app.delegates.categories import queries
from app.delegates.categories.models import PUBLIC
from app.delegates.categories.queries import CATEGORY, CategoryOption
from app.delegates.forms import AnswersForm, limit_days
from app.web.formatting import local_moment

STATE_TEXTS = {"closed": _l("Closed."), "full": _l("All places are taken.")}

CLOSING_MARKS = ")”’"  # allowed after the end of a sentence
FULL_BUT_WAITING = _l("All places are taken. You can join the waiting list for this category.")


class CategoryForm(AnswersForm):
    """Choose one of the open categories; others are shown with the reason they cannot be chosen."""

    template = "registration/category.html"
    options: Sequence[CategoryOption] = ()
    category = RadioField(_l("How will you attend?"), validate_choice=False)

    @property
    def questions(self) -> Sequence[Field]:
        """Return the only question."""
        return [self.category]

    @property
    def has_invitations(self) -> bool:
        """Whether an invitation code opens another category."""
        return queries.has_invitations()

    @property
    def has_open(self) -> bool:
        """Whether any category can be chosen."""
        return any(option.is_open for option in self.options)

    def set_options(self, options: Sequence[CategoryOption]) -> None:
        """Set the categories to choose from, and those shown although they cannot be chosen."""
        self.options = options
        self.category.choices = [
            SelectChoice(
                str(option.id),
                option.name,
                {"hint": describe(option), "disabled": not option.is_open},
            )
            for option in options
        ]

    def validate_category(self, field: Field) -> None:
        """Require a category that is open."""
        chosen = next((option for option in self.options if str(option.id) == field.data), None)
        if chosen is None:
            raise ValidationError(gettext("Choose how you will attend"))
        if not chosen.is_open:
            raise ValidationError(
                gettext(
                    "“%(name)s” is not available now. Choose another category", name=chosen.name
                )
            )

    def get_answers(self) -> Answers:
        """Return the number of the category."""
        return {CATEGORY: str(self.category.data)}


def describe(option: CategoryOption) -> str:
    """Return the text below a category: its description, and why it cannot be chosen."""
    about, state = option.description, describe_state(option)
    if about and state and (about[-1].isalnum() or about[-1] in CLOSING_MARKS):
        about += "."
    return " ".join(text for text in (about, state) if text)


def describe_state(option: CategoryOption) -> str:
    """Return why a category cannot be chosen, or until when it can."""
    if option.state == "before" and option.opens_at:
        return str(gettext("Opens at %(moment)s.", moment=local_moment(option.opens_at)))
    if option.state == "full" and option.takes_waiting:
        return str(FULL_BUT_WAITING)
    if option.state != "open":
        return str(STATE_TEXTS.get(option.state, ""))
    closes = option.closes_at
    until = gettext("Open until %(moment)s.", moment=local_moment(closes)) if closes else ""
    return " ".join(text for text in (_describe_approval(option), until) if text)


def _describe_approval(option: CategoryOption) -> str:
    needs = option.approvals_needed and option.access == PUBLIC
    return str(gettext("You apply for a place, and the organisers decide.")) if needs else ""


def list_answers(answers: Answers) -> Iterator[tuple[str, str, str]]:
    """Yield label, text and step of each answer, the category first if there is one."""
    chosen = queries.find_chosen(queries.settle(answers))
    if chosen is not None:
        yield gettext("Category"), chosen.name, CATEGORY
    yield from answer_rows.list_standard(answers)


def render_confirmation_text(category: CategoryOption | None) -> Markup:
    """Render the organisers' confirmation text for people in a category."""
    text = category.confirmation_text if category else ""
    return Markup(markdown.render_markdown(text).html if text else "")  # noqa: S704 – escaped there


def build_category_form(answers: Answers) -> CategoryForm:
    """Return the form of the first question as a person with these answers sees it."""
    form = CategoryForm(data=answers)
    form.set_options(queries.list_options_for(answers))
    return form


def pick_category(answers: Answers) -> Answers:
    """Return only the category among answers, if pages without other answers depend on it."""
    return {CATEGORY: answers[CATEGORY]} if CATEGORY in answers else {}


def name_blank_page(step: str, answers: Answers, steps: int) -> str:
    """Return the cache name of an empty page, whose content may depend on earlier answers."""
    states = (
        ",".join(option.state for option in queries.list_options_for({}))
        if step == CATEGORY
        else ""
    )
    number = answers.get(CATEGORY, "") if step == fields.DAYS else ""
    ways_in = queries.get_ways_in_key() if step == CATEGORY else ""
    question_names = " ".join(
        question.name for question in question_pages.list_relevant(step, answers)
    )
    return f"{step} of {steps} {number}{states} {ways_in} {question_names}"


def fits_days(form: AnswersForm, answers: Answers) -> bool:
    """Return True if the chosen days suit the chosen category; otherwise add an error."""
    limit_days(form, queries.list_days_for(answers))
    return bool(form.validate())

"""The whole registration as people in a category see it; nothing can be submitted."""

from collections.abc import Iterator, Mapping, Sequence

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.admin.questions import descriptions, forms
from app.delegates import custom_question_forms, custom_questions, question_pages, standard_forms
from app.delegates.categories import queries as categories
from app.delegates.categories.queries import CATEGORY
from app.delegates.custom_question_forms import CustomQuestionsForm
from app.delegates.fields import DAYS
from app.delegates.forms import FORMS, AnswersForm
from app.questions.definitions import Definition
from app.releases.current_release import conference_days
from app.web.formatting import local_date
from app.web.rendering import render_page

bp = Blueprint("preview", __name__)
PREFIX = "preview"  # of the disabled fields


@bp.get("/_preview")
def show() -> ResponseReturnValue:
    days = [day.isoformat() for day in conference_days()]
    chosen = [day for day in request.args.getlist("days") if day in days] or days
    form = forms.PreviewForm(formdata=None, data={"days": chosen})
    form.days.choices = [(day.isoformat(), local_date(day)) for day in conference_days()]
    form.category.choices = [("", gettext("None")), *descriptions.list_category_choices()]
    form.category.data = request.args.get(CATEGORY, "")
    possible = custom_questions.list_possible_with_standard(
        {DAYS: " ".join(chosen), CATEGORY: form.category.data}
    )
    return render_page(
        "admin/questions/preview.html",
        form=form,
        options=_list_category_names(form.category.data),
        pages=list(_build_pages(possible)),
        conditions=_describe_conditions(),
        explanations={question.name: custom_questions.explain(question) for question in possible},
    )


def _list_category_names(chosen: str) -> Sequence[str]:
    """List the categories on the first page; people invited to a category are not asked."""
    public = categories.list_public() if categories.is_asked() else []
    is_asked = chosen in {"", *(str(category.id) for category in public)}
    return [category.name for category in public] if is_asked else []


def _build_pages(possible: Sequence[Definition]) -> Iterator[AnswersForm]:
    """Yield the form of each page, with every question that can be asked on it."""
    for page in question_pages.list_pages():
        page_questions = [definition for definition in possible if definition.id in page.ids]
        if not page_questions:
            continue
        if page.is_standard:
            standard = FORMS[page.step](formdata=None, prefix=PREFIX)
            standard.set_choices()
            standard_forms.adapt(standard, page_questions)
            yield standard
        else:
            yield custom_question_forms.build_form(CustomQuestionsForm, page_questions)


def _describe_conditions() -> Mapping[str, str]:
    questions_by_id = {
        question.id: question for question in custom_questions.list_all_with_standard()
    }
    return {
        one.name: descriptions.describe_condition(one.condition, questions_by_id)
        for one in questions_by_id.values()
        if one.condition
    }

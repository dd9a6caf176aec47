"""The whole registration as somebody in a category would see it; nothing can be sent."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.admin.questions import descriptions, forms
from app.questions import queries
from app.questions.models import REGISTRATION
from app.registration import custom_questions, fields, more_forms
from app.registration import queries as registration
from app.registration.categories import queries as categories
from app.registration.categories.queries import CATEGORY
from app.registration.fields import DAYS
from app.registration.more_forms import MoreForm
from app.web.formatting import local_date
from app.web.rendering import render_page

bp = Blueprint("preview", __name__)


@bp.get("/_preview")
def show() -> ResponseReturnValue:
    days = [day.isoformat() for day in registration.conference_days()]
    chosen = [day for day in request.args.getlist("days") if day in days] or days
    form = forms.PreviewForm(formdata=None, data={"days": chosen})
    form.days.choices = [
        (day.isoformat(), local_date(day)) for day in registration.conference_days()
    ]
    form.category.choices = [("", gettext("None")), *descriptions.list_category_choices()]
    form.category.data = request.args.get(CATEGORY, "")
    possible = custom_questions.list_possible(
        {DAYS: " ".join(chosen), CATEGORY: form.category.data}
    )
    return render_page(
        "admin/questions/preview.html",
        form=form,
        steps=_list_fixed_steps(),
        is_one_per_page=queries.is_one_per_page(REGISTRATION),
        conditions=_describe_conditions(),
        explanations={one.name: custom_questions.explain(one) for one in possible},
        questions=more_forms.build_form(MoreForm, possible).questions,
    )


def _list_fixed_steps() -> Sequence[tuple[str, Sequence[str]]]:
    """List the pages before the questions of the organisers: heading, and what each asks."""
    options = [one.name for one in categories.list_public()]
    first = [(gettext("How will you attend?"), options)] if categories.is_asked() else []
    fixed = [
        (str(step.heading), [one.label_for(desk=False) for one in step.fields])
        for step in fields.STEPS
    ]
    return [*first, *fixed]


def _describe_conditions() -> Mapping[str, Any]:
    every = {one.id: one for one in custom_questions.list_all()}
    return {
        one.name: descriptions.describe_condition(one.condition, every)
        for one in every.values()
        if one.condition
    }

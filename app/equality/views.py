"""The page that asks who takes part: voluntary, after registering.

Its URL, cookies and form identify no one: it knows no booking and no confirmation, and requests do
not reveal the page that linked to it. A token allows its owner to answer once.
"""

from typing import cast

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import Optional

from app.accounts import rate_limits
from app.equality import answer_tokens, services
from app.errors import RateLimitExceeded
from app.forms.form import Form, validates_own_csrf
from app.web.error_handlers import refuse
from app.web.rendering import render_page
from app.web.security_headers import no_referrer

bp = Blueprint("equality", __name__, url_prefix="/equality")
no_referrer(bp)
bp.add_app_template_global(services.list_active, "list_equality_questions")


class EqualityForm(Form):
    """Choose an answer to each question, or to none."""

    def get_answers(self) -> dict[str, str]:
        """Return the chosen answers, by question."""
        return {
            name: str(field.data)
            for name, field in self._fields.items()
            if isinstance(field, RadioField) and field.data
        }


@bp.route("", methods=["GET", "POST"])
@validates_own_csrf
def ask() -> ResponseReturnValue:
    form = _build_form()
    if not form.validate_on_submit():
        return _render(form)
    token = answer_tokens.read()
    if not token:
        return _render(form, status=409)
    try:
        rate_limits.hit_network(rate_limits.EQUALITY, request.remote_addr)
    except RateLimitExceeded as refusal:
        form.reject(refusal)
        return refuse(_render(form), refusal)
    if answer_tokens.spend(token):
        services.count_answers(form.get_answers())
    return answer_tokens.discard(cast(Response, redirect(url_for(".thank"), 303)))


@bp.get("/thanks")
def thank() -> ResponseReturnValue:
    return render_page("registration/equality/thanks.html")


def _build_form() -> EqualityForm:
    """Return the form of the questions that are asked now."""
    fields = {
        one.key: RadioField(
            one.label,
            [Optional()],
            choices=[SelectChoice(value, label) for value, label in one.choices.items()],
            description=one.help,
        )
        for one in services.list_active()
    }
    return cast(EqualityForm, type("AskedEqualityForm", (EqualityForm,), fields)())


def _render(form: EqualityForm, status: int | None = None) -> Response:
    return render_page(
        "registration/equality/ask.html",
        status=status,
        form=form,
        can_answer=bool(answer_tokens.read()),
        questions=[form[one.key] for one in services.list_active()],
    )

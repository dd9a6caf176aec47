"""Equality monitoring: what is asked, and counts that give nobody away."""

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.accounts.guards import current_actor
from app.admin.edit_form import CheckboxesField
from app.forms.form import Form, validates_own_csrf
from app.forms.validators import one_of_choices
from app.registration.equality import services
from app.registration.equality.questions import QUESTIONS
from app.web import redirects
from app.web.rendering import render_page

bp = Blueprint("equality", __name__, url_prefix="/equality")

redirects.MESSAGES["admin"] |= {
    "equality-saved": _l("The questions have been saved. People who register see them now."),
}


class AskedForm(Form):
    """Choose which questions are asked."""

    questions = CheckboxesField(
        _l("Questions (optional)"),
        [one_of_choices(_l("Choose a question from the list"))],
        validate_choice=False,
        description=_l(
            "People are asked these after they have registered, on a page of their own, and need "
            "not answer. If none is ticked, nobody is asked"
        ),
    )


@bp.get("")
def show() -> ResponseReturnValue:
    return render_page("admin/equality/show.html", published=services.list_published())


@bp.route("/change", methods=["GET", "POST"])
@validates_own_csrf
def edit() -> ResponseReturnValue:
    form = AskedForm(data={"questions": [one.key for one in services.list_asked()]})
    form.questions.choices = [(one.key, one.name) for one in QUESTIONS]
    if form.validate_on_submit():
        is_new = services.set_asked(form.questions.data or (), actor=current_actor())
        return redirects.redirect_to(url_for(".show"), "equality-saved" if is_new else "as-it-was")
    return render_page(
        "admin/equality/form.html",
        422 if form.errors else 200,
        form=form,
        back=url_for(".show"),
        breadcrumbs=[(_l("Equality monitoring"), url_for(".show"))],
    )

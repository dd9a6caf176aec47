"""Equality monitoring: the questions, their wording, and counts that do not identify anyone."""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.accounts.guards import current_actor
from app.admin.equality_forms import QuestionChoiceForm, WordingForm, build_wording_form
from app.equality import queries, services, wordings
from app.errors import RuleViolation, StaleEdit
from app.forms.form import ConfirmForm, validates_own_csrf
from app.web import redirects
from app.web.rendering import render_page

bp = Blueprint("equality", __name__, url_prefix="/equality")

redirects.MESSAGES["admin"] |= {
    "equality-saved": _l("The questions have been saved. People who register see them now."),
    "equality-added": _l(
        "The question has been added. Nobody is asked it until you choose it below."
    ),
    "equality-worded": _l("The wording has been saved. Its answers are counted from now on."),
    "equality-moved": _l("The order of questions has been changed."),
}


@bp.get("")
def show() -> ResponseReturnValue:
    return render_page("admin/equality/show.html", published=services.list_published())


@bp.route("/change", methods=["GET", "POST"])
@validates_own_csrf
def edit() -> ResponseReturnValue:
    form = QuestionChoiceForm(data={"questions": [one.key for one in services.list_active()]})
    form.questions.choices = [
        (one.current.key, one.current.name) for one in queries.read_questions()
    ]
    if form.validate_on_submit():
        is_new = services.set_active(form.questions.data or (), actor=current_actor())
        return redirects.redirect_to(url_for(".show"), "equality-saved" if is_new else "as-it-was")
    return render_page(
        "admin/equality/form.html",
        form=form,
        back=url_for(".show"),
        breadcrumbs=[(_l("Equality monitoring"), url_for(".show"))],
    )


@bp.get("/wording")
def index() -> ResponseReturnValue:
    """List the questions with the ways to word and to move them."""
    asked = {one.key for one in services.list_active()}
    return render_page(
        "admin/equality/index.html",
        questions=queries.read_questions(),
        asked=asked,
        form=ConfirmForm(),
        breadcrumbs=[(_l("Equality monitoring"), url_for(".show"))],
    )


@bp.route("/wording/_add", methods=["GET", "POST"])
@validates_own_csrf
def add() -> ResponseReturnValue:
    form = build_wording_form()
    if form.validate_on_submit():
        try:
            wordings.add(form.read_all_texts(), actor=current_actor())
        except RuleViolation as refusal:
            form.show_refusal(refusal)
        else:
            return redirects.redirect_to(url_for(".edit"), "equality-added")
    return _render_wording(form)


@bp.route("/wording/<key>", methods=["GET", "POST"])
@validates_own_csrf
def reword(key: str) -> ResponseReturnValue:
    question = queries.get_question(key)
    form, stale, name = build_wording_form(question), None, str(question.current.name)
    if form.validate_on_submit():
        try:
            is_new = wordings.reword(
                key,
                form.read_all_texts(),
                expected_version=form.expected_version.data,
                actor=current_actor(),
            )
        except StaleEdit as edit_conflict:
            stale = edit_conflict
            form.rebase_on(stale)
        except RuleViolation as refusal:
            form.show_refusal(refusal)
        else:
            message = "equality-worded" if is_new else "as-it-was"
            return redirects.redirect_to(url_for(".index"), message)
    return _render_wording(form, name, stale)


@bp.post("/wording/<key>/move")
def move(key: str) -> ResponseReturnValue:
    is_moved = wordings.move(key, request.form.get("direction", ""), actor=current_actor())
    url = url_for(".index", _anchor=f"question-{key}")
    return redirects.redirect_to(url, "equality-moved" if is_moved else "not-moved")


def _render_wording(
    form: WordingForm, name: str = "", stale: StaleEdit | None = None
) -> ResponseReturnValue:
    return render_page(
        "admin/equality/wording.html",
        409 if stale else None,
        form=form,
        name=name,
        stale=stale,
        back=url_for(".index"),
        breadcrumbs=[
            (_l("Equality monitoring"), url_for(".show")),
            (_l("Questions about equality"), url_for(".index")),
        ],
    )

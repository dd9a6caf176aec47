"""Questions asked at registration: list, form, order, retiring, preview."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts import roles
from app.accounts.guards import can_read, current_actor
from app.admin.questions import descriptions, forms
from app.admin.questions.forms import PagesForm, QuestionForm
from app.admin_kit import saved_views
from app.admin_kit.edit_form import redirect_after_adding
from app.admin_kit.listing import ListFilter, paginate, parse_list_query, render_list
from app.delegates import custom_answers, custom_questions
from app.errors import RuleViolation, StaleEdit
from app.forms.form import ConfirmForm, validates_own_csrf
from app.history import queries as history
from app.questions import queries, services
from app.questions.definitions import Definition
from app.questions.models import REGISTRATION, Question
from app.registration import question_promises
from app.registration.question_promises import is_answered
from app.web import redirects
from app.web.rendering import render_page

FILTERS = (
    ListFilter("state", _l("State"), [("asked", _l("Asked now")), ("retired", _l("Retired"))]),
)
SORTS = ("place",)

bp = Blueprint("questions", __name__, url_prefix="/questions")
saved_views.declare("questions", _l("Questions"), roles.QUESTIONS, lambda _: FILTERS, SORTS)

redirects.MESSAGES["admin"] |= {
    "question-added": _l("The question has been added. People who register are asked it now."),
    "question-saved": _l("The question has been saved. The form shows it now."),
    "question-moved": _l("The order of questions has been changed."),
    "question-hidden": _l("The question is no longer asked. Earlier answers stay in the bookings."),
    "question-retired": _l(
        "The question is no longer asked. Its answers are kept until their deletion date."
    ),
    "question-restored": _l("The question is asked again."),
    "question-deleted": _l("The question has been deleted."),
    "question-pages": _l("Your choice has been saved."),
}


@dataclass(frozen=True)
class QuestionRow:
    """A question in the list."""

    definition: Definition
    position: int  # among the questions that are asked, from 1; 0 if retired
    answers: int | None  # None for private answers, which are not counted
    condition: str

    @property
    def name(self) -> str:
        """Return the text of the question."""
        return custom_questions.get_label(self.definition)

    @property
    def is_for_everyone(self) -> bool:
        """Whether all delegates are asked it, regardless of their other answers."""
        definition = self.definition
        return not (self.condition or definition.categories or definition.days)

    @property
    def kind(self) -> str:
        """Return the kind of answer."""
        return descriptions.name_kind(self.definition)

    @property
    def is_standard(self) -> bool:
        """Whether every site has it, so that it cannot be deleted."""
        return self.definition.standard is not None

    @property
    def can_be_hidden(self) -> bool:
        """Whether the site works without it."""
        return self.definition.standard is None or self.definition.standard.can_be_hidden


@bp.get("")
def index() -> ResponseReturnValue:
    return _render_index()


def _render_index(error: str = "") -> ResponseReturnValue:
    query = parse_list_query(FILTERS, SORTS)
    state = query.get_filter("state")
    rows = [
        row
        for row in _list_rows()
        if state in {"", "retired" if row.definition.is_retired else "asked"}
        and query.search.casefold() in row.name.casefold()
    ]
    return render_list(
        "admin/questions/index.html",
        paginate(rows, query, FILTERS),
        error,
        last=sum(not row.definition.is_retired for row in rows),
        can_reorder=not query.search and not state,
        pages_form=PagesForm(
            formdata=None, data={"is_one_per_page": queries.is_one_per_page(REGISTRATION)}
        ),
    )


def _list_rows() -> Sequence[QuestionRow]:
    definitions = queries.read_definitions(REGISTRATION)
    counts = {**custom_answers.count_by_question(), **custom_answers.count_standard()}
    by_id = {definition.id: definition for definition in definitions}
    rows = []
    active_count = 0
    for one in sorted(definitions, key=lambda each: each.is_retired):
        active_count += not one.is_retired
        condition = descriptions.describe_condition(one.condition, by_id)
        position = 0 if one.is_retired else active_count
        answers = counts.get(one.id, 0) if _is_counted(one) else None
        rows.append(QuestionRow(one, position, answers, condition))
    return rows


def _is_counted(definition: Definition) -> bool:
    """Return True if the current user may know how many people answered a question."""
    is_standard = definition.standard is not None
    return not definition.is_private or (not is_standard and can_read(roles.SPEAKER_NEEDS))


@bp.route("/_add", methods=["GET", "POST"])
@validates_own_csrf
def add() -> ResponseReturnValue:
    form = forms.build_form(**forms.NEW_DATA)
    form.set_choices(queries.read_definitions(REGISTRATION))
    if form.validate_on_submit():
        try:
            added = services.add(REGISTRATION, form.get_edited(), actor=current_actor())
        except RuleViolation as refusal:
            form.show_refusal(refusal)
        else:
            return redirect_after_adding(_url(added), "question-added")
    return _render_form(form)


@bp.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    return _render_question(number)


def _render_question(number: int, error: str = "") -> ResponseReturnValue:
    question = queries.get_question(REGISTRATION, number)
    row = next(one for one in _list_rows() if one.definition.id == number)
    form = ConfirmForm()
    form.form_errors = [error] if error else []
    return render_page(
        "admin/questions/show.html",
        row=row,
        question=row.definition,
        erasure=descriptions.describe_erasure(row.definition),
        readers=descriptions.READER_NAMES[row.definition.readers],
        days=descriptions.describe_days(row.definition),
        categories=descriptions.describe_categories(row.definition),
        texts=_list_texts(row.definition),
        purpose=custom_questions.explain(row.definition).purpose,
        total=sum(not one.is_retired for one in custom_questions.list_all_with_standard()),
        entries=history.list_newest(question.history_subject),
        form=form,
    )


def _list_texts(definition: Definition) -> Mapping[str, Sequence[str]]:
    """Map the number of each version to its choices, the newest version first."""
    language = custom_questions.get_language()
    return {
        str(len(definition.versions) - index): list(version.get_texts(language).choices.values())
        for index, version in enumerate(reversed(definition.versions))
    }


@bp.route("/<int:number>/change", methods=["GET", "POST"])
@validates_own_csrf
def edit(number: int) -> ResponseReturnValue:
    question = queries.get_question(REGISTRATION, number)
    definitions = queries.read_definitions(REGISTRATION)
    index = [definition.id for definition in definitions].index(number)
    form = forms.build_form(**forms.initial_data(definitions[index], question.version))
    form.set_choices(definitions[:index])
    known = definitions[index].standard
    if known is not None:
        form.limit(known)
    if not form.validate_on_submit():
        return _render_form(form, definitions[index])
    edited = form.get_edited()
    try:
        if question.version == form.expected_version.data and known is None:
            question_promises.check(definitions[index], edited)
        has_changed = services.save(
            question, edited, expected_version=form.expected_version.data, actor=current_actor()
        )
    except StaleEdit as stale:
        form.rebase_on(stale)
        return _render_form(form, definitions[index], stale)
    except RuleViolation as refusal:
        form.show_refusal(refusal)
        return _render_form(form, definitions[index])
    return redirects.redirect_to(_url(question), "question-saved" if has_changed else "as-it-was")


@bp.post("/<int:number>/move")
def move(number: int) -> ResponseReturnValue:
    question = queries.get_question(REGISTRATION, number)
    direction = request.form.get("direction", "")
    try:
        is_moved = services.move(question, direction, actor=current_actor())
    except RuleViolation as refusal:
        return _render_index(gettext(str(refusal)))
    url = url_for(".index", _anchor=f"question-{number}")
    return redirects.redirect_to(url, "question-moved" if is_moved else "not-moved")


@bp.post("/<int:number>/retire")
def retire(number: int) -> ResponseReturnValue:
    question = queries.get_question(REGISTRATION, number)
    try:
        services.retire(question, actor=current_actor())
    except RuleViolation as refusal:
        return _render_question(number, gettext(str(refusal)))
    return redirects.redirect_to(
        _url(question), "question-hidden" if question.key else "question-retired"
    )


@bp.post("/<int:number>/restore")
def restore(number: int) -> ResponseReturnValue:
    question = queries.get_question(REGISTRATION, number)
    try:
        services.restore(question, actor=current_actor())
    except RuleViolation as refusal:
        return _render_question(number, gettext(str(refusal)))
    return redirects.redirect_to(_url(question), "question-restored")


@bp.route("/<int:number>/delete", methods=["GET", "POST"])
@validates_own_csrf
def delete(number: int) -> ResponseReturnValue:
    question = queries.get_question(REGISTRATION, number)
    form = ConfirmForm()
    label = next(row for row in _list_rows() if row.definition.id == number)
    if form.validate_on_submit():
        try:
            services.delete(question, is_answered=is_answered, actor=current_actor())
        except RuleViolation as refusal:
            form.form_errors.append(gettext(str(refusal)))
        else:
            return redirects.redirect_to(url_for(".index"), "question-deleted")
    return render_page(
        "admin/questions/delete.html",
        form=form,
        name=label.name,
        is_answered=is_answered(number),
        breadcrumbs=[(label.name, _url(question))],
    )


@bp.post("/_pages")
def set_pages() -> ResponseReturnValue:
    """Ask each question on a page of its own, or all on one."""
    has_changed = services.set_one_per_page(
        REGISTRATION,
        is_one_per_page=bool(PagesForm().is_one_per_page.data),
        actor=current_actor(),
    )
    return redirects.redirect_to(
        url_for(".index"), "question-pages" if has_changed else "as-it-was"
    )


def _render_form(
    form: QuestionForm, definition: Definition | None = None, stale: StaleEdit | None = None
) -> ResponseReturnValue:
    name = custom_questions.get_label(definition) if definition else ""
    back = url_for(".show", number=definition.id) if definition else url_for(".index")
    return render_page(
        "admin/questions/form.html",
        409 if stale else None,
        form=form,
        name=name,
        stale=stale,
        back=back,
        breadcrumbs=[(name, back)] if definition else None,
    )


def _url(question: Question) -> str:
    return url_for(".show", number=question.id)

"""Access and dietary requirements: what has to be arranged, by whom and when; answering delegates.

Private answers are shown with names here, so a page shows them only on request. The request is
recorded in the history, and is valid for an hour.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import ValidationError

from app import clock
from app.accounts import roles
from app.accounts.guards import current_actor, current_person
from app.admin.requirement_case_actions import SelectedCase, list_actions
from app.admin.speaker_pages.forms import OptionalDateField
from app.admin_kit import saved_views
from app.admin_kit.bulk_actions import confirm_or_run
from app.admin_kit.edit_form import EditForm
from app.admin_kit.listing import (
    MAX_SELECTED,
    PAGE_SIZE,
    ListFilter,
    Listing,
    ListQuery,
    get_selected,
    parse_list_query,
    render_list,
)
from app.delegates.private_answers import is_unreadable
from app.delegates.requirement_kinds import REQUIREMENT_TYPES, RequirementType
from app.delegates.requirement_models import OPEN
from app.errors import StaleEdit
from app.forms.fields import editor_text_field
from app.forms.form import ConfirmForm, validates_own_csrf
from app.forms.validators import one_of_choices
from app.history import queries as history
from app.history.services import record
from app.registration.desk import requirement_report
from app.registration.requirement_cases import labels, queries, services
from app.registration.requirement_cases.queries import CaseFilter, OpenedCase
from app.registration.session_bookings import queries as session_bookings
from app.registration.session_bookings.labels import describe_sessions
from app.web import redirects
from app.web.formatting import local_day
from app.web.rendering import render_page

SORTS = ("due",)
SHEETS: Final[Mapping[str, Sequence[tuple[str, Any]]]] = {  # groups for which a list is summed up
    requirement_report.ACCESS: [
        (requirement_report.ACCESS, _l("What the venue needs to know")),
        (requirement_report.INTERPRETER, _l("What the interpreter needs to know")),
    ],
    requirement_report.DIETARY: [
        (requirement_report.DIETARY, _l("What the caterer needs to know")),
    ],
}
MAX_ANSWER_LENGTH: Final = 2_000
AN_HOUR: Final = timedelta(hours=1)
STATE_FILTER = ListFilter(
    "state",
    _l("State"),
    [
        ("", _l("To arrange")),
        *labels.STATE_NAMES.items(),
        (queries.UNREAD, _l("With a new reply")),
        (queries.ALL, _l("All states")),
    ],
)
DUE_FILTER = ListFilter(
    "due",
    _l("Due"),
    [
        (queries.OVERDUE, _l("Overdue")),
        (queries.THIS_WEEK, _l("In the next 7 days")),
        (queries.NO_DATE, _l("No due date")),
    ],
)

redirects.MESSAGES["admin"] |= {
    "access-saved": _l("Saved. The delegate sees the state and the answer on their booking page."),
    "access-emailed": _l("Saved. We are emailing the delegate that there is an answer."),
}


class CaseForm(EditForm):
    """Work on a case."""

    state = RadioField(
        _l("State"),
        choices=[SelectChoice(value, label) for value, label in labels.STATE_NAMES.items()],
        default=OPEN,
    )
    owner = SelectField(
        _l("Who arranges it"),
        [one_of_choices(_l("Choose someone from the list"))],
        validate_choice=False,
    )
    due_on = OptionalDateField(
        _l("Due date (optional)"), description=_l("When it has to be arranged")
    )
    answer = editor_text_field(
        _l("Answer to the delegate (optional)"),
        _l("The answer"),
        _l("Shown on their booking page, where they can reply"),
        MAX_ANSWER_LENGTH,
    )
    notify = BooleanField(
        _l("Email the delegate that there is an answer"),
        description=_l(
            "The email has the link to their booking, but does not say what it is about"
        ),
    )

    def validate_notify(self, field: BooleanField) -> None:
        """Require an answer if it is to be emailed."""
        if field.data and not self.answer.data:
            raise ValidationError(_l("Write an answer, or untick this box"))

    def set_choices(self) -> None:
        """Offer the team members who may see requirements."""
        self.owner.choices = [("", gettext("Nobody yet")), *_list_owners()]

    def set_initial_data(self, opened: OpenedCase) -> None:
        """Fill the form with the saved values."""
        self.state.data = opened.row.state
        self.owner.data = str(opened.row.owner_id or "")
        self.due_on.data = opened.row.due_on
        self.answer.data = "" if is_unreadable(opened.answer) else opened.answer
        self.expected_version.data = opened.row.version

    def values(self, opened: OpenedCase) -> Mapping[str, Any]:
        """Return the submitted values, as they are stored."""
        answer = self.answer.data or ""
        is_hidden = is_unreadable(opened.answer) and not answer
        return {
            "state": self.state.data,
            "owner_id": int(self.owner.data) if self.owner.data else None,
            "due_on": self.due_on.data,
            "answer": opened.answer if is_hidden else answer,
        }


def index(type_name: str) -> ResponseReturnValue:
    """List the cases of a type of requirements."""
    if not _is_opened(type_name):
        return _render_gate(type_name)
    return _render_index(type_name)


def _find_selected(type_name: str, keys: Sequence[str]) -> Sequence[SelectedCase]:
    return [SelectedCase(one) for one in queries.list_by_keys(type_name, keys)]


def bulk(type_name: str) -> ResponseReturnValue:
    """Apply an action to the selected cases; after an hour this counts as another access."""
    is_opened = _is_opened(type_name)
    keys = get_selected(lambda: _list_keys(type_name))
    actions = {action.name: action for action in list_actions()}
    response = confirm_or_run(actions, keys, partial(_find_selected, type_name))
    if response is None and is_opened:
        return _render_index(type_name, gettext("Select at least one requirement"))
    if response is None:
        return _render_gate(type_name)
    if not is_opened:
        _record_look(type_name)  # so the selection is not lost
    return response


def _list_keys(type_name: str) -> Sequence[str]:
    """List the keys of all cases that match the filters."""
    query = parse_list_query(_get_filters(), SORTS)
    rows, _ = queries.list_page(_build_filter(type_name, query), offset=0, limit=MAX_SELECTED)
    return [row.row.key for row in rows]


def _get_filters(_: Any = None) -> Sequence[ListFilter]:
    return (STATE_FILTER, _owner_filter(), DUE_FILTER)


def _build_filter(type_name: str, query: ListQuery) -> CaseFilter:
    person = current_person()
    return CaseFilter(
        type=type_name,
        today=local_day(clock.now()),
        search=query.search,
        state=query.get_filter("state"),
        owner=query.get_filter("owner"),
        due=query.get_filter("due"),
        person_id=person.id if person else None,
    )


def _render_index(type_name: str, error: str = "") -> ResponseReturnValue:
    query = parse_list_query(filters := _get_filters(), SORTS)
    wanted = _build_filter(type_name, query)
    rows, total = queries.list_page(wanted, offset=query.offset, limit=PAGE_SIZE)
    return render_list(
        "admin/requirement_cases/index.html",
        Listing(rows, total, query, filters),
        error,
        actions=list_actions(),
        requirements=REQUIREMENT_TYPES[type_name],
        sheets=SHEETS[type_name],
        today=wanted.today,
        labels=labels,
    )


def reveal(type_name: str) -> ResponseReturnValue:
    """Record the access, and redirect to the page."""
    _record_look(type_name)
    key = request.args.get("key", "")
    address = url_for(".show", key=key) if key else url_for(".index", **_list_filters())
    return redirect(address, 303)


@validates_own_csrf
def show(type_name: str, key: str) -> ResponseReturnValue:
    """Show a case, and save changes."""
    opened = queries.get_case(type_name, key)
    if request.method != "POST" and not _is_opened(type_name):  # input is never lost
        return _render_gate(type_name, key)
    form = CaseForm()
    form.set_choices()
    if not form.is_submitted():
        form.set_initial_data(opened)
    if not form.validate_on_submit():
        return _render(form, opened)
    try:
        is_new = services.save(
            opened,
            form.values(opened),
            expected_version=form.expected_version.data,
            actor=current_actor(),
            notify=form.notify.data,
        )
    except StaleEdit as stale:
        return _render(form.rebase_on(stale), opened, stale)
    saved = "access-emailed" if form.notify.data else "access-saved"
    return redirects.redirect_to(url_for(".show", key=key), saved if is_new else "as-it-was")


def _render(
    form: CaseForm, opened: OpenedCase, stale: StaleEdit | None = None
) -> ResponseReturnValue:
    return render_page(
        "admin/requirement_cases/show.html",
        409 if stale else None,
        form=form,
        opened=opened,
        requirements=REQUIREMENT_TYPES[opened.row.type],
        labels=labels,
        stale=stale,
        today=local_day(clock.now()),
        sessions=describe_sessions(session_bookings.list_keys([opened.delegate.id])),
        entries=history.list_newest(opened.row.history_subject),
        back=url_for(".index"),
    )


def _is_opened(type_name: str) -> bool:
    """Return True if, by the history, the current user requested access within the hour."""
    since, wanted = clock.now() - AN_HOUR, REQUIREMENT_TYPES[type_name]
    summary, actor = wanted.viewed_summary, current_actor()
    return queries.was_viewed_since(wanted.list_subject, summary, actor, since)


def _record_look(type_name: str) -> None:
    wanted = REQUIREMENT_TYPES[type_name]
    record(wanted.viewed_summary, subject=wanted.list_subject, actor=current_actor())


def _render_gate(type_name: str, key: str = "") -> ResponseReturnValue:
    return render_page(
        "admin/requirement_cases/gate.html",
        422 if request.method == "POST" else 200,
        form=ConfirmForm(),
        requirements=REQUIREMENT_TYPES[type_name],
        address=url_for(".reveal", key=key or None, **_list_filters()),
    )


def _list_filters() -> dict[str, Any]:
    """Return the search, the filters and the saved view in the URL."""
    return {name: request.args.get(name) for name in ("q", "state", "owner", "due", "view")}


def _owner_filter() -> ListFilter:
    fixed = [(queries.MINE, gettext("Me")), (queries.NOBODY, gettext("Nobody yet"))]
    return ListFilter("owner", _l("Who arranges it"), [*fixed, *_list_owners()])


def _list_owners() -> Sequence[tuple[str, str]]:
    people = queries.list_possible_owners(roles.REQUIREMENT_CASES.write_roles)
    return [(str(person.id), person.email) for person in people]


def _create_blueprint(wanted: RequirementType) -> Blueprint:
    """Return the pages of a type of requirements."""
    name = f"{wanted.name}_cases"
    bp = Blueprint(
        name, __name__, url_prefix=f"/{wanted.name}", url_defaults={"type_name": wanted.name}
    )
    bp.get("")(index)
    bp.post("/_show")(reveal)
    bp.post("/_several")(bulk)
    bp.route("/<key>", methods=["GET", "POST"])(show)
    saved_views.declare(
        name,
        wanted.label,
        roles.REQUIREMENT_CASES,
        _get_filters,
        SORTS,
    )
    return bp


access_bp, dietary_bp = map(_create_blueprint, REQUIREMENT_TYPES.values())

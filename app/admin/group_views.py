"""Groups: the list, one group, creating one from bookings, dissolving it, and a file of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts import roles
from app.accounts.guards import current_actor
from app.admin.delegates import answer_columns
from app.admin_kit import saved_views
from app.admin_kit.listing import (
    PAGE_SIZE,
    ListFilter,
    Listing,
    ListQuery,
    parse_list_query,
    render_list,
)
from app.delegates.fields import EMAIL
from app.errors import RuleViolation
from app.forms.form import ConfirmForm, validates_own_csrf
from app.history import queries as history
from app.history import services as history_services
from app.registration.groups import presentation, queries, services
from app.registration.groups.draft import CONTACT_NAME, ORGANISATION
from app.registration.groups.forms import MakeGroupForm
from app.registration.groups.models import RegistrationGroup
from app.registration.groups.queries import GroupRow
from app.text import count_of
from app.web import languages, redirects, spreadsheets
from app.web.formatting import local_moment
from app.web.rendering import render_page

SORTS = tuple(queries.SORTS)
FILTERS = (
    ListFilter(
        "lacks",
        _l("People"),
        [("waiting", _l("On the waiting list")), ("unplaced", _l("Without a place"))],
    ),
)

redirects.MESSAGES["admin"] |= {
    "group-made": _l("The group has been created. We are emailing the link to its contact."),
    "group-link-sent": _l("We are sending the link to the contact."),
    "group-dissolved": _l("The group has been dissolved. Its people keep their bookings."),
}

saved_views.declare("groups", _l("Groups"), roles.DELEGATES, lambda _: FILTERS, SORTS)
bp = Blueprint("groups", __name__, url_prefix="/groups")


@bp.get("")
def index() -> ResponseReturnValue:
    query = parse_list_query(FILTERS, SORTS)
    rows, total = _list_page(query, query.offset, PAGE_SIZE)
    return render_list("admin/groups/index.html", Listing(rows, total, query, FILTERS))


def _list_page(query: ListQuery, offset: int, limit: int) -> tuple[Sequence[GroupRow], int]:
    return queries.list_page(
        query.search,
        query.get_filter("lacks"),
        query.sort,
        is_reversed=query.is_reversed,
        offset=offset,
        limit=limit,
    )


@bp.route("/_add", methods=["GET", "POST"])
@validates_own_csrf
def add() -> ResponseReturnValue:
    form = MakeGroupForm()
    if form.validate_on_submit():
        answers = form.get_answers()
        contact = {name: answers[name] for name in (CONTACT_NAME, EMAIL, ORGANISATION)}
        try:
            group = services.make(
                contact,
                form.list_references(),
                languages.current().code,
                actor=current_actor(),
            )
        except RuleViolation as refusal:
            form.add_error(form.references, refusal)
        else:
            return redirects.redirect_to(url_for(".show", number=group.id), "group-made")
    return render_page("admin/groups/form.html", form=form, back=url_for(".index"))


@bp.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    group = queries.get_by_number(number)
    return render_page(
        "admin/groups/show.html",
        group=group,
        rows=presentation.list_members(group),
        missing=_count_missing(group),
        entries=history.list_newest(group.history_subject),
        form=ConfirmForm(),
    )


def _count_missing(group: RegistrationGroup) -> Mapping[int, int]:
    """Return the number of required questions each person has still to answer, by person number."""
    with_booking = [(one.id, one.delegate) for one in group.members if one.delegate]
    return {number: len(answer_columns.list_missing(one)) for number, one in with_booking}


@bp.post("/<int:number>/link")
def send_link(number: int) -> ResponseReturnValue:
    services.send_group_link(queries.get_by_number(number), actor=current_actor())
    return redirects.redirect_to(url_for(".show", number=number), "group-link-sent")


@bp.route("/<int:number>/dissolve", methods=["GET", "POST"])
@validates_own_csrf
def dissolve(number: int) -> ResponseReturnValue:
    group, form = queries.get_by_number(number), ConfirmForm()
    if form.validate_on_submit():
        services.dissolve(group, actor=current_actor())
        return redirects.redirect_to(url_for(".index"), "group-dissolved")
    return render_page(
        "admin/groups/dissolve.html",
        form=form,
        group=group,
        breadcrumbs=[(group.title, url_for(".show", number=number))],
    )


@bp.post("/_export")
def export() -> ResponseReturnValue:
    rows, _ = _list_page(parse_list_query(FILTERS, SORTS), 0, queries.MAX_LIST)
    head = [
        *(gettext("Contact"), gettext("Email address"), gettext("Organisation")),
        *(gettext("People with a place"), gettext("Registered")),
    ]
    summary = f"Exported {count_of(len(rows), 'group')}"
    history_services.record(summary, subject="groups", actor=current_actor())
    return spreadsheets.send_csv("groups", head, list(_iter_cells(rows)))


def _iter_cells(rows: Sequence[GroupRow]) -> Iterator[list[Any]]:
    for group, size in rows:
        registered = local_moment(group.created_at)
        yield [group.name, group.email, group.organisation, size, registered]

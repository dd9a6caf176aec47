"""Exports of all or filtered delegates, streamed.

Access and dietary requirements are only included on request and with a reason. Each export is
recorded in the history.
"""

from collections.abc import Mapping, Sequence

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import clock
from app.accounts.guards import current_actor
from app.admin.delegates import presentation
from app.admin.delegates.forms import ExportNeedsForm
from app.admin.listing import ListQuery
from app.forms.base import validates_own_csrf
from app.registration.desk import export, queries, services
from app.registration.desk.queries import DelegateFilter
from app.web import spreadsheets, xlsx
from app.web.formatting import conference_zone, local_day
from app.web.rendering import render_page

bp = Blueprint("exports", __name__)


@bp.post("/_export")
def export_delegates() -> ResponseReturnValue:
    """Export delegates without their requirements."""
    _, delegate_filter = presentation.parse_delegate_query(presentation.get_filters())
    services.record_export(
        "the booking details", queries.count_delegates(delegate_filter), "", actor=current_actor()
    )
    return _send_file(delegate_filter, (), "xlsx" if "xlsx" in request.form else "csv")


@bp.route("/_export/needs", methods=["GET", "POST"])
@validates_own_csrf
def export_with_needs() -> ResponseReturnValue:
    """Export delegates with the requirements that were asked for, with a reason."""
    list_query, delegate_filter = presentation.parse_delegate_query(presentation.get_filters())
    form = ExportNeedsForm()
    number = queries.count_delegates(delegate_filter)
    if form.validate_on_submit():
        needs = form.needs.data or ()
        what = " and ".join(["the booking details", *(f"{need} needs" for need in needs)])
        services.record_export(what, number, str(form.reason.data), actor=current_actor())
        return _send_file(delegate_filter, needs, form.kind.data)
    return render_page(
        "admin/delegates/export_needs.html",
        422 if form.errors else 200,
        form=form,
        number=number,
        is_narrowed=bool(to_query_args(list_query)),
    )


def to_query_args(list_query: ListQuery) -> Mapping[str, str]:
    """Return the query parameters that select the same delegates."""
    return (
        {"q": list_query.search, **list_query.filter_values}
        if list_query.search
        else dict(list_query.filter_values)
    )


def _send_file(delegate_filter: DelegateFilter, needs: Sequence[str], file_format: str) -> Response:
    columns = export.list_columns(needs)
    head = [one.label for one in columns]
    rows = export.iter_rows(delegate_filter, columns, conference_zone())
    if file_format == "xlsx":
        body = spreadsheets.stream_xlsx(gettext("Delegates"), head, rows)
        name = spreadsheets.dated_name("delegates", "xlsx", local_day(clock.now()))
        return spreadsheets.make_attachment(body, name, xlsx.XLSX)
    name = spreadsheets.dated_name("delegates", "csv", local_day(clock.now()))
    body = spreadsheets.stream_csv(head, rows)
    return spreadsheets.make_attachment(body, name, spreadsheets.CSV)

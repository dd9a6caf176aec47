"""What the venue, the caterer and the interpreter need: shown on request, to print or as a file."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.accounts.guards import current_actor
from app.forms.form import ConfirmForm, validates_own_csrf
from app.registration.desk import requirement_report
from app.registration.desk.requirement_report import (
    ACCESS,
    DIETARY,
    INTERPRETER,
    PURPOSES,
    RequirementReport,
)
from app.web import spreadsheets
from app.web.rendering import render_page

HEADINGS: Final[Mapping[str, Any]] = {
    ACCESS: _l("Access requirements for the venue"),
    DIETARY: _l("Dietary requirements for the caterer"),
    INTERPRETER: _l("Delegates who need a sign language interpreter"),
}
LEDES: Final[Mapping[str, Any]] = {
    ACCESS: _l("How many delegates need what on each day, and their own words, without names."),
    DIETARY: _l("How many delegates need what at each meal, and their own words, without names."),
    INTERPRETER: _l(
        "The names of those who asked for British Sign Language, their days, and the time and room "
        "of the sessions that they have booked."
    ),
}

bp = Blueprint("requirements", __name__, url_prefix="/_requirements")


@bp.route(f"/<any{PURPOSES}:purpose>", methods=["GET", "POST"])
@validates_own_csrf
def show(purpose: str) -> ResponseReturnValue:
    """Show a report once the user asks for it, and record the access."""
    form = ConfirmForm()
    report = None
    if form.validate_on_submit():
        report = requirement_report.read_report(purpose, actor=current_actor())
        if "csv" in request.form:
            return _send_file(purpose, report)
    return render_page(
        "admin/delegates/requirements.html",
        form=form,
        report=report,
        title=HEADINGS[purpose],
        lede=LEDES[purpose],
        is_for_interpreter=purpose == INTERPRETER,
        is_for_caterer=purpose == DIETARY,
    )


def _send_file(purpose: str, report: RequirementReport) -> Response:
    return spreadsheets.send_csv(f"requirements-{purpose}", report.head, report.rows)

"""Delegates as a file: all of them or the list as it is narrowed, sent while it is read.

What they need is in no file unless it is asked for by name, with a reason. Each export stands
in the history.
"""

from collections.abc import Mapping, Sequence

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.forms import checks_its_own_token
from app.organise.delegates import asked as asks
from app.organise.delegates.forms import ExportNeedsForm
from app.organise.edited import who
from app.organise.lists import Asked
from app.registration import countries
from app.registration.desk import exporting, queries, services
from app.registration.desk.exporting import Words
from app.registration.desk.queries import Wanted
from app.web import languages, sheets
from app.web.pages import page
from app.web.words import zone

pages = Blueprint("exports", __name__)


@pages.post("/_export")
def export() -> ResponseReturnValue:
    """Send what is known of delegates, but for what they need."""
    _, wanted = asks.of_the_list(asks.filters())
    services.note_export("the booking details", queries.count(wanted), "", who=who())
    return _file(wanted, (), "xlsx" if "xlsx" in request.form else "csv")


@pages.route("/_export/needs", methods=["GET", "POST"])
@checks_its_own_token
def with_needs() -> ResponseReturnValue:
    """Send what delegates need, too, once somebody has said what of it and what for."""
    asked, wanted = asks.of_the_list(asks.filters())
    form = ExportNeedsForm()
    number = queries.count(wanted)
    if form.validate_on_submit():
        needs = form.needs.data or ()
        what = " and ".join(["the booking details", *(f"{need} needs" for need in needs)])
        services.note_export(what, number, str(form.reason.data), who=who())
        return _file(wanted, needs, form.kind.data)
    return page(
        "organise/delegates/export_needs.html",
        422 if form.errors else 200,
        form=form,
        number=number,
        is_narrowed=bool(question(asked)),
    )


def question(asked: Asked) -> Mapping[str, str]:
    """Give what the address must ask for the same delegates."""
    return {"q": asked.search, **asked.chosen} if asked.search else dict(asked.chosen)


def _file(wanted: Wanted, needs: Sequence[str], kind: str) -> Response:
    language = languages.current().code
    words = Words(
        countries=dict(countries.listed(language)),
        zone=zone(),
        yes=gettext("Yes"),
        no=gettext("No"),
    )
    head = [*_head(), *(name for need, name in _needs().items() if need in needs)]
    rows = exporting.rows(wanted, needs, words)
    if kind == "xlsx":
        body = sheets.xlsx(gettext("Delegates"), head, rows)
        return sheets.attachment(body, "delegates.xlsx", sheets.XLSX)
    return sheets.attachment(sheets.csv_lines(head, rows), "delegates.csv", sheets.CSV)


def _head() -> Sequence[str]:
    return (
        gettext("Reference"),
        gettext("Given names"),
        gettext("Family name"),
        gettext("Name on the badge"),
        gettext("Email address"),
        gettext("Organisation"),
        gettext("Role"),
        gettext("Country"),
        gettext("Days"),
        gettext("Language"),
        gettext("Registered"),
        gettext("Cancelled"),
        gettext("Added by hand"),
    )


def _needs() -> Mapping[str, str]:
    return {"access": gettext("Access needs"), "dietary": gettext("Dietary needs")}

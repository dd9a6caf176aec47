"""The suppression list: addresses that get no group emails, and why."""

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField

from app.accounts import roles
from app.accounts.guards import current_actor
from app.admin_kit import saved_views
from app.admin_kit.listing import ListFilter, Listing, parse_list_query, render_list
from app.forms.fields import other_persons_email_field
from app.forms.form import ConfirmForm, Form, validates_own_csrf
from app.forms.validators import max_length, no_hidden_characters
from app.history import queries as history
from app.history import services as history_services
from app.mail import suppression
from app.mail.models import BOUNCED, BY_DESK, COMPLAINT, UNSUBSCRIBED, SuppressedAddress
from app.mail.suppression import MAX_NOTE_LENGTH, SuppressionFilter
from app.text import count_of, normalise_lines
from app.web import redirects, spreadsheets
from app.web.formatting import site_time
from app.web.rendering import render_page

bp = Blueprint("suppression", __name__, url_prefix="/letters/suppression")

redirects.MESSAGES["admin"] |= {
    "suppressed": _l("The address is on the list."),
    "suppressed-before": _l("The address was on the list already. Nothing has changed."),
    "suppression-lifted": _l("The reason has been removed."),
}
REASON_NAMES = {
    UNSUBSCRIBED: _l("Unsubscribed"),
    COMPLAINT: _l("Marked an email as spam"),
    BOUNCED: _l("Emails are returned"),
    BY_DESK: _l("Added by hand"),
}
FILTERS = (ListFilter("reason", _l("Reason"), tuple(REASON_NAMES.items())),)


class SuppressForm(Form):
    """Add an address manually."""

    email = other_persons_email_field(_l("Email address"))
    note = TextAreaField(
        _l("Why (optional)"),
        [max_length(MAX_NOTE_LENGTH, _l("The reason")), no_hidden_characters],
        [normalise_lines],
        _l("For example: asked us by phone"),
        render_kw={"dir": "auto"},
    )


@bp.get("")
def index() -> ResponseReturnValue:
    list_query = parse_list_query(FILTERS, suppression.SORTS)
    filters = SuppressionFilter(list_query.search, list_query.get_filter("reason"))
    rows = suppression.list_page(filters, **list_query.window)
    total = suppression.count(filters)
    return render_list(
        "admin/suppression/index.html",
        Listing(rows, total, list_query, FILTERS),
        reason_names=REASON_NAMES,
    )


@bp.route("/add", methods=["GET", "POST"])
@validates_own_csrf
def add() -> ResponseReturnValue:
    form = SuppressForm()
    if form.validate_on_submit():
        note = str(form.note.data or "")
        is_new = suppression.suppress(str(form.email.data), BY_DESK, by=current_actor(), note=note)
        return redirects.redirect_to(
            url_for(".index"), "suppressed" if is_new else "suppressed-before"
        )
    return render_page("admin/suppression/add.html", form=form, back=url_for(".index"))


@bp.route("/<int:number>/lift", methods=["GET", "POST"])
def lift(number: int) -> ResponseReturnValue:
    """Confirm and remove a reason from the list."""
    reason, form = suppression.get_reason(number), ConfirmForm()
    if form.validate_on_submit():
        suppression.lift(number, actor=current_actor())
        return redirects.redirect_to(url_for(".index"), "suppression-lifted")
    return render_page(
        "admin/suppression/lift.html",
        reason=reason,
        reason_name=REASON_NAMES[reason.reason],
        is_own_wish=reason.reason in {UNSUBSCRIBED, COMPLAINT},
        entries=history.list_newest(suppression.history_subject(reason.address)),
        form=form,
    )


@bp.post("/_export")
def export() -> ResponseReturnValue:
    """Send the list as a CSV file, and record who downloaded it."""
    list_query = parse_list_query(FILTERS, suppression.SORTS)
    filters = SuppressionFilter(list_query.search, list_query.get_filter("reason"))
    rows = [_to_row(reason) for reason in suppression.list_all(filters)]
    history_services.record(
        f"Exported {count_of(len(rows), 'row')} of the suppression list",
        subject="suppression list",
        actor=current_actor(),
    )
    head = [
        gettext(heading) for heading in ("Email address", "Reason", "Since", "Added by", "Note")
    ]
    return spreadsheets.send_csv("suppression-list", head, rows)


def _to_row(one: SuppressedAddress) -> tuple[str, ...]:
    return (
        "" if one.is_erased else one.address,
        str(REASON_NAMES[one.reason]),
        site_time(one.suppressed_at).isoformat(sep=" ", timespec="minutes"),
        one.suppressed_by,
        one.note,
    )


saved_views.declare(
    "suppression", _l("Suppression list"), roles.DELEGATES, lambda _: FILTERS, suppression.SORTS
)

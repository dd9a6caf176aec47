"""Group emails: test, schedule, cancel and stop, and the report."""

from collections.abc import Iterator
from datetime import timedelta

from flask import Blueprint, current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from app import clock
from app.accounts.guards import current_actor
from app.admin.mailings.forms import ScheduleForm
from app.admin.mailings.views import breadcrumbs, title_of
from app.admin_emails import readable_emails
from app.admin_kit.listing import (
    ListFilter,
    Listing,
    ListQuery,
    parse_list_query,
    render_list,
)
from app.errors import RuleViolation
from app.forms.form import ConfirmForm, validates_own_csrf
from app.mail.delivery_status import describe_error
from app.mailings import audiences, message, queries, recipients, scheduling, services
from app.mailings.models import Mailing
from app.web import redirects, spreadsheets
from app.web.formatting import conference_zone, local_moment, site_time
from app.web.rendering import render_page

bp = Blueprint("send", __name__, url_prefix="/<int:number>")

redirects.MESSAGES["admin"] |= {
    "mailing-test": _l("We are sending you a test email."),
    "mailing-scheduled": _l("The email has been scheduled."),
    "mailing-cancelled": _l("The email has been cancelled. It is a draft again."),
    "mailing-stopped": _l("The email has been stopped. The rest will not get it."),
    "mailing-copied": _l("This is a copy. Nothing has been sent."),
    "mailing-deleted": _l("The draft has been deleted."),
}

STATUS_LABELS = {
    queries.SENT_TO: _l("Sent"),
    queries.WAITING_TO_GO: _l("Being sent"),
    queries.NOT_YET: _l("Waiting"),
    queries.RETRYING: _l("Trying again"),
    queries.REFUSED: _l("Refused"),
    queries.BOUNCED: _l("Returned"),
    queries.NOT_SENT: _l("Excluded"),
}
STATUS_FILTER = ListFilter("status", _l("State"), tuple(STATUS_LABELS.items()))


@bp.route("/send", methods=["GET", "POST"])
@validates_own_csrf
def schedule(number: int) -> ResponseReturnValue:
    """Ask when to send the email and to how many people, and schedule it."""
    mailing, form = queries.get_mailing(number), ScheduleForm()
    is_sure = form.validate_on_submit()
    if is_sure:
        try:
            _schedule(mailing, form)
        except RuleViolation as refusal:
            form.form_errors.append(gettext(str(refusal)))
        else:
            return redirects.redirect_to(
                url_for("admin.mailings.show", number=number), "mailing-scheduled"
            )
    audience, chosen = audiences.get_audience(mailing.audience), queries.select_people(mailing)
    is_everyone = audience.is_chosen and not mailing.query
    form.prepare(mailing, chosen.count, _undo_minutes(), is_everyone=is_everyone)
    return render_page(
        "admin/mailings/schedule.html",
        form=form,
        mailing=mailing,
        selection=chosen,
        gaps=message.list_gaps(mailing, audience, chosen),
        breadcrumbs=breadcrumbs(mailing),
    )


def _undo_minutes() -> int:
    return int(current_app.extensions["settings"].MAILING_UNDO_MINUTES)


def _schedule(mailing: Mailing, form: ScheduleForm) -> None:
    scheduling.schedule(
        mailing,
        form.get_send_time(timedelta(minutes=_undo_minutes())),
        expected_version=form.expected_version.data,
        expected_count=form.count.data,
        actor=current_actor(),
    )


@bp.post("/test")
def send_test(number: int) -> ResponseReturnValue:
    """Send the previewed email as a test, and show the preview again."""
    mailing, person = queries.get_mailing(number), request.args.get("person", "")
    services.send_test(mailing, person, to=current_actor())
    preview = url_for("admin.mailings.preview.show", number=number, person=person or None)
    return redirects.redirect_to(preview, "mailing-test")


@bp.post("/cancel")
def cancel(number: int) -> ResponseReturnValue:
    scheduling.cancel(queries.get_mailing(number), actor=current_actor())
    return redirects.redirect_to(url_for("admin.mailings.show", number=number), "mailing-cancelled")


@bp.route("/stop", methods=["GET", "POST"])
@validates_own_csrf
def stop(number: int) -> ResponseReturnValue:
    mailing, form = queries.get_mailing(number), ConfirmForm()
    if form.validate_on_submit():
        scheduling.stop(mailing, actor=current_actor())
        return redirects.redirect_to(
            url_for("admin.mailings.show", number=number), "mailing-stopped"
        )
    return _render_confirm("stop", mailing, form)


@bp.post("/copy")
def copy(number: int) -> ResponseReturnValue:
    mailing = services.copy(queries.get_mailing(number), actor=current_actor())
    return redirects.redirect_to(
        url_for("admin.mailings.show", number=mailing.id), "mailing-copied"
    )


@bp.route("/delete", methods=["GET", "POST"])
@validates_own_csrf
def delete(number: int) -> ResponseReturnValue:
    mailing, form = queries.get_mailing(number), ConfirmForm()
    if form.validate_on_submit():
        services.delete(mailing, actor=current_actor())
        return redirects.redirect_to(url_for("admin.mailings.index"), "mailing-deleted")
    return _render_confirm("delete", mailing, form)


def _render_confirm(template: str, mailing: Mailing, form: ConfirmForm) -> ResponseReturnValue:
    return render_page(
        f"admin/mailings/{template}.html",
        form=form,
        mailing=mailing,
        report=queries.get_report(mailing),
        breadcrumbs=breadcrumbs(mailing),
    )


@bp.get("/recipients")
def report(number: int) -> ResponseReturnValue:
    mailing = queries.get_mailing(number)
    list_query, window = _parse_report_query()
    rows = queries.list_report(
        mailing, *window, offset=list_query.offset, limit=list_query.window["limit"]
    )
    total = queries.count_report(mailing, *window)
    return render_list(
        "admin/mailings/report.html",
        Listing(rows, total, list_query, (STATUS_FILTER,), ".report"),
        mailing=mailing,
        labels=STATUS_LABELS,
        describe_reason=recipients.describe_reason,
        describe_error=describe_error,
        breadcrumbs=breadcrumbs(mailing),
    )


@bp.post("/_export")
def export(number: int) -> ResponseReturnValue:
    """Download the report, and record that."""
    mailing = queries.get_mailing(number)
    services.record_export(mailing, actor=current_actor())
    head = [
        gettext("Name"),
        gettext("Email address"),
        gettext("State"),
        gettext("Reason"),
        gettext("Sent"),
    ]
    _, window = _parse_report_query()
    return spreadsheets.send_csv("recipients", head, _iter_rows(mailing, *window))


def _parse_report_query() -> tuple[ListQuery, tuple[str, str]]:
    """Return the query of the list of recipients, with its status and search words."""
    list_query = parse_list_query((STATUS_FILTER,), ("name",))
    return list_query, (list_query.get_filter("status"), list_query.search)


def _iter_rows(mailing: Mailing, status: str, search: str) -> Iterator[list[str]]:
    zone = conference_zone()
    labels = {status: str(label) for status, label in STATUS_LABELS.items()}
    reasons = {reason: str(name) for reason, name in recipients.REASON_NAMES.items()}

    def to_row(row: queries.ReportRow) -> list[str]:
        sent = f"{site_time(row.sent_at).astimezone(zone):%Y-%m-%d %H:%M}" if row.sent_at else ""
        reason = reasons.get(row.reason, row.reason)
        return [row.name, row.address, labels[row.status], reason, sent]

    return map(to_row, queries.stream_report(mailing, status, search))


def describe_next() -> str:
    """Return the dashboard's sentence about the next mailing."""
    found = queries.find_next(readable_emails.list_hidden_mailings())
    return str(_describe(*found)) if found else ""


def _describe(mailing: Mailing, count: int) -> str:
    moment = local_moment(mailing.send_at or clock.now())
    subject = title_of(mailing)
    if mailing.is_sending:
        sentence = ngettext(
            "An email to %(num)s person is being sent",
            "An email to %(num)s people is being sent",
            count,
        )
    elif count:
        sentence = ngettext(
            "An email to %(num)s person will be sent at %(moment)s",
            "An email to %(num)s people will be sent at %(moment)s",
            count,
            moment=moment,
        )
    else:  # its recipients are selected by then
        sentence = gettext(
            "“%(subject)s” will be sent at %(moment)s", subject=subject, moment=moment
        )
    return str(sentence)

"""Emails that the site has sent or will send: the list, one email, and sending it again."""

from datetime import timedelta

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.accounts import rate_limits, roles
from app.accounts.guards import current_actor
from app.admin_emails import readable_emails
from app.admin_emails.kinds.registry import email_choices, get_email_name
from app.admin_kit import saved_views
from app.admin_kit.listing import ListFilter, Listing, parse_list_query, render_list
from app.delegates.models import Delegate
from app.errors import NotFound
from app.forms.form import ConfirmForm
from app.history import queries as history
from app.mail import check as mail_check
from app.mail import domains
from app.mail import queries as mail
from app.mail.models import Email
from app.registration.desk import queries
from app.registration.desk import services as desk
from app.request_transaction import read_first
from app.web import redirects
from app.web.rendering import render_page

bp = Blueprint("emails", __name__, url_prefix="/letters")
read_first(bp, {"check_now"})  # queries other servers, so it must not hold the write lock

redirects.MESSAGES["admin"] |= {
    "letter-again": _l("We are sending the email again."),
    "domain-resumed": _l("We are sending the emails to that domain that were on hold."),
    "test-email": _l("We are sending you a test email. This page shows its status."),
}

AGES = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
}
STATE_OPTIONS = (
    ("failed", _l("Not delivered")),
    ("slow", _l("Delayed")),
    ("waiting", _l("Waiting")),
    ("sent", _l("Sent")),
)
AGE_OPTIONS = (
    ("hour", _l("In the last hour")),
    ("day", _l("In the last day")),
    ("week", _l("In the last 7 days")),
    ("month", _l("In the last 30 days")),
)


@bp.get("")
def index() -> ResponseReturnValue:
    filters = _get_filters()
    list_query = parse_list_query(filters, mail.SORTS)
    email_filter = mail.EmailFilter(
        search=list_query.search,
        state=list_query.get_filter("state"),
        kind=list_query.get_filter("kind"),
        younger_than=AGES.get(list_query.get_filter("age")),
        conditions=readable_emails.list_conditions(),
    )
    rows = mail.search(email_filter, **list_query.window)
    return render_list(
        "admin/emails/index.html",
        Listing(rows, mail.count(email_filter), list_query, filters),
        kind_name=get_email_name,
        is_slow=mail.is_overdue,
        failing_domains=domains.list_failing(),
        resume_form=ConfirmForm(),
    )


@bp.post("/domains/resume")
def resume() -> ResponseReturnValue:
    domains.resume(request.form.get("domain", ""))
    return redirects.redirect_to(url_for(".index"), "domain-resumed")


@bp.get("/check")
def check() -> ResponseReturnValue:
    return render_page("admin/emails/check.html", findings=[], form=ConfirmForm())


@bp.post("/check/now")
def check_now() -> ResponseReturnValue:
    return render_page(
        "admin/emails/check.html", findings=mail_check.check_all(), form=ConfirmForm()
    )


@bp.post("/check/test")
def send_test() -> ResponseReturnValue:
    rate_limits.hit_test_email(current_actor())
    email = mail_check.enqueue_test(current_actor())
    return redirects.redirect_to(url_for(".show", number=email.id), "test-email")


@bp.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    email = readable_emails.get_email(number)
    return render_page(
        "admin/emails/show.html",
        email=email,
        text=mail.redacted_text(email),
        kind=get_email_name(email.template),
        is_slow=mail.is_overdue(email),
        delegate=_find_delegate(email),
        again=desk.get_resend_mode(email),
        entries=history.list_newest(
            desk.history_subject(email), hidden=readable_emails.list_hidden_entries()
        ),
        form=ConfirmForm(),
    )


@bp.post("/<int:number>/again")
def resend(number: int) -> ResponseReturnValue:
    sent = desk.resend(readable_emails.get_email(number), actor=current_actor())
    address = url_for(".show", number=sent.id)
    return redirects.redirect_to(address, "letter-again")


def _find_delegate(email: Email) -> Delegate | None:
    try:
        return queries.get_delegate(email.booking_reference) if email.booking_reference else None
    except NotFound:
        return None


def _get_filters() -> tuple[ListFilter, ...]:
    return (
        ListFilter("state", _l("State"), STATE_OPTIONS),
        ListFilter("kind", _l("Type"), email_choices(readable_emails.list_hidden_kinds())),
        ListFilter("age", _l("Created"), AGE_OPTIONS),
    )


saved_views.declare("emails", _l("Emails"), roles.DELEGATES, lambda _: _get_filters(), mail.SORTS)

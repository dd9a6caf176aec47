"""Somebody's own page about their application, opened by the link in their emails.

Opening it changes nothing, because mail scanners open every link; withdrawing needs a button.
"""

from typing import NamedTuple

from flask import Blueprint, Response, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.forms.form import ConfirmForm, validates_own_csrf
from app.registration import links
from app.registration.applications import queries, services
from app.registration.applications.models import (
    APPROVED,
    ASKED,
    DECLINED,
    ON_HOLD,
    WAITING,
    WITHDRAWN,
    RegistrationApplication,
)
from app.registration.applications.services import AlreadyDecided
from app.registration.bookings import access
from app.web.formatting import local_moment
from app.web.rendering import render_page
from app.web.security_headers import no_referrer

HEADINGS = {
    ASKED: _l("We have received your application"),
    ON_HOLD: _l("Your application is on hold"),
    APPROVED: _l("You have a place"),
    WAITING: _l("You are approved, and on the waiting list"),
    DECLINED: _l("Your application was declined"),
    WITHDRAWN: _l("You withdrew your application"),
}
LEDES = {
    ASKED: _l("The organisers have not decided yet. We will email you when they have."),
    ON_HOLD: _l("The organisers need more time to decide. We will email you when they have."),
    APPROVED: _l("The organisers approved your application."),
    WAITING: _l("All places are taken. We will email you when we can offer you one."),
    DECLINED: _l("You do not have a place."),
    WITHDRAWN: _l("We have deleted your answers. You do not have a place."),
}
ENDS = {
    APPROVED: _l("The organisers approved it"),
    WAITING: _l("The organisers approved it, and you joined the waiting list"),
    DECLINED: _l("The organisers declined it"),
    WITHDRAWN: _l("You withdrew it"),
}

bp = Blueprint("applications", __name__, url_prefix="/application")
no_referrer(bp)
bp.add_app_template_global(links.application_link)
access.register_dead_links(bp, "registration/applications/link_expired.html")


class Step(NamedTuple):
    """Something that happened to an application, and when."""

    label: str
    moment: str


@bp.get("/sent")
def sent() -> ResponseReturnValue:
    """Say the same to everybody: whether somebody had applied before is said by email."""
    return render_page("registration/applications/sent.html")


@bp.get("/<secret>")
def show(secret: str) -> ResponseReturnValue:
    return _render(_get_application(secret), secret)


@bp.route("/<secret>/withdraw", methods=["GET", "POST"])
@validates_own_csrf
def withdraw(secret: str) -> ResponseReturnValue:
    application = _get_application(secret)
    form = ConfirmForm()
    if form.validate_on_submit():
        try:
            services.withdraw(application)
        except AlreadyDecided as refusal:
            return _render(application, secret, refusal)
        return redirect(url_for(".show", secret=secret), 303)
    if not application.is_open:
        return redirect(url_for(".show", secret=secret), 303)
    status = 422 if form.errors else 200
    template = "registration/applications/withdraw.html"
    return render_page(template, status, form=form, secret=secret)


def _get_application(secret: str) -> RegistrationApplication:
    return queries.get_by_key(links.read_application_key(secret))


def _render(
    application: RegistrationApplication, secret: str, refusal: AlreadyDecided | None = None
) -> Response:
    return render_page(
        "registration/applications/show.html",
        409 if refusal else 200,
        application=application,
        secret=secret,
        title=HEADINGS[application.state],
        lead=LEDES[application.state],
        refusal=gettext(str(refusal)) if refusal else "",
        steps=_list_steps(application),
    )


def _list_steps(application: RegistrationApplication) -> list[Step]:
    """List what happened, in order."""
    moments = [
        (gettext("You sent your application"), application.applied_at),
        (str(ENDS.get(application.state, "")), application.ended_at),
    ]
    return [Step(label, local_moment(moment)) for label, moment in moments if moment]

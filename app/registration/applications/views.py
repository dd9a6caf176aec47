"""An applicant's page about their application, opened by the link in their emails.

Opening it changes nothing, because mail scanners open every link; withdrawing needs a button.
"""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.delegates.categories.texts import translated
from app.errors import RuleViolation
from app.registration import links, request_views
from app.registration.applications import queries, services
from app.registration.applications.models import (
    APPROVED,
    ASKED,
    DECLINED,
    ON_HOLD,
    UNPLACED,
    WAITING,
    WITHDRAWN,
    RegistrationApplication,
)
from app.registration.bookings import access
from app.web.formatting import local_moment
from app.web.rendering import render_page
from app.web.security_headers import no_referrer

CANCELLED = "cancelled"  # the state after an approval whose booking no longer exists
HEADINGS = {
    ASKED: _l("We have received your application"),
    ON_HOLD: _l("Your application is on hold"),
    APPROVED: _l("You have a place"),
    CANCELLED: _l("You no longer have a place"),
    WAITING: _l("Your application was approved"),
    UNPLACED: _l("You are no longer on the waiting list"),
    DECLINED: _l("Your application was declined"),
    WITHDRAWN: _l("You withdrew your application"),
}
LEDES = {
    ASKED: _l("The organisers have not decided yet. We will email you when they have."),
    ON_HOLD: _l("The organisers need more time to decide. We will email you when they have."),
    APPROVED: _l("The organisers approved your application."),
    CANCELLED: _l("The organisers approved your application. Your booking has ended since then."),
    WAITING: _l(
        "All places at the conference, or in your category, were taken, so you joined the waiting "
        "list. Your waiting list page shows what has happened since then."
    ),
    UNPLACED: _l(
        "The organisers approved your application, and you joined the waiting list. You do not "
        "have a place."
    ),
    DECLINED: _l("You do not have a place."),
    WITHDRAWN: _l("We have deleted your answers. You do not have a place."),
}
ENDS = {
    APPROVED: _l("The organisers approved it"),
    WAITING: _l("The organisers approved it, and you joined the waiting list"),
    UNPLACED: _l("The organisers approved it, and you joined the waiting list"),
    DECLINED: _l("The organisers declined it"),
    WITHDRAWN: _l("You withdrew it"),
}

bp = Blueprint("applications", __name__, url_prefix="/application")
no_referrer(bp)
bp.add_app_template_global(links.application_link)
access.register_dead_links(bp, "registration/applications/link_expired.html")


@bp.get("/sent")
def sent() -> ResponseReturnValue:
    """Show the same page to everyone: only the email says whether the person had applied before."""
    return render_page("registration/applications/sent.html")


@bp.get("/<secret>")
def show(secret: str) -> ResponseReturnValue:
    return _render(_get_application(secret), secret)


def _get_application(secret: str) -> RegistrationApplication:
    return queries.get_by_key(links.read_application_key(secret))


def _render(
    application: RegistrationApplication, secret: str, refusal: RuleViolation | None = None
) -> Response:
    state = _get_state(application)
    return request_views.render_request(
        "registration/applications/show.html",
        application,
        secret,
        refusal,
        title=HEADINGS[state],
        lead=LEDES[state],
        facts=_list_facts(application),
    )


request_views.add_withdrawal(
    bp, _get_application, services.withdraw, _render, "registration/applications/withdraw.html"
)


def _get_state(application: RegistrationApplication) -> str:
    """Return the state to show: the booking of an approved application may have been cancelled."""
    booking = application.delegate
    return CANCELLED if booking is not None and not booking.is_attending else application.state


def _list_facts(application: RegistrationApplication) -> list[tuple[str, str]]:
    """List the category and the events, in order, as label and value."""
    category, ended = application.category, application.ended_at
    facts = [
        (gettext("Category"), translated(category).name if category else ""),
        (gettext("You sent your application"), local_moment(application.applied_at)),
        (str(ENDS.get(application.state, "")), local_moment(ended) if ended else ""),
    ]
    return [(label, value) for label, value in facts if value]

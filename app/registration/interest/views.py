"""Expressing interest, and a person's own page about it, opened by the link in their emails.

Opening a link changes nothing, because mail scanners open every link; withdrawing needs a button.
"""

from collections.abc import Sequence

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.delegates import custom_questions
from app.delegates.categories.queries import CategoryOption, list_accepting_interest
from app.delegates.categories.texts import translated
from app.errors import RateLimitExceeded, RuleViolation
from app.forms.form import validates_own_csrf
from app.questions.definitions import Definition
from app.registration import links, registration_requests, request_views
from app.registration.bookings import access
from app.registration.create_booking import CategoryGone
from app.registration.interest import forms, queries, services
from app.registration.interest.forms import InterestForm
from app.registration.interest.models import (
    DECLINED,
    INTERESTED,
    INVITED,
    REGISTERED,
    WITHDRAWN,
    ExpressionOfInterest,
)
from app.registration.interest.services import InterestClosed
from app.registration.invitations import queries as invitations
from app.web import languages
from app.web.error_handlers import refuse
from app.web.formatting import local_moment, plain_date
from app.web.rendering import render_page
from app.web.security_headers import no_referrer

LAPSED = "lapsed"  # the state after an invitation that has expired
CANCELLED = "cancelled"  # the state after a registration whose booking no longer exists
HEADINGS = {
    INTERESTED: _l("We have received your expression of interest"),
    INVITED: _l("You are invited"),
    LAPSED: _l("Your invitation has ended"),
    REGISTERED: _l("You have a place"),
    CANCELLED: _l("You no longer have a place"),
    DECLINED: _l("We cannot invite you this time"),
    WITHDRAWN: _l("You have withdrawn"),
}
LEDES = {
    INTERESTED: _l("The organisers have not decided yet. We will email you when they have."),
    INVITED: _l("You do not have a place until you register."),
    LAPSED: _l("You can no longer use it to register. You do not have a place."),
    REGISTERED: _l("Use the link to your booking to see or change it."),
    CANCELLED: _l("You registered. Your booking has ended since then."),
    DECLINED: _l("You do not have a place."),
    WITHDRAWN: _l("We have deleted your answers. You do not have a place."),
}

ask_bp = Blueprint("interest", __name__, url_prefix="/interest")
bp = Blueprint("interest", __name__, url_prefix="/interest")
no_referrer(bp)
bp.add_app_template_global(links.interest_link)
bp.add_app_template_global(list_accepting_interest)
access.register_dead_links(bp, "registration/interest/link_expired.html")


@ask_bp.route("/<int:number>", methods=["GET", "POST"])
@validates_own_csrf
def express(number: int) -> ResponseReturnValue:
    option = queries.get_option(number)
    form = forms.build_form(queries.list_questions(option))
    if not option.accepts_interest or not form.validate_on_submit():
        return _render_form(form, option)
    try:
        services.express(
            number,
            form.get_answers(),
            languages.current().code,
            ip_address=request.remote_addr,
        )
    except RateLimitExceeded as refusal:
        form.reject(refusal)
        return refuse(_render_form(form, option), refusal)
    except InterestClosed:
        return _render_form(form, option)
    except CategoryGone as refusal:
        form.form_errors.append(gettext(str(refusal)))
        return _render_form(form, option)
    return redirect(url_for("interest.sent"), 303)


@bp.get("/sent")
def sent() -> ResponseReturnValue:
    """Show the same page to everyone: only the email says whether the person has a place."""
    return render_page("registration/interest/sent.html")


@bp.get("/<secret>")
def show(secret: str) -> ResponseReturnValue:
    return _render(_get_interest(secret), secret)


def _get_interest(secret: str) -> ExpressionOfInterest:
    return queries.get_by_key(links.read_interest_key(secret))


def _render_form(form: InterestForm, option: CategoryOption) -> Response:
    if not option.accepts_interest:
        return render_page("registration/interest/closed.html", 409, option=option)
    deletion = registration_requests.get_deletion_moment()
    return render_page(
        "registration/interest/express.html",
        form=form,
        option=option,
        back=url_for("registration.start"),
        explanations={
            definition.name: custom_questions.explain(definition) for definition in form.definitions
        },
        deleted_on=plain_date(deletion.date()) if deletion else "",
    )


def _render(
    interest: ExpressionOfInterest, secret: str, refusal: RuleViolation | None = None
) -> Response:
    state = _get_state(interest)
    return request_views.render_request(
        "registration/interest/show.html",
        interest,
        secret,
        refusal,
        title=HEADINGS[state],
        lead=LEDES[state],
        facts=_list_facts(interest),
        can_register=state == INVITED,
    )


request_views.add_withdrawal(
    bp, _get_interest, services.withdraw, _render, "registration/interest/withdraw.html"
)


def _get_state(interest: ExpressionOfInterest) -> str:
    """Return the state to show; the invitation or the booking may have ended."""
    if interest.delegate is not None and not interest.delegate.is_attending:
        return CANCELLED
    if interest.state != INVITED or interest.invitation is None:
        return LAPSED if interest.state == INVITED else interest.state
    return INVITED if invitations.get_state(interest.invitation) == "open" else LAPSED


def _list_facts(interest: ExpressionOfInterest) -> list[tuple[str, str]]:
    """List the person's data and the events, as label and value."""
    expressed, invited = interest.expressed_at, interest.invited_at
    facts = [
        (gettext("Name"), interest.name),
        (gettext("Email address"), interest.email),
        (gettext("Category"), translated(interest.category).name if interest.category else ""),
        *custom_rows(interest, custom_questions.list_all()),
        (gettext("You told us that you would like to come"), local_moment(expressed)),
        (gettext("The organisers invited you"), local_moment(invited) if invited else ""),
    ]
    return [(label, value) for label, value in facts if value]


def custom_rows(
    interest: ExpressionOfInterest, questions: Sequence[Definition]
) -> list[tuple[str, str]]:
    """List label and text of a person's answers to these questions."""
    answers = queries.load(interest)
    return [
        (
            custom_questions.get_label(question),
            custom_questions.format_answer(question, answers[question.name]),
        )
        for question in questions
        if answers.get(question.name)
    ]

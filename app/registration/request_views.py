"""A person's own page about an application or expression of interest, and withdrawing it.

Opening a link changes nothing, because mail scanners open every link; withdrawing needs a button.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, Response, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.errors import RuleViolation
from app.forms.form import ConfirmForm, validates_own_csrf
from app.registration.request_models import RegistrationRequest
from app.web.rendering import render_page

RequestT = TypeVar("RequestT", bound=RegistrationRequest)


def render_request(
    template: str,
    asked: RegistrationRequest,
    secret: str,
    refusal: RuleViolation | None,
    **context: Any,
) -> Response:
    """Render a page that extends ``registration/request.html``."""
    return render_page(
        template,
        409 if refusal else 200,
        asked=asked,
        secret=secret,
        refusal=gettext(str(refusal)) if refusal else "",
        **context,
    )


def add_withdrawal(
    bp: Blueprint,
    find: Callable[[str], RequestT],
    withdraw: Callable[[RequestT], None],
    render: Callable[[RequestT, str, RuleViolation | None], Response],
    template: str,
) -> None:
    """Add the page that asks for confirmation and withdraws a request."""

    @bp.route("/<secret>/withdraw", methods=["GET", "POST"], endpoint="withdraw")
    @validates_own_csrf
    def ask(secret: str) -> ResponseReturnValue:
        found_request = find(secret)
        form = ConfirmForm()
        if form.validate_on_submit():
            try:
                withdraw(found_request)
            except RuleViolation as refusal:
                return render(found_request, secret, refusal)
            return redirect(url_for(".show", secret=secret), 303)
        if not found_request.is_open:
            return redirect(url_for(".show", secret=secret), 303)
        return render_page(template, form=form, secret=secret)

"""The pages on which the desk cancels, erases, and writes what is so now once more."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.errors import Refused
from app.forms import ButtonForm, Form, checks_its_own_token
from app.organise.delegates.changing import see, trail
from app.organise.delegates.forms import WRITE, CancelForm
from app.organise.edited import who
from app.registration.desk import queries, services
from app.registration.models import Delegate
from app.web.pages import page

pages = Blueprint("leaving", __name__)


@pages.route("/<reference>/cancel", methods=["GET", "POST"])
@checks_its_own_token
def cancel(reference: str) -> ResponseReturnValue:
    """Give a place back."""
    delegate = queries.delegate(reference)
    form = CancelForm()
    if form.validate_on_submit():
        deed = services.cancel if form.letter.data == WRITE else services.cancel_quietly
        try:
            deed(delegate, who=who())
        except Refused:
            return see(delegate, "delegate-cancelled-already")
        return see(delegate, "delegate-cancelled")
    if not delegate.is_attending:
        return see(delegate, "delegate-cancelled-already")
    return _sure("cancel", form, delegate)


@pages.route("/<reference>/letter", methods=["GET", "POST"])
@checks_its_own_token
def letter(reference: str) -> ResponseReturnValue:
    """Write what is so now once more."""
    delegate = queries.delegate(reference)
    form = ButtonForm()
    if delegate.is_erased:
        return see(delegate, "delegate-erased")
    if form.validate_on_submit():
        services.write_again(delegate, who=who())
        return see(delegate, "delegate-written-to")
    return _sure("letter", form, delegate)


@pages.route("/<reference>/erase", methods=["GET", "POST"])
@checks_its_own_token
def erase(reference: str) -> ResponseReturnValue:
    """Forget who a delegate was."""
    delegate = queries.delegate(reference)
    form = ButtonForm()
    if delegate.is_erased:
        return see(delegate, "delegate-erased")
    if form.validate_on_submit():
        services.erase(delegate, who=who())
        return see(delegate, "delegate-erased")
    return _sure("erase", form, delegate)


def _sure(template: str, form: Form, delegate: Delegate) -> Response:
    """Ask whether somebody is sure."""
    return page(
        f"organise/delegates/{template}.html",
        422 if form.errors else 200,
        form=form,
        delegate=delegate,
        trail=trail(delegate),
    )

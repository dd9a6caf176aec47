"""The pages on which the desk adds somebody, or changes what is known of a delegate."""

from dataclasses import replace

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_babel import gettext
from markupsafe import Markup

from app.errors import NotFound, Refused
from app.forms import checks_its_own_token
from app.organise import done
from app.organise.delegates import told
from app.organise.delegates.forms import WRITE, AddForm, AddressForm, ChangeForm
from app.organise.delegates.told import Versions
from app.organise.edited import who
from app.registration import queries as registration
from app.registration.bookings import changes
from app.registration.bookings.deeds import Stale
from app.registration.bookings.forms import SeenForm
from app.registration.desk import queries, services
from app.registration.desk.services import Known
from app.registration.models import Delegate
from app.web import languages
from app.web.pages import page

pages = Blueprint("changing", __name__)


@pages.route("/_add", methods=["GET", "POST"])
@checks_its_own_token
def add() -> ResponseReturnValue:
    """Give somebody a place by hand."""
    form = AddForm()
    form.offer()
    if form.validate_on_submit():
        deed = services.add if form.letter.data == WRITE else services.add_quietly
        try:
            delegate = deed(form.application(), languages.current().code, who=who())
        except Known as refusal:
            form.form_errors.append(_known(refusal))
        except (Refused, NotFound) as refusal:
            form.form_errors.append(gettext(str(refusal)))
        else:
            return see(delegate, "delegate-added")
    status = 422 if form.errors else 200
    places = registration.places()
    return page("organise/delegates/add.html", status, form=form, places=places)


@pages.route("/<reference>/change", methods=["GET", "POST"])
@checks_its_own_token
def change(reference: str) -> ResponseReturnValue:
    """Change who somebody is, where they work, and when they come."""
    delegate = queries.delegate(reference)
    form = ChangeForm(data={"seen": delegate.changes, **ChangeForm.shown(changes.told(delegate))})
    form.offer()
    stale = None
    if form.validate_on_submit():
        wanted = replace(changes.told(delegate), **form.details())
        deed = services.change if form.letter.data == WRITE else services.change_quietly
        try:
            is_other = deed(delegate, wanted, seen=form.changes_seen, who=who())
        except Stale:
            stale = told.versions(delegate, wanted)
        except Refused as refusal:
            form.refuse(refusal, delegate.changes)
        else:
            return see(delegate, "delegate-saved" if is_other else "delegate-as-it-was")
    return asked("change", form, delegate, stale)


@pages.route("/<reference>/address", methods=["GET", "POST"])
@checks_its_own_token
def address(reference: str) -> ResponseReturnValue:
    """Put an address right at once."""
    delegate = queries.delegate(reference)
    form = AddressForm(data={"seen": delegate.changes})
    stale = None
    if form.validate_on_submit():
        tell = form.letter.data == WRITE
        deed = services.correct_address if tell else services.correct_strangers_address
        email = str(form.email.data)
        try:
            deed(delegate, email, seen=form.changes_seen, who=who())
        except Stale:
            stale = told.addresses(delegate, email)
        except Refused as refusal:
            form.reject(form.email, refusal)
        else:
            return see(delegate, "delegate-readdressed")
    return asked("address", form, delegate, stale)


def asked(template: str, form: SeenForm, delegate: Delegate, stale: Versions | None) -> Response:
    """Show a form about a booking; when it came too late, beneath both versions."""
    if stale is not None and not stale.differing:
        return see(delegate, "delegate-as-it-was")
    if stale is not None:
        form.seen.data = str(delegate.changes)
    elif not delegate.is_attending and not form.errors:
        return see(delegate, "delegate-cancelled-already")
    return page(
        f"organise/delegates/{template}.html",
        409 if stale else 422 if form.errors else 200,
        form=form,
        delegate=delegate,
        stale=stale,
        trail=trail(delegate),
    )


def see(delegate: Delegate, what: str) -> Response:
    """Show a delegate's page, and on it what has been done."""
    address = url_for("organise.delegates.shown", reference=delegate.reference)
    return Response(status=303, headers={"Location": done.at(address, what)})


def trail(delegate: Delegate) -> list[tuple[str, str]]:
    """Say which delegate a page is about."""
    address = url_for("organise.delegates.shown", reference=delegate.reference)
    return [(delegate.full_name or delegate.reference, address)]


def _known(refusal: Known) -> str:
    address = url_for("organise.delegates.shown", reference=refusal.reference)
    return Markup('{} <a href="{}">{}</a>').format(
        gettext(str(refusal)), address, refusal.reference
    )

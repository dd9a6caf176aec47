"""Preview links: who has one, making one, withdrawing one."""

from urllib.parse import quote

from flask import Blueprint, redirect, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import clock
from app.accounts import guards
from app.forms import checks_its_own_token
from app.organise.lists import PAGE_SIZE, Listing, asked
from app.organise.previews import opened
from app.organise.previews.forms import PreviewForm
from app.programme import releases
from app.programme.previewing import queries, services
from app.web.pages import absolute_url, page

pages = Blueprint("previews", __name__, url_prefix="/previews")


@pages.record_once
def _open(state: BlueprintSetupState) -> None:
    """Open the addresses of the links themselves, which stand outside the back office."""
    state.app.register_blueprint(opened.pages)


@pages.get("")
def listed() -> ResponseReturnValue:
    wanted = asked((), ("newest",))
    rows = queries.previews(offset=wanted.offset, limit=PAGE_SIZE)
    return page(
        "organise/previews/listed.html",
        listing=Listing(rows, queries.count(), wanted),
        now=clock.real_now(),
        is_withdrawn="withdrawn" in request.args,
    )


@pages.route("/new", methods=["GET", "POST"])
@checks_its_own_token
def new() -> ResponseReturnValue:
    form = PreviewForm()
    if not form.validate_on_submit():
        status = 422 if form.is_submitted() else 200
        return page("organise/previews/new.html", status, form=form)
    preview, secret = services.make(form.purpose(), form.length(), who=_who())
    address = f"{absolute_url('preview.closed', secret=secret)}/"
    return page(
        "organise/previews/made.html",
        preview=preview,
        address=address,
        letter=_letter(address),
    )


@pages.post("/<int:number>/withdraw")
def withdraw(number: int) -> ResponseReturnValue:
    services.withdraw(number, who=_who())
    return redirect(url_for(".listed", withdrawn=number), 303)


def _letter(address: str) -> str:
    """Begin a letter with the link in it, to nobody yet."""
    title = releases.current().conference.title
    subject = gettext("Preview of the programme: %(title)s", title=title)
    return f"mailto:?subject={quote(subject)}&body={quote(address)}"


def _who() -> str:
    person = guards.current_person()
    return person.email if person else ""

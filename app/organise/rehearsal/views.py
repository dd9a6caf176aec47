"""Choosing the moment at which to see the site."""

from datetime import datetime

from flask import Blueprint, redirect, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from app.organise.rehearsal import opened
from app.organise.rehearsal.forms import MomentForm
from app.organise.rehearsal.presets import presets
from app.programme import releases
from app.registration import queries as registration
from app.web.inside import rehearsed_at
from app.web.pages import page

pages = Blueprint("rehearsal", __name__, url_prefix="/rehearsal")


@pages.record_once
def _open(state: BlueprintSetupState) -> None:
    """Open the addresses of the moments themselves, which stand outside the back office."""
    state.app.register_blueprint(opened.pages)


@pages.get("")
def choose() -> ResponseReturnValue:
    conference = releases.current().conference
    is_asked = "day" in request.args
    form = MomentForm(formdata=request.args if is_asked else None)
    if is_asked and form.validate():
        return redirect(_address(form.moment(), is_full=form.full.data), 303)
    if not is_asked:
        form.day.data, form.time.data = conference.starts_on.isoformat(), "09:15"
    return page(
        "organise/rehearsal/choose.html",
        422 if is_asked else 200,
        form=form,
        presets=presets(conference),
        address=_address,
        places=registration.places(),
    )


def _address(moment: datetime, *, is_full: bool) -> str:
    return f"{request.script_root}{rehearsed_at(moment, is_full=is_full)}/"

"""Choosing the moment at which to see the site."""

from flask import Blueprint, redirect, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from app.organise.rehearsal import opened
from app.organise.rehearsal.forms import MomentForm
from app.organise.rehearsal.presets import Preset, presets
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
        moment = rehearsed_at(form.moment(), is_full=form.full.data)
        return redirect(f"{request.script_root}{moment}/", 303)
    if not is_asked:
        form.day.data, form.time.data = conference.starts_on.isoformat(), "09:15"
    return page(
        "organise/rehearsal/choose.html",
        422 if is_asked else 200,
        form=form,
        presets=[(one, f"{request.script_root}{_prefix(one)}/") for one in presets(conference)],
        places=registration.places(),
    )


def _prefix(preset: Preset) -> str:
    return rehearsed_at(preset.moment, is_full=preset.is_full)

"""The settings of the conference: what they are, changing them, and the limit of places."""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from app.errors import Refused
from app.forms import checks_its_own_token
from app.history import queries as history
from app.organise import done
from app.organise.edited import who
from app.organise.settings.forms import TRUSTED, LimitForm, SettingsForm
from app.programme import in_effect, queries
from app.programme.editing import edits
from app.programme.editing.edits import Stale
from app.programme.editing.of_conference import KIND, LABELS
from app.programme.editing.outside import sessions_outside
from app.programme.models import Conference
from app.registration import places
from app.registration import queries as registration
from app.registration.places import LimitMoved
from app.web.pages import page

pages = Blueprint("settings", __name__, url_prefix="/settings")


@pages.get("")
def shown() -> ResponseReturnValue:
    if not queries.has_conference():
        return _nothing_yet()
    found = queries.conference()
    return page(
        "organise/settings/shown.html",
        found=found,
        places=registration.places(),
        unpublished=[LABELS[one] for one in in_effect.unpublished(found) if one in LABELS],
        trusted=[words for name, words in TRUSTED if name in found.trusted_fields.split()],
        outside=sessions_outside(found),
        entries=history.newest_about("conference"),
    )


@pages.route("/change", methods=["GET", "POST"])
@checks_its_own_token
def change() -> ResponseReturnValue:
    if not queries.has_conference():
        return _nothing_yet(409)
    return _change(queries.conference())


def _change(found: Conference) -> ResponseReturnValue:
    form = SettingsForm()
    stale, status = None, 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            made = edits.save(KIND, found, form.values(), seen=form.seen, who=who())
        except Stale as error:
            form, stale, status = form.begun_again(error), error, 409
        except Refused as refusal:
            form.reject(form.ends_on, refusal)
        else:
            return _on_to("settings-saved" if made else "settings-as-they-were")
    elif not form.is_submitted():
        form.begin_with(found)
    return page("organise/settings/change.html", status, form=form, found=found, stale=stale)


@pages.route("/places", methods=["GET", "POST"])
@checks_its_own_token
def limit() -> ResponseReturnValue:
    form = LimitForm()
    status = 422 if form.is_submitted() else 200
    now = registration.places()
    if form.validate_on_submit():
        try:
            is_new = places.change_limit(form.places.data or 0, seen=form.saw, who=who())
        except LimitMoved as moved:
            form.seen.data, status = str(moved.seats), 409
            form.reject(form.places, moved)
        except Refused as refusal:
            form.reject(form.places, refusal)
        else:
            return _on_to("limit-saved" if is_new else "settings-as-they-were")
    elif not form.is_submitted():
        form.places.data, form.seen.data = now.limit, str(now.limit)
    return page("organise/settings/limit.html", status, form=form, places=now)


def _nothing_yet(status: int = 200) -> ResponseReturnValue:
    """Say that there is no conference, and what makes one."""
    return page("organise/settings/none.html", status)


def _on_to(what: str) -> ResponseReturnValue:
    return redirect(done.at(url_for(".shown"), what), 303)

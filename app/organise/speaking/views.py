"""Speakers' own pages, as organisers see them: what waits, letters in batches, dates."""

from collections.abc import Sequence

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import onward
from app.forms import ButtonForm, checks_its_own_token
from app.organise import done, edited
from app.organise.speaking.forms import DatesForm
from app.organise.speaking.keepers import pages as keepers
from app.programme.editing import speakers_listed
from app.programme.models import Speaker
from app.speakers import mailing, queries, services
from app.speakers.items import ITEMS
from app.web.pages import page

pages = Blueprint("speaking", __name__, url_prefix="/speaking")
pages.register_blueprint(keepers)


@pages.get("")
def overview() -> ResponseReturnValue:
    dates = queries.wanted_by()
    return page(
        "organise/speaking/overview.html",
        waiting=queries.waiting_requests(),
        dates=[(item.label, dates.get(item.name)) for item in ITEMS],
        standing=queries.how_they_stand(),
        form=ButtonForm(),
    )


@pages.post("/requests/<int:number>/settle")
def settle(number: int) -> ResponseReturnValue:
    services.settle(queries.request(number), who=edited.who())
    return redirect(done.at(done.where_pressed(url_for(".overview")), "request-settled"), 303)


@pages.route("/dates", methods=["GET", "POST"])
@checks_its_own_token
def dates() -> ResponseReturnValue:
    form = DatesForm.of(ITEMS, queries.wanted_by())
    if form.validate_on_submit():
        is_news = services.want_by(form.days(), who=edited.who())
        what = "dates-saved" if is_news else "as-it-was"
        return redirect(done.at(url_for(".overview"), what), 303)
    status = 422 if form.errors else 200
    return page("organise/speaking/dates.html", status, form=form, rows=form.rows(ITEMS))


@pages.route("/letters/<letter>", methods=["GET", "POST"])
def letter(letter: str) -> ResponseReturnValue:
    kind = mailing.KINDS.get(letter) or abort(404)
    speakers = _chosen(letter)
    if request.form.get("sure"):
        mailing.send(kind, speakers, who=edited.who())
        return redirect(done.at(_back(), "letters-sent"), 303)
    batch = mailing.batch(kind, speakers)
    return page(
        "organise/speaking/letter.html",
        letter=letter,
        batch=batch,
        wording=mailing.preview(batch),
        back=_back(),
        form=ButtonForm(),
    )


def _chosen(letter: str) -> Sequence[Speaker]:
    """Give those who were ticked; whoever comes by a link that names nobody means all."""
    ticked = request.values.getlist("chosen")
    if ticked or request.method == "POST":
        return speakers_listed.chosen(ticked)
    return queries.speakers_of(letter)


def _back() -> str:
    return onward.local(request.form.get("back", "")) or done.where_pressed(url_for(".overview"))

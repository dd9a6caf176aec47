"""Speakers' own pages, as organisers see them: what waits, letters in batches, dates."""

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import onward
from app.forms import ButtonForm, checks_its_own_token
from app.organise import done, edited
from app.organise.speaking.forms import DatesForm
from app.organise.speaking.keepers import pages as keepers
from app.organise.speaking.reminders import pages as reminders
from app.programme.editing import speakers_listed
from app.speakers import mailing, queries, readers, reminding, services
from app.speakers.items import ITEMS
from app.speakers.mailing import Batch
from app.web.pages import page

pages = Blueprint("speaking", __name__, url_prefix="/speaking")
for part in (keepers, reminders):
    pages.register_blueprint(part)


@pages.get("")
def overview() -> ResponseReturnValue:
    dates = queries.wanted_by()
    goes_at, how_many = reminding.next_planned()
    return page(
        "organise/speaking/overview.html",
        waiting=queries.waiting_requests(),
        dates=[(item.label, dates.get(item.name)) for item in ITEMS],
        standing=queries.how_they_stand(),
        goes_at=goes_at,
        how_many=how_many,
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
    if letter not in mailing.KINDS:
        abort(404)
    if request.form.get("sure"):
        mailing.hold_letters()
        mailing.send(_batch(letter), who=edited.who())
        return redirect(done.at(_back(), "letters-sent"), 303)
    batch = _batch(letter)
    return page(
        "organise/speaking/letter.html",
        letter=letter,
        batch=batch,
        wordings=mailing.previews(batch),
        back=_back(),
        form=ButtonForm(),
    )


def _batch(letter: str) -> Batch:
    """Give who gets a letter of those who were ticked; a link that names nobody means all."""
    ticked, owners = request.values.getlist("chosen"), request.values.getlist("owner")
    means_all = request.method == "GET" and not ticked
    speakers = queries.speakers_of(letter) if means_all else speakers_listed.chosen(ticked)
    found = mailing.batch(mailing.KINDS[letter], readers.speakers(speakers))
    if letter != "reminder" or not (means_all or owners):
        return found
    known = [one for one in readers.owners() if means_all or str(one.owner.id) in owners]
    return found + mailing.batch(mailing.TO_OWNERS, known)


def _back() -> str:
    return onward.local(request.form.get("back", "")) or done.where_pressed(url_for(".overview"))

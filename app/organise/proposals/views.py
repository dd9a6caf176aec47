"""What speakers would like changed: the list, one change beside what stands now, and the deeds."""

from collections.abc import Sequence

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.accounts import onward
from app.errors import NotFound, Refused
from app.forms import ButtonForm, checks_its_own_token
from app.history import queries as history
from app.organise import done
from app.organise.edited import who
from app.organise.proposals import lists, shown
from app.organise.proposals.forms import AmendForm, BackForm, SealedForm, amending, has_words
from app.programme import page_of, zones
from app.programme import queries as programme
from app.programme.editing.of_speakers import PHOTO
from app.programme.models import Session
from app.programme.proposals import fields, queries, seen, services
from app.programme.proposals.models import Proposal
from app.programme.proposals.queries import Look
from app.registration import countries
from app.web import languages
from app.web.pages import page

ONE = "/<int(max=999999999):number>"

pages = Blueprint("proposals", __name__, url_prefix="/proposals")


@pages.get("")
def listed() -> ResponseReturnValue:
    return _list()


@pages.get(ONE)
def one(number: int) -> ResponseReturnValue:
    return _one(queries.proposal(number))


@pages.post(f"{ONE}/approve")
def approve(number: int) -> ResponseReturnValue:
    try:
        services.approve(number, seal=request.form.get("seal", ""), who=who())
    except Refused as refusal:
        return _one(queries.proposal(number), refusal)
    return _on("change-approved")


@pages.route(f"{ONE}/amend", methods=["GET", "POST"])
@checks_its_own_token
def amend(number: int) -> ResponseReturnValue:
    proposal = queries.proposal(number)
    form, refusal = amending(proposal), None
    if not form.arranges(request.form.get("press", "")) and form.validate_on_submit():
        try:
            services.amend(number, form.typed, form.reason, seal=form.seen, who=who())
        except Refused as error:
            refusal = error
        else:
            return _on("change-amended")
    return _ask("amend", proposal, form, refusal)


@pages.route(f"{ONE}/send-back", methods=["GET", "POST"])
@checks_its_own_token
def send_back(number: int) -> ResponseReturnValue:
    form, refusal = BackForm(), None
    if form.validate_on_submit():
        try:
            services.send_back(number, form.reason, seal=form.seen, who=who())
        except Refused as error:
            refusal = error
        else:
            return _on("change-sent-back")
    return _ask("send_back", queries.proposal(number), form, refusal)


@pages.post("/_several")
def several() -> ResponseReturnValue:
    chosen = lists.seen(request.form.getlist("chosen"))
    if not chosen:
        return _list(422, [gettext("Tick at least one change first")])
    result = services.approve_several(chosen, who=who())
    back = onward.local(request.form.get("back", "")) or url_for(".listed")
    if not result.left_out:
        return redirect(done.at(back, "changes-approved"), 303)
    return page("organise/proposals/several.html", result=result, back=back)


@pages.get(f"{ONE}/seen")
def as_read(number: int) -> ResponseReturnValue:
    """Show the page that readers will see."""
    proposal = queries.proposal(number)
    thing, values = proposal.thing, proposal.values
    if isinstance(thing, Session):
        session, then = seen.session(thing, values)
        return page(
            "organise/proposals/seen_session.html",
            **page_of.session(then, session, zones.own_clocks(then.conference)),
            back=url_for(".one", number=number),
            trail=_trail(proposal),
        )
    speaker, then = seen.speaker(thing, values)
    return page(
        "organise/proposals/seen_speaker.html",
        **page_of.speaker(then, speaker),
        number=number,
        back=url_for(".one", number=number),
        trail=_trail(proposal),
    )


@pages.get(f"{ONE}/photo/<key>.jpg")
def picture(number: int, key: str) -> ResponseReturnValue:
    proposal = queries.proposal(number)
    known = {key for one in proposal.asked if one.field == PHOTO for key in (one.before, one.after)}
    if key not in known | {fields.kind(proposal.thing).value(proposal.thing, PHOTO)}:
        raise NotFound("There is no photo at that address")
    return Response(programme.picture(key), mimetype="image/jpeg")


def _list(status: int = 200, faults: Sequence[str] = ()) -> ResponseReturnValue:
    form = ButtonForm()
    form.form_errors = list(faults)
    return page(
        "organise/proposals/listed.html",
        status,
        listing=lists.listing(),
        states=lists.STATES,
        form=form,
    )


def _one(proposal: Proposal, refusal: Refused | None = None) -> ResponseReturnValue:
    look = Look(proposal)
    endpoint, slug = shown.address(proposal)
    return page(
        "organise/proposals/one.html",
        status=409 if refusal else 200,
        look=look,
        proposal=proposal,
        rows=shown.rows(look),
        amended=shown.amended(proposal),
        state=lists.STATES[proposal.state],
        name=fields.kind(proposal.thing).name(proposal.thing),
        thing=url_for(endpoint, slug=slug),
        has_words=has_words(proposal),
        refusal=refusal,
        form=SealedForm(formdata=None).sealed(look.seal),
        past=history.newest_about(fields.kind(proposal.thing).about(proposal.thing), 5),
    )


def _ask(
    deed: str, proposal: Proposal, form: AmendForm | BackForm, refusal: Refused | None
) -> ResponseReturnValue:
    """Ask for the words of a decision; what was typed stays where it cannot be taken."""
    look = Look(proposal)
    if not look.is_open:
        return _one(proposal, refusal)
    if refusal or not form.is_submitted():
        form.sealed(look.seal)
    return page(
        f"organise/proposals/{deed}.html",
        status=409 if refusal else 422 if form.errors else 200,
        form=form,
        proposal=proposal,
        rows=shown.rows(look),
        refusal=refusal,
        pressed=request.form.get("press", ""),
        countries=countries.listed(languages.current().code),
        back=url_for(".one", number=proposal.id),
        trail=_trail(proposal),
    )


def _trail(proposal: Proposal) -> list[tuple[str, str]]:
    name = fields.kind(proposal.thing).name(proposal.thing)
    return [(gettext("Change of %(name)s", name=name), url_for(".one", number=proposal.id))]


def _on(what: str) -> ResponseReturnValue:
    return redirect(done.at(url_for(".listed", state="open"), what), 303)

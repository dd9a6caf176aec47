"""The sessions of the working programme: the list, a page and a form for each."""

from dataclasses import replace

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.accounts import onward
from app.content import prose
from app.errors import Refused
from app.forms import ButtonForm, checks_its_own_token
from app.history import queries as history
from app.organise import done, edited
from app.organise.lists import Listing
from app.organise.sessions import facts, forms, lists
from app.organise.sessions import several as together
from app.organise.sessions.forms import SessionForm
from app.organise.sessions.materials import pages as materials
from app.organise.sessions.several import SeveralForm
from app.programme.editing import published, sessions, sessions_listed
from app.programme.editing.edits import Stale
from app.programme.editing.of_sessions import KIND
from app.programme.models import Session
from app.speakers import queries as speakers
from app.web.pages import page
from app.web.words import zone

pages = Blueprint("sessions", __name__, url_prefix="/sessions")
pages.register_blueprint(materials)

MOST_FOUND = 12  # speakers offered for a name


@pages.get("")
def listed() -> ResponseReturnValue:
    return _list(lists.listing(), ButtonForm())


@pages.post("/_several")
def several() -> ResponseReturnValue:
    form = SeveralForm()
    form.offer(sessions_listed.choices())
    chosen = sessions_listed.chosen(request.form.getlist("chosen")[: together.MOST])
    back = onward.local(request.form.get("back", "")) or done.where_pressed(url_for(".listed"))
    if not chosen:
        return _none_ticked()
    values = form.values() if "check" in request.form and form.validate() else {}
    outlooks = together.outlooks(chosen, values) if values else []
    return page(
        "organise/sessions/several.html",
        form=form,
        chosen=chosen,
        outlooks=outlooks,
        affected=sum(one.is_possible for one in outlooks),
        already=sum(not one.made for one in outlooks),
        is_checked="check" in request.form,
        back=back,
    )


@pages.post("/_several/change")
def change_several() -> ResponseReturnValue:
    form = SeveralForm()
    form.offer(sessions_listed.choices())
    seen = together.seen(request.form.getlist("seen"))
    if not form.validate() or not seen:
        raise Refused("What was chosen is no longer there: choose again")
    came = sessions.change_several(seen, form.values(), who=edited.who())
    back = onward.local(request.form.get("back", "")) or url_for(".listed")
    if not came.left_out:
        return _see(back, "sessions-changed")
    return page("organise/sessions/left_out.html", came=came, back=back)


@pages.route("/_add", methods=["GET", "POST"])
@checks_its_own_token
def add() -> ResponseReturnValue:
    form = SessionForm(data=forms.new())
    _offer(form)
    if form.arrange(request.form.get("press", "")):
        return _asked(form)
    if form.validate_on_submit():
        try:
            session = sessions.add(form.values(), who=edited.who())
        except Refused as refusal:
            return _asked(form.refused(refusal))
        return _see(_address(session), "draft-added" if session.is_draft else "session-added")
    return _asked(form)


@pages.get("/<slug>")
def shown(slug: str) -> ResponseReturnValue:
    session = sessions_listed.session(slug)
    return page(
        "organise/sessions/shown.html",
        facts=facts.of(session),
        session=session,
        past=history.newest_about(KIND.about(session)),
        requests=speakers.requests_about([slug]).get(slug, ()),
        form=ButtonForm(),
    )


@pages.route("/<slug>/change", methods=["GET", "POST"])
@checks_its_own_token
def change(slug: str) -> ResponseReturnValue:
    session = sessions_listed.session(slug)
    form = SessionForm(data=forms.typed_before(session, zone()))
    _offer(form, session)
    if form.arrange(request.form.get("press", "")):
        return _asked(form, session)
    if form.validate_on_submit():
        try:
            made = sessions.save(session, form.values(), seen=form.seen, who=edited.who())
        except Stale as stale:
            return _asked(form.begun_again(stale), session, stale)
        except Refused as refusal:
            return _asked(form.refused(refusal), session)
        return _see(_address(session), _saved(session) if made else "session-as-it-was")
    return _asked(form, session)


@pages.route("/<slug>/cancel", methods=["GET", "POST"])
def cancel(slug: str) -> ResponseReturnValue:
    session = sessions_listed.session(slug)
    if request.method == "POST":
        sessions.cancel(session, who=edited.who())
        return _see(_address(session), "session-cancelled")
    return _sure("cancel", session)


@pages.post("/<slug>/bring-back")
def bring_back(slug: str) -> ResponseReturnValue:
    session = sessions_listed.session(slug)
    sessions.bring_back(session, who=edited.who())
    return _see(_address(session), "session-back")


@pages.route("/<slug>/delete", methods=["GET", "POST"])
def delete(slug: str) -> ResponseReturnValue:
    session = sessions_listed.session(slug)
    if request.method == "POST":
        if sessions.delete(session, who=edited.who()):
            return _see(url_for(".listed"), "session-deleted")
        return _see(_address(session), "session-cancelled")
    return _sure("delete", session)


@pages.post("/<slug>/copy")
def copy(slug: str) -> ResponseReturnValue:
    session = sessions_listed.session(slug)
    return _see(_address(sessions.duplicate(session, who=edited.who())), "session-copied")


def _offer(form: SessionForm, session: Session | None = None) -> None:
    choices = sessions_listed.choices()
    form.kinds = lists.kinds_to_choose(choices)
    form.offer(choices, lists.days(), session)


def _asked(
    form: SessionForm, session: Session | None = None, stale: Stale | None = None
) -> ResponseReturnValue:
    """Show the form, with both versions when somebody else has saved meanwhile."""
    form.appearances.offer()
    found = sessions_listed.speakers_called(form.find.data or "", MOST_FOUND + 1)
    return page(
        "organise/sessions/form.html",
        status=409 if stale else 422 if form.errors else 200,
        form=form,
        session=session,
        stale=stale,
        pressed=form.pressed,
        speakers=sessions_listed.speakers_known_as(form.appearances.keys),
        found=found[:MOST_FOUND],
        has_more=len(found) > MOST_FOUND,
        abstract=prose.safe_html(form.abstract.data or ""),
        description=prose.safe_html(form.description.data or ""),
        back=_address(session) if session else url_for(".listed"),
        trail=[(session.title, _address(session))] if session else [],
    )


def _sure(deed: str, session: Session) -> ResponseReturnValue:
    return page(
        f"organise/sessions/{deed}.html",
        session=session,
        is_known=published.was_ever(session),
        form=ButtonForm(),
        trail=[(session.title, _address(session))],
    )


def _none_ticked() -> ResponseReturnValue:
    """Show the list once more, and that something has to be ticked in it first."""
    form = ButtonForm()
    form.form_errors = [gettext("Tick at least one session first")]
    return _list(replace(lists.listing(), endpoint="organise.sessions.listed"), form, 422)


def _list(listing: Listing[lists.Line], form: ButtonForm, status: int = 200) -> ResponseReturnValue:
    return page(
        "organise/sessions/listed.html",
        status,
        listing=listing,
        requests=speakers.requests_about([row.session.slug for row in listing.rows]),
        address=url_for(".listed"),
        form=form,
    )


def _saved(session: Session) -> str:
    return "draft-saved" if session.is_draft else "session-saved"


def _see(address: str, what: str) -> ResponseReturnValue:
    return redirect(done.at(address, what), 303)


def _address(session: Session) -> str:
    return url_for(".shown", slug=session.slug)

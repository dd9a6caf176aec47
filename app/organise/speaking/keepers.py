"""Who keeps a speaker's pages or the text of a session, and what was answered there."""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from app.accounts import guards, roles
from app.errors import Refused
from app.forms import ButtonForm, checks_its_own_token
from app.organise import done, edited
from app.organise.speaking.forms import KeeperForm
from app.programme.editing import sessions_listed, speakers_listed
from app.speakers import items, keeping, owning, queries
from app.speakers.readers import INVITED, REMINDER
from app.web.pages import page

pages = Blueprint("keepers", __name__)


@pages.get("/speakers/<slug>")
def shown(slug: str) -> ResponseReturnValue:
    """Show what a speaker has done of their list, and who keeps their pages."""
    speaker = speakers_listed.speaker(slug)
    written = queries.written_to([speaker]).get(speaker.id, {})
    return page(
        "organise/speaking/speaker.html",
        speaker=speaker,
        keepers=queries.keepers(speaker),
        invited_at=written.get(INVITED),
        reminded_at=written.get(REMINDER),
        lines=items.lines(speaker),
        reply=items.People([speaker]).replies[speaker.id],
        sees_needs=guards.may_read(roles.SPEAKERS_NEEDS),
        form=ButtonForm(),
        trail=[(speaker.name, url_for("organise.speakers.shown", slug=slug))],
    )


@pages.post("/speakers/<slug>/keepers/<int:number>/end")
def end(slug: str, number: int) -> ResponseReturnValue:
    """Let somebody keep a speaker's pages no longer."""
    keeping.end(speakers_listed.speaker(slug), number, who=edited.who())
    return redirect(done.at(url_for(".shown", slug=slug), "keeper-ended"), 303)


@pages.route("/sessions/<slug>/owner", methods=["GET", "POST"])
@checks_its_own_token
def owner(slug: str) -> ResponseReturnValue:
    """Ask who edits the text of a session."""
    session = sessions_listed.session(slug)
    known = queries.owner(session)
    form = KeeperForm(data={"email": known.person.email if known else ""})
    back = url_for("organise.sessions.shown", slug=slug)
    if form.validate_on_submit():
        try:
            owning.name_owner(session, form.email.data or "", who=edited.who())
        except Refused as refusal:
            form.reject(form.email, refusal)
        else:
            return redirect(done.at(back, "owner-named"), 303)
    return page(
        "organise/speaking/owner.html",
        status=422 if form.errors else 200,
        form=form,
        session=session,
        known=known,
        back=back,
    )


@pages.post("/sessions/<slug>/owner/end")
def end_owner(slug: str) -> ResponseReturnValue:
    """Let nobody but its speakers edit the text of a session."""
    owning.end(sessions_listed.session(slug), who=edited.who())
    return redirect(done.at(url_for("organise.sessions.shown", slug=slug), "owner-ended"), 303)

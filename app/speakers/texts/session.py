"""The title and the abstract of a session, as its owner writes them."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.errors import NotFound
from app.forms import ButtonForm, checks_its_own_token
from app.programme import page_of, zones
from app.programme.editing import sessions_listed
from app.programme.models import Session
from app.programme.proposals import seen, services
from app.programme.proposals.fields import OF_SESSIONS
from app.speakers import door, owning
from app.speakers.texts import writing
from app.speakers.texts.forms import TextForm
from app.speakers.texts.writing import Asked, WordsForm
from app.web.pages import page
from app.web.words import local_moment

NOT_YOURS = "There is no session at that address whose text you edit"

pages = Blueprint("text", __name__, url_prefix="/sessions/<slug>/text")


class _Text:
    """The pages of the text of one session."""

    form = TextForm

    def __init__(self, session: Session) -> None:
        self.thing = session

    def ask(self, asked: Asked) -> ResponseReturnValue:
        now, began = _place(self.thing), request.form.get("place", "")
        return page(
            "speakers/texts/session.html",
            asked.status,
            asked=asked,
            form=asked.form,
            session=self.thing,
            place=now,
            moved_from=began if began not in {"", now} else "",
            trail=[(gettext("Whose pages?"), url_for("speakers.home"))],
        )

    def look(self, form: WordsForm) -> ResponseReturnValue:
        found, around = seen.session(self.thing, form.typed)
        now, began = _place(self.thing), request.form.get("place", "")
        return page(
            "speakers/texts/seen_session.html",
            **page_of.session(
                seen.among_readers(found, around), found, zones.own_clocks(around.conference)
            ),
            typed=writing.typed(),
            place=now,
            moved_from=began if began not in {"", now} else "",
            form=ButtonForm(formdata=None),
            trail=[(gettext("Whose pages?"), url_for("speakers.home"))],
        )

    def thank(self, news: str) -> ResponseReturnValue:
        return _back(self.thing, news)


@pages.route("", methods=["GET", "POST"])
@checks_its_own_token
def write(slug: str) -> ResponseReturnValue:
    """Write, look, send."""
    return writing.write(_Text(_own(slug)))


@pages.post("/take-back")
def take_back(slug: str) -> ResponseReturnValue:
    """Let nobody decide on what was sent."""
    session = _own(slug)
    was_there = services.take_back(session, OF_SESSIONS, who=door.who())
    return _back(session, "taken-back" if was_there else "as-it-was")


def _own(slug: str) -> Session:
    """Find a session whose text this person may edit."""
    try:
        session = sessions_listed.session(slug)
    except NotFound:  # nor does anybody learn which drafts there are
        raise NotFound(NOT_YOURS) from None
    if not owning.may_edit(door.person(), session):
        raise NotFound(NOT_YOURS)
    return session


def _back(session: Session, news: str) -> ResponseReturnValue:
    """Lead back to the page that tells how the text stands now."""
    return redirect(url_for(".write", slug=session.slug, done=news), 303)


def _place(session: Session) -> str:
    """Tell when and where a session is, and whether it takes place at all."""
    when = local_moment(session.starts_at) if session.starts_at else gettext("No time yet")
    where = session.room.name if session.room else gettext("No room yet")
    told = [when, where, *([gettext("Called off")] if session.cancelled_at else [])]
    return ", ".join(map(str, told))

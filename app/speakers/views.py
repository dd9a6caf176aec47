"""The first pages of speakers: whose pages, and the one list of all that is asked of them."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import guards
from app.errors import NotAllowed, NotFound
from app.forms import without_hidden
from app.speakers import door, items, queries, said
from app.web.pages import page

UNSEEN = frozenset(
    {"csrf_token", "seen", "version", "press", "began", "place"}
)  # nobody typed these

pages = Blueprint("speakers", __name__, url_prefix="/speak")


@pages.get("")
def home() -> ResponseReturnValue:
    person = door.person()
    kept, owned = queries.kept_by(person), queries.owned_by(person)
    if len(kept) == 1 and not owned:
        return redirect(url_for(".listed", slug=kept[0].speaker.slug), 303)
    return page(
        "speakers/home.html",
        kept=kept,
        owned=items.of_owned(owned),
        wanted_by=queries.wanted_by().get(items.TEXTS),
    )


@pages.get("/<slug>")
def listed(slug: str) -> ResponseReturnValue:
    keeping = door.keeping(slug)
    return page(
        "speakers/listed.html",
        keeping=keeping,
        speaker=keeping.speaker,
        lines=items.lines(keeping.speaker),
        keeps_others=len(queries.kept_by(keeping.person)) > 1,
    )


@pages.errorhandler(NotFound)
def not_there(reason: NotFound) -> ResponseReturnValue:
    return _shut(404, reason)


@pages.errorhandler(NotAllowed)
def not_yours(reason: NotAllowed) -> ResponseReturnValue:
    return _shut(403, reason)


@pages.context_processor
def what_was_done() -> dict[str, str]:
    return {"news": said.news()}


pages.before_request(guards.require_speaker)
pages.context_processor(guards.when_it_ends)


def _shut(status: int, reason: NotFound | NotAllowed) -> ResponseReturnValue:
    """Say that these pages are not open, and give back what was typed meanwhile."""
    typed = [
        without_hidden(value)
        for name, value in request.form.items(multi=True)
        if name not in UNSEEN and value.strip()
    ]
    return page("speakers/shut.html", status=status, reason=str(reason), typed=typed)

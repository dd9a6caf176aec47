"""Taking back what an entry of the history changed."""

from urllib.parse import urlsplit

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import guards, onward, roles
from app.errors import NotAllowed
from app.history import queries as history
from app.organise import done
from app.programme.editing import undo as undoing

pages = Blueprint("undo", __name__, url_prefix="/undo")

HIGHEST = 2**31 - 1  # number that an entry can have


@pages.post(f"/<int(max={HIGHEST}):entry>")
def undo(entry: int) -> ResponseReturnValue:
    person = guards.current_person()
    if history.entry(entry).about == "conference" and not guards.may_change(roles.SETTINGS):
        raise NotAllowed("Your role does not change the settings")
    undoing.undo(entry, who=person.email if person else "")
    return redirect(done.at(_where_it_was_pressed(), "undone"), 303)


def _where_it_was_pressed() -> str:
    """Give the page of this site that the button was on; another site's is none of ours."""
    pressed = urlsplit(request.referrer or "")
    path = f"{pressed.path}?{pressed.query}" if pressed.query else pressed.path
    ours = onward.local(path) if pressed.netloc == request.host else ""
    return ours or url_for("organise.home")

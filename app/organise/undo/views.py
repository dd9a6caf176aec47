"""Taking back what an entry of the history changed."""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from app.accounts import guards, roles
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
    return redirect(done.at(done.where_pressed(url_for("organise.home")), "undone"), 303)

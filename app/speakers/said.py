"""What has just been done, said once on the page that comes next, by its name in the address."""

from typing import Final

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.programme.models import Speaker

WORDS: Final = {
    "confirmed": _l("Thank you: you take part."),
    "asked": _l("The organisers have been told, and will write to you. Nothing has changed yet."),
    "withdrawn": _l("The organisers have been told. We are sorry that you cannot come."),
    "saved": _l("Saved. Thank you."),
    "as-it-was": _l("Nothing was changed, so there was nothing to save."),
}


def news() -> str:
    """Say what the address says has been done; nothing when it says nothing that we know."""
    return str(WORDS.get(request.args.get("done", ""), ""))


def back_to_list(speaker: Speaker, done: str) -> ResponseReturnValue:
    """Lead back to the one list, which says what has been done."""
    return redirect(url_for("speakers.listed", slug=speaker.slug, done=done), 303)

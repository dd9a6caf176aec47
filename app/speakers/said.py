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
    "assistant-named": _l("A letter with a link of their own is on its way to them."),
    "assistant-ended": _l("They no longer keep these pages. It holds from their next page on."),
    "calendar-made": _l("This is the new address. The one before shows nothing any more."),
    "sent": _l("Sent. The organisers look at it, and write to you when they have decided."),
    "shown-soon": _l("Saved. Readers see it within a few minutes."),
    "sent-and-shown": _l(
        "Saved. Readers see some of it within a few minutes; the organisers look at the rest first."
    ),
    "taken-back": _l("Taken back. The organisers do not see it any more."),
    "saved": _l("Saved. Thank you."),
    "as-it-was": _l("Nothing was changed, so there was nothing to save."),
    "material-saved": _l("Saved. Readers see it from the moment that you chose."),
    "material-here": _l("This file is here already, so it was not added once more."),
    "material-removed": _l("It has been taken away, and readers no longer see it."),
    "photo-saved": _l("Saved. Readers see it in a few minutes."),
    "photo-sent": _l("Thank you. An organiser looks at your photo before readers see it."),
}


def news() -> str:
    """Say what the address says has been done; nothing when it says nothing that we know."""
    return str(WORDS.get(request.args.get("done", ""), ""))


def back(address: str, done: str) -> ResponseReturnValue:
    """Lead to a page that says what has been done."""
    return redirect(f"{address}?done={done}", 303)


def back_to_list(speaker: Speaker, done: str) -> ResponseReturnValue:
    """Lead back to the one list, which says what has been done."""
    return back(url_for("speakers.listed", slug=speaker.slug), done)

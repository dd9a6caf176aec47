"""Flash messages without a session: the query string of the next page names the message."""

from typing import Final

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.programme.models import Speaker

MESSAGES: Final = {
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


def current_flash() -> str:
    """Return the message that the query string names; empty if there is none of that name."""
    return str(MESSAGES.get(request.args.get("done", ""), ""))


def redirect_with_flash(url: str, flash_name: str) -> ResponseReturnValue:
    """Redirect to a page that shows a message."""
    return redirect(f"{url}?done={flash_name}", 303)


def redirect_to_checklist(speaker: Speaker, flash_name: str) -> ResponseReturnValue:
    """Redirect to the speaker's checklist, which shows a message."""
    return redirect_with_flash(url_for("speakers.show_checklist", slug=speaker.slug), flash_name)

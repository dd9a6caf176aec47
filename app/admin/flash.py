"""Flash messages: confirm on the next page what has just been done.

After an action, a view redirects to ``with_flash(url, "undone")``, and the next page shows the
message of that key above its heading. The URL contains only the key, so nobody can inject a text.
"""

from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import redirect, request
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.web import next_url

FLASH_PARAM: Final = "done"  # the query parameter

MESSAGES: Final = {
    "undone": _l("Undone. The history keeps both, and you can undo the undoing."),
    "session-added": _l("The session has been added. Readers see it once you publish."),
    "draft-added": _l(
        "The session has been added as a draft. Readers see it once you confirm it and publish."
    ),
    "session-saved": _l("The session has been saved. Readers see it once you publish."),
    "draft-saved": _l("The draft has been saved. Readers see it once you confirm it and publish."),
    "session-as-it-was": _l("Nothing was changed, so there was nothing to save."),
    "session-cancelled": _l("The session has been cancelled. Readers are told once you publish."),
    "session-back": _l("The session takes place again. Readers are told once you publish."),
    "session-deleted": _l("The session has been deleted. Nobody had seen it."),
    "session-copied": _l("This is the copy: a draft, without time and room."),
    "as-it-was": _l("Nothing was changed, so there was nothing to save."),
    "speaker-added": _l("The speaker has been added. Readers see it once you publish."),
    "speaker-saved": _l("The speaker has been saved. Readers see it once you publish."),
    "speaker-withdrawn": _l("The speaker has been withdrawn. Readers are told once you publish."),
    "speaker-back": _l("The speaker takes part again. Readers are told once you publish."),
    "speaker-deleted": _l("The speaker has been deleted. Nobody had seen it."),
    "change-approved": _l("Approved. Readers see it once you publish, and the sender is told."),
    "change-amended": _l("Approved with your words. The sender is told."),
    "change-sent-back": _l("Sent back. The sender is told what to do."),
    "changes-approved": _l("Approved. Readers see them once you publish. The senders are told."),
    "photo-saved": _l("The photo has been saved. Readers see it once you publish."),
    "photo-removed": _l(
        "The photo has been taken away. What readers see changes once you publish."
    ),
    "material-saved": _l("Saved. Readers see it from the moment that was chosen."),
    "material-here": _l("This file is here already, so it was not added once more."),
    "material-removed": _l("It has been taken away, and readers no longer see it."),
    "material-released": _l("Released. Readers see it now, if they see the session."),
    "speakers-confirmed": _l("All of them are marked as confirmed."),
    "speakers-not-confirmed": _l("All of them are marked as not confirmed."),
    "speakers-withdrawn": _l("All of them are withdrawn. Readers are told once you publish."),
    "keeper-ended": _l("They no longer keep these pages. It holds from their next page on."),
    "owner-named": _l("The owner is named. A letter with a link is on its way."),
    "owner-ended": _l("The session has no owner now. Whoever is named first in it edits its text."),
    "letters-sent": _l("The letters are on their way."),
    "reminders-held": _l("Held back. They stay here until you let them go."),
    "reminders-go": _l("They go by themselves again, at the moment below."),
    "nobody-ticked": _l("Nothing was changed: tick at least one first."),
    "request-settled": _l("Good: it no longer waits."),
    "dates-saved": _l("The days have been saved. Speakers see them in their list now."),
    "speakers-merged": _l("The two are one speaker now. Readers see it once you publish."),
    "room-added": _l("The room has been added. Readers see it once you publish."),
    "room-saved": _l("The room has been saved. Readers see it once you publish."),
    "room-moved": _l("The order of rooms has been changed. Readers see it once you publish."),
    "room-emptied": _l("The sessions have been moved. Readers are told once you publish."),
    "rooms-changed": _l("All of them have been changed. Readers see it once you publish."),
    "rooms-deleted": _l("They have been deleted. Readers see it once you publish."),
    "room-deleted": _l("The room has been deleted. Readers see it once you publish."),
    "theme-added": _l("The theme has been added. Readers see it once you publish."),
    "theme-saved": _l("The theme has been saved. Readers see it once you publish."),
    "theme-moved": _l("The order of themes has been changed. Readers see it once you publish."),
    "not-moved": _l("The order is as it was: there is no such place, or it stands there already."),
    "theme-emptied": _l("The sessions have been moved. Readers see it once you publish."),
    "themes-deleted": _l("They have been deleted. Readers see it once you publish."),
    "theme-deleted": _l("The theme has been deleted. Readers see it once you publish."),
    "published": _l("Published. Readers see this release now."),
    "public-already": _l("Nothing had changed, so no release was made. Readers see this one."),
    "release-planned": _l("The release is planned. You can change it or call it off until then."),
    "release-called-off": _l("The planned release has been called off. Nothing will be published."),
    "programme-loaded": _l("The programme has been loaded. This is what readers do not see yet."),
    "tried-again": _l(
        "The programme was changed meanwhile, so nothing has been loaded. "
        "This is what loading the file would do now."
    ),
    "file-forgotten": _l("The file has been thrown away. Nothing of it was loaded."),
    "rolled-back": _l("Readers see this release again."),
    "text-added": _l("It has been added, and readers see it now."),
    "text-saved": _l("Saved. Readers see it now."),
    "text-waiting": _l("Saved. It waits, and appears by itself at its moment."),
    "text-as-it-was": _l("Nothing was changed, so there was nothing to save."),
    "text-brought-back": _l("That version is back, and readers see it now."),
    "text-removed": _l("It has been taken away. Every version is kept and can be brought back."),
    "link-added": _l("The link has been added, and readers see it now."),
    "link-saved": _l("The link has been saved, and readers see it now."),
    "link-removed": _l("The link has been taken away."),
    "notice-written": _l("The notice has been saved."),
    "notice-removed": _l("The notice has been taken down."),
    "settings-saved": _l("The settings have been saved, and are in effect now."),
    "settings-as-they-were": _l("Nothing was changed, so there was nothing to save."),
    "limit-saved": _l("The limit has been changed, and is in effect now."),
    "person-invited": _l("The invitation is on its way."),
    "role-changed": _l("The role has been changed. A letter about it is on its way."),
    "person-removed": _l("They no longer have a part. A letter about it is on its way."),
    "second-step-reset": _l("Their second step has been reset. A letter about it is on its way."),
    "sessions-changed": _l("All of them have been changed. Readers see it once you publish."),
    "delegate-added": _l("The booking has been made."),
    "delegate-saved": _l("The booking has been saved."),
    "delegate-as-it-was": _l("It is so already: nothing was changed."),
    "delegate-readdressed": _l("The address is corrected. A letter with a new link is on its way."),
    "delegate-cancelled": _l("The booking is cancelled. The place is free for somebody else."),
    "delegate-cancelled-already": _l("The booking has been cancelled, so it cannot be changed."),
    "delegate-written-to": _l("The letter is on its way."),
    "delegate-erased": _l("The details have been erased."),
    "letter-again": _l("The letter is on its way again."),
}


def with_flash(url: str, message_key: str) -> str:
    """Return the URL with the key of a flash message."""
    parts = urlsplit(url)
    question = [pair for pair in parse_qsl(parts.query) if pair[0] != FLASH_PARAM]
    return parts._replace(query=urlencode([*question, (FLASH_PARAM, message_key)])).geturl()


def redirect_to(url: str, message_key: str) -> Response:
    """Return the redirect to a page that shows a flash message."""
    return redirect(with_flash(url, message_key), 303)


def referrer_or(default: str) -> str:
    """Return the path of the page the request came from if it is on this site, else the default."""
    pressed = urlsplit(request.referrer or "")
    path = f"{pressed.path}?{pressed.query}" if pressed.query else pressed.path
    return (next_url.safe_path_or_blank(path) if pressed.netloc == request.host else "") or default


def current_flash() -> str:
    """Return the flash message of this request, or "" if there is none or it is unknown."""
    return str(MESSAGES.get(request.args.get(FLASH_PARAM, ""), ""))

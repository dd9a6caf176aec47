"""What has just been done, said once on the page that comes next.

A deed redirects to ``at(address, "undone")``; the page there finds the words of ``undone`` here
and shows them above its heading. The address holds only their name, so nobody can put words of
their own on a page.
"""

from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import request
from flask_babel import lazy_gettext as _l

DONE: Final = "done"  # in the address

WORDS: Final = {
    "undone": _l("Undone. The history keeps both, and you can undo the undoing."),
    "session-added": _l("The session has been added. Readers see it once you publish."),
    "session-saved": _l("The session has been saved. Readers see it once you publish."),
    "session-as-it-was": _l("Nothing was changed, so there was nothing to save."),
    "session-cancelled": _l("The session has been cancelled. Readers are told once you publish."),
    "session-back": _l("The session takes place again. Readers are told once you publish."),
    "session-deleted": _l("The session has been deleted. Nobody had seen it."),
    "session-copied": _l("This is the copy: a draft, without time and room."),
    "sessions-changed": _l("All of them have been changed. Readers see it once you publish."),
}


def at(address: str, what: str) -> str:
    """Give an address at which the page says what has been done."""
    parts = urlsplit(address)
    question = [pair for pair in parse_qsl(parts.query) if pair[0] != DONE]
    return parts._replace(query=urlencode([*question, (DONE, what)])).geturl()


def said() -> str:
    """Say what the address says has been done; nothing when it says nothing that we know."""
    return str(WORDS.get(request.args.get(DONE, ""), ""))

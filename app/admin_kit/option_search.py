"""Search among many options: a form lists the first that match, beside those already chosen.

The search is a part of the form (``templates/admin/_seek.html``): its button shows the form again
and keeps what is typed and chosen.
"""

from typing import Final

from flask import request

from app.text import collapse_whitespace, strip_hidden

MAX_LISTED: Final = 50  # found; those already chosen stay beside them
MAX_FIND_LENGTH = 200  # characters of a search
SEARCH = "find"  # the button


def get_words() -> str:
    """Return the words that were searched for, tidied."""
    return strip_hidden(collapse_whitespace(request.form.get("find", "")))[:MAX_FIND_LENGTH]


def is_searching() -> bool:
    """Return True if the button of the search was pressed, so that nothing is saved."""
    return request.form.get("step") == SEARCH

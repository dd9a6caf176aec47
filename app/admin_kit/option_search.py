"""Search among many options: a form lists the first matches and the options already chosen.

The search is part of the form (``templates/admin/_seek.html``): its button shows the form again and
keeps the input.
"""

from typing import Final

from flask import request

from app.text import collapse_whitespace, strip_hidden

MAX_LISTED: Final = 50  # matches; those already chosen are listed too
MAX_FIND_LENGTH = 200  # characters of a search
SEARCH = "find"  # the button


def get_words() -> str:
    """Return the normalised words of the search."""
    return strip_hidden(collapse_whitespace(request.form.get("find", "")))[:MAX_FIND_LENGTH]


def is_searching() -> bool:
    """Return True if the search button was pressed, so that nothing is saved."""
    return request.form.get("step") == SEARCH

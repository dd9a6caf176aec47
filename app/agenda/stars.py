"""What the star of a session needs on a page that is the same for everyone."""

from datetime import timedelta

from flask import url_for

from app import clock, lens
from app.forms import A_DAY, public_token
from app.web.public import true_until

FORM = "agenda"  # the id of the form to which every star of a page belongs


def are_offered() -> bool:
    """Whether pages offer stars: not through a lens, where nothing can be done."""
    return lens.current() is None


def token() -> str:
    """Give the token of the stars' form; the page that holds it is made anew every day."""
    today = clock.real_now().timestamp() % A_DAY
    true_until(clock.now() + timedelta(seconds=A_DAY - today))
    return public_token()


def address() -> str:
    """Give where a star is sent."""
    return url_for("agenda.mark")

"""The link from a booking to the equality questions, which do not know the booking."""

from typing import cast

from flask import Blueprint, Response, redirect, url_for

from app.equality import answer_tokens
from app.equality.services import list_active
from app.registration.bookings import access, services
from app.web.security_headers import no_referrer

bp = Blueprint("equality", __name__)
no_referrer(bp)


@bp.post("/<secret>/equality")
def open_questions(secret: str) -> Response:
    """Lead to the questions, the first time with a token that counts the answers."""
    onward = cast(Response, redirect(url_for("registration.equality.ask"), 303))
    delegate = access.get_booking(secret)
    if not list_active():  # organisers have just switched the questions off
        return onward
    is_first = services.open_equality_questions(delegate)
    return answer_tokens.issue(onward) if is_first else onward

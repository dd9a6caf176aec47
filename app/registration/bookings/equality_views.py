"""The way from a booking to the questions of equality monitoring, which know no booking."""

from typing import cast

from flask import Blueprint, Response, redirect, url_for

from app.equality import tickets
from app.registration.bookings import access, services
from app.web.security_headers import no_referrer

bp = Blueprint("equality", __name__)
no_referrer(bp)


@bp.post("/<secret>/equality")
def open_questions(secret: str) -> Response:
    """Lead to the questions, the first time with a ticket that counts the answers."""
    onward = cast(Response, redirect(url_for("registration.equality.ask"), 303))
    is_first = services.offer_equality(access.get_booking(secret))
    return tickets.issue(onward) if is_first else onward

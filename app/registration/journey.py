"""The way from the first question to the confirmation, and who is on it.

Only this module reads the cookie ``answers``. It holds a random key under which the answers
are kept on the server for a week; whoever loses it starts again.
"""

from dataclasses import dataclass
from datetime import timedelta

from flask import current_app, request
from flask.wrappers import Response

from app.registration import queries, services
from app.registration.forms import (
    AccessNeedsForm,
    ConsentForm,
    DaysForm,
    DietaryNeedsForm,
    EmailForm,
    NameForm,
    Question,
    WorkForm,
)
from app.registration.queries import Kept
from app.registration.told import Told

COOKIE = "answers"
LONGEST_SECRET = 64  # characters
FORMS: dict[str, type[Question]] = {
    "name": NameForm,
    "email": EmailForm,
    "work": WorkForm,
    "days": DaysForm,
    "access-needs": AccessNeedsForm,
    "dietary-needs": DietaryNeedsForm,
    "consent": ConsentForm,
}
STEPS = (*FORMS, "check")
FIRST = STEPS[0]
QUESTION_OF = {
    "access_needs": "access-needs",
    "dietary_needs": "dietary-needs",
    "consented_at": "consent",
}


@dataclass(frozen=True)
class Journey:
    """How far a visitor has come."""

    secret: str
    answers: Kept | None
    told: Told
    is_lost: bool = False  # whether answers are missing that the visitor had given

    @property
    def is_over(self) -> bool:
        """Whether the visitor has confirmed."""
        return self.answers is not None and self.answers.receipt_id is not None

    @property
    def next_step(self) -> str:
        """The first question without an answer, else the check of them all."""
        missing = self.told.missing(queries.days())
        return QUESTION_OF.get(missing, missing) if missing else "check"

    def has_reached(self, step: str) -> bool:
        """Whether every question before this one has been answered."""
        return STEPS.index(step) <= STEPS.index(self.next_step)


def secret() -> str:
    """Read the key that the visitor holds, if any."""
    return request.cookies.get(COOKIE, "")[:LONGEST_SECRET]


def of_this_visitor() -> Journey:
    """Find how far the visitor has come; in a request that may write, nobody else moves it."""
    its_secret = secret()
    find = services.hold if request.method == "POST" else queries.answers
    answers = find(its_secret) if its_secret else None
    if answers is None:
        return Journey(its_secret, None, Told(), is_lost=bool(its_secret) or _goes_on())
    return Journey(its_secret, answers, answers.told)


def _goes_on() -> bool:
    """Whether the visitor sends the answer to a question that is not the first."""
    step = (request.view_args or {}).get("step", FIRST)
    return request.method == "POST" and step != FIRST


def remember(response: Response, secret: str) -> Response:
    """Let the visitor's browser keep the key for a week."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=timedelta(days=queries.ANSWERS_ARE_KEPT.days),
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    return response


def forget(response: Response) -> Response:
    """Take the key from the visitor's browser."""
    response.delete_cookie(
        COOKIE,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    return response

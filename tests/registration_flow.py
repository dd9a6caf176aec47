"""The way from the start page to the check of all answers, for stories that begin further on.

page = answer_questions(visitor)                               every question, up to the check
page = answer_questions(visitor, until="days", email="…")      up to a question, not answering it
"""

from app.database import transaction
from app.delegates.fields import STEPS
from app.delegates.models import CONFERENCE
from app.registration import seats
from tests.browser import Answer, Browser, Page
from tests.factories import make_delegate

EMAIL = "What is your email address?"
DAYS = "Which days will you attend?"
WEDNESDAY, THURSDAY = "Wednesday 10 June 2009", "Thursday 11 June 2009"
ACCESS = "Do you have any access requirements? (optional)"
DIET = "Do you have any dietary requirements? (optional)"
ACCESS_WORDS = "Tell us more (optional)"
DIET_WORDS = "Tell us more (optional)"
CONSENT = "I agree that the organisers can keep and use this to arrange what I need"
SHOWN_BACK = {  # what the check shows of the answers below
    "Name": "Ada Lovelace",
    "Name on your badge": "Ada Lovelace",
    "Pronouns": "Not given",
    "Email address": "ada@example.org",
    "Organisation": "Analytical Society",
    "Role": "Not given",
    "Country": "United Kingdom",
    "Days": WEDNESDAY,
    "Access requirements": "A ramp",
    "Dietary requirements": "No nuts",
}


def answer_questions(  # noqa: PLR0913 – who, and from where to where
    visitor: Browser,
    *,
    until: str = "check",
    name: tuple[str, str] = ("Ada", "Lovelace"),
    email: str = "ada@example.org",
    start: str = "Start now",
    root: str = "",
) -> Page:
    """Answer the questions before one, as Ada would; ``root`` is that of another language."""
    answers: dict[str, dict[str, Answer]] = {
        "name": {"given_names": name[0], "family_name": name[1]},
        "email": {EMAIL: email},
        "work": {"Organisation (optional)": "Analytical Society", "country": "United Kingdom"},
        "days": {DAYS: [WEDNESDAY]},
        "access-needs": {ACCESS_WORDS: "A ramp", CONSENT: True},
        "dietary-needs": {DIET_WORDS: "No nuts", CONSENT: True},
    }
    page = visitor.open(f"{root}/register").follow(start)
    for step in STEPS:
        if step.name == until:
            break
        page = page.press("Continue", answers.get(step.name, {}))
    return page


def answer_for_waiting_list(visitor: Browser) -> Page:
    """Take the only place, and let Bea ask for one; give the page of what organisers ask."""
    make_delegate()
    with transaction():
        seats.set_limit(CONFERENCE, 1)
        seats.set_waiting_list(CONFERENCE, is_open=True)
    return answer_questions(
        visitor,
        until="more",
        name=("Bea", "Waite"),
        email="bea@example.org",
        start="Join the waiting list",
    )


def complete_registration(
    visitor: Browser,
    name: tuple[str, str] = ("Ada", "Lovelace"),
    email: str = "ada@example.org",
) -> Page:
    """Go the whole way and confirm."""
    return answer_questions(visitor, name=name, email=email).press("Confirm registration")

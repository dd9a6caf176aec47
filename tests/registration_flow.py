"""The way from the start page to the check of all answers, for stories that begin further on.

page = answer_questions(visitor)                               every question, up to the check
page = answer_questions(visitor, until="days", email="…")      up to a question, not answering it
page = go_on(page, answers={"Which way do you come?": "By bus"})      from any page in between
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypedDict, Unpack

from app.database import transaction
from app.delegates.fields import BOOKING_FIELDS, STEPS, Step
from app.delegates.models import CONFERENCE
from app.registration import seats
from tests.browser import Answer, Browser, NotOnPage, Page
from tests.factories import make_delegate

EMAIL = "What is your email address?"
DAYS = "Which days will you attend?"
WEDNESDAY, THURSDAY = "Wednesday 10 June 2009", "Thursday 11 June 2009"
ACCESS = "Do you have any access requirements? (optional)"
DIET = "Do you have any dietary requirements? (optional)"
ACCESS_WORDS = "Tell us more (optional)"
DIET_WORDS = "Tell us more (optional)"
CONSENT = "I agree that the organisers can keep and use this to arrange what I need"
IN_FRENCH: dict[str, Answer] = {"country": "Royaume-Uni", DAYS: ["mercredi 10 juin 2009"]}
NO_REQUIREMENTS: dict[str, Answer] = {ACCESS_WORDS: "", DIET_WORDS: "", CONSENT: False}
# what the check shows of those who have answered nothing, and of the answers below
UNANSWERED = {str(one.label): "Not given" for one in BOOKING_FIELDS if not one.is_part_of_name}
CHECK_PAGE_ANSWERS = {
    **UNANSWERED,
    "Name": "Ada Lovelace",
    "Name on your badge": "Ada Lovelace",
    "Email address": "ada@example.org",
    "Organisation": "Analytical Society",
    "Country": "United Kingdom",
    "Days": WEDNESDAY,
    "Access requirements": "A ramp",
    "Dietary requirements": "No nuts",
}


def _get_heading(step: Step) -> str:
    """Return the heading of a page: its own, or the label of the first thing that it asks for."""
    asked: Any = step.fields[0].question
    return str(step.heading or asked.args[0])


QUESTIONS = [_get_heading(step) for step in STEPS]
PAGES = len(QUESTIONS)  # before those of the organisers, and the check


def question_after(step: str) -> str:
    """Return the heading of the page that comes after one."""
    names = [one.name for one in STEPS]
    return QUESTIONS[names.index(step) + 1]


class AnswerOverrides(TypedDict, total=False):
    """What somebody answers otherwise than Ada would.

    ``answers`` are by label, those to other questions too. Whatever nobody has to answer is left
    empty if it is not named, so that a new question needs no word in a story about another.
    """

    name: tuple[str, str]
    email: str
    answers: Mapping[str, Answer]


def answer_questions(
    visitor: Browser,
    *,
    until: str = "check",
    start: str = "Start now",
    root: str = "",
    **told: Unpack[AnswerOverrides],
) -> Page:
    """Begin, and answer the questions before one; ``root`` is that of another language."""
    return continue_to(visitor.open(f"{root}/register").follow(start), until, **told)


def continue_to(page: Page, until: str = "check", **told: Unpack[AnswerOverrides]) -> Page:
    """Answer the questions from this page on that come before one."""
    for one in iter_steps(page, **told):
        if _name_step(one) == until:
            return one
    raise NotOnPage(f"nobody is asked for “{until}”")


def iter_steps(page: Page, **told: Unpack[AnswerOverrides]) -> Iterator[Page]:
    """Yield this page and each that follows, up to the check."""
    given_names, family_name = told.get("name", ("Ada", "Lovelace"))
    usual: dict[str, dict[str, Answer]] = {
        "name": {"given_names": given_names, "family_name": family_name},
        "email": {EMAIL: told.get("email", "ada@example.org")},
        "work": {"Organisation (optional)": "Analytical Society", "country": "United Kingdom"},
        "days": {DAYS: [WEDNESDAY]},
        "access-needs": {ACCESS_WORDS: "A ramp", CONSENT: True},
        "dietary-needs": {DIET_WORDS: "No nuts", CONSENT: True},
    }
    yield page
    while _name_step(page) != "check":
        other = told.get("answers", {})
        asked = {label: answer for label, answer in other.items() if page.has_field(label)}
        page = page.press("Continue", {**usual.get(_name_step(page), {}), **asked})
        yield page


def _name_step(page: Page) -> str:
    """Return the end of an address: "more" for each page of the organisers' own questions."""
    return re.sub(r"more-\d+$", "more", page.address.rpartition("/")[2])


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

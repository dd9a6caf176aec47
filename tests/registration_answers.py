"""What somebody answers who registers, to every question of the table: as stored, and as sent.

Whatever is not named is left empty, so a new question that is optional needs no word here.
"""

from app.delegates.fields import DAYS, EMAIL, FIELDS, STEPS, Step

USUAL_ANSWERS = {
    "given_names": "Ada",
    "family_name": "Lovelace",
    EMAIL: "ada@example.org",
    "country": "GB",
    DAYS: "2009-06-10",
}


def build_answers(**answers: str) -> dict[str, str]:
    """Return the answers of somebody who has been through every page, as they are stored."""
    return {**{field.name: "" for field in FIELDS}, **USUAL_ANSWERS, **answers}


def build_forms(**answers: str) -> dict[str, dict[str, str]]:
    """Return the same answers as forms send them, by the page that asks for them."""
    stored = build_answers(**answers)
    return {step.name: _build_form(step, stored) for step in STEPS}


def _build_form(step: Step, answers: dict[str, str]) -> dict[str, str]:
    filled = {field.name: answers[field.name] for field in step.fields if answers[field.name]}
    return {**filled, "consent": "y"} if filled and step.is_private else filled

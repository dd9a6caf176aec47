"""The answers of a person who registers, to every field, as stored and as sent.

What is not named stays empty, so a new optional question needs no change here.
"""

from app.delegates.fields import DAYS, EMAIL, FIELDS, STEPS, Step

DEFAULT_ANSWERS = {
    "given_names": "Ada",
    "family_name": "Lovelace",
    EMAIL: "ada@example.org",
    "country": "GB",
    DAYS: "2009-06-10",
}


def build_answers(**answers: str) -> dict[str, str]:
    """Return the stored answers of a person who completed every page."""
    return {**{field.name: "" for field in FIELDS}, **DEFAULT_ANSWERS, **answers}


def build_forms(**answers: str) -> dict[str, dict[str, str]]:
    """Return the same answers as forms send them, by the page that asks for them."""
    stored = build_answers(**answers)
    return {step.name: _build_form(step, stored) for step in STEPS}


def _build_form(step: Step, answers: dict[str, str]) -> dict[str, str]:
    filled = {field.name: answers[field.name] for field in step.fields if answers[field.name]}
    return {**filled, "consent": "y"} if filled and step.is_private else filled

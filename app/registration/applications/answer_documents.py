"""The answers of a person without a booking, as a document with encrypted private answers."""

from collections.abc import Callable

from app.delegates import custom_questions, private_answers
from app.delegates.answer_json import Answers, dump_answers, load_answers
from app.delegates.categories import queries as categories
from app.delegates.categories.models import RegistrationCategory
from app.delegates.categories.queries import CATEGORY
from app.delegates.fields import BY_NAME, CONSENT, DAYS, EMAIL, PRIVATE_NAMES
from app.errors import RuleViolation
from app.registration.applications.models import RegistrationApplication

PLACE: Callable[[str], str] = private_answers.place_in_application
# required for a booking; all other answers are optional
ESSENTIAL = ("given_names", "family_name", EMAIL, DAYS)


class IncompleteApplication(RuleViolation):
    """The stored answers are not enough for a booking."""


def dump(answers: Answers, access_key: str) -> str:
    """Return answers in the stored form of the row with this key, without other values."""
    names = (*BY_NAME, CONSENT, CATEGORY, *custom_questions.get_by_name())
    asked = {name: answers[name] for name in names if name in answers}
    stored = private_answers.encrypt_answers(asked, PRIVATE_NAMES, PLACE(access_key))
    return dump_answers(stored)


def load(application: RegistrationApplication) -> Answers:
    """Return the answers of an application; empty once it has ended."""
    if not application.document:
        return {}
    stored = load_answers(application.document)
    return private_answers.decrypt_answers(stored, PLACE(application.access_key))


def load_valid(application: RegistrationApplication) -> Answers:
    """Return the answers, with those of the chosen days that still exist, or else all days.

    Raise IncompleteApplication if they are not enough for a booking, as after a damaged import.
    """
    category = application.category
    answers = load(application)
    if any(name not in answers for name in ESSENTIAL):
        raise IncompleteApplication(
            f"The answers of {application.name} are incomplete, so they cannot be approved. "
            "Decline the application and ask them to apply again"
        )
    days = _pick_days(category, answers[DAYS])
    return {**answers, DAYS: days, CATEGORY: "" if category is None else str(category.id)}


def _pick_days(category: RegistrationCategory | None, chosen: str) -> str:
    allowed = categories.list_days(category.days if category else "")
    days = [day.isoformat() for day in allowed]
    return " ".join([day for day in days if day in chosen.split()] or days)

"""An application for a place: the answers to the registration form, page by page.

Until it is submitted it is stored as one JSON document. A question that has been answered has a
key there, even if the answer is empty.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

from pydantic import TypeAdapter


@dataclass(frozen=True)
class PersonName:
    """The given and family name of a person."""

    given_names: str
    family_name: str
    badge_name: str

    @property
    def full_name(self) -> str:
        """The name in the order in which it was given."""
        return f"{self.given_names} {self.family_name}".strip()


@dataclass(frozen=True)
class Affiliation:
    """Organisation, role and country of a person."""

    organisation: str
    role: str
    country: str  # ISO 3166-1 alpha-2


@dataclass(frozen=True)
class DraftAnswers:
    """The answers given so far."""

    name: PersonName | None = None
    email: str | None = None
    work: Affiliation | None = None
    days: tuple[date, ...] | None = None
    access_needs: str | None = None
    dietary_needs: str | None = None
    consented_at: datetime | None = None

    def missing(self, days: Sequence[date]) -> str | None:
        """Return the first question without a valid answer, or None."""
        for question in fields(self):
            answer = getattr(self, question.name)
            if answer is None or (question.name == "days" and not set(answer) <= set(days)):
                return question.name
        return None


@dataclass(frozen=True)
class CompleteAnswers:
    """A complete application."""

    name: PersonName
    email: str
    work: Affiliation
    days: tuple[date, ...]
    access_needs: str
    dietary_needs: str
    consented_at: datetime


_draft_adapter = TypeAdapter(DraftAnswers)


def dump(draft: DraftAnswers) -> str:
    """Return a draft as JSON."""
    return _draft_adapter.dump_json(draft, exclude_none=True).decode()


def load(text: str) -> DraftAnswers:
    """Parse a draft from JSON."""
    return _draft_adapter.validate_json(text)


def finalise(draft: DraftAnswers) -> CompleteAnswers | None:
    """Return the application if every question has been answered, else None."""
    answers = {question.name: getattr(draft, question.name) for question in fields(draft)}
    return None if None in answers.values() else CompleteAnswers(**answers)

"""What someone tells us on the way to a place, question by question.

It is kept as one JSON document until it is confirmed. A question that has been answered is
there, even when the answer was that there is nothing to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

from pydantic import TypeAdapter


@dataclass(frozen=True)
class Name:
    """What someone is called."""

    given_names: str
    family_name: str
    badge_name: str

    @property
    def full(self) -> str:
        """The name as it was given."""
        return f"{self.given_names} {self.family_name}".strip()


@dataclass(frozen=True)
class Work:
    """Where someone works, and in which country."""

    organisation: str
    role: str
    country: str  # ISO 3166-1 alpha-2


@dataclass(frozen=True)
class Told:
    """Everything that someone has told us so far."""

    name: Name | None = None
    email: str | None = None
    work: Work | None = None
    days: tuple[date, ...] | None = None
    access_needs: str | None = None
    dietary_needs: str | None = None
    consented_at: datetime | None = None

    def missing(self, days: Sequence[date]) -> str | None:
        """Name the first question that has no answer; days must be days of the conference."""
        for question in fields(self):
            answer = getattr(self, question.name)
            if answer is None or (question.name == "days" and not set(answer) <= set(days)):
                return question.name
        return None


@dataclass(frozen=True)
class Application:
    """All that is needed for a place."""

    name: Name
    email: str
    work: Work
    days: tuple[date, ...]
    access_needs: str
    dietary_needs: str
    consented_at: datetime


_told = TypeAdapter(Told)


def written(told: Told) -> str:
    """Give what was told as JSON."""
    return _told.dump_json(told, exclude_none=True).decode()


def read(text: str) -> Told:
    """Read it back."""
    return _told.validate_json(text)


def complete(told: Told) -> Application | None:
    """Give the application, when every question has been answered."""
    answers = {question.name: getattr(told, question.name) for question in fields(told)}
    return None if None in answers.values() else Application(**answers)

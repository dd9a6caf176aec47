"""The progress of a visitor through the registration form: which question comes next."""

from dataclasses import dataclass

from app.registration import fields, queries
from app.registration.answers import Answers
from app.registration.fields import Step
from app.registration.queries import StoredDraft

STEPS = (*(step.name for step in fields.STEPS), "check")
FIRST_STEP = STEPS[0]


@dataclass(frozen=True)
class RegistrationProgress:
    """The progress of one visitor."""

    secret: str
    stored_draft: StoredDraft | None
    answers: Answers
    is_expired: bool = False  # whether there are no longer any answers for the key

    @property
    def is_submitted(self) -> bool:
        """Whether the application has been submitted."""
        return self.stored_draft is not None and self.stored_draft.confirmation_id is not None

    @property
    def next_step(self) -> str:
        """The first question without an answer, else the page to check all answers."""
        return find_unanswered_step(self.answers) or "check"

    def has_answer(self, step: str) -> bool:
        """Return True if this question has an answer, even one that has to be given again."""
        return any(one.key in self.answers for one in fields.STEPS if one.name == step)

    def has_reached(self, step: str) -> bool:
        """Return True if every question before this one has been answered."""
        return STEPS.index(step) <= STEPS.index(self.next_step)


def find_unanswered_step(answers: Answers) -> str | None:
    """Return the first step without a valid answer, or None.

    A step counts as answered by its first field, so that a later one is not asked of those who
    are under way. A private answer without consent is asked for again.
    """
    days = {day.isoformat() for day in queries.conference_days()}
    for step in fields.STEPS:
        if step.key not in answers or _lacks_consent(step, answers):
            return step.name
        if step.key == fields.DAYS and not days.issuperset(answers[fields.DAYS].split()):
            return step.name
    return None


def _lacks_consent(step: Step, answers: Answers) -> bool:
    return step.is_private and bool(answers[step.key]) and fields.CONSENT not in answers

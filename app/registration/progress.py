"""How far somebody has come with registering, and which question is next."""

from dataclasses import dataclass

from app.registration import custom_questions, fields, private_answers
from app.registration.categories import queries as categories
from app.registration.categories.queries import CATEGORY, SPEAKER
from app.registration.fields import Step
from app.registration.queries import Answers, StoredDraft

STEPS = tuple(step.name for step in fields.STEPS)  # the same for everybody
CHECK = "check"
FIRST_STEP = STEPS[0]
COUNTRY = "country"


def list_steps(answers: Answers) -> tuple[str, ...]:
    """List the pages of registration for somebody, as far as their answers tell.

    The first asks for a category where there are several.
    """
    first = (CATEGORY,) if categories.is_asked() else ()
    return (*first, *STEPS, *custom_questions.list_steps(answers), CHECK)


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
        return find_unanswered_step(self.answers) or CHECK

    @property
    def steps(self) -> tuple[str, ...]:
        """The pages of registration for this visitor, in order."""
        return list_steps(self.answers)

    def has_answer(self, step: str) -> bool:
        """Return True if this question has an answer, even one that has to be given again."""
        if custom_questions.is_step(step):
            asked = custom_questions.list_of_step(step, self.answers)
            return any(one.name in self.answers for one in asked)
        key = next((one.key for one in fields.STEPS if one.name == step), step)
        return key in self.answers

    def has_reached(self, step: str) -> bool:
        """Return True if every question before this one has been answered."""
        steps = self.steps
        return step in steps and steps.index(step) <= steps.index(self.next_step)


def find_unanswered_step(answers: Answers) -> str | None:
    """Return the first step without a valid answer, or None.

    A step counts as answered by its first field, so that a later one is not asked of those who
    are under way. A private answer without consent, or that cannot be read, is asked for again.
    """
    if categories.lacks_choice(answers):
        return CATEGORY
    days = {day.isoformat() for day in categories.list_days_for(answers)}
    for step in fields.STEPS:
        if step.key not in answers or _has_to_be_asked_again(step, answers):
            return step.name
        if step.key == fields.DAYS and not days.issuperset(answers[fields.DAYS].split()):
            return step.name
    return custom_questions.find_unanswered_step(answers)


def _has_to_be_asked_again(step: Step, answers: Answers) -> bool:
    """Return True if a private answer has no consent, or cannot be read.

    A speaker’s country may not be known; what else their page was filled in with stays.
    """
    if SPEAKER in answers and any(one.name == COUNTRY for one in step.fields):
        return not answers.get(COUNTRY)
    private = [answers.get(one.name, "") for one in step.fields if one.is_private]
    lacks_consent = any(private) and fields.CONSENT not in answers
    return lacks_consent or any(private_answers.is_unreadable(one) for one in private)

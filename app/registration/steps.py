"""The steps of registration: which apply to a person, how far they are, and what is next."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.delegates import custom_questions, fields, private_answers, question_pages
from app.delegates.answer_json import Answers
from app.delegates.categories import queries as categories
from app.delegates.categories.queries import CATEGORY, SPEAKER, TRANSFER
from app.questions.definitions import Definition
from app.registration.queries import StoredDraft
from app.registration.session_bookings import choices
from app.registration.session_bookings.choices import SESSIONS

STEPS = tuple(step.name for step in fields.STEPS)  # of standard questions, in the default order
PRIVATE_STEPS = frozenset(step.name for step in fields.STEPS if step.is_private)
CHECK = "check"
COUNTRY = "country"


def list_steps(answers: Answers) -> tuple[str, ...]:
    """List the pages of registration for a person, as far as their answers determine.

    The first asks for a category if there are several. Sessions are asked for after the days.
    """
    first = (CATEGORY,) if categories.is_asked() and TRANSFER not in answers else ()
    steps = list(question_pages.list_steps(answers))
    if choices.is_asked(answers):
        steps.insert(steps.index(fields.DAYS) + 1, SESSIONS)
    return (*first, *steps, CHECK)


@dataclass(frozen=True)
class RegistrationProgress:
    """The progress of one visitor."""

    secret: str
    stored_draft: StoredDraft | None
    answers: Answers
    is_expired: bool = False  # whether the key no longer has any answers

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
        """Return True if this question has an answer, even one that must be given again."""
        questions = question_pages.list_relevant(step, self.answers)
        return any(question.name in self.answers for question in questions) or step in self.answers

    def has_reached(self, step: str) -> bool:
        """Return True if every question before this one has been answered."""
        steps = self.steps
        return step in steps and steps.index(step) <= steps.index(self.next_step)


def find_unanswered_step(answers: Answers) -> str | None:
    """Return the first step without a valid answer, or None.

    A page counts as answered by its first question, so that visitors who have passed it are not
    sent back by a new question. A private answer without consent, or that cannot be read, is asked
    again.
    """
    if categories.lacks_category(answers):
        return CATEGORY
    for page, questions in question_pages.list_with_questions(answers):
        if page.is_standard and _is_standard_page_unanswered(page.step, questions, answers):
            return page.step
        if page.step == fields.DAYS and _lacks_sessions(answers):
            return SESSIONS
        is_own_unanswered = (
            custom_questions.is_unanswered(question, answers) for question in questions
        )
        if not page.is_standard and any(is_own_unanswered):
            return page.step
    return None


def _is_standard_page_unanswered(step: str, asked: Sequence[Definition], answers: Answers) -> bool:
    if _get_key(step, asked) not in answers:
        return True
    if step in PRIVATE_STEPS:
        return _has_to_be_asked_again(step, answers)
    if step == fields.DAYS:
        days = {day.isoformat() for day in categories.list_days_for(answers)}
        return not days.issuperset(answers[fields.DAYS].split())
    # a speaker’s country may be unknown; the other prefilled answers stay
    return any(
        definition.is_required and not answers.get(definition.name)
        for definition in asked
        if definition.name in answers or (SPEAKER in answers and definition.name == COUNTRY)
    )


def _get_key(step: str, asked: Sequence[Definition]) -> str:
    """Return the answer that shows that a page has been answered.

    For private choices it is the free text, the only answer in drafts of earlier versions.
    """
    own = [field.name for field in fields.FIELDS if field.step == step]
    return own[-1] if step in PRIVATE_STEPS else asked[0].name


def _lacks_sessions(answers: Answers) -> bool:
    return SESSIONS not in answers and choices.is_asked(answers)


def _has_to_be_asked_again(step: str, answers: Answers) -> bool:
    """Return True if a private answer has no consent, or cannot be read."""
    private = [answers.get(field.name, "") for field in fields.PRIVATE_FIELDS if field.step == step]
    lacks_consent = any(private) and fields.CONSENT not in answers
    return lacks_consent or any(private_answers.is_unreadable(one) for one in private)

"""The rules for the definitions of questions, with error messages for their authors."""

from collections.abc import Mapping, Sequence

from app.errors import RuleViolation
from app.questions.definitions import (
    ANSWERED,
    CHOICE,
    CONSENT,
    CONTAINS,
    DAYS_KEY,
    IS,
    NO,
    SEVERAL,
    WITH_CHOICES,
    YES,
    YES_NO,
    Condition,
    Definition,
)

MIN_CHOICES, MAX_CHOICES = 2, 30
MAX_QUESTIONS = 50  # active questions
OPERATORS_OF = {CHOICE: IS, YES_NO: IS, CONSENT: IS, SEVERAL: CONTAINS}


class InvalidCondition(RuleViolation):
    """A condition that can never be met."""


class InvalidChoices(RuleViolation):
    """Choices that cannot be told apart, or too few."""


class QuestionInUse(RuleViolation):
    """Another question or an answer depends on this one."""


def check_choices(kind: str, texts: Sequence[str]) -> None:
    """Raise InvalidChoices unless these are enough, and distinct."""
    if kind not in WITH_CHOICES:
        return
    if len(texts) < MIN_CHOICES:
        raise InvalidChoices("Enter at least two choices, each on a line of its own")
    if len(texts) > MAX_CHOICES:
        raise InvalidChoices(f"Enter {MAX_CHOICES} choices or fewer")
    if len({text.casefold() for text in texts}) < len(texts):
        raise InvalidChoices("Two of the choices are the same. Change or remove one of them")


def check_condition(
    condition: Condition | None, question_id: int | None, definitions: Sequence[Definition]
) -> None:
    """Raise InvalidCondition unless it is about an earlier question and can be met.

    ``definitions`` are in order; a new question, without an id, comes after all of them. Since
    conditions refer to earlier questions only, there are no cycles.
    """
    if condition is not None:
        _check_order(condition, question_id, [definition.id for definition in definitions])
        earlier = next(
            definition for definition in definitions if definition.id == condition.question
        )
        if earlier.is_retired:
            raise InvalidCondition("The question that this one depends on is no longer asked")
        if not can_depend_on(earlier):
            raise InvalidCondition("No question can depend on the answer to this one")
        if not can_be_met(condition, earlier):
            raise InvalidCondition("The question that this one depends on has no such answer")


def _check_order(condition: Condition, question_id: int | None, ids: Sequence[int]) -> None:
    """Raise InvalidCondition unless a condition is about an earlier question."""
    if condition.question == question_id:
        raise InvalidCondition("A question cannot depend on its own answer")
    if condition.question not in ids:
        raise InvalidCondition("The question that this one depends on no longer exists")
    if question_id in ids and ids.index(condition.question) > ids.index(question_id):
        raise InvalidCondition("A question can depend only on one that is asked before it")


def can_be_met(condition: Condition, earlier: Definition) -> bool:
    """Return True if some answer to a question meets a condition."""
    if condition.operator == ANSWERED:
        return True
    return (condition.operator, condition.value) in list_possible_answers(earlier)


def can_depend_on(earlier: Definition) -> bool:
    """Return True if other questions may depend on the answer to this one."""
    known = earlier.standard
    return known is None or (known.can_be_hidden and not known.is_private)


def list_possible_answers(definition: Definition) -> Sequence[tuple[str, str]]:
    """List the operators and values of conditions that a question's answers can meet."""
    operator = OPERATORS_OF.get(definition.kind)
    if operator is None:
        return ()
    values: Mapping[str, Sequence[str]] = {YES_NO: (YES, NO), CONSENT: (YES,)}
    return [(operator, value) for value in values.get(definition.kind, definition.current.choices)]


def check_order(definitions: Sequence[Definition]) -> None:
    """Raise InvalidCondition unless each question comes after those its condition refers to."""
    active = [definition for definition in definitions if not definition.is_retired]
    places = {one.id: place for place, one in enumerate(active)}
    days = next((place for place, one in enumerate(active) if one.name == DAYS_KEY), -1)
    for place, one in enumerate(active):
        if one.condition and places.get(one.condition.question, place) >= place:
            raise InvalidCondition(
                "A question must come after the one that it depends on. Nothing has been moved"
            )
        if one.days and place < days:
            raise InvalidCondition(
                "A question for some days must come after the question about days"
            )
        if one.condition and one.page:
            earlier = active[places[one.condition.question]]
            if earlier.page == one.page:
                raise InvalidCondition(
                    "This question can depend only on a question of an earlier page"
                )


def check_dependants(
    question_id: int, changed: Definition | None, definitions: Sequence[Definition]
) -> None:
    """Raise QuestionInUse if others depend on what is changed; None stands for retiring it."""
    for definition in definitions:
        condition = definition.condition
        if condition is None or condition.question != question_id or definition.is_retired:
            continue
        if changed is None or not can_be_met(condition, changed):
            label = next(iter(definition.current.texts.values())).label
            raise QuestionInUse(f"Change “{label}” first: it depends on an answer to this question")

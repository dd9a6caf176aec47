"""Who may read the answers to questions that depend on others.

Being asked a question that depends on an earlier answer reveals that answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.errors import RuleViolation
from app.questions.checks import QuestionInUse
from app.questions.definitions import REGISTRATIONS, TEAM, Condition, Definition


class TooManyReaders(RuleViolation):
    """More people could read the answers than those to the question it depends on."""


def inherit(definitions: Sequence[Definition]) -> list[Definition]:
    """Return questions with their readers restricted to those of the questions they depend on."""
    by_id = {definition.id: definition for definition in definitions}
    return [
        replace(definition, readers=REGISTRATIONS)
        if _depends_on_private(definition, by_id)
        else definition
        for definition in definitions
    ]


def _depends_on_private(definition: Definition, by_id: Mapping[int, Definition]) -> bool:
    earlier: Definition | None = definition
    for _ in by_id:  # no chain of conditions is longer
        condition = earlier.condition if earlier else None
        earlier = by_id.get(condition.question) if condition else None
        if earlier is not None and earlier.is_private:
            return True
    return False


def check(
    readers: str,
    condition: Condition | None,
    question_id: int | None,
    definitions: Sequence[Definition],
) -> None:
    """Raise RuleViolation if being asked a question would reveal a private answer.

    The organisers' own questions that depend on a private one become private; standard questions
    cannot.
    """
    by_id = {definition.id: definition for definition in definitions}
    earlier = by_id.get(condition.question) if condition else None
    if earlier is not None and earlier.is_private and readers == TEAM:
        raise TooManyReaders(
            "This question depends on one whose answers only organisers and the registration desk "
            "can see. Choose the same here, or change when it is asked"
        )
    changed = [
        replace(definition, readers=readers, condition=condition)
        if definition.id == question_id
        else definition
        for definition in definitions
    ]
    for one in inherit(changed):
        known, is_newly_private = one.standard, one.is_private and not by_id[one.id].is_private
        if known is not None and is_newly_private and not one.is_retired:
            raise QuestionInUse(
                f"Change “{known.label}” first: it depends on an answer to this question, and "
                "everyone who can see bookings can see its answers"
            )


def check_restored(definition: Definition) -> None:
    """Raise QuestionInUse if a standard question would depend on a private answer."""
    known = definition.standard
    if known is not None and definition.is_private and not known.is_private:
        raise QuestionInUse(
            "This question depends on one whose answers only organisers and the registration desk "
            "can see. Change when it is asked first, because everyone who can see bookings can see "
            "its answers"
        )

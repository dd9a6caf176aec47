"""Validation of answers to questions."""

import re
from collections.abc import Callable, Mapping
from datetime import date

from app.questions import file_answers
from app.questions.definitions import (
    CHOICE,
    CONSENT,
    COUNTRY,
    DATE,
    FILE,
    LONG_TEXT,
    NO,
    NUMBER,
    SEVERAL,
    TEXT,
    YES,
    YES_NO,
    Definition,
    Wording,
)

MAX_LINE, MAX_LONG_TEXT = 200, 2_000  # characters
NUMBER_PATTERN = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")


def parse_date(typed: str) -> date | None:
    """Parse a date as browsers send it, or return None."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def is_valid(definition: Definition, answer: str) -> bool:
    """Return True if a stored answer is valid for the current version of the question."""
    if not answer:
        return not definition.is_required
    check = CHECKS.get(definition.kind)
    return check is None or check(definition.current, answer)


def _is_among_choices(wording: Wording, answer: str) -> bool:
    return answer in wording.choices


def _are_among_choices(wording: Wording, answer: str) -> bool:
    return set(answer.split()) <= set(wording.choices)


def _names_file(_: Wording, answer: str) -> bool:
    return file_answers.read(answer) is not None


def _is_text(_: Wording, answer: str) -> bool:
    """Return True unless the answer of a text question names a file, from an earlier version."""
    return file_answers.read(answer) is None


CHECKS: Mapping[str, Callable[[Wording, str], bool]] = {
    TEXT: _is_text,
    LONG_TEXT: _is_text,
    FILE: _names_file,
    CHOICE: _is_among_choices,
    SEVERAL: _are_among_choices,
    YES_NO: lambda _, answer: answer in {YES, NO},
    CONSENT: lambda _, answer: answer == YES,
    DATE: lambda _, answer: parse_date(answer) is not None,
    NUMBER: lambda _, answer: NUMBER_PATTERN.fullmatch(answer) is not None,
    COUNTRY: lambda _, answer: len(answer) == 2 and answer.isupper(),
}

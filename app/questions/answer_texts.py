"""How answers to questions are formatted."""

from collections.abc import Callable

from flask_babel import gettext

from app.questions import file_answers
from app.questions.answer_checks import parse_date
from app.questions.definitions import (
    CHOICE,
    CONSENT,
    COUNTRY,
    DATE,
    NO,
    SEVERAL,
    YES,
    YES_NO,
    Wording,
)
from app.web.formatting import plain_date


def format_answer(
    wording: Wording, answer: str, language: str, name_country: Callable[[str, str], str]
) -> str:
    """Format an answer for pages, with the wording of its question."""
    if wording.kind in {CHOICE, SEVERAL}:
        texts = wording.get_texts(language).choices
        keys = answer.split() if wording.kind == SEVERAL else [answer]
        return ", ".join(texts.get(key, key) for key in keys)
    if wording.kind in {YES_NO, CONSENT}:
        return str({YES: gettext("Yes"), NO: gettext("No")}.get(answer, answer))
    if wording.kind == COUNTRY and answer:
        return name_country(answer, language)
    if sent := file_answers.read(answer):
        return sent.name
    day = parse_date(answer) if wording.kind == DATE else None
    return plain_date(day) if day else answer

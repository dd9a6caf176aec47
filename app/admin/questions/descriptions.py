"""How admin describes a question: its kind, when it is asked, and how long answers are stored."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.delegates import custom_questions
from app.delegates.categories import queries as categories
from app.questions.checks import can_depend_on, list_possible_answers
from app.questions.definitions import (
    AFTER_30_DAYS,
    AFTER_A_YEAR,
    ANSWERED,
    CHOICE,
    CONSENT,
    CONTAINS,
    COUNTRY,
    DATE,
    FILE,
    LONG_TEXT,
    NUMBER,
    REGISTRATIONS,
    SEVERAL,
    TEAM,
    TEXT,
    YES_NO,
    Condition,
    Definition,
)
from app.releases.current_release import conference_days
from app.web.formatting import local_date

KIND_NAMES: Final[Mapping[str, Any]] = {
    TEXT: _l("One line of text"),
    LONG_TEXT: _l("Several lines of text"),
    CHOICE: _l("One of several choices"),
    SEVERAL: _l("Any of several choices"),
    YES_NO: _l("Yes or no"),
    DATE: _l("A date"),
    NUMBER: _l("A number"),
    COUNTRY: _l("A country"),
    FILE: _l("A file"),
    CONSENT: _l("A box to tick, to agree to something"),
}
STANDARD_KINDS: Final = {  # of standard questions; all others are short texts
    "country": COUNTRY,
    "days": SEVERAL,
    "access_kinds": SEVERAL,
    "dietary_kinds": SEVERAL,
}
READER_NAMES: Final[Mapping[str, Any]] = {
    TEAM: _l("Everyone in the team who can see bookings"),
    REGISTRATIONS: _l("Only organisers and the registration desk"),
}
ERASURE_NAMES: Final[Mapping[str, Any]] = {
    AFTER_30_DAYS: _l("30 days after the conference"),
    AFTER_A_YEAR: _l("1 year after the conference"),
}


def name_kind(definition: Definition) -> str:
    """Return the label of the kind of answer a question asks for."""
    known = definition.standard
    kind = STANDARD_KINDS.get(known.key, TEXT) if known else definition.kind
    return str(KIND_NAMES[kind])


def list_conditions(earlier: Iterable[Definition]) -> Sequence[tuple[str, str]]:
    """List the conditions a question can have, with labels, from the questions before it."""
    conditions = [
        Condition(definition.id, operator, value)
        for definition in earlier
        if not definition.is_retired and can_depend_on(definition)
        for operator, value in [*list_possible_answers(definition), (ANSWERED, "")]
    ]
    questions = {definition.id: definition for definition in earlier}
    return [
        (condition.dump(), describe_condition(condition, questions)) for condition in conditions
    ]


def describe_condition(condition: Condition | None, questions: Mapping[int, Definition]) -> str:
    """Describe when a question is asked, in the language of the page; "" for always."""
    if condition is None or condition.question not in questions:
        return ""
    question = questions[condition.question]
    label = custom_questions.get_label(question)
    if condition.operator == ANSWERED:
        return str(gettext("“%(question)s” has an answer", question=label))
    answer = custom_questions.format_answer(question, condition.value)
    if condition.operator == CONTAINS:
        words = gettext("“%(question)s” includes “%(answer)s”", question=label, answer=answer)
    else:
        words = gettext("“%(question)s” is “%(answer)s”", question=label, answer=answer)
    return str(words)


def describe_erasure(definition: Definition) -> str:
    """Describe when the answers to a question are deleted."""
    name = ERASURE_NAMES.get(definition.erasure)
    last = custom_questions.explain(definition).erased_on
    return gettext("%(rule)s: %(day)s", rule=name, day=last) if name else last


def list_category_choices() -> list[tuple[str, str]]:
    """List the categories of registration, by the text of their numbers."""
    return [(str(option.id), option.name) for option in categories.list_options()]


def describe_categories(definition: Definition) -> str:
    """Return the categories in which a question is asked, as text; "" for all."""
    return ", ".join(
        name for number, name in list_category_choices() if number in definition.categories
    )


def describe_days(definition: Definition) -> str:
    """Return the days on which a question is asked, as text; "" for all."""
    return ", ".join(
        local_date(day) for day in conference_days() if day.isoformat() in definition.days
    )

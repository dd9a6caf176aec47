"""The questions of equality monitoring, in the wording of public bodies in the UK.

Organisers can reword them, and add others: see ``queries``.

A key that is stored never changes its meaning.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import lazy_gettext as _l

NOT_SAID: Final = "not-said"
NOT_SAID_LABEL: Final = _l("Prefer not to say")


@dataclass(frozen=True)
class EqualityItem:
    """A wording of a question and its answers, of which one can be chosen."""

    key: str  # under which answers are counted; each wording has its own
    name: Any  # for organisers
    label: Any
    answers: Mapping[str, Any]
    help: Any = ""

    @property
    def choices(self) -> Mapping[str, Any]:
        """The answers with “Prefer not to say” at the end."""
        return {**self.answers, NOT_SAID: NOT_SAID_LABEL}


QUESTIONS: Final = (
    EqualityItem(
        "age",
        _l("Age group"),
        _l("How old are you?"),
        {
            "under-25": _l("Under 25"),
            "25-34": _l("25 to 34"),
            "35-44": _l("35 to 44"),
            "45-54": _l("45 to 54"),
            "55-64": _l("55 to 64"),
            "65-up": _l("65 or over"),
        },
    ),
    EqualityItem(
        "gender",
        _l("Gender"),
        _l("What is your gender?"),
        {
            "woman": _l("Woman"),
            "man": _l("Man"),
            "other": _l("I describe myself in another way"),
        },
    ),
    EqualityItem(
        "ethnicity",
        _l("Ethnic group"),
        _l("What is your ethnic group?"),
        {
            "asian": _l("Asian"),
            "black": _l("Black, Caribbean or African"),
            "mixed": _l("Mixed or multiple ethnic groups"),
            "white": _l("White"),
            "other": _l("Another ethnic group"),
        },
    ),
    EqualityItem(
        "disability",
        _l("Disability"),
        _l("Do you have a health condition or disability that lasts 12 months or more?"),
        {"yes": _l("Yes"), "no": _l("No")},
    ),
    EqualityItem(
        "region",
        _l("Region"),
        _l("Which part of the world do you live in?"),
        {
            "africa": _l("Africa"),
            "americas": _l("The Americas"),
            "asia": _l("Asia"),
            "europe": _l("Europe"),
            "oceania": _l("Australia and Oceania"),
        },
    ),
)
BY_KEY: Final = {one.key: one for one in QUESTIONS}

"""The definition of a question, as read once and cached; nothing here uses the database."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, NamedTuple

from app.questions.standard import StandardQuestion
from app.text import parse_number

KEY_PREFIX: Final = "question_"  # of the name of an answer, before the id of its question

TEXT, LONG_TEXT, CHOICE, SEVERAL, YES_NO = "text", "long_text", "choice", "several", "yes_no"
DATE, NUMBER, COUNTRY, CONSENT, FILE = "date", "number", "country", "consent", "file"
STANDARD: Final = (
    "standard"  # asked and validated by the site's own code: see app.questions.standard
)
KINDS: Final = (TEXT, LONG_TEXT, CHOICE, SEVERAL, YES_NO, DATE, NUMBER, COUNTRY, CONSENT, FILE)
MEGABYTES: Final = 1024 * 1024  # bytes
WITH_CHOICES: Final = frozenset({CHOICE, SEVERAL})
YES, NO = "yes", "no"
DAYS_KEY: Final = "days"  # of the standard question about the days of attendance

IS, CONTAINS, ANSWERED = OPERATORS = ("is", "contains", "answered")

TEAM, REGISTRATIONS = READERS = ("team", "registrations")
AFTER_30_DAYS, AFTER_A_YEAR = ERASURES = ("30-days", "1-year")

Answers = Mapping[str, str]  # by the name of the answer


class Texts(NamedTuple):
    """The texts of a question in one language."""

    label: str
    help: str
    choices: Mapping[str, str]  # by their keys


@dataclass(frozen=True)
class Condition:
    """A condition: that an earlier question has a certain answer, or any."""

    question: int
    operator: str
    value: str = ""

    def is_met(self, answer: str) -> bool:
        """Return True if the answer meets the condition."""
        if self.operator == CONTAINS:
            return self.value in answer.split()
        return bool(answer) if self.operator == ANSWERED else answer == self.value

    def dump(self) -> str:
        """Return it in its stored form."""
        return f"{self.question} {self.operator} {self.value}".strip()


def load_condition(stored: str) -> Condition | None:
    """Load a condition from its stored form or a form field; None if there is none."""
    number, operator, value = (*stored.split(" ", 2), "", "", "")[:3]
    question = parse_number(number)
    is_valid = question is not None and operator in OPERATORS
    return Condition(question, operator, value) if question is not None and is_valid else None


@dataclass(frozen=True)
class Wording:
    """One version of a question."""

    id: int
    kind: str
    choices: tuple[str, ...]  # their keys, in order
    texts: Mapping[str, Texts]  # by language

    def get_texts(self, language: str) -> Texts:
        """Return the texts in a language; missing translations are in the first one."""
        first = next(iter(self.texts.values()))
        own = self.texts.get(language, first)
        choices = {key: own.choices.get(key) or first.choices.get(key, "") for key in self.choices}
        return Texts(own.label or first.label, own.help or first.help, choices)


def dump_texts(texts: Mapping[str, Texts]) -> str:
    """Return the texts of a version in their stored form."""
    return json.dumps({code: one._asdict() for code, one in texts.items()}, ensure_ascii=False)


def load_texts(stored: str) -> Mapping[str, Texts]:
    """Load the texts of a version from their stored form."""
    return {code: Texts(**one) for code, one in json.loads(stored).items()}


@dataclass(frozen=True)
class Definition:
    """A question with all its versions."""

    id: int
    versions: tuple[Wording, ...]  # newest last
    is_required: bool = False
    condition: Condition | None = None
    purpose: str = ""
    readers: str = TEAM
    erasure: str = AFTER_A_YEAR
    days: frozenset[str] = field(default_factory=frozenset)
    categories: frozenset[str] = field(default_factory=frozenset)
    is_retired: bool = False
    max_megabytes: int = 5  # of a file
    standard: StandardQuestion | None = None  # None: added by the organisers

    @property
    def name(self) -> str:
        """The name of its answer, in forms and among answers."""
        return self.standard.key if self.standard else f"{KEY_PREFIX}{self.id}"

    @property
    def page(self) -> str:
        """The page it shares with other standard questions; "" for an organisers' question."""
        return self.standard.page if self.standard else ""

    @property
    def current(self) -> Wording:
        """The current version."""
        return self.versions[-1]

    @property
    def kind(self) -> str:
        """The kind of answer in the current version."""
        return self.current.kind

    @property
    def is_private(self) -> bool:
        """Whether only those who manage registrations may read the answers."""
        return self.readers == REGISTRATIONS

    def get_version(self, version_id: int) -> Wording:
        """Return a version; the newest if the number is unknown."""
        return next(
            (version for version in self.versions if version.id == version_id), self.current
        )

    def iterate_choices(self, language: str) -> Iterator[tuple[str, str]]:
        """Yield key and text of every choice, current or former, newest versions first."""
        seen: set[str] = set()
        for version in reversed(self.versions):
            for key, text in version.get_texts(language).choices.items():
                if key not in seen:
                    seen.add(key)
                    yield key, text

    def get_erasure_date(self, last_day: date) -> date:
        """Return the last day on which an answer is stored; ``last_day`` is the conference's."""
        if self.erasure == AFTER_30_DAYS:
            return last_day + timedelta(days=30)
        if self.erasure == AFTER_A_YEAR:
            return one_year_after(last_day)
        return date.fromisoformat(self.erasure)


def one_year_after(day: date) -> date:
    """Return the same day of the next year; after 29 February, the 28th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


class Person(NamedTuple):
    """What decides, besides earlier answers, which questions a person is asked."""

    days: frozenset[str] | None  # None: not known yet
    category: str = ""


def applies_to(definition: Definition, person: Person) -> bool:
    """Return True if days and category allow asking a person the question."""
    if definition.is_retired:
        return False
    if definition.days and person.days is not None and not definition.days & person.days:
        return False
    return not definition.categories or person.category in definition.categories


def select_relevant(
    definitions: Iterable[Definition],
    person: Person,
    answers: Answers,
    is_valid: Callable[[Definition, str], bool] = lambda *_: True,
) -> Sequence[Definition]:
    """Return the questions that a person is asked, given their answers.

    Answers to questions that are not asked are ignored, so conditions may be chained to any depth.
    """
    relevant: dict[int, Definition] = {}
    for definition in definitions:
        if not applies_to(definition, person):
            continue
        condition = definition.condition
        if condition is not None:
            earlier = relevant.get(condition.question)
            answer = answers.get(earlier.name, "") if earlier else ""
            if earlier is None or not is_valid(earlier, answer) or not condition.is_met(answer):
                continue
        relevant[definition.id] = definition
    return list(relevant.values())

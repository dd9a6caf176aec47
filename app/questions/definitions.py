"""What a question asks, as the site reads it once and keeps it; nothing here uses the database."""

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
    "standard"  # asked and checked as the site itself does: see app.questions.standard
)
KINDS: Final = (TEXT, LONG_TEXT, CHOICE, SEVERAL, YES_NO, DATE, NUMBER, COUNTRY, CONSENT, FILE)
MEGABYTES: Final = 1024 * 1024  # bytes
WITH_CHOICES: Final = frozenset({CHOICE, SEVERAL})
YES, NO = "yes", "no"
DAYS_KEY: Final = "days"  # of the standard question whose answer tells which days somebody attends

IS, CONTAINS, ANSWERED = OPERATORS = ("is", "contains", "answered")

TEAM, REGISTRATIONS = READERS = ("team", "registrations")
AFTER_30_DAYS, AFTER_A_YEAR = ERASURES = ("30-days", "1-year")

Answers = Mapping[str, str]  # by the name of the answer


class Texts(NamedTuple):
    """The words of a question in one language."""

    label: str
    help: str
    choices: Mapping[str, str]  # by their keys


@dataclass(frozen=True)
class Condition:
    """That an earlier question has a certain answer, or any."""

    question: int
    operator: str
    value: str = ""

    def is_met(self, answer: str) -> bool:
        """Return True if the answer of that question is so."""
        if self.operator == CONTAINS:
            return self.value in answer.split()
        return bool(answer) if self.operator == ANSWERED else answer == self.value

    def dump(self) -> str:
        """Return it as it is stored."""
        return f"{self.question} {self.operator} {self.value}".strip()


def load_condition(stored: str) -> Condition | None:
    """Return a condition as it is stored or chosen in a form; None if there is none."""
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
        """Return the words in a language; what has no translation in the first one."""
        first = next(iter(self.texts.values()))
        own = self.texts.get(language, first)
        choices = {key: own.choices.get(key) or first.choices.get(key, "") for key in self.choices}
        return Texts(own.label or first.label, own.help or first.help, choices)


def dump_texts(texts: Mapping[str, Texts]) -> str:
    """Return the words of a version as they are stored."""
    return json.dumps({code: one._asdict() for code, one in texts.items()}, ensure_ascii=False)


def load_texts(stored: str) -> Mapping[str, Texts]:
    """Return the words of a version from how they are stored."""
    return {code: Texts(**one) for code, one in json.loads(stored).items()}


@dataclass(frozen=True)
class Definition:
    """A question with all its versions."""

    id: int
    versions: tuple[Wording, ...]  # the newest last
    is_required: bool = False
    condition: Condition | None = None
    purpose: str = ""
    readers: str = TEAM
    erasure: str = AFTER_A_YEAR
    days: frozenset[str] = field(default_factory=frozenset)
    categories: frozenset[str] = field(default_factory=frozenset)
    is_retired: bool = False
    max_megabytes: int = 5  # of a file
    standard: StandardQuestion | None = None  # None: the organisers have added it

    @property
    def name(self) -> str:
        """The name of its answer, in forms and among answers."""
        return self.standard.key if self.standard else f"{KEY_PREFIX}{self.id}"

    @property
    def page(self) -> str:
        """The page that it shares with other standard questions; "" for one of the organisers."""
        return self.standard.page if self.standard else ""

    @property
    def current(self) -> Wording:
        """The version that is asked now."""
        return self.versions[-1]

    @property
    def kind(self) -> str:
        """The kind of answer that is asked for now."""
        return self.current.kind

    @property
    def is_private(self) -> bool:
        """Whether only those read the answers who look after registrations."""
        return self.readers == REGISTRATIONS

    def get_version(self, version_id: int) -> Wording:
        """Return a version; the newest if it is unknown."""
        return next((one for one in self.versions if one.id == version_id), self.current)

    def iterate_choices(self, language: str) -> Iterator[tuple[str, str]]:
        """Yield key and text of every choice there is or was, newest versions first."""
        seen: set[str] = set()
        for version in reversed(self.versions):
            for key, text in version.get_texts(language).choices.items():
                if key not in seen:
                    seen.add(key)
                    yield key, text

    def get_erasure_date(self, last_day: date) -> date:
        """Return the last day on which an answer is kept; ``last_day`` is the conference's."""
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
    """What decides, besides earlier answers, which questions somebody is asked."""

    days: frozenset[str] | None  # None: not known yet
    category: str = ""


def applies_to(definition: Definition, person: Person) -> bool:
    """Return True if a question is asked of a person, as far as days and category decide it."""
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

    The answer to a question that is not asked counts for nothing, so conditions may follow one
    another to any depth.
    """
    relevant: dict[int, Definition] = {}
    for one in definitions:
        if not applies_to(one, person):
            continue
        condition = one.condition
        if condition is not None:
            earlier = relevant.get(condition.question)
            answer = answers.get(earlier.name, "") if earlier else ""
            if earlier is None or not is_valid(earlier, answer) or not condition.is_met(answer):
                continue
        relevant[one.id] = one
    return list(relevant.values())

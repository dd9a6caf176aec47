"""The questions of equality monitoring with all their wordings; nothing here changes anything.

Until organisers reword, add or reorder questions, they are those of ``questions.QUESTIONS``,
without rows. From then on each is a row of ``Question`` with its versions. A wording is never
edited: a new one has a new key, and so its own counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from app import cache_version
from app.database import db, read_only_connection
from app.equality.questions import BY_KEY, QUESTIONS, EqualityItem
from app.errors import NotFound, require
from app.questions.definitions import Wording, load_texts
from app.questions.models import Question, QuestionVersion
from app.web import languages

SET_NAME: Final = "equality"
ROWS = (
    select(
        Question.id,
        Question.key,
        Question.version,
        QuestionVersion.kind,
        QuestionVersion.choices,
        QuestionVersion.texts,
    )
    .join(QuestionVersion, QuestionVersion.question_id == Question.id)
    .where(Question.set_name == SET_NAME)
    .order_by(Question.position, Question.id, QuestionVersion.number)
)


@dataclass(frozen=True)
class WordedQuestion:
    """A question, with its wordings from the first to the one that is asked."""

    key: str  # that of its first wording
    wordings: tuple[Wording | None, ...]  # None: the site's own wording in every language
    version: int = 1  # of the row, for optimistic locking

    @property
    def current(self) -> EqualityItem:
        """The current wording, in the language of the page."""
        return self.get_item(len(self.wordings))

    @property
    def earlier(self) -> Sequence[EqualityItem]:
        """The earlier wordings in the language of the page, the newest first."""
        return [self.get_item(number) for number in range(len(self.wordings) - 1, 0, -1)]

    def get_item(self, number: int) -> EqualityItem:
        """Return a wording in the language of the page."""
        wording = self.wordings[number - 1]
        if wording is None:
            return BY_KEY[self.key]
        texts = wording.get_texts(languages.current().code)
        key = name_wording(self.key, number)
        return EqualityItem(key, texts.label, texts.label, texts.choices, texts.help)


SHIPPED = tuple(WordedQuestion(one.key, (None,)) for one in QUESTIONS)


def name_wording(question_key: str, number: int) -> str:
    """Return the key of a wording, under which its answers are counted."""
    return question_key if number == 1 else f"{question_key}-{number}"


def name_question(question: Question) -> str:
    """Return the key of a question."""
    return question.key or f"q{question.id}"


def list_questions() -> Sequence[WordedQuestion]:
    """List all questions in their order; cached, for public pages."""
    return cache_version.cached("wordings about equality", _load_on_own_connection)


def read_questions() -> Sequence[WordedQuestion]:
    """List the same as this transaction sees them."""
    return _load(db.session.connection())


def get_question(key: str) -> WordedQuestion:
    """Return a question; raise NotFound if there is none."""
    found = next((one for one in read_questions() if one.key == key), None)
    return require(found, NotFound("There is no such question"))


def list_rows() -> Sequence[Question]:
    """List the rows of the questions in their order; none until something has been changed."""
    rows = select(Question).where(Question.set_name == SET_NAME)
    order = rows.order_by(Question.position, Question.id)
    return db.session.scalars(order.execution_options(populate_existing=True)).all()


def _load_on_own_connection() -> Sequence[WordedQuestion]:
    with read_only_connection(db.engine) as connection:
        return _load(connection)


def _load(connection: Connection) -> Sequence[WordedQuestion]:
    found: dict[str, WordedQuestion] = {}
    for number, own_key, version, kind, choices, texts in connection.execute(ROWS):
        key = own_key or f"q{number}"
        before = found[key].wordings if key in found else ()
        is_shipped = own_key != "" and not before
        wording = (
            None if is_shipped else Wording(0, kind, tuple(choices.split()), load_texts(texts))
        )
        found[key] = WordedQuestion(key, (*before, wording), version)
    return list(found.values()) or SHIPPED

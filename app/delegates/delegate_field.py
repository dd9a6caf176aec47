"""One item of delegate data: where it is stored, and how it is asked, displayed and labelled."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field

from app.delegates import private_answers
from app.delegates.answer_json import Answers
from app.delegates.models import Delegate
from app.questions import standard_texts
from app.questions.models import REGISTRATION

NOT_GIVEN = _l("Not given")

Choices = Iterable[tuple[str, str]]  # stored value and text


@dataclass(frozen=True)
class DelegateField:
    """One item of delegate data."""

    name: str  # of the answer, of its column and of its form field
    step: str  # the page of registration that asks for it
    label: Any  # for the delegate
    question: Field  # in registration
    desk_question: Field  # at the desk, which fills it in for the delegate
    desk_label: Any = None  # in the desk's pages, files and the history, if different
    change_label: Any = None  # in the email to the delegate about a change, if different
    empty: Any = NOT_GIVEN
    fallback: Callable[[Answers], str] | None = None  # the answer if it is left empty
    choices: Callable[[], Choices] | None = None  # in the language of the page
    display: Callable[[str], str] | None = None  # by default it is shown as stored
    is_part_of_name: bool = False  # shown together with the other parts
    is_in_confirmation: bool = False  # repeated in the email that confirms the booking
    needs_column: str = ""  # a private answer: stored apart until 30 days after the conference,
    # shown to the desk only on request, and never in a list, an email or the history
    continues: str = ""  # the answer that it is shown together with
    is_kept: bool = False  # not erased with the details, for statistics; never for private answers

    def __post_init__(self) -> None:
        if self.is_private and self.is_kept:
            raise ValueError(f"{self.name} is private, so it cannot stay for statistics")

    @property
    def is_private(self) -> bool:
        """Whether the answer is stored separately from the booking, for a shorter time."""
        return bool(self.needs_column)

    @property
    def purpose(self) -> str:
        """Return the purpose of a private answer: "access" or "dietary"."""
        return self.needs_column.removesuffix("_kinds")

    @property
    def column(self) -> str:
        """The name of the column that stores the answer."""
        return self.needs_column or self.name

    def get(self, delegate: Delegate) -> str:
        """Return a delegate's answer; a private one that cannot be decrypted stays encrypted."""
        row = delegate.needs if self.is_private else delegate
        answer: str = getattr(row, self.column, None) or ""
        if not self.is_private:
            return answer
        return private_answers.decrypt_need(answer, delegate.reference, self.column)

    def read(self, answers: Answers) -> str:
        """Return the answer among answers."""
        return answers.get(self.name) or (self.fallback(answers) if self.fallback else "")

    @property
    def key(self) -> str:
        """The key of the standard question that asks for it."""
        return self.continues or self.name

    @property
    def own_label(self) -> str:
        """The organisers' own label, in the language of the page, or ""."""
        return standard_texts.find_own_label(REGISTRATION, self.key)

    def label_for(self, *, desk: bool) -> str:
        """Return the label in the language of the page."""
        return self.own_label or str((desk and self.desk_label) or self.label)

    def texts(self) -> Mapping[str, str]:
        """Return the texts of coded answers, in the language of the page."""
        return dict(self.choices()) if self.choices and not self.display else {}

    def format(self, answer: str) -> str:
        """Format an answer for pages, in their language."""
        if self.is_private and private_answers.is_unreadable(answer):
            return private_answers.show(answer)
        return self.display(answer) if self.display else self.texts().get(answer, answer)

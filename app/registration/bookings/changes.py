"""The changes of a booking: detected, applied, and recorded without private answers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from app.delegates import custom_answers, custom_questions, delegate_record
from app.delegates.answer_json import Answers
from app.delegates.categories import queries as categories
from app.delegates.categories.models import RegistrationCategory
from app.delegates.categories.queries import CATEGORY
from app.delegates.delegate_field import DelegateField
from app.delegates.fields import BY_NAME, EMAIL, FIELDS
from app.delegates.models import Delegate
from app.history.models import Change as RecordedChange
from app.questions.definitions import KEY_PREFIX
from app.web import languages

NEEDS, PENDING_EMAIL, REASON, TAG = "needs", "new_email", "reason", "tag"
ANSWERS = "answers"  # stands for private answers that have changed
OTHER_LABELS = {
    ANSWERS: _l("Answers that only the organisers and the registration desk can see"),
    PENDING_EMAIL: _l("New email address (not confirmed yet)"),
    REASON: _l("Reason"),
    TAG: _l("Tag"),
    CATEGORY: _l("Category"),
}


@dataclass(frozen=True)
class BookingChange:
    """One changed field; for private answers, only the fact that they changed."""

    field: str  # of a DelegateField, NEEDS or one of OTHER_LABELS
    old: str = ""
    new: str = ""

    @property
    def is_private(self) -> bool:
        """Whether its values must not be shown: a private answer, or NEEDS for all of them."""
        return self.field == NEEDS or (self.field in BY_NAME and BY_NAME[self.field].is_private)

    @property
    def is_custom(self) -> bool:
        """Whether it is about one or more organisers' questions."""
        return self.field == ANSWERS or self.field.startswith(KEY_PREFIX)

    def describe(self, *, desk: bool) -> RecordedChange:
        """Return the change as text, in the language of the page."""
        if self.field.startswith(KEY_PREFIX):
            return _describe_custom(self)
        if self.field == CATEGORY:
            return _describe_category(self)
        field = BY_NAME.get(self.field)
        return RecordedChange(
            field=self.field,
            before=self.old,
            after=self.new,
            label=_label_change(field, desk=desk) if field else str(OTHER_LABELS[self.field]),
            old=field.format(self.old) if field else self.old,
            new=field.format(self.new) if field else self.new,
        )


def _describe_category(change: BookingChange) -> RecordedChange:
    label = str(OTHER_LABELS[CATEGORY])
    old, new = (categories.translate_name(one) for one in (change.old, change.new))
    return RecordedChange(CATEGORY, change.old, change.new, label, old, new)


def _describe_custom(change: BookingChange) -> RecordedChange:
    question = custom_questions.get_by_name()[change.field]
    label = custom_questions.get_label(question)
    old, new = (custom_questions.format_answer(question, one) for one in (change.old, change.new))
    return RecordedChange(change.field, change.old, change.new, label, old, new)


def _label_change(field: DelegateField, *, desk: bool) -> str:
    has_own = field.change_label and not desk
    return str(field.change_label) if has_own else field.label_for(desk=desk)


def describe_move(
    before: RegistrationCategory | None, after: RegistrationCategory | None
) -> BookingChange:
    """Return the change from one category to another."""
    return BookingChange(CATEGORY, before.name if before else "", after.name if after else "")


def diff(delegate: Delegate, answers: Answers) -> list[BookingChange]:
    """List the fields in which answers differ from a booking."""
    merged = delegate_record.merge_answers(delegate, answers)
    fixed = [
        BookingChange(field.name, field.get(delegate), merged[field.name])
        for field in FIELDS
        if field.get(delegate) != merged[field.name]
    ]
    return [*fixed, *_diff_custom(delegate, merged)]


def _diff_custom(delegate: Delegate, merged: Answers) -> list[BookingChange]:
    """List the organisers' questions whose answers differ, or that no longer apply."""
    old = custom_answers.to_answers(delegate)
    new = custom_questions.drop_irrelevant(merged)
    names = [question.name for question in custom_questions.list_active()]
    return [
        BookingChange(name, old.get(name, ""), new.get(name, ""))
        for name in names
        if old.get(name, "") != new.get(name, "")
    ]


def apply(delegate: Delegate, answers: Answers) -> list[BookingChange]:
    """Apply answers to a booking, except the email address, and list the changed fields."""
    answers = {**answers, EMAIL: delegate.email}
    changes = diff(delegate, answers)
    delegate_record.store(delegate, answers)
    questions = custom_questions.get_by_name()
    custom = [change for change in changes if change.is_custom]
    few = [change for change in custom if questions[change.field].is_private]
    public = [change for change in changes if not change.is_private and change not in few]
    has_needs = any(change.is_private for change in changes)
    others = [
        *([BookingChange(NEEDS)] if has_needs else []),
        *([BookingChange(ANSWERS)] if few else []),
    ]
    return [*public, *others]


def to_history(changes: Iterable[BookingChange]) -> Sequence[RecordedChange]:
    """Return changes for the audit log, in its language, without private ones.

    Answers to the organisers' questions are left out, since they have their own dates of erasure.
    """
    with languages.use_language(languages.SOURCE_LANGUAGE):
        return [
            change.describe(desk=True)
            for change in changes
            if not (change.is_private or change.is_custom)
        ]

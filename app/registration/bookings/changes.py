"""The changes of a booking: found, applied, and recorded without private answers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from app.history.models import Change as RecordedChange
from app.registration import delegate_record
from app.registration.categories.queries import CATEGORY
from app.registration.fields import BY_NAME, EMAIL, FIELDS, DelegateField
from app.registration.models import Delegate
from app.registration.queries import Answers
from app.web import languages

NEEDS, PENDING_EMAIL, REASON, TAG = "needs", "new_email", "reason", "tag"
OTHER_LABELS = {
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
        """Whether nothing more may be told of it: a private answer, or NEEDS for all of them."""
        return self.field == NEEDS or (self.field in BY_NAME and BY_NAME[self.field].is_private)

    def describe(self, *, desk: bool) -> RecordedChange:
        """Return the change as text, in the language of the page."""
        field = BY_NAME.get(self.field)
        return RecordedChange(
            field=self.field,
            before=self.old,
            after=self.new,
            label=_label_change(field, desk=desk) if field else str(OTHER_LABELS[self.field]),
            old=field.format(self.old) if field else self.old,
            new=field.format(self.new) if field else self.new,
        )


def _label_change(field: DelegateField, *, desk: bool) -> str:
    has_own = field.change_label and not desk
    return str(field.change_label) if has_own else field.label_for(desk=desk)


def diff(delegate: Delegate, answers: Answers) -> list[BookingChange]:
    """List the fields in which answers differ from a booking."""
    merged = delegate_record.merge_answers(delegate, answers)
    return [
        BookingChange(field.name, field.get(delegate), merged[field.name])
        for field in FIELDS
        if field.get(delegate) != merged[field.name]
    ]


def apply(delegate: Delegate, answers: Answers) -> list[BookingChange]:
    """Apply answers to a booking, except the email address, and list the changed fields."""
    answers = {**answers, EMAIL: delegate.email}
    changes = diff(delegate, answers)
    delegate_record.store(delegate, answers)
    public = [change for change in changes if not BY_NAME[change.field].is_private]
    return public if len(public) == len(changes) else [*public, BookingChange(NEEDS)]


def to_history(changes: Iterable[BookingChange]) -> Sequence[RecordedChange]:
    """Return changes for the audit log, in its language, without private ones."""
    with languages.use_language(languages.SOURCE_LANGUAGE):
        return [change.describe(desk=True) for change in changes if not change.is_private]

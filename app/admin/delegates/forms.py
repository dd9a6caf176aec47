"""Forms with which the registration desk edits delegates.

The fields are those of registration, worded for staff who fill them in for another person. Forms
about a booking also carry its version for optimistic locking.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import DataRequired, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app import clock
from app.delegates.answer_json import Answers
from app.delegates.categories import queries as categories
from app.delegates.categories.queries import CATEGORY
from app.delegates.delegate_field import DelegateField
from app.delegates.fields import BOOKING_FIELDS, CONSENT, EMAIL, FIELDS, PRIVATE_FIELDS
from app.delegates.forms import AnswersForm, EmailForm
from app.delegates.models import Delegate
from app.forms.fields import days_field, editor_line_field, line_field, other_persons_email_field
from app.forms.form import Form
from app.forms.validators import (
    max_length,
    no_hidden_characters,
    one_of_choices,
    requires_alphanumeric,
)
from app.registration.bookings.forms import VersionedForm
from app.registration.desk import day_changes
from app.registration.desk.annotations import MAX_LABEL_LENGTH, MAX_NOTE_LENGTH
from app.text import collapse_whitespace, normalise_lines

NOTIFY, DO_NOT_NOTIFY = "write", "quiet"
MAX_REASON_LENGTH = 200


F = TypeVar("F", bound=type[AnswersForm])


def with_desk_questions(fields: Iterable[DelegateField]) -> Callable[[F], F]:
    """Give a form the desk's questions about these fields."""

    def add_fields(form: F) -> F:
        for field in fields:
            setattr(form, field.name, field.desk_question)
        return form

    return add_fields


def notify_field(label: Any, yes_label: Any, no_label: Any, description: Any = "") -> RadioField:
    """Return the field that asks whether to send an email."""
    choices = [SelectChoice(NOTIFY, yes_label), SelectChoice(DO_NOT_NOTIFY, no_label)]
    return RadioField(label, choices=choices, default=NOTIFY, description=description)


class NotifyForm(Form):
    """A form that asks whether to send an email about it."""

    notify: RadioField

    @property
    def should_notify(self) -> bool:
        """Whether to send an email."""
        return bool(self.notify.data == NOTIFY)


class CategoryChoiceForm(AnswersForm):
    """A form that asks for the category of a delegate, if there are any."""

    category = SelectField(
        _l("Category"), [one_of_choices(_l("Choose a category"))], validate_choice=False
    )

    def set_choices(self) -> None:
        """Offer all categories, regardless of who may choose them."""
        super().set_choices()
        options = [(str(option.id), option.name) for option in categories.list_options()]
        if options:
            self.category.choices = [("", _l("No category")), *options]
        else:
            del self.category

    def get_answers(self) -> Answers:
        """Return the answers with the category, if it was asked for."""
        category_answer = {CATEGORY: self.category.data or ""} if "category" in self else {}
        return {**super().get_answers(), **category_answer}


@with_desk_questions(FIELDS)
class AddDelegateForm(NotifyForm, CategoryChoiceForm, EmailForm):
    """Add a delegate manually."""

    consent = BooleanField(
        _l(
            "They agree that we store their access and dietary requirements until 30 days after "
            "the conference"
        ),
        description=_l("Only needed if you have entered any"),
    )
    notify = notify_field(_l("Email them?"), _l("Yes, send the confirmation"), _l("No"))
    shown_similar = (
        HiddenField()
    )  # the similar bookings that were shown when "Add anyway" was pressed

    def validate_consent(self, field: Field) -> None:
        """Require consent if there are access or dietary requirements."""
        private_names = [one.name for one in PRIVATE_FIELDS if one.name in self]
        if any(self[name].data for name in private_names) and not field.data:
            raise ValidationError(_l("Ask if they agree, then tick the box. We need their consent"))

    def is_warned_of(self, similar: Sequence[Delegate]) -> bool:
        """Return True if these bookings were shown, and "Add anyway" was pressed."""
        return bool(self.shown_similar.data == self.similar_key(similar))

    @staticmethod
    def similar_key(similar: Sequence[Delegate]) -> str:
        """Return a key that identifies these bookings in the form."""
        return " ".join(delegate.reference for delegate in similar)

    def get_answers(self) -> Answers:
        """Return the answers to register, with the time of consent."""
        return {**super().get_answers(), CONSENT: clock.now().isoformat()}


class EditAnswersForm(NotifyForm, VersionedForm, AnswersForm):
    """Edit answers of a delegate."""


@with_desk_questions(field for field in BOOKING_FIELDS if field.name != EMAIL)
class EditDelegateForm(CategoryChoiceForm, EditAnswersForm):
    """Edit the details of a delegate."""

    notify = notify_field(
        _l("Email the delegate?"),
        _l("Yes, show what changed, before and after"),
        _l("No"),
    )


@with_desk_questions(PRIVATE_FIELDS)
class DelegateNeedsForm(EditAnswersForm):
    """Edit the access and dietary requirements of a delegate."""

    notify = notify_field(
        _l("Email the delegate?"),
        _l("Yes, say that it changed, without the details"),
        _l("No"),
    )


class DelegateEmailForm(NotifyForm, VersionedForm, EmailForm):
    """Correct an email address."""

    email = other_persons_email_field(_l("Correct email address"))
    notify = notify_field(
        _l("Email the old address too?"),
        _l("Yes, say that emails now go to a different address"),
        _l("No, it was never theirs or is no longer used"),
        _l("This email warns the delegate if someone else asked for the change"),
    )


class CancelBookingForm(NotifyForm):
    """Cancel a booking, with a reason."""

    reason = line_field(
        _l("Reason (optional)"),
        _l("The reason"),
        description=_l("Included in the email, and in the history of the booking"),
        max_chars=MAX_REASON_LENGTH,
        dir="auto",
    )
    notify = notify_field(
        _l("Email the delegate?"),
        _l("Yes, send the cancellation email"),
        _l("No"),
    )


class ChangeDaysForm(NotifyForm):
    """Change the days of several delegates."""

    mode = RadioField(
        _l("What should change?"),
        choices=[
            SelectChoice(day_changes.REPLACE, _l("They attend exactly these days")),
            SelectChoice(day_changes.ADD, _l("They attend these days too")),
            SelectChoice(day_changes.REMOVE, _l("They no longer attend these days")),
        ],
        default=day_changes.REPLACE,
    )
    days = days_field(_l("Days"))
    notify = notify_field(
        _l("Email the delegates?"), _l("Yes, show what changed, before and after"), _l("No")
    )

    @property
    def is_complete(self) -> bool:
        """Whether the stored input is complete enough for a preview."""
        return all(self[name].validate(self) for name in ("mode", "days", "notify"))


class UndoDaysForm(NotifyForm):
    """Undo a change of the days of several delegates."""

    notify = notify_field(
        _l("Email the delegates?"), _l("Yes, show what changed, before and after"), _l("No")
    )


class RestoreBookingForm(NotifyForm):
    """Restore a cancelled booking."""

    notify = notify_field(
        _l("Email the delegate?"),
        _l("Yes, send their ticket and the link to their booking"),
        _l("No"),
    )


class NoteForm(Form):
    """Write a note about a delegate."""

    note = TextAreaField(
        _l("New note"),
        [
            DataRequired(_l("Enter a note")),
            max_length(MAX_NOTE_LENGTH, _l("The note")),
            no_hidden_characters,
        ],
        [normalise_lines],
        _l("The delegate sees this note if they download their information"),
        render_kw={"dir": "auto"},
    )


class AddTagForm(Form):
    """Add a tag to one delegate or several."""

    labels: Sequence[str] = ()  # those that are in use, to choose from
    tag = line_field(
        _l("Tag"),
        _l("The tag"),
        _l("Enter a tag"),
        validator=requires_alphanumeric(_l("The tag")),
        description=_l(
            "A short label, for example Press. Delegates see it if they download their information"
        ),
        max_chars=MAX_LABEL_LENGTH,
        dir="auto",
        list="tags",
        autocomplete="off",
    )


class MoveToCategoryForm(NotifyForm):
    """Choose the category to which several delegates are moved."""

    has_own_questions = False  # whether answers may go with the category
    category = SelectField(
        _l("Category"), [one_of_choices(_l("Choose a category"))], validate_choice=False
    )
    reason = editor_line_field(
        _l("Reason to move them before people on the waiting list (optional)"),
        _l("The reason"),
        _l("Only needed if people are waiting for this category. It is recorded in the history"),
    )
    notify = notify_field(
        _l("Email the delegates?"), _l("Yes, show what changed, before and after"), _l("No")
    )


class RemoveTagForm(Form):
    """Choose the tag to remove from several delegates."""

    tag = SelectField(
        _l("Tag to remove"), [one_of_choices(_l("Choose a tag"))], validate_choice=False
    )


class ExportNeedsForm(Form):
    """Export requirements, with a reason."""

    needs = SelectMultipleField(
        _l("What should the file include?"),
        [DataRequired(_l("Select what the file should include"))],
        choices=[
            SelectChoice(field.needs_column, field.label)
            for field in PRIVATE_FIELDS
            if field.continues
        ],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        description=_l("Select only what you will use"),
    )
    reason = StringField(
        _l("Why do you need it?"),
        [
            DataRequired(_l("Enter why you need it")),
            max_length(MAX_REASON_LENGTH, _l("The reason")),
            no_hidden_characters,
        ],
        [collapse_whitespace],
        _l("This is recorded in the history. Do not include names. For example: To arrange meals"),
    )
    kind = RadioField(
        _l("File"),
        choices=[SelectChoice("csv", "CSV"), SelectChoice("xlsx", "Excel (XLSX)")],
        default="csv",
    )

"""The forms of a delegate's own booking.

The questions are those of registration. Each form also contains the version of the booking when
its page was opened, so that an old page cannot overwrite later changes.
"""

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from app.errors import ConferenceError
from app.forms.base import Form
from app.forms.fields import email_field
from app.registration.forms import (
    AccessNeedsForm,
    DaysForm,
    DietaryNeedsForm,
    EmailForm,
    NameForm,
    QuestionForm,
    WorkForm,
)

MAX_VERSION_DIGITS = 10  # digits


class VersionedForm(Form):
    """A form with the version of the booking that its page showed."""

    seen = HiddenField()

    @property
    def expected_version(self) -> int:
        """Return the version of the booking that the page showed; -1 if it is not a number."""
        typed = self.seen.data or ""
        return int(typed) if typed.isdecimal() and len(typed) < MAX_VERSION_DIGITS else -1

    def reject_and_rebase(self, error: ConferenceError, version: int) -> None:
        """Add the error, and set the version so that sending the form again succeeds."""
        self.form_errors.append(gettext(str(error)))
        self.seen.data = str(version)


class ChangeForm(VersionedForm, QuestionForm):
    """A question of registration, asked again."""


class ChangeNameForm(ChangeForm, NameForm):
    """Change your name."""


class ChangeWorkForm(ChangeForm, WorkForm):
    """Change your organisation, role and country."""


class ChangeDaysForm(ChangeForm, DaysForm):
    """Change the days on which you will attend."""


class ChangeAccessNeedsForm(ChangeForm, AccessNeedsForm):
    """Change your access requirements."""


class ChangeDietaryNeedsForm(ChangeForm, DietaryNeedsForm):
    """Change your dietary requirements."""


class NewEmailForm(EmailForm):
    """Enter the right email address."""

    email = email_field(
        _l("What is the right email address?"),
        _l("We write to it at once. It counts as soon as you confirm it from that letter"),
    )


class CorrectEmailForm(VersionedForm, NewEmailForm):
    """Enter the right email address on the page of a booking."""


class RequestLinkForm(Form):
    """Enter the email address to send the booking link to."""

    email = email_field(
        _l("Email address"), _l("The address to which we sent the letter about your booking")
    )

    def get_email(self) -> str:
        """Return the email address."""
        return str(self.email.data)

"""The forms of a delegate's own booking: the questions of registration, asked again.

Each form also contains the version of the booking when its page was opened, so that an old page
cannot overwrite later changes.
"""

from typing import cast

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from app.delegates.forms import FORMS, AnswersForm, EmailForm
from app.errors import ConferenceError
from app.forms.fields import VersionField, email_field
from app.forms.form import Form


class VersionedForm(Form):
    """A form with the version of the booking that its page showed."""

    expected_version = VersionField()

    def reject_and_rebase(self, error: ConferenceError, version: int) -> None:
        """Add the error, and update the version so that submitting again succeeds."""
        self.form_errors.append(gettext(str(error)))
        self.expected_version.data = version


class ChangeForm(VersionedForm, AnswersForm):
    """A question of registration, asked again."""


CHANGE_FORMS = {
    step: cast("type[ChangeForm]", type("ChangeForm", (ChangeForm, form), {}))
    for step, form in FORMS.items()
    if not issubclass(form, EmailForm)
}


class NewEmailForm(EmailForm):
    """Enter the correct email address."""

    email = email_field(
        _l("What is your correct email address?"),
        _l("We will send a link to this address. It takes effect when you confirm it"),
    )


class CorrectEmailForm(VersionedForm, NewEmailForm):
    """Enter the correct email address on the page of a booking."""


class RequestLinkForm(Form):
    """Enter the email address to send the booking link to."""

    email = email_field(
        _l("Email address"), _l("The email address you registered with"), enter_key="send"
    )

    def get_email(self) -> str:
        """Return the email address."""
        return str(self.email.data)


class AgendaForm(Form):
    """Link or unlink an agenda, and allow or refuse emails about its sessions."""

    allows_emails = BooleanField(
        _l("The organisers may email me about the sessions in my agenda"),
        description=_l(
            "If you tick this, they can see which sessions you have starred. You can stop these "
            "emails here, or with the link in each of them."
        ),
    )

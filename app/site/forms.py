"""Forms of the public website: feedback and access keys."""

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, SubmitField, TextAreaField
from wtforms.validators import DataRequired, Email, Length, Optional

from app.forms.form import CookielessForm
from app.forms.validators import MAX_EMAIL_LENGTH, no_hidden_characters
from app.text import collapse_whitespace, normalise

MAX_MESSAGE_LENGTH = 5000  # characters


@dataclass(frozen=True)
class FeedbackMessage:
    """A visitor's message to the organisers."""

    text: str
    email: str


class FeedbackForm(CookielessForm):
    """Send a message to the organisers."""

    message = TextAreaField(
        _l("Your message"),
        [
            DataRequired(_l("Enter your message")),
            Length(
                max=MAX_MESSAGE_LENGTH, message=_l("Your message must be 5,000 characters or fewer")
            ),
            no_hidden_characters,
        ],
    )
    email = EmailField(
        _l("Your email address, if you would like a reply (optional)"),
        [
            Optional(),
            Length(
                max=MAX_EMAIL_LENGTH,
                message=_l("Your email address must be 254 characters or fewer"),
            ),
            Email(
                _l(
                    "Enter an email address in the correct format, like name@example.com, "
                    "or leave this empty"
                )
            ),
            no_hidden_characters,
        ],
        render_kw={"autocomplete": "email"},
    )
    submit = SubmitField(_l("Send message"))

    def get_message(self) -> FeedbackMessage:
        """Return the submitted message with normalised whitespace."""
        return FeedbackMessage(
            text=normalise(self.message.data), email=collapse_whitespace(self.email.data)
        )


class AccessKeysForm(CookielessForm):
    """Switch the access keys on or off."""

    submit = SubmitField()

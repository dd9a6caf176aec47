"""What a visitor types at the front door."""

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, SubmitField, TextAreaField
from wtforms.validators import DataRequired, Email, Length, Optional

from app.forms import LONGEST_ADDRESS, PublicForm, one_line, plain_characters, tidy

LONGEST_MESSAGE = 5000  # characters


@dataclass(frozen=True)
class Message:
    """What a visitor writes to the organisers."""

    text: str
    email: str


class FeedbackForm(PublicForm):
    """Tell the organisers something."""

    message = TextAreaField(
        _l("Your message"),
        [
            DataRequired(_l("Enter your message")),
            Length(
                max=LONGEST_MESSAGE, message=_l("Your message must be 5,000 characters or fewer")
            ),
            plain_characters,
        ],
    )
    email = EmailField(
        _l("Your email address, if you want an answer (optional)"),
        [
            Optional(),
            Length(
                max=LONGEST_ADDRESS,
                message=_l("Your email address must be 254 characters or fewer"),
            ),
            Email(_l("Enter an email address like name@example.org, or leave it empty")),
            plain_characters,
        ],
        render_kw={"autocomplete": "email"},
    )
    submit = SubmitField(_l("Send your message"))

    def written(self) -> Message:
        """Give what was typed, tidied."""
        return Message(text=tidy(self.message.data), email=one_line(self.email.data))


class AccessKeysForm(PublicForm):
    """Switch the access keys off, or on again."""

    submit = SubmitField()

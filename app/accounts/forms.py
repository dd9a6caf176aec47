"""What someone types to sign in."""

from flask_babel import lazy_gettext as _l
from wtforms import EmailField
from wtforms.validators import Email, InputRequired, Length

from app.forms import LONGEST_ADDRESS, Form, one_line

NOT_AN_ADDRESS = _l("Enter an email address in the right form, like name@example.org")


class SignInForm(Form):
    """Ask for a link."""

    email = EmailField(
        _l("Email address"),
        [
            InputRequired(_l("Enter your email address")),
            Length(max=LONGEST_ADDRESS, message=NOT_AN_ADDRESS),
            Email(NOT_AN_ADDRESS),
        ],
        filters=[one_line],
        render_kw={"autocomplete": "email", "spellcheck": "false"},
    )

    def address(self) -> str:
        """Give what was typed, as addresses are kept."""
        return str(self.email.data).lower()

"""Forms for using a second factor and for setting one up."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from app.forms.form import Form
from app.forms.validators import no_hidden_characters
from app.text import collapse_whitespace

CODE_DIGITS = 6
MAX_NAME_LENGTH = 60
MAX_RESPONSE_LENGTH = 20_000  # characters: a passkey may send a certificate or two


def _six_digits(_form: Form, field: StringField) -> None:
    code = "".join((field.data or "").split())
    if not (code.isascii() and code.isdecimal() and len(code) == CODE_DIGITS):
        raise ValidationError(_l("Enter the 6-digit code from your app"))


class CodeForm(Form):
    """Enter a code of an authenticator app."""

    code = StringField(
        _l("Code from your app"),
        [InputRequired(_l("Enter the 6-digit code from your app")), _six_digits],
        filters=[collapse_whitespace],
        render_kw={
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "enterkeyhint": "go",
            "spellcheck": "false",
            "maxlength": 12,
        },
    )

    def get_digits(self) -> str:
        """Return the digits of the code."""
        return "".join((self.code.data or "").split())


class RecoveryCodeForm(Form):
    """Enter a recovery code, which is used up."""

    code = StringField(
        _l("Recovery code"),
        [
            InputRequired(_l("Enter one of your recovery codes")),
            Length(max=100),
            no_hidden_characters,
        ],
        filters=[collapse_whitespace],
        render_kw={
            "autocomplete": "off",
            "autocapitalize": "characters",
            "enterkeyhint": "go",
            "spellcheck": "false",
            "maxlength": 40,
        },
    )


class PasskeyForm(Form):
    """Send the response of a passkey; a script fills it in."""

    answer = HiddenField(
        validators=[
            InputRequired(_l("Your browser did not send a passkey. Try again")),
            Length(max=MAX_RESPONSE_LENGTH),
        ],
    )


class NewPasskeyForm(PasskeyForm):
    """Add a passkey with a name."""

    name = StringField(
        _l("Name of this passkey"),
        [
            DataRequired(_l("Enter a name for this passkey")),
            Length(max=MAX_NAME_LENGTH, message=_l("The name must be 60 characters or fewer")),
            no_hidden_characters,
        ],
        filters=[collapse_whitespace],
        render_kw={"autocomplete": "off", "maxlength": MAX_NAME_LENGTH},
    )

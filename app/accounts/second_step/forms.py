"""What someone types to take the second step, or to set one up."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from app.forms import Form, one_line, plain_characters

DIGITS = 6
LONGEST_NAME = 60
LONGEST_ANSWER = 20_000  # characters: a certificate or two may come with a passkey


def _six_digits(_form: Form, field: StringField) -> None:
    code = "".join((field.data or "").split())
    if not (code.isascii() and code.isdecimal() and len(code) == DIGITS):
        raise ValidationError(_l("Enter the 6 digits that your app shows"))


class CodeForm(Form):
    """Prove that an app knows the secret."""

    code = StringField(
        _l("Code from your app"),
        [InputRequired(_l("Enter the 6 digits that your app shows")), _six_digits],
        filters=[one_line],
        render_kw={
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "spellcheck": "false",
            "maxlength": 12,
        },
    )

    def typed(self) -> str:
        """Give the digits."""
        return "".join((self.code.data or "").split())


class RecoveryCodeForm(Form):
    """Use up a recovery code."""

    code = StringField(
        _l("Recovery code"),
        [InputRequired(_l("Enter one of your recovery codes")), Length(max=100), plain_characters],
        filters=[one_line],
        render_kw={
            "autocomplete": "off",
            "autocapitalize": "characters",
            "spellcheck": "false",
            "maxlength": 40,
        },
    )


class PasskeyForm(Form):
    """Answer with a passkey; a script fills this in."""

    answer = HiddenField(
        validators=[
            InputRequired(_l("Your browser sent no passkey. Press the button again")),
            Length(max=LONGEST_ANSWER),
        ],
    )


class NewPasskeyForm(PasskeyForm):
    """Add a passkey under a name."""

    name = StringField(
        _l("A name for this passkey"),
        [
            DataRequired(_l("Enter a name, so that you will know this passkey again")),
            Length(max=LONGEST_NAME, message=_l("Use at most 60 characters for the name")),
            plain_characters,
        ],
        filters=[one_line],
        render_kw={"autocomplete": "off", "maxlength": LONGEST_NAME},
    )

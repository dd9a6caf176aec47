"""The sign-in form."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, Field
from wtforms.validators import InputRequired, ValidationError

from app.accounts import services
from app.errors import RuleViolation
from app.forms.base import Form
from app.text import collapse_whitespace

INVALID_EMAIL = _l("Enter an email address in the correct format, like name@example.com")


def _valid_email(_form: Any, field: Field) -> None:
    """Reject an address that no account can have."""
    try:
        services.normalise_email(field.data)
    except RuleViolation:
        raise ValidationError(INVALID_EMAIL) from None


class SignInForm(Form):
    """Request a sign-in link."""

    email = EmailField(
        _l("Email address"),
        [
            InputRequired(_l("Enter your email address")),
            _valid_email,
        ],
        filters=[collapse_whitespace],
        render_kw={"autocomplete": "email", "spellcheck": "false"},
    )

    def normalised_email(self) -> str:
        """Return the address in the form in which it is stored."""
        return services.normalise_email(self.email.data or "")

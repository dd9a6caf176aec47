"""What someone types to sign in."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, Field
from wtforms.validators import InputRequired, ValidationError

from app.accounts import services
from app.errors import Refused
from app.forms import Form, one_line

NOT_AN_ADDRESS = _l("Enter an email address in the right form, like name@example.org")


def _well_formed(_form: Any, field: Field) -> None:
    """Refuse what no organiser could have been added with."""
    try:
        services.as_kept(field.data)
    except Refused:
        raise ValidationError(NOT_AN_ADDRESS) from None


class SignInForm(Form):
    """Ask for a link."""

    email = EmailField(
        _l("Email address"),
        [
            InputRequired(_l("Enter your email address")),
            _well_formed,
        ],
        filters=[one_line],
        render_kw={"autocomplete": "email", "spellcheck": "false"},
    )

    def address(self) -> str:
        """Give what was typed, as addresses are kept."""
        return services.as_kept(self.email.data or "")

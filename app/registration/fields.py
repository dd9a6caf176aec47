"""The fields of a registration: what each may hold, and what is said when it does not."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import email_validator
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, Field, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.forms import LONGEST_ADDRESS, has_a_letter, one_line, plain_characters, tidy
from app.web.words import local_date

LONGEST_LINE = 100
LONGEST_TEXT = 1000

Check = Callable[[Any, Field], None]

# A domain that cannot be on the internet may still be where a conference's own mail server
# delivers; whether a letter arrives is seen when it is sent.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


class Days(SelectMultipleField):
    """Several days, each a box to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def offer(self, days: Iterable[date]) -> None:
        """Say which days there are."""
        self.choices = [(day.isoformat(), local_date(day)) for day in days]


def at_most(length: int, called: Any) -> Length:
    """Refuse what is too long; it is called so in the message."""
    words = _l("%(called)s must be %(length)s characters or fewer", called=called, length=length)
    return Length(max=length, message=words)


def offered(words: Any) -> Callable[[Any, SelectField], None]:
    """Refuse a choice that was not offered."""

    def check(_form: Any, field: SelectField) -> None:
        chosen = field.data if isinstance(field.data, list) else [field.data]
        if not set(chosen) <= {pair[0] for pair in field.choices or ()}:
            raise ValidationError(words)

    return check


def lettered(called: Any) -> Check:
    """Refuse a name without a letter or a digit; it is called so in the message."""
    words = _l("%(called)s must have a letter or a number in it", called=called)

    def check(_form: Any, field: Field) -> None:
        if field.data and not has_a_letter(field.data):
            raise ValidationError(words)

    return check


def a_name(label: Any, called: Any, missing: Any = None, **look: Any) -> StringField:
    """Ask for a name; without words for its being missing, it may be left out."""
    return a_line(label, called, missing, check=lettered(called), spellcheck="false", **look)


def a_line(
    label: Any,
    called: Any,
    missing: Any = None,
    *,
    check: Check | None = None,
    description: Any = "",
    **look: str,
) -> StringField:
    """Ask for a line of text; without words for its being missing, it may be left out."""
    return StringField(
        label,
        [
            *([DataRequired(missing)] if missing else []),
            at_most(LONGEST_LINE, called),
            plain_characters,
            *([check] if check else []),
        ],
        filters=[one_line],
        description=description,
        render_kw=look,
    )


def a_text(label: Any, called: Any, description: Any = "") -> TextAreaField:
    """Ask for a few lines of text, which may be left out."""
    return TextAreaField(
        label,
        [
            at_most(LONGEST_TEXT, called),
            plain_characters,
        ],
        filters=[tidy],
        description=description,
    )


def an_address(label: Any, description: Any = "") -> EmailField:
    """Ask somebody for their email address."""
    missing, called = _l("Enter your email address"), _l("Your email address")
    return _address(label, description, missing, called, autocomplete="email")


def somebodys_address(label: Any, description: Any = "") -> EmailField:
    """Ask for the email address of somebody else."""
    missing, called = _l("Enter an email address"), _l("The email address")
    return _address(label, description, missing, called, autocomplete="off")


def _address(label: Any, description: Any, missing: Any, called: Any, **look: str) -> EmailField:
    checks = [DataRequired(missing), at_most(LONGEST_ADDRESS, called), plain_characters]
    return EmailField(
        label,
        [*checks, well_formed],
        filters=[one_line],
        description=description,
        render_kw={**look, "spellcheck": "false"},
    )


def well_formed(_form: Any, field: Field) -> None:
    """Refuse what is no email address; bring the rest into its usual form."""
    try:
        field.data = email_validator.validate_email(
            field.data, check_deliverability=False
        ).normalized
    except email_validator.EmailNotValidError:
        raise ValidationError(
            _l("Enter an email address in the right form, like name@example.org")
        ) from None

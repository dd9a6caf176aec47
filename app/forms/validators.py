"""Validators for WTForms fields."""

from collections.abc import Callable
from typing import Any

import email_validator
from flask_babel import lazy_gettext as _l
from wtforms import Field, SelectField
from wtforms.validators import Length, StopValidation, ValidationError

from app.text import has_alphanumeric, has_glyph, has_web_address, strip_hidden


def no_hidden_characters(_form: Any, field: Field) -> None:
    """Raise StopValidation if the text has hidden characters or no visible ones.

    The field keeps the text without them, because hidden characters must not get into a page.
    """
    typed = field.data or ""
    plain = strip_hidden(typed)
    field.data = plain if any(map(has_glyph, plain)) else ""
    if field.data != typed:
        raise StopValidation(
            _l("Type this instead of pasting it. It contains hidden characters that we cannot use")
        )


MAX_EMAIL_LENGTH = 254  # characters of an email address: RFC 5321, 4.5.3.1.3

Validator = Callable[[Any, Field], None]


def all_of(*validators: Validator) -> Validator:
    """Return a validator that runs several validators in turn."""

    def check(form: Any, field: Field) -> None:
        for validate in validators:
            validate(form, field)

    return check


def no_web_address(subject: Any) -> Validator:
    """Return a validator that rejects web addresses and anything that looks like one.

    Emails include what strangers write about themselves, and mail programs turn such words into
    links.
    """
    message = _l(
        "%(called)s must not contain a web address. If it does not, "
        "add a space after the full stop",
        called=subject,
    )

    def check(_form: Any, field: Field) -> None:
        if has_web_address(field.data or ""):
            raise ValidationError(message)

    return check


def single_line(subject: Any) -> Validator:
    """Return a validator that rejects line breaks; browsers send none from single-line fields."""
    message = _l("%(called)s must be on one line", called=subject)

    def check(_form: Any, field: Field) -> None:
        typed = "".join(field.raw_data or ()).strip()
        if len(typed.splitlines()) > 1:
            raise StopValidation(message)

    return check


def max_length(length: int, subject: Any) -> Length:
    """Return a validator for the maximum length; ``subject`` names the field in errors."""
    message = _l("%(called)s must be %(length)s characters or fewer", called=subject, length=length)
    return Length(max=length, message=message)


def one_of_choices(message: Any) -> Callable[[Any, SelectField], None]:
    """Return a validator that rejects a value that is not among the field's choices."""

    def check(_form: Any, field: SelectField) -> None:
        chosen = field.data if isinstance(field.data, list) else [field.data]
        if not set(chosen) <= {pair[0] for pair in field.choices or ()}:
            raise ValidationError(message)

    return check


def requires_alphanumeric(subject: Any) -> Validator:
    """Return a validator that rejects text without a letter or digit.

    An empty field passes. ``subject`` names the field in the error message.
    """
    message = _l("%(called)s must include a letter or a number", called=subject)

    def check(_form: Any, field: Field) -> None:
        if field.data and not has_alphanumeric(field.data):
            raise ValidationError(message)

    return check


def valid_email(_form: Any, field: Field) -> None:
    """Raise ValidationError for an invalid email address; normalise a valid one."""
    try:
        field.data = email_validator.validate_email(
            field.data, check_deliverability=False
        ).normalized
    except email_validator.EmailNotValidError:
        raise ValidationError(
            _l("Enter an email address in the correct format, like name@example.com")
        ) from None

"""What every form shares: the token, tidy text, and the checks of what a person types."""

import unicodedata
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field
from wtforms.validators import ValidationError

from app.errors import ConferenceError

ALLOWED_CONTROLS = frozenset("\n\r\t")
BIDI_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A form with its token."""

    def reject(self, field: Field, refusal: ConferenceError) -> None:
        """Show beside a field why the conference cannot accept what was asked."""
        field.errors = [*field.errors, str(refusal)]


def tidy(text: str | None) -> str:
    """Give typed text in one normal form, without spaces at its ends (Unicode NFC)."""
    return unicodedata.normalize("NFC", text or "").strip()


def one_line(text: str | None) -> str:
    """Give typed text tidied, each run of spaces as one."""
    return " ".join(tidy(text).split())


def plain_characters(form: Any, field: Field) -> None:
    """Refuse control characters, and marks that turn the direction of writing unseen."""
    for character in field.data or "":
        control = unicodedata.category(character) == "Cc" and character not in ALLOWED_CONTROLS
        if control or character in BIDI_OVERRIDES:
            raise ValidationError(
                _l("Remove the hidden characters: type this again instead of pasting it")
            )

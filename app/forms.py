"""What every form shares: the token, tidy text, and the checks of what a person types."""

import unicodedata
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from flask import current_app, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import CSRFProtect, FlaskForm
from itsdangerous import BadSignature, TimestampSigner, URLSafeTimedSerializer
from werkzeug.datastructures import MultiDict
from wtforms import Field
from wtforms.csrf.core import CSRF, CSRFTokenField
from wtforms.validators import StopValidation, ValidationError

from app.errors import ConferenceError

LONGEST_ADDRESS = 254  # characters of an email address: RFC 5321, 4.5.3.1.3
ALLOWED_CONTROLS = frozenset("\n\r\t")
JOINERS = frozenset("\u200c\u200d")  # many languages are not written right without them
FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and signs that show nothing
UNSEEN = frozenset({"Cc", "Cf", "Mn", "Zl", "Zp", "Zs"})  # alone; Unicode, 4.5
EXPIRED = _l("This form was open for too long. Check your answers and send it again")
A_DAY = 24 * 60 * 60  # seconds
A_WEEK = 7 * A_DAY

P = ParamSpec("P")
R = TypeVar("R")

csrf = CSRFProtect()


def checks_its_own_token(view: Callable[P, R]) -> Callable[P, R]:
    """Leave a view's token to the form that it validates, which keeps what was typed.

    Every other view is refused without a token before it runs.
    """
    csrf.exempt(view)
    return view


class _SessionToken(FlaskForm.Meta.csrf_class):  # type: ignore[misc]  # as above
    """The token of a session, refused in plain words."""

    def validate_csrf_token(self, form: Any, field: CSRFTokenField) -> None:
        """Refuse a token that this session was not given."""
        try:
            super().validate_csrf_token(form, field)
        except ValidationError:
            raise ValidationError(str(EXPIRED)) from None


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A form with its token."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # Flask-WTF ships no types
        """Take what a page of ours sends: text, and no files or JSON in its place."""

        csrf_class: type[CSRF] = _SessionToken

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Give what was typed, or nothing when the page is only looked at."""
            if formdata is None or isinstance(formdata, MultiDict):
                return formdata
            return (request.form or None) if form.is_submitted() else None

    def reject(self, field: Field, refusal: ConferenceError) -> None:
        """Show beside a field why the conference cannot accept what was asked."""
        field.errors = [*field.errors, gettext(str(refusal))]


class ButtonForm(Form):
    """Press a button: nothing but the token."""


class _SignedToken(CSRF):
    """A token that needs no cookie: signed and dated."""

    def generate_csrf_token(self, csrf_token_field: CSRFTokenField) -> str:
        """Make the token of today."""
        return public_token()

    def validate_csrf_token(self, form: Any, field: CSRFTokenField) -> None:
        """Refuse a token that we did not sign, or not in the last week."""
        try:
            _signer(TimestampSigner).loads(field.data or "", max_age=A_WEEK)
        except BadSignature:
            raise ValidationError(str(EXPIRED)) from None


class PublicForm(Form):
    """A form on a page that is the same for everyone and sets no cookie.

    Nobody is signed in on such a page, so its token only shows that the page was ours; that
    the form was not sent from another site is seen from its origin (``app.web.headers``).
    Its view is exempt from the check of the session's token.
    """

    class Meta(Form.Meta):
        """Use the signed token."""

        csrf_class = _SignedToken


class _ByTheDay(TimestampSigner):
    """Signs with the day alone, so that a page is the same whichever process has made it."""

    def get_timestamp(self) -> int:
        """Tell when the day began, in UTC."""
        return super().get_timestamp() // A_DAY * A_DAY


def public_token() -> str:
    """Give today's token of public forms, where a page holds one without a form of its own."""
    return str(_signer(_ByTheDay).dumps(""))


def _signer(kind: type[TimestampSigner]) -> URLSafeTimedSerializer:
    key = current_app.secret_key or ""
    return URLSafeTimedSerializer(key, salt="public form", signer=kind)


def tidy(text: str | None) -> str:
    """Give typed text in one normal form, without spaces at its ends (Unicode NFC)."""
    return unicodedata.normalize("NFC", text or "").strip()


def one_line(text: str | None) -> str:
    """Give typed text tidied, each run of spaces as one."""
    return " ".join(tidy(text).split())


def plain_characters(_form: Any, field: Field) -> None:
    """Refuse control characters, unseen marks, and what would show nothing at all.

    The rest of what was typed is shown again; no page may hold the hidden ones.
    """
    typed = field.data or ""
    plain = without_hidden(typed)
    field.data = plain if any(map(_shows, plain)) else ""
    if field.data != typed:
        raise StopValidation(
            _l("Remove the hidden characters: type this again instead of pasting it")
        )


def has_a_letter(text: str) -> bool:
    """Whether text holds a letter or a digit of any writing."""
    return any(character.isalnum() and character not in FILLERS for character in text)


def without_hidden(text: str) -> str:
    """Give text as a page may show it."""
    return "".join(character for character in text if not _is_hidden(character))


def _is_hidden(character: str) -> bool:
    code = ord(character)
    nobodys = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF  # Unicode, 23.7
    control = unicodedata.category(character) in {"Cc", "Cf"}
    return nobodys or (control and character not in ALLOWED_CONTROLS | JOINERS)


def _shows(character: str) -> bool:
    return unicodedata.category(character) not in UNSEEN and character not in FILLERS

"""Base form classes: CSRF protection with and without a session, and file uploads."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from flask import current_app, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import CSRFProtect, FlaskForm
from flask_wtf.csrf import validate_csrf
from itsdangerous import BadSignature, TimestampSigner, URLSafeTimedSerializer
from werkzeug.datastructures import FileStorage, MultiDict
from wtforms import Field
from wtforms.csrf.core import CSRF, CSRFTokenField
from wtforms.validators import ValidationError

from app.errors import ConferenceError, RateLimitExceeded
from app.forms.validators import Validator
from app.request_transaction import is_reading_first
from app.web import error_handlers
from app.web.error_handlers import has_session_cookie

CSRF_EXPIRED = _l("This page was open for too long. Check your answers, then try again")
COOKIE_MISSING = _l(
    "Your browser is blocking our cookie, so nothing has been saved. "
    "Allow cookies for this site in your browser settings, then try again"
)
DAY_SECONDS = 24 * 60 * 60  # seconds
WEEK_SECONDS = 7 * DAY_SECONDS

P = ParamSpec("P")
R = TypeVar("R")

csrf = CSRFProtect()


def validates_own_csrf(view: Callable[P, R]) -> Callable[P, R]:
    """Exempt a view from the CSRF check before it runs: its form checks the token itself.

    The form can then be shown again with the visitor's input. Every other view rejects a request
    without a valid token before it runs.
    """
    csrf.exempt(view)
    return view


def has_valid_token() -> bool:
    """Return True if the request has the token of its session, as a form would check it."""
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError:
        return False
    return True


class _SessionCsrf(FlaskForm.Meta.csrf_class):  # type: ignore[misc]  # as above
    """The session's CSRF token, with a custom error message."""

    def validate_csrf_token(self, form: Any, field: CSRFTokenField) -> None:
        """Raise ValidationError if the token is missing, invalid or from another session."""
        try:
            super().validate_csrf_token(form, field)
        except ValidationError:
            message = CSRF_EXPIRED if has_session_cookie() else COOKIE_MISSING
            raise ValidationError(str(message)) from None


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """The base class of every form; protected by the session's CSRF token."""

    rate_limit: RateLimitExceeded | None = None  # why the form was refused

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # Flask-WTF ships no types
        """Read submitted text only; ignore files and JSON."""

        csrf_class: type[CSRF] = _SessionCsrf

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Return the submitted fields, or None if the form was not submitted."""
            if formdata is None or isinstance(formdata, MultiDict):
                return formdata
            return (request.form or None) if form.is_submitted() else None

    def add_error(self, field: Field, error: ConferenceError) -> None:
        """Append the translated message of an error to a field's errors."""
        field.errors = [*field.errors, gettext(str(error))]

    def reject(self, error: RateLimitExceeded) -> None:
        """Add the message of a rate limit; the form is shown again with its input."""
        self.rate_limit = error
        self.form_errors.append(error_handlers.describe(error))


class ConfirmForm(Form):
    """A form without fields: a button protected by the CSRF token."""


class _SignedCsrf(CSRF):
    """A CSRF token that is signed and dated instead of bound to a session cookie."""

    def generate_csrf_token(self, csrf_token_field: CSRFTokenField) -> str:
        """Return the token of the current day."""
        return cookieless_csrf_token()

    def validate_csrf_token(self, form: Any, field: CSRFTokenField) -> None:
        """Raise ValidationError if the token has no valid signature or is older than a week."""
        try:
            _serializer(TimestampSigner).loads(field.data or "", max_age=WEEK_SECONDS)
        except BadSignature:
            raise ValidationError(str(CSRF_EXPIRED)) from None


class CookielessForm(Form):
    """A form on a cacheable page that is the same for everyone and sets no cookie.

    No one is signed in on such a page, so the token only proves that the page is the site's own.
    Requests from other sites are rejected by their origin (``app.web.security_headers``). Its view
    must be exempt from the check of the session's token (``validates_own_csrf``).
    """

    class Meta(Form.Meta):
        """Use the signed token."""

        csrf_class = _SignedCsrf


class _DailySigner(TimestampSigner):
    """A signer whose timestamp is the day, so that every process renders the same page."""

    def get_timestamp(self) -> int:
        """Return the start of the current day in UTC, in Unix seconds."""
        return super().get_timestamp() // DAY_SECONDS * DAY_SECONDS


def cookieless_csrf_token() -> str:
    """Return today's token for a public form that has no form object."""
    return str(_serializer(_DailySigner).dumps(""))


def _serializer(signer_class: type[TimestampSigner]) -> URLSafeTimedSerializer:
    key = current_app.secret_key or ""
    return URLSafeTimedSerializer(key, salt="public form", signer=signer_class)


FORM_OVERHEAD_BYTES = 64 * 1024  # bytes of a form, in addition to the file


class FileForm(Form):
    """A form with a file upload, for views that read the file before they write.

    See ``app.request_transaction.read_first``.
    """

    class Meta(Form.Meta):
        """Accept files as well as text."""

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Return the submitted fields together with the files."""
            if not is_reading_first():
                raise RuntimeError("a file would be read while the database is locked")
            return FlaskForm.Meta.wrap_formdata(self, form, formdata)


def required_file(max_bytes: int, too_large: Any) -> Validator:
    """Return a validator that requires a file that is not too large."""

    def check(_form: Any, field: Field) -> None:
        if not is_uploaded_file(field.data):
            raise ValidationError(_l("Choose a file"))
        if file_size(field.data) > max_bytes:
            raise ValidationError(too_large)

    return check


def is_uploaded_file(data: Any) -> bool:
    """Return True if the visitor chose a file."""
    return isinstance(data, FileStorage) and bool(data.filename)


def file_size(file: FileStorage) -> int:
    """Return the size of a file in bytes."""
    size = file.stream.seek(0, 2)
    file.stream.seek(0)
    return size

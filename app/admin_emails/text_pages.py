"""What pages about email texts share: which email, language and version they show."""

from typing import Any, Final

from flask import Response, abort, request, url_for
from flask_babel import gettext

from app.admin_emails.kinds.registry import EMAIL_KINDS
from app.errors import NotFound, require
from app.mail import email_texts
from app.mail.email_texts import TextKey
from app.mail.rendering import EmailText
from app.mail.shipped_texts import get_shipped_text
from app.text import parse_number
from app.web import languages, redirects

MAX_VERSION: Final = 999_999


def get_key(template: str, language: str) -> TextKey:
    """Return the key of the text; raise NotFound if there is no such email or language."""
    if template not in EMAIL_KINDS or language not in languages.list_codes():
        abort(404)
    return TextKey(template, language)


def build_context(key: TextKey) -> dict[str, Any]:
    """Return what every page about a text shows: the email, and its languages."""
    kind_url = url_for("admin.email_kinds.preview", template=key.template, language=key.language)
    return {
        "key": key,
        "kind": EMAIL_KINDS[key.template],
        "written_in": languages.describe(key.language),
        "offered_languages": [languages.describe(code) for code in languages.list_codes()],
        "breadcrumbs": [
            (gettext("What emails say"), url_for("admin.email_kinds.index")),
            (EMAIL_KINDS[key.template].name, kind_url),
        ],
    }


def get_version_text(key: TextKey, number: int) -> EmailText:
    """Return the text of a version; 0 is the shipped one."""
    if not number:
        return get_shipped_text(*key)
    found = email_texts.get_version(key, number)
    return EmailText(found.subject, found.body)


def find_starting_text(key: TextKey) -> EmailText | None:
    """Return the text of the version that editing should start from, if one is requested."""
    return get_version_text(key, parse_version_number("from")) if "from" in request.args else None


def parse_version_number(name: str) -> int:
    """Return the version number in a parameter; raise NotFound if it is invalid."""
    number = parse_number(request.args.get(name, ""), len(str(MAX_VERSION)))
    return require(number, NotFound("There is no such version"))


def redirect_to_email(key: TextKey, message_key: str) -> Response:
    """Redirect to the preview of the current text of the email."""
    url = url_for("admin.email_kinds.preview", template=key.template, language=key.language)
    return redirects.redirect_to(url, message_key)

"""The language of a page is part of its URL: English at the root, others under /fr/ and so on.

If the first segment of the path is a language, the middleware moves it to SCRIPT_NAME, so that
every URL from ``url_for`` stays in that language.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from babel import Locale
from flask import Flask, current_app, g, has_app_context, has_request_context, request
from flask_babel import Babel, force_locale, get_locale, get_translations
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from app import preview_mode
from config import Config

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SOURCE_LANGUAGE = "en"
CURRENT = "current_language"  # an attribute of Flask's g
LANGUAGE = "conference.language"  # a key of the WSGI environment; absent for English


@dataclass(frozen=True)
class Language:
    """A language and what the ``html`` element needs: code and direction."""

    code: str
    name: str
    direction: str


def init_app(app: Flask, config: Config) -> None:
    """Set up Flask-Babel and the ``_`` function of templates."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(config.TRANSLATIONS_PATH)
    app.config["BABEL_DEFAULT_LOCALE"] = SOURCE_LANGUAGE
    app.extensions["languages"] = config.LANGUAGES
    Babel(app, locale_selector=get_request_language)
    app.jinja_env.newstyle_gettext = True  # type: ignore[attr-defined]  # set by jinja2.ext.i18n
    app.add_template_global(_gettext, "_")


def get_request_language() -> str:
    """Return the language code in the URL of this request."""
    code: str = (
        request.environ.get(LANGUAGE, SOURCE_LANGUAGE) if has_request_context() else SOURCE_LANGUAGE
    )
    return code


def current() -> Language:
    """Return the language of the page, or of the email.

    Every text needs it, so it is cached in ``g``: asking Flask-Babel takes twenty times as long.
    """
    if not has_app_context():
        return describe(SOURCE_LANGUAGE)
    context: Any = g._get_current_object()  # noqa: SLF001 – Werkzeug documents it
    known: Language | None = context.get(CURRENT)
    if known is None:
        known = describe(str(get_locale() or SOURCE_LANGUAGE))
        setattr(context, CURRENT, known)
    return known


@cache
def describe(code: str) -> Language:
    """Return the name of a language in that language, and its text direction."""
    locale = Locale.parse(code, sep="-" if "-" in code else "_")
    return Language(code, locale.get_display_name() or code, locale.text_direction)


def list_codes() -> tuple[str, ...]:
    """Return the codes of the languages that the site offers."""
    codes: tuple[str, ...] = current_app.extensions["languages"]
    return codes


def list_other_codes() -> list[str]:
    """Return the codes of the languages into which texts can be translated."""
    return [code for code in list_codes() if code != SOURCE_LANGUAGE]


def url_prefix(code: str) -> str:
    """Return the URL prefix of a language, followed by that of the current preview."""
    return language_prefix(code) + preview_mode.prefix()


def language_prefix(code: str) -> str:
    """Return the URL prefix of a language: "" for English, otherwise "/fr"."""
    return "" if code == SOURCE_LANGUAGE else f"/{code}"


@contextmanager
def use_language(code: str) -> Iterator[None]:
    """Use this language within the block, regardless of the request or email."""
    before = g.pop(CURRENT, None) if has_app_context() else None
    try:
        with force_locale(code):
            yield
    finally:
        if has_app_context():
            setattr(g, CURRENT, before)


def translate(message: str) -> str:
    """Return a message in the current language.

    A page has about a hundred of them. In English they are not looked up, which saves a third of
    the rendering time.
    """
    if current().code == SOURCE_LANGUAGE:
        return message
    found: str = get_translations().ugettext(message)
    return found


@pass_eval_context
def _gettext(eval_context: EvalContext, message: str, **values: Any) -> str:
    """Translate a message of a template."""
    message = translate(message)
    text = Markup(message) if eval_context.autoescape else message  # noqa: S704 – our own words
    return text % values if values or "%" in message else text


class LanguageMiddleware:
    """Middleware that moves the language from PATH_INFO to SCRIPT_NAME."""

    def __init__(self, inner: "WSGIApplication", languages: tuple[str, ...]) -> None:
        self._inner = inner
        self._prefixes = frozenset(languages) - {SOURCE_LANGUAGE}

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Handle one request."""
        if self._prefixes:
            first, slash, rest = environ.get("PATH_INFO", "").lstrip("/").partition("/")
            if first in self._prefixes:
                environ["SCRIPT_NAME"] = f"/{first}"
                environ[LANGUAGE] = first
                environ["PATH_INFO"] = f"{slash}{rest}" or "/"
        return self._inner(environ, start_response)

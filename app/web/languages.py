"""The language of a page stands in its address: English at the root, others under /fr/ and so on.

The first part of the path, when it names a language, becomes the root of the application.
So every address that a page makes with ``url_for`` stays in its language by itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from babel import Locale
from flask import Flask, current_app, has_request_context, request
from flask_babel import Babel, force_locale, get_locale, get_translations
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from app import lens
from config import Config

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SOURCE = "en"
LANGUAGE = "conference.language"  # of a request, where it is another than English


@dataclass(frozen=True)
class Language:
    """What a page must say of its language."""

    code: str
    name: str
    direction: str


def attach(app: Flask, config: Config) -> None:
    """Give pages the words of their language."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(config.TRANSLATIONS_PATH)
    app.config["BABEL_DEFAULT_LOCALE"] = SOURCE
    app.extensions["languages"] = config.LANGUAGES
    Babel(app, locale_selector=of_this_request)
    app.jinja_env.newstyle_gettext = True  # type: ignore[attr-defined]  # set by jinja2.ext.i18n
    app.add_template_global(_said, "_")


def of_this_request() -> str:
    """Tell the code of the language that the address asks for."""
    spoken: str = request.environ.get(LANGUAGE, SOURCE) if has_request_context() else SOURCE
    return spoken


def current() -> Language:
    """Tell the language in which words are shown now."""
    return described(str(get_locale() or SOURCE))


@cache
def described(code: str) -> Language:
    """Tell a language's name in itself and which way it is written."""
    locale = Locale.parse(code, sep="-" if "-" in code else "_")
    return Language(code, locale.get_display_name() or code, locale.text_direction)


def offered() -> tuple[str, ...]:
    """List the codes of the languages in which the site can be read."""
    spoken: tuple[str, ...] = current_app.extensions["languages"]
    return spoken


def root(code: str) -> str:
    """Give what stands before every address in a language, and in the lens looked through."""
    return own_root(code) + lens.prefix()


def own_root(code: str) -> str:
    """Give what stands before every address in a language: nothing in English, else /fr."""
    return "" if code == SOURCE else f"/{code}"


speaking = force_locale


@pass_eval_context
def _said(how: EvalContext, words: str, **values: Any) -> str:
    """Say words of a template in the language of the moment.

    A page has some fifty of them. In the language they are written in, none is looked up: that
    would take a third of the time that the page takes.
    """
    locale = get_locale()
    if locale is not None and (locale.language != SOURCE or locale.territory):
        words = get_translations().ugettext(words)
    said = Markup(words) if how.autoescape else words  # noqa: S704 – our own words
    return said % values if values or "%" in words else said


class Prefix:
    """The layer that moves a language from the path to the root of the application."""

    def __init__(self, inner: "WSGIApplication", languages: tuple[str, ...]) -> None:
        self._inner = inner
        self._prefixes = frozenset(languages) - {SOURCE}

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        if self._prefixes:
            first, slash, rest = environ.get("PATH_INFO", "").lstrip("/").partition("/")
            if first in self._prefixes:
                environ["SCRIPT_NAME"] = f"/{first}"
                environ[LANGUAGE] = first
                environ["PATH_INFO"] = f"{slash}{rest}" or "/"
        return self._inner(environ, start_response)

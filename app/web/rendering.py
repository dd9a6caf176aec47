"""Page rendering: the template environment, its globals and URLs of static files.

The URL of a static file contains a fingerprint of its content, so browsers can cache it for a year.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from datetime import time as time_of_day
from functools import cache
from hashlib import blake2b
from typing import Any
from urllib.parse import quote

from flask import Flask, current_app, has_request_context, make_response, render_template, request
from flask.templating import Environment
from flask.wrappers import Response
from flask_babel import gettext
from jinja2 import StrictUndefined
from markupsafe import Markup, escape

from app import cache_version, clock, preview_mode
from app.web import cache_policy, formatting, languages
from app.web.cache_policy import has_access_keys
from app.web.govuk_components import SharedGlobals
from config import ROOT

STATIC_FOLDER = ROOT / "static"
ONE_DAY = timedelta(days=1)


@cache
def asset(name: str) -> str:
    """Return the URL of a file in static/: /static/css/site.css?v=1a2b3c4d."""
    fingerprint = blake2b((STATIC_FOLDER / name).read_bytes(), digest_size=4).hexdigest()
    return f"/static/{name}?v={fingerprint}"


DEFAULT_CONTEXT = {
    "form": None,
    "breadcrumbs": None,  # []: a page directly below the home page
}
UNLISTED: Mapping[str, Any] = {"canonical": None, "alternates": ()}
SHARED_TIME = 1.0  # seconds: how long a shared page may be out of date
OWN_MARK = "\0%s\0"  # placeholder for a personal text in a shared page; never part of a page


class TemplateEnvironment(SharedGlobals, Environment):
    """The Jinja environment of the site's templates."""


def init_app(app: Flask) -> None:
    """Configure Jinja: undefined names are errors, and every page gets the layout's context."""
    app.template_folder = str(ROOT / "templates")
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.add_template_global(asset)
    app.add_template_global(absolute_url)
    app.add_template_global(cached_fragment)
    app.context_processor(_layout_context)


def render_page(template: str, status: int | None = None, **context: Any) -> Response:
    """Return a response with the rendered template: 422 if its form has errors, 200 otherwise."""
    if status is None:
        form = context.get("form")
        status = 422 if form is not None and form.errors else 200
    is_listed = status == 200 and cache_policy.current().is_public
    defaults = {**DEFAULT_CONTEXT, **_canonical_context(is_listed=is_listed)}
    return make_response(render_template(template, **{**defaults, **context}), status)


def render_shared_page(
    template: str,
    status: int,
    *,
    variant: str,
    own: Sequence[str],
    own_texts: Mapping[str, str],
    **context: Any,
) -> Response:
    """Return a page that many people request at once, identical except for personal texts.

    It is rendered once per second, and each response gets the person's own texts; so nothing else
    in the context may be personal. The texts are part of the context, by their names.
    """
    marks = {name: OWN_MARK % name for name in own_texts}
    language = languages.get_request_language()
    name = f"{template} {variant} {language} {has_access_keys()}"

    def make() -> tuple[float, str]:
        html = render_template(template, **{**DEFAULT_CONTEXT, **UNLISTED, **context, **marks})
        for number, secret in enumerate(own):
            html = html.replace(secret, OWN_MARK % number)
        return time.monotonic(), html

    _, html = cache_version.cached(name, make, lambda one: time.monotonic() - one[0] < SHARED_TIME)
    for number, secret in enumerate(own):
        html = html.replace(OWN_MARK % number, secret)
    for name, text in own_texts.items():
        html = html.replace(marks[name], escape(text))
    return make_response(html, status)


def download(content: str | bytes | Iterator[str], mimetype: str, name: str) -> Response:
    """Return a file for the browser to save under a name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype=mimetype, headers=headers)


def absolute_url(endpoint: str, **values: Any) -> str:
    """Return the absolute URL of a page in the current language."""
    root = languages.url_prefix(languages.current().code)
    site: str = current_app.config["SITE_URL"]
    scheme, _, host = site.partition("://")
    adapter = current_app.url_map.bind(host, script_name=f"{root}/", url_scheme=scheme)
    return adapter.build(endpoint, values, force_external=True)


def absolute_asset(name: str) -> str:
    """Return the absolute URL of a file in static/."""
    return f"{current_app.config['SITE_URL']}{asset(name)}"


def cached_fragment(template: str, variant: str = "", generation: str = "") -> Markup:
    """Return a fragment of the layout, with the current page marked (aria-current).

    It is rendered once per cache version, variant, generation of the texts in it, language and
    access keys setting.
    """
    language = languages.get_request_language()
    name = f"{template} {variant} {generation} {language} {has_access_keys()}"
    rendered = cache_version.cached(name, lambda: render_template(template, variant=variant))
    current_link = f'<a href="{escape(request.script_root + request.path)}"'
    return Markup(rendered.replace(current_link, f'{current_link} aria-current="page"'))  # noqa: S704 – our own


def _canonical_context(*, is_listed: bool) -> Mapping[str, Any]:
    """Return the canonical URL of a public page and its translations, for search engines."""
    if not is_listed:
        return UNLISTED
    site: str = current_app.config["SITE_URL"]
    path = quote(request.path)
    codes = languages.list_codes()
    alternates = [(code, f"{site}{languages.url_prefix(code)}{path}") for code in codes]
    return {
        "canonical": f"{site}{quote(request.script_root)}{path}",
        "alternates": [*alternates, ("x-default", f"{site}{path}")] if len(codes) > 1 else (),
    }


def _layout_context() -> dict[str, Any]:
    return {
        "language": languages.current(),
        "access_keys": has_access_keys() if has_request_context() else True,
        "is_private_connection": current_app.config["IS_PRIVATE_CONNECTION"],
        "site_clock": _describe_site_clock(),
    }


def _describe_site_clock() -> str | None:
    """Return the notice of a test site, with the date there, or None.

    A rehearsal shows none, because its banner already states the date.
    """
    mode = preview_mode.current()
    if current_app.config["SITE_CLOCK"] is None or (mode is not None and mode.moment is not None):
        return None
    today = formatting.local_day(clock.now())
    if has_request_context():
        midnight = datetime.combine(today + ONE_DAY, time_of_day(), formatting.conference_zone())
        cache_policy.expires_at(midnight)
    message: str = gettext(
        "This is a test site. Its date is set to %(day)s.", day=formatting.local_date(today)
    )
    return message

"""One way to make a page: ``page("programme/whole.html", …)``, in one skeleton."""

from typing import Any
from urllib.parse import quote

from flask import (
    Flask,
    current_app,
    g,
    has_request_context,
    make_response,
    render_template,
    request,
)
from flask.templating import Environment
from flask.wrappers import Response
from flask_babel import gettext
from jinja2 import StrictUndefined
from markupsafe import Markup, escape

from app import edition, lens
from app.web import languages, words
from app.web.components import SameNames
from app.web.public import access_keys_wanted
from config import ROOT

WHAT_ANY_PAGE_MAY_LEAVE_OUT = {
    "form": None,
    "trail": None,  # an empty one says: this page stands right beneath the front page
}


class Templates(SameNames, Environment):
    """The environment of our own templates."""


def attach(app: Flask) -> None:
    """Make a misspelt name in a template an error, and give every page what the skeleton shows."""
    app.template_folder = str(ROOT / "templates")
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.add_template_global(absolute_url)
    app.add_template_global(always)
    app.context_processor(_skeleton)


def page(template: str, status: int = 200, **what: Any) -> Response:
    """Render a page from its template."""
    is_listed = status == 200 and g.get("is_public", False)
    left_out = {**WHAT_ANY_PAGE_MAY_LEAVE_OUT, **_addresses(is_listed=is_listed)}
    return make_response(render_template(template, **{**left_out, **what}), status)


def absolute_url(endpoint: str, **values: Any) -> str:
    """Give the public address of a page in the language of the moment, wherever it is needed."""
    root = languages.root(languages.current().code)
    site: str = current_app.config["SITE_URL"]
    scheme, _, host = site.partition("://")
    adapter = current_app.url_map.bind(host, script_name=f"{root}/", url_scheme=scheme)
    return adapter.build(endpoint, values, force_external=True)


def always(part: str) -> Markup:
    """Give a part that stands around every page, with a mark on the page that is open.

    It is rendered once for each edition, language, and choice of access keys.
    """
    name = f"{part} {languages.of_this_request()} {access_keys_wanted()}"
    rendered = edition.kept(name, lambda: render_template(part))
    here = f'<li><a href="{escape(request.script_root + request.path)}"'
    return Markup(rendered.replace(here, f'{here} aria-current="page"'))  # noqa: S704 – our own


def _addresses(*, is_listed: bool) -> dict[str, Any]:
    """Tell search engines the one address of a public page, and where its translations are."""
    if not is_listed:
        return {"canonical": None, "alternates": ()}
    site: str = current_app.config["SITE_URL"]
    path = quote(request.path)
    spoken = languages.offered()
    alternates = [(code, f"{site}{languages.root(code)}{path}") for code in spoken]
    return {
        "canonical": f"{site}{quote(request.script_root)}{path}",
        "alternates": [*alternates, ("x-default", f"{site}{path}")] if len(spoken) > 1 else (),
    }


def _skeleton() -> dict[str, Any]:
    return {
        "language": languages.current(),
        "access_keys": access_keys_wanted() if has_request_context() else True,
        "site_clock": edition.kept(f"clock {languages.of_this_request()}", _site_clock),
    }


def _site_clock() -> str | None:
    """Say that the site lives at another time than the real one, when it does.

    In a rehearsal the clock stands still at a moment that the page tells already.
    """
    began = current_app.config["SITE_CLOCK"]
    seen = lens.current()
    if began is None or (seen is not None and seen.moment is not None):
        return None
    said: str = gettext(
        "This site is being tried out. Its clock was set to %(moment)s and runs on from there.",
        moment=words.local_moment(began),
    )
    return said

"""Caching of public pages, which are rendered once per cache version.

A view declares its page ``cacheable`` and how long it stays valid (``expires_at``). Such a page is
the same for everyone: it depends on no cookie but the one that switches the access keys off, and
sets none. ``page_cache.py`` stores and serves the pages.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from flask import Flask, Response, g, make_response, request
from werkzeug.datastructures import Headers

from app import clock, preview_mode
from app.cache_version import CacheVersionWatcher
from app.web import cache_params
from app.web.content_negotiation import ENCODERS, best_encoding, prefers_plain_text
from app.web.page_cache import CachedPage, PageCache, cache_key
from app.web.preview_middleware import ACCESS_KEYS_OFF, allow_in_preview
from app.web.request_log import ROUTE

if TYPE_CHECKING:
    from datetime import datetime

    from flask.typing import ResponseReturnValue

P = ParamSpec("P")
R = TypeVar("R", bound="ResponseReturnValue")

PUBLIC_CACHE_CONTROL = "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400"
REVALIDATE_CACHE_CONTROL = "public, no-cache, stale-if-error=86400"
VARY = "Accept-Encoding, Cookie"


def init_app(app: Flask, watcher: CacheVersionWatcher) -> PageCache:
    """Store the pages of cacheable views in a page cache, and return that cache."""
    page_cache = app.extensions["page_cache"] = PageCache(watcher)

    def _note_edition() -> None:
        g.edition = page_cache.current_version()
        g.began_at = clock.now()
        request.environ[ROUTE] = request.url_rule.rule if request.url_rule else "-"

    def _finish(response: Response) -> Response:
        if g.get("is_public") and response.status_code == 200:
            return _store(page_cache, response)
        return _compress(response)

    app.before_request(_note_edition)
    app.after_request(_finish)
    return page_cache


def cacheable(view: Callable[P, R]) -> Callable[P, R]:
    """Declare that a view's page is the same for everyone and may be cached.

    In a preview or rehearsal it is neither, since only some people may see it.
    """

    @wraps(view)
    def same_for_everyone(*args: P.args, **named: P.kwargs) -> R:
        g.is_public = request.method in {"GET", "HEAD"} and preview_mode.current() is None
        return view(*args, **named)

    return allow_in_preview(same_for_everyone)


def text_variant(
    text_view: Callable[P, R],
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Serve clients that prefer plain text (Accept) from another view at the same URL."""

    def chosen_between(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def chosen(*args: P.args, **named: P.kwargs) -> R:
            g.varies = f"Accept, {VARY}"
            wanted = text_view if prefers_plain_text(request.headers.get("Accept", "")) else view
            return wanted(*args, **named)

        return chosen

    return chosen_between


def expires_at(*moments: "datetime | None") -> None:
    """Set when the page being rendered expires: the earliest of these moments still to come.

    A moment that passes during rendering counts too: data read before it is outdated by then.
    """
    to_come = [moment for moment in moments if moment is not None and moment > render_started_at()]
    if to_come:
        seconds = (min(to_come) - clock.now()).total_seconds()
        g.true_until = min(g.get("true_until", float("inf")), time.monotonic() + seconds)


def render_started_at() -> "datetime":
    """Return when rendering of this page began."""
    started: datetime = g.get("began_at") or clock.now()
    return started


def always_revalidate() -> None:
    """Require browsers and proxies to revalidate the page on every request.

    ``expires_at`` only applies to this process's cache; without this, other caches would serve the
    old page for a while.
    """
    g.cache_control = REVALIDATE_CACHE_CONTROL


def do_not_store() -> None:
    """Keep the page being rendered out of the cache, because something is missing from it."""
    g.is_whole = False


def has_access_keys() -> bool:
    """Return True unless the visitor has switched the access keys off."""
    return ACCESS_KEYS_OFF not in request.headers.get("Cookie", "")


def _store(page_cache: PageCache, response: Response) -> Response:
    """Store a rendered page and return it as it is served from the cache.

    A page with parameters that its view did not declare is not stored.
    """
    response.headers["Cache-Control"] = g.get("cache_control", PUBLIC_CACHE_CONTROL)
    response.headers["Vary"] = g.get("varies", VARY)
    response.headers.pop("Content-Length", None)
    page = CachedPage(
        response.get_data(),
        list(response.headers.items()),
        request.environ.get(ROUTE, "-"),
        g.get("true_until", float("inf")),
    )
    params = cache_params.get_view_params()
    key = cache_key(request.environ, params)
    if key and g.get("is_whole", True):
        page_cache.put(key, page, g.edition, params)
    status, headers, body = page.to_response(request.environ)
    final = make_response(body, status)
    # Replaced, not merged: the Content-Length of a HEAD response is not that of its empty body.
    final.headers = Headers(headers)
    return final


def _compress(response: Response) -> Response:
    """Compress a page that is not cached, if the client accepts it."""
    encoding = best_encoding(request.headers.get("Accept-Encoding", ""))
    if (
        encoding
        and not response.direct_passthrough
        and "Content-Encoding" not in response.headers
        and (response.mimetype or "").startswith("text/")
    ):
        response.set_data(ENCODERS[encoding](response.get_data()))
        response.headers["Content-Encoding"] = encoding
        response.vary.add("Accept-Encoding")
    return response

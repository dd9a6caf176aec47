"""A cache of rendered pages in memory, served by middleware before Flask is called.

A page is compressed when it is first requested in an encoding. Its key is the language, path,
access keys and, if its view declared any, the query parameters (``cache_params.py``); all others
are ignored. A new cache version empties the cache.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import InitVar, dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

import brotli
from flask import Flask, Response, make_response, request
from werkzeug.datastructures import Headers

from app.cache_version import CacheVersionWatcher
from app.web import cache_params, cache_policy
from app.web.cache_policy import (
    ENCODERS,
    CacheParams,
    best_encoding,
    compress_quickly,
    has_access_keys,
    prefers_plain_text,
)
from app.web.preview_middleware import ACCESS_KEYS_OFF
from app.web.request_log import ROUTE
from app.web.security_headers import UNKNOWN_HOST

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAX_BYTES = 32 * 1024 * 1024  # of pages before compression; they use a fraction of that


NO_PARAMS: CacheParams = {}
ParamsKey = tuple[str, str, bool]  # language, path, as text


class PageKey(NamedTuple):
    """The key of a cached page."""

    language: str
    path: str
    keys_off: bool
    variant: str  # the canonical query string of the declared parameters
    as_text: bool


@dataclass
class CachedPage:
    """A rendered page, stored compressed; other encodings are made on request.

    Encodings that are not stored are compressed quickly, since anyone can request them endlessly.
    """

    body: InitVar[bytes]
    headers: list[tuple[str, str]]
    route: str
    expires: float = float("inf")  # by time.monotonic()
    is_stored: InitVar[bool] = True

    def __post_init__(self, body: bytes, is_stored: bool) -> None:
        self.size = len(body)
        self.etag = blake2b(body, digest_size=8).hexdigest()
        self.encoded = {"br": ENCODERS["br"](body) if is_stored else compress_quickly(body)}

    def to_response(self, environ: "WSGIEnvironment") -> tuple[str, list[tuple[str, str]], bytes]:
        """Return status, headers and body for a request (RFC 9110, 8.8.3 and 12.5.3)."""
        encoding = best_encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        tag = f'"{self.etag}{encoding and "-"}{encoding}"'
        headers = [*self.headers, ("ETag", tag)]
        if tag in environ.get("HTTP_IF_NONE_MATCH", ""):
            return "304 Not Modified", headers, b""
        body = self.encoded.get(encoding)
        if body is None:
            plain: bytes = brotli.decompress(self.encoded["br"])
            body = self.encoded[encoding] = ENCODERS[encoding](plain)
        if encoding:
            headers.append(("Content-Encoding", encoding))
        headers.append(("Content-Length", str(len(body))))
        return "200 OK", headers, b"" if environ["REQUEST_METHOD"] == "HEAD" else body


class PageCache:
    """The pages of the current cache version.

    Above MAX_BYTES those with parameters are evicted first, starting with the least recently used:
    there are many of them, such as one per time zone, and anyone can request them all. The number
    of pages without parameters is limited by the programme.
    """

    def __init__(self, watcher: CacheVersionWatcher) -> None:
        self._watcher = watcher
        self._version: int | None = None  # of the pages
        self._pages: dict[PageKey, CachedPage] = {}
        self._variants: OrderedDict[PageKey, None] = OrderedDict()  # the last used at the end
        self._bytes = 0
        self._params: dict[ParamsKey, CacheParams | None] = {}
        self._lock = threading.Lock()

    def get(self, environ: "WSGIEnvironment") -> CachedPage | None:
        """Return the cached page for a request, or None if there is none or it has expired."""
        if self._watcher.get_version() != self._version:
            return None
        address = _params_key(environ)
        key = _make_key(environ, address, self._params.get(address, NO_PARAMS))
        page = self._pages.get(key) if key else None
        if page is not None and key is not None and key.variant:
            with suppress(KeyError):  # another thread has evicted it
                self._variants.move_to_end(key)
        return page if page is not None and time.monotonic() < page.expires else None

    def put(self, key: PageKey, page: CachedPage, version: int, params: CacheParams | None) -> None:
        """Store a page rendered from ``version``, unless there is a newer version."""
        with self._lock:
            if version != self._watcher.last_seen:
                return
            if version != self._version:
                self._version, self._pages, self._bytes = version, {}, 0
                self._variants, self._params = OrderedDict(), {}
            if params != NO_PARAMS:
                self._params[key.language, key.path, key.as_text] = params
            replaced = self._pages.pop(key, None)
            self._bytes += page.size - (replaced.size if replaced else 0)
            self._pages[key] = page
            if key.variant:
                self._variants[key] = None  # an existing one has been moved by ``get``
            while self._bytes > MAX_BYTES:
                self._evict()

    def _evict(self) -> None:
        # In one step, because other threads move keys of ``_variants`` concurrently.
        key = self._variants.popitem(last=False)[0] if self._variants else next(iter(self._pages))
        self._bytes -= self._pages.pop(key).size

    def __len__(self) -> int:
        """Return the number of cached pages."""
        return len(self._pages)

    @property
    def size(self) -> int:
        """Return the size of the cached pages before compression, in bytes."""
        return self._bytes

    @property
    def is_fresh(self) -> bool:
        """Whether ``get`` returns at once, without querying the database for the version."""
        return not self._watcher.is_check_due

    def current_version(self) -> int:
        """Return the cache version from which pages are rendered now."""
        return self._watcher.get_version()


class PageCacheMiddleware:
    """Middleware that serves cached pages before Flask is called."""

    def __init__(self, inner: "WSGIApplication", page_cache: PageCache) -> None:
        self._inner = inner
        self._page_cache = page_cache

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Handle one request."""
        if environ["REQUEST_METHOD"] in {"GET", "HEAD"} and UNKNOWN_HOST not in environ:
            page = self._page_cache.get(environ)
            if page is not None:
                environ[ROUTE] = page.route
                status, headers, body = page.to_response(environ)
                start_response(status, headers)
                return (body,)
        return self._inner(environ, start_response)


def respond_not_cached(
    _environ: "WSGIEnvironment", _start_response: "StartResponse"
) -> Iterable[bytes]:
    """Stand in for the application if only cached pages are wanted: respond with nothing."""
    return ()


def cache_key(environ: "WSGIEnvironment", params: CacheParams | None) -> PageKey | None:
    """Return the cache key of a request, or None if its page is not cached.

    ``params`` is None if the view reads the whole query string: then only the page without one is
    cached. It is not cached either if a parameter has no valid value.
    """
    return _make_key(environ, _params_key(environ), params)


def _make_key(
    environ: "WSGIEnvironment", address: ParamsKey, params: CacheParams | None
) -> PageKey | None:
    query = environ.get("QUERY_STRING", "")
    variant: str | None = ""
    if query and params != NO_PARAMS:
        variant = cache_params.normalise_query(params, query) if params else None
    if variant is None:
        return None
    language, path, as_text = address
    keys_off = ACCESS_KEYS_OFF in environ.get("HTTP_COOKIE", "")
    return PageKey(language, path, keys_off, variant, as_text)


def _params_key(environ: "WSGIEnvironment") -> ParamsKey:
    """Return the key by which a page's parameters are found; its variant does not matter."""
    as_text = prefers_plain_text(environ.get("HTTP_ACCEPT", ""))
    return environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", ""), as_text


def init_app(app: Flask, watcher: CacheVersionWatcher) -> PageCache:
    """Store the pages of cacheable views in a page cache, and return that cache."""
    page_cache = app.extensions["page_cache"] = PageCache(watcher)

    def _begin() -> None:
        cache_policy.init_request(page_cache.current_version())
        request.environ[ROUTE] = request.url_rule.rule if request.url_rule else "-"

    def _finish(response: Response) -> Response:
        if cache_policy.current().is_public and response.status_code == 200:
            return _store(page_cache, response)
        return _compress(response)

    app.before_request(_begin)
    app.after_request(_finish)
    return page_cache


def _store(page_cache: PageCache, response: Response) -> Response:
    """Store a rendered page and return it as it is served from the cache."""
    policy = cache_policy.current()
    response.headers["Cache-Control"] = (
        policy.cache_control if has_access_keys() else cache_policy.KEYS_OFF_CACHE_CONTROL
    )
    response.headers["Vary"] = policy.vary
    response.headers.pop("Content-Length", None)
    params = None if _has_read_query() else policy.params
    key = cache_key(request.environ, params) if policy.is_complete else None
    page = CachedPage(
        response.get_data(),
        list(response.headers.items()),
        request.environ.get(ROUTE, "-"),
        policy.expires,
        is_stored=key is not None,
    )
    if key:
        page_cache.put(key, page, policy.version, params)
    status, headers, body = page.to_response(request.environ)
    final = make_response(body, status)
    # Replaced, not merged: the Content-Length of a HEAD response is not that of its empty body.
    final.headers = Headers(headers)
    return final


def _has_read_query() -> bool:
    """Return True if the view has read ``request.args``, which Werkzeug then stores in the request.

    So a view that does not declare its parameters is slow, but never shows a wrong page.
    """
    return "args" in vars(request._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001 – the documented way


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

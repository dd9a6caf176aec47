"""How the response to a request may be cached, as its view declares while rendering.

A view declares its page ``cacheable`` and how long it stays valid (``expires_at``). Such a page is
the same for everyone: it depends on no cookie and sets none. ``page_cache.py`` stores and serves
the pages.

The one exception is for visitors who have switched the access keys off. Their pages have none, and
shared caches must not store them (``KEYS_OFF_CACHE_CONTROL``). So other visitors' pages need no
``Vary: Cookie``, which would make shared caches useless, since every visitor has different cookies.
"""

import gzip
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import brotli
from flask import g, request

from app import clock, preview_mode
from app.web.preview_middleware import ACCESS_KEYS_OFF, allow_in_preview

if TYPE_CHECKING:
    from datetime import datetime

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask.typing import ResponseReturnValue

QVALUE = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")  # RFC 9110, 12.4.2
# From this size, better compression saves a round trip on a slow connection; for the largest pages,
# the best takes too long.
LARGE_BODY_BYTES, HUGE_BODY_BYTES = 100_000, 1_000_000
QUICK_QUALITY = 5
SAVE_DATA = "Save-Data"
# No shared cache may store it: some ignore Vary, and would withhold the typeface from everyone.
NO_TYPEFACE_CACHE_CONTROL = "private, max-age=86400"


def _compress_brotli(body: bytes) -> bytes:
    size = len(body)
    quality = 6 if size <= LARGE_BODY_BYTES else 10 if size <= HUGE_BODY_BYTES else 9
    packed: bytes = brotli.compress(body, quality=quality)
    return packed


def compress_quickly(body: bytes) -> bytes:
    """Compress a page that is sent once, much faster than a stored one."""
    packed: bytes = brotli.compress(body, quality=QUICK_QUALITY)
    return packed


ENCODERS: dict[str, Callable[[bytes], bytes]] = {  # the smallest output first
    "br": _compress_brotli,
    "gzip": lambda body: gzip.compress(body, compresslevel=6, mtime=0),
    "": lambda body: body,
}


@lru_cache(maxsize=256)  # browsers send one of a few values
def best_encoding(header: str) -> str:
    """Return the encoding with the smallest output that the client accepts, or "" for none."""
    weights = dict(map(_parse_weight, header.lower().split(",")))
    others = weights.get("*", 0.0)
    return next((name for name in ENCODERS if name and weights.get(name, others) > 0), "")


@lru_cache(maxsize=256)
def prefers_plain_text(header: str) -> bool:
    """Return True if the client prefers text/plain to text/html (RFC 9110, 12.5.1)."""
    weights = dict(map(_parse_weight, header.lower().split(",")))
    return weights.get("text/plain", 0.0) > weights.get("text/html", 0.0)


def _parse_weight(part: str) -> tuple[str, float]:
    """Return an encoding or media type and its weight; 0.0 if the weight is malformed."""
    name, *parameters = (piece.strip() for piece in part.split(";"))
    weight = QVALUE.fullmatch(
        next((parameter for parameter in parameters if parameter.startswith("q=")), "q=1")
    )
    return name, float(weight[1]) if weight else 0.0


def is_typeface(path: str) -> bool:
    """Return True if a static file's path is that of a typeface."""
    return path.endswith(".woff2")


class SaveDataMiddleware:
    """Middleware that answers 204 if a visitor with Save-Data requests a typeface.

    Pages then use a font of the visitor's own device.
    """

    def __init__(self, inner: "WSGIApplication", headers: Mapping[str, str]) -> None:
        self._inner = inner
        self._headers = [
            *headers.items(),
            ("Cache-Control", NO_TYPEFACE_CACHE_CONTROL),
            ("Vary", SAVE_DATA),
        ]

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Handle one request."""
        saves_data = environ.get("HTTP_SAVE_DATA", "").partition(";")[0].strip().lower() == "on"
        if saves_data and is_typeface(environ.get("PATH_INFO", "")):
            start_response("204 No Content", list(self._headers))
            return ()
        return self._inner(environ, start_response)


P = ParamSpec("P")
R = TypeVar("R", bound="ResponseReturnValue")
# Maps a raw value to its canonical form: "" is the default page, None is invalid.
ParamReader = Callable[[str], str | None]
CacheParams = Mapping[str, ParamReader]

PUBLIC_CACHE_CONTROL = "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400"
REVALIDATE_CACHE_CONTROL = "public, no-cache, stale-if-error=86400"
KEYS_OFF_CACHE_CONTROL = "private, no-cache"  # not for anyone else
VARY = "Accept-Encoding"


@dataclass
class CachePolicy:
    """How the response to one request may be cached; by default it may not."""

    version: int = -1  # the cache version that it is rendered from
    started_at: "datetime" = field(default_factory=clock.now)
    is_public: bool = False  # the same for everyone
    is_complete: bool = True  # an incomplete page is not stored
    expires: float = float("inf")  # by time.monotonic()
    cache_control: str = PUBLIC_CACHE_CONTROL
    vary: str = VARY
    params: CacheParams = field(default_factory=dict)


def init_request(version: int) -> None:
    """Start a request with the policy of a cache version."""
    g.cache_policy = CachePolicy(version)


def current() -> CachePolicy:
    """Return the policy of this request."""
    if "cache_policy" not in g:  # the request was refused before it started
        init_request(CachePolicy.version)
    policy: CachePolicy = g.cache_policy
    return policy


def cacheable(view: Callable[P, R]) -> Callable[P, R]:
    """Declare that a view's page is the same for everyone and may be cached.

    In a preview or rehearsal it is neither, since only some people may see it.
    """

    @wraps(view)
    def same_for_everyone(*args: P.args, **named: P.kwargs) -> R:
        current().is_public = request.method in {"GET", "HEAD"} and preview_mode.current() is None
        return view(*args, **named)

    return allow_in_preview(same_for_everyone)


def text_variant(
    text_view: Callable[P, R],
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Serve clients that prefer plain text (Accept) from another view at the same URL."""

    def chosen_between(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def chosen(*args: P.args, **named: P.kwargs) -> R:
            current().vary = f"Accept, {VARY}"
            if prefers_plain_text(request.headers.get("Accept", "")):
                current().params = {}
                return text_view(*args, **named)
            return view(*args, **named)

        return chosen

    return chosen_between


def expires_at(*moments: "datetime | None") -> None:
    """Set when the page being rendered expires: the earliest of these moments still to come.

    A moment that passes during rendering counts too: data read before it is outdated by then.
    """
    policy = current()
    to_come = [moment for moment in moments if moment is not None and moment > policy.started_at]
    if to_come:
        seconds = (min(to_come) - clock.now()).total_seconds()
        policy.expires = min(policy.expires, time.monotonic() + seconds)


def valid_until() -> float:
    """Return until when the page being rendered may be cached, by time.monotonic()."""
    return current().expires if current().is_complete else float("-inf")


def always_revalidate() -> None:
    """Require browsers and proxies to revalidate the page on every request.

    ``expires_at`` only applies to this process's cache; without this, other caches would serve the
    old page for a while.
    """
    current().cache_control = REVALIDATE_CACHE_CONTROL


def vary_on_cookie() -> None:
    """Let each visitor have their own copy: the page shows whether they have access keys."""
    current().vary = f"{VARY}, Cookie"


def do_not_store() -> None:
    """Keep the page being rendered out of the cache, because something is missing from it."""
    current().is_complete = False


def has_access_keys() -> bool:
    """Return True unless the visitor has switched the access keys off."""
    return ACCESS_KEYS_OFF not in request.headers.get("Cookie", "")

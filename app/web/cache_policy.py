"""How the response to a request may be cached: what its view declares while it renders.

A view declares its page ``cacheable`` and how long it stays valid (``expires_at``). Such a page is
the same for everyone: it depends on no cookie and sets none. ``page_cache.py`` stores and serves
the pages.

The one exception is whoever has switched the access keys off. Their pages have none, and shared
caches must not store them (``KEYS_OFF_CACHE_CONTROL``). So other visitors' pages need no
``Vary: Cookie``, which would make every shared cache useless: each visitor has other cookies.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from flask import g, request

from app import clock, preview_mode
from app.web.content_negotiation import prefers_plain_text
from app.web.preview_middleware import ACCESS_KEYS_OFF, allow_in_preview

if TYPE_CHECKING:
    from datetime import datetime

    from flask.typing import ResponseReturnValue

P = ParamSpec("P")
R = TypeVar("R", bound="ResponseReturnValue")
# Maps a raw value to its canonical form: "" is the default page, None is not valid.
ParamReader = Callable[[str], str | None]
CacheParams = Mapping[str, ParamReader]

PUBLIC_CACHE_CONTROL = "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400"
REVALIDATE_CACHE_CONTROL = "public, no-cache, stale-if-error=86400"
KEYS_OFF_CACHE_CONTROL = "private, no-cache"  # nobody else may have it
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
    """Begin a request that is answered from a cache version."""
    g.cache_policy = CachePolicy(version)


def current() -> CachePolicy:
    """Return the policy of this request."""
    if "cache_policy" not in g:  # the request was refused before it began
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

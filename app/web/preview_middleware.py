"""Middleware for previews and rehearsals, which leave no trace.

``/preview/<secret>`` and ``/rehearsal/<moment>`` become part of SCRIPT_NAME, as a language does, so
that every URL of a page stays inside. The request is anonymous: no cookie is read except the access
keys setting, and none is set. It bypasses the cache of public pages. A resolver for each kind
(``register_resolver``) decides whether the preview may be opened; if not, the request is handled as
usual, and the view at that URL explains why.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.database_faults import log_if_unavailable
from app.errors import ConferenceError
from app.preview_mode import PreviewMode, activate
from app.transaction_settings import read_only

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Called with the secret or moment in the URL, and the URL prefix.
ModeResolver = Callable[[str, str], PreviewMode | None]
View = TypeVar("View", bound=Callable[..., Any])

PREVIEW_PATHS = ("/preview/", "/rehearsal/")
ACCESS_KEYS_OFF = "access_keys=off"
PREVIEW_HEADERS = (
    ("Cache-Control", "private, no-store"),
    ("Referrer-Policy", "no-referrer"),  # the URL of a preview is its secret
    ("X-Robots-Tag", "noindex"),
)
REPLACED_HEADERS = frozenset({"set-cookie", "etag", *(name.lower() for name, _ in PREVIEW_HEADERS)})

_allowed_views: set[object] = set()


def register_resolver(app: Flask, kind: str, resolver: ModeResolver) -> None:
    """Register the function that opens previews of a kind, called in a read-only request."""
    _get_resolvers(app)[kind] = resolver


def allow_in_preview(view: View) -> View:
    """Declare that a view shows nothing personal and may be opened in a preview."""
    _allowed_views.add(view)
    return view


def is_allowed_in_preview(view: object) -> bool:
    """Return True if a view may be opened in a preview."""
    return view in _allowed_views


class PreviewMiddleware:
    """Middleware that routes previews to ``preview_app`` and all else to ``normal_app``."""

    def __init__(
        self, app: Flask, preview_app: "WSGIApplication", normal_app: "WSGIApplication"
    ) -> None:
        self._app = app
        self._preview_app = preview_app
        self._normal_app = normal_app

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Handle one request."""
        path: str = environ.get("PATH_INFO", "")
        if not path.startswith(PREVIEW_PATHS):
            return self._normal_app(environ, start_response)
        _, kind, token, *rest = path.split("/", 3)
        mode = self._resolve(environ, kind, token)
        if mode is None:
            return self._normal_app(environ, start_response)
        environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}{mode.prefix}"
        environ["PATH_INFO"] = f"/{rest[0] if rest else ''}"
        environ["HTTP_COOKIE"] = (
            ACCESS_KEYS_OFF if ACCESS_KEYS_OFF in environ.get("HTTP_COOKIE", "") else ""
        )
        with activate(mode):
            return self._preview_app(environ, _with_preview_headers(start_response))

    def _resolve(self, environ: "WSGIEnvironment", kind: str, token: str) -> PreviewMode | None:
        get_environ = {**environ, "REQUEST_METHOD": "GET"}
        with self._app.request_context(get_environ), read_only():
            try:
                return _get_resolvers(self._app)[kind](token, f"/{kind}/{token}")
            except ConferenceError:
                return None
            except SQLAlchemyError as fault:
                if not log_if_unavailable(fault, "lens"):
                    raise
                return None


def _with_preview_headers(start_response: "StartResponse") -> "StartResponse":
    """Remove cookies, and forbid caching, indexing and referrers."""

    def start(status, headers, exc_info=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        kept = [pair for pair in headers if pair[0].lower() not in REPLACED_HEADERS]
        return start_response(status, [*kept, *PREVIEW_HEADERS], exc_info)

    return start


def _get_resolvers(app: Flask) -> dict[str, ModeResolver]:
    resolvers: dict[str, ModeResolver] = app.extensions.setdefault("preview_resolvers", {})
    return resolvers

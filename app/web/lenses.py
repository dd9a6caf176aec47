"""The layer that lets one look through a lens, and keeps whoever does so from leaving a trace.

``/preview/<secret>`` and ``/rehearsal/<moment>`` become part of the root of the application, as
a language does, so that every address a page makes stays inside. From there on the request is
nobody's: it carries no cookie but the choice of access keys, and no cookie comes back. It goes
past the store of public pages. Whether a lens may be looked through is asked of whoever has
offered it (``offer``); when it may not, the address is an ordinary one, whose page says why.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.database import log_if_unavailable, only_reading
from app.errors import ConferenceError
from app.lens import Lens, looking_through

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Opened = Callable[[str, str], Lens | None]  # of what stands in the address, and its prefix
View = TypeVar("View", bound=Callable[..., Any])

ROOTS = ("/preview/", "/rehearsal/")
KEYS_OFF = "access_keys=off"
HEADERS = (
    ("Cache-Control", "private, no-store"),
    ("Referrer-Policy", "no-referrer"),  # the address of a preview is its key
    ("X-Robots-Tag", "noindex"),
)
REPLACED = frozenset({"set-cookie", "etag", *(name.lower() for name, _ in HEADERS)})

_shown: set[object] = set()


def offer(app: Flask, kind: str, opened: Opened) -> None:
    """Say who opens lenses of a kind; it is asked within a request, and writes nothing."""
    _offered(app)[kind] = opened


def shown_inside(view: View) -> View:
    """Say that a view shows nothing personal, so that it may be seen through a lens."""
    _shown.add(view)
    return view


def is_shown_inside(view: object) -> bool:
    """Whether a view may be seen through a lens."""
    return view in _shown


class Lenses:
    """The layer; whoever looks through no lens goes on to ``outside``."""

    def __init__(self, app: Flask, inside: "WSGIApplication", outside: "WSGIApplication") -> None:
        self._app = app
        self._inside = inside
        self._outside = outside

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        path: str = environ.get("PATH_INFO", "")
        if not path.startswith(ROOTS):
            return self._outside(environ, start_response)
        _, kind, what, *rest = path.split("/", 3)
        lens = self._opened(environ, kind, what)
        if lens is None:
            return self._outside(environ, start_response)
        environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}{lens.prefix}"
        environ["PATH_INFO"] = f"/{rest[0] if rest else ''}"
        environ["HTTP_COOKIE"] = KEYS_OFF if KEYS_OFF in environ.get("HTTP_COOKIE", "") else ""
        with looking_through(lens):
            return self._inside(environ, _leaving_no_trace(start_response))

    def _opened(self, environ: "WSGIEnvironment", kind: str, what: str) -> Lens | None:
        asked = {**environ, "REQUEST_METHOD": "GET"}
        with self._app.request_context(asked), only_reading():
            try:
                return _offered(self._app)[kind](what, f"/{kind}/{what}")
            except ConferenceError:
                return None
            except SQLAlchemyError as fault:
                if not log_if_unavailable(fault, "lens"):
                    raise
                return None


def _leaving_no_trace(start_response: "StartResponse") -> "StartResponse":
    """Let no cookie out, and let nobody keep the page, find it, or learn its address."""

    def start(status, headers, exc_info=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        kept = [pair for pair in headers if pair[0].lower() not in REPLACED]
        return start_response(status, [*kept, *HEADERS], exc_info)

    return start


def _offered(app: Flask) -> dict[str, Opened]:
    offered: dict[str, Opened] = app.extensions.setdefault("lenses", {})
    return offered

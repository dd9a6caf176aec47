"""Read the rest of a rejected request, up to a limit, so that the client sees the response.

Many browsers send the whole body before they read the response. If the server responds at once and
closes the connection, the person sees the browser's own error page instead of ours.
"""

import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from flask import Flask, request
from flask.wrappers import Response

from app.web.request_body import UNREAD_BODY

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ALLOWED_BYTES: Final = "conference.allowed"  # a key of the environment of a rejected request
DRAIN_FACTOR: Final = 5  # times the allowed size: enough for a large photo, not for a film
MAX_DRAIN_SECONDS: Final = 120.0  # checked after each chunk; waiting for one chunk has no limit
MAX_CONCURRENT_DRAINS: Final = 2  # per process, so that threads are left for other requests
CHUNK_BYTES: Final = 64 * 1024  # bytes


def init_app(app: Flask) -> None:
    """Note in the environment of a rejected request how much it may send, for the middleware."""
    app.after_request(_note_allowed_bytes)


def _note_allowed_bytes(response: Response) -> Response:
    if 400 <= response.status_code < 500:
        request.environ[ALLOWED_BYTES] = request.max_content_length or 0
    return response


class DrainRequestMiddleware:
    """Middleware that reads the remaining body of rejected requests and discards it.

    The database transaction has ended by then, so nobody waits for it.
    """

    def __init__(self, inner: "WSGIApplication") -> None:
        self._inner = inner
        self._slots = threading.BoundedSemaphore(MAX_CONCURRENT_DRAINS)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Respond, then drain the request body if the status was 4xx."""
        answer = self._inner(environ, start_response)
        if ALLOWED_BYTES in environ and _is_sending_body(environ):
            self._drain(environ, DRAIN_FACTOR * environ[ALLOWED_BYTES])
        return answer

    def _drain(self, environ: "WSGIEnvironment", max_bytes: int) -> None:
        """Read the rest, unless MAX_CONCURRENT_DRAINS are at work: each occupies a thread.

        The server waits for each chunk however slowly it comes; the wait cannot be interrupted.
        """
        if self._slots.acquire(blocking=False):
            try:
                with suppress(OSError):  # the client has disconnected
                    _discard_body(environ, max_bytes)
            finally:
                self._slots.release()


def _is_sending_body(environ: "WSGIEnvironment") -> bool:
    """Return True if the client sends a body without ``Expect`` (RFC 9110, 10.1.1)."""
    sends = environ.get("CONTENT_LENGTH", "0") != "0" or "HTTP_TRANSFER_ENCODING" in environ
    return (sends or UNREAD_BODY in environ) and "HTTP_EXPECT" not in environ


def _discard_body(environ: "WSGIEnvironment", bytes_left: int) -> None:
    body = environ[UNREAD_BODY if UNREAD_BODY in environ else "wsgi.input"]
    deadline = time.monotonic() + MAX_DRAIN_SECONDS
    while bytes_left > 0 and time.monotonic() < deadline:
        chunk = body.read(CHUNK_BYTES)
        if not chunk:
            return
        bytes_left -= len(chunk)

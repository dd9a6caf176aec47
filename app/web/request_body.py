"""Which request bodies are read, and by how many threads at once.

A body is read only for a route and method that take one, in a form's media type, and only up to the
limit of that route; all of this is decided before a byte is read. Then the whole body is read into
a temporary file before the application is called, so that no view waits for a slow sender.

``app/server/rsgi.py`` does this on its event loop, under time limits. Under a plain WSGI server
``BufferBodyMiddleware`` does it in the thread of the request: there a read cannot be interrupted,
so only a few threads may be reading bodies at the same time.
"""

import io
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import contextmanager, suppress
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Final

from flask import Flask, abort, request
from flask.wrappers import Response
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import ServiceUnavailable

from app.database_faults import log_if_unavailable
from app.request_transaction import READ_ONLY_METHODS, is_reading_first

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
BODY_FAULT: Final = "conference.body_fault"  # in the environment: the status to respond with
BODY_LIMIT: Final = "conference.body_limit"
READS_FILE: Final = "conference.reads_file"  # in the environment: the view reads a file first
UNREAD_BODY: Final = "conference.unread_body"  # in the environment: a body that was not read
IS_BUFFERED: Final = "conference.body_is_buffered"
MEMORY_BYTES = 64 * 1024  # of a body; the rest is in a temporary file
CHUNK_BYTES = 64 * 1024
MAX_CONCURRENT_READS = 2  # per process, where a read cannot be interrupted
RETRY_AFTER = 60  # seconds
READ_SLOT_TIMEOUT = 0.25  # seconds; reading a body that has arrived takes much less

LimitFinder = Callable[["WSGIEnvironment"], int]


def init_app(app: Flask) -> None:
    """Respond with an error page if a body was too slow, or of unknown length."""
    app.before_request(_report_fault)


def _report_fault() -> None:
    status = request.environ.get(BODY_FAULT)
    if status == 503:
        raise ServiceUnavailable(retry_after=RETRY_AFTER)
    if status is not None:
        abort(status)


def make_limit_finder(app: Flask) -> LimitFinder:
    """Return a function that returns how many bytes of body a request may send; 0 for none."""

    def find(environ: "WSGIEnvironment") -> int:
        media_type = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
        if environ["REQUEST_METHOD"] in READ_ONLY_METHODS or media_type not in FORM_TYPES:
            return 0
        with app.request_context(environ):
            if request.url_rule is None:  # unknown, or with another method
                return 0
            try:
                _apply_limit_of_route(app)
            except SQLAlchemyError as fault:
                if not log_if_unavailable(fault, "body limit"):
                    raise
            environ[READS_FILE] = is_reading_first()
            return request.max_content_length or 0

    return find


def make_limit_app(find_limit: LimitFinder) -> "WSGIApplication":
    """Return an application that only sets BODY_LIMIT, to be wrapped in the outer layers."""

    def set_limit(environ: "WSGIEnvironment", _: "StartResponse") -> Iterable[bytes]:
        environ[BODY_LIMIT] = find_limit(environ)
        return ()

    return set_limit


def _apply_limit_of_route(app: Flask) -> None:
    """Let the blueprints of the route set the limit, as Flask does at the start of a request."""
    for name in (None, *reversed(request.blueprints)):
        for preprocess in app.url_value_preprocessors.get(name, ()):
            preprocess(request.endpoint, request.view_args)


def parse_content_length(environ: "WSGIEnvironment") -> int | None:
    """Return the declared length of the body: 0 without one, None if it is unknown."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        return None
    length = environ.get("CONTENT_LENGTH", "")
    return int(length) if length.isdecimal() else 0


def open_buffer() -> IO[bytes]:
    """Return an empty temporary file for a body."""
    return SpooledTemporaryFile(MEMORY_BYTES)


def set_body(environ: "WSGIEnvironment", body: IO[bytes], length: int) -> None:
    """Put a complete body into the environment."""
    body.seek(0)
    environ["wsgi.input"] = body
    environ["CONTENT_LENGTH"] = str(length)
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ[IS_BUFFERED] = True


def leave_unread(environ: "WSGIEnvironment", length: int | None, max_bytes: int) -> None:
    """Pass an empty body to the application, with the length of one that is too large: a 413."""
    environ[UNREAD_BODY] = environ["wsgi.input"]
    too_large = length if length is not None and length > max_bytes else 0
    set_body(environ, io.BytesIO(), too_large)


class BufferBodyMiddleware:
    """Middleware that reads bodies in the thread of the request, a few at a time."""

    def __init__(
        self, inner: "WSGIApplication", find_limit: LimitFinder, max_form_bytes: int
    ) -> None:
        self._inner = inner
        self._find_limit = find_limit
        self._max_form_bytes = max_form_bytes
        self._slots = threading.BoundedSemaphore(MAX_CONCURRENT_READS)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Handle one request."""
        length = parse_content_length(environ)
        if length == 0 or IS_BUFFERED in environ:
            return self._inner(environ, start_response)
        limit = self._find_limit(environ)
        if length is None or length > limit:
            if length is None and limit:
                environ[BODY_FAULT] = 411
            leave_unread(environ, length, max(limit, self._max_form_bytes))
            return self._inner(environ, start_response)
        with open_buffer() as body:
            self._read(environ, body, length)
            return self._inner(environ, start_response)

    def _read(self, environ: "WSGIEnvironment", body: IO[bytes], length: int) -> None:
        with self._slot() as is_free:
            if is_free:
                received = _copy(environ["wsgi.input"], body, length)
                set_body(environ, body, received)
            else:
                environ[BODY_FAULT] = 503
                leave_unread(environ, 0, 0)

    @contextmanager
    def _slot(self) -> "Iterator[bool]":
        is_free = self._slots.acquire(timeout=READ_SLOT_TIMEOUT)
        try:
            yield is_free
        finally:
            if is_free:
                self._slots.release()


def _copy(source: IO[bytes], target: IO[bytes], length: int) -> int:
    """Copy at most ``length`` bytes; return how many were copied."""
    remaining = length
    while remaining > 0:
        chunk = source.read(min(remaining, CHUNK_BYTES))
        if not chunk:
            break
        target.write(chunk)
        remaining -= len(chunk)
    return length - remaining


ALLOWED_BYTES: Final = "conference.allowed"  # in the environment of a rejected request
DRAIN_FACTOR: Final = 5  # times the allowed size: enough for a large photo, but not for a film
MAX_DRAIN_SECONDS: Final = 120.0  # checked after each chunk; waiting for one chunk has no limit
MAX_CONCURRENT_DRAINS: Final = 2  # per process, so that threads are left for other requests
DRAIN_CHUNK_BYTES: Final = 64 * 1024  # bytes


def init_draining(app: Flask) -> None:
    """Record in the environment of a rejected request how much it may send, for the middleware."""
    app.after_request(_note_allowed_bytes)


def _note_allowed_bytes(response: Response) -> Response:
    if 400 <= response.status_code < 500:
        request.environ[ALLOWED_BYTES] = request.max_content_length or 0
    return response


class DrainRequestMiddleware:
    """Middleware that reads the remaining body of rejected requests and discards it.

    The database transaction has ended by then, so no one waits for it.
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
        """Read the rest, unless MAX_CONCURRENT_DRAINS are running: each occupies a thread.

        The server waits for each chunk however slow it is; the wait cannot be interrupted.
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
        chunk = body.read(DRAIN_CHUNK_BYTES)
        if not chunk:
            return
        bytes_left -= len(chunk)

"""Log one line per request, with an ID that is also in the response.

A line contains no personal data: it has the route instead of the URL, which may contain a secret.
"""

import json
import re
import secrets
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from app import clock
from app.log import standard_error

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

VALID_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
REQUEST_ID = "conference.request_id"
ROUTE = "conference.route"


class RequestLogMiddleware:
    """The outermost middleware: sets the request ID and logs the status and duration."""

    def __init__(self, inner: "WSGIApplication") -> None:
        self._inner = inner

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Handle one request."""
        started = time.perf_counter()
        request_id = environ[REQUEST_ID] = _choose_request_id(environ.get("HTTP_X_REQUEST_ID", ""))

        def start(status, headers, exc_info=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            headers.append(("X-Request-ID", request_id))
            _write_request_line(environ, request_id, status, started)
            return start_response(status, headers, exc_info)

        return self._inner(environ, start)


def _choose_request_id(requested: str) -> str:
    return requested if VALID_REQUEST_ID.fullmatch(requested) else secrets.token_hex(8)


def _write_request_line(
    environ: "WSGIEnvironment", request_id: str, status: str, started: float
) -> None:
    """Write the log line in the same format as structlog does.

    structlog's processors would take longer than serving a cached page, and so would the ``json``
    module. The ID and the other values contain nothing that JSON would escape.
    """
    milliseconds = round((time.perf_counter() - started) * 1000, 1)
    timestamp = clock.real_now().isoformat().replace("+00:00", "Z")
    standard_error.write(
        f'{{"id": "{request_id}", "method": {_to_json(environ.get("REQUEST_METHOD"))}, '
        f'"route": {_to_json(environ.get(ROUTE, "-"))}, "status": {int(status[:3])}, '
        f'"ms": {milliseconds}, "event": "request", "level": "info", '
        f'"timestamp": "{timestamp}"}}\n'
    )


@lru_cache(maxsize=512)  # there are few methods and routes
def _to_json(text: str | None) -> str:
    return json.dumps(text)

"""One line of log for each request, and one name for it that the response carries too.

A line holds no personal data: not the address asked for, which can hold a secret, but the
route that answered it.
"""

import json
import re
import secrets
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from app import clock
from app.log import standard_error

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ACCEPTED_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
REQUEST_ID = "conference.request_id"
ROUTE = "conference.route"


class EveryRequest:
    """The outermost layer: names the request, passes it on, and logs how it ended."""

    def __init__(self, inner: "WSGIApplication") -> None:
        self._inner = inner

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        began = time.perf_counter()
        name = environ[REQUEST_ID] = _name(environ.get("HTTP_X_REQUEST_ID", ""))

        def start(status, headers, exc_info=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            headers.append(("X-Request-ID", name))
            _write_line(environ, name, status, began)
            return start_response(status, headers, exc_info)

        return self._inner(environ, start)


def _name(asked: str) -> str:
    return asked if ACCEPTED_ID.fullmatch(asked) else secrets.token_hex(8)


def _write_line(environ: "WSGIEnvironment", name: str, status: str, began: float) -> None:
    """Write the line of a request, in the form that structlog gives to all others.

    The way through its processors would take longer than all else that is done for a public page.
    """
    line = {
        "id": name,
        "method": environ.get("REQUEST_METHOD"),
        "route": environ.get(ROUTE, "-"),
        "status": int(status[:3]),
        "ms": round((time.perf_counter() - began) * 1000, 1),
        "event": "request",
        "level": "info",
        "timestamp": clock.real_now().isoformat().replace("+00:00", "Z"),
    }
    standard_error.write(f"{json.dumps(line)}\n")

"""Whoever sends too much is read on, within bounds, so that they see our answer.

Many browsers send all of a form before they look at what comes back. A server that answers at once
and hangs up cuts them off, and the person sees the browser's own page in place of ours.
"""

import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from flask import Flask, request
from flask.wrappers import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ALLOWED: Final = "conference.allowed"  # bytes, in the environment
TIMES: Final = 5  # as much as is allowed is read on: a film in place of a photo is not
LONGEST: Final = 120.0  # seconds, looked at after each piece: waiting for one has no end
AT_ONCE: Final = 2  # in each process, so that there are always threads left to answer others
PIECE: Final = 64 * 1024  # bytes


def attach(app: Flask) -> None:
    """Note how much each address takes, for the layer below."""
    app.after_request(_note_what_is_allowed)


def _note_what_is_allowed(response: Response) -> Response:
    request.environ[ALLOWED] = request.max_content_length or 0
    return response


class ReadOn:
    """The layer that hears out whoever is refused.

    By then the transaction is over, so nobody waits for it; and nothing of it is kept.
    """

    def __init__(self, inner: "WSGIApplication") -> None:
        self._inner = inner
        self._room = threading.BoundedSemaphore(AT_ONCE)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        refused: list[bool] = []

        def start(status, headers, exc_info=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            refused.append(status.startswith("4"))
            return start_response(status, headers, exc_info)

        answer = self._inner(environ, start)
        if any(refused) and _sends_without_waiting(environ):
            self._hear_out(environ, TIMES * environ.get(ALLOWED, 0))
        return answer

    def _hear_out(self, environ: "WSGIEnvironment", most: int) -> None:
        """Read on, unless a few are heard out already: each of them holds a thread.

        The server waits for each piece, however slowly it comes, and cannot be told to stop.
        """
        if self._room.acquire(blocking=False):
            try:
                with suppress(OSError):  # they have gone
                    _read_on(environ, most)
            finally:
                self._room.release()


def _sends_without_waiting(environ: "WSGIEnvironment") -> bool:
    """Whether somebody sends a form, without asking first whether they may (RFC 9110, 10.1.1)."""
    sends = environ.get("CONTENT_LENGTH", "0") != "0" or "HTTP_TRANSFER_ENCODING" in environ
    return sends and "HTTP_EXPECT" not in environ


def _read_on(environ: "WSGIEnvironment", most: int) -> None:
    """Read what still comes, and keep nothing of it."""
    body, until = environ["wsgi.input"], time.monotonic() + LONGEST
    while most > 0 and time.monotonic() < until:
        piece = body.read(PIECE)
        if not piece:
            return
        most -= len(piece)

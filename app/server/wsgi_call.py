"""One call of the WSGI application, in several steps that may run in different threads."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import Context
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

MAX_WHOLE_BYTES = 256 * 1024  # a longer response is streamed
PIECE_BYTES = 64 * 1024  # of a stream, sent together
PIECE_SECONDS = 0.1  # but nobody waits longer for what there is


class WsgiCall:
    """The application's response to one request; all its code runs in one context."""

    def __init__(self, app: "WSGIApplication", environ: "WSGIEnvironment") -> None:
        self._app = app
        self._environ = environ
        self._context = Context()
        self._body: Iterable[bytes] = ()
        self._iterator: Iterator[bytes] = iter(())
        self.status = 500
        self.headers: list[tuple[str, str]] = []

    def start(self) -> bytes | None:
        """Call the application; return its whole response if it is short, or None."""
        return self._context.run(self._start)

    def next_piece(self) -> bytes:
        """Return the next piece of a long response, or nothing at its end."""
        return self._context.run(self._next_piece)

    def close(self) -> None:
        """End the response, also where nobody has read all of it."""
        self._context.run(self._close)

    def _start(self) -> bytes | None:
        self._body = self._app(self._environ, self._start_response)
        if not self._is_short():
            self._iterator = iter(self._body)
            return None
        try:
            return b"".join(self._body)
        finally:
            self._close()

    def _close(self) -> None:
        close: Callable[[], None] | None = getattr(self._body, "close", None)
        if close is not None:
            close()

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], _exc_info: Any = None
    ) -> Callable[[bytes], object]:
        self.status, self.headers = int(status[:3]), headers
        return _write

    def _is_short(self) -> bool:
        if isinstance(self._body, list | tuple) or self._environ["REQUEST_METHOD"] == "HEAD":
            return True
        lengths = [value for name, value in self.headers if name.lower() == "content-length"]
        return bool(lengths) and int(lengths[0]) <= MAX_WHOLE_BYTES

    def _next_piece(self) -> bytes:
        pieces: list[bytes] = []
        size, deadline = 0, time.monotonic() + PIECE_SECONDS
        for piece in self._iterator:
            pieces.append(piece)
            size += len(piece)
            if size and (size >= PIECE_BYTES or time.monotonic() > deadline):
                break
        return b"".join(pieces)


def _write(_: bytes) -> None:
    raise NotImplementedError("the application returns its response; it does not write it")

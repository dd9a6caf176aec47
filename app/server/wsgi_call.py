"""One call of the WSGI application, in several steps that may run in different threads."""

import io
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import Context
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from granian.rsgi import Scope

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

# Headers with their own names in the environment (RFC 3875, 4.1)
OWN_NAMES = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
FIXED: "WSGIEnvironment" = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}


@lru_cache(maxsize=512)
def _find_key(header: str) -> str:
    return OWN_NAMES.get(header) or f"HTTP_{header.upper().replace('-', '_')}"


def build_environ(scope: Scope) -> "WSGIEnvironment":
    """Return the environment of a request, without its body."""
    server, _, port = scope.server.rpartition(":")
    environ = {
        **FIXED,
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": scope.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(),
    }
    if scope.authority and "host" not in scope.headers:  # HTTP/2 (RFC 9113, 8.3.1)
        environ["HTTP_HOST"] = scope.authority
    for name, value in scope.headers.items():
        if "_" in name:  # would be taken for the header with a hyphen, such as a proxy's own
            continue
        key = _find_key(name)
        if key in environ:
            separator = "; " if key == "HTTP_COOKIE" else ","
            value = f"{environ[key]}{separator}{value}"  # noqa: PLW2901 – a repeated header
        environ[key] = value
    return environ


MAX_WHOLE_BYTES = 256 * 1024  # a longer response is streamed
PIECE_BYTES = 64 * 1024  # of a stream, sent in one write
PIECE_SECONDS = 0.1  # but available bytes are not delayed longer than this


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
        """Return the next chunk of a long response, or nothing at its end."""
        return self._context.run(self._next_piece)

    def close(self) -> None:
        """Close the response, even if it was not read completely."""
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

"""The site under granian's RSGI interface: an event loop in front of the threads.

The loop reads request bodies (``body_reader.py``), sends responses, and serves cached pages itself.
Only whole requests reach the WSGI application, which runs in a bounded number of threads; some of
them are never given to requests that write. So slow clients never occupy a thread.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import IO, TYPE_CHECKING, TypeVar

from flask import Flask
from granian.rsgi import HTTPProtocol, ProtocolClosed, Scope  # type: ignore[attr-defined]

from app.request_transaction import READ_ONLY_METHODS
from app.server.body_reader import BodyReader, BodyTooSlow
from app.server.write_slots import WriteSlots
from app.server.wsgi_call import WsgiCall, build_environ
from app.web import request_body
from app.write_queue import WEB_THREADS

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from app.web.layers import ServerLayers

R = TypeVar("R")

READING_THREADS = max(1, WEB_THREADS * 2 // 5)  # of them, never given to a request that writes
WRITING_THREADS = WEB_THREADS - READING_THREADS
MAX_DISCARDED_BYTES = 256 * 1024 * 1024  # of a refused body, which occupies no thread


class RsgiApplication:
    """The application that granian calls."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._layers: ServerLayers = app.extensions["server_layers"]
        self._bodies = BodyReader()
        self._threads: ThreadPoolExecutor
        self._writers: WriteSlots

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start in a worker process."""
        self._threads = ThreadPoolExecutor(WEB_THREADS, "request")
        self._writers = WriteSlots(WRITING_THREADS)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Stop in a worker process."""
        self._threads.shutdown()

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Respond to one request."""
        environ = build_environ(scope)
        if self._respond_cached(environ, protocol):
            return
        length = request_body.parse_content_length(environ)
        if length == 0 or environ["REQUEST_METHOD"] in READ_ONLY_METHODS:
            environ["CONTENT_LENGTH"] = "0"
            await self._respond(environ, protocol)
            return
        with request_body.open_buffer() as body:
            if await self._receive(environ, protocol, body, length):
                await self._respond(environ, protocol)
            else:
                protocol.response_empty(400, [])  # the client has disconnected

    def _respond_cached(self, environ: "WSGIEnvironment", protocol: HTTPProtocol) -> bool:
        """Send a page from the cache, if it is there and no query is needed."""
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"} or not self._layers.page_cache.is_fresh:
            return False
        begun: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _exc_info: object = None
        ) -> Callable[[bytes], object]:
            begun.append((status, headers))
            return len

        body = self._layers.cached_pages(dict(environ), start_response)
        for status, headers in begun:
            protocol.response_bytes(int(status[:3]), headers, b"".join(body))
        return bool(begun)

    async def _receive(
        self,
        environ: "WSGIEnvironment",
        protocol: HTTPProtocol,
        body: IO[bytes],
        length: int | None,
    ) -> bool:
        """Read the body into the environment; return False if the client has gone."""
        limit = await self._run(lambda: self._find_limit(environ))
        if length is None or length > limit:
            if length is None and limit:
                environ[request_body.BODY_FAULT] = 411
            max_bytes = max(limit, self._layers.max_form_bytes)
            if "HTTP_EXPECT" not in environ:  # waits for "100 Continue" (RFC 9110, 10.1.1)
                await self._discard(protocol, length)
            request_body.leave_unread(environ, length, max_bytes)
            return True
        try:
            received = await self._bodies.read(protocol, body.write, length)
        except BodyTooSlow:
            environ[request_body.BODY_FAULT] = 408
            request_body.leave_unread(environ, 0, 0)
            return True
        request_body.set_body(environ, body, received)
        return received == length

    def _find_limit(self, environ: "WSGIEnvironment") -> int:
        measured = dict(environ)
        self._layers.find_limit(measured, _ignore_response)
        environ[request_body.READS_FILE] = measured.get(request_body.READS_FILE, False)
        limit: int = measured[request_body.BODY_LIMIT]
        return limit

    async def _discard(self, protocol: HTTPProtocol, length: int | None) -> None:
        """Read what is not wanted: browsers show a response only when they have sent all."""
        with suppress(BodyTooSlow):
            await self._bodies.read(
                protocol, len, min(length or MAX_DISCARDED_BYTES, MAX_DISCARDED_BYTES)
            )

    async def _respond(self, environ: "WSGIEnvironment", protocol: HTTPProtocol) -> None:
        call = WsgiCall(self._app, environ)
        if environ["REQUEST_METHOD"] in READ_ONLY_METHODS:
            body = await self._run(call.start)
        else:
            reads_file = bool(environ.get(request_body.READS_FILE))
            async with self._writers.take(reads_file=reads_file) as has_slot:
                if not has_slot:
                    environ[request_body.BODY_FAULT] = 503
                    request_body.leave_unread(environ, 0, 0)
                body = await self._run(call.start)
        if body is None:
            await self._stream(call, protocol)
        else:
            protocol.response_bytes(call.status, call.headers, body)

    async def _stream(self, call: WsgiCall, protocol: HTTPProtocol) -> None:
        """Send a long response; no thread waits while the client receives it."""
        transport = protocol.response_stream(call.status, call.headers)
        try:
            while piece := await self._run(call.next_piece):
                await transport.send_bytes(piece)
        except ProtocolClosed:
            pass  # the client has disconnected
        finally:
            await self._run(call.close)

    async def _run(self, function: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function)


def _ignore_response(*_: object) -> Callable[[bytes], object]:
    return len

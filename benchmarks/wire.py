"""A visitor that costs next to nothing: HTTP/1.1 over one kept connection, bytes counted."""

import gzip
import re
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import brotli

from tests.waiting import HOST

CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
READ_TIMEOUT = 60.0  # seconds
MAX_IDLE_SECONDS = 10.0  # seconds after which a server may have closed a connection
DECOMPRESSORS: dict[bytes, Callable[[bytes], bytes]] = {
    b"br": brotli.decompress,
    b"gzip": gzip.decompress,
}


@dataclass(frozen=True)
class WireResponse:
    """What came back."""

    status: int
    head: bytes
    body: bytes

    @property
    def size(self) -> int:
        """How many bytes came over the wire, headers and all."""
        return len(self.head) + len(self.body)

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that it sets."""
        found = re.findall(rb"\r\nset-cookie: *([^=]+)=([^;\r]*)", self.head, re.IGNORECASE)
        return {name.decode(): value.decode() for name, value in found}

    @property
    def path(self) -> str:
        """Where it leads."""
        found = re.search(rb"\r\nlocation: *([^\r]+)", self.head, re.IGNORECASE)
        return urlsplit(found[1].decode()).path if found else ""

    @property
    def decoded_body(self) -> bytes:
        """The body as it was before it was compressed."""
        found = re.search(rb"\r\ncontent-encoding: *([^\r]+)", self.head, re.IGNORECASE)
        return DECOMPRESSORS[found[1]](self.body) if found else self.body

    @property
    def text(self) -> str:
        """The words of the page."""
        return self.decoded_body.decode()


class Connection:
    """A kept connection to one of our servers."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._used_at = time.monotonic()
        self._host = f"{HOST}:{port}"
        self._open()

    def get(self, path: str, **headers: str) -> WireResponse:
        """Ask for a page."""
        return self.request("GET", path, headers)

    def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> WireResponse:
        """Send a request and read all of its answer."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if method == "POST":
            lines += [
                "Content-Type: application/x-www-form-urlencoded",
                f"Content-Length: {len(body)}",
            ]
        if time.monotonic() - self._used_at > MAX_IDLE_SECONDS:
            self.close()
            self._open()
        self._used_at = time.monotonic()
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        return self._read_response()

    def _open(self) -> None:
        self._socket = socket.create_connection((HOST, self._port), READ_TIMEOUT)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _read_response(self) -> WireResponse:
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._receive()
        head, body = received[: end + 4], received[end + 4 :]
        length = CONTENT_LENGTH.search(head)
        assert length, head
        while len(body) < int(length[1]):
            body += self._receive()
        return WireResponse(int(head[9:12]), head, body)

    def _receive(self) -> bytes:
        received = self._socket.recv(262_144)
        if not received:
            raise ConnectionError("the server hung up")
        return received

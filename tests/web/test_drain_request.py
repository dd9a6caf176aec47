"""Too large bodies are drained, but not by so many threads that others wait."""

import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

from app.web.request_body import ALLOWED_BYTES, MAX_CONCURRENT_DRAINS, DrainRequestMiddleware


class Slow(io.RawIOBase):
    """The input of a client that stopped sending, until it disconnects."""

    def __init__(self) -> None:
        self.is_read, self.gone = threading.Event(), threading.Event()

    def read(self, size: int = -1) -> bytes:
        """Wait for what does not come."""
        self.is_read.set()
        self.gone.wait()
        return b""


def refuse(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer as the site does to what is too large."""
    environ[ALLOWED_BYTES] = 1000
    start_response("413 Content Too Large", [])
    return [b"too large"]


def sent(layer: DrainRequestMiddleware, body: Any) -> list[bytes]:
    """Send something too large."""
    environ = {"CONTENT_LENGTH": "5000", "wsgi.input": body}
    return list(layer(environ, lambda *_: lambda _: None))


@contextmanager
def who_stop_sending(layer: DrainRequestMiddleware, how_many: int) -> Iterator[list[Slow]]:
    """Let some people send a little of something too large, and then wait until they go."""
    bodies = [Slow() for _ in range(how_many)]
    with ThreadPoolExecutor(how_many) as threads:
        answers = [threads.submit(sent, layer, body) for body in bodies]
        try:
            assert all(body.is_read.wait(5) for body in bodies)
            yield bodies
        finally:
            for body in bodies:
                body.gone.set()
            wait(answers)


def test_at_most_max_concurrent_drains_wait_for_stalled_clients() -> None:
    layer, late, later = (
        DrainRequestMiddleware(refuse),
        io.BytesIO(bytes(5000)),
        io.BytesIO(bytes(5000)),
    )

    with who_stop_sending(layer, MAX_CONCURRENT_DRAINS):
        assert sent(layer, late) == [b"too large"]
        assert late.tell() == 0

    assert sent(layer, later) == [b"too large"]
    assert later.tell() == 5000

"""Pages that come in two pieces, with a pause between them, as they may on a busy machine.

A run with `--slow-pages` imports this in the process from which sites are forked. A story that
reads a page before it is all there then fails in every run, and not by chance in one of a hundred.
"""

import time
from collections.abc import Iterable, Iterator
from typing import Any, Final

import flask

from app.server import wsgi_call
from app.server.rsgi import RsgiApplication
from app.server.wsgi_call import WsgiCall

FIRST_PIECE: Final = 40  # bytes: the browser is on the page, and knows nothing of it
PAUSE_SECONDS: Final = 0.25

_answer = flask.Flask.__call__


def _answer_in_pieces(site: flask.Flask, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    answer = _answer(site, environ, start)
    return _pause(answer) if environ.get("HTTP_SEC_FETCH_DEST") == "document" else answer


def _pause(answer: Iterable[bytes]) -> Iterator[bytes]:
    try:
        whole = b"".join(answer)
    finally:
        if close := getattr(answer, "close", None):  # as a server does (PEP 3333)
            close()
    yield whole[:FIRST_PIECE]
    time.sleep(PAUSE_SECONDS)
    yield whole[FIRST_PIECE:]


def _never(*_: object) -> bool:
    return False


wsgi_call.PIECE_BYTES = 1  # each piece is sent as it comes
WsgiCall._is_short = _never  # type: ignore[assignment, method-assign]  # noqa: SLF001
RsgiApplication._respond_cached = _never  # type: ignore[assignment, method-assign]  # noqa: SLF001
flask.Flask.__call__ = _answer_in_pieces  # type: ignore[assignment, method-assign]

"""Content negotiation: encodings and media types that a client accepts (RFC 9110, 12.5).

Also whether it wants a typeface: a visitor who saves data (``Save-Data: on``) gets none.
"""

import gzip
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import brotli

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

QVALUE = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")  # RFC 9110, 12.4.2
# From so many bytes, what a better quality saves is a round trip of a slow connection; of the
# largest, the best would take too long.
LARGE_BODY_BYTES, HUGE_BODY_BYTES = 100_000, 400_000
SAVE_DATA = "Save-Data"
# No shared cache may store it: some ignore Vary, and would withhold the typeface from everybody.
NO_TYPEFACE_CACHE_CONTROL = "private, max-age=86400"


def _compress_brotli(body: bytes) -> bytes:
    size = len(body)
    quality = 6 if size <= LARGE_BODY_BYTES else 10 if size <= HUGE_BODY_BYTES else 9
    packed: bytes = brotli.compress(body, quality=quality)
    return packed


ENCODERS: dict[str, Callable[[bytes], bytes]] = {  # the smallest output first
    "br": _compress_brotli,
    "gzip": lambda body: gzip.compress(body, compresslevel=6, mtime=0),
    "": lambda body: body,
}


@lru_cache(maxsize=256)  # browsers send one of a few values
def best_encoding(header: str) -> str:
    """Return the encoding with the smallest output that the client accepts, or "" for none."""
    weights = dict(map(_parse_weight, header.lower().split(",")))
    others = weights.get("*", 0.0)
    return next((name for name in ENCODERS if name and weights.get(name, others) > 0), "")


@lru_cache(maxsize=256)
def prefers_plain_text(header: str) -> bool:
    """Return True if the client prefers text/plain to text/html (RFC 9110, 12.5.1)."""
    weights = dict(map(_parse_weight, header.lower().split(",")))
    return weights.get("text/plain", 0.0) > weights.get("text/html", 0.0)


def _parse_weight(part: str) -> tuple[str, float]:
    """Return an encoding or media type and its weight; 0.0 if the weight is malformed."""
    name, *parameters = (piece.strip() for piece in part.split(";"))
    weight = QVALUE.fullmatch(next((one for one in parameters if one.startswith("q=")), "q=1"))
    return name, float(weight[1]) if weight else 0.0


def is_typeface(path: str) -> bool:
    """Return True if a static file's path is that of a typeface."""
    return path.endswith(".woff2")


class SaveDataMiddleware:
    """Middleware that answers 204 if a visitor who saves data asks for a typeface.

    Pages then use a font of the visitor's own device.
    """

    def __init__(self, inner: "WSGIApplication", headers: Mapping[str, str]) -> None:
        self._inner = inner
        self._headers = [
            *headers.items(),
            ("Cache-Control", NO_TYPEFACE_CACHE_CONTROL),
            ("Vary", SAVE_DATA),
        ]

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Handle one request."""
        saves_data = environ.get("HTTP_SAVE_DATA", "").partition(";")[0].strip().lower() == "on"
        if saves_data and is_typeface(environ.get("PATH_INFO", "")):
            start_response("204 No Content", list(self._headers))
            return ()
        return self._inner(environ, start_response)

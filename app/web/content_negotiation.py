"""Content negotiation: encodings and media types that a client accepts (RFC 9110, 12.5)."""

import gzip
import re
from collections.abc import Callable
from functools import lru_cache

import brotli

QVALUE = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")  # RFC 9110, 12.4.2
# From so many bytes, what a better quality saves is a round trip of a slow connection; of the
# largest, the best would take too long.
LARGE_BODY_BYTES, HUGE_BODY_BYTES = 100_000, 400_000


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

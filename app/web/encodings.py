"""In which encoding, and as which kind of text, a visitor takes an answer (RFC 9110, 12.5)."""

import gzip
import re
from collections.abc import Callable
from functools import lru_cache

import brotli

WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")  # RFC 9110, 12.4.2
LONG = 400_000  # bytes: such a page takes so long to make that packing it well adds little


def _brotli(body: bytes) -> bytes:
    """Pack as well as the time that the page took to make allows."""
    packed: bytes = brotli.compress(body, quality=9 if len(body) > LONG else 6)
    return packed


ENCODERS: dict[str, Callable[[bytes], bytes]] = {  # the smallest first
    "br": _brotli,
    "gzip": lambda body: gzip.compress(body, compresslevel=6, mtime=0),
    "": lambda body: body,
}


@lru_cache(maxsize=256)  # browsers say one of a few
def accepted(header: str) -> str:
    """Choose the smallest encoding that a visitor takes."""
    weights = dict(map(_weighed, header.lower().split(",")))
    others = weights.get("*", 0.0)
    return next((name for name in ENCODERS if name and weights.get(name, others) > 0), "")


@lru_cache(maxsize=256)
def asks_for_text(header: str) -> bool:
    """Whether a visitor would rather have plain text than a page (RFC 9110, 12.5.1)."""
    weights = dict(map(_weighed, header.lower().split(",")))
    return weights.get("text/plain", 0.0) > weights.get("text/html", 0.0)


def _weighed(part: str) -> tuple[str, float]:
    """Read one encoding or kind of text and its weight; one that cannot be read is not taken."""
    name, *parameters = (piece.strip() for piece in part.split(";"))
    weight = WEIGHT.fullmatch(next((one for one in parameters if one.startswith("q=")), "q=1"))
    return name, float(weight[1]) if weight else 0.0

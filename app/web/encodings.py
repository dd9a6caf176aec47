"""In which encoding a visitor takes an answer (RFC 9110, 12.5.3)."""

import gzip
import re
from collections.abc import Callable
from functools import lru_cache

import brotli

WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")  # RFC 9110, 12.4.2
ENCODERS: dict[str, Callable[[bytes], bytes]] = {  # the smallest first
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: gzip.compress(body, compresslevel=6, mtime=0),
    "": lambda body: body,
}


@lru_cache(maxsize=256)  # browsers say one of a few
def accepted(header: str) -> str:
    """Choose the smallest encoding that a visitor takes."""
    weights = dict(map(_weighed, header.lower().split(",")))
    others = weights.get("*", 0.0)
    return next((name for name in ENCODERS if name and weights.get(name, others) > 0), "")


def _weighed(part: str) -> tuple[str, float]:
    """Read one encoding and its weight; one that cannot be read is not taken."""
    name, *parameters = (piece.strip() for piece in part.split(";"))
    weight = WEIGHT.fullmatch(parameters[0]) if parameters else None
    if parameters and weight is None:
        return name, 0.0
    return name, float(weight[1]) if weight else 1.0

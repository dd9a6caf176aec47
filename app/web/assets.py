"""Addresses of the files that pages use, each with its fingerprint: it can be kept for a year."""

from functools import cache
from hashlib import blake2b

from flask import Flask

from config import ROOT

STATIC = ROOT / "static"


def attach(app: Flask) -> None:
    """Let templates say ``asset("css/site.css")``."""
    app.add_template_global(asset)


@cache
def asset(name: str) -> str:
    """Give the address of a file under static/: /static/css/site.css?v=1a2b3c4d."""
    fingerprint = blake2b((STATIC / name).read_bytes(), digest_size=4).hexdigest()
    return f"/static/{name}?v={fingerprint}"

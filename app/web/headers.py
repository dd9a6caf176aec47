"""Headers that keep visitors safe, on every response (OWASP ASVS 5, V3.4)."""

from collections.abc import MutableMapping
from urllib.parse import urlsplit
from wsgiref.headers import Headers

from flask import Flask, Response, abort, g, request

from app.database import READ_ONLY_METHODS
from config import Config

CONTENT_SECURITY_POLICY = "; ".join([
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
])  # fmt: skip
SAFETY = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
PERSONAL = "private, no-store"
NOT_TO_BE_FOUND = {"X-Robots-Tag": "noindex"}  # whatever is not public
OPEN_TO_ANY_HOST = frozenset({"/healthz", "/readyz"})  # asked by machines, by number


def attach(app: Flask, config: Config) -> None:
    """Answer only under our own name, only to our own forms, and always with the safe headers."""
    over_https = urlsplit(config.SITE_URL).scheme == "https"
    every_response = SAFETY | (HTTPS_ONLY if over_https else {})

    def _refuse_strangers() -> None:
        if request.host not in config.hosts and request.path not in OPEN_TO_ANY_HOST:
            abort(400, "This site does not answer under that name")
        if request.method not in READ_ONLY_METHODS and _comes_from_elsewhere(config):
            abort(400, "This form was sent from another site, so nothing was changed")

    def _add(response: Response) -> Response:
        response.headers.setdefault("Cache-Control", PERSONAL)
        unlisted = {} if g.get("is_public") else NOT_TO_BE_FOUND
        for name, value in (every_response | unlisted).items():
            response.headers.setdefault(name, value)
        return response

    app.before_request(_refuse_strangers)
    app.after_request(_add)


def add_to_file(headers: Headers | MutableMapping[str, str], path: str, url: str) -> None:
    """Put the safe headers on a file served before Flask."""
    for name, value in SAFETY.items():
        headers[name] = value


def _comes_from_elsewhere(config: Config) -> bool:
    """Whether the browser says that another site sent this (Fetch Metadata; RFC 6454)."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return True
    origin = request.headers.get("Origin", "null")
    return origin != "null" and urlsplit(origin).netloc not in config.hosts

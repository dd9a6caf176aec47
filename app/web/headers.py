"""Headers that keep visitors safe, on every response (OWASP ASVS 5, V3.4)."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from wsgiref.headers import Headers

from flask import Blueprint, Flask, Response, abort, g, request

from app.database import READ_ONLY_METHODS
from config import OWN_PORTS, Config

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; "
    "style-src 'self'; "
    "script-src 'self'; "
    "worker-src 'self'; "
    "img-src 'self'; "
    "font-src 'self'; "
    "connect-src 'self'; "
    "form-action 'self'; "
    "base-uri 'none'; "
    "frame-ancestors 'none'"
)
SAFETY = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), "
        "publickey-credentials-create=(self), publickey-credentials-get=(self)"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
FOR_OTHER_SITES = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
MAY_BE_ASKED = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}
HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
PERSONAL = "private, no-store"
NOT_TO_BE_FOUND = {"X-Robots-Tag": "noindex"}  # whatever is not public
STRANGER = "conference.stranger"  # set where the site is asked for by a name that is not ours
OPEN_TO_ANY_HOST = frozenset({"/healthz", "/readyz"})  # asked by machines, by number


def attach(app: Flask, config: Config) -> None:
    """Answer only under our own name, only to our own forms, and always with the safe headers."""
    found = {"Cache-Control": PERSONAL, **_for_every_response(config)}
    hidden = found | NOT_TO_BE_FOUND

    def _refuse_strange_forms() -> None:
        if request.method not in READ_ONLY_METHODS and _comes_from_elsewhere(config):
            abort(400, "This form was sent from another site, so nothing was changed")

    def _add(response: Response) -> Response:
        _add_missing(response, found if g.get("is_public") else hidden)
        return response

    app.before_request(_refuse_strange_names)
    app.before_request(_refuse_strange_forms)
    app.before_request(_refuse_the_unnamed)
    app.after_request(_add)


def keep_addresses(pages: Blueprint) -> None:
    """Let no other page learn the addresses of these, for some of them hold a secret."""

    @pages.after_request
    def _send_no_referrer(response: Response) -> Response:
        response.headers["Referrer-Policy"] = "no-referrer"
        return response


def open_to_other_sites(pages: Blueprint) -> None:
    """Let programs of other sites read these, without anything that tells who asks (Fetch, 3.2)."""

    @pages.after_request
    def _open(response: Response) -> Response:
        response.headers.extend(FOR_OTHER_SITES)
        if request.method == "OPTIONS":
            response.headers.extend(MAY_BE_ASKED)
        return response


def _add_missing(response: Response, wanted: dict[str, str]) -> None:
    """Add headers that a response does not have; ``setdefault`` would go through all for each."""
    present = {name.lower() for name in response.headers.keys()}  # noqa: SIM118 – of pairs
    for name, value in wanted.items():
        if name.lower() not in present:
            response.headers.add(name, value)


def for_files(config: Config) -> Callable[[Headers, str, str], None]:
    """Make what puts the safe headers on a file that is served before Flask."""
    every_response = _for_every_response(config)

    def _add(headers: Headers, path: str, url: str) -> None:
        for name, value in every_response.items():
            headers[name] = value

    return _add


def _for_every_response(config: Config) -> dict[str, str]:
    over_https = urlsplit(config.SITE_URL).scheme == "https"
    return SAFETY | (HTTPS_ONLY if over_https else {})


def _refuse_strange_names() -> None:
    if STRANGER in request.environ and request.path not in OPEN_TO_ANY_HOST:
        abort(400, "This site does not answer under that name")


def _refuse_the_unnamed() -> None:
    if request.method not in READ_ONLY_METHODS and None in request.form:
        abort(400)


def _comes_from_elsewhere(config: Config) -> bool:
    """Whether the browser says that another site sent this (Fetch Metadata; RFC 6454)."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return True
    origin = request.headers.get("Origin", "null")
    return origin != "null" and origin.partition("://")[2] not in config.hosts


class KnownName:
    """The layer that sees under which name the site is asked for.

    Flask makes addresses from that name, so one that is not ours goes no further than this.
    """

    def __init__(self, inner: "WSGIApplication", config: Config) -> None:
        self._inner = inner
        self._hosts = config.hosts
        self._needless = f":{OWN_PORTS[urlsplit(config.SITE_URL).scheme]}"

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        name = environ.get("HTTP_HOST", "").lower().removesuffix(self._needless)  # RFC 9110, 4.2.3
        if name not in self._hosts:
            environ[STRANGER] = True
            name = min(self._hosts)
        environ["HTTP_HOST"] = name
        return self._inner(environ, start_response)

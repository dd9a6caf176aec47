"""Security headers on every response (OWASP ASVS 5, V3.4), and checks of host and origin."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from wsgiref.headers import Headers

from flask import Blueprint, Flask, Response, abort, request

from app.request_transaction import READ_ONLY_METHODS
from app.web import cache_policy
from app.web.cache_policy import SAVE_DATA, is_typeface
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
SECURITY_HEADERS = {
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
CORS_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
CORS_PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}
HSTS_HEADERS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
PRIVATE_CACHE_CONTROL = "private, no-store"
NOINDEX_HEADERS = {"X-Robots-Tag": "noindex"}  # of all pages that are not public
UNKNOWN_HOST = "conference.stranger"  # set in the WSGI environment if the host is unknown
ANY_HOST_PATHS = frozenset({"/healthz", "/readyz"})  # health checks use an IP address as host


def init_app(app: Flask, config: Config) -> None:
    """Reject unknown hosts and cross-site forms, and add the security headers."""
    public_headers = {"Cache-Control": PRIVATE_CACHE_CONTROL, **get_common_headers(config)}
    private_headers = public_headers | NOINDEX_HEADERS

    def _refuse_strange_forms() -> None:
        if request.method not in READ_ONLY_METHODS and _is_cross_origin(config):
            abort(400, "This form was sent from another site, so nothing was changed")

    def _add(response: Response) -> Response:
        is_public = cache_policy.current().is_public
        _add_missing_headers(response, public_headers if is_public else private_headers)
        return response

    app.before_request(_reject_unknown_host)
    app.before_request(_refuse_strange_forms)
    app.before_request(_reject_unnamed_fields)
    app.after_request(_add)


def no_referrer(bp: Blueprint) -> None:
    """Send ``Referrer-Policy: no-referrer``, because URLs of this blueprint contain secrets."""

    @bp.after_request
    def _send_no_referrer(response: Response) -> Response:
        response.headers["Referrer-Policy"] = "no-referrer"
        return response


def allow_cors(bp: Blueprint) -> None:
    """Let scripts of other sites read this blueprint, without credentials (Fetch, 3.2)."""

    @bp.after_request
    def _open(response: Response) -> Response:
        response.headers.extend(CORS_HEADERS)
        if request.method == "OPTIONS":
            response.headers.extend(CORS_PREFLIGHT_HEADERS)
        return response


def _add_missing_headers(response: Response, headers: dict[str, str]) -> None:
    """Add headers that a response lacks; faster than ``setdefault`` for each."""
    present = {name.lower() for name in response.headers.keys()}  # noqa: SIM118 – keys of pairs
    for name, value in headers.items():
        if name.lower() not in present:
            response.headers.add(name, value)


def make_add_headers_function(config: Config) -> Callable[[Headers, str, str], None]:
    """Return the function that adds the headers to static files served before Flask."""
    every_response = get_common_headers(config)

    def _add(headers: Headers, path: str, url: str) -> None:
        for name, value in every_response.items():
            headers[name] = value
        if is_typeface(path):
            headers["Vary"] = SAVE_DATA

    return _add


def get_common_headers(config: Config) -> dict[str, str]:
    """Return the headers of every response, of pages and of files."""
    over_https = urlsplit(config.SITE_URL).scheme == "https"
    return SECURITY_HEADERS | (HSTS_HEADERS if over_https else {})


def _reject_unknown_host() -> None:
    if UNKNOWN_HOST in request.environ and request.path not in ANY_HOST_PATHS:
        abort(400, "This site is not available at that web address")


def _reject_unnamed_fields() -> None:
    if request.method not in READ_ONLY_METHODS and None in request.form:
        abort(400)


def _is_cross_origin(config: Config) -> bool:
    """Return True if the browser says the request is cross-site (Fetch Metadata; RFC 6454)."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return True
    origin = request.headers.get("Origin", "null")
    return origin != "null" and origin not in config.origins


class HostMiddleware:
    """Middleware that checks the Host header.

    Flask builds URLs from that header, so an unknown host is replaced by the site's before Flask
    sees it.
    """

    def __init__(self, inner: "WSGIApplication", config: Config) -> None:
        self._inner = inner
        self._hosts = config.hosts
        self._own_host = urlsplit(config.SITE_URL).netloc
        self._default_port_suffix = f":{OWN_PORTS[urlsplit(config.SITE_URL).scheme]}"

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Handle one request."""
        name = (
            environ.get("HTTP_HOST", "").lower().removesuffix(self._default_port_suffix)
        )  # RFC 9110, 4.2.3
        if name not in self._hosts:
            environ[UNKNOWN_HOST] = True
            name = self._own_host
        environ["HTTP_HOST"] = name
        return self._inner(environ, start_response)

"""The WSGI environment (PEP 3333) of a request that came by RSGI."""

import io
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

from granian.rsgi import Scope

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# Headers that have names of their own in the environment (RFC 3875, 4.1)
OWN_NAMES = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
FIXED: "WSGIEnvironment" = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}


@lru_cache(maxsize=512)
def _find_key(header: str) -> str:
    return OWN_NAMES.get(header) or f"HTTP_{header.upper().replace('-', '_')}"


def build_environ(scope: Scope) -> "WSGIEnvironment":
    """Return the environment of a request, still without its body."""
    server, _, port = scope.server.rpartition(":")
    environ = {
        **FIXED,
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": scope.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(),
    }
    if scope.authority and "host" not in scope.headers:  # HTTP/2 (RFC 9113, 8.3.1)
        environ["HTTP_HOST"] = scope.authority
    for name, value in scope.headers.items():
        if "_" in name:  # would be taken for the header with a hyphen, such as a proxy's own
            continue
        key = _find_key(name)
        if key in environ:
            separator = "; " if key == "HTTP_COOKIE" else ","
            value = f"{environ[key]}{separator}{value}"  # noqa: PLW2901 – the same header
        environ[key] = value
    return environ

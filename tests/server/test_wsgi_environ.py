"""The WSGI environ of a request."""

from types import SimpleNamespace
from typing import Any

from app.server.wsgi_call import build_environ


def a_request(*headers: tuple[str, str]) -> Any:
    """Give what the server hands over."""
    return SimpleNamespace(
        scheme="http",
        method="GET",
        path="/",
        query_string="",
        http_version="1.1",
        authority=None,
        server="127.0.0.1:8000",
        client="127.0.0.1:50000",
        headers=dict(headers),
    )


def test_a_header_with_underscores_cannot_spoof_a_proxy_header() -> None:
    environ = build_environ(
        a_request(("x-forwarded-for", "192.0.2.1"), ("x_forwarded_for", "198.51.100.1"))
    )

    assert environ["HTTP_X_FORWARDED_FOR"] == "192.0.2.1"

"""Redirect URLs with a trailing slash to the page without it."""

from flask import Flask, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, NotFound


def init_app(app: Flask) -> None:
    """Check for a trailing slash where no page was found."""
    app.before_request(_redirect_trailing_slash)


def _redirect_trailing_slash() -> ResponseReturnValue | None:
    """Redirect to the page of the same path without the slash, if there is one."""
    is_candidate = isinstance(request.routing_exception, NotFound) and request.path.endswith("/")
    url = _canonical_url() if is_candidate and request.method in {"GET", "HEAD"} else None
    if url is None:
        return None
    query = request.query_string.decode("ascii", "replace")
    return redirect(f"{url}?{query}" if query else url, 308)


def _canonical_url() -> str | None:
    """Return the URL from ``url_for``, never the requested one: that could name another host."""
    try:
        endpoint, values = current_app.create_url_adapter(request).match(  # type: ignore[union-attr]  # there is a request
            "/" + request.path.strip("/"), "GET"
        )
    except HTTPException:
        return None
    return url_for(endpoint, **values)

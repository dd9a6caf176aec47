"""Each page has one address: a slash too many at its end leads there."""

from flask import Flask, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, NotFound


def attach(app: Flask) -> None:
    """Look at the end of an address where no page was found."""
    app.before_request(_without_the_slash)


def _without_the_slash() -> ResponseReturnValue | None:
    """Lead to the page that has this address but for its slash, when there is one."""
    lost = isinstance(request.routing_exception, NotFound) and request.path.endswith("/")
    place = _place() if lost and request.method in {"GET", "HEAD"} else None
    if place is None:
        return None
    question = request.query_string.decode("ascii", "replace")
    return redirect(f"{place}?{question}" if question else place, 308)


def _place() -> str | None:
    """Give the address as we write it, never as it was asked for: that could name another host."""
    try:
        endpoint, values = current_app.create_url_adapter(request).match(  # type: ignore[union-attr]  # there is a request
            "/" + request.path.strip("/"), "GET"
        )
    except HTTPException:
        return None
    return url_for(endpoint, **values)

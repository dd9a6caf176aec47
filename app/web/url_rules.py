"""URL matching: numbers no larger than a column can store, and no trailing slashes."""

from typing import Any, Final

from flask import Flask, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import IntegerConverter


def init_app(app: Flask) -> None:
    """Use these rules for every route; check for a trailing slash if no page was found."""
    _limit_numbers(app)
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


MAX_NUMBER: Final = 2**31 - 1  # of a PostgreSQL integer


class NumberConverter(IntegerConverter):
    """Matches no larger number, so that no view queries the database for one."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"max": MAX_NUMBER, **options})


def _limit_numbers(app: Flask) -> None:
    """Use it for every ``int`` in a route."""
    app.url_map.converters["int"] = NumberConverter

"""Query parameters on which a cached page depends: ``/programme?view=grid``.

A public view declares its parameters with ``varies_on_params`` and a reader for each. Every
combination of values is then cached separately, in whatever order they were given. All other
parameters are ignored, so that links with tracking codes lead to the page that is cached already.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import parse_qsl, urlencode

from flask import request

from app.web import cache_policy
from app.web.cache_policy import CacheParams, ParamReader

P = ParamSpec("P")
R = TypeVar("R")

MAX_QUERY_LENGTH = 200  # characters; a longer query string is not looked up in the cache


def varies_on_params(
    **readers: ParamReader,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare the query parameters of a public view, each with its reader."""
    ordered = dict(sorted(readers.items()))

    def answering(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def answered(*args: P.args, **named: P.kwargs) -> R:
            cache_policy.current().params = ordered
            return view(*args, **named)

        return answered

    return answering


def choice_param(*choices: str) -> ParamReader:
    """Return a reader that accepts only these values; any other value counts as absent."""
    return lambda asked: asked if asked in choices else ""


def get_param(name: str) -> str | None:
    """Return the value of a parameter in this request.

    It is "" if the parameter is absent, and None if its value is not valid.
    """
    query: str = request.environ.get("QUERY_STRING", "")
    return cache_policy.current().params[name](_first_values(query).get(name, ""))


def normalise_query(params: CacheParams, query: str) -> str | None:
    """Return the canonical form of a query string.

    Return None if a value is not valid or the query string is longer than MAX_QUERY_LENGTH.
    """
    if len(query) > MAX_QUERY_LENGTH:
        return None
    first = _first_values(query)
    values = {name: read(first.get(name, "")) for name, read in params.items()}
    if None in values.values():
        return None
    return urlencode({name: value for name, value in values.items() if value})


def _first_values(query: str) -> dict[str, str]:
    """Return the parameters of a query string; of a repeated one, the first value."""
    return dict(reversed(parse_qsl(query, keep_blank_values=True)))

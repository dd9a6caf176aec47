"""Query parameters on which a cached page depends: ``/programme?view=grid``.

A public view declares its parameters with ``varies_on_params`` and a reader for each. Every
combination of values is then cached separately, regardless of their order. All other parameters are
ignored, so that links with tracking codes lead to the same cached page, and made-up parameters
cannot cause pages to be rendered again.
"""

from collections.abc import Callable, Collection
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import unquote_plus, urlencode

from flask import request

from app.web import cache_policy
from app.web.cache_policy import CacheParams, ParamReader

P = ParamSpec("P")
R = TypeVar("R")


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


def short_text_param(max_length: int) -> ParamReader:
    """Return a reader that accepts any short text; the view decides whether it is meaningful."""
    return lambda asked: asked if len(asked) <= max_length and asked.isprintable() else ""


def get_param(name: str) -> str | None:
    """Return the value of a parameter in this request.

    It is "" if the parameter is absent, and None if its value is not valid.
    """
    query: str = request.environ.get("QUERY_STRING", "")
    return cache_policy.current().params[name](_read_values(query, (name,)).get(name, ""))


def normalise_query(params: CacheParams, query: str) -> str | None:
    """Return the canonical form of a query string, or None if a value is not valid."""
    raw_values = _read_values(query, params)
    values = {name: read(raw_values.get(name, "")) for name, read in params.items()}
    if None in values.values():
        return None
    return urlencode({name: value for name, value in values.items() if value})


def _read_values(query: str, names: Collection[str]) -> dict[str, str]:
    """Return the values of these parameters; of a repeated one, the first.

    Other parameters are not decoded: a query string may be long, and this must stay much cheaper
    than rendering a page.
    """
    values: dict[str, str] = {}
    for field in query.split("&"):
        name, _, value = field.partition("=")
        if name in names and name not in values:
            values[name] = unquote_plus(value)
    return values

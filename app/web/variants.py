"""The questions in an address that make another page of it: ``/programme?view=grid``.

A public view says which questions it answers (``answers``), and how what was asked is read. Each
answer is then a page of its own in the store, whichever way the question was put; every other
question in the address is ignored, so that a link with somebody's counter behind it leads to the
page that is there already.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import parse_qsl, urlencode

from flask import g, request

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")
Reading = Callable[[str], str | None]  # what was asked; "" is the page itself, None has no answer
Questions = Mapping[str, Reading]

LONGEST = 200  # characters of questions that are looked at before the application is entered


def answers(
    **questions: Reading,
) -> Callable[[Callable[Arguments, Answer]], Callable[Arguments, Answer]]:
    """Say which questions a public view answers, each with what reads it."""
    in_order = dict(sorted(questions.items()))

    def answering(view: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
        @wraps(view)
        def answered(*args: Arguments.args, **named: Arguments.kwargs) -> Answer:
            g.questions = in_order
            return view(*args, **named)

        return answered

    return answering


def one_of(*known: str) -> Reading:
    """Read one of a few words; any other is as if nothing had been asked."""
    return lambda asked: asked if asked in known else ""


def asked(name: str) -> str | None:
    """Tell what this request asks; "" when it asks nothing, None for what has no answer."""
    query: str = request.environ.get("QUERY_STRING", "")
    return of_this_view()[name](_first_of_each(query).get(name, ""))


def of_this_view() -> Questions:
    """Give the questions that the view of this request answers."""
    questions: Questions = g.get("questions", {})
    return questions


def variant(questions: Questions, query: str) -> str | None:
    """Put what is asked in one form; None when some of it has no answer, or it is too long."""
    if len(query) > LONGEST:
        return None
    first = _first_of_each(query)
    found = {name: read(first.get(name, "")) for name, read in questions.items()}
    if None in found.values():
        return None
    return urlencode({name: value for name, value in found.items() if value})


def _first_of_each(query: str) -> dict[str, str]:
    """Read what is asked by each name; one that is there twice counts once."""
    return dict(reversed(parse_qsl(query, keep_blank_values=True)))

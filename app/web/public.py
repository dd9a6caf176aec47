"""Public pages: rendered once for each edition, and the same for everyone.

A view says that its page is one, and until when it is true. Such a page reads no cookie but one (a
visitor may have switched the access keys off) and sets none. ``shelf.py`` keeps and serves it.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from flask import Flask, Response, g, make_response, request
from werkzeug.datastructures import Headers

from app import clock, lens
from app.edition import Watch
from app.web import variants
from app.web.encodings import ENCODERS, accepted, asks_for_text
from app.web.lenses import KEYS_OFF, shown_inside
from app.web.logs import ROUTE
from app.web.shelf import Page, Shelf, key_of

if TYPE_CHECKING:
    from datetime import datetime

    from flask.typing import ResponseReturnValue

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer", bound="ResponseReturnValue")

CACHE_CONTROL = "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400"
ASKED_EACH_TIME = "public, no-cache, stale-if-error=86400"
VARIES = "Accept-Encoding, Cookie"


def attach(app: Flask, watch: Watch) -> Shelf:
    """Let views say that their page is public."""
    shelf = app.extensions["public_pages"] = Shelf(watch)

    def _note_edition() -> None:
        g.edition = shelf.edition()
        g.began_at = clock.now()
        request.environ[ROUTE] = request.url_rule.rule if request.url_rule else "-"

    def _finish(response: Response) -> Response:
        if g.get("is_public") and response.status_code == 200:
            return _remember(shelf, response)
        return _compress(response)

    app.before_request(_note_edition)
    app.after_request(_finish)
    return shelf


def public(view: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Say that a view's page is the same for everyone, and may be remembered.

    Seen through a lens it is neither: only those who look through it see it so.
    """

    @wraps(view)
    def same_for_everyone(*args: Arguments.args, **named: Arguments.kwargs) -> Answer:
        g.is_public = request.method in {"GET", "HEAD"} and lens.current() is None
        return view(*args, **named)

    return shown_inside(same_for_everyone)


def or_as_text(
    written: Callable[Arguments, Answer],
) -> Callable[[Callable[Arguments, Answer]], Callable[Arguments, Answer]]:
    """Say that whoever asks for plain text gets it from another view, at the same address."""

    def chosen_between(view: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
        @wraps(view)
        def chosen(*args: Arguments.args, **named: Arguments.kwargs) -> Answer:
            g.varies = f"Accept, {VARIES}"
            wanted = written if asks_for_text(request.headers.get("Accept", "")) else view
            return wanted(*args, **named)

        return chosen

    return chosen_between


def true_until(*moments: "datetime | None") -> None:
    """Say when the page that is being made will no longer be true: the first moment to come.

    One that comes while it is being made counts too: what was read before it is old by then.
    """
    to_come = [moment for moment in moments if moment is not None and moment > began_at()]
    if to_come:
        wait = (min(to_come) - clock.now()).total_seconds()
        g.true_until = min(g.get("true_until", float("inf")), time.monotonic() + wait)


def began_at() -> "datetime":
    """Tell when the making of this page began."""
    began: datetime = g.get("began_at") or clock.now()
    return began


def of_this_moment() -> None:
    """Say that the page tells what is so just now: whoever holds it asks each time if it still is.

    ``true_until`` is for the store of this process; others would show what they hold for a while.
    """
    g.cache_control = ASKED_EACH_TIME


def not_to_be_kept() -> None:
    """Say that the page that is being made lacks something, and must not be remembered."""
    g.is_whole = False


def access_keys_wanted() -> bool:
    """Whether the visitor has left the access keys on."""
    return KEYS_OFF not in request.headers.get("Cookie", "")


def _remember(shelf: Shelf, response: Response) -> Response:
    """Turn a rendered page into a finished one; asked what it does not answer, it is not kept."""
    response.headers["Cache-Control"] = g.get("cache_control", CACHE_CONTROL)
    response.headers["Vary"] = g.get("varies", VARIES)
    response.headers.pop("Content-Length", None)
    page = Page(
        response.get_data(),
        list(response.headers.items()),
        request.environ.get(ROUTE, "-"),
        g.get("true_until", float("inf")),
    )
    questions = variants.of_this_view()
    key = key_of(request.environ, questions)
    if key and g.get("is_whole", True):
        shelf.put(key, page, g.edition, questions)
    status, headers, body = page.answer(request.environ)
    answer = make_response(body, status)
    answer.headers = Headers(headers)  # as they are: a HEAD's length is not that of its body
    return answer


def _compress(response: Response) -> Response:
    """Send any other page compressed where the visitor can take it so."""
    encoding = accepted(request.headers.get("Accept-Encoding", ""))
    if (
        encoding
        and not response.direct_passthrough
        and "Content-Encoding" not in response.headers
        and (response.mimetype or "").startswith("text/")
    ):
        response.set_data(ENCODERS[encoding](response.get_data()))
        response.headers["Content-Encoding"] = encoding
        response.vary.add("Accept-Encoding")
    return response

"""Public pages, remembered: rendered once for each edition, then served before Flask is entered.

A public page is the same for everyone, so it reads no cookie but one (a visitor may have
switched the access keys off) and sets none. It is kept as finished bytes, compressed on the
first request that can take it so, under its language, path, access keys and, where the view
answers questions (``variants.py``), what was asked.
"""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import InitVar, dataclass
from functools import wraps
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple, ParamSpec, TypeVar

import brotli
from flask import Flask, Response, g, make_response, request
from werkzeug.datastructures import Headers

from app import clock, lens
from app.edition import Watch
from app.web import variants
from app.web.encodings import ENCODERS, accepted, asks_for_text
from app.web.lenses import KEYS_OFF, shown_inside
from app.web.logs import ROUTE
from app.web.variants import Questions

if TYPE_CHECKING:
    from datetime import datetime

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask.typing import ResponseReturnValue

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer", bound="ResponseReturnValue")

CACHE_CONTROL = "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400"
ASKED_EACH_TIME = "public, no-cache, stale-if-error=86400"
VARIES = "Accept-Encoding, Cookie"
MOST_BYTES = 32 * 1024 * 1024  # of pages as rendered; kept, they are a fraction of that


class Key(NamedTuple):
    """What tells one public page from another."""

    language: str
    path: str
    keys_off: bool
    variant: str  # what was asked of it, of the questions that it answers
    as_text: bool


@dataclass
class Page:
    """A finished page, kept compressed; otherwise only as somebody has asked for it."""

    body: InitVar[bytes]
    headers: list[tuple[str, str]]
    route: str
    until: float = float("inf")  # by time.monotonic(): after this it says what is no longer so

    def __post_init__(self, body: bytes) -> None:
        self.size = len(body)
        self.mark = blake2b(body, digest_size=8).hexdigest()
        self.encoded = {"br": ENCODERS["br"](body)}

    def answer(self, environ: "WSGIEnvironment") -> tuple[str, list[tuple[str, str]], bytes]:
        """Give status, headers and body for this visitor (RFC 9110, 8.8.3 and 12.5.3)."""
        encoding = accepted(environ.get("HTTP_ACCEPT_ENCODING", ""))
        tag = f'"{self.mark}{encoding and "-"}{encoding}"'
        headers = [*self.headers, ("ETag", tag)]
        if tag in environ.get("HTTP_IF_NONE_MATCH", ""):
            return "304 Not Modified", headers, b""
        body = self.encoded.get(encoding)
        if body is None:
            whole: bytes = brotli.decompress(self.encoded["br"])
            body = self.encoded[encoding] = ENCODERS[encoding](whole)
        if encoding:
            headers.append(("Content-Encoding", encoding))
        headers.append(("Content-Length", str(len(body))))
        return "200 OK", headers, b"" if environ["REQUEST_METHOD"] == "HEAD" else body


class Shelf:
    """The finished pages of the current edition; the oldest leave when there are too many."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._edition = 0
        self._pages: dict[Key, Page] = {}
        self._bytes = 0
        self._questions: dict[tuple[str, str], Questions] = {}  # which pages answer, by address
        self._arranging = threading.Lock()

    def find(self, environ: "WSGIEnvironment") -> Page | None:
        """Find a finished page that still says what is so."""
        if self._watch.number() != self._edition:
            return None
        key = _key(environ, self._questions.get(_place(environ)))
        page = self._pages.get(key) if key else None
        return page if page is not None and time.monotonic() < page.until else None

    def put(self, key: Key, page: Page, edition: int, questions: Questions | None) -> None:
        """Keep a page that was rendered from this edition, unless there is a newer one by now."""
        with self._arranging:
            if edition != self._watch.known:
                return
            if edition != self._edition:
                self._edition, self._pages, self._bytes = edition, {}, 0
                self._questions = {}
            if questions:
                self._questions[key.language, key.path] = questions
            replaced = self._pages.pop(key, None)
            self._bytes += page.size - (replaced.size if replaced else 0)
            self._pages[key] = page
            while self._bytes > MOST_BYTES:
                oldest = self._pages.pop(next(iter(self._pages)))
                self._bytes -= oldest.size

    def __len__(self) -> int:
        """How many pages are kept."""
        return len(self._pages)

    @property
    def size(self) -> int:
        """How many bytes they have, as rendered."""
        return self._bytes

    def edition(self) -> int:
        """Tell the edition from which pages are rendered now."""
        return self._watch.number()


class PublicPages:
    """The layer that serves finished pages before Flask is entered."""

    def __init__(self, inner: "WSGIApplication", shelf: Shelf, hosts: frozenset[str]) -> None:
        self._inner = inner
        self._shelf = shelf
        self._hosts = hosts

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        if environ["REQUEST_METHOD"] in {"GET", "HEAD"} and environ.get("HTTP_HOST") in self._hosts:
            page = self._shelf.find(environ)
            if page is not None:
                environ[ROUTE] = page.route
                status, headers, body = page.answer(environ)
                start_response(status, headers)
                return (body,)
        return self._inner(environ, start_response)


def attach(app: Flask, watch: Watch) -> Shelf:
    """Let views say that their page is public."""
    shelf = app.extensions["public_pages"] = Shelf(watch)

    def _note_edition() -> None:
        g.edition = shelf.edition()
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
    """Say when the page that is being made will no longer be true: the first moment to come."""
    now = clock.now()
    to_come = [moment for moment in moments if moment is not None and moment > now]
    if to_come:
        wait = (min(to_come) - now).total_seconds()
        g.true_until = min(g.get("true_until", float("inf")), time.monotonic() + wait)


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
    key = _key(request.environ, questions)
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


def _key(environ: "WSGIEnvironment", questions: Questions | None) -> Key | None:
    """Give the key of the page that is asked for; of one that nobody else will want, none."""
    asked = environ.get("QUERY_STRING", "")
    variant: str | None = ""
    if asked:
        variant = variants.variant(questions, asked) if questions else None
    if variant is None:
        return None
    keys_off = KEYS_OFF in environ.get("HTTP_COOKIE", "")
    return Key(*_place(environ), keys_off, variant, asks_for_text(environ.get("HTTP_ACCEPT", "")))


def _place(environ: "WSGIEnvironment") -> tuple[str, str]:
    """Tell which page it is: its language and its path."""
    return environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", "")

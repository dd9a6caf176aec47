"""Finished pages, kept as bytes and served before Flask is entered.

A page is compressed on the first request that can take it so, and kept under its language, path,
access keys and, where its view answers questions (``variants.py``), what was asked. A new edition
empties the shelf.
"""

import threading
import time
from collections.abc import Iterable
from dataclasses import InitVar, dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

import brotli

from app.edition import Watch
from app.web import variants
from app.web.encodings import ENCODERS, accepted, asks_for_text
from app.web.lenses import KEYS_OFF
from app.web.logs import ROUTE
from app.web.variants import Questions

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

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
        key = key_of(environ, self._questions.get(_place(environ)))
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


def key_of(environ: "WSGIEnvironment", questions: Questions | None) -> Key | None:
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

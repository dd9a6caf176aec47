"""The headers of emails: created, and folded into lines that every mail server accepts."""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from email.headerregistry import Address, BaseHeader, HeaderRegistry
from email.policy import EmailPolicy
from email.utils import quote
from functools import cache, lru_cache
from itertools import chain
from typing import Any

MAX_KNOWN_HEADERS = 100
MAX_LINE_LENGTH = 76  # characters
MAX_PLAIN_WORD_LENGTH = 60  # characters; a longer word is encoded, so that it can be split
WORD_START, WORD_END = "=?utf-8?b?", "?="
MAX_WORD_BYTES = (75 - len(WORD_START) - len(WORD_END)) // 4 * 3  # RFC 2047, section 2
URL_HEADERS = frozenset({"list-unsubscribe"})  # no mail program would decode an encoded URL
NAME_SPECIALS = frozenset('()<>[]:;@\\,."')  # RFC 5322, 3.2.3


class HeaderFactory(HeaderRegistry):
    """Creates the headers of emails; those that describe a part are cached for all emails.

    Parsing them takes most of the time of encoding an email, and they are nearly always the same.
    They are immutable.
    """

    def __init__(self) -> None:
        super().__init__()
        self._get_class = cache(super().__getitem__)
        self._make = lru_cache(MAX_KNOWN_HEADERS)(super().__call__)

    def __getitem__(self, name: str) -> type[BaseHeader]:
        """Return the class of a header."""
        return self._get_class(name.lower())

    def __call__(self, name: str, value: Any) -> BaseHeader:
        """Create a header from its value."""
        is_of_part = name.lower().startswith("content-") and type(value) is str
        is_common = is_of_part and "boundary=" not in value  # which is new in every email
        return self._make(name, value) if is_common else super().__call__(name, value)


class HeaderPolicy(EmailPolicy):
    """A policy with its own encoding of subjects and addresses."""

    def fold(self, name: str, value: str) -> str:
        """Return a header with its line breaks."""
        addresses: tuple[Address, ...] = getattr(value, "addresses", ())
        if addresses:
            words: Iterable[str] = chain.from_iterable(map(_address_words, addresses))
        elif name.lower() == "subject" and hasattr(value, "defects"):
            words = _text_words(str(value))
        elif name.lower() in URL_HEADERS:
            words = str(value).split()
        else:
            return _without_empty_line(name, super().fold(name, value), self.linesep)
        return _fold_words(name, words, self.linesep)

    def fold_binary(self, name: str, value: str) -> bytes:
        """Return a header with its line breaks, as bytes."""
        return self.fold(name, value).encode("utf-8" if self.utf8 else "ascii", "surrogateescape")


def _fold_words(name: str, words: Iterable[str], linesep: str) -> str:
    """Join words with spaces, and with a line break where a line would become too long."""
    lines = [f"{name}:"]
    for number, word in enumerate(words):
        if number and len(lines[-1]) + 1 + len(word) > MAX_LINE_LENGTH:
            lines.append("")
        lines[-1] += f" {word}"
    return linesep.join(lines) + linesep


def _without_empty_line(name: str, folded: str, linesep: str) -> str:
    """Return a header that starts on the line of its name."""
    first, _, rest = folded.partition(linesep)
    return f"{first.rstrip()} {rest.lstrip()}" if rest and first.strip() == f"{name}:" else folded


def _address_words(address: Address) -> Iterator[str]:
    if address.display_name:
        yield from _name_words(address.display_name)
    yield f"<{address.addr_spec}>" if address.display_name else address.addr_spec


def _name_words(name: str) -> Iterator[str]:
    if _must_be_encoded(name) or len(name) > MAX_PLAIN_WORD_LENGTH:
        return _encode(name)
    return iter([f'"{quote(name)}"' if NAME_SPECIALS.intersection(name) else name])


def _text_words(text: str) -> Iterator[str]:
    return _encode(text) if _must_be_encoded(text) else iter(text.split(" "))


def _must_be_encoded(text: str) -> bool:
    longest = max(map(len, text.split(" ")))
    return not text.isascii() or "=?" in text or longest > MAX_PLAIN_WORD_LENGTH


def _encode(text: str) -> Iterator[str]:
    """Yield encoded words; spaces between them are encoded, because programs join adjacent ones."""
    part = b""
    for character in text:
        encoded = character.encode("utf-8", "replace")
        if len(part) + len(encoded) > MAX_WORD_BYTES:
            yield _encoded_word(part)
            part = b""
        part += encoded
    yield _encoded_word(part)


def _encoded_word(part: bytes) -> str:
    return f"{WORD_START}{b64encode(part).decode()}{WORD_END}"

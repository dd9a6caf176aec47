"""Typed text: normalising it, removing invisible characters, shortening it."""

import re
import unicodedata
from collections.abc import Iterable


def normalise(text: str | None) -> str:
    """Return typed text in Unicode NFC, without spaces at its ends."""
    return unicodedata.normalize("NFC", text or "").strip()


def normalise_lines(text: str | None) -> str:
    """Return normalised text with LF as line breaks."""
    return normalise(text).replace("\r\n", "\n").replace("\r", "\n")


def collapse_whitespace(text: str | None) -> str:
    """Return typed text normalised, with each run of whitespace as one space."""
    return " ".join(normalise(text).split())


def count_of(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: 1 seat, 2 seats; ``many`` is an irregular plural."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


MAX_ROW_ID_DIGITS = 9  # so that it fits in a PostgreSQL integer


def parse_number(typed: str, max_digits: int = MAX_ROW_ID_DIGITS) -> int | None:
    """Parse a number such as a row id; return None if it is invalid or too long.

    Python refuses to convert thousands of digits, and a database to compare more than it stores.
    """
    is_number = typed.isascii() and typed.isdecimal() and len(typed) <= max_digits
    return int(typed) if is_number else None


def parse_numbers(typed: Iterable[str], max_digits: int = MAX_ROW_ID_DIGITS) -> list[int]:
    """Parse several such numbers, leaving out invalid ones, in the same order."""
    numbers = (parse_number(one, max_digits) for one in typed)
    return [number for number in numbers if number is not None]


def strip_hidden(text: str) -> str:
    """Return text without hidden characters."""
    return "".join(character for character in text if not is_hidden(character))


def clean_line(text: str) -> str:
    """Return text from another program on one line, without unstorable or invisible characters."""
    return " ".join(UNSAFE_CHARACTERS.sub("", text).split())


def has_alphanumeric(text: str) -> bool:
    """Return True if the text has a letter or digit of any script."""
    return any(character.isalnum() and character not in FILLERS for character in text)


def is_hidden(character: str) -> bool:
    """Return True for control and format characters, except line breaks, tabs and joiners."""
    code = ord(character)
    is_noncharacter = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF  # Unicode, 23.7
    is_control = unicodedata.category(character) in {"Cc", "Cf"}
    return is_noncharacter or (is_control and character not in ALLOWED_CONTROLS | JOINERS)


def has_glyph(character: str) -> bool:
    """Return True if a character is visible on its own."""
    return unicodedata.category(character) not in INVISIBLE_CATEGORIES and character not in FILLERS


ALLOWED_CONTROLS = frozenset("\n\r\t")
JOINERS = frozenset("\u200c\u200d")  # required to write many languages correctly
FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols that are blank
INVISIBLE_CATEGORIES = frozenset(
    {"Cc", "Cf", "Mn", "Zl", "Zp", "Zs"}
)  # alone; Unicode, section 4.5

WHITESPACE = re.compile(r"\s+")

# Endings of host names that email programs turn into links, anywhere in a text.
COMMON_ENDINGS = """
academy agency app art biz blog business buzz cafe casino center chat click cloud club com
community company cool date design dev digital edu email eu events example expert finance fun
games global group guru health help host info institute ink international io land life link live
loan ltd market media mobi money name net network news ngo online ooo org page party photos
press pro pub quest research rest review science shop site social solutions space store stream
studio support systems tech technology tips today tools top trade university vip website wiki
win work works world wtf xyz zone
"""
COMMON_DOMAIN_ENDS = frozenset(COMMON_ENDINGS.split())
HOST_END = re.compile("[/:?#]")
AROUND_WORDS = "()[]<>{},;!'\"“”‘’"
SHORTEST_HOST_NAME = 3  # characters before a dot and a two-letter country code: M.Sc is not a host


def has_web_address(text: str) -> bool:
    """Return True if a text contains a web address, or what looks like one."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("。", ".")
    if "://" in plain or "www." in plain:
        return True
    return any(map(_is_web_address, plain.split()))


def _is_web_address(word: str) -> bool:
    """Return True for one word such as evil.example/prize, evil.com or 192.0.2.1/prize."""
    host, *path = HOST_END.split(word.strip(AROUND_WORDS), maxsplit=1)
    labels = host.rstrip(".").split(".")
    before, last = "".join(labels[-2:-1]), labels[-1]
    if not before or not last:
        return False
    is_number = len(labels) == 4 and all(label.isdecimal() for label in labels)
    is_of_country = len(last) == 2 and last.isascii() and last.isalpha()
    return (
        is_number
        or last in COMMON_DOMAIN_ENDS
        or (bool(path) and len(last) > 1)
        or (is_of_country and len(before) >= SHORTEST_HOST_NAME)
    )


# Characters that are invisible but change or break what is displayed: controls, lone surrogates,
# byte order marks, and those that change the direction of writing.
UNSAFE_CHARACTERS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u202a-\u202e\u2060-\u2069"
    "\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff9-\uffff]"
)


def shorten(text: str, limit: int = 60) -> str:
    """Return the start of a text on one line, without hidden characters."""
    plain = WHITESPACE.sub(" ", UNSAFE_CHARACTERS.sub("", text[: 4 * limit])).strip()
    return plain if len(plain) <= limit else plain[: limit - 1].rstrip() + "…"

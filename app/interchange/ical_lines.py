"""Content lines of iCalendar files: escaped, quoted and folded (RFC 5545, section 3)."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

MAX_LINE_OCTETS = 75  # octets per line without the line break
CRLF = b"\r\n"
FORBIDDEN_CHARACTERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]"
)  # characters that RFC 5545 does not allow
LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
TEXT_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
DOUBLE, SINGLE = '"', "'"
UTF8_CONTINUATION = 0b10  # the first two bits of a continuation byte


def property_line(name: str, value: str, **parameters: str) -> str:
    """Format a content line from a value that is already escaped."""
    rendered_parameters = (
        "".join(f";{key}={said}" for key, said in parameters.items()) if parameters else ""
    )
    return f"{name}{rendered_parameters}:{value}"


def escape_text(value: str) -> str:
    """Escape a TEXT value, with its line breaks (RFC 5545, section 3.3.11)."""
    return FORBIDDEN_CHARACTERS.sub("", LINE_BREAK.sub("\n", value)).translate(TEXT_ESCAPES)


def escape_list(values: Iterable[str]) -> str:
    """Escape a list of TEXT values."""
    return ",".join(map(escape_text, values))


def quote_parameter(value: str) -> str:
    """Quote a parameter value, in which nothing can be escaped (RFC 5545, section 3.2)."""
    return f'"{FORBIDDEN_CHARACTERS.sub("", LINE_BREAK.sub(" ", value)).replace(DOUBLE, SINGLE)}"'


def format_utc(moment: datetime) -> str:
    """Format a datetime in UTC, which calendars convert to local time."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def fold(lines: Iterable[str]) -> bytes:
    """Join lines as UTF-8, folding long ones between two characters (RFC 5545, section 3.1)."""
    return CRLF.join([*(_fold_line(line.encode()) for line in lines), b""])


def _fold_line(encoded: bytes) -> bytes:
    if len(encoded) <= MAX_LINE_OCTETS:
        return encoded
    parts, begin, end = [], 0, MAX_LINE_OCTETS
    while end < len(encoded):
        while encoded[end] >> 6 == UTF8_CONTINUATION:
            end -= 1
        parts.append(encoded[begin:end])
        begin, end = end, end + MAX_LINE_OCTETS - 1  # minus the space of a continuation line
    return (CRLF + b" ").join([*parts, encoded[begin:]])

"""The lines of a calendar file (RFC 5545, 3.1 and 3.3), whatever stands in them.

    folded([line("SUMMARY", text("Fair financing; part 2")), line("DTSTART", moment(begins))])

Words come from people and from files: whatever they hold, they stay inside their own line.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

MOST_OCTETS = 75  # in a line, its end not counted
END = b"\r\n"
NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # RFC 5545 has no word for them
NEW_LINE = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
DOUBLE, SINGLE = '"', "'"
CONTINUES = 0b10  # what the first two bits of an octet say that belongs to the one before


def line(name: str, value: str, **parameters: str) -> str:
    """Write one line from a value that has been written for it."""
    about = "".join(f";{key}={said}" for key, said in parameters.items()) if parameters else ""
    return f"{name}{about}:{value}"


def text(words: str) -> str:
    """Write words of any kind, several lines of them too."""
    return NOT_TEXT.sub("", NEW_LINE.sub("\n", words)).translate(ESCAPED)


def texts(several: Iterable[str]) -> str:
    """Write a list of words."""
    return ",".join(map(text, several))


def quoted(words: str) -> str:
    """Write words as a parameter of a line, in which nothing can be escaped."""
    return f'"{NOT_TEXT.sub("", NEW_LINE.sub(" ", words)).replace(DOUBLE, SINGLE)}"'


def moment(when: datetime) -> str:
    """Write a moment in UTC, which every calendar shows by its reader's clocks."""
    return f"{when.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def folded(lines: Iterable[str]) -> bytes:
    """Join lines, breaking the long ones between two characters."""
    return END.join([*(_folded(one.encode()) for one in lines), b""])


def _folded(whole: bytes) -> bytes:
    if len(whole) <= MOST_OCTETS:
        return whole
    parts, begin, end = [], 0, MOST_OCTETS
    while end < len(whole):
        while whole[end] >> 6 == CONTINUES:
            end -= 1
        parts.append(whole[begin:end])
        begin, end = end, end + MOST_OCTETS - 1  # for the space before what goes on
    return (END + b" ").join([*parts, whole[begin:]])

"""Identities as the schedules of c3voc want them: UUIDs and numbers, the same each time.

What came with a UUID keeps it. What has another identity gets a UUID made of that and of the
conference's acronym (RFC 9562, version 5), so that a copy of the site gives the same.
"""

import re
import uuid
from collections.abc import Iterable

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
NUMBER = re.compile(r"[1-9][0-9]{0,8}")
LARGEST = 2**31 - 1  # that every program can hold


def guid(acronym: str, kind: str, key: str) -> str:
    """Give the UUID of a thing."""
    if UUID.fullmatch(key):
        return key
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:conference:{acronym}:{kind}:{key}"))


def numbers(guids: Iterable[str]) -> dict[str, int]:
    """Give each UUID a number, no two the same, which others do not change."""
    found: dict[str, int] = {}
    taken: set[int] = set()
    for one in sorted(guids):
        number = uuid.UUID(one).int % LARGEST + 1
        while number in taken:
            number = number % LARGEST + 1
        taken.add(number)
        found[one] = number
    return found

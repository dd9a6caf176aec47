"""Identifiers of rooms, sessions and speakers in the files of other programs.

They are the same in each export, so that importing a programme twice creates no duplicates.
"""

import re
import uuid
from collections.abc import Iterable

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
NUMBER = re.compile(r"[1-9][0-9]{0,8}")
MAX_NUMBER = 2**31 - 1  # a signed 32-bit integer


def make_guid(acronym: str, kind: str, key: str) -> str:
    """Return the UUID of an entity."""
    if UUID.fullmatch(key):
        return key
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:conference:{acronym}:{kind}:{key}"))


def assign_numbers(guids: Iterable[str]) -> dict[str, int]:
    """Map each UUID to a unique number that rarely depends on the other UUIDs."""
    assigned: dict[str, int] = {}
    taken: set[int] = set()
    for guid in sorted(guids):
        number = uuid.UUID(guid).int % MAX_NUMBER + 1
        while number in taken:
            number = number % MAX_NUMBER + 1
        taken.add(number)
        assigned[guid] = number
    return assigned

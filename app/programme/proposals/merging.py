"""Two people at the same texts: what each has changed is kept, field by field.

A form remembers by a mark what each field held when it was opened. What its sender has left as it
was takes what somebody else has written meanwhile; only a field that both have changed is asked
about again, with both versions.
"""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from app.errors import Refused
from app.history.changes import Change
from app.programme.editing.edits import Kind

MARK = 12  # characters


class Crossed(Refused):
    """Somebody else has changed the same field meanwhile."""

    def __init__(self, values: Mapping[str, Any], differing: Sequence[Change]) -> None:
        super().__init__(
            "Somebody else changed this after you opened the page, so nothing of yours has been "
            "sent yet. Compare the two versions below, then send again"
        )
        self.values = values  # as typed, with what somebody else changed beside it
        self.differing = tuple(differing)  # before: as it stands now; after: as it was typed


def marks(values: Mapping[str, Any]) -> dict[str, str]:
    """Give what stands for each value."""
    return {field: mark(value) for field, value in values.items()}


def merge(
    kind: Kind, now: Mapping[str, Any], typed: Mapping[str, Any], began: Mapping[str, str]
) -> dict[str, Any]:
    """Bring what was typed together with what stands now; raise Crossed where both have changed."""
    left = {field for field, value in typed.items() if mark(value) == began.get(field)}
    merged = {field: now[field] if field in left else value for field, value in typed.items()}
    both = [
        field
        for field in typed
        if field not in left and began.get(field) != mark(now[field]) and now[field] != typed[field]
    ]
    if both:
        raise Crossed(merged, [between(kind, field, now[field], typed[field]) for field in both])
    return merged


def between(kind: Kind, field: str, now: Any, typed: Any) -> Change:
    """Tell one value of a field from another, for people."""
    label = kind.label(field)
    return Change(field, now, typed, label, kind.said(field, now), kind.said(field, typed))


def mark(value: Any) -> str:
    """Give what stands for a value, whatever spaces and signs at the ends of lines it came with."""
    return sha256(json.dumps(_tidy(value), ensure_ascii=False).encode()).hexdigest()[:MARK]


def _tidy(value: Any) -> Any:
    if isinstance(value, str):
        lines = unicodedata.normalize("NFC", value).splitlines()
        return "\n".join(" ".join(line.split()) for line in lines).strip()
    return [_tidy(one) for one in value] if isinstance(value, list) else value

"""Three-way merge of a form with concurrent changes by another person.

The form contains a fingerprint of each field's value when it was opened. A field that the sender
left unchanged takes the saved value; a field that both have changed raises MergeConflict with both
versions.
"""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from app.errors import StaleEdit
from app.history.models import Change
from app.programme.editing.versioned_edits import FieldSet, build_change

FINGERPRINT_LENGTH = 12  # hexadecimal characters


class MergeConflict(StaleEdit):
    """Another person has changed the same field in the meantime."""

    message = (
        "Someone else changed this after you opened the page, so your changes have not been "
        "sent. Compare the two versions below, then send yours again"
    )

    def __init__(self, values: Mapping[str, Any], differing: Sequence[Change]) -> None:
        super().__init__(differing=differing)
        self.values = values  # as typed, merged with the other person's changes


def fingerprints(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the fingerprint of each value."""
    return {field: fingerprint(value) for field, value in values.items()}


def merge(
    field_set: FieldSet,
    current: Mapping[str, Any],
    typed: Mapping[str, Any],
    base_fingerprints: Mapping[str, str],
) -> dict[str, Any]:
    """Merge the typed values with the current ones; raise MergeConflict if both have changed."""
    untouched = {
        field
        for field, value in typed.items()
        if fingerprint(value) == base_fingerprints.get(field)
    }
    merged = {
        field: current[field] if field in untouched else value for field, value in typed.items()
    }
    both = [
        field
        for field in typed
        if field not in untouched
        and base_fingerprints.get(field) != fingerprint(current[field])
        and current[field] != typed[field]
    ]
    if both:
        raise MergeConflict(
            merged, [build_change(field_set, field, current[field], typed[field]) for field in both]
        )
    return merged


def fingerprint(value: Any) -> str:
    """Return a hash of a value, ignoring differences in whitespace and line endings."""
    return sha256(json.dumps(_normalise(value), ensure_ascii=False).encode()).hexdigest()[
        :FINGERPRINT_LENGTH
    ]


def _normalise(value: Any) -> Any:
    if isinstance(value, str):
        lines = unicodedata.normalize("NFC", value).splitlines()
        return "\n".join(" ".join(line.split()) for line in lines).strip()
    return [_normalise(one) for one in value] if isinstance(value, list) else value

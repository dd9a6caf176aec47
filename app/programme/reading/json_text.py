"""JSON made harmless: bounded, without numbers that are none, and told apart by what it holds."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from app.errors import Unreadable
from app.programme.reading import own_json, schedule_json
from app.programme.reading.found import Found
from app.programme.reading.notebook import THE_FILE, Notebook

MOST = 200_000


def find(words: str, notebook: Notebook) -> Found:
    """Find everything that the file holds, whichever JSON it is."""
    root = _parsed(words, notebook)
    if isinstance(root, Mapping) and isinstance(root.get("schedule"), Mapping):
        return schedule_json.find(root["schedule"], notebook)
    if isinstance(root, Mapping) and root.get("format") == own_json.FORMAT:
        return own_json.find(root, notebook)
    raise Unreadable(
        'This is JSON, but neither a schedule (with "schedule" at the top) '
        f'nor our own (with "format": "{own_json.FORMAT}")'
    )


def _parsed(words: str, notebook: Notebook) -> Any:
    """Turn the words into values."""
    if words.count("{") + words.count("[") > MOST:
        raise Unreadable("This file holds too much to be a programme")
    reading = _Values(notebook)
    try:
        return json.loads(words, object_pairs_hook=reading.once, parse_constant=reading.no_number)
    except json.JSONDecodeError as trouble:
        reason = f"line {trouble.lineno}: {trouble.msg}"
        raise Unreadable(f"This file is not well-formed JSON: {reason}") from trouble
    except RecursionError as trouble:
        raise Unreadable("This file is nested too deeply to be a programme") from trouble
    except ValueError as trouble:
        raise Unreadable("This file holds a number that is too long to be read") from trouble


class _Values:
    """How odd values are read."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook

    def once(self, pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        """Keep the first of two values with the same name."""
        values = dict(reversed(pairs))
        if len(values) == len(pairs):
            return dict(pairs)
        self._notebook.often(
            "A value stands twice under one name; the first was used",
            "{count} records hold a value twice under one name; the first was used",
        )
        return dict(reversed(values.items()))

    def no_number(self, written: str) -> None:
        """Read NaN and Infinity, which are not JSON, as nothing."""
        reason = f"It says {written} where a number should be; it was ignored"
        self._notebook.mended(THE_FILE, written, reason)

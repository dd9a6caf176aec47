"""Values out of JSON of unknown make: whatever stands there, the answer is of the kind wanted."""

from collections.abc import Mapping
from typing import Any

from app.programme.reading.notebook import Notebook


def words(value: Any) -> str:
    """Give words: a text, a number as text, or the English of several languages."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return _one_language(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(value)


def _one_language(value: Mapping[str, Any]) -> str:
    """Choose English, or else the first language that says anything."""
    texts = [value.get("en"), *value.values()]
    return next((text for text in texts if isinstance(text, str) and text), "")


def record(value: Any) -> Mapping[str, Any]:
    """Give a record, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def records(value: Any, name: str, notebook: Notebook) -> list[Mapping[str, Any]]:
    """Give the records of a list, and note what in it is none."""
    if not isinstance(value, list):
        if value:
            notebook.left_out(name, name, "It should be a list, so what it holds could not be read")
        return []
    for number, item in enumerate(value, start=1):
        if not isinstance(item, Mapping):
            notebook.left_out(
                f"{name}, number {number}", name, "It is not a record, so it could not be read"
            )
    return [item for item in value if isinstance(item, Mapping)]


def first(holder: Mapping[str, Any], *names: str) -> str:
    """Give the first of several names that says anything."""
    return next((text for name in names if (text := words(holder.get(name)).strip())), "")

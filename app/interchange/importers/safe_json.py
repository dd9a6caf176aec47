"""Parsing untrusted JSON with limits, and recognising which format it is."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from app.errors import InvalidFile
from app.interchange.importers import indico, native_json, schedule_json, sessionize
from app.interchange.importers.parsed import THE_FILE, ImportLog
from app.interchange.importers.raw import RawProgramme, TargetConference
from app.interchange.importers.text import as_mapping

MAX_CONTAINERS = 200_000


def parse(text: str, log: ImportLog, target: TargetConference) -> RawProgramme:
    """Parse a JSON file of any supported format."""
    root = as_mapping(_load(text, log))
    if isinstance(root.get("schedule"), Mapping):
        return schedule_json.parse(root["schedule"], log)
    if root.get("format") == native_json.FORMAT:
        return native_json.parse(root, log)
    if sessionize.is_sessionize(root):
        return sessionize.parse(root, log, target)
    if indico.is_indico(root):
        return indico.parse(root, log)
    raise InvalidFile(
        'This is JSON, but neither a schedule (with "schedule" at the top), our own '
        f'(with "format": "{native_json.FORMAT}") nor an export of Sessionize or Indico'
    )


def _load(text: str, log: ImportLog) -> Any:
    """Parse the text; raise InvalidFile if it is not JSON or too deeply nested."""
    if text.count("{") + text.count("[") > MAX_CONTAINERS:
        raise InvalidFile("This file is too large to be a programme")
    hooks = _JsonHooks(log)
    try:
        return json.loads(
            text, object_pairs_hook=hooks.keep_first, parse_constant=hooks.ignore_constant
        )
    except json.JSONDecodeError as error:
        reason = f"line {error.lineno}: {error.msg}"
        raise InvalidFile(f"This file is not valid JSON: {reason}") from error
    except RecursionError as error:
        raise InvalidFile("This file is nested too deeply to be a programme") from error
    except ValueError as error:
        raise InvalidFile("This file has a number that is too long") from error


class _JsonHooks:
    """Hooks of the parser for unusual values."""

    def __init__(self, log: ImportLog) -> None:
        self._log = log

    def keep_first(self, pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        """Keep the first of two values with the same key."""
        values = dict(reversed(pairs))
        if len(values) == len(pairs):
            return dict(pairs)
        self._log.count_fix(
            "A record has two values with the same name; we used the first",
            "{count} records have two values with the same name; we used the first",
        )
        return dict(reversed(values.items()))

    def ignore_constant(self, constant: str) -> None:
        """Read NaN and Infinity, which are not valid JSON, as null."""
        reason = f"It has {constant} instead of a number; we ignored it"
        self._log.add_fix(THE_FILE, constant, reason)

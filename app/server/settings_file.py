"""``settings.env`` in the instance folder: the settings that ``make run`` and commands share.

A server started in any other way never reads it. Environment variables take precedence; if they
name a database, the file belongs to another site and is ignored.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from secrets import token_urlsafe

import click
from dotenv.parser import parse_stream
from flask.cli import ScriptInfo

from app.server.options import instance_path
from config import KEY_FILES, Config, SettingsError

FILE_NAME = "settings.env"
INTRODUCTION = """\
# Settings of this copy of the site. Only `make run` and commands (./site) read this file.
# Settings in the environment take precedence. Add your own settings here, one NAME=value on a line.
# Each `make run` updates the lines marked "make run chose", unless you have changed them.

"""
OPTIONS_WITH_VALUE = frozenset({"--app", "-A", "--env-file", "-e"})  # of the command `flask`
CHOSEN_LINE = re.compile(r"\w+=(.*)  # make run chose \1")  # an edited line no longer matches

LINE = re.compile(r"""(?P<line>[ \t]*\w+=(["'])-----BEGIN [^"']*\2[^\n]*|[^\n]*)(?:\n|\Z)""")


@dataclass(frozen=True)
class SettingsFile:
    """The parsed file: lines written by a person, and settings chosen by ``make run``."""

    lines: tuple[str, ...]
    typed: Mapping[str, str]
    chosen: Mapping[str, str]


def is_own_command() -> bool:
    """Return True while a command is looked up that only the application knows, or all are listed.

    Flask's own commands, and those of its extensions, start before the application is loaded.
    """
    context = click.get_current_context(silent=True)
    return is_command() and context is not None and context.parent is None


def is_command() -> bool:
    """Return True in a ``flask`` command other than ``flask run``, which is a server."""
    context = click.get_current_context(silent=True)
    if context is None or context.find_object(ScriptInfo) is None:
        return False
    return context.info_name != "run"


def find_path(environment: Mapping[str, str]) -> Path | None:
    """Return the path of the file, or None if it is not used."""
    if environment.get("DATABASE_URL"):
        return None
    return instance_path(environment) / FILE_NAME


def load_command_config(sources: MutableMapping[str, str] | None = None) -> Config:
    """Return the settings for a command: the environment's, then those of the last ``make run``.

    ``sources`` receives the file that each one comes from; the others are from the environment.
    """
    path = find_path(os.environ)
    if path is None:
        return Config.from_environment()
    _fill_in(os.environ, path, {} if sources is None else sources)
    if _is_restore():
        _set_unset(os.environ, {"SITE_URL": "http://127.0.0.1", "SECRET_KEY": token_urlsafe()})
    try:
        return Config.from_environment()
    except SettingsError as error:
        if path.exists() or not any(fault.endswith("is not set") for fault in error.faults):
            raise
        raise SettingsError(
            *error.faults, f"{path}: does not exist; run “make run” to create it"
        ) from None


def _fill_in(
    environment: MutableMapping[str, str], path: Path, sources: MutableMapping[str, str]
) -> None:
    settings = read(path)
    for name, value in {**settings.chosen, **settings.typed}.items():
        if name not in environment:
            environment[name], sources[name] = value, str(path)
    for name, file_name in KEY_FILES.items():
        key_path = path.with_name(file_name)
        if not environment.get(name):
            environment[name] = _read_text(key_path).strip()
            sources[name] = str(key_path)


def _is_restore() -> bool:
    """Return True in the restore command, which writes the settings, so it must run without any.

    The application is loaded before its command is known, so this looks at the command line.
    """
    return _find_command(sys.argv[1:]) == "restore"


def _find_command(words: Sequence[str]) -> str:
    """Return the first word that is neither an option of ``flask`` nor the value of one."""
    remaining = iter(words)
    for word in remaining:
        if word in OPTIONS_WITH_VALUE:
            next(remaining, "")
        elif not word.startswith("-"):
            return word
    return ""


def load_typed(environment: MutableMapping[str, str], path: Path) -> None:
    """Set what a person wrote in the file; ``make run`` chooses the rest at each start."""
    _set_missing(environment, read(path).typed)


def read(path: Path) -> SettingsFile:
    """Read the file; raise SettingsError with the number of each line that cannot be read."""
    lines, faults = [], []
    settings: dict[bool, dict[str, str]] = {True: {}, False: {}}
    for number, line in _split_lines(_read_text(path)):
        is_chosen = CHOSEN_LINE.fullmatch(line) is not None
        if not is_chosen:
            lines.append(line)
        try:
            settings[is_chosen].update(_parse(line))
        except ValueError as fault:
            faults.append(f"{path}: line {number} {fault}")
    if faults:
        raise SettingsError(*faults)
    return SettingsFile(tuple(lines), settings[False], settings[True])


def _split_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield each line and its number; a quoted private key counts as one line."""
    number = 1
    for found in LINE.finditer(text):
        yield number, found["line"]
        number += found[0].count("\n")


def save(path: Path, config: Config) -> None:
    """Write the settings of this start for commands to use; keep what a person wrote."""
    settings = read(path)
    chosen = {"SITE_URL": config.SITE_URL}
    if config.CLOCK_STARTS_AT is not None:
        chosen["CLOCK_STARTS_AT"] = config.CLOCK_STARTS_AT.isoformat()
    new = [
        f"{name}={value}  # make run chose {value}"
        for name, value in chosen.items()
        if name not in settings.typed
    ]
    typed_lines = "\n".join(settings.lines).strip() or INTRODUCTION.strip()
    _replace(path, "\n".join([typed_lines, *([""] if new else []), *new, ""]))


def _parse(line: str) -> Mapping[str, str]:
    """Parse one line in the format of ``.env`` files, without variable expansion."""
    found = list(parse_stream(StringIO(line)))
    if "\0" in line or any(one.error or (one.key and one.value is None) for one in found):
        raise ValueError("is not valid: write NAME=value, or start the line with #")
    settings = {one.key: one.value for one in found if one.key and one.value is not None}
    if "INSTANCE_PATH" in settings:
        raise ValueError("sets INSTANCE_PATH, which can only be set in the environment")
    return settings


def _set_missing(environment: MutableMapping[str, str], settings: Mapping[str, str]) -> None:
    for name, value in settings.items():
        environment.setdefault(name, value)


def _set_unset(environment: MutableMapping[str, str], settings: Mapping[str, str]) -> None:
    """Set values that are missing or empty."""
    environment.update({k: v for k, v in settings.items() if not environment.get(k)})


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except OSError as fault:
        raise SettingsError(f"{path}: cannot be read: {fault.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: cannot be read: save it as UTF-8") from None


def _replace(path: Path, text: str) -> None:
    """Write a file that only its owner can read, atomically."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    only_mine = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(only_mine, "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)

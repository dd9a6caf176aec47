"""The commands that back up and restore a site."""

import warnings
from contextlib import suppress
from getpass import GetPassWarning
from pathlib import Path
from typing import Final

import click
from flask import current_app

from app.backup import services
from app.backup.services import RestoreTarget

NO_TERMINAL: Final = "There is no terminal for typing the passphrase: add --passphrase-file PATH"
PASSPHRASE_FILE = click.option(
    "--passphrase-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read the passphrase for the keys from the first line of a file.",
)


@click.argument("file", type=click.Path(path_type=Path))
@click.option("--with-keys", is_flag=True, help="Include the keys, encrypted with a passphrase.")
@PASSPHRASE_FILE
def backup(file: Path, *, with_keys: bool, passphrase_file: Path | None) -> None:
    """Back up the whole site into FILE, while it is running."""
    is_asked = with_keys and passphrase_file is None
    passphrase = _ask_passphrase(confirm=True) if is_asked else _read_passphrase(passphrase_file)
    result = services.create_backup(file, current_app.extensions["settings"], passphrase)
    tables, rows = len(result.manifest.tables), result.manifest.row_count
    click.echo(f"{file}: {rows} rows from {tables} tables, {result.size} bytes")
    if not result.manifest.has_keys:
        data_key = " and DATA_KEY" if current_app.extensions["settings"].DATA_KEY else ""
        click.echo(
            "The backup does not include the keys. "
            f"Back up SECRET_KEY{data_key} as well, or add --with-keys"
        )


@click.argument("file", type=click.Path(path_type=Path))
@click.option("--without-keys", is_flag=True, help="Do not restore the keys in FILE.")
@click.option(
    "--test-copy", is_flag=True, help="Do not restore the public address and mail server settings."
)
@PASSPHRASE_FILE
def restore(
    file: Path, *, without_keys: bool, test_copy: bool, passphrase_file: Path | None
) -> None:
    """Restore the backup in FILE into an empty database."""
    target = RestoreTarget(
        current_app.extensions["settings"], current_app.config["SETTINGS_FILE"], test_copy
    )
    with services.open_backup(file) as source:
        is_asked = source.manifest.has_keys and not (without_keys or passphrase_file)
        passphrase = None if without_keys else _read_passphrase(passphrase_file)
        result = services.restore_backup(
            source, target, _ask_passphrase(confirm=False) if is_asked else passphrase
        )
    moment = result.manifest.created_at
    click.echo(
        f"Restored {result.manifest.row_count} rows in {len(result.manifest.tables)} tables, "
        f"as they were at {moment:%H:%M} UTC on {moment:%d %B %Y}"
    )
    for note in result.notes:
        click.echo(note)


def _ask_passphrase(*, confirm: bool) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GetPassWarning)  # there is no terminal to type it into
            passphrase: str = click.prompt(
                "Passphrase", hide_input=True, confirmation_prompt=confirm
            )
    except (click.Abort, AttributeError):  # the latter if there is no standard input at all
        if _has_terminal():
            raise
        click.echo(err=True)  # to end the line of the prompt
        raise click.ClickException(NO_TERMINAL) from None
    return passphrase


def _has_terminal() -> bool:
    with suppress(OSError), Path("/dev/tty").open("rb"):
        return True
    return False


def _read_passphrase(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").partition("\n")[0].strip()
    except UnicodeDecodeError:
        raise click.ClickException(f"{path} is not a text file in UTF-8") from None

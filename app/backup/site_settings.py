"""The settings in a backup, and how they are restored.

What belongs to the machine is left out: the database URL, every path, and a site URL that only the
machine itself can reach. Secret settings are included only on request, encrypted with a passphrase.
"""

import hmac
import json
import os
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from pydantic import SecretStr

from app.backup.archive import KEYS_MEMBER, AlteredBackup
from app.errors import InvalidFile, RuleViolation
from config import KEY_FILES, LOOPBACK, Config

MIN_PASSPHRASE_LENGTH: Final = 12  # characters
SALT_BYTES: Final = 16
NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32
SCRYPT_COST: Final = {"n": 2**16, "r": 8, "p": 2}  # 64 MiB; as OWASP recommends for passwords


def require_long_enough(passphrase: str) -> None:
    """Raise RuleViolation if a passphrase is too short."""
    if len(passphrase) < MIN_PASSPHRASE_LENGTH:
        raise RuleViolation(f"A passphrase must have at least {MIN_PASSPHRASE_LENGTH} characters")


def encrypt(secrets: Mapping[str, str], passphrase: str, manifest: bytes) -> bytes:
    """Encrypt secret settings, and authenticate the manifest of the backup with them."""
    salt, nonce = os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
    body = json.dumps(dict(secrets)).encode()
    encrypted = AESGCM(_derive_key(passphrase, salt)).encrypt(nonce, body, manifest)
    parts = {"salt": salt, "nonce": nonce, "encrypted": encrypted}
    encoded = {name: b64encode(part).decode("ascii") for name, part in parts.items()}
    return json.dumps({"scrypt": SCRYPT_COST, **encoded}).encode()


def decrypt(member: bytes, passphrase: str, manifest: bytes) -> Mapping[str, str]:
    """Decrypt secret settings; raise InvalidFile if the passphrase or manifest does not match."""
    try:
        document = json.loads(member)
        salt, nonce, encrypted = (
            b64decode(document[name], validate=True) for name in ("salt", "nonce", "encrypted")
        )
        is_known = document["scrypt"] == SCRYPT_COST and len(nonce) == NONCE_BYTES
    except (ValueError, KeyError, TypeError):
        raise AlteredBackup(KEYS_MEMBER) from None
    if not is_known:
        raise AlteredBackup(KEYS_MEMBER)
    try:
        body = AESGCM(_derive_key(passphrase, salt)).decrypt(nonce, encrypted, manifest)
    except InvalidTag:
        raise InvalidFile(
            "This is not the passphrase of the backup, or the backup has been altered. "
            "Nothing has been restored"
        ) from None
    secrets: Mapping[str, str] = json.loads(body)
    return secrets


def fingerprint(secret_key: str) -> str:
    """Return a fingerprint that tells whether two keys are the same, without revealing them."""
    return hmac.digest(secret_key.encode(), b"fingerprint for backups", "sha256").hex()[:32]


def _derive_key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=KEY_BYTES, **SCRYPT_COST).derive(passphrase.encode())


MACHINE_SETTINGS: Final = frozenset({"DATABASE_URL", "DATABASE_DIRECT_URL", "INSTANCE_PATH"})
LOOPBACK_NAMES: Final = frozenset(name.strip("[]") for name in LOOPBACK)
PUBLIC_SITE_SETTINGS: Final = re.compile(r"MAIL_\w+|SITE_URL|SESSION_COOKIE_SECURE|PROXIES")
CLOCK: Final = "CLOCK_STARTS_AT"
SITE_URL: Final = "SITE_URL"
LOCAL_URL: Final = "http://127.0.0.1:8000"
LOCAL_URL_LINE: Final = f"{SITE_URL}={LOCAL_URL}  # make run chose {LOCAL_URL}\n"  # and may again
DATA_KEY: Final = "DATA_KEY"
SECRET_KEY: Final = "SECRET_KEY"  # noqa: S105 – the name of a setting
RESTORED_FILE: Final = "restored-settings.env"
TYPED_NAME: Final = re.compile(
    r"^[ \t]*+(?:export[ \t]++)?+(\w++)[ \t]*+=(?!.*# make run chose )", re.MULTILINE
)
PLAIN_VALUE: Final = re.compile(r"[\w.:/@+-]*")


def list_public(config: Config) -> dict[str, str]:
    """List the settings that are set and not secret, as environment variables."""
    values = {CLOCK: "", **_list_set(config)}  # without a clock the site lives at the real time
    return {name: _format(value) for name, value in values.items() if not _is_secret(value)}


def list_secrets(config: Config) -> dict[str, str]:
    """List the settings that are set and secret."""
    return {name: _format(value) for name, value in _list_set(config).items() if _is_secret(value)}


def select_for_test_copy(settings: Mapping[str, str]) -> dict[str, str]:
    """Return settings without the public address and the mail server."""
    return {
        name: value for name, value in settings.items() if not PUBLIC_SITE_SETTINGS.fullmatch(name)
    }


def require_no_other_key(folder: Path, secrets: Mapping[str, str]) -> None:
    """Raise RuleViolation if the key in the instance folder differs from that of the backup."""
    for name, file_name in KEY_FILES.items():
        path = folder / file_name
        if name in secrets and path.exists() and _read(path).strip() != secrets[name]:
            raise RuleViolation(
                f"{path} is there already, and is not the key of the backup: move it away first"
            )


def describe_key_place(settings_file: Path | None) -> str:
    """Describe where the secret key of this site is stored."""
    if settings_file is None:
        return f"the setting {SECRET_KEY}"
    return str(settings_file.with_name(KEY_FILES[SECRET_KEY]))


def write_settings_file(
    path: Path, settings: Mapping[str, str], secrets: Mapping[str, str]
) -> Sequence[str]:
    """Write ``settings.env`` and the keys, which `make run` and commands read.

    Existing settings in the file stay unchanged.
    """
    for name in KEY_FILES.keys() & secrets.keys():
        _write(path.with_name(KEY_FILES[name]), secrets[name] + "\n")
    existing = _read(path)
    names = {*KEY_FILES, *TYPED_NAME.findall(existing)}
    new = {name: value for name, value in {**settings, **secrets}.items() if name not in names}
    chosen = "" if SITE_URL in {*names, *new} else LOCAL_URL_LINE
    _write(path, (existing.rstrip("\n") + "\n\n").lstrip() + _format_lines(new) + chosen)
    return [f"{path} has the settings of the backup"]


def write_environment_file(
    folder: Path, settings: Mapping[str, str], secrets: Mapping[str, str]
) -> Sequence[str]:
    """Write the settings to a file for the operator; environment variables override files."""
    path = folder / RESTORED_FILE
    _write(path, _format_lines({**settings, **secrets}))
    return [f"Set what is in {path} in the environment of the site, then delete that file"]


def _list_set(config: Config) -> dict[str, Any]:
    return {
        name: value
        for name, value in config
        if name in config.model_fields_set and not _belongs_to_machine(name, value)
    }


def _belongs_to_machine(name: str, value: Any) -> bool:
    is_local = name == SITE_URL and urlsplit(value).hostname in LOOPBACK_NAMES
    return is_local or name in MACHINE_SETTINGS or isinstance(value, Path)


def _is_secret(value: Any) -> bool:
    return isinstance(value, SecretStr) or (
        isinstance(value, tuple) and any(isinstance(one, SecretStr) for one in value)
    )


def _format(value: Any) -> str:
    """Format a value so that it is parsed as the same value."""
    if isinstance(value, tuple):
        return json.dumps([_format(one) for one in value])
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else str(value)


def _format_lines(settings: Mapping[str, str]) -> str:
    lines = [f"{name}={_quote(value)}\n" for name, value in sorted(settings.items())]
    return "# From a backup.\n" + "".join(lines)


def _quote(value: str) -> str:
    if PLAIN_VALUE.fullmatch(value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig") if path.exists() else ""


def _write(path: Path, text: str) -> None:
    """Write a file that only its owner can read, atomically."""
    new = path.with_name(f".{path.name}.new")
    try:
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        new.replace(path)
    except OSError as fault:
        raise RuleViolation(f"{path} cannot be written: {fault.strerror}") from None

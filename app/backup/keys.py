"""The secret settings in a backup, encrypted with a passphrase (scrypt, then AES-256-GCM)."""

import hmac
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from app.backup.archive import KEYS_MEMBER, AlteredBackup
from app.errors import InvalidFile, RuleViolation

MIN_PASSPHRASE_LENGTH: Final = 12  # characters
SALT_BYTES: Final = 16
NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32
SCRYPT_COST: Final = {"n": 2**16, "r": 8, "p": 2}  # 64 MiB; as OWASP recommends for passwords


def require_long_enough(passphrase: str) -> None:
    """Raise RuleViolation if a passphrase could be guessed."""
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
    """Decrypt secret settings; raise InvalidFile if passphrase or manifest is another one."""
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
    """Return what tells whether two places have the same secret key, without giving it away."""
    return hmac.digest(secret_key.encode(), b"fingerprint for backups", "sha256").hex()[:32]


def _derive_key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=KEY_BYTES, **SCRYPT_COST).derive(passphrase.encode())

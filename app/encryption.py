"""Encryption of private texts and files in the database, with the keys in ``DATA_KEY``.

A text is encrypted with AES-256-GCM under the first key; every key decrypts, so that keys can be
rotated. A stored text names its key, and is bound to its place, such as a column of one booking:
moved elsewhere, it cannot be decrypted. Its length is padded, so that it does not reveal which of
several choices was made. Without a key, texts are stored unencrypted.

A text that cannot be decrypted stays as it is stored, so that nothing else fails and the key may
still be restored.

Files are encrypted in chunks. Encrypted bytes cannot be recognised, so the row of the file names
their key.
"""

import os
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as InvalidBase64
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask, current_app

from config import Config, SettingsError

EXTENSION: Final = "data_keys"
PREFIX: Final = "encrypted:1:"
ENCRYPTED: Final = re.compile(r"encrypted:1:([0-9a-f]{8}):([A-Za-z0-9_-]{80,}={0,2})")
KEY: Final = re.compile(r"[\w+/=-]{32,}", re.ASCII)
KEY_BYTES, NONCE_BYTES, KEY_ID_LENGTH = 32, 12, 8
ADDED_BYTES: Final = NONCE_BYTES + 16  # nonce and tag
BLOCK_BYTES: Final = 32  # lengths are padded to a multiple
MALFORMED: Final = (
    "DATA_KEY: must be one or more keys, separated by spaces, each of at least 32 characters from "
    "a to z, A to Z, 0 to 9, - and _"
)


@dataclass(frozen=True)
class KeyRing:
    """The keys, by their ids; the first one encrypts."""

    ciphers: Mapping[str, AESGCM]

    @property
    def current_id(self) -> str:
        """The id of the key that encrypts; empty without keys."""
        return next(iter(self.ciphers), "")

    def encrypt(self, text: str, place: str) -> str:
        """Encrypt a text for a place; empty and already encrypted texts stay unchanged."""
        if not text or not self.ciphers or is_encrypted(text):
            return text
        data = text.encode()
        padded = data + b"\0" * (-len(data) % BLOCK_BYTES)
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self.ciphers[self.current_id].encrypt(nonce, padded, place.encode())
        return f"{PREFIX}{self.current_id}:{urlsafe_b64encode(sealed).decode()}"

    def decrypt(self, stored: str, place: str) -> str:
        """Decrypt a text from a place; one that cannot be decrypted stays unchanged."""
        found = ENCRYPTED.fullmatch(stored)
        cipher = self.ciphers.get(found[1]) if found else None
        if found is None or cipher is None:
            return stored
        try:
            sealed = urlsafe_b64decode(found[2])
            nonce, body = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
            return cipher.decrypt(nonce, body, place.encode()).rstrip(b"\0").decode()
        except (InvalidTag, InvalidBase64):
            return stored

    def encrypt_bytes(self, data: bytes, place: str) -> bytes:
        """Encrypt bytes for a place; unchanged without keys."""
        if not self.ciphers:
            return data
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self.ciphers[self.current_id].encrypt(nonce, data, place.encode())

    def decrypt_bytes(self, stored: bytes, place: str, key_id: str) -> bytes | None:
        """Decrypt bytes from a place with a key; None if that fails."""
        if not key_id:
            return stored
        nonce, body = stored[:NONCE_BYTES], stored[NONCE_BYTES:]
        try:
            return self.ciphers[key_id].decrypt(nonce, body, place.encode())
        except (KeyError, ValueError, InvalidTag):
            return None

    def re_encrypt(self, stored: str, place: str) -> str:
        """Encrypt a stored text under the current key; unchanged if it cannot be decrypted."""
        return (
            stored if self.is_current(stored) else self.encrypt(self.decrypt(stored, place), place)
        )

    def is_current(self, stored: str) -> bool:
        """Return True if a stored text needs no re-encryption."""
        key_id = get_key_id(stored)
        return not stored or (key_id != "" and key_id == self.current_id)

    def has_key_of(self, stored: str) -> bool:
        """Return True if a text's key is present, so that decrypting must have failed."""
        return get_key_id(stored) in self.ciphers


def is_encrypted(text: str) -> bool:
    """Return True if a text is encrypted, or could not be decrypted."""
    return text.startswith(PREFIX) and ENCRYPTED.fullmatch(text) is not None


def get_key_id(stored: str) -> str:
    """Return the id of the key of an encrypted text; empty for any other text."""
    found = ENCRYPTED.fullmatch(stored)
    return found[1] if found else ""


def create_key_ring(config: Config) -> KeyRing:
    """Return the keys of the settings; raise SettingsError if one is malformed."""
    keys = config.DATA_KEY.get_secret_value().split()
    if not all(KEY.fullmatch(key) for key in keys):
        raise SettingsError(MALFORMED)
    return KeyRing({_make_id(key): AESGCM(_derive(key)) for key in keys})


def init_app(app: Flask, config: Config) -> None:
    """Read the keys of an application."""
    app.extensions[EXTENSION] = create_key_ring(config)


def get_key_ring() -> KeyRing:
    """Return the keys of the current application."""
    ring: KeyRing = current_app.extensions[EXTENSION]
    return ring


def _derive(key: str) -> bytes:
    kdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"private texts")
    return kdf.derive(key.encode())


def _make_id(key: str) -> str:
    """Return a short id of a key that does not reveal it."""
    return sha256(b"id of a data key: " + key.encode()).hexdigest()[:KEY_ID_LENGTH]

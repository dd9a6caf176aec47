"""Encryption of private texts and files in the database, with the keys in ``DATA_KEY``.

A text is encrypted with AES-256-GCM under the first key; every key decrypts, so that keys can be
rotated. What is stored names its key, and is bound to its place, such as a column of one booking:
moved to another place, it cannot be read. Its length is rounded up, so that it does not tell which
of several choices was made. Without a key, texts are stored as they are.

What cannot be decrypted stays as it is stored, so that nothing else fails and the key may come
back.

Files are encrypted piece by piece. Bytes cannot say that they are encrypted, so the row of the file
names their key.
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
ADDED_BYTES: Final = NONCE_BYTES + 16  # by which encrypted bytes are longer: nonce and tag
BLOCK_BYTES: Final = 32  # lengths are rounded up to a multiple of it
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
        """Return a text as it is stored in a place; an empty one, and one encrypted, as it is."""
        if not text or not self.ciphers or is_encrypted(text):
            return text
        data = text.encode()
        padded = data + b"\0" * (-len(data) % BLOCK_BYTES)
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self.ciphers[self.current_id].encrypt(nonce, padded, place.encode())
        return f"{PREFIX}{self.current_id}:{urlsafe_b64encode(sealed).decode()}"

    def decrypt(self, stored: str, place: str) -> str:
        """Return the text that is stored in a place; what cannot be decrypted stays as it is."""
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
        """Return bytes as they are stored in a place; without keys as they are."""
        if not self.ciphers:
            return data
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self.ciphers[self.current_id].encrypt(nonce, data, place.encode())

    def decrypt_bytes(self, stored: bytes, place: str, key_id: str) -> bytes | None:
        """Return the bytes that are stored in a place under a key; None if they cannot be read."""
        if not key_id:
            return stored
        nonce, body = stored[:NONCE_BYTES], stored[NONCE_BYTES:]
        try:
            return self.ciphers[key_id].decrypt(nonce, body, place.encode())
        except (KeyError, ValueError, InvalidTag):
            return None

    def re_encrypt(self, stored: str, place: str) -> str:
        """Return what is stored, under the key that encrypts; unchanged if it cannot be read."""
        return (
            stored if self.is_current(stored) else self.encrypt(self.decrypt(stored, place), place)
        )

    def is_current(self, stored: str) -> bool:
        """Return True if nothing has to be done for a stored text to be under the newest key."""
        key_id = get_key_id(stored)
        return not stored or (key_id != "" and key_id == self.current_id)

    def has_key_of(self, stored: str) -> bool:
        """Return True if the key of an encrypted text is here, and so must have failed."""
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
    if not all(KEY.fullmatch(one) for one in keys):
        raise SettingsError(MALFORMED)
    return KeyRing({_make_id(one): AESGCM(_derive(one)) for one in keys})


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
    """Return a short name of a key that does not give it away."""
    return sha256(b"id of a data key: " + key.encode()).hexdigest()[:KEY_ID_LENGTH]

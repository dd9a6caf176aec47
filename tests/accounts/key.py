"""A security key made of Python, to try what no honest key would send (WebAuthn, level 2)."""

import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from secrets import token_bytes
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT_AND_VERIFIED, WITH_KEY = 0x05, 0x40
ORIGIN = "https://conference.example"


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


class Key:
    """A key that makes one credential and signs with it."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        self.credential = token_bytes(32)
        self.signed = 0

    def made(self, question: dict[str, Any], origin: str = ORIGIN) -> str:
        """Answer a question for a new passkey."""
        point = self._private.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}
        length = len(self.credential).to_bytes(2)
        told = self._about(question["rp"]["id"], PRESENT_AND_VERIFIED | WITH_KEY)
        told += bytes(16) + length + self.credential + cbor2.dumps(public)
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": told})
        said = self._said("webauthn.create", question, origin)
        return self._answer(said, attestationObject=attested)

    def shown(self, question: dict[str, Any], origin: str = ORIGIN, site: str = "") -> str:
        """Answer a question for this passkey."""
        self.signed += 1
        told = self._about(site or question["rpId"], PRESENT_AND_VERIFIED)
        said = self._said("webauthn.get", question, origin)
        signature = self._private.sign(told + sha256(said).digest(), ec.ECDSA(SHA256()))
        return self._answer(said, authenticatorData=told, signature=signature)

    def _about(self, site: str, flags: int) -> bytes:
        return sha256(site.encode()).digest() + bytes([flags]) + self.signed.to_bytes(4)

    def _said(self, kind: str, question: dict[str, Any], origin: str) -> bytes:
        told = {"type": kind, "challenge": question["challenge"], "origin": origin}
        return json.dumps({**told, "crossOrigin": False}).encode()

    def _answer(self, said: bytes, **parts: bytes) -> str:
        response = {name: _text(part) for name, part in {"clientDataJSON": said, **parts}.items()}
        name = _text(self.credential)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})

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


class SoftwareKey:
    """A key that makes one credential and signs with it."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = token_bytes(32)
        self.signature_count = 0

    def create_credential(self, options: dict[str, Any], origin: str = ORIGIN) -> str:
        """Answer a question for a new passkey."""
        point = self._private.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}
        length = len(self.credential_id).to_bytes(2)
        authenticator_data = self._authenticator_data(
            options["rp"]["id"], PRESENT_AND_VERIFIED | WITH_KEY
        )
        authenticator_data += bytes(16) + length + self.credential_id + cbor2.dumps(public)
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": authenticator_data})
        client_data = self._client_data("webauthn.create", options, origin)
        return self._encode_response(client_data, attestationObject=attested)

    def sign_assertion(
        self, options: dict[str, Any], origin: str = ORIGIN, relying_party: str = ""
    ) -> str:
        """Answer a question for this passkey."""
        self.signature_count += 1
        authenticator_data = self._authenticator_data(
            relying_party or options["rpId"], PRESENT_AND_VERIFIED
        )
        client_data = self._client_data("webauthn.get", options, origin)
        signature = self._private.sign(
            authenticator_data + sha256(client_data).digest(), ec.ECDSA(SHA256())
        )
        return self._encode_response(
            client_data, authenticatorData=authenticator_data, signature=signature
        )

    def _authenticator_data(self, relying_party: str, flags: int) -> bytes:
        return (
            sha256(relying_party.encode()).digest()
            + bytes([flags])
            + self.signature_count.to_bytes(4)
        )

    def _client_data(self, kind: str, options: dict[str, Any], origin: str) -> bytes:
        data = {"type": kind, "challenge": options["challenge"], "origin": origin}
        return json.dumps({**data, "crossOrigin": False}).encode()

    def _encode_response(self, client_data: bytes, **parts: bytes) -> str:
        response = {
            name: _text(part) for name, part in {"clientDataJSON": client_data, **parts}.items()
        }
        name = _text(self.credential_id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})

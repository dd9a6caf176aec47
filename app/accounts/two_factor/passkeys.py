"""Passkeys (WebAuthn Level 2): creating challenges and verifying responses.

Import this module inside functions: the library takes 13 MB of memory, which most web processes
never need.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import webauthn
from flask import current_app
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    parse_authentication_credential_json,
    structs,
)

from app.accounts.models import Passkey, Person
from app.errors import RuleViolation

TIMEOUT_MINUTES = 5
VERIFICATION_FAILED = "We could not check your passkey. Try again"


@dataclass(frozen=True)
class PasskeyChallenge:
    """A challenge, and the options that the browser passes to the WebAuthn API."""

    challenge: str  # base64url
    options: str  # JSON


@dataclass(frozen=True)
class VerifiedRegistration:
    """The credential of a new passkey."""

    credential: str  # base64url
    public_key: bytes
    sign_count: int


def create_registration_challenge(person: Person, title: str) -> PasskeyChallenge:
    """Create a challenge to register a new passkey."""
    options = webauthn.generate_registration_options(
        rp_id=_host(),
        rp_name=title,
        user_id=f"person {person.id}".encode(),
        user_name=person.email,
        timeout=TIMEOUT_MINUTES * 60_000,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.PREFERRED,
            user_verification=structs.UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_descriptors(person.passkeys),
    )
    return PasskeyChallenge(
        bytes_to_base64url(options.challenge), webauthn.options_to_json(options)
    )


def create_authentication_challenge(person: Person) -> PasskeyChallenge:
    """Create a challenge that any of the person's passkeys may answer."""
    options = webauthn.generate_authentication_options(
        rp_id=_host(),
        timeout=TIMEOUT_MINUTES * 60_000,
        allow_credentials=_descriptors(person.passkeys),
    )
    return PasskeyChallenge(
        bytes_to_base64url(options.challenge), webauthn.options_to_json(options)
    )


def verify_registration(response: str, challenge: str) -> VerifiedRegistration:
    """Verify a browser's response; raise RuleViolation if it is invalid."""
    with _rejecting_invalid():
        checked = webauthn.verify_registration_response(
            credential=response,
            expected_challenge=_decode_challenge(challenge),
            expected_rp_id=_host(),
            expected_origin=_origin(),
        )
    return VerifiedRegistration(
        credential=bytes_to_base64url(checked.credential_id),
        public_key=checked.credential_public_key,
        sign_count=checked.sign_count,
    )


def parse_credential_id(response: str) -> str:
    """Return the id of the credential that a response claims to come from."""
    with _rejecting_invalid():
        return bytes_to_base64url(parse_authentication_credential_json(response).raw_id)


def verify_authentication(response: str, challenge: str, passkey: Passkey) -> int:
    """Verify a response and return the signature counter of the passkey."""
    with _rejecting_invalid():
        checked = webauthn.verify_authentication_response(
            credential=response,
            expected_challenge=_decode_challenge(challenge),
            expected_rp_id=_host(),
            expected_origin=_origin(),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
        )
    return checked.new_sign_count


@contextmanager
def _rejecting_invalid() -> Iterator[None]:
    """Turn any error of the library into a RuleViolation: an invalid response proves nothing."""
    try:
        yield
    except Exception:  # noqa: BLE001 – errors of its own, of CBOR and of Python
        raise RuleViolation(VERIFICATION_FAILED) from None


def _decode_challenge(challenge: str) -> bytes:
    if not challenge:
        raise RuleViolation(VERIFICATION_FAILED)
    return base64url_to_bytes(challenge)


def _descriptors(passkeys: Sequence[Passkey]) -> list[structs.PublicKeyCredentialDescriptor]:
    return [
        structs.PublicKeyCredentialDescriptor(id=base64url_to_bytes(key.credential))
        for key in passkeys
    ]


def _origin() -> str:
    origin: str = current_app.config["SITE_URL"]
    return origin


def _host() -> str:
    return urlsplit(_origin()).hostname or ""

"""Passkeys (WebAuthn, level 2): a question that only the key on a person's device can answer.

Import this where it is used: the library takes 13 MB that most web processes never need.
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
from app.errors import Refused

MINUTES_TO_ANSWER = 5
REFUSED = "That passkey could not be checked. Try again"


@dataclass(frozen=True)
class Question:
    """What a browser asks a key."""

    challenge: str  # base64url
    options: str  # JSON


@dataclass(frozen=True)
class NewKey:
    """What is kept of a new passkey."""

    credential: str  # base64url
    public_key: bytes
    sign_count: int


def question_to_add(person: Person, title: str) -> Question:
    """Ask for a new passkey."""
    options = webauthn.generate_registration_options(
        rp_id=_host(),
        rp_name=title,
        user_id=f"person {person.id}".encode(),
        user_name=person.email,
        timeout=MINUTES_TO_ANSWER * 60_000,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.PREFERRED,
            user_verification=structs.UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_descriptors(person.passkeys),
    )
    return Question(bytes_to_base64url(options.challenge), webauthn.options_to_json(options))


def question_to_pass(person: Person) -> Question:
    """Ask for any passkey of a person."""
    options = webauthn.generate_authentication_options(
        rp_id=_host(),
        timeout=MINUTES_TO_ANSWER * 60_000,
        allow_credentials=_descriptors(person.passkeys),
    )
    return Question(bytes_to_base64url(options.challenge), webauthn.options_to_json(options))


def added(answer: str, challenge: str) -> NewKey:
    """Check what a browser answers about a new passkey."""
    with _refused_if_wrong():
        checked = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=_asked(challenge),
            expected_rp_id=_host(),
            expected_origin=_origin(),
        )
    return NewKey(
        credential=bytes_to_base64url(checked.credential_id),
        public_key=checked.credential_public_key,
        sign_count=checked.sign_count,
    )


def credential_of(answer: str) -> str:
    """Tell from which passkey an answer claims to be."""
    with _refused_if_wrong():
        return bytes_to_base64url(parse_authentication_credential_json(answer).raw_id)


def count_of(answer: str, challenge: str, passkey: Passkey) -> int:
    """Check an answer; tell how often the key has signed, by its own count."""
    with _refused_if_wrong():
        checked = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=_asked(challenge),
            expected_rp_id=_host(),
            expected_origin=_origin(),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
        )
    return checked.new_sign_count


@contextmanager
def _refused_if_wrong() -> Iterator[None]:
    """Refuse an answer that the library stumbles over, however it does: it is no proof."""
    try:
        yield
    except Exception:  # noqa: BLE001 – it raises its own errors, those of CBOR and of Python
        raise Refused(REFUSED) from None


def _asked(challenge: str) -> bytes:
    if not challenge:
        raise Refused(REFUSED)
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

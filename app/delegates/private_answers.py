"""Private answers as they are stored: encrypted, each bound to its column and its row.

``Needs`` binds them to the reference of the booking, drafts and the waiting list to the key by
which a row is found: no row changes these. An answer that cannot be decrypted stays as it is
stored, is never encrypted again, and is shown as a sentence (``show``).
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from flask_babel import lazy_gettext as _l

from app import encryption
from app.encryption import get_key_ring

KEY_MISSING: Final = _l("Cannot be read: the key is missing")
ALTERED: Final = _l("Cannot be read: the stored text was altered or moved")


def place_in_needs(reference: str, column: str) -> str:
    """Return the place of a booking's answer, which its encryption is bound to."""
    return f"needs.{column} {reference}"


def place_in_draft(secret_hash: str) -> str:
    """Return the place of the answers of a draft."""
    return f"application_draft.document {secret_hash}"


def place_in_waiting_list(access_key: str) -> str:
    """Return the place of the answers of an entry of the waiting list."""
    return f"waiting_list_entry.document {access_key}"


def place_in_application(access_key: str) -> str:
    """Return the place of the answers of an application."""
    return f"registration_application.document {access_key}"


def encrypt_need(answer: str, reference: str, column: str) -> str:
    """Encrypt an answer for the needs of a booking."""
    return get_key_ring().encrypt(answer, place_in_needs(reference, column))


def decrypt_need(stored: str, reference: str, column: str) -> str:
    """Decrypt an answer of a booking; it stays encrypted if it cannot be read."""
    return get_key_ring().decrypt(stored, place_in_needs(reference, column))


def prepare_reader(column: str) -> Callable[[str, str], str]:
    """Return a function that decrypts a column, given the reference and the stored value.

    It also works after the request has ended, in the language of the request.
    """
    ring, key_missing, altered = get_key_ring(), str(KEY_MISSING), str(ALTERED)

    def read(reference: str, stored: str) -> str:
        answer = ring.decrypt(stored, place_in_needs(reference, column))
        if not is_unreadable(answer):
            return answer
        return altered if ring.has_key_of(answer) else key_missing

    return read


def encrypt_answers(
    answers: Mapping[str, str], private_names: Collection[str], place: str
) -> dict[str, str]:
    """Return answers as a document stores them, with private ones encrypted."""
    ring = get_key_ring()
    return {
        name: ring.encrypt(answer, f"{place} {name}") if name in private_names else answer
        for name, answer in answers.items()
    }


def decrypt_answers(stored: Mapping[str, str], place: str) -> dict[str, str]:
    """Decrypt the answers of a document; those that cannot be read stay encrypted."""
    ring = get_key_ring()
    return {name: ring.decrypt(text, f"{place} {name}") for name, text in stored.items()}


def is_unreadable(answer: str) -> bool:
    """Return True if an answer could not be decrypted."""
    return encryption.is_encrypted(answer)


def show(answer: str) -> str:
    """Return the sentence shown in place of an answer that cannot be decrypted."""
    return str(ALTERED if get_key_ring().has_key_of(answer) else KEY_MISSING)

"""Signed tokens in URLs and cookies, and signed texts in forms.

A token signs a random key stored in the database.

Read access to the database is not enough to make a token, since that needs the site's secret key.
Replacing the stored key revokes all its tokens. Only the exact text that was issued is accepted,
not another encoding of the same value.
"""

import hmac
from secrets import compare_digest

from flask import current_app
from itsdangerous import BadData, Signer, URLSafeSerializer


def sign(salt: str, key: str) -> str:
    """Return the token of a key; ``salt`` limits it to one purpose."""
    return str(URLSafeSerializer(_secret_keys(), salt=salt).dumps(key))


def unsign(salt: str, token: str) -> str | None:
    """Return the key in a token, or None if the site did not issue it."""
    keys = _secret_keys()
    try:
        key = str(URLSafeSerializer(keys, salt=salt).loads(token))
    except BadData:
        return None
    issued = (str(URLSafeSerializer(one, salt=salt).dumps(key)) for one in keys)
    is_ours = any(compare_digest(token.encode(), one.encode()) for one in issued)
    return key if is_ours else None


def sign_text(salt: str, text: str) -> str:
    """Return a text with its signature, for a form that returns it."""
    return str(Signer(_secret_keys(), salt=salt).sign(text).decode())


def unsign_text(salt: str, signed: str) -> str | None:
    """Return the text without its signature, or None if the signature is invalid."""
    try:
        return str(Signer(_secret_keys(), salt=salt).unsign(signed).decode())
    except BadData:
        return None


def hash_text(salt: str, text: str) -> list[str]:
    """Return the keyed hashes of a text, the one under the current secret key first.

    With the database alone, texts cannot be guessed by trying them out.
    """
    message = f"{salt}:{text}".encode("utf-8", "replace")
    return [hmac.digest(key.encode(), message, "sha256").hex() for key in _secret_keys()[::-1]]


def _secret_keys() -> list[str]:
    """Return the secret keys: former ones first, the current one last (as itsdangerous expects)."""
    fallbacks: list[str] = current_app.config["SECRET_KEY_FALLBACKS"]
    return [*reversed(fallbacks), current_app.config["SECRET_KEY"]]

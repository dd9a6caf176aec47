"""Secrets in addresses and cookies: each is a signature over a random key in a row.

Whoever reads the database cannot make one without the site's own key, and a key that is
replaced ends every secret that was made with it. Only the very text that was given out is taken
back: not another spelling of it that happens to mean the same.
"""

from secrets import compare_digest

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer


def signed(purpose: str, key: str) -> str:
    """Give the secret that stands for a key, good for one purpose."""
    return str(URLSafeSerializer(_keys(), salt=purpose).dumps(key))


def read(purpose: str, token: str) -> str | None:
    """Read a key back from its secret; nothing where we did not give it out."""
    keys = _keys()
    try:
        key = str(URLSafeSerializer(keys, salt=purpose).loads(token))
    except BadData:
        return None
    given_out = (str(URLSafeSerializer(one, salt=purpose).dumps(key)) for one in keys)
    is_ours = any(compare_digest(token.encode(), one.encode()) for one in given_out)
    return key if is_ours else None


def _keys() -> list[str]:
    """List the keys that may have signed a secret: those that were used before, then today's."""
    before: list[str] = current_app.config["SECRET_KEY_FALLBACKS"]
    return [*reversed(before), current_app.config["SECRET_KEY"]]

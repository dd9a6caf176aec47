"""Codes of an authenticator app (TOTP, RFC 6238), which change every half minute.

The secret that an app shares with the site is kept encrypted, under a key that is made from the
site's own.
"""

import hmac
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING

import pyotp
from flask import current_app

from app import clock
from app.errors import Refused

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

STEP = 30  # seconds for which a code is shown
EARLY_AND_LATE = (0, -1, 1)  # steps by which a telephone's clock may be wrong
GROUP = 4  # characters of a secret that are typed at a time
UNREADABLE = "The codes of your app cannot be checked any more. Use a recovery code"


def new_secret() -> str:
    """Make a secret for an app."""
    return pyotp.random_base32()


def sealed(secret: str) -> str:
    """Encrypt a secret under the newest key."""
    return _keys().encrypt(secret.encode()).decode()


def opened(kept: str) -> str:
    """Decrypt a secret that was encrypted under the key of the site, or an earlier one."""
    from cryptography.fernet import InvalidToken  # noqa: PLC0415 – 6 MB, where it is needed

    try:
        return _keys().decrypt(kept).decode()
    except InvalidToken:
        raise Refused(UNREADABLE) from None


def in_groups(secret: str) -> str:
    """Write a secret so that it can be typed: KVKF KRCP …."""
    return " ".join(secret[start : start + GROUP] for start in range(0, len(secret), GROUP))


def told(secret: str, email: str, title: str) -> str:
    """Give what an app wants to know, as an address."""
    issuer = " ".join(title.replace(":", " ").split())  # a colon ends it
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)


def step_of(secret: str, code: str) -> int | None:
    """Tell to which half minute a code belongs, by the real clock; to none, if it is wrong."""
    codes = pyotp.HOTP(secret)
    now = int(clock.real_now().timestamp()) // STEP
    typed = code.encode()
    near = (now + wrong for wrong in EARLY_AND_LATE)
    return next((s for s in near if hmac.compare_digest(codes.at(s).encode(), typed)), None)


def _keys() -> "MultiFernet":
    from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415 – as above

    keys = [current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]]
    return MultiFernet([Fernet(_made_from(key)) for key in keys])


def _made_from(key: str) -> bytes:
    return urlsafe_b64encode(hmac.digest(key.encode(), b"authenticator secrets", "sha256"))

"""Time-based one-time passwords (TOTP, RFC 6238) of authenticator apps.

The shared secret is stored encrypted, with a key derived from the site's secret key.
"""

import hmac
from base64 import urlsafe_b64encode

import pyotp
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import current_app

from app import clock
from app.errors import RuleViolation

STEP_SECONDS = 30  # seconds
CLOCK_DRIFT_STEPS = (0, -1, 1)  # allowed clock drift of a phone, in steps
GROUP_LENGTH = 4  # characters per group of a secret
SECRET_UNREADABLE = "We can no longer check codes from your app. Use a recovery code"  # noqa: S105 – a message


def generate_secret() -> str:
    """Generate a secret in Base32."""
    return pyotp.random_base32()


def encrypt(secret: str) -> str:
    """Encrypt a secret with the newest key."""
    return _fernet().encrypt(secret.encode()).decode()


def decrypt(encrypted: str) -> str:
    """Decrypt a secret that was encrypted with the current or an earlier secret key."""
    try:
        return _fernet().decrypt(encrypted).decode()
    except InvalidToken:
        raise RuleViolation(SECRET_UNREADABLE) from None


def format_secret(secret: str) -> str:
    """Return a secret in groups that are easy to type: KVKF KRCP …."""
    return " ".join(
        secret[start : start + GROUP_LENGTH] for start in range(0, len(secret), GROUP_LENGTH)
    )


def provisioning_uri(secret: str, email: str, title: str) -> str:
    """Return the otpauth: URI that an app reads from a QR code."""
    issuer = " ".join(title.replace(":", " ").split())  # a colon would end the issuer
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)


def verify_code(secret: str, code: str) -> int | None:
    """Return the time step that a code belongs to, in real time, or None if the code is wrong."""
    codes = pyotp.HOTP(secret)
    now = int(clock.real_now().timestamp()) // STEP_SECONDS
    typed = code.encode()
    steps = (now + wrong for wrong in CLOCK_DRIFT_STEPS)
    return next((s for s in steps if hmac.compare_digest(codes.at(s).encode(), typed)), None)


def _fernet() -> MultiFernet:
    keys = [current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]]
    return MultiFernet([Fernet(_derive_key(key)) for key in keys])


def _derive_key(key: str) -> bytes:
    return urlsafe_b64encode(hmac.digest(key.encode(), b"authenticator secrets", "sha256"))

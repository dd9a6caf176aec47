"""Signing emails, so that receiving servers can see that they are from the sender's domain.

A signature (DKIM, RFC 6376) covers the text and the headers that people and mail programs rely on.
The public key is in the DNS, under a name that consists of a selector and the domain. Headers that
may occur only once are signed once more than they occur, so that another cannot be added.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from app import clock
from config import Config, SettingsError

MIN_RSA_BITS = 1024  # shorter keys are ignored (RFC 8301)
SIGNED_ONCE_MORE = (
    *("from", "to", "subject", "date", "message-id", "reply-to"),
    *("list-unsubscribe", "list-unsubscribe-post"),
)
SIGNED = (
    *("mime-version", "content-type", "content-transfer-encoding", "content-language"),
    *("auto-submitted", "x-booking-reference"),
)
HEADER = re.compile(rb"^([^\s:]+)[ \t]*:((?:[^\r\n]|\r\n[ \t])*)\r\n", re.MULTILINE)
WHITESPACE = re.compile(rb"[ \t]{2,}|\t")
LINE_BREAK = re.compile(rb"\r\n(?=[ \t])")
PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----(.*?)-----END \1-----", re.DOTALL)
MAX_LINE_LENGTH = 72  # characters

DNS_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")

PrivateKey: TypeAlias = RSAPrivateKey | Ed25519PrivateKey


def create_signer(config: Config) -> "DkimSigner | None":
    """Return the signer of emails, or None without a key; raise SettingsError for a bad key."""
    selector = config.MAIL_DKIM_SELECTOR.lower()
    sender = config.MAIL_DEFAULT_SENDER.rpartition("@")[2].lower()
    domain = config.MAIL_DKIM_DOMAIN.lower() or sender
    if selector and not DNS_NAME.fullmatch(selector):
        raise SettingsError("MAIL_DKIM_SELECTOR: must be a name in the DNS, like conference2008")
    if not f".{sender}".endswith(f".{domain}"):
        raise SettingsError(
            f"MAIL_DKIM_DOMAIN: must be {sender}, as in MAIL_DEFAULT_SENDER, or a domain above it"
        )
    key = _load_configured_key(config)
    if key is not None and not selector:
        raise SettingsError("MAIL_DKIM_SELECTOR: is not set, but a key is: it is the key’s name")
    return DkimSigner(key, domain, selector) if key is not None else None


def _load_configured_key(config: Config) -> PrivateKey | None:
    text, file = config.MAIL_DKIM_KEY.get_secret_value(), config.MAIL_DKIM_KEY_FILE
    name = "MAIL_DKIM_KEY_FILE" if file else "MAIL_DKIM_KEY"
    if text and file:
        raise SettingsError(f"{name}: is set and MAIL_DKIM_KEY too: set one of them, not both")
    try:
        text = file.read_text(encoding="ascii", errors="replace") if file else text
        return load_key(text) if text else None
    except OSError as fault:
        raise SettingsError(f"{name}: cannot be read: {fault.strerror}") from None
    except ValueError as fault:
        raise SettingsError(f"{name}: {fault}") from None


def load_key(text: str) -> PrivateKey:
    """Load a private key; raise ValueError with a description of the fault.

    The key may also be on one line, with spaces or a literal backslash and n between its lines.
    """
    found = PEM.search(text.replace("\\n", "\n"))
    if found is None:
        raise ValueError("must be a private key in PEM format: -----BEGIN PRIVATE KEY----- …")
    label, body = found[1], "".join(found[2].split())
    pem = "\n".join([f"-----BEGIN {label}-----", *wrap(body, 64), f"-----END {label}-----", ""])
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except TypeError:
        raise ValueError("must be a key without a passphrase") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("cannot be read as a private key: was all of it copied?") from None
    if isinstance(key, Ed25519PrivateKey):
        return key
    if isinstance(key, RSAPrivateKey) and key.key_size >= MIN_RSA_BITS:
        return key
    raise ValueError(f"must be an RSA key of {MIN_RSA_BITS} bits or more, or an Ed25519 key")


def format_record(key: PrivateKey) -> str:
    """Return the DNS record of a key."""
    if isinstance(key, RSAPrivateKey):
        encoded = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return f"v=DKIM1; k=rsa; p={_encode(encoded)}"
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"v=DKIM1; k=ed25519; p={_encode(raw)}"


@dataclass(frozen=True)
class DkimSigner:
    """Signs emails with one key."""

    key: PrivateKey
    domain: str
    selector: str

    def sign(self, message: bytes) -> bytes:
        """Return an email with CRLF line ends, with its signature before its headers."""
        head, _, body = message.partition(b"\r\n\r\n")
        headers = [(name.lower(), value) for name, value in HEADER.findall(head + b"\r\n")]
        names = list(_choose_names([name.decode(errors="replace") for name, _ in headers]))
        algorithm = "rsa-sha256" if isinstance(self.key, RSAPrivateKey) else "ed25519-sha256"
        tags = [
            *("v=1", f"a={algorithm}", "c=relaxed/relaxed", f"d={self.domain}"),
            *(f"s={self.selector}", f"t={int(clock.real_now().timestamp())}"),
            "h=" + _fold(" : ".join(names)),
            f"bh={_encode(hashlib.sha256(_canonicalise_body(body)).digest())}",
            "b=",
        ]
        value = " " + ";\r\n\t".join(tags)
        signed = [*_select(headers, names), (b"dkim-signature", value.encode())]
        data = b"\r\n".join(_canonicalise_header(*header) for header in signed)
        signature = _fold(_encode(self._sign(data)))
        return f"DKIM-Signature:{value}{signature}\r\n".encode() + message

    def _sign(self, data: bytes) -> bytes:
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(data, PKCS1v15(), SHA256())
        return self.key.sign(hashlib.sha256(data).digest())  # RFC 8463


def _choose_names(present: Sequence[str]) -> Iterator[str]:
    """Yield the names of the headers to sign, as often as they are signed."""
    for name in (*SIGNED_ONCE_MORE, *SIGNED):
        yield from [name] * (present.count(name) + (name in SIGNED_ONCE_MORE))


def _select(
    headers: Sequence[tuple[bytes, bytes]], names: Sequence[str]
) -> Iterator[tuple[bytes, bytes]]:
    """Yield the headers with these names; of repeated headers the last comes first."""
    remaining = list(reversed(headers))
    for name in names:
        found = next((header for header in remaining if header[0] == name.encode()), None)
        if found is not None:
            remaining.remove(found)
            yield found


def _canonicalise_header(name: bytes, value: bytes) -> bytes:
    unfolded = LINE_BREAK.sub(b"", value)
    return name + b":" + WHITESPACE.sub(b" ", unfolded).strip(b" ")


def _canonicalise_body(body: bytes) -> bytes:
    text = WHITESPACE.sub(b" ", body + b"\r\n").replace(b" \r\n", b"\r\n").rstrip(b"\r\n")
    return text + b"\r\n" if text else b""


def _fold(text: str) -> str:
    return "\r\n\t".join(wrap(text, MAX_LINE_LENGTH, break_on_hyphens=False))


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()

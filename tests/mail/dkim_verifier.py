"""A verifier of DKIM signatures (RFC 6376, RFC 8463), written apart from what signs.

The example of RFC 8463, whose signature is known, proves that it is right.
"""

import base64
import hashlib
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key


def read_tags(text: str) -> dict[str, str]:
    """Read a list of tags, as in a signature and in a record of the DNS."""
    parts = [part.split("=", 1) for part in text.split(";") if part.strip()]
    return {name.strip(): re.sub(r"\s", "", value) for name, value in parts}


def is_signed(message: bytes, record: str) -> bool:
    """Return True if the first header is a signature by the key of a record that is right."""
    text = message.decode("latin-1")
    head, body = text.split("\r\n\r\n", 1)
    lines = re.split(r"\r\n(?![ \t])", head)
    assert lines[0].startswith("DKIM-Signature:")
    tags = read_tags(lines[0].split(":", 1)[1])
    if tags["bh"] != _hash_body(body):
        return False
    headers = [(line.split(":", 1)[0].strip().lower(), line) for line in lines[1:]]
    data = ""
    for name in tags["h"].split(":"):
        places = [place for place, (one, _) in enumerate(headers) if one == name.lower()]
        if places:
            data += _relax(headers.pop(places[-1])[1]) + "\r\n"
    data += _relax(re.sub(r"([;\s]b=)[^;]*", r"\1", lines[0]))
    return _verify(read_tags(record)["p"], tags["b"], data.encode("latin-1"))


def _hash_body(body: str) -> str:
    lines = [re.sub(r"[ \t]+", " ", line).rstrip(" ") for line in body.split("\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    text = "".join(f"{line}\r\n" for line in lines)
    return base64.b64encode(hashlib.sha256(text.encode("latin-1")).digest()).decode()


def _relax(line: str) -> str:
    name, value = line.split(":", 1)
    plain = re.sub(r"[ \t\r\n]+", " ", value).strip()
    return f"{name.strip().lower()}:{plain}"


def _verify(key: str, signature: str, data: bytes) -> bool:
    raw, signed = base64.b64decode(key), base64.b64decode(signature)
    try:
        if len(raw) == 32:
            Ed25519PublicKey.from_public_bytes(raw).verify(signed, hashlib.sha256(data).digest())
        else:
            public = load_der_public_key(raw)
            assert isinstance(public, RSAPublicKey)
            public.verify(signed, data, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True

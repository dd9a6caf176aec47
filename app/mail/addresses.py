"""Email addresses in comparable form: in lower case, with Unicode domains.

That is how forms and imports store them (zoë@bücher.example), and how people read them. Mail
servers and their reports may write the domain in ASCII instead (zoë@xn--bcher-kva.example).
"""

import unicodedata
from contextlib import suppress

import idna

ASCII_LABEL = "xn--"  # the prefix of an ASCII label that stands for a Unicode one (IDNA)


def normalise_address(address: str) -> str:
    """Return an address in comparable form, the same for every way of typing it."""
    tidy = unicodedata.normalize("NFC", address).strip()
    username, _, domain = decode_domain(tidy).rpartition("@")
    return f"{username.casefold()}@{domain.lower()}"


def decode_domain(address: str) -> str:
    """Return an address with its domain in Unicode, if the domain is valid."""
    username, separator, domain = address.rpartition("@")
    if not domain.isascii() or ASCII_LABEL in domain.lower():
        with suppress(UnicodeError):
            domain = idna.decode(to_ascii_domain(domain))
    return f"{username}{separator}{domain}"


def encode_domain(address: str) -> str:
    """Return an address with its domain in ASCII, if the domain is valid."""
    username, separator, domain = address.rpartition("@")
    with suppress(UnicodeError):
        domain = to_ascii_domain(domain)
    return f"{username}{separator}{domain}"


def to_ascii_domain(domain: str) -> str:
    """Convert a domain to ASCII (IDNA): bücher.example becomes xn--bcher-kva.example."""
    return domain if domain.isascii() else idna.encode(domain, uts46=True).decode()

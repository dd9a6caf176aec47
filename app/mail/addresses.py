"""Email addresses in comparable form: without case, and with Unicode domains.

That is how forms and imports store them (zoë@bücher.example), and how people read them. Mail
servers and their reports may write the domain in ASCII instead (zoë@xn--bcher-kva.example).

Whether two addresses are one and the same is decided by ``normalise_address`` wherever that stops
or refuses something: a second registration, a group email, one email too many; so is whether it is
a speaker who registers on their own pages. What an address
opens is decided more strictly: the links of a booking, a sign-in and a speaker's pages belong to
the address in lower case, in which ß and ss are two mailboxes.
"""

import unicodedata
from contextlib import suppress

import idna

ASCII_LABEL = "xn--"  # the prefix of an ASCII label that stands for a Unicode one (IDNA)


def normalise_address(address: str) -> str:
    """Return the form in which addresses are compared: two that are equal in it are the same.

    Before the @ case does not count, although a server might tell letters apart by it (RFC 5321):
    no well-known one does, and people type both. So “STRASSE”, “Straße” and “straße” are the same:
    Unicode compares without case by folding, and capitals of ß are SS. A letter with an accent is
    the same in one character or two (NFC, RFC 6532). That RFC warns against folding more (NFKC):
    full-width letters and raised digits stay what they are.

    After the @ is a domain, which is compared as its owner registered it (IDNA, RFC 5891): case and
    full width do not count, nor whether it is written in ASCII, but straße.example and
    strasse.example are two domains.
    """
    tidy = unicodedata.normalize("NFC", address).strip()
    username, _, domain = decode_domain(tidy).rpartition("@")
    return f"{username.casefold()}@{domain.lower()}"


def is_same_address(one: str, other: str) -> bool:
    """Return True if two addresses are equal apart from their spelling."""
    return normalise_address(one) == normalise_address(other)


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

"""Where someone goes on to after signing in: only ever to an address of this site."""

from urllib.parse import urlsplit

from flask import request

LONGEST = 500  # characters


def asked_for() -> str:
    """Give the address that someone was on the way to, carried from page to page as `next`."""
    return local(request.args.get("next", ""))


def local(address: str) -> str:
    """Give an address back if it is a path on this site, as every browser reads it; else nothing.

    Browsers take a backslash for a slash and leave out tabs and line ends, so an address with
    anything but plain printable characters is none of ours.
    """
    is_plain = address.isascii() and address.isprintable() and not set(address) & set("\\ \"'<>")
    if not is_plain or len(address) > LONGEST or not address.startswith("/"):
        return ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return "" if address.startswith("//") or parts.scheme or parts.netloc else address

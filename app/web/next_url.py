"""The redirect target after signing in; only addresses on this site are allowed."""

from urllib.parse import urlsplit

from flask import request

MAX_URL_LENGTH = 500  # characters


def requested_next() -> str:
    """Return the ``next`` parameter of this request, or "" if it is not safe."""
    return safe_path_or_blank(request.args.get("next", ""))


def safe_path_or_blank(address: str) -> str:
    """Return the address if every browser reads it as a path on this site, else "".

    Browsers treat a backslash as a slash and drop tabs and line breaks, so only plain printable
    ASCII characters are accepted.
    """
    is_plain = address.isascii() and address.isprintable() and not set(address) & set("\\ \"'<>")
    if not is_plain or len(address) > MAX_URL_LENGTH or not address.startswith("/"):
        return ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return "" if address.startswith("//") or parts.scheme or parts.netloc else address

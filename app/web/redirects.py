"""Redirects after an action: only to this site, with a flash message that needs no session.

After an action, a view redirects with ``redirect_to(url, "undone")``, and the next page shows the
message of that key above its heading. The URL contains only the key, so no one can inject a text.
Each area of the site has its own keys; the modules of its views declare them.
"""

from collections import defaultdict
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Response, request

FLASH_PARAM: Final = "done"  # the query parameter

# By area (the name of the outermost blueprint) and key.
MESSAGES: Final[dict[str, dict[str, Any]]] = defaultdict(dict)


def with_flash(url: str, message_key: str) -> str:
    """Return the URL with the key of a flash message."""
    parts = urlsplit(url)
    question = [pair for pair in parse_qsl(parts.query) if pair[0] != FLASH_PARAM]
    return parts._replace(query=urlencode([*question, (FLASH_PARAM, message_key)])).geturl()


def redirect_to(url: str, message_key: str) -> Response:
    """Redirect to a page that shows a message."""
    return Response(status=303, headers={"Location": with_flash(url, message_key)})


def referrer_or(default: str) -> str:
    """Return the path of the referring page if it is on this site, else the default."""
    referrer = urlsplit(request.referrer or "")
    path = f"{referrer.path}?{referrer.query}" if referrer.query else referrer.path
    return (safe_path_or_blank(path) if referrer.netloc == request.host else "") or default


def has_flash() -> bool:
    """Return True if this page shows a flash message."""
    return bool(flash_context()["flash_message"])


def flash_context() -> dict[str, str]:
    """Return the message of this request; "" if there is none or it is unknown."""
    messages = MESSAGES.get(request.blueprints[-1], {})
    return {"flash_message": str(messages.get(request.args.get(FLASH_PARAM, ""), ""))}


MAX_URL_LENGTH = 500  # characters


def requested_next() -> str:
    """Return the ``next`` parameter of this request, or "" if it is not safe."""
    return safe_path_or_blank(request.args.get("next", ""))


def safe_path_or_blank(address: str) -> str:
    """Return the URL if every browser reads it as a path on this site, else "".

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

"""Links by which people unsubscribe from group emails, without signing in (RFC 2369, RFC 8058).

A link signs a random key that is stored with an address: it does not reveal the person, and cannot
be guessed. It is valid as long as its signing key is known.
"""

import secrets
from collections.abc import Iterable, Sequence
from itertools import islice

from flask_babel import gettext
from sqlalchemy import select

from app.database import db, insert_if_absent
from app.errors import NotFound
from app.mail import suppression
from app.mail.addresses import normalise_address
from app.mail.models import UNSUBSCRIBED, UnsubscribeKey
from app.mail.suppression import NOT_THEIR_WISH
from app.web import signing
from app.web.rendering import absolute_url

ON, OFF, STOPPED = "on", "off", "stopped"
PURPOSE = "unsubscribe"
KEY_BYTES = 18
BATCH_SIZE = 5000  # addresses in one statement
INVALID_LINK = "The link is not complete. Copy all of it from your email"


def get_urls(addresses: Iterable[str]) -> dict[str, str]:
    """Return the link of each address, by the address as passed.

    Missing keys are created in one statement for up to 5,000 addresses.
    """
    urls: dict[str, str] = {}
    remaining = iter(dict.fromkeys(addresses))
    while batch := list(islice(remaining, BATCH_SIZE)):
        keys = _get_keys(batch)
        urls |= {one: build_url(keys[normalise_address(one)]) for one in batch}
    return urls


def get_url(address: str) -> str:
    """Return the link of one address."""
    return get_urls([address])[address]


def unsubscribe_headers(url: str) -> dict[str, str]:
    """Return the headers of a group email, with the link of its recipient.

    Mail programs show a button for them. A signature (DKIM) must cover both.
    """
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def unsubscribe_footer(url: str) -> str:
    """Return the sentence with the link at the end of a group email, in the email layout."""
    sentence = gettext(
        "This email is about the conference and not about your booking. "
        "To stop emails like this one, open this page:"
    )
    return f"{sentence}\n{url}"


def build_url(key: str) -> str:
    """Return the link that signs a key."""
    return absolute_url("unsubscribe.show", token=signing.sign(PURPOSE, key))


def find_address(token: str) -> str:
    """Return the address of a link, or the hash that replaced it; raise NotFound for others."""
    key = signing.unsign(PURPOSE, token)
    address = key and db.session.scalar(
        select(UnsubscribeKey.address).where(UnsubscribeKey.key == key)
    )
    if not address:
        raise NotFound(INVALID_LINK)
    return address


def get_preference(address: str) -> str:
    """Return whether an address gets group emails: ON, OFF, or STOPPED by others."""
    reasons = {reason.reason for reason in suppression.list_reasons(address)}
    if reasons.intersection(NOT_THEIR_WISH):
        return STOPPED
    return OFF if reasons else ON


def set_preference(address: str, *, is_on: bool) -> None:
    """Stop or resume group emails, at the recipient's request."""
    if is_on:
        suppression.subscribe(address)
    else:
        suppression.suppress(address, UNSUBSCRIBED)


def _get_keys(addresses: Sequence[str]) -> dict[str, str]:
    normalised = {normalise_address(address) for address in addresses}
    keys = _find_keys(normalised)
    missing = sorted(normalised - keys.keys())
    if missing:
        rows = [{"address": one, "key": secrets.token_urlsafe(KEY_BYTES)} for one in missing]
        insert_if_absent(UnsubscribeKey, rows)
        keys |= _find_keys(missing)
    return keys


def _find_keys(normalised: Iterable[str]) -> dict[str, str]:
    rows = db.session.scalars(
        select(UnsubscribeKey).where(UnsubscribeKey.address.in_(list(normalised)))
    )
    return {row.address: row.key for row in rows}

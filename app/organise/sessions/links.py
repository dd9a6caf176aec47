"""The links of a session as a person types them: one a line, the address and then its words."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask_babel import gettext
from wtforms import TextAreaField
from wtforms.validators import ValidationError

MOST = 50
LONGEST_ADDRESS = 2_000  # characters
LONGEST_LABEL = 300
SCHEMES = frozenset({"http", "https"})


def shown(links: Sequence[Sequence[str]]) -> str:
    """Write links one a line."""
    return "\n".join(f"{address} {label}".strip() for address, label in links)


def read(typed: str) -> list[list[str]]:
    """Read links; one without words is called by the name of its site."""
    parted = [line.split(maxsplit=1) for line in typed.splitlines() if line.strip()]
    return [[address, rest[0].strip() if rest else _host(address)] for address, *rest in parted]


def check(_form: object, field: TextAreaField) -> None:
    """Refuse what does not lead to a website, and too many links."""
    links = read(field.data or "")
    if len(links) > MOST:
        raise ValidationError(gettext("Give at most %(most)s links", most=MOST))
    for number, (address, label) in enumerate(links, start=1):
        if not _leads_to_a_site(address):
            raise ValidationError(
                gettext(
                    "Link %(number)s must begin with a web address such as https://example.org",
                    number=number,
                )
            )
        if len(label) > LONGEST_LABEL:
            raise ValidationError(
                gettext("The words of link %(number)s are too long", number=number)
            )


def _leads_to_a_site(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    is_whole = parts.scheme in SCHEMES and bool(parts.hostname)
    return is_whole and len(address) <= LONGEST_ADDRESS


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or address
    except ValueError:
        return address

"""The links of a session, as they are typed: one URL per line, with its text."""

from urllib.parse import urlsplit

from flask_babel import gettext
from wtforms import TextAreaField
from wtforms.validators import ValidationError

from app.programme.fields.table import parse_links

MAX_LINKS = 50
MAX_URL_LENGTH = 2_000  # characters
MAX_LABEL_LENGTH = 300
SCHEMES = frozenset({"http", "https"})


def validate_links(_form: object, field: TextAreaField) -> None:
    """Raise ValidationError for too many links, or a line without a URL."""
    links = parse_links(field.data or "")
    if len(links) > MAX_LINKS:
        raise ValidationError(gettext("Enter %(most)s links or fewer", most=MAX_LINKS))
    for number, (address, label) in enumerate(links, start=1):
        if not _is_web_url(address):
            raise ValidationError(
                gettext(
                    "Link %(number)s must start with a web address like https://example.org",
                    number=number,
                )
            )
        if len(label) > MAX_LABEL_LENGTH:
            raise ValidationError(gettext("The text of link %(number)s is too long", number=number))


def _is_web_url(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    is_whole = parts.scheme in SCHEMES and bool(parts.hostname)
    return is_whole and len(address) <= MAX_URL_LENGTH

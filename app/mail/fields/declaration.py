"""How an email declares its placeholders, and those that many emails have.

A value is a Jinja expression of the variables of the template, or the name of a part that the site
writes itself. ``app.mail.shipped_texts`` finds the same expressions in the template and replaces
them by the placeholders, so that organisers start with the shipped text.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from app.mail.placeholders import Placeholder, PlaceholderKind, Placeholders


@dataclass(frozen=True)
class EmailField:
    """A placeholder and the source of its value."""

    placeholder: Placeholder
    source: str  # a Jinja expression, or the file of a part
    condition: str = ""  # an expression; the value is empty unless it holds
    is_optional: bool = False  # empty for some people

    @property
    def is_part(self) -> bool:
        """Return True if its value is a part that the site writes."""
        return self.source.endswith(".txt")

    @property
    def is_block(self) -> bool:
        """Return True if it must be on a line of its own."""
        return self.placeholder.kind is PlaceholderKind.BLOCK


@dataclass(frozen=True)
class EmailFields:
    """The placeholders of an email, and those that may not be left out."""

    fields: Mapping[str, EmailField]
    required: Collection[str] = ()

    @property
    def placeholders(self) -> Placeholders:
        """The placeholders by their names."""
        return {name: field.placeholder for name, field in self.fields.items()}


def value(
    name: str, label: Any, source: str, condition: str = "", *, is_optional: bool = False
) -> EmailField:
    """Declare a placeholder for a word or a line."""
    return EmailField(Placeholder(name, label), source, condition, is_optional)


def link(name: str, label: Any, source: str) -> EmailField:
    """Declare a placeholder for a link."""
    return EmailField(Placeholder(name, label, kind=PlaceholderKind.LINK), source)


def block(
    name: str, label: Any, source: str, condition: str = "", *, is_optional: bool = False
) -> EmailField:
    """Declare a placeholder for a part that needs its own lines."""
    placeholder = Placeholder(name, label, kind=PlaceholderKind.BLOCK)
    return EmailField(placeholder, source, condition, is_optional)


def declare(*fields: EmailField, required: Collection[str] = ()) -> EmailFields:
    """Declare an email; each may also use the conference's name and contact."""
    known = (*fields, CONFERENCE, CONTACT)
    return EmailFields({one.placeholder.name: one for one in known}, required)


CONFERENCE = value("conference", _l("Title of the conference"), "conference.title")
CONTACT = link("contact", _l("Contact email address, or else the contact page"), "contact")
NAME = value("name", _l("Full name"), "delegate.full_name")
GIVEN_NAMES = value("given_names", _l("Given names"), "delegate.given_names")
ORGANISATION = value("organisation", _l("Organisation"), "delegate.organisation", is_optional=True)
REFERENCE = value("reference", _l("Booking reference"), "delegate.reference")
OFFER_END = value("offer_ends", _l("When the offer ends"), "entry.offer_ends_at | local_moment")
BOOKING_LINK = link("booking_link", _l("Link that opens the booking"), "booking_link(delegate)")
BOOKING = (NAME, GIVEN_NAMES, ORGANISATION, REFERENCE)
TICKET = block("ticket", _l("Ticket, with the days booked"), "mail/ticket.txt")
CATEGORY_TEXT = block(
    "category_text",
    _l("Text for people in the category of the delegate"),
    "mail/parts/category_text.txt",
    is_optional=True,
)
PROGRAMME_PAGE = link("programme", _l("Programme"), 'absolute_url("programme.whole")')
REGISTRATION_PAGE = link(
    "registration_page", _l("Page to register"), 'absolute_url("registration.start")'
)
DAYS_VALID = value("link_days", _l("Days until the link expires"), "days")
SIGN_IN_PAGE = link(
    "sign_in_page", _l("Page to get a new link"), 'absolute_url("accounts.sign_in")'
)


def several(name: str, label: Any, count: str) -> EmailField:
    """Declare a placeholder that is only for “only if”: whether there are several of something."""
    return value(name, label, '"yes"', f"{count} > 1", is_optional=True)

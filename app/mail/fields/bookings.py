"""The placeholders of emails about a booking or a group."""

from collections.abc import Mapping
from typing import Final

from flask_babel import lazy_gettext as _l

from app.mail.fields.declaration import (
    BOOKING,
    BOOKING_LINK,
    CATEGORY_TEXT,
    PROGRAMME_PAGE,
    REGISTRATION_PAGE,
    TICKET,
    EmailFields,
    block,
    declare,
    link,
    several,
    value,
)

ANSWER_LINK = link(
    "booking_link", _l("Link that opens the answer"), 'booking_link(delegate) ~ "#our-answers"'
)
GROUP_CONTACT = value("name", _l("Name of the contact"), "group.name")
GROUP_PEOPLE = block(
    "people", _l("Who has a place and who has none"), "mail/parts/group_people.txt"
)
GROUP_LINK = link("group_link", _l("Link that opens the group"), "group_link(group)")
OLD_EMAIL = value("old_email", _l("Old email address"), "old")
NEW_EMAIL = value("new_email", _l("New email address, mostly hidden"), "masked")
ADDRESS_DETAILS = block(
    "details",
    _l("Booking reference, old and new email address"),
    "mail/parts/address_details.txt",
)
ADDRESS_CHANGE = declare(
    *BOOKING, OLD_EMAIL, NEW_EMAIL, ADDRESS_DETAILS, required={"contact", "details"}
)

BOOKINGS: Final[Mapping[str, EmailFields]] = {
    "registration_confirmed": declare(
        *BOOKING,
        TICKET,
        block(
            "registered_by",
            _l("Who registered them, if it was the team or the contact of a group"),
            "mail/parts/registered_by.txt",
            is_optional=True,
        ),
        block(
            "needs_removed",
            _l("Sentence if requirements were deleted"),
            "mail/parts/needs_removed.txt",
            is_optional=True,
        ),
        CATEGORY_TEXT,
        PROGRAMME_PAGE,
        BOOKING_LINK,
        required={"ticket", "booking_link"},
    ),
    "already_registered": declare(
        *BOOKING,
        TICKET,
        BOOKING_LINK,
        required={"ticket", "booking_link"},
    ),
    "group_registered": declare(
        GROUP_CONTACT, GROUP_PEOPLE, GROUP_LINK, required={"people", "group_link"}
    ),
    "group_changed": declare(
        GROUP_CONTACT,
        value("person", _l("Person who was added or left"), "person"),
        value(
            "left",
            _l("The person left the group (for “only if”)"),
            '"yes"',
            'change == "left"',
            is_optional=True,
        ),
        GROUP_PEOPLE,
        GROUP_LINK,
        required={"people", "group_link"},
    ),
    "booking_changed": declare(
        *BOOKING,
        block("changes", _l("What changed, before and now"), "mail/parts/booking_changes.txt"),
        TICKET,
        BOOKING_LINK,
        required={"changes", "ticket", "booking_link"},
    ),
    "booking_cancelled": declare(
        *BOOKING,
        value("reason", _l("Reason that the team gave"), "reason", is_optional=True),
        value("kept", _l("Booking that they keep, if they had two"), "kept", is_optional=True),
        block(
            "details",
            _l("Booking reference, when it was cancelled, and seats in sessions given back"),
            "mail/parts/cancelled_booking.txt",
        ),
        BOOKING_LINK,
        REGISTRATION_PAGE,
        required={"reason", "booking_link"},
    ),
    "booking_restored": declare(
        *BOOKING,
        TICKET,
        BOOKING_LINK,
        required={"ticket", "booking_link"},
    ),
    "requirements_changed": declare(*BOOKING, BOOKING_LINK, required={"booking_link"}),
    "access_answered": declare(*BOOKING, ANSWER_LINK, required={"booking_link"}),
    "booking_links": declare(
        block("bookings", _l("Bookings, each with its link"), "mail/parts/bookings.txt"),
        several("several_bookings", _l("Several bookings (for “only if”)"), "delegates | length"),
        required={"bookings"},
    ),
    "no_booking": declare(
        link(
            "booking_link_page",
            _l("Page to get the link to a booking"),
            'absolute_url("bookings.request_link")',
        ),
        REGISTRATION_PAGE,
    ),
    "address_to_confirm": declare(
        *BOOKING,
        value("new_email", _l("New email address"), "delegate.pending_email"),
        link(
            "confirm_link",
            _l("Link that confirms the new email address"),
            "email_change_link(delegate)",
        ),
        required={"confirm_link"},
    ),
    "address_changed": ADDRESS_CHANGE,
    "address_corrected": ADDRESS_CHANGE,
    "address_change_asked": declare(*BOOKING, BOOKING_LINK, required={"booking_link"}),
}

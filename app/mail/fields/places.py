"""The placeholders of emails to applicants and people who are waiting."""

from collections.abc import Mapping
from typing import Final

from flask_babel import lazy_gettext as _l

from app.mail.fields.declaration import (
    BOOKING,
    BOOKING_LINK,
    CATEGORY_TEXT,
    OFFER_END,
    PROGRAMME_PAGE,
    REGISTRATION_PAGE,
    TICKET,
    EmailFields,
    block,
    declare,
    link,
    value,
)

CONFERENCE_DETAILS = block(
    "conference_details",
    _l("Days and venue of the conference"),
    "mail/parts/conference_details.txt",
)
WAITING_NAME = value("name", _l("Full name"), "entry.name")
WAITING_LINK = link(
    "waiting_list_link",
    _l("Link that opens their waiting list page"),
    "waiting_list_link(entry)",
)
WAITING_CATEGORY = value(
    "category", _l("Category that they wait for"), "(entry.category | translated).name"
)
BOOKING_OF_WAITING = link(
    "booking_link", _l("Link that opens the booking"), "booking_link(entry.delegate)"
)
APPLICANT_NAME = value("name", _l("Full name"), "application.name")
APPLICATION_LINK = link(
    "application_link",
    _l("Link that opens the page about their application"),
    "application_link(application)",
)
INTEREST_NAME = value("name", _l("Full name"), "interest.name")
INTEREST_LINK = link(
    "interest_link",
    _l("Link that opens the page about their expression of interest"),
    "interest_link(interest)",
)
INTEREST_MESSAGE = value(
    "message", _l("Message that the team wrote"), "interest.message", is_optional=True
)
APPLICATION_MESSAGE = value(
    "message", _l("Message that the team wrote"), "application.message", is_optional=True
)
PLACE_KEPT = block(
    "place_kept",
    _l("That a place is kept, if it is"),
    "mail/parts/place_kept.txt",
    is_optional=True,
)
OWN_MESSAGE = value("message", _l("Message that the team wrote"), "message", is_optional=True)

PLACES: Final[Mapping[str, EmailFields]] = {
    "invitation": declare(
        value(
            "category", _l("Category of the invitation"), "(invitation.category | translated).name"
        ),
        value(
            "expires",
            _l("When the invitation expires"),
            "invitation.expires_at | local_moment",
        ),
        CONFERENCE_DETAILS,
        PLACE_KEPT,
        link(
            "registration_link",
            _l("Link that begins the registration"),
            'absolute_url("registration.invitations.show", code=invitation.code)',
        ),
        required={"registration_link"},
    ),
    "interest_received": declare(INTEREST_NAME, INTEREST_LINK, required={"interest_link"}),
    "interest_invited": declare(
        INTEREST_NAME,
        value("category", _l("Name of the category"), "(interest.category | translated).name"),
        value(
            "expires",
            _l("When the invitation expires"),
            "interest.invitation.expires_at | local_moment",
        ),
        CONFERENCE_DETAILS,
        PLACE_KEPT,
        INTEREST_MESSAGE,
        link(
            "invitation_link",
            _l("Link with which they register"),
            'absolute_url("registration.invitations.show", code=interest.invitation.code)',
        ),
        INTEREST_LINK,
        required={"message", "invitation_link", "interest_link"},
    ),
    "interest_declined": declare(
        INTEREST_NAME, INTEREST_MESSAGE, INTEREST_LINK, required={"message"}
    ),
    "application_received": declare(
        APPLICANT_NAME, APPLICATION_LINK, required={"application_link"}
    ),
    "application_on_hold": declare(
        APPLICANT_NAME, APPLICATION_MESSAGE, APPLICATION_LINK, required={"message"}
    ),
    "application_declined": declare(
        APPLICANT_NAME, APPLICATION_MESSAGE, APPLICATION_LINK, required={"message"}
    ),
    "application_waitlisted": declare(
        WAITING_NAME,
        OWN_MESSAGE,
        WAITING_LINK,
        required={"message", "waiting_list_link"},
    ),
    "application_approved": declare(
        *BOOKING,
        TICKET,
        OWN_MESSAGE,
        CATEGORY_TEXT,
        PROGRAMME_PAGE,
        BOOKING_LINK,
        required={"ticket", "message", "booking_link"},
    ),
    "place_offered": declare(
        value("name", _l("Name of the colleague"), "transfer.name"),
        value("delegate", _l("Name of the delegate"), "transfer.delegate.full_name"),
        value("expires", _l("When the offer ends"), "transfer.expires_at | local_moment"),
        CONFERENCE_DETAILS,
        link("place_link", _l("Link to accept the place"), "transfer_link(transfer)"),
        required={"place_link"},
    ),
    "place_passed_on": declare(
        *BOOKING,
        value("colleague", _l("Name of the colleague"), "colleague"),
        BOOKING_LINK,
        required={"booking_link"},
    ),
    "waiting_list_joined": declare(
        WAITING_NAME,
        value(
            "position", _l("Position on the waiting list"), "position | numberformat", "position"
        ),
        value(
            "category_position",
            _l("Position on the list for their category"),
            "category_position | numberformat",
            "category_position",
        ),
        value(
            "added_by_team",
            _l("The team added them (for “only if”)"),
            '"yes"',
            "is_added_by_team",
            is_optional=True,
        ),
        value(
            "group_contact",
            _l("Contact of a group who registered them"),
            "group_contact",
            is_optional=True,
        ),
        WAITING_LINK,
        required={"waiting_list_link"},
    ),
    "waiting_list_offer": declare(
        WAITING_NAME,
        OFFER_END,
        WAITING_LINK,
        required={"waiting_list_link", "offer_ends"},
    ),
    "waiting_list_lapsed": declare(WAITING_NAME, OFFER_END, REGISTRATION_PAGE),
    "waiting_list_removed": declare(WAITING_NAME),
    "category_wait_joined": declare(
        WAITING_NAME,
        WAITING_CATEGORY,
        value(
            "position",
            _l("Position on the list for the category"),
            "category_position | numberformat",
            "category_position",
        ),
        WAITING_LINK,
        required={"waiting_list_link"},
    ),
    "category_offer": declare(
        WAITING_NAME,
        WAITING_CATEGORY,
        OFFER_END,
        WAITING_LINK,
        required={"waiting_list_link", "offer_ends"},
    ),
    "category_offer_lapsed": declare(WAITING_NAME, WAITING_CATEGORY, OFFER_END, BOOKING_OF_WAITING),
    "category_wait_removed": declare(WAITING_NAME, WAITING_CATEGORY, BOOKING_OF_WAITING),
}

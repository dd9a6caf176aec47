"""The placeholders of emails about seats in sessions."""

from collections.abc import Mapping
from typing import Final

from flask_babel import lazy_gettext as _l

from app.mail.fields.declaration import BOOKING, OFFER_END, EmailFields, block, declare, link, value

SESSION_TITLE = value("session", _l("Title of the session"), "session.title")
SESSION_DETAILS = block(
    "details", _l("The session, its time and room"), "mail/parts/session_details.txt"
)
OWN_SESSIONS_LINK = link(
    "sessions_link", _l("Link that opens their sessions"), "sessions_link(delegate)"
)

SESSIONS: Final[Mapping[str, EmailFields]] = {
    "session_booked": declare(
        *BOOKING,
        value("session", _l("Title of the session"), "session.title"),
        block(
            "details",
            _l("The session, its time and room, and what was given back for it"),
            "mail/parts/session_booked.txt",
        ),
        OWN_SESSIONS_LINK,
        required={"details", "sessions_link"},
    ),
    "sessions_chosen": declare(
        *BOOKING,
        block(
            "details",
            _l("The sessions with a seat, and those without"),
            "mail/parts/sessions_chosen.txt",
        ),
        OWN_SESSIONS_LINK,
        required={"details", "sessions_link"},
    ),
    "ballot_drawn": declare(
        *BOOKING,
        value("ballot", _l("Title of the ballot"), "ballot.title"),
        block("details", _l("The result and the ticket number"), "mail/parts/ballot_drawn.txt"),
        OWN_SESSIONS_LINK,
        link(
            "ballot_page",
            _l("Public page with the result"),
            'absolute_url("ballots.show", number=ballot.id)',
        ),
        required={"details", "ballot_page"},
    ),
    "session_released": declare(
        *BOOKING,
        value("session", _l("Title of the session"), "title"),
        block("details", _l("Who gave the seat back"), "mail/parts/session_released.txt"),
        OWN_SESSIONS_LINK,
        required={"details", "sessions_link"},
    ),
    "session_clash": declare(
        *BOOKING,
        value("session", _l("Title of the session that has changed"), "session.title"),
        value("deadline", _l("Until when they choose"), "choose_by | local_moment"),
        block(
            "details",
            _l("The sessions that are now at the same time"),
            "mail/parts/session_clash.txt",
        ),
        OWN_SESSIONS_LINK,
        required={"deadline", "details", "sessions_link"},
    ),
    "session_wait_joined": declare(
        *BOOKING,
        SESSION_TITLE,
        value("position", _l("Position on the waiting list"), "position | numberformat"),
        SESSION_DETAILS,
        OWN_SESSIONS_LINK,
        required={"sessions_link"},
    ),
    "session_offer": declare(
        *BOOKING,
        SESSION_TITLE,
        OFFER_END,
        SESSION_DETAILS,
        OWN_SESSIONS_LINK,
        required={"sessions_link", "offer_ends"},
    ),
    "session_offer_lapsed": declare(*BOOKING, SESSION_TITLE, OFFER_END, OWN_SESSIONS_LINK),
    "session_wait_ended": declare(
        *BOOKING,
        value("session", _l("Title of the session"), "entry.title"),
        block("reason", _l("Why they no longer wait"), "mail/parts/session_wait_ended.txt"),
        OWN_SESSIONS_LINK,
        required={"reason"},
    ),
}

"""What letters are called, for people."""

from operator import itemgetter
from typing import Final

from flask_babel import lazy_gettext as _l

WORDS: Final = {
    "address_change_asked": _l("Somebody asked to correct the address"),
    "address_changed": _l("Address changed by the delegate"),
    "address_corrected": _l("Address corrected by the organisers"),
    "address_to_confirm": _l("New address to confirm"),
    "already_registered": _l("Registered again"),
    "audit_found": _l("What the site found wrong with itself"),
    "booking_cancelled": _l("Booking cancelled"),
    "booking_changed": _l("Booking changed"),
    "booking_links": _l("Booking link"),
    "feedback_received": _l("Feedback from a visitor"),
    "registration_confirmed": _l("Confirmation"),
    "sign_in": _l("Sign-in link"),
    "speaker_asks": _l("What a speaker asks of the organisers"),
    "speaker_assistant": _l("Link of an assistant"),
    "speaker_details_changed": _l("What readers see of a speaker has changed"),
    "speaker_invited": _l("Invitation to a speaker"),
    "speaker_left_out": _l("A speaker is no longer on the programme"),
    "speaker_owner_reminder": _l("Reminder to the owner of a session"),
    "speaker_owns": _l("The text of a session to edit"),
    "speaker_reminder": _l("Reminder to a speaker"),
    "speaker_session_moved": _l("A session of a speaker has moved"),
    "speaker_thanks": _l("Thanks to a speaker"),
    "speaker_withdrawn": _l("A speaker has withdrawn"),
}


def named(kind: str) -> str:
    """Name a kind of letter; one without a name by that of its template."""
    return str(WORDS.get(kind, kind.replace("_", " ").capitalize()))


def listed() -> list[tuple[str, str]]:
    """List the kinds of letters that the site writes, by name."""
    return sorted(((kind, str(words)) for kind, words in WORDS.items()), key=itemgetter(1))

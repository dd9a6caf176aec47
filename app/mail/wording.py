"""What each email can say of its recipient: the placeholders of its text, and their values.

The one declaration of them, by the names of the templates in ``templates/mail/``. A value is a
Jinja expression of the variables of the template, or the name of a part that the site writes
itself. ``app.mail.shipped_texts`` finds the same expressions in the template and puts the
placeholders in their place, so that organisers begin with what the site says.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from app.mail.placeholders import Placeholder, PlaceholderKind, Placeholders


@dataclass(frozen=True)
class EmailField:
    """A placeholder and where its value comes from."""

    placeholder: Placeholder
    source: str  # a Jinja expression, or the file of a part
    condition: str = ""  # an expression, if the value is empty where that does not hold
    is_optional: bool = False  # some people have none

    @property
    def is_part(self) -> bool:
        """Return True if its value is a part that the site writes."""
        return self.source.endswith(".txt")

    @property
    def is_block(self) -> bool:
        """Return True if it must stand on a line of its own."""
        return self.placeholder.kind is PlaceholderKind.BLOCK


@dataclass(frozen=True)
class EmailWording:
    """The placeholders of an email, and those that everybody must get."""

    fields: Mapping[str, EmailField]
    required: Collection[str] = ()

    @property
    def placeholders(self) -> Placeholders:
        """The placeholders by their names."""
        return {name: field.placeholder for name, field in self.fields.items()}


def _value(
    name: str, label: Any, source: str, condition: str = "", *, is_optional: bool = False
) -> EmailField:
    return EmailField(Placeholder(name, label), source, condition, is_optional)


def _link(name: str, label: Any, source: str) -> EmailField:
    return EmailField(Placeholder(name, label, kind=PlaceholderKind.LINK), source)


def _block(name: str, label: Any, source: str, *, is_optional: bool = False) -> EmailField:
    placeholder = Placeholder(name, label, kind=PlaceholderKind.BLOCK)
    return EmailField(placeholder, source, is_optional=is_optional)


def _word(*fields: EmailField, required: Collection[str] = ()) -> EmailWording:
    """Declare an email: every one may name the conference and its contact."""
    known = (*fields, CONFERENCE, CONTACT)
    return EmailWording({one.placeholder.name: one for one in known}, required)


CONFERENCE = _value("conference", _l("Title of the conference"), "conference.title")
CONFERENCE_DETAILS = _block(
    "conference_details",
    _l("Days and venue of the conference"),
    "mail/parts/conference_details.txt",
)
CONTACT = _link("contact", _l("Contact email address, or else the contact page"), "contact")

NAME = _value("name", _l("Full name"), "delegate.full_name")
GIVEN_NAMES = _value("given_names", _l("Given names"), "delegate.given_names")
ORGANISATION = _value("organisation", _l("Organisation"), "delegate.organisation", is_optional=True)
REFERENCE = _value("reference", _l("Booking reference"), "delegate.reference")
WAITING_NAME = _value("name", _l("Full name"), "entry.name")
GROUP_CONTACT = _value("name", _l("Name of the contact"), "group.name")
GROUP_PEOPLE = _block(
    "people", _l("Who has a place and who has none"), "mail/parts/group_people.txt"
)
GROUP_LINK = _link("group_link", _l("Link that opens the group"), "group_link(group)")
OFFER_END = _value("offer_ends", _l("When the offer ends"), "entry.offer_ends_at | local_moment")
SESSION_TITLE = _value("session", _l("Title of the session"), "session.title")
SESSION_DETAILS = _block(
    "details", _l("The session, its time and room"), "mail/parts/session_details.txt"
)
WAITING_LINK = _link(
    "waiting_list_link",
    _l("Link that opens their waiting list page"),
    "waiting_list_link(entry)",
)
TEXT_DEADLINE = _value(
    "deadline", _l("Deadline"), "wanted_by | local_date", "wanted_by", is_optional=True
)
APPLICANT_NAME = _value("name", _l("Full name"), "application.name")
APPLICATION_LINK = _link(
    "application_link",
    _l("Link that opens the page about their application"),
    "application_link(application)",
)
INTEREST_NAME = _value("name", _l("Full name"), "interest.name")
INTEREST_LINK = _link(
    "interest_link",
    _l("Link that opens the page about their expression of interest"),
    "interest_link(interest)",
)
INTEREST_MESSAGE = _value(
    "message", _l("Message that the team wrote"), "interest.message", is_optional=True
)
APPLICATION_MESSAGE = _value(
    "message", _l("Message that the team wrote"), "application.message", is_optional=True
)
OWN_MESSAGE = _value("message", _l("Message that the team wrote"), "message", is_optional=True)
BOOKING_LINK = _link("booking_link", _l("Link that opens the booking"), "booking_link(delegate)")
OWN_SESSIONS_LINK = _link(
    "sessions_link", _l("Link that opens their sessions"), "sessions_link(delegate)"
)
BOOKING = (NAME, GIVEN_NAMES, ORGANISATION, REFERENCE)
TICKET = _block("ticket", _l("Ticket, with the days booked"), "mail/ticket.txt")
REGISTRATION_PAGE = _link(
    "registration_page", _l("Page to register"), 'absolute_url("registration.start")'
)
OLD_EMAIL = _value("old_email", _l("Old email address"), "old")
NEW_EMAIL = _value("new_email", _l("New email address, mostly hidden"), "masked")
ADDRESS_DETAILS = _block(
    "details",
    _l("Booking reference, old and new email address"),
    "mail/parts/address_details.txt",
)
ADDRESS_CHANGE = _word(
    *BOOKING, OLD_EMAIL, NEW_EMAIL, ADDRESS_DETAILS, required={"contact", "details"}
)

SPEAKER = _value("name", _l("Name of the speaker"), "speaker.name")
SPEAKER_SIGN_IN = 'absolute_url("accounts.link", secret=secret, next="/speak")'
SIGN_IN_LINK = _link("sign_in_link", _l("Link that signs in"), SPEAKER_SIGN_IN)
DAYS_VALID = _value("link_days", _l("Days until the link expires"), "days")
SIGN_IN_PAGE = _link(
    "sign_in_page", _l("Page to get a new link"), 'absolute_url("accounts.sign_in")'
)
SPEAKER_LINK = (SIGN_IN_LINK, DAYS_VALID, SIGN_IN_PAGE)
MESSAGE = _block(
    "message", _l("Your message for this batch of emails"), "message", is_optional=True
)
PAGES_LINK = _link("pages_link", _l("Speaker pages"), 'absolute_url("speakers.home")')
OWN_PAGES_LINK = _link(
    "pages_link",
    _l("Speaker pages"),
    'absolute_url("speakers.show_checklist", slug=speaker.slug)',
)
SESSIONS_LINK = _link(
    "pages_link",
    _l("Speaker’s sessions and requests"),
    'absolute_url("speakers.participation.edit", slug=speaker.slug)',
)
RELEASED_CHANGES = _block(
    "changes", _l("What changed, before and now"), "mail/parts/released_changes.txt"
)
REQUEST = _block("request", _l("What the speaker wrote"), "asked.message")
CHANGED_ITEM = _value("changed_item", _l("Speaker or session that was changed"), "called")
NOTE = _block("note", _l("Your note to the speaker"), "proposal.note")

ROLE = _block("role", _l("What the role may do"), "mail/role.txt")
CHANGER = _value("changer", _l("Email address of the organiser"), "changer")
TEAM_SIGN_IN = 'absolute_url("accounts.link", secret=secret, next="/organise")'
ANY_SIGN_IN = 'absolute_url("accounts.link", secret=secret, next=onward or none)'


def _several(name: str, label: Any, count: str) -> EmailField:
    """Declare a placeholder for “only if” alone: whether there are several of something."""
    return _value(name, label, '"yes"', f"{count} > 1", is_optional=True)


EMAIL_WORDINGS: Final[Mapping[str, EmailWording]] = {
    "registration_confirmed": _word(
        *BOOKING,
        TICKET,
        _block(
            "registered_by",
            _l("Sentence if someone else registered them with a group"),
            "mail/parts/registered_by.txt",
            is_optional=True,
        ),
        _block(
            "needs_removed",
            _l("Sentence if requirements were deleted"),
            "mail/parts/needs_removed.txt",
            is_optional=True,
        ),
        _block(
            "category_text",
            _l("Text for people in the category of the delegate"),
            "mail/parts/category_text.txt",
            is_optional=True,
        ),
        _link("programme", _l("Programme"), 'absolute_url("programme.whole")'),
        BOOKING_LINK,
        required={"ticket", "booking_link"},
    ),
    "already_registered": _word(
        *BOOKING, TICKET, BOOKING_LINK, required={"ticket", "booking_link"}
    ),
    "group_registered": _word(
        GROUP_CONTACT, GROUP_PEOPLE, GROUP_LINK, required={"people", "group_link"}
    ),
    "group_changed": _word(
        GROUP_CONTACT,
        _value("person", _l("Person who was added or left"), "person"),
        _value(
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
    "invitation": _word(
        _value(
            "category", _l("Category of the invitation"), "(invitation.category | translated).name"
        ),
        _value(
            "expires",
            _l("When the invitation expires"),
            "invitation.expires_at | local_moment",
        ),
        CONFERENCE_DETAILS,
        _link(
            "registration_link",
            _l("Link that begins the registration"),
            'absolute_url("registration.invitations.show", code=invitation.code)',
        ),
        required={"registration_link"},
    ),
    "booking_changed": _word(
        *BOOKING,
        _block("changes", _l("What changed, before and now"), "mail/parts/booking_changes.txt"),
        TICKET,
        BOOKING_LINK,
        required={"changes", "ticket", "booking_link"},
    ),
    "booking_cancelled": _word(
        *BOOKING,
        _value("reason", _l("Reason that the team gave"), "reason", is_optional=True),
        _block(
            "details",
            _l("Booking reference, when it was cancelled, and seats in sessions given back"),
            "mail/parts/cancelled_booking.txt",
        ),
        BOOKING_LINK,
        REGISTRATION_PAGE,
        required={"reason", "booking_link"},
    ),
    "booking_restored": _word(*BOOKING, TICKET, BOOKING_LINK, required={"ticket", "booking_link"}),
    "access_answered": _word(*BOOKING, BOOKING_LINK, required={"booking_link"}),
    "session_booked": _word(
        *BOOKING,
        _value("session", _l("Title of the session"), "session.title"),
        _block(
            "details",
            _l("The session, its time and room, and what was given back for it"),
            "mail/parts/session_booked.txt",
        ),
        OWN_SESSIONS_LINK,
        required={"details", "sessions_link"},
    ),
    "sessions_chosen": _word(
        *BOOKING,
        _block(
            "details",
            _l("The sessions with a seat, and those without"),
            "mail/parts/sessions_chosen.txt",
        ),
        OWN_SESSIONS_LINK,
        required={"details", "sessions_link"},
    ),
    "ballot_drawn": _word(
        *BOOKING,
        _value("ballot", _l("Title of the ballot"), "ballot.title"),
        _block("details", _l("The result and the ticket number"), "mail/parts/ballot_drawn.txt"),
        OWN_SESSIONS_LINK,
        _link(
            "ballot_page",
            _l("Public page with the result"),
            'absolute_url("ballots.show", number=ballot.id)',
        ),
        required={"details", "ballot_page"},
    ),
    "session_released": _word(
        *BOOKING,
        _value("session", _l("Title of the session"), "title"),
        _block("details", _l("Who gave the seat back"), "mail/parts/session_released.txt"),
        OWN_SESSIONS_LINK,
        required={"details", "sessions_link"},
    ),
    "session_clash": _word(
        *BOOKING,
        _value("session", _l("Title of the session that has changed"), "session.title"),
        _value("deadline", _l("Until when they choose"), "choose_by | local_moment"),
        _block(
            "details",
            _l("The sessions that are now at the same time"),
            "mail/parts/session_clash.txt",
        ),
        OWN_SESSIONS_LINK,
        required={"deadline", "details", "sessions_link"},
    ),
    "interest_received": _word(INTEREST_NAME, INTEREST_LINK, required={"interest_link"}),
    "interest_invited": _word(
        INTEREST_NAME,
        _value("category", _l("Name of the category"), "(interest.category | translated).name"),
        _value(
            "expires",
            _l("When the invitation expires"),
            "interest.invitation.expires_at | local_moment",
        ),
        CONFERENCE_DETAILS,
        _block(
            "place_kept",
            _l("That a place is kept, if it is"),
            "mail/parts/place_kept.txt",
            is_optional=True,
        ),
        INTEREST_MESSAGE,
        _link(
            "invitation_link",
            _l("Link with which they register"),
            'absolute_url("registration.invitations.show", code=interest.invitation.code)',
        ),
        INTEREST_LINK,
        required={"message", "invitation_link", "interest_link"},
    ),
    "interest_declined": _word(
        INTEREST_NAME, INTEREST_MESSAGE, INTEREST_LINK, required={"message"}
    ),
    "application_received": _word(APPLICANT_NAME, APPLICATION_LINK, required={"application_link"}),
    "application_on_hold": _word(
        APPLICANT_NAME, APPLICATION_MESSAGE, APPLICATION_LINK, required={"message"}
    ),
    "application_declined": _word(
        APPLICANT_NAME, APPLICATION_MESSAGE, APPLICATION_LINK, required={"message"}
    ),
    "application_waitlisted": _word(
        WAITING_NAME,
        OWN_MESSAGE,
        WAITING_LINK,
        required={"message", "waiting_list_link"},
    ),
    "application_approved": _word(
        *BOOKING,
        TICKET,
        OWN_MESSAGE,
        _block(
            "category_text",
            _l("Text for people in the category of the delegate"),
            "mail/parts/category_text.txt",
            is_optional=True,
        ),
        _link("programme", _l("Programme"), 'absolute_url("programme.whole")'),
        BOOKING_LINK,
        required={"ticket", "message", "booking_link"},
    ),
    "place_offered": _word(
        _value("name", _l("Name of the colleague"), "transfer.name"),
        _value("delegate", _l("Name of the delegate"), "transfer.delegate.full_name"),
        _value("expires", _l("When the offer ends"), "transfer.expires_at | local_moment"),
        CONFERENCE_DETAILS,
        _link("place_link", _l("Link to accept the place"), "transfer_link(transfer)"),
        required={"place_link"},
    ),
    "place_passed_on": _word(
        *BOOKING,
        _value("colleague", _l("Name of the colleague"), "colleague"),
        BOOKING_LINK,
        required={"booking_link"},
    ),
    "session_wait_joined": _word(
        *BOOKING,
        SESSION_TITLE,
        _value("position", _l("Position on the waiting list"), "position | numberformat"),
        SESSION_DETAILS,
        OWN_SESSIONS_LINK,
        required={"sessions_link"},
    ),
    "session_offer": _word(
        *BOOKING,
        SESSION_TITLE,
        OFFER_END,
        SESSION_DETAILS,
        OWN_SESSIONS_LINK,
        required={"sessions_link", "offer_ends"},
    ),
    "session_offer_lapsed": _word(*BOOKING, SESSION_TITLE, OFFER_END, OWN_SESSIONS_LINK),
    "session_wait_ended": _word(
        *BOOKING,
        _value("session", _l("Title of the session"), "entry.title"),
        _block("reason", _l("Why they no longer wait"), "mail/parts/session_wait_ended.txt"),
        OWN_SESSIONS_LINK,
        required={"reason"},
    ),
    "waiting_list_joined": _word(
        WAITING_NAME,
        _value(
            "position", _l("Position on the waiting list"), "position | numberformat", "position"
        ),
        _value(
            "category_position",
            _l("Position on the list for their category"),
            "category_position | numberformat",
            "category_position",
        ),
        WAITING_LINK,
        required={"waiting_list_link"},
    ),
    "waiting_list_offer": _word(
        WAITING_NAME, OFFER_END, WAITING_LINK, required={"waiting_list_link", "offer_ends"}
    ),
    "waiting_list_lapsed": _word(WAITING_NAME, OFFER_END, REGISTRATION_PAGE),
    "waiting_list_removed": _word(WAITING_NAME),
    "booking_links": _word(
        _block("bookings", _l("Bookings, each with its link"), "mail/parts/bookings.txt"),
        _several("several_bookings", _l("Several bookings (for “only if”)"), "delegates | length"),
        required={"bookings"},
    ),
    "no_booking": _word(
        _link(
            "booking_link_page",
            _l("Page to get the link to a booking"),
            'absolute_url("bookings.request_link")',
        ),
        REGISTRATION_PAGE,
    ),
    "address_to_confirm": _word(
        *BOOKING,
        _value("new_email", _l("New email address"), "delegate.pending_email"),
        _link(
            "confirm_link",
            _l("Link that confirms the new email address"),
            "email_change_link(delegate)",
        ),
        required={"confirm_link"},
    ),
    "address_changed": ADDRESS_CHANGE,
    "address_corrected": ADDRESS_CHANGE,
    "address_change_asked": _word(*BOOKING, BOOKING_LINK, required={"booking_link"}),
    "speaker_invited": _word(
        SPEAKER,
        MESSAGE,
        _block(
            "sessions",
            _l("Their sessions: day, time and room"),
            "mail/parts/invited_sessions.txt",
            is_optional=True,
        ),
        _value(
            "deadline",
            _l("Deadline to confirm"),
            "confirm_by | local_date",
            "confirm_by",
            is_optional=True,
        ),
        *SPEAKER_LINK,
        required={"message", "sessions", "sign_in_link"},
    ),
    "speaker_reminder": _word(
        SPEAKER,
        MESSAGE,
        _block("tasks", _l("Open tasks and deadlines"), "mail/parts/open_tasks.txt"),
        *SPEAKER_LINK,
        required={"message", "tasks", "sign_in_link"},
    ),
    "speaker_place": _word(
        SPEAKER,
        MESSAGE,
        _value(
            "deadline",
            _l("Deadline to confirm the place"),
            "confirm_by | local_date",
            "confirm_by",
            is_optional=True,
        ),
        _link(
            "place_link",
            _l("Link that signs in and opens the page to confirm the place"),
            'absolute_url("accounts.link", secret=secret, '
            'next="/speak/" ~ speaker.slug ~ "/place")',
        ),
        *(DAYS_VALID, SIGN_IN_PAGE),
        required={"message", "place_link"},
    ),
    "speaker_thanks": _word(SPEAKER, *SPEAKER_LINK, required={"sign_in_link"}),
    "speaker_assistant": _word(
        SPEAKER,
        _value("added_by", _l("Email address of the person who added the assistant"), "by"),
        *SPEAKER_LINK,
        required={"sign_in_link"},
    ),
    "speaker_owns": _word(
        _value("session", _l("Title of the session"), "session.title"),
        _block(
            "details",
            _l("The session: its day, time and room"),
            "mail/parts/planned_sessions.txt",
        ),
        TEXT_DEADLINE,
        *SPEAKER_LINK,
        required={"details", "sign_in_link"},
    ),
    "speaker_owner_reminder": _word(
        _block("sessions", _l("Sessions to finish"), "mail/parts/owned_sessions.txt"),
        _value("number", _l("Number of sessions"), "sessions | length"),
        _several("several_sessions", _l("Several sessions (for “only if”)"), "sessions | length"),
        TEXT_DEADLINE,
        *SPEAKER_LINK,
        required={"sessions", "sign_in_link"},
    ),
    "speaker_session_moved": _word(
        SPEAKER,
        _value("session", _l("Title of the first session"), "changed[0].heading"),
        _several("several_sessions", _l("Several sessions (for “only if”)"), "changed | length"),
        RELEASED_CHANGES,
        SESSIONS_LINK,
        required={"changes"},
    ),
    "speaker_details_changed": _word(
        SPEAKER, RELEASED_CHANGES, OWN_PAGES_LINK, required={"changes"}
    ),
    "speaker_left_out": _word(SPEAKER),
    "speaker_withdrawn": _word(
        SPEAKER,
        _value("withdrawn_by", _l("Email address of the person who withdrew"), "by"),
        _block("message", _l("What the speaker wrote"), "words"),
        required={"message"},
    ),
    "speaker_request_answered": _word(
        SPEAKER,
        _block("answer", _l("Your reply"), "asked.answer", is_optional=True),
        REQUEST,
        SESSIONS_LINK,
        required={"answer"},
    ),
    "changes_approved": _word(
        CHANGED_ITEM,
        _block("changes", _l("What was changed"), "mail/parts/approved_changes.txt"),
        PAGES_LINK,
    ),
    "changes_amended": _word(
        CHANGED_ITEM,
        NOTE,
        _block(
            "changes",
            _l("What the speaker wrote, and what it is now"),
            "mail/parts/amended_changes.txt",
        ),
        PAGES_LINK,
        required={"note", "changes"},
    ),
    "changes_sent_back": _word(CHANGED_ITEM, NOTE, PAGES_LINK, required={"note", "pages_link"}),
    "sign_in": _word(
        _link("sign_in_link", _l("Link that signs in"), ANY_SIGN_IN),
        _value("link_minutes", _l("Minutes until the link expires"), "minutes"),
        required={"sign_in_link"},
    ),
    "invited": _word(
        _value("inviter", _l("Email address of the organiser"), "inviter"),
        ROLE,
        _link("sign_in_link", _l("Link that signs in"), TEAM_SIGN_IN),
        DAYS_VALID,
        SIGN_IN_PAGE,
        required={"sign_in_link"},
    ),
    "role_changed": _word(CHANGER, ROLE, SIGN_IN_PAGE, required={"role"}),
    "role_ended": _word(CHANGER),
    "second_step_changed": _word(
        _block("change", _l("What changed"), "mail/parts/second_step.txt"),
        _link("account_link", _l("Account page"), 'absolute_url("accounts.account.show")'),
        required={"change", "account_link"},
    ),
    "mail_test": _word(),
    "speaker_asks": _word(
        SPEAKER,
        _value(
            "withdrawal",
            _l("The speaker withdraws (for “only if”)"),
            '"yes"',
            'asked.kind == "withdrawal"',
            is_optional=True,
        ),
        REQUEST,
        _value("sender", _l("Email address of the sender"), "asked.actor"),
        _link(
            "speaker_page",
            _l("Speaker in admin"),
            'absolute_url("admin.speakers.show", slug=speaker.slug)',
        ),
        required={"request"},
    ),
    "changes_waiting": _word(
        _value("number", _l("Number of changes"), "total"),
        _several("several_changes", _l("Several changes (for “only if”)"), "total"),
        _block("changes", _l("Changes to approve"), "mail/parts/waiting_changes.txt"),
        _link(
            "review_page",
            _l("Profiles, photos and texts to approve"),
            'absolute_url("admin.proposals.index", state="open")',
        ),
        _link(
            "slides_page",
            _l("Slides and papers to approve"),
            'absolute_url("admin.sessions.index", missing="word")',
        ),
    ),
    "feedback_received": _word(
        _block("message", _l("What the visitor wrote"), "text"),
        _value("email", _l("Email address of the visitor"), "email", is_optional=True),
        required={"message", "email"},
    ),
    "audit_found": _word(
        _block("faults", _l("Faults found"), "mail/parts/faults.txt"), required={"faults"}
    ),
}

"""Every email that the site sends: its name, who gets it, when it is sent, and a preview.

The one declaration of them, by the names of their templates in ``templates/mail/``. The list of
emails, its filter and the page "What emails say" read it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from app.admin import email_samples as samples


@dataclass(frozen=True)
class EmailKind:
    """A type of email."""

    name: Any
    recipient: Any
    trigger: Any  # when it is sent
    sample: Callable[[], Mapping[str, Any]]  # the template variables of its preview


DELEGATE = _l("The delegate")
INVITED_PERSON = _l("The person who is invited")
APPLICANT = _l("The person who applied")
INTERESTED_PERSON = _l("The person who would like to come")
WAITING_PERSON = _l("The person on the waiting list")
GROUP_CONTACT = _l("The contact of the group")
OLD_EMAIL = _l("The old email address")
MEMBER = _l("The member of the team")
ORGANISERS = _l("All organisers")
SPEAKER = _l("The speaker and their assistants")
SENDER = _l("The person who sent the changes")
OWNER = _l("The owner of the session")

EMAIL_KINDS: Final[Mapping[str, EmailKind]] = {
    "registration_confirmed": EmailKind(
        _l("Confirmation"),
        DELEGATE,
        _l("Someone registers"),
        samples.ticket,
    ),
    "already_registered": EmailKind(
        _l("Already registered"),
        DELEGATE,
        _l("Someone registers again with the same name and email address"),
        samples.ticket,
    ),
    "booking_changed": EmailKind(
        _l("Booking changed"),
        DELEGATE,
        _l("The delegate or the team changes a booking"),
        samples.changed_booking,
    ),
    "booking_cancelled": EmailKind(
        _l("Booking cancelled"),
        DELEGATE,
        _l("The delegate or the team cancels a booking"),
        samples.cancelled_booking,
    ),
    "booking_restored": EmailKind(
        _l("Booking restored"),
        DELEGATE,
        _l("The team restores a cancelled booking"),
        samples.ticket,
    ),
    "access_answered": EmailKind(
        _l("Answer about access"),
        DELEGATE,
        _l("The team answers an access requirement and ticks “Email the delegate”"),
        samples.booking,
    ),
    "session_booked": EmailKind(
        _l("Seat in a session booked"),
        DELEGATE,
        _l("The delegate or the team books a seat in a session"),
        samples.session_booked,
    ),
    "sessions_chosen": EmailKind(
        _l("Seats chosen while registering"),
        DELEGATE,
        _l("Someone registers and chooses sessions"),
        samples.sessions_chosen,
    ),
    "ballot_drawn": EmailKind(
        _l("Result of a ballot"),
        DELEGATE,
        _l("A ballot in which the delegate takes part is drawn"),
        samples.ballot_drawn,
    ),
    "session_released": EmailKind(
        _l("Seat in a session given back"),
        DELEGATE,
        _l("The delegate or the team gives back a seat in a session"),
        samples.session_released,
    ),
    "session_clash": EmailKind(
        _l("Two seats at the same time"),
        DELEGATE,
        _l("After publishing, two sessions that a delegate has booked are at the same time"),
        samples.session_clash,
    ),
    "group_registered": EmailKind(
        _l("Group registered"),
        GROUP_CONTACT,
        _l("Someone registers a group, and when the team sends the link again"),
        samples.group,
    ),
    "group_changed": EmailKind(
        _l("Group changed"),
        GROUP_CONTACT,
        _l("A person is added to a group or leaves it"),
        samples.changed_group,
    ),
    "session_wait_joined": EmailKind(
        _l("Waiting list of a session joined"),
        DELEGATE,
        _l("A delegate joins the waiting list of a session"),
        samples.session_waiting,
    ),
    "session_offer": EmailKind(
        _l("Offer of a seat in a session"),
        DELEGATE,
        _l("A seat becomes free for a delegate who waits for it"),
        samples.session_offered,
    ),
    "session_offer_lapsed": EmailKind(
        _l("Offer of a seat ended"),
        DELEGATE,
        _l("A delegate does not accept the seat in time"),
        samples.session_offered,
    ),
    "session_wait_ended": EmailKind(
        _l("Waiting list of a session closed"),
        DELEGATE,
        _l("A session with a waiting list is cancelled, or the team removes someone from its list"),
        samples.session_waiting,
    ),
    "invitation": EmailKind(
        _l("Invitation to register"),
        INVITED_PERSON,
        _l("The team creates an invitation code for one person"),
        samples.invitation,
    ),
    "interest_received": EmailKind(
        _l("Expression of interest received"),
        INTERESTED_PERSON,
        _l("Someone expresses interest in a category for people whom the team selects"),
        samples.interest,
    ),
    "interest_invited": EmailKind(
        _l("Invitation after an expression of interest"),
        INTERESTED_PERSON,
        _l("The team selects someone who would like to come"),
        samples.interest,
    ),
    "interest_declined": EmailKind(
        _l("Expression of interest declined"),
        INTERESTED_PERSON,
        _l("The team declines an expression of interest"),
        samples.interest,
    ),
    "application_received": EmailKind(
        _l("Application received"),
        APPLICANT,
        _l("Someone applies for a place in a category that needs approval"),
        samples.application,
    ),
    "application_on_hold": EmailKind(
        _l("Application on hold"),
        APPLICANT,
        _l("The team puts an application on hold"),
        samples.application,
    ),
    "application_approved": EmailKind(
        _l("Application approved"),
        APPLICANT,
        _l("The team approves an application, and there is a place"),
        samples.approved_application,
    ),
    "application_waitlisted": EmailKind(
        _l("Application approved, on the waiting list"),
        APPLICANT,
        _l("The team approves an application while all places are taken"),
        samples.waitlisted_application,
    ),
    "application_declined": EmailKind(
        _l("Application declined"),
        APPLICANT,
        _l("The team declines an application"),
        samples.application,
    ),
    "place_offered": EmailKind(
        _l("Place offered to a colleague"),
        _l("The colleague"),
        _l("A delegate or the team offers a delegate’s place to someone else"),
        samples.offered_place,
    ),
    "place_passed_on": EmailKind(
        _l("Place passed on"),
        DELEGATE,
        _l("A colleague takes the delegate’s place"),
        samples.passed_on_place,
    ),
    "waiting_list_joined": EmailKind(
        _l("Waiting list joined"),
        WAITING_PERSON,
        _l("Someone joins the waiting list"),
        samples.waiting,
    ),
    "waiting_list_offer": EmailKind(
        _l("Offer of a place"),
        WAITING_PERSON,
        _l("A place becomes free for them"),
        samples.offered,
    ),
    "waiting_list_lapsed": EmailKind(
        _l("Offer ended"),
        WAITING_PERSON,
        _l("They do not accept the place in time"),
        samples.offered,
    ),
    "waiting_list_removed": EmailKind(
        _l("Removed from the waiting list"),
        WAITING_PERSON,
        _l("The team removes someone from the waiting list"),
        samples.waiting,
    ),
    "booking_links": EmailKind(
        _l("Booking link"),
        DELEGATE,
        _l("Someone asks for the link to their booking"),
        samples.bookings,
    ),
    "no_booking": EmailKind(
        _l("No booking found"),
        _l("The person who asks"),
        _l("Someone asks for the link to a booking with an email address that has none"),
        samples.nothing,
    ),
    "address_to_confirm": EmailKind(
        _l("New email address to confirm"),
        _l("The new email address"),
        _l("A delegate changes their email address"),
        samples.booking,
    ),
    "address_changed": EmailKind(
        _l("Email address changed by the delegate"),
        OLD_EMAIL,
        _l("A delegate confirms a new email address"),
        samples.moved_booking,
    ),
    "address_corrected": EmailKind(
        _l("Email address corrected by the organisers"),
        OLD_EMAIL,
        _l("The team corrects a delegate’s email address"),
        samples.moved_booking,
    ),
    "address_change_asked": EmailKind(
        _l("Email address correction requested"),
        DELEGATE,
        _l("Someone asks to correct an email address without the link to the booking"),
        samples.booking,
    ),
    "speaker_invited": EmailKind(
        _l("Invitation to a speaker"),
        _l("The speaker"),
        _l("The team invites speakers"),
        samples.invited_speaker,
    ),
    "speaker_reminder": EmailKind(
        _l("Reminder to a speaker"),
        SPEAKER,
        _l("Before a deadline, and when the team reminds speakers"),
        samples.speaker_tasks,
    ),
    "speaker_place": EmailKind(
        _l("Reminder to a speaker without a place"),
        SPEAKER,
        _l("The team reminds speakers who have not registered"),
        samples.speaker_without_place,
    ),
    "speaker_thanks": EmailKind(
        _l("Thanks to a speaker"),
        SPEAKER,
        _l("The team thanks speakers"),
        samples.speaker,
    ),
    "speaker_assistant": EmailKind(
        _l("Link for an assistant"),
        _l("The assistant"),
        _l("A speaker or the team adds an assistant"),
        samples.speaker,
    ),
    "speaker_owns": EmailKind(
        _l("Invitation to edit a session’s text"),
        OWNER,
        _l("The team names someone as the owner of a session"),
        samples.owned_session,
    ),
    "speaker_owner_reminder": EmailKind(
        _l("Reminder to the owner of a session"),
        OWNER,
        _l("Before a deadline, and when the team reminds speakers"),
        samples.owned_session,
    ),
    "speaker_session_moved": EmailKind(
        _l("Speaker’s session moved"),
        SPEAKER,
        _l("A new time or room is published"),
        samples.released_changes,
    ),
    "speaker_details_changed": EmailKind(
        _l("Public details of a speaker changed"),
        SPEAKER,
        _l("Other changes to their profile or sessions are published"),
        samples.released_changes,
    ),
    "speaker_left_out": EmailKind(
        _l("Speaker removed from the programme"),
        SPEAKER,
        _l("A programme without the speaker is published"),
        samples.speaker,
    ),
    "speaker_withdrawn": EmailKind(
        _l("Speaker withdrawn"),
        SPEAKER,
        _l("A speaker withdraws"),
        samples.withdrawn_speaker,
    ),
    "speaker_request_answered": EmailKind(
        _l("Answer to a speaker’s request"),
        SPEAKER,
        _l("The team answers or closes a request"),
        samples.speaker_request,
    ),
    "changes_approved": EmailKind(
        _l("Changes approved"),
        SENDER,
        _l("The team approves changes by a speaker"),
        samples.proposal,
    ),
    "changes_amended": EmailKind(
        _l("Changes edited and approved"),
        SENDER,
        _l("The team edits and approves changes by a speaker"),
        samples.proposal,
    ),
    "changes_sent_back": EmailKind(
        _l("Changes to check again"),
        SENDER,
        _l("The team sends changes back with a note"),
        samples.proposal,
    ),
    "sign_in": EmailKind(
        _l("Sign-in link"),
        _l("The person who signs in"),
        _l("A member of the team, a speaker or an assistant signs in"),
        samples.sign_in_link,
    ),
    "invited": EmailKind(
        _l("Invitation to the team"),
        MEMBER,
        _l("An organiser adds someone to the team"),
        samples.team_member,
    ),
    "role_changed": EmailKind(
        _l("Role changed"),
        MEMBER,
        _l("An organiser changes someone’s role"),
        samples.team_member,
    ),
    "role_ended": EmailKind(
        _l("Removed from the team"),
        MEMBER,
        _l("An organiser removes someone from the team"),
        samples.team_member,
    ),
    "second_step_changed": EmailKind(
        _l("Second step changed"),
        MEMBER,
        _l("A passkey, an authenticator app or a recovery code is added, removed or used"),
        samples.second_step,
    ),
    "mail_test": EmailKind(
        _l("Test email"),
        _l("The member of the team who sends it"),
        _l("Someone checks sending"),
        samples.nothing,
    ),
    "speaker_asks": EmailKind(
        _l("Request from a speaker"),
        ORGANISERS,
        _l("A speaker asks for another time or withdraws"),
        samples.speaker_request,
    ),
    "changes_waiting": EmailKind(
        _l("Changes by speakers to approve"),
        ORGANISERS,
        _l("Once a day at most, while changes wait for approval"),
        samples.waiting_changes,
    ),
    "feedback_received": EmailKind(
        _l("Feedback from a visitor"),
        _l("The contact email address"),
        _l("A visitor sends feedback"),
        samples.feedback,
    ),
    "audit_found": EmailKind(
        _l("Fault in the site’s data"),
        ORGANISERS,
        _l("The daily check finds a fault"),
        samples.faults,
    ),
}


WITH_CALENDAR: Final = frozenset(
    {
        *(
            "registration_confirmed",
            "application_approved",
            "already_registered",
            "booking_changed",
            "booking_restored",
            "place_passed_on",
        ),
        *("booking_cancelled", "booking_links"),
    }
)
OWN_TEXTS: Final = {"mailing": _l("Group email")}  # which organisers write, without a template


def get_email_name(template: str) -> str:
    """Return the display name of an email, also of one that is no longer sent."""
    if template in OWN_TEXTS:
        return str(OWN_TEXTS[template])
    kind = EMAIL_KINDS.get(template)
    return str(kind.name) if kind else template.replace("_", " ").capitalize()


def email_choices() -> list[tuple[str, str]]:
    """Return the emails and their names, sorted by name."""
    names = [(template, str(kind.name)) for template, kind in EMAIL_KINDS.items()]
    names += [(template, str(name)) for template, name in OWN_TEXTS.items()]
    return sorted(names, key=itemgetter(1))

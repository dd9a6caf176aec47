"""Emails to applicants and people who are waiting, with the template variables of previews."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from flask_babel import lazy_gettext as _l

from app import clock
from app.admin_emails.kinds import samples
from app.admin_emails.kinds.email_kind import DELEGATE, EmailKind
from app.admin_emails.kinds.samples import Context
from app.delegates.categories.models import RegistrationCategory
from app.registration.applications.models import RegistrationApplication
from app.registration.interest.models import ExpressionOfInterest
from app.registration.invitations.models import InvitationCode
from app.registration.transfers.models import PlaceTransfer
from app.registration.waiting_list import offers
from app.registration.waiting_list.models import CONFERENCE_LIST, IN_QUEUE, WaitingListEntry

INVITED_PERSON = _l("The person who is invited")
APPLICANT = _l("The person who applied")
INTERESTED_PERSON = _l("The person who would like to come")
WAITING_PERSON = _l("The person on the waiting list")
WAITING_DELEGATE = _l("The delegate who waits for another category")
SAMPLE_MESSAGE: Final = "Thank you for telling us about your work."


def invitation() -> Context:
    """Return the variables of an email with an invitation to register."""
    category = RegistrationCategory(name="Press")
    expires_at = clock.now() + timedelta(days=14)
    code = InvitationCode(code="BCDFGHJKMN", category=category, held=1, expires_at=expires_at)
    return {"invitation": code}


def application() -> Context:
    """Return the variables of an email about an application."""
    sample = RegistrationApplication(
        access_key=samples.SAMPLE_KEY,
        name="Alex Example",
        email=samples.DELEGATE_EMAIL,
        language="en",
        applied_at=clock.now(),
        message=SAMPLE_MESSAGE,
    )
    return {"application": sample}


def interest() -> Context:
    """Return the variables of an email to a person who expressed interest."""
    code: InvitationCode = invitation()["invitation"]
    sample = ExpressionOfInterest(
        access_key=samples.SAMPLE_KEY,
        name="Alex Example",
        email=samples.DELEGATE_EMAIL,
        language="en",
        expressed_at=clock.now(),
        message=SAMPLE_MESSAGE,
        category=code.category,
        invitation=code,
    )
    return {"interest": sample, "invitation": code}


def approved_application() -> Context:
    """Return the variables of an email to an approved applicant."""
    return {**samples.ticket(), "message": SAMPLE_MESSAGE}


def waitlisted_application() -> Context:
    """Return the variables of an email to an approved applicant who has to wait."""
    return {**waiting(), "message": SAMPLE_MESSAGE}


def offered_place() -> Context:
    """Return the variables of an email that offers a delegate's place to a colleague."""
    sample = PlaceTransfer(
        access_key=samples.SAMPLE_KEY,
        delegate=samples.build_delegate(),
        name="Sam Sample",
        email=samples.NEW_EMAIL,
        expires_at=clock.now() + timedelta(days=7),
    )
    return {"transfer": sample}


def passed_on_place() -> Context:
    """Return the variables of an email to a delegate whose place a colleague has taken."""
    return {"delegate": samples.build_delegate(), "colleague": "Sam Sample"}


def waiting() -> Context:
    """Return the variables of an email to a person on the waiting list."""
    entry = WaitingListEntry(
        scope=CONFERENCE_LIST,
        access_key=samples.SAMPLE_KEY,
        name="Alex Example",
        email=samples.DELEGATE_EMAIL,
        language="en",
        state=IN_QUEUE,
        joined_at=clock.now(),
    )
    return {
        "entry": entry,
        "position": 3,
        "category_position": 2,
        "is_added_by_team": False,
        "group_contact": "",
    }


def offered() -> Context:
    """Return the variables of an email about the offer of a place."""
    context = waiting()
    context["entry"].offer_ends_at = offers.get_offer_end(clock.now())
    return context


def waiting_for_category() -> Context:
    """Return the variables of an email to a delegate who is waiting for another category."""
    context = waiting()
    entry = context["entry"]
    entry.category, entry.delegate = RegistrationCategory(name="Press"), samples.build_delegate()
    return {"entry": entry, "category_position": 2}


def offered_in_category() -> Context:
    """Return the variables of an email about the offer of a place in another category."""
    context = waiting_for_category()
    context["entry"].offer_ends_at = offers.get_offer_end(clock.now())
    return context


PLACES: Final[Mapping[str, EmailKind]] = {
    "invitation": EmailKind(
        _l("Invitation to register"),
        INVITED_PERSON,
        _l("The team creates an invitation code for one person"),
        invitation,
    ),
    "interest_received": EmailKind(
        _l("Expression of interest received"),
        INTERESTED_PERSON,
        _l("Someone expresses an interest in a category for people the team chooses"),
        interest,
    ),
    "interest_invited": EmailKind(
        _l("Invitation after an expression of interest"),
        INTERESTED_PERSON,
        _l("The team selects someone who would like to come"),
        interest,
    ),
    "interest_declined": EmailKind(
        _l("Expression of interest declined"),
        INTERESTED_PERSON,
        _l("The team declines an expression of interest"),
        interest,
    ),
    "application_received": EmailKind(
        _l("Application received"),
        APPLICANT,
        _l("Someone applies for a place in a category that needs approval"),
        application,
    ),
    "application_on_hold": EmailKind(
        _l("Application on hold"),
        APPLICANT,
        _l("The team puts an application on hold"),
        application,
    ),
    "application_approved": EmailKind(
        _l("Application approved"),
        APPLICANT,
        _l("The team approves an application, and there is a place"),
        approved_application,
    ),
    "application_waitlisted": EmailKind(
        _l("Application approved, on the waiting list"),
        APPLICANT,
        _l("The team approves an application while all places are taken"),
        waitlisted_application,
    ),
    "application_declined": EmailKind(
        _l("Application declined"),
        APPLICANT,
        _l("The team declines an application"),
        application,
    ),
    "place_offered": EmailKind(
        _l("Place offered to a colleague"),
        _l("The colleague"),
        _l("A delegate or the team offers a delegate’s place to someone else"),
        offered_place,
    ),
    "place_passed_on": EmailKind(
        _l("Place passed on"),
        DELEGATE,
        _l("A colleague takes the delegate’s place"),
        passed_on_place,
    ),
    "waiting_list_joined": EmailKind(
        _l("Waiting list joined"),
        WAITING_PERSON,
        _l("Someone joins the waiting list"),
        waiting,
    ),
    "waiting_list_offer": EmailKind(
        _l("Offer of a place"),
        WAITING_PERSON,
        _l("A place becomes free for them"),
        offered,
    ),
    "waiting_list_lapsed": EmailKind(
        _l("Offer ended"),
        WAITING_PERSON,
        _l("They do not accept the place in time"),
        offered,
    ),
    "waiting_list_removed": EmailKind(
        _l("Removed from the waiting list"),
        WAITING_PERSON,
        _l("The team removes someone from the waiting list"),
        waiting,
    ),
    "category_wait_joined": EmailKind(
        _l("Waiting list of another category joined"),
        WAITING_DELEGATE,
        _l("Someone with a place joins the waiting list of another category"),
        waiting_for_category,
        people="category_wait",
    ),
    "category_offer": EmailKind(
        _l("Offer of a place in another category"),
        WAITING_DELEGATE,
        _l("A place becomes free in the category that they wait for"),
        offered_in_category,
        people="category_wait",
    ),
    "category_offer_lapsed": EmailKind(
        _l("Offer of a place in another category ended"),
        WAITING_DELEGATE,
        _l("They do not accept the place in time"),
        offered_in_category,
        people="category_wait",
    ),
    "category_wait_removed": EmailKind(
        _l("Removed from the waiting list of another category"),
        WAITING_DELEGATE,
        _l("The team removes someone with a place from the waiting list of another category"),
        waiting_for_category,
        people="category_wait",
    ),
}

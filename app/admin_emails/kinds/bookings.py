"""Emails about a booking or a group, each with the template variables of its preview."""

from collections.abc import Mapping
from typing import Final

from flask_babel import lazy_gettext as _l

from app import clock
from app.accounts import roles
from app.admin_emails.kinds import samples
from app.admin_emails.kinds.email_kind import DELEGATE, EmailKind
from app.admin_emails.kinds.samples import Context
from app.registration import emails as booking_emails
from app.registration.bookings.changes import BookingChange
from app.registration.groups.models import PLACED, UNPLACED, GroupMember, RegistrationGroup

GROUP_CONTACT = _l("The contact of the group")
OLD_EMAIL = _l("The old email address")


def group() -> Context:
    """Return the variables of an email to the contact of a group."""
    delegate = samples.build_delegate()
    placed = [
        GroupMember(name="Robin Sample", email=samples.SPEAKER_EMAIL, state=PLACED),
        GroupMember(name=delegate.full_name, email="", state=PLACED, delegate=delegate),
    ]
    members = [*placed, GroupMember(name="Sam Instance", email="", state=UNPLACED)]
    group = RegistrationGroup(
        access_key=samples.SAMPLE_KEY,
        name="Alex Example",
        email=samples.DELEGATE_EMAIL,
        organisation="Example University",
        members=members,
    )
    return {"group": group, "placed": placed, "others": members[2:], "received": placed[1:]}


def changed_group() -> Context:
    """Return the variables of an email about a person who left a group."""
    return {**group(), "person": "Toni Instance", "change": "left"}


def cancelled_booking() -> Context:
    """Return a booking that has just been cancelled."""
    delegate = samples.build_delegate()
    delegate.cancel(clock.now())
    return {"delegate": delegate, "reason": "", "released": (), "kept": ""}


def moved_booking() -> Context:
    """Return a booking whose email address has changed."""
    return samples.booking() | {
        "old": samples.DELEGATE_EMAIL,
        "masked": booking_emails.mask_email(samples.NEW_EMAIL),
    }


def changed_booking() -> Context:
    """Return a booking whose organisation has changed, with its ticket."""
    change = BookingChange("organisation", "Example Institute", "Example University")
    return {
        **samples.ticket(),
        "news": [change.describe(desk=False)],
        "are_days_other": False,
    }


def bookings() -> Context:
    """Return the bookings of one email address."""
    return {"delegates": [samples.build_delegate()]}


BOOKINGS: Final[Mapping[str, EmailKind]] = {
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
        changed_booking,
    ),
    "booking_cancelled": EmailKind(
        _l("Booking cancelled"),
        DELEGATE,
        _l("The delegate or the team cancels a booking"),
        cancelled_booking,
    ),
    "booking_restored": EmailKind(
        _l("Booking restored"),
        DELEGATE,
        _l("The team restores a cancelled booking"),
        samples.ticket,
    ),
    "requirements_changed": EmailKind(
        _l("Requirements changed"),
        DELEGATE,
        _l("Access or dietary requirements are changed, and nothing else in the booking"),
        samples.booking,
        area=roles.REQUIREMENT_CASES,
    ),
    "access_answered": EmailKind(
        _l("Answer about a requirement"),
        DELEGATE,
        _l("The team answers an access or dietary requirement and ticks “Email the delegate”"),
        samples.booking,
        area=roles.REQUIREMENT_CASES,
    ),
    "group_registered": EmailKind(
        _l("Group registered"),
        GROUP_CONTACT,
        _l("Someone registers a group, and when the team sends the link again"),
        group,
    ),
    "group_changed": EmailKind(
        _l("Group changed"),
        GROUP_CONTACT,
        _l("A person is added to a group or leaves it"),
        changed_group,
    ),
    "booking_links": EmailKind(
        _l("Booking link"),
        DELEGATE,
        _l("Someone asks for the link to their booking"),
        bookings,
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
        moved_booking,
    ),
    "address_corrected": EmailKind(
        _l("Email address corrected by the organisers"),
        OLD_EMAIL,
        _l("The team corrects a delegate’s email address"),
        moved_booking,
    ),
    "address_change_asked": EmailKind(
        _l("Email address correction requested"),
        DELEGATE,
        _l("Someone asks to correct an email address without the link to the booking"),
        samples.booking,
    ),
}

"""The emails about bookings, each queued in the transaction of the change it reports.

They never mention access or dietary requirements. The link that opens a booking is sent only by
email, so the outbox erases the text of such an email once it has been sent.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask_babel import gettext

from app.delegates import custom_answers
from app.delegates.custom_answers import GivenAnswer
from app.delegates.fields import DAYS, FIELDS
from app.delegates.models import Delegate
from app.history.models import Change as RecordedChange
from app.mail import services as mail
from app.mail.models import URGENT, Email
from app.questions.definitions import FILE, LONG_TEXT, TEXT
from app.registration import booking_calendar, tickets
from app.registration.applications.models import RegistrationApplication
from app.registration.bookings.changes import ANSWERS, BookingChange
from app.registration.groups.models import RegistrationGroup
from app.registration.interest.models import ExpressionOfInterest
from app.registration.invitations.models import InvitationCode
from app.registration.transfers.models import PlaceTransfer
from app.registration.waiting_list.models import WaitingListEntry
from app.registration.waiting_list.positions import QueuePosition
from app.text import has_web_address, shorten
from app.web import languages

MAX_ANSWER = 120  # characters of an answer in an email
FREE_KINDS = frozenset({TEXT, LONG_TEXT, FILE})  # answers with free text


def send_registration_confirmed(
    delegate: Delegate, *, are_needs_removed: bool = False, group: RegistrationGroup | None = None
) -> Email:
    """Confirm a delegate's registration, and say if requirements must be entered again.

    People registered by the team, or with a group, are told by whom.
    """
    return _enqueue_with_ticket(
        "registration_confirmed", delegate, are_needs_removed=are_needs_removed, group=group
    )


def send_already_registered(delegate: Delegate) -> None:
    """Tell a delegate that someone has tried to register them again."""
    _enqueue_with_ticket("already_registered", delegate)


def send_booking_changed(delegate: Delegate, changes: Sequence[BookingChange]) -> None:
    """Tell a delegate what has changed in their booking, with old and new values.

    Their requirements have a separate email: not everyone who may see that a person got an email
    may know that they have requirements.
    """
    with languages.use_language(delegate.language):
        news = [_describe(change) for change in changes if not change.is_private]
    if any(change.is_private for change in changes):
        enqueue_to_delegate("requirements_changed", delegate)
    if news:
        are_days_other = any(change.field == DAYS for change in changes)
        _enqueue_with_ticket("booking_changed", delegate, news=news, are_days_other=are_days_other)


def _describe(change: BookingChange) -> RecordedChange:
    """Format a change for the email; private answers are only mentioned."""
    described = change.describe(desk=False)
    if change.field != ANSWERS:
        return described
    return replace(described, old=gettext("Not repeated here"), new=gettext("Changed"))


def send_booking_cancelled(
    delegate: Delegate, reason: str = "", released: Sequence[str] = (), kept: str = ""
) -> None:
    """Tell a delegate that their booking has been cancelled, and why if the organisers say so.

    It lists the sessions in which seats were released. If another booking is ``kept``, the email
    does not invite the person to register again.
    """
    enqueue_to_delegate(
        "booking_cancelled",
        delegate,
        ical=booking_calendar.render_ical(delegate),
        reason=reason,
        released=released,
        kept=kept,
    )


def send_booking_restored(delegate: Delegate) -> None:
    """Tell a delegate that their booking was restored."""
    _enqueue_with_ticket("booking_restored", delegate)


def send_email_change_confirmation(delegate: Delegate) -> None:
    """Ask the recipient at a new address to confirm it."""
    enqueue_to_delegate("address_to_confirm", delegate, to=delegate.pending_email, priority=URGENT)


def send_email_changed(delegate: Delegate, old_email: str) -> None:
    """Tell the recipient at the old address that emails now go to another one."""
    _enqueue_to_old_email("address_changed", delegate, old_email)


def send_email_corrected(delegate: Delegate, old_email: str) -> None:
    """Tell the recipient at the old address that the organisers have corrected it."""
    _enqueue_to_old_email("address_corrected", delegate, old_email)


def send_email_change_requested(delegate: Delegate) -> None:
    """Tell a delegate that someone without their link wanted to correct their email address."""
    enqueue_to_delegate("address_change_asked", delegate)


def send_booking_links(email: str, delegates: Sequence[Delegate], language: str) -> None:
    """Send the links of all bookings with an email address, or say that there are none."""
    only = delegates[0] if len(delegates) == 1 else None
    mail.enqueue(
        "booking_links" if delegates else "no_booking",
        to=email,
        language=language,
        booking_reference=only.reference if only else "",
        priority=URGENT,
        is_secret=True,
        calendar=booking_calendar.render_ical(only) if only else None,
        delegates=delegates,
    )


def send_access_answered(delegate: Delegate) -> None:
    """Tell a delegate that their requirement was answered, without naming it."""
    enqueue_to_delegate("access_answered", delegate)


def send_waiting_list_entry(
    entry: WaitingListEntry,
    position: QueuePosition,
    *,
    is_added_by_team: bool = False,
    group_contact: str = "",
) -> Email:
    """Send someone the link to their page of the waiting list, with their position.

    A person who was added by someone else is told by whom.
    """
    if entry.keeps_place:
        return _enqueue_for_waiting(
            "category_wait_joined", entry, category_position=position.in_category
        )
    return _enqueue_for_waiting(
        "waiting_list_joined",
        entry,
        position=position.overall,
        category_position=position.in_category,
        is_added_by_team=is_added_by_team,
        group_contact=group_contact,
    )


def send_waiting_list_offer(entry: WaitingListEntry) -> None:
    """Offer a place to someone on the waiting list."""
    _enqueue_for_waiting("category_offer" if entry.keeps_place else "waiting_list_offer", entry)


def send_waiting_list_lapsed(entry: WaitingListEntry) -> None:
    """Tell someone that their offer has ended."""
    template = "category_offer_lapsed" if entry.keeps_place else "waiting_list_lapsed"
    _enqueue_for_waiting(template, entry)


def send_waiting_list_removed(entry: WaitingListEntry) -> None:
    """Tell someone that the organisers have removed them from the waiting list."""
    template = "category_wait_removed" if entry.keeps_place else "waiting_list_removed"
    _enqueue_for_waiting(template, entry)


def send_application(template: str, application: RegistrationApplication) -> None:
    """Tell an applicant the state of their application, with the link to its page."""
    mail.enqueue(
        template,
        to=application.email,
        language=application.language,
        is_secret=True,
        application=application,
    )


def send_application_approved(delegate: Delegate, *, message: str) -> None:
    """Tell an applicant that they have a place, with their ticket."""
    _enqueue_with_ticket("application_approved", delegate, message=message)


def send_application_waitlisted(
    application: RegistrationApplication, entry: WaitingListEntry
) -> None:
    """Tell an applicant that they are approved, and on the waiting list."""
    message = application.message
    _enqueue_for_waiting("application_waitlisted", entry, message=message)


def send_interest(template: str, interest: ExpressionOfInterest) -> None:
    """Tell a person the state of their expression of interest, with the link to its page."""
    mail.enqueue(
        template,
        to=interest.email,
        language=interest.language,
        is_secret=True,
        interest=interest,
        invitation=interest.invitation,
    )


def send_place_offered(transfer: PlaceTransfer) -> None:
    """Offer the place of a delegate to a colleague, with the link to accept it."""
    mail.enqueue(
        "place_offered",
        to=transfer.email,
        language=transfer.delegate.language,
        is_secret=True,
        transfer=transfer,
    )


def send_place_passed_on(delegate: Delegate, colleague: str) -> None:
    """Tell a delegate that a colleague has taken their place."""
    ical = booking_calendar.render_ical(delegate)
    enqueue_to_delegate("place_passed_on", delegate, ical=ical, colleague=colleague)


def send_invitation(invitation: InvitationCode) -> None:
    """Send a person the link to register with an invitation."""
    mail.enqueue(
        "invitation",
        to=invitation.email,
        language=languages.current().code,
        is_secret=True,
        invitation=invitation,
    )


def _enqueue_for_waiting(template: str, entry: WaitingListEntry, **context: Any) -> Email:
    """Queue an email to a waiting person; that of a delegate is about their booking."""
    return mail.enqueue(
        template,
        to=entry.email,
        language=entry.language,
        booking_reference=entry.delegate.reference if entry.delegate is not None else "",
        is_secret=True,
        entry=entry,
        **context,
    )


def mask_email(email: str) -> str:
    """Return an email address that only its owner recognises: a…@example.org."""
    name, _, domain = email.rpartition("@")
    return f"{name[:1]}…@{domain}"


def ticket_context(delegate: Delegate) -> dict[str, Any]:
    """Return the template variables of a ticket."""
    return {
        "ticket": _build_ticket(delegate),
        "confirmed_fields": [field for field in FIELDS if field.is_in_confirmation],
        "confirmed_answers": _list_answers(delegate),
    }


def _list_answers(delegate: Delegate) -> Sequence[tuple[str, str]]:
    """List the answers that may be in an email, each on one line."""
    with languages.use_language(delegate.language):
        answers = custom_answers.list_given(delegate, with_private=False)
        return [(shorten(answer.label.rstrip(" ?:")), _show_answer(answer)) for answer in answers]


def _show_answer(answer: GivenAnswer) -> str:
    """Format an answer for emails, without web addresses: strangers could send anyone a link."""
    if answer.question.kind in FREE_KINDS and has_web_address(answer.text):
        return str(gettext("Shown on your booking page"))
    return shorten(answer.text, MAX_ANSWER)


def _build_ticket(delegate: Delegate) -> tickets.Ticket:
    with languages.use_language(delegate.language):
        return tickets.for_booking(delegate)


def _enqueue_with_ticket(template: str, delegate: Delegate, **context: Any) -> Email:
    with_ticket = ticket_context(delegate)
    return enqueue_to_delegate(
        template,
        delegate,
        ical=booking_calendar.render_ical(delegate),
        qr_code=with_ticket["ticket"].qr_code_png,
        **with_ticket,
        **context,
    )


def _enqueue_to_old_email(template: str, delegate: Delegate, old: str) -> None:
    enqueue_to_delegate(template, delegate, to=old, old=old, masked=mask_email(delegate.email))


def enqueue_to_delegate(
    template: str,
    delegate: Delegate,
    *,
    to: str = "",
    ical: bytes | None = None,
    qr_code: bytes | None = None,
    **context: Any,
) -> Email:
    """Queue an email to a delegate, or about a delegate to another address."""
    return mail.enqueue(
        template,
        to=to or delegate.email,
        language=delegate.language,
        booking_reference=delegate.reference,
        is_secret=True,
        calendar=ical,
        qr_code=qr_code,
        delegate=delegate,
        **context,
    )

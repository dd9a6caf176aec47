"""Registering: store answers, submit or delete them."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import Final, Literal

from sqlalchemy import bindparam, delete, insert, update

from app import clock
from app.accounts import rate_limits
from app.accounts.rate_limits import Attempt
from app.database import Base, db
from app.delegates import custom_questions, delegate_record, fields, private_answers
from app.delegates.answer_json import Answers, dump_answers, full_name
from app.delegates.categories import queries as categories
from app.delegates.categories.queries import CATEGORY, INVITATION, SPEAKER, TRANSFER
from app.delegates.fields import BADGE_NAME, BY_NAME, DAYS, EMAIL
from app.delegates.models import ApplicationDraft, Confirmation, Delegate
from app.delegates.queries import get_attending
from app.errors import Gone, RuleViolation, StaleEdit
from app.history import services as history
from app.registration import address_limits, emails, queries, seats
from app.registration.applications import queries as application_queries
from app.registration.applications import services as applications
from app.registration.bookings import operations
from app.registration.create_booking import create_booking
from app.registration.invitations import queries as invitation_queries
from app.registration.invitations import services as invitations
from app.registration.queries import RegistrationState, RegistrationStatus, StoredDraft
from app.registration.session_bookings.choices import SESSIONS
from app.registration.session_bookings.chosen_seats import ChosenSeats
from app.registration.speaker_places import queries as speaker_place_queries
from app.registration.speaker_places import services as speaker_places
from app.registration.steps import find_unanswered_step
from app.registration.transfers import queries as transfer_queries
from app.registration.transfers import services as transfers
from app.registration.waiting_list import services as waiting_list

SECRET_BYTES = 32  # of randomness, in the cookie that leads to a draft
KEY_BYTES = 16  # of randomness, in the URL of a confirmation page
MAX_UNLINKED_PER_DAY = 3  # on a speaker's pages, with a name or address not known as theirs
CORRECTION_PERIOD = timedelta(hours=1)  # while a confirmation page can correct the address
JOINED: Final = {"waiting list": "joined"}  # in place of the answers
APPLIED: Final = {"application": "sent"}
APPLICATION: Final = "application"
UNLINKED: Final = "unlinked"  # made by a speaker with a name or address that is not known as theirs
APPROVAL_NEEDED = (
    "The organisers now approve who attends in this category, so you are not registered. You can "
    "send an application"
)
APPROVAL_NOT_NEEDED = (
    "This category no longer needs an approval, so you can register now. Confirm to take a place"
)
CHANGED_ELSEWHERE = (
    "Your answers changed in another window after you opened this page, so you are not registered "
    "yet. Check your answers, then confirm"
)
REWORDED = (
    "A question has been reworded since you opened this page, so you are not registered yet. Check "
    "your answers, then confirm"
)
SHOWN_ON_TICKET = (BADGE_NAME, DAYS)  # on this browser's confirmation page, for a week
CHECKED = (CATEGORY, SESSIONS, *BY_NAME)  # the answers that the last page displays
LOCK_DRAFT = queries.DRAFT_BY_SECRET.with_for_update()
# Sets the columns that are named at execution.
UPDATE_DRAFT = update(ApplicationDraft).where(ApplicationDraft.id == bindparam("draft_id"))


def get_status_for(answers: Answers) -> RegistrationStatus:
    """Return whether a person with these answers may register.

    An invitation may hold a place, and places may be kept for speakers. A person who has chosen a
    full category waits for a place in it, although the conference has others.

    An invitation does not open registration outside its period; a colleague’s place does.
    """
    status = queries.get_registration_status()
    if transfer_queries.has_open(answers):
        return replace(status, state="open")
    is_category_full = status.is_open and categories.is_chosen_full(answers)
    if not is_category_full and status.state not in {"full", "waiting"}:
        return status
    if invitation_queries.has_held_place(answers) or speaker_place_queries.has_kept_place(answers):
        return replace(status, state="open")
    return replace(status, state="waiting") if is_category_full else status


class DraftExpired(Gone):
    """The answers are no longer stored."""


class RegistrationClosed(RuleViolation):
    """Registration is not open."""


class PlacesChanged(RuleViolation):
    """There are places where a page offered the waiting list, or vice versa."""


class ApprovalChanged(PlacesChanged):
    """Whether a category needs approval has changed since the page was opened."""


class IncompleteDraft(RuleViolation):
    """Some questions have not been answered."""


class StaleDraft(StaleEdit):
    """The answers have changed since the page to be confirmed was opened."""


def get_draft_for_update(secret: str) -> StoredDraft | None:
    """Return someone's answers and lock them until the transaction ends, or None."""
    return queries.load_draft(db.session.connection(), LOCK_DRAFT, secret)


def create_draft(draft: Answers, *, ip_address: str | None = None) -> str:
    """Store the first answer and return the key for the visitor's cookie.

    Raise RateLimitExceeded if the network has started too many registrations.
    """
    rate_limits.hit_network(rate_limits.NEW_DRAFT, ip_address)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    secret_hash = sha256(secret.encode()).hexdigest()
    now = clock.real_now()
    db.session.connection().execute(
        insert(ApplicationDraft),
        {
            "secret_hash": secret_hash,
            "document": _dump_draft(draft, secret_hash),
            "begun_at": now,
            "changed_at": now,
        },
    )
    return secret


def save_draft(stored_draft: StoredDraft, draft: Answers) -> None:
    """Store the answers."""
    db.session.connection().execute(UPDATE_DRAFT, _draft_values(stored_draft, draft))


def delete_draft(stored_draft: StoredDraft) -> None:
    """Delete the answers of someone who does not want to register."""
    db.session.execute(delete(ApplicationDraft).where(ApplicationDraft.id == stored_draft.id))


def submit(
    secret: str, language: str, *, displayed: Answers | None = None, ip_address: str | None = None
) -> Confirmation:
    """Create a booking and email its confirmation; submitting again gives the same result.

    Raise StaleDraft if the answers differ from those displayed for confirmation.
    """
    stored_draft = _get_existing_draft(secret)
    confirmation = queries.find_confirmation(stored_draft)
    if confirmation is None:
        draft = _check_submission(stored_draft, "open", displayed, ip_address)
        chosen = ChosenSeats.of(draft)
        confirmation = _confirm(draft, language, chosen)
        db.session.add(confirmation)
        db.session.flush()
        ticket = {name: BY_NAME[name].read(draft) for name in SHOWN_ON_TICKET}
        if CATEGORY in draft:
            ticket[CATEGORY] = draft[CATEGORY]
        if is_unlinked(draft):
            ticket[UNLINKED] = "yes"
        ticket |= chosen.dump()
        values = {"confirmation_id": confirmation.id, **_draft_values(stored_draft, ticket)}
        db.session.connection().execute(UPDATE_DRAFT, values)  # the booking has the rest now
    return confirmation


def is_unlinked(draft: Answers) -> bool:
    """Return True if a booking on a speaker's pages does not match what is known to be theirs."""
    return SPEAKER in draft and not speaker_place_queries.is_own_registration(draft)


def submit_to_waiting_list(
    secret: str, language: str, *, displayed: Answers | None = None, ip_address: str | None = None
) -> None:
    """Put someone on the waiting list, and email them; submitting again changes nothing.

    Raise StaleDraft if the answers differ from those displayed for confirmation.
    """
    stored_draft = _get_existing_draft(secret)
    if stored_draft.answers == JOINED:  # the button was pressed twice
        return
    draft = _check_submission(stored_draft, "waiting", displayed, ip_address)
    code = draft.get(INVITATION)
    spend_code = partial(invitations.spend, code) if code else None
    waiting_list.join(draft, language, spend_code)
    save_draft(stored_draft, JOINED)  # the waiting list has the answers now


def submit_application(
    secret: str, language: str, *, displayed: Answers | None = None, ip_address: str | None = None
) -> None:
    """Submit an application, and email its link; submitting again changes nothing.

    Raise StaleDraft if the answers differ from those displayed for confirmation.
    """
    stored_draft = _get_existing_draft(secret)
    if stored_draft.answers == APPLIED:  # the button was pressed twice
        return
    draft = _check_submission(stored_draft, APPLICATION, displayed, ip_address)
    applications.apply(draft, language)
    save_draft(stored_draft, APPLIED)  # the application has the answers now


def _get_existing_draft(secret: str) -> StoredDraft:
    stored_draft = get_draft_for_update(secret)
    if stored_draft is None:
        raise DraftExpired("Your answers are no longer stored")
    return stored_draft


def _check_submission(
    stored_draft: StoredDraft,
    kind: Literal["application"] | RegistrationState,
    displayed: Answers | None,
    ip_address: str | None,
) -> Answers:
    """Return the answers if they may be submitted in this way, in this state of registration."""
    if TRANSFER in stored_draft.answers and kind != "open":  # the category goes with the place
        raise transfers.TransferEnded(transfers.NOT_OFFERED)
    draft = _require_complete(stored_draft.answers, kind)
    _require_displayed(draft, displayed)
    rate_limits.hit_all(
        Attempt.from_network(rate_limits.REGISTRATION, ip_address),
        address_limits.build_registration_attempt(draft[EMAIL]),
        *(_list_unlinked_attempts(draft) if kind == "open" else ()),
    )
    return draft


def _list_unlinked_attempts(draft: Answers) -> Sequence[Attempt]:
    """Return the attempts to count if a speaker books for someone else on their own pages."""
    if not is_unlinked(draft):
        return ()
    a_day = timedelta(days=1)
    return [Attempt.by_actor(UNLINKED, draft[SPEAKER], times=MAX_UNLINKED_PER_DAY, within=a_day)]


def _draft_values(stored_draft: StoredDraft, draft: Answers) -> dict[str, object]:
    return {
        "draft_id": stored_draft.id,
        "document": _dump_draft(draft, stored_draft.secret_hash),
        "changed_at": clock.real_now(),
    }


def _dump_draft(draft: Answers, secret_hash: str) -> str:
    place = private_answers.place_in_draft(secret_hash)
    answers = private_answers.encrypt_answers(draft, fields.PRIVATE_NAMES, place)
    return dump_answers(answers)


def _require_complete(draft: Answers, kind: Literal["application"] | RegistrationState) -> Answers:
    """Return the answers; raise RegistrationClosed, PlacesChanged or IncompleteDraft."""
    registration_status = get_status_for(draft)
    is_application = application_queries.needs_approval(draft)
    if registration_status.takes_answers and is_application != (kind == APPLICATION):
        raise ApprovalChanged(APPROVAL_NEEDED if is_application else APPROVAL_NOT_NEEDED)
    is_same = is_application or registration_status.state == kind
    if registration_status.takes_answers and not is_same:
        raise PlacesChanged("Whether there are places has changed")
    if registration_status.state == "full":
        raise seats.SoldOut("All places are taken")
    if not registration_status.takes_answers:
        raise RegistrationClosed("Registration is not open")
    if find_unanswered_step(draft):
        raise IncompleteDraft("Some questions have not been answered yet")
    return categories.settle(draft)


def _require_displayed(draft: Answers, displayed: Answers | None) -> None:
    """Raise StaleDraft if the page displayed other questions or answers."""
    if displayed is None:
        return
    names = {*CHECKED, *custom_questions.get_by_name()}
    if any(draft.get(name, "") != displayed.get(name, "") for name in names):
        raise StaleDraft(message=CHANGED_ELSEWHERE)
    words = custom_questions.hash_wordings(custom_questions.list_relevant(draft))
    if any(displayed.get(name, key) != key for name, key in words.items()):
        raise StaleDraft(message=REWORDED)


def _confirm(application: Answers, language: str, chosen: ChosenSeats) -> Confirmation:
    if TRANSFER in application:
        return _build_confirmation(
            application, transfers.accept(application, language), is_first=True
        )

    def announce(delegate: Delegate) -> None:
        emails.send_registration_confirmed(delegate)
        chosen.announce(delegate)

    delegate = create_booking(
        application,
        language,
        announce=announce,
        take_seat=chosen.locking(_choose_seat(application)),
    )
    if delegate is not None:
        speaker_places.link_own(application, delegate)
        history.record("Registered", subject=delegate.history_subject, actor=history.ACTOR_DELEGATE)
        chosen.book(delegate)
        waiting_list.end_wait(delegate)
        return _build_confirmation(application, delegate, is_first=True)
    existing = get_attending(
        delegate_record.identity_key(full_name(application), application[EMAIL])
    )
    operations.end_corrections(existing)
    history.record("Registered again, but already has a place", subject=existing.history_subject)
    emails.send_already_registered(existing)
    speaker_places.link_own(application, existing)
    return _build_confirmation(application, existing, is_first=False)


def _choose_seat(application: Answers) -> Callable[[Sequence[str], Base], None]:
    """Return the function that takes a place for a person with these answers."""
    code = application.get(INVITATION)
    if code:
        return partial(invitations.reserve, code)
    is_own = speaker_place_queries.is_own_registration(application)
    return partial(speaker_places.reserve, application) if is_own else seats.reserve


def _build_confirmation(
    application: Answers, delegate: Delegate, *, is_first: bool
) -> Confirmation:
    return Confirmation(
        key=secrets.token_urlsafe(KEY_BYTES),
        delegate=delegate,
        email=application[EMAIL],
        is_first=is_first,
        correctable_until=clock.real_now() + CORRECTION_PERIOD if is_first else None,
    )

"""Registering: store answers, submit or delete them."""

import secrets
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from hashlib import sha256
from typing import Final

from sqlalchemy import bindparam, delete, func, insert, select, update

from app import clock
from app.accounts import rate_limits
from app.database import db
from app.errors import Gone, NotFound, RuleViolation, StaleEdit
from app.history import services as history
from app.programme.fields import conference
from app.registration import (
    custom_questions,
    delegate_record,
    emails,
    fields,
    private_answers,
    queries,
    seats,
)
from app.registration import seats as registration_seats
from app.registration.bookings import operations
from app.registration.categories import queries as categories
from app.registration.categories.queries import CATEGORY, INVITATION
from app.registration.create_booking import create_booking
from app.registration.fields import BADGE_NAME, BY_NAME, DAYS, EMAIL, Step
from app.registration.invitations import queries as invitation_queries
from app.registration.invitations import services as invitations
from app.registration.models import ApplicationDraft, Confirmation, Delegate, SeatLimit
from app.registration.queries import (
    Answers,
    RegistrationState,
    RegistrationStatus,
    StoredDraft,
    full_name,
)
from app.registration.waiting_list import services as waiting_list
from app.web.formatting import local_date

STEPS = tuple(step.name for step in fields.STEPS)  # the same for everybody
CHECK = "check"
FIRST_STEP = STEPS[0]


def list_steps(answers: Answers) -> tuple[str, ...]:
    """List the pages of registration for somebody, as far as their answers tell.

    The first asks for a category where there are several.
    """
    first = (CATEGORY,) if categories.is_asked() else ()
    return (*first, *STEPS, *custom_questions.list_steps(answers), CHECK)


@dataclass(frozen=True)
class RegistrationProgress:
    """The progress of one visitor."""

    secret: str
    stored_draft: StoredDraft | None
    answers: Answers
    is_expired: bool = False  # whether there are no longer any answers for the key

    @property
    def is_submitted(self) -> bool:
        """Whether the application has been submitted."""
        return self.stored_draft is not None and self.stored_draft.confirmation_id is not None

    @property
    def next_step(self) -> str:
        """The first question without an answer, else the page to check all answers."""
        return find_unanswered_step(self.answers) or CHECK

    @property
    def steps(self) -> tuple[str, ...]:
        """The pages of registration for this visitor, in order."""
        return list_steps(self.answers)

    def has_answer(self, step: str) -> bool:
        """Return True if this question has an answer, even one that has to be given again."""
        if custom_questions.is_step(step):
            asked = custom_questions.list_of_step(step, self.answers)
            return any(one.name in self.answers for one in asked)
        key = next((one.key for one in fields.STEPS if one.name == step), step)
        return key in self.answers

    def has_reached(self, step: str) -> bool:
        """Return True if every question before this one has been answered."""
        steps = self.steps
        return step in steps and steps.index(step) <= steps.index(self.next_step)


def find_unanswered_step(answers: Answers) -> str | None:
    """Return the first step without a valid answer, or None.

    A step counts as answered by its first field, so that a later one is not asked of those who
    are under way. A private answer without consent, or that cannot be read, is asked for again.
    """
    if categories.lacks_choice(answers):
        return CATEGORY
    days = {day.isoformat() for day in categories.list_days_for(answers)}
    for step in fields.STEPS:
        if step.key not in answers or _has_to_be_asked_again(step, answers):
            return step.name
        if step.key == fields.DAYS and not days.issuperset(answers[fields.DAYS].split()):
            return step.name
    return custom_questions.find_unanswered_step(answers)


def _has_to_be_asked_again(step: Step, answers: Answers) -> bool:
    """Return True if a private answer has no consent, or cannot be read."""
    private = [answers.get(one.name, "") for one in step.fields if one.is_private]
    lacks_consent = any(private) and fields.CONSENT not in answers
    return lacks_consent or any(private_answers.is_unreadable(one) for one in private)


MAX_REGISTRATIONS_PER_DAY = 20  # with one email address
CORRECTION_PERIOD = timedelta(hours=1)  # in which a confirmation page can correct the address
JOINED: Final = {"waiting list": "joined"}  # in place of the answers
SHOWN_ON_TICKET = (BADGE_NAME, DAYS)  # on the confirmation page of this browser, for a week
CHECKED = (CATEGORY, *BY_NAME)  # the answers that the last page displays
LOCK_DRAFT = queries.DRAFT_BY_SECRET.with_for_update()
UPDATE_DRAFT = (
    update(ApplicationDraft)
    .where(ApplicationDraft.id == bindparam("draft_id"))
    .values(document=bindparam("document"), changed_at=bindparam("changed_at"))
)
COMPLETE_DRAFT = UPDATE_DRAFT.values(confirmation_id=bindparam("new_confirmation_id"))


def get_status_for(answers: Answers) -> RegistrationStatus:
    """Return whether somebody may register who has these answers: an invitation may hold a place.

    It does not open registration before or after its time.
    """
    status = queries.get_registration_status()
    is_full = status.state in {"full", "waiting"}
    if is_full and invitation_queries.has_held_place(answers):
        return replace(status, state="open")
    return status


class DraftExpired(Gone):
    """The answers are no longer stored."""


class RegistrationClosed(RuleViolation):
    """Registration is not open."""


class PlacesChanged(RuleViolation):
    """There are places where a page offered the waiting list, or the other way round."""


class IncompleteDraft(RuleViolation):
    """Some questions have not been answered."""


class StaleDraft(StaleEdit):
    """The answers have been changed since the page that was to be confirmed was opened."""


def get_draft_for_update(secret: str) -> StoredDraft | None:
    """Return someone's answers and lock them until the transaction ends, or None."""
    return queries.load_draft(db.session.connection(), LOCK_DRAFT, secret)


def create_draft(draft: Answers, *, ip_address: str | None = None) -> str:
    """Store the first answer and return the key for the visitor's cookie.

    Raise RateLimitExceeded if too many registrations have been begun from the network.
    """
    rate_limits.hit_network(rate_limits.NEW_DRAFT, ip_address)
    secret = secrets.token_urlsafe(32)
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

    Raise StaleDraft if the answers are not those that were displayed to be confirmed.
    """
    stored_draft = _get_existing_draft(secret)
    confirmation = queries.find_confirmation(stored_draft)
    if confirmation is None:
        draft = _check_submission(stored_draft, "open", displayed, ip_address)
        confirmation = _confirm(draft, language)
        db.session.add(confirmation)
        db.session.flush()
        ticket = {name: BY_NAME[name].read(draft) for name in SHOWN_ON_TICKET}
        if CATEGORY in draft:
            ticket[CATEGORY] = draft[CATEGORY]
        values = {"new_confirmation_id": confirmation.id, **_draft_values(stored_draft, ticket)}
        db.session.connection().execute(COMPLETE_DRAFT, values)  # the booking has the rest now
    return confirmation


def submit_to_waiting_list(
    secret: str, language: str, *, displayed: Answers | None = None, ip_address: str | None = None
) -> None:
    """Put someone on the waiting list, and email them; submitting again changes nothing.

    Raise StaleDraft if the answers are not those that were displayed to be confirmed.
    """
    stored_draft = _get_existing_draft(secret)
    if stored_draft.answers == JOINED:  # the button was pressed twice
        return
    draft = _check_submission(stored_draft, "waiting", displayed, ip_address)
    _hit_address(draft)
    code = draft.get(INVITATION)
    spend_code = partial(invitations.spend, code) if code else None
    waiting_list.join(draft, language, spend_code)
    save_draft(stored_draft, JOINED)  # the list has the answers now


def _get_existing_draft(secret: str) -> StoredDraft:
    stored_draft = get_draft_for_update(secret)
    if stored_draft is None:
        raise DraftExpired("Your answers are no longer stored")
    return stored_draft


def _check_submission(
    stored_draft: StoredDraft,
    state: RegistrationState,
    displayed: Answers | None,
    ip_address: str | None,
) -> Answers:
    """Return answers that may be submitted in this state of registration."""
    draft = _require_complete(stored_draft.answers, state)
    _require_displayed(draft, displayed)
    rate_limits.hit_network(rate_limits.REGISTRATION, ip_address)
    return draft


def _draft_values(stored_draft: StoredDraft, draft: Answers) -> dict[str, object]:
    return {
        "draft_id": stored_draft.id,
        "document": _dump_draft(draft, stored_draft.secret_hash),
        "changed_at": clock.real_now(),
    }


def _dump_draft(draft: Answers, secret_hash: str) -> str:
    place = private_answers.place_in_draft(secret_hash)
    answers = private_answers.encrypt_answers(draft, fields.PRIVATE_NAMES, place)
    return queries.dump_answers(answers)


def _require_complete(draft: Answers, state: RegistrationState) -> Answers:
    """Return the answers; raise RegistrationClosed, PlacesChanged or IncompleteDraft."""
    registration_status = get_status_for(draft)
    if registration_status.takes_answers and registration_status.state != state:
        raise PlacesChanged("Whether there are places has changed")
    if registration_status.state == "full":
        raise seats.SoldOut("All places are taken")
    if not registration_status.takes_answers:
        raise RegistrationClosed("Registration is not open")
    if find_unanswered_step(draft):
        raise IncompleteDraft("Some questions have not been answered yet")
    return categories.settle(draft)


def _require_displayed(draft: Answers, displayed: Answers | None) -> None:
    """Raise StaleDraft unless the answers are those that a page displayed, if it says which."""
    names = {*CHECKED, *custom_questions.get_by_name()}
    if displayed is not None and any(draft.get(n, "") != displayed.get(n, "") for n in names):
        raise StaleDraft(
            message="Your answers changed in another window after you opened this page, so you are "
            "not registered yet. Check your answers, then confirm"
        )


def _hit_address(application: Answers) -> None:
    rate_limits.hit(
        "registration",
        delegate_record.fold(application[EMAIL]),
        times=MAX_REGISTRATIONS_PER_DAY,
        within=timedelta(days=1),
    )


def _confirm(application: Answers, language: str) -> Confirmation:
    _hit_address(application)
    code = application.get(INVITATION)
    delegate = create_booking(
        application,
        language,
        announce=emails.send_registration_confirmed,
        take_seat=partial(invitations.reserve, code) if code else seats.reserve,
    )
    if delegate is not None:
        history.record("Registered", subject=delegate.history_subject, actor=history.ACTOR_DELEGATE)
        waiting_list.end_wait(delegate)
        return _build_confirmation(application, delegate, is_first=True)
    existing = queries.get_attending(
        delegate_record.identity_key(full_name(application), application[EMAIL])
    )
    operations.end_corrections(existing)
    history.record("Registered again, but already has a place", subject=existing.history_subject)
    emails.send_already_registered(existing)
    return _build_confirmation(application, existing, is_first=False)


def _build_confirmation(
    application: Answers, delegate: Delegate, *, is_first: bool
) -> Confirmation:
    return Confirmation(
        key=secrets.token_urlsafe(16),
        delegate=delegate,
        email=application[EMAIL],
        is_first=is_first,
        correctable_until=clock.real_now() + CORRECTION_PERIOD if is_first else None,
    )


class StaleLimit(StaleEdit):
    """Someone else has changed the limit since the page was opened."""

    def __init__(self, seats: int) -> None:
        super().__init__(
            seats,  # a limit is its own version
            message=f"Someone else has just changed the limit to {seats}. "
            "Check yours, then save it again",
        )


def change_limit(new_limit: int, *, expected_limit: int, actor: str) -> bool:
    """Set the number of places; return True if it changed. Raise StaleLimit on a conflict."""
    before = _get_limit_for_update()
    if new_limit == before:
        return False
    if expected_limit != before:
        raise StaleLimit(before)
    registration_seats.set_limit(registration_seats.CONFERENCE, new_limit)
    waiting_list.offer_places()
    turned = "raised" if new_limit > before else "lowered"
    history.record(
        f"The limit was {turned} from {before} to {new_limit}", subject="conference", actor=actor
    )
    return True


def change_waiting_list(*, is_open: bool, actor: str) -> bool:
    """Let people join the waiting list, or no longer; return True if that changed."""
    if not registration_seats.set_waiting_list(registration_seats.CONFERENCE, is_open=is_open):
        return False
    turned = "opened" if is_open else "closed"
    history.record(f"The waiting list was {turned}", subject="conference", actor=actor)
    return True


def check_booked_days(first: date, last: date) -> None:
    """Raise RuleViolation if new conference dates exclude a day that delegates have booked."""
    _get_limit_for_update()  # so that nobody registers meanwhile
    for day in queries.conference_days():
        count = 0 if first <= day <= last else _count_booked(day)
        if count:
            people = "1 delegate has" if count == 1 else f"{count} delegates have"
            raise RuleViolation(
                f"{people} booked {local_date(day)}, so it must stay a day of the conference"
            )


def _get_limit_for_update() -> int:
    """Lock the limit until the transaction ends and return it; 0 if there is none."""
    try:
        limit: SeatLimit | None = registration_seats.lock_limit(registration_seats.CONFERENCE)
    except NotFound:
        limit = None
    return limit.seats if limit else 0


def _count_booked(day: date) -> int:
    counted = select(func.count()).select_from(Delegate)
    booked = counted.where(queries.ATTENDING, Delegate.days.contains(day.isoformat()))
    return db.session.scalar(booked) or 0


conference.day_change_checks.append(check_booked_days)  # also checked by an undo

"""How an application becomes a booking with a place, whoever brings it."""

import secrets

from sqlalchemy.exc import IntegrityError

from app import clock
from app.database import broken_rule, db
from app.registration import recognition, seats
from app.registration.models import Delegate, Needs
from app.registration.told import Application

ATTEMPTS = 5  # at a reference that nobody has
SAME_PERSON = "uq_delegate_same_person_attending"
SAME_REFERENCE = "uq_delegate_reference"


def give(application: Application, language: str, *, is_by_hand: bool = False) -> Delegate | None:
    """Give an applicant a place; give None when the same person has one already."""
    for _ in range(ATTEMPTS):
        delegate = _delegate(application, language, is_by_hand=is_by_hand)
        try:
            with db.session.begin_nested():
                seats.take(seats.CONFERENCE, delegate)
        except IntegrityError as clash:
            rule = broken_rule(clash)
            if rule == SAME_PERSON:
                return None
            if rule != SAME_REFERENCE:
                raise
        else:
            return delegate
    raise RuntimeError("no reference is free")


def new_key() -> str:
    """Make a key that a link signs; every link with an earlier one is dead."""
    return secrets.token_urlsafe(16)


def _delegate(application: Application, language: str, *, is_by_hand: bool) -> Delegate:
    name, work = application.name, application.work
    delegate = Delegate(
        reference=recognition.new_reference(),
        link_key=new_key(),
        given_names=name.given_names,
        family_name=name.family_name,
        badge_name=name.badge_name or name.full,
        email=application.email,
        organisation=work.organisation,
        role=work.role,
        country=work.country,
        days=" ".join(day.isoformat() for day in application.days),
        language=language,
        consented_at=application.consented_at,
        registered_at=clock.now(),
        is_by_hand=is_by_hand,
        needs=_needs(application),
    )
    recognition.recognise(delegate)
    return delegate


def _needs(application: Application) -> Needs | None:
    if not (application.access_needs or application.dietary_needs):
        return None
    return Needs(access=application.access_needs, dietary=application.dietary_needs)

"""Creating bookings: references, the keys that identify and find a delegate."""

import secrets
import unicodedata

from sqlalchemy.exc import IntegrityError

from app import clock
from app.database import db, violated_constraint
from app.registration import seats
from app.registration.answers import CompleteAnswers
from app.registration.models import Delegate, Needs

REFERENCE_ALPHABET = "23456789CDFGHJKMNPQRTVWXYZ"  # none that look alike, no vowels
REFERENCE_LENGTH = 8
MAX_SORT_KEY_LENGTH = 100  # characters


def generate_reference() -> str:
    """Return a random booking reference."""
    return "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH))


def refresh_search_keys(delegate: Delegate) -> None:
    """Update the columns that lists search and sort by."""
    delegate.identity_key = identity_key(delegate.full_name, delegate.email)
    whole_name = (delegate.family_name, delegate.given_names)
    delegate.name_sort_key = search_key(*whole_name)[:MAX_SORT_KEY_LENGTH]
    delegate.organisation_sort_key = search_key(delegate.organisation)[:MAX_SORT_KEY_LENGTH]
    others = (delegate.badge_name, delegate.email, delegate.organisation, delegate.reference)
    delegate.search_text = search_key(*whole_name, *others)


def identity_key(name: str, email: str) -> str:
    """Return a key that is equal for two registrations by one person, however they typed."""
    return f"{fold(email)} {fold(name)}"


def fold(text: str) -> str:
    """Return text without differences of case, width and spacing (NFKC, casefolded)."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def search_key(*texts: str) -> str:
    """Return texts as the search compares them: folded, and without accents."""
    parted = unicodedata.normalize("NFKD", " ".join(texts))
    bare = "".join(letter for letter in parted if not unicodedata.combining(letter))
    return " ".join(bare.casefold().split())


MAX_REFERENCE_ATTEMPTS = 5  # attempts to find an unused reference
IDENTITY_CONSTRAINT = "uq_delegate_identity_key_attending"
REFERENCE_CONSTRAINT = "uq_delegate_reference"


def create_booking(
    application: CompleteAnswers, language: str, *, is_added_by_team: bool = False
) -> Delegate | None:
    """Create a booking and take a seat; return None if the same person already has one."""
    for _ in range(MAX_REFERENCE_ATTEMPTS):
        delegate = _build_delegate(application, language, is_added_by_team=is_added_by_team)
        try:
            with db.session.begin_nested():
                seats.reserve(seats.CONFERENCE, delegate)
        except IntegrityError as clash:
            constraint = violated_constraint(clash)
            if constraint == IDENTITY_CONSTRAINT:
                return None
            if constraint != REFERENCE_CONSTRAINT:
                raise
        else:
            return delegate
    raise RuntimeError("no reference is free")


def new_key() -> str:
    """Return a random key for links; links signed with the previous key stop working."""
    return secrets.token_urlsafe(16)


def _build_delegate(
    application: CompleteAnswers, language: str, *, is_added_by_team: bool
) -> Delegate:
    name, work = application.name, application.work
    delegate = Delegate(
        reference=generate_reference(),
        access_key=new_key(),
        given_names=name.given_names,
        family_name=name.family_name,
        badge_name=name.badge_name or name.full_name,
        email=application.email,
        organisation=work.organisation,
        role=work.role,
        country=work.country,
        days=" ".join(day.isoformat() for day in application.days),
        language=language,
        consented_at=application.consented_at,
        registered_at=clock.now(),
        is_added_by_team=is_added_by_team,
        needs=_build_needs(application),
    )
    refresh_search_keys(delegate)
    return delegate


def _build_needs(application: CompleteAnswers) -> Needs | None:
    if not (application.access_needs or application.dietary_needs):
        return None
    return Needs(access=application.access_needs, dietary=application.dietary_needs)

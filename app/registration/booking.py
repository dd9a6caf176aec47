"""Bookings made of answers: references, and the keys that identify and find a delegate."""

import secrets
import unicodedata
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from app import clock
from app.database import db, violated_constraint
from app.registration import seats
from app.registration.answers import Answers
from app.registration.fields import CONSENT, FIELDS, PRIVATE_FIELDS, DelegateField
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
    answers: Answers, language: str, *, is_added_by_team: bool = False
) -> Delegate | None:
    """Create a booking and take a seat; return None if the same person already has one."""
    for _ in range(MAX_REFERENCE_ATTEMPTS):
        delegate = _build_delegate(answers, language, is_added_by_team=is_added_by_team)
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


def to_answers(delegate: Delegate, asked: Iterable[DelegateField] = FIELDS) -> Answers:
    """Return a booking, or some of it, as the answers that would make it."""
    return {field.name: field.get(delegate) for field in asked}


def merge_answers(delegate: Delegate, answers: Answers) -> Answers:
    """Return the answers of a booking with others in place of its own."""
    merged = {**to_answers(delegate), **answers}
    return {field.name: field.read(merged) for field in FIELDS}


def store(delegate: Delegate, answers: Answers) -> None:
    """Write answers into a booking; needs have a row only while there are any."""
    merged = merge_answers(delegate, answers)
    needs = delegate.needs or Needs(access="", dietary="")
    for field in FIELDS:
        setattr(needs if field.is_private else delegate, field.column, merged[field.name])
    delegate.needs = needs if any(merged[field.name] for field in PRIVATE_FIELDS) else None


def _build_delegate(answers: Answers, language: str, *, is_added_by_team: bool) -> Delegate:
    delegate = Delegate(
        reference=generate_reference(),
        access_key=new_key(),
        language=language,
        consented_at=datetime.fromisoformat(answers[CONSENT]),
        registered_at=clock.now(),
        is_added_by_team=is_added_by_team,
    )
    store(delegate, answers)
    refresh_search_keys(delegate)
    return delegate

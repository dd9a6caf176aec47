"""The row of a delegate: its answers, and the keys that identify and find it."""

import unicodedata
from collections.abc import Iterable
from datetime import datetime

from app.delegates import custom_answers, custom_questions, requirement_texts
from app.delegates.answer_json import Answers, full_name
from app.delegates.categories.queries import CATEGORY
from app.delegates.delegate_field import DelegateField
from app.delegates.fields import (
    BADGE_NAME,
    BOOKING_FIELDS,
    BY_NAME,
    CONSENT,
    FIELDS,
    PRIVATE_FIELDS,
)
from app.delegates.models import Delegate, Needs
from app.delegates.private_answers import encrypt_need, is_unreadable
from app.delegates.standard_questions import is_retired
from app.mail.addresses import normalise_address

IDENTITY_CONSTRAINT = "uq_delegate_identity_key_attending"
MAX_SORT_KEY_LENGTH = 100  # characters


def to_answers(delegate: Delegate, asked: Iterable[DelegateField] = FIELDS) -> Answers:
    """Return some or all fields of a booking as answers."""
    return {field.name: field.get(delegate) for field in asked}


def to_all_answers(delegate: Delegate) -> Answers:
    """Return a booking with its category and the answers to the organisers' questions."""
    category = str(delegate.category_id or "")
    return {**to_answers(delegate), CATEGORY: category, **custom_answers.to_answers(delegate)}


def to_consented_answers(delegate: Delegate) -> Answers:
    """Return the answers of a booking, with the time of consent to those that are private."""
    return {**to_all_answers(delegate), CONSENT: delegate.consented_at.isoformat()}


def merge_answers(delegate: Delegate, answers: Answers) -> Answers:
    """Return the answers of a booking, updated with others."""
    before = to_all_answers(delegate)
    merged = {**before, **answers, **_find_hidden(before, answers)}
    merged |= dict.fromkeys(custom_questions.list_irrelevant_standard(merged), "")
    if full_name(before) == before[BADGE_NAME] and is_retired(BY_NAME[BADGE_NAME]):
        merged[BADGE_NAME] = ""  # reset with the name, since it is not asked
    return {**merged, **{field.name: field.read(merged) for field in FIELDS}}


def _find_hidden(before: Answers, answers: Answers) -> Answers:
    """Return answers that the page could not display, unless new ones replace them."""
    hidden: dict[str, str] = {}
    for purpose in {field.purpose for field in PRIVATE_FIELDS}:
        names = [field.name for field in PRIVATE_FIELDS if field.purpose == purpose]
        if not any(answers.get(name) for name in names):
            hidden |= {name: before[name] for name in names if is_unreadable(before[name])}
    return hidden


def store(delegate: Delegate, answers: Answers) -> None:
    """Write answers into a booking; a row for needs exists only while there are any.

    Answers that need consent include the time when it was given.
    """
    merged = merge_answers(delegate, answers)
    needs = delegate.needs or Needs(**{field.column: "" for field in PRIVATE_FIELDS})
    for field in BOOKING_FIELDS:
        setattr(delegate, field.column, merged[field.name])
    changed = [one for one in PRIVATE_FIELDS if merged[one.name] != one.get(delegate)]
    for field in changed:
        stored = encrypt_need(merged[field.name], delegate.reference, field.column)
        setattr(needs, field.column, stored)
    custom_answers.store(delegate, merged)
    if CONSENT in answers:
        delegate.consented_at = datetime.fromisoformat(answers[CONSENT])
    delegate.needs = needs if any(merged[field.name] for field in PRIVATE_FIELDS) else None
    if changed:
        requirement_texts.match(delegate, changed)


def refresh_search_keys(delegate: Delegate) -> None:
    """Update the columns that lists search and sort by."""
    delegate.identity_key = identity_key(delegate.full_name, delegate.email)
    whole_name = (delegate.family_name, delegate.given_names)
    delegate.name_sort_key = search_key(*whole_name)[:MAX_SORT_KEY_LENGTH]
    delegate.organisation_sort_key = search_key(delegate.organisation)[:MAX_SORT_KEY_LENGTH]
    others = (delegate.badge_name, delegate.email, delegate.organisation, delegate.reference)
    delegate.search_text = search_key(*whole_name, *others)


def identity_key(name: str, email: str) -> str:
    """Return a key that is equal for two registrations by one person, regardless of spelling."""
    return f"{normalise_address(email)} {fold(name)}"


def fold(text: str) -> str:
    """Return text without differences of case, width and spacing (NFKC, casefolded)."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def search_key(*texts: str) -> str:
    """Return texts as the search compares them: folded, and without accents."""
    decomposed = unicodedata.normalize("NFKD", " ".join(texts))
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(bare.casefold().split())

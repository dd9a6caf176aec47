"""Organisers' operations on categories: add, change, order and delete them.

The row of the conference's limit is locked first, as for every registration, so that no place can
be taken while a limit changes.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.cache_version import bump_cache_version
from app.database import db
from app.delegates import custom_questions
from app.delegates.categories import queries
from app.delegates.categories import texts as category_texts
from app.delegates.categories.models import BY_CODE, BY_INTEREST, PUBLIC, RegistrationCategory
from app.delegates.categories.texts import CategoryTexts, Translations
from app.delegates.models import CONFERENCE, Delegate
from app.delegates.queries import ATTENDING
from app.errors import RuleViolation, StaleEdit
from app.history import services as history
from app.history.models import Change
from app.registration import seats
from app.registration.applications.models import RegistrationApplication
from app.registration.interest.models import ExpressionOfInterest
from app.registration.invitations.models import InvitationCode
from app.registration.waiting_list import offers
from app.registration.waiting_list.models import OFFERED, WaitingListEntry
from app.row_locks import lock_row
from app.web.formatting import local_moment

LABELS = {
    "name": "Name",
    "description": "Description",
    "limit": "Number of places",
    "opens_at": "Opens",
    "closes_at": "Closes",
    "days": "Days",
    "confirmation_text": "Text in the confirmation",
    "access": "Who can choose it",
    "is_for_speakers": "For speakers",
    "kept_places": "Places kept for speakers",
    "approvals_needed": "Approval",
    "is_place_held": "Place kept until the decision",
    "allows_transfer": "Places can be passed on",
    "is_in_person": "Attends in person",
    "interest_closes_at": "Interest can be expressed until",
    "interest_questions": "Questions asked with interest",
}
APPROVAL_TEXTS = {0: "Not needed", 1: "By one person", 2: "By two people"}
ACCESS_TEXTS = {
    PUBLIC: "Everyone",
    BY_CODE: "Only people with an invitation code",
    BY_INTEREST: "People the team chooses from those who express an interest",
}
STEPS = {"up": -1, "down": 1}
TRANSLATIONS = "translations"


class CategoryInUse(RuleViolation):
    """People have this category, so it cannot be deleted."""


class NoPlacesToKeep(RuleViolation):
    """There are fewer free places than are to be kept for speakers."""


class NameTaken(RuleViolation):
    """Another category has this name."""


def add(values: Mapping[str, Any], *, actor: str) -> RegistrationCategory:
    """Add a category at the end of the list; raise NameTaken."""
    seats.lock_if_set(CONFERENCE)
    last = db.session.scalar(select(func.max(RegistrationCategory.position)))
    category = RegistrationCategory(position=0 if last is None else last + 1, version=1)
    with _requiring_unique_name():
        _set_values(category, values)
        db.session.add(category)
    if values["limit"] is not None:
        seats.set_limit(seats.name_category_limit(category.id), values["limit"])
    _change_kept_places(category, values["kept_places"])
    bump_cache_version()
    _record(category, f"{category.name} was added to the categories", actor)
    return category


def save(
    category: RegistrationCategory, values: Mapping[str, Any], *, expected_version: int, actor: str
) -> Sequence[Change]:
    """Save these values and return the changes; raise StaleEdit, NameTaken or RuleViolation."""
    _lock(category)
    changes = diff(category, values)
    if not changes:
        return ()
    if category.version != expected_version:
        raise StaleEdit(category.version, changes)
    kept_places = values["kept_places"]
    _change_kept_places(
        category, min(kept_places, category.kept_places)
    )  # may free places for the limit
    if any(change.field == "limit" for change in changes):
        _change_limit(category, values["limit"])
    _change_kept_places(category, kept_places)
    with _requiring_unique_name():
        _set_values(category, values)
        category.version += 1
    bump_cache_version()
    offers.offer_places()
    names = ", ".join(change.label.lower() for change in changes)
    _record(category, f"{category.name} was changed: {names}", actor, changes)
    return changes


def diff(category: RegistrationCategory, values: Mapping[str, Any]) -> Sequence[Change]:
    """Return the changes that these values would make, as text."""
    before = queries.build_values(category)
    own = [
        _build_change(name, LABELS[name], _to_text(name, before[name]), _to_text(name, value))
        for name, value in values.items()
        if name != TRANSLATIONS and before[name] != value
    ]
    return [*own, *_diff_translations(before[TRANSLATIONS], values[TRANSLATIONS])]


def _diff_translations(before: Translations, after: Translations) -> Iterator[Change]:
    """Yield the changes of texts in the site's languages; other languages stay unchanged."""
    for code, texts in after.items():
        old_texts = before.get(code, CategoryTexts())
        for name, old, new in zip(category_texts.FIELDS, old_texts, texts, strict=True):
            if old != new:
                yield _build_change(f"{name}_{code}", f"{LABELS[name]} ({code})", old, new)


def _build_change(field: str, label: str, old: str, new: str) -> Change:
    return Change(field, old, new, label, old, new)


def move(category: RegistrationCategory, direction: str, *, actor: str) -> bool:
    """Move a category "up" or "down" in the list; return True if it moved."""
    _lock(category)
    rows = list(queries.list_all())
    index = rows.index(category)
    target = index + STEPS.get(direction, 0)
    if target == index or not 0 <= target < len(rows):
        return False
    rows.insert(target, rows.pop(index))
    for position, row in enumerate(rows):
        row.position = position
    bump_cache_version()
    sentence = f"{category.name} was moved from place {index + 1} to {target + 1} in the order"
    _record(category, sentence, actor)
    return True


def delete(category: RegistrationCategory, *, actor: str) -> None:
    """Delete an unused category; raise CategoryInUse if it is in use."""
    _lock(category)
    count = count_people(category).total
    if count:
        people = "1 person is" if count == 1 else f"{count:,} people are"
        raise CategoryInUse(f"{people} in this category. Move or remove them first")
    _require_no_held_places(category)
    _require_no_questions(category)
    seats.unset_category_limit(category.id)
    _record(category, f"{category.name} was deleted", actor)
    db.session.delete(category)
    bump_cache_version()


def _require_no_questions(category: RegistrationCategory) -> None:
    """Raise CategoryInUse if a question is asked only in this category."""
    for question in custom_questions.list_all():
        if str(category.id) in question.categories:
            label = custom_questions.get_label(question)
            raise CategoryInUse(
                f"The question “{label}” is asked in this category. Change it first"
            )


def _require_no_held_places(category: RegistrationCategory) -> None:
    held_places = select(func.sum(InvitationCode.held)).where(
        InvitationCode.category_id == category.id
    )
    if db.session.scalar(held_places):
        raise CategoryInUse("Invitation codes keep places in this category. Withdraw them first")
    if category.kept_places:
        raise CategoryInUse(
            "Places in this category are kept for speakers. Change that number to 0 first"
        )


class CategoryPeople(NamedTuple):
    """The number of people in a category."""

    delegates: int
    waiting: int
    applications: int
    interested: int

    @property
    def total(self) -> int:
        """The total."""
        return sum(self)


def count_people(category: RegistrationCategory) -> CategoryPeople:
    """Count delegates, applicants, waiting people and expressions of interest."""
    delegates = select(func.count()).where(ATTENDING, Delegate.category_id == category.id)
    applied = select(func.count()).where(
        RegistrationApplication.ended_at.is_(None),
        RegistrationApplication.category_id == category.id,
    )
    interested = select(func.count()).where(
        ExpressionOfInterest.ended_at.is_(None),
        ExpressionOfInterest.category_id == category.id,
    )
    waiting = select(func.count()).where(
        WaitingListEntry.ended_at.is_(None), WaitingListEntry.category_id == category.id
    )
    counts = (delegates, waiting, applied, interested)
    return CategoryPeople(*(db.session.scalar(count) or 0 for count in counts))


def _change_kept_places(category: RegistrationCategory, number: int) -> None:
    """Keep more or fewer places for speakers; raise NoPlacesToKeep."""
    more = number - category.kept_places
    limits = seats.list_limits(category.id)
    if more < 0:
        seats.release_seats(limits, -more)
    elif more > 0:
        try:
            seats.hold_seats(limits, more)
        except seats.SoldOut:
            raise NoPlacesToKeep("There are not that many places left") from None
    category.kept_places = number


def _change_limit(category: RegistrationCategory, limit: int | None) -> None:
    """Set or delete the limit; places that are already taken count."""
    if limit is None:
        seats.unset_category_limit(category.id)
    else:
        name = seats.name_category_limit(category.id)
        seats.set_limit(name, limit, taken=_count_taken(category))


def _count_taken(category: RegistrationCategory) -> int:
    """Count the places of a category: taken by delegates, on offer, and kept for others."""
    delegates = select(func.count()).where(ATTENDING, Delegate.category_id == category.id)
    offers = select(func.count()).where(
        WaitingListEntry.state == OFFERED, WaitingListEntry.category_id == category.id
    )
    invitation_places = select(func.sum(InvitationCode.held)).where(
        InvitationCode.category_id == category.id
    )
    applied = select(func.count()).where(
        RegistrationApplication.is_held.is_(True),
        RegistrationApplication.category_id == category.id,
    )
    counted = sum(
        db.session.scalar(one) or 0 for one in (delegates, offers, invitation_places, applied)
    )
    return counted + category.kept_places


def _lock(category: RegistrationCategory) -> None:
    seats.lock_if_set(CONFERENCE)
    lock_row(category, "This category has been deleted")


def _set_values(category: RegistrationCategory, values: Mapping[str, Any]) -> None:
    if values["is_for_speakers"]:
        _unmark_other_categories(category)
    for name, value in values.items():
        if name == TRANSLATIONS:
            translations = category_texts.load_translations(category.translations or "")
            category.translations = category_texts.dump_translations({**translations, **value})
        elif name not in {"limit", "kept_places"}:
            setattr(category, name, value)


def _unmark_other_categories(category: RegistrationCategory) -> None:
    """Unmark the other category for speakers, if any, and release the places kept in it."""
    for other in queries.list_all():
        if other.is_for_speakers and other is not category:
            _change_kept_places(other, 0)
            other.is_for_speakers = False
            other.version += 1
    db.session.flush()


@contextmanager
def _requiring_unique_name() -> Iterator[None]:
    """Raise NameTaken if the block gives two categories one name."""
    try:
        with db.session.begin_nested():
            yield
    except IntegrityError:
        raise NameTaken("There is already a category with this name") from None


def _to_text(name: str, value: Any) -> str:
    """Format a value for the history."""
    if isinstance(value, datetime):
        return local_moment(value)
    if name == "approvals_needed":
        return APPROVAL_TEXTS[value]
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return "" if value is None else ACCESS_TEXTS.get(value, str(value))


def _record(
    category: RegistrationCategory, sentence: str, actor: str, changes: Sequence[Change] = ()
) -> None:
    history.record(sentence, subject=category.history_subject, actor=actor, field_changes=changes)

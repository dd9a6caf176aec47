"""What a person waits for, and changing it: another category, other days.

They keep their turn, since all waiting people share one order. A matching place may be free
already; then it is offered in the same transaction.
"""

from app.database import db
from app.delegates.answer_json import Answers, dump_answers, load_answers
from app.delegates.categories import queries as categories
from app.delegates.categories.queries import CATEGORY, INVITATION
from app.delegates.fields import DAYS
from app.errors import RuleViolation
from app.history import services as history
from app.registration import emails, seats
from app.registration.create_booking import lock_category
from app.registration.waiting_list import entries, offers, positions
from app.registration.waiting_list.models import WaitingListEntry
from app.web import languages

NO_LONGER_WAITS = "You have an offer, or have left the waiting list, so you cannot change this now"
KEEPS_PLACE = "To wait for another category, leave this waiting list and join the other"
NOT_AVAILABLE = "This category is not available now. Choose another"
OTHER_DAYS = "This category does not include all of these days"
CHANGED_CATEGORY, CHANGED_DAYS = "Changed to the category", "Changed the days"


def get_terms(entry: WaitingListEntry) -> Answers:
    """Return the category and the days that a person waits for."""
    answers = load_answers(entry.document)
    category = "" if entry.category_id is None else str(entry.category_id)
    return {CATEGORY: category, DAYS: answers.get(DAYS, "")}


def can_choose_category(entry: WaitingListEntry) -> bool:
    """Return True unless an invitation decides it, or there is no choice."""
    is_invited = INVITATION in load_answers(entry.document)
    return not is_invited and len(list_offered(entry)) > 1


def list_offered(entry: WaitingListEntry) -> list[categories.CategoryOption]:
    """List the categories that a person can wait for, including their own."""
    return [
        category
        for category in categories.list_options_for({})
        if category.id == entry.category_id
        or (category.is_open and not category.approvals_needed and not category.is_for_speakers)
    ]


def change(entry: WaitingListEntry, wanted: Answers) -> bool:
    """Change the category or the days a person waits for; return True if anything changed.

    Raise RuleViolation if it is not possible.
    """
    number = _read_category(entry, wanted)
    both = {name: None for one in (entry.category_id, number) for name in seats.list_limits(one)}
    seats.lock_limits(list(both))
    before_id = entry.category_id
    entries.lock_alone(entry)
    _require_unchanged(entry, before_id)
    lock_category(number)
    _require_days(number, wanted[DAYS])
    before = get_terms(entry)
    after = {CATEGORY: "" if number is None else str(number), DAYS: wanted[DAYS]}
    if after == before:
        return False
    answers = load_answers(entry.document)
    entry.document = dump_answers({**answers, **after})
    entry.category_id = number
    if before[CATEGORY] != after[CATEGORY]:
        with languages.use_language(languages.SOURCE_LANGUAGE):
            name = categories.get_name(number)
        summary = f"{CHANGED_CATEGORY} “{name}”"
        entries.record(entry, summary, history.ACTOR_DELEGATE)
    if before[DAYS] != after[DAYS]:
        entries.record(entry, CHANGED_DAYS, history.ACTOR_DELEGATE)
    db.session.flush()
    db.session.refresh(entry)
    offers.offer_places()
    db.session.refresh(entry)
    if entry.is_waiting:
        emails.send_waiting_list_entry(entry, positions.get_queue_position(entry))
    return True


def _read_category(entry: WaitingListEntry, wanted: Answers) -> int | None:
    """Return the number of the chosen category; raise RuleViolation if it cannot be chosen."""
    if CATEGORY not in wanted or not can_choose_category(entry):
        return entry.category_id
    number = categories.read_id(wanted)
    if number not in {one.id for one in list_offered(entry)}:
        raise RuleViolation(NOT_AVAILABLE)
    return number


def _require_unchanged(entry: WaitingListEntry, category_id: int | None) -> None:
    """Raise RuleViolation if the person now has an offer, or keeps a place while waiting."""
    if not entry.is_waiting or entry.category_id != category_id:  # in another tab
        raise RuleViolation(NO_LONGER_WAITS)
    if entry.keeps_place:
        raise RuleViolation(KEEPS_PLACE)


def _require_days(number: int | None, days: str) -> None:
    category = categories.find(number)
    allowed = {day.isoformat() for day in categories.list_days(category.days if category else "")}
    if not days or not allowed.issuperset(days.split()):
        raise RuleViolation(OTHER_DAYS)

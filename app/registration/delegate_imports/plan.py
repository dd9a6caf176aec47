"""What saving a spreadsheet of delegates would do, row by row, with the current places."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Final

from flask_babel import gettext
from sqlalchemy import select

from app.database import db
from app.delegates.answer_json import full_name
from app.delegates.categories import queries as categories
from app.delegates.categories.queries import CategoryOption
from app.delegates.delegate_record import identity_key
from app.delegates.fields import BY_NAME, DAYS, EMAIL, PRIVATE_NAMES
from app.delegates.models import CATEGORY_PREFIX, CONFERENCE, Delegate, SeatLimit
from app.delegates.queries import ATTENDING
from app.registration import seats, session_seats
from app.registration.delegate_imports.rows import ImportedRow, ImportedSheet, RowFault
from app.registration.waiting_list import queries as waiting_list_entries

# The states of rows.
NEW, BOOKED, WAITS, NO_PLACE, FAULTY = STATES = ("new", "booked", "waits", "no-place", "faulty")
CATEGORY_GONE: Final = "This category has been deleted since the file was uploaded"
WRONG_DAYS: Final = "This category does not include all of these days"


@dataclass(frozen=True)
class PlannedRow:
    """A row, and its state after saving."""

    row: ImportedRow
    state: str
    identity_key: str = ""
    reference: str = ""  # of the person's existing booking
    full_limit: str = ""  # the limit without a place for them


@dataclass(frozen=True)
class LimitUse:
    """The number of places that a file needs from a limit."""

    category: str  # its name; "" for the conference
    needed: int  # by people without a booking
    free: int


@dataclass(frozen=True)
class ImportPlan:
    """The states of all rows after saving."""

    rows: Sequence[PlannedRow]
    limits: Sequence[LimitUse]
    has_waiting_list: bool

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """The number of rows in each state."""
        return {**dict.fromkeys(STATES, 0), **Counter(row.state for row in self.rows)}

    @property
    def can_save(self) -> bool:
        """Whether anyone would get a place or could wait for one."""
        return bool(self.counts[NEW] or (self.counts[NO_PLACE] and self.has_waiting_list))

    @property
    def needs_consent(self) -> bool:
        """Whether any new delegate has an answer that needs consent."""
        added = [*self.list_in(NEW), *self.list_in(NO_PLACE)]
        return any(one.row.answers.get(name) for one in added for name in PRIVATE_NAMES)

    @cached_property
    def fingerprint(self) -> str:
        """A fingerprint of the outcome, so that only a plan that was shown can be saved."""
        outcome = [(row.row.number, row.state, row.reference) for row in self.rows]
        return sha256(repr((outcome, self.has_waiting_list)).encode()).hexdigest()[:32]

    def list_in(self, state: str) -> Sequence[PlannedRow]:
        """List the rows in a state, in the order of the file."""
        return [row for row in self.rows if row.state == state]


def build(sheet: ImportedSheet) -> ImportPlan:
    """Return the plan as of now; the caller may hold the locks of the limits."""
    options = {str(option.id): option for option in categories.list_options()}
    rows = [_recheck(row, options) for row in sheet.rows]
    keys = {
        row.number: identity_key(full_name(row.answers), row.answers[EMAIL])
        for row in rows
        if not row.faults
    }
    booked = _find_booked(keys.values())
    waiting = set(waiting_list_entries.list_open_keys(keys.values()))
    limits = _read_limits()
    free = {name: one.seats - one.taken for name, one in limits.items()}
    planned, needed = [], Counter[str]()
    for one in rows:
        key = keys.get(one.number, "")
        if one.faults:
            planned.append(PlannedRow(one, FAULTY))
        elif key in booked:
            planned.append(PlannedRow(one, BOOKED, key, booked[key]))
        else:
            names = [name for name in list_limits(one) if name in limits]
            needed.update(names)
            planned.append(_place(PlannedRow(one, NEW, key), names, free, waiting))
    uses = [
        LimitUse(_name(name, options), number, limits[name].seats - limits[name].taken)
        for name, number in sorted(needed.items(), key=lambda each: each[0] != CONFERENCE)
    ]
    whole = limits.get(CONFERENCE)
    return ImportPlan(planned, uses, whole is not None and whole.has_waiting_list)


def list_limits(row: ImportedRow) -> Sequence[str]:
    """Return the names of the limits that a row's place counts towards."""
    return seats.list_limits(categories.read_id(row.answers))


def _recheck(row: ImportedRow, options: Mapping[str, CategoryOption]) -> ImportedRow:
    """Return a row with its current faults, although it was valid when it was read."""
    if row.faults:
        return row
    option = options.get(row.category)
    if row.category and option is None:
        return replace(row, faults=[RowFault(gettext("Category"), gettext(CATEGORY_GONE))])
    allowed = {day.isoformat() for day in categories.list_days(option.days if option else "")}
    if not allowed.issuperset(row.answers[DAYS].split()):
        return replace(
            row, faults=[RowFault(BY_NAME[DAYS].label_for(desk=True), gettext(WRONG_DAYS))]
        )
    return row


def _place(
    planned: PlannedRow, names: Sequence[str], free: dict[str, int], waiting: set[str]
) -> PlannedRow:
    """Take a free place for a row, or return the limit without one."""
    full = next((name for name in names if free[name] <= 0), "")
    if full:
        state = WAITS if planned.identity_key in waiting else NO_PLACE
        return replace(planned, state=state, full_limit=full)
    for name in names:
        free[name] -= 1
    return planned


def _find_booked(keys: Collection[str]) -> Mapping[str, str]:
    """Return the references of existing bookings, by identity key."""
    rows = select(Delegate.identity_key, Delegate.reference).where(
        ATTENDING, Delegate.identity_key.in_(list(keys))
    )
    return dict(db.session.execute(rows).tuples().all())


def _read_limits() -> Mapping[str, SeatLimit]:
    """Return the current limits of the conference and of categories by name."""
    rows = select(SeatLimit).execution_options(populate_existing=True)
    return {
        one.name: one
        for one in db.session.scalars(rows)
        if not one.name.startswith(session_seats.SESSION_PREFIX)
    }


def _name(limit: str, options: Mapping[str, CategoryOption]) -> str:
    """Return the name of the category of a limit; "" for the conference."""
    option = options.get(limit.removeprefix(CATEGORY_PREFIX))
    return option.name if option else ""

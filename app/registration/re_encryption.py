"""Encrypting private answers and files that are unencrypted, or under an older key.

The worker does it in small batches (``encrypt_pending``), a command all at once. A row is replaced
only if it is unchanged since it was read, so no lock is held and no newer answer is lost. Texts
that cannot be decrypted, because their key is missing, are left alone: the key may be restored.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, literal, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from app.database import Base, db
from app.delegates import answer_file_chunks, private_answers, requirement_texts
from app.delegates.answer_json import dump_answers
from app.delegates.fields import PRIVATE_FIELDS, PRIVATE_NAMES
from app.delegates.models import ApplicationDraft, Delegate, Needs
from app.delegates.requirement_models import RequirementCase
from app.encryption import PREFIX, get_key_id, get_key_ring
from app.log import log
from app.registration.applications.models import RegistrationApplication
from app.registration.ballots.models import Ballot, place_of_seed
from app.registration.waiting_list.models import WaitingListEntry

BATCH_SIZE: Final = 200  # rows per transaction, so that others do not wait long for the database
NAMES: Final = tuple(sorted(PRIVATE_NAMES))
COLUMNS: Final = {field.column: getattr(Needs, field.column) for field in PRIVATE_FIELDS}
PENDING_ROW_SOURCES: list[Callable[[], Iterator["PendingRow"]]] = []  # from packages above this one
DOCUMENTS: Final[tuple[tuple[type[Base], str, Callable[[str], str]], ...]] = (
    (WaitingListEntry, "access_key", private_answers.place_in_waiting_list),
    (RegistrationApplication, "access_key", private_answers.place_in_application),
    (ApplicationDraft, "secret_hash", private_answers.place_in_draft),
)


@dataclass(frozen=True)
class PendingRow:
    """A row with texts that are not under the current key."""

    key: ColumnElement[bool]  # condition that selects it
    model: type[Base]
    before: Mapping[str, str]  # by column
    after: Mapping[str, str]
    texts: tuple[str, ...]  # as stored now

    @property
    def is_changed(self) -> bool:
        """Whether any of it could be re-encrypted."""
        return self.before != self.after


@dataclass(frozen=True)
class EncryptionState:
    """The number of private answers and files that are not under the current key."""

    in_clear: int
    with_older_key: int
    unreadable: int
    missing_keys: tuple[str, ...]  # ids


def encrypt_batch() -> int:
    """Encrypt some pending texts and files; return the number of rows."""
    changed = [row for row in list_pending() if row.is_changed][:BATCH_SIZE]
    for row in changed:
        replace(row)
    return len(changed)


def replace(row: PendingRow) -> None:
    """Store the new texts of a row, if it is unchanged since it was read.

    Rows locked by other transactions are skipped: these rows have no global lock order in which
    waiting would be safe.
    """
    as_read = [getattr(row.model, name) == text for name, text in row.before.items()]
    free = select(literal(1)).select_from(row.model).where(row.key, *as_read)
    if db.session.scalar(free.with_for_update(skip_locked=True)) is not None:
        db.session.execute(update(row.model).where(row.key, *as_read).values(**row.after))


def encrypt_pending() -> None:
    """Encrypt some answers and files, and log those that cannot be decrypted; run by the worker."""
    encrypt_batch()
    answer_file_chunks.encrypt_batch()
    state = get_state()
    if state.in_clear and not get_key_ring().current_id:
        log.warning("DATA_KEY is not set, so private answers are not encrypted", n=state.in_clear)
    if state.unreadable:
        keys = state.missing_keys
        log.warning("private answers cannot be read", n=state.unreadable, missing_keys=keys)


def get_state() -> EncryptionState:
    """Count the private answers and files that are not under the current key."""
    ring = get_key_ring()
    keys = Counter(get_key_id(text) for row in list_pending() for text in row.texts)
    keys.update(answer_file_chunks.count_by_key())
    missing = tuple(sorted(key for key in keys if key and key not in ring.ciphers))
    older = sum(keys[key] for key in keys if key and key in ring.ciphers)
    return EncryptionState(keys[""], older, sum(keys[key] for key in missing), missing)


def list_pending() -> Iterator[PendingRow]:
    """Yield the rows with private answers that are not under the current key."""
    yield from _list_needs()
    yield from _list_cases()
    yield from _list_seeds()
    for model, key_name, find_place in DOCUMENTS:
        yield from _list_documents(model, getattr(model, key_name), find_place)
    for list_rows in PENDING_ROW_SOURCES:
        yield from list_rows()


def build_row(
    is_row: ColumnElement[bool],
    model: type[Base],
    stored: Mapping[str, str],
    places: Mapping[str, str],
) -> PendingRow:
    """Return a row with the re-encrypted texts of its columns."""
    ring = get_key_ring()
    after = {name: ring.re_encrypt(text, places[name]) for name, text in stored.items()}
    texts = tuple(text for text in stored.values() if not ring.is_current(text))
    return PendingRow(is_row, model, stored, after, texts)


def _list_needs() -> Iterator[PendingRow]:
    statement = (
        select(Delegate.reference, Needs.delegate_id, *COLUMNS.values())
        .join_from(Needs, Delegate, Delegate.id == Needs.delegate_id)
        .where(or_(*map(is_pending, COLUMNS.values())))
        .order_by(Needs.delegate_id)
    )
    for reference, number, *texts in db.session.execute(statement).all():
        stored = dict(zip(COLUMNS, texts, strict=True))
        places = {name: private_answers.place_in_needs(reference, name) for name in COLUMNS}
        yield build_row(Needs.delegate_id == number, Needs, stored, places)


def _list_cases() -> Iterator[PendingRow]:
    columns = {name: getattr(RequirementCase, name) for name in requirement_texts.COLUMNS}
    statement = (
        select(Delegate.reference, RequirementCase.key, *columns.values())
        .join_from(RequirementCase, Delegate, Delegate.id == RequirementCase.delegate_id)
        .where(or_(*map(is_pending, columns.values())))
        .order_by(RequirementCase.id)
    )
    for reference, key, *texts in db.session.execute(statement).all():
        stored = dict(zip(columns, texts, strict=True))
        places = {name: requirement_texts.find_place(reference, key, name) for name in columns}
        yield build_row(RequirementCase.key == key, RequirementCase, stored, places)


def _list_seeds() -> Iterator[PendingRow]:
    """Yield the ballots whose seed is not under the current key; it is empty once drawn."""
    statement = select(Ballot.commitment, Ballot.seed).where(is_pending(Ballot.seed))
    for commitment, seed in db.session.execute(statement.order_by(Ballot.id)).all():
        places = {"seed": place_of_seed(commitment)}
        yield build_row(Ballot.commitment == commitment, Ballot, {"seed": seed}, places)


def _list_documents(
    model: type[Base], key: InstrumentedAttribute[str], find_place: Callable[[str], str]
) -> Iterator[PendingRow]:
    ring = get_key_ring()
    document: InstrumentedAttribute[str] = model.document  # type: ignore[attr-defined]
    statement = select(key, document).where(
        or_(*(_holds_pending(document, name) for name in NAMES))
    )
    for value, before in db.session.execute(statement.order_by(key)).all():
        answers: dict[str, Any] = json.loads(before)
        private = {name: answers[name] for name in NAMES if answers.get(name)}
        place = find_place(value)
        new = {name: ring.re_encrypt(text, f"{place} {name}") for name, text in private.items()}
        after = before if new == private else dump_answers({**answers, **new})
        texts = tuple(text for text in private.values() if not ring.is_current(text))
        yield PendingRow(key == value, model, {"document": before}, {"document": after}, texts)


def is_pending(column: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Match rows whose text is not under the current key."""
    current = f"{PREFIX}{get_key_ring().current_id}:"
    return and_(column != "", ~column.startswith(current, autoescape=True))


def _holds_pending(document: InstrumentedAttribute[str], name: str) -> ColumnElement[bool]:
    """Return whether a document has an answer that is not under the current key."""
    current = f'"{name}": "{PREFIX}{get_key_ring().current_id}:'
    return and_(
        document.contains(f'"{name}": "', autoescape=True),
        ~document.contains(f'"{name}": ""', autoescape=True),
        ~document.contains(current, autoescape=True),
    )

"""Uploaded answer files: stored in chunks, read, and deleted with the answer that names them.

The file of a booking is deleted in the transaction that deletes or replaces its answer; orphaned
files are deleted by ``app/registration/file_cleanup.py``.
"""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import Connection, delete, event, exists, insert, inspect, select, update

from app import clock
from app.database import db
from app.delegates import answer_file_chunks
from app.delegates.models import Delegate, DelegateAnswer
from app.encryption import get_key_ring
from app.errors import NotFound, RuleViolation
from app.materials.file_validation import AcceptedFile
from app.materials.files import StoredFile
from app.questions import file_answers, queries
from app.questions.definitions import FILE, Definition
from app.questions.file_answers import FileAnswer
from app.questions.models import REGISTRATION, AnswerFile

NO_FILE: Final = "There is no such file"
KEY_MISSING: Final = "This file cannot be read: the key is missing"
ALTERED: Final = "This file cannot be read: what is stored was altered or moved"


class UnreadableFile(RuleViolation):
    """A stored file that cannot be decrypted; it is kept, because its key may be restored."""


def store(file: AcceptedFile, name: str) -> FileAnswer:
    """Store a file, encrypted if there is a key, and return the answer that refers to it."""
    answer = file_answers.create(name, file.kind, file.size)
    row = {"key": answer.key, "kind": file.kind, "size": file.size, "digest": file.digest}
    row |= {"used_at": clock.real_now(), "key_id": get_key_ring().current_id}
    db.session.connection().execute(insert(AnswerFile), row)
    answer_file_chunks.store(answer.key, file.stream)
    return answer


def touch(keys: Collection[str]) -> frozenset[str]:
    """Record that forms sent these file answers; return those whose files are stored."""
    wanted = AnswerFile.key.in_(keys)
    used = update(AnswerFile).where(wanted).values(used_at=clock.real_now())
    return frozenset(db.session.scalars(used.returning(AnswerFile.key))) if keys else frozenset()


def get_stored(answer: str) -> StoredFile:
    """Return the file of an answer; raise NotFound or UnreadableFile."""
    named = file_answers.read(answer)
    row = db.session.get(AnswerFile, named.key) if named else None
    if named is None or row is None or named.key not in answer_file_chunks.map_complete(named.key):
        raise NotFound(NO_FILE)
    if row.key_id and row.key_id not in get_key_ring().ciphers:
        raise UnreadableFile(KEY_MISSING)
    read_chunk = answer_file_chunks.prepare_reader(named.key)
    if read_chunk(db.session.connection(), 0) is None:
        raise UnreadableFile(ALTERED)
    return StoredFile(named.name, row.size, row.digest, read_chunk)


def list_asked() -> Sequence[Definition]:
    """List the questions that ask for a file, or have done so."""
    definitions = queries.read_definitions(REGISTRATION)
    return [
        definition
        for definition in definitions
        if any(version.kind == FILE for version in definition.versions)
    ]


def list_incomplete() -> Sequence[str]:
    """List the bookings with an answer whose file is missing or incomplete."""
    sizes = answer_file_chunks.map_complete()
    answers = (
        select(Delegate.reference, DelegateAnswer.value)
        .join_from(DelegateAnswer, Delegate, Delegate.id == DelegateAnswer.delegate_id)
        .where(DelegateAnswer.question_id.in_([question.id for question in list_asked()]))
        .order_by(Delegate.reference, DelegateAnswer.question_id)
    )
    named = (
        (reference, file_answers.read(value))
        for reference, value in db.session.execute(answers).tuples()
    )
    return [reference for reference, one in named if one and sizes.get(one.key) != one.size]


def delete_of_questions(ids: Collection[int]) -> None:
    """Delete the files of all answers of bookings to these questions."""
    values = select(DelegateAnswer.value).where(DelegateAnswer.question_id.in_(ids))
    keys = frozenset().union(*map(file_answers.find_keys, db.session.scalars(values)))
    if keys:
        db.session.execute(delete(AnswerFile).where(AnswerFile.key.in_(keys)))


@event.listens_for(DelegateAnswer, "after_delete")
def _delete_with_answer(_: Any, connection: Connection, answer: DelegateAnswer) -> None:
    _delete_unless_named(connection, answer, answer.value)


@event.listens_for(DelegateAnswer, "after_update")
def _delete_replaced(_: Any, connection: Connection, answer: DelegateAnswer) -> None:
    for replaced in inspect(answer).attrs.value.history.deleted:
        _delete_unless_named(connection, answer, replaced)


def _delete_unless_named(connection: Connection, answer: DelegateAnswer, value: str) -> None:
    """Delete the file of an answer, unless another booking has the same answer."""
    named = file_answers.read(value)
    if named is not None:
        others = exists().where(
            DelegateAnswer.question_id == answer.question_id, DelegateAnswer.value == value
        )
        connection.execute(delete(AnswerFile).where(AnswerFile.key == named.key, ~others))

"""Deletion of uploaded files to which no answer refers any longer, by the worker.

They come from forms that were never completed, from answers that expired before they were
submitted, and from requests that have ended.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, or_, select

from app import clock
from app.database import db
from app.delegates.answer_files import list_asked
from app.delegates.models import ApplicationDraft, DelegateAnswer
from app.questions import file_answers
from app.questions.models import AnswerFile
from app.registration.applications.models import RegistrationApplication
from app.registration.waiting_list.models import WaitingListEntry

UNUSED_FOR: Final = timedelta(days=1)  # a form may stay open this long before it is submitted again
# in the order in which answers move from one to the next, and finally to a booking
DOCUMENTS: Final = (ApplicationDraft, RegistrationApplication, WaitingListEntry)
BATCH_SIZE: Final = 50  # files deleted in a transaction


def delete_unused() -> None:
    """Delete unused files; run by the worker."""
    before = clock.real_now() - UNUSED_FOR
    old = set(db.session.scalars(select(AnswerFile.key).where(AnswerFile.used_at < before)))
    unused = sorted(old - _list_named()) if old else []
    if unused:
        is_unused = AnswerFile.key.in_(unused[:BATCH_SIZE])
        db.session.execute(delete(AnswerFile).where(is_unused, AnswerFile.used_at < before))


def _list_named() -> frozenset[str]:
    """Return the keys of the files to which an answer refers, submitted or not."""
    return frozenset().union(*map(file_answers.find_keys, _iterate_naming()))


def _iterate_naming() -> Iterator[str]:
    """Yield every text that may refer to a file, each kind before those it may be copied to.

    So an answer that moves to the next kind meanwhile is found in one of the two.
    """
    questions = list_asked()
    ids = [question.id for question in questions]
    for model in DOCUMENTS if questions else ():
        names = (
            model.document.contains(f'"{question.name}": "', autoescape=True)
            for question in questions
        )
        yield from db.session.scalars(select(model.document).where(or_(*names)))
    yield from db.session.scalars(
        select(DelegateAnswer.value).where(DelegateAnswer.question_id.in_(ids))
    )

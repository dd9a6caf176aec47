"""Files that answered questions and that no answer names any longer: the worker deletes them.

They are of forms that were never completed, of answers that expired before they were submitted,
and of requests that are over.
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

UNUSED_FOR: Final = timedelta(days=1)  # that long a form may stay open before it is sent again
# in the order in which answers go from one to the next, and at last to a booking
DOCUMENTS: Final = (ApplicationDraft, RegistrationApplication, WaitingListEntry)
BATCH_SIZE: Final = 50  # files deleted in a transaction


def delete_unused() -> None:
    """Delete the files that nothing names any longer; run by the worker."""
    before = clock.real_now() - UNUSED_FOR
    old = set(db.session.scalars(select(AnswerFile.key).where(AnswerFile.used_at < before)))
    unused = sorted(old - _list_named()) if old else []
    if unused:
        is_unused = AnswerFile.key.in_(unused[:BATCH_SIZE])
        db.session.execute(delete(AnswerFile).where(is_unused, AnswerFile.used_at < before))


def _list_named() -> frozenset[str]:
    """Return the keys of the files that an answer names, submitted or not."""
    return frozenset().union(*map(file_answers.find_keys, _iterate_naming()))


def _iterate_naming() -> Iterator[str]:
    """Yield every text that may name a file, each kind before those that it may become.

    So an answer that goes on to the next kind while they are read is found in one of the two.
    """
    asked = list_asked()
    ids = [one.id for one in asked]
    for model in DOCUMENTS if asked else ():
        names = (model.document.contains(f'"{one.name}": "', autoescape=True) for one in asked)
        yield from db.session.scalars(select(model.document).where(or_(*names)))
    yield from db.session.scalars(
        select(DelegateAnswer.value).where(DelegateAnswer.question_id.in_(ids))
    )

"""What people were told about a question they have answered, which must not change.

They read the question, why it is asked, who sees the answer and how long it is stored. None of that
may change to something else, or to more than they agreed to.
"""

from dataclasses import replace
from typing import Final, Literal

from sqlalchemy import or_, select

from app.database import db
from app.delegates.models import DelegateAnswer
from app.errors import RuleViolation
from app.questions.definitions import KEY_PREFIX, TEAM, Definition
from app.questions.edited_question import EditedQuestion
from app.registration.applications.models import RegistrationApplication
from app.registration.interest.models import ExpressionOfInterest
from app.registration.waiting_list.models import WaitingListEntry
from app.releases.current_release import get_programme

OTHER_WORDS: Final = (
    "People have answered this question. If their answers still apply, tick that you only "
    "corrected the wording. To ask something else, retire this question and add another"
)
OTHER_REASON: Final = (
    "People answered this question for the reason that they read beside it. To ask for another "
    "reason, retire this question and add another"
)
MORE_READERS: Final = (
    "When people answered this question, fewer people could see the answers. To let more people "
    "see them, retire this question and add another"
)
KEPT_LONGER: Final = (
    "People answered this question on the understanding that we delete their answers sooner. To "
    "keep answers for longer, retire this question and add another"
)

PromisedField = Literal["label", "purpose", "readers", "erasure"]


class PromiseBroken(RuleViolation):
    """A change would break what people who have answered were told."""

    def __init__(self, field: PromisedField, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def check(before: Definition, edited: EditedQuestion) -> None:
    """Raise PromiseBroken if an answered question would change, or more people could read it.

    Another type of answer, or other choices, make a new version: earlier answers keep their
    wording, but the reason applies to all versions.
    """
    if not is_answered(before.id):
        return
    if not edited.is_wording_corrected:
        _check_words(before, edited)
    if before.is_private and edited.readers == TEAM:
        raise PromiseBroken("readers", MORE_READERS)
    last_day = get_programme().conference.ends_on
    after = replace(before, erasure=edited.erasure)
    if after.get_erasure_date(last_day) > before.get_erasure_date(last_day):
        raise PromiseBroken("erasure", KEPT_LONGER)


def is_answered(question_id: int) -> bool:
    """Return True if anyone with a place, or a request for one, has answered a question."""
    answered = select(DelegateAnswer.delegate_id).where(DelegateAnswer.question_id == question_id)
    key = f'"{KEY_PREFIX}{question_id}"'
    waits = select(WaitingListEntry.id).where(WaitingListEntry.document.contains(key))
    applied = select(RegistrationApplication.id).where(
        RegistrationApplication.document.contains(key)
    )
    interested = select(ExpressionOfInterest.id).where(ExpressionOfInterest.document.contains(key))
    found = or_(answered.exists(), waits.exists(), applied.exists(), interested.exists())
    return bool(db.session.scalar(select(found)))


def _check_words(before: Definition, edited: EditedQuestion) -> None:
    """Raise PromiseBroken if the question or its reason changes in any language."""
    if _makes_version(before, edited):
        if before.purpose != edited.purpose:
            raise PromiseBroken("purpose", OTHER_REASON)
        return
    known = {code: one.label for code, one in before.current.texts.items() if one.label}
    if any(edited.texts[code].label != known[code] for code in known if code in edited.texts):
        raise PromiseBroken("label", OTHER_WORDS)
    if before.purpose != edited.purpose:
        raise PromiseBroken("purpose", OTHER_WORDS)


def _makes_version(before: Definition, edited: EditedQuestion) -> bool:
    first = next(iter(before.current.texts.values()))
    return before.kind != edited.kind or not {*first.choices.values()} <= {*edited.first.choices}

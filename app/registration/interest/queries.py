"""Read-only queries about expressions of interest, and which categories accept them."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import String, bindparam, cast, literal, select
from sqlalchemy.orm import joinedload

from app.database import db
from app.delegates import custom_questions
from app.delegates.answer_json import Answers, load_answers
from app.delegates.categories import queries as categories
from app.delegates.categories.models import BY_INTEREST
from app.delegates.categories.queries import CATEGORY, CategoryOption
from app.delegates.fields import BY_NAME
from app.delegates.models import Delegate
from app.errors import NotFound, require
from app.questions.definitions import FILE, KEY_PREFIX, Definition
from app.registration import registration_requests as requests
from app.registration.interest.models import INTERESTED, INVITED, ExpressionOfInterest
from app.registration.invitations import queries as invitations
from app.registration.registration_requests import RequestFilter

SUBJECT_PREFIX: Final = "interest "  # in the history
SORTS: Final = ("expressed", "name")
HISTORY_SUBJECTS = select(  # the audit log subjects of those that led to a booking
    literal(SUBJECT_PREFIX) + cast(ExpressionOfInterest.id, String)
).where(ExpressionOfInterest.delegate_id == bindparam("delegate_id"))


def get_option(number: int) -> CategoryOption:
    """Return a category in which people can express interest; raise NotFound if there is none."""
    found = (one for one in categories.list_options() if one.id == number)
    option = next((one for one in found if one.access == BY_INTEREST), None)
    return require(option, NotFound("There is no such category"))


def list_questions(option: CategoryOption) -> Sequence[Definition]:
    """List the organisers' questions for people who express interest."""
    chosen = option.interest_questions.split()
    return [
        question for question in list_possible_questions(option.id) if str(question.id) in chosen
    ]


def list_possible_questions(number: int | None) -> Sequence[Definition]:
    """List the questions that may be asked here; private ones are asked later.

    So are those that depend on another answer, and those for a file, since files of people who may
    never attend are not needed.
    """
    questions = (
        custom_questions.list_active()
        if number is None
        else custom_questions.list_possible({CATEGORY: str(number)})
    )
    return [
        question
        for question in questions
        if not question.is_private and question.condition is None and question.kind != FILE
    ]


def get_by_key(key: str) -> ExpressionOfInterest:
    """Return the expression of interest that a link opens; raise Gone if there is none."""
    return requests.get_by_key(ExpressionOfInterest, key, "This link is no longer valid")


def get_by_number(number: int) -> ExpressionOfInterest:
    """Return the expression of interest with this number; raise NotFound if there is none."""
    return requests.get_by_number(
        ExpressionOfInterest, number, "There is no such expression of interest"
    )


def find_open(identity_key: str, category_id: int) -> ExpressionOfInterest | None:
    """Return a person's active expression of interest in a category, or None."""
    found = requests.select_open(ExpressionOfInterest, identity_key)
    return db.session.scalar(found.where(ExpressionOfInterest.category_id == category_id))


def list_open(identity_key: str) -> Sequence[ExpressionOfInterest]:
    """List a person's active expressions of interest."""
    found = requests.select_open(ExpressionOfInterest, identity_key)
    return db.session.scalars(found.order_by(ExpressionOfInterest.id)).all()


def find_by_invitation(invitation_id: int) -> ExpressionOfInterest | None:
    """Return the person who was invited with a code after expressing interest, or None."""
    found = select(ExpressionOfInterest).where(ExpressionOfInterest.invitation_id == invitation_id)
    return db.session.scalar(found)


def can_be_invited(interest: ExpressionOfInterest) -> bool:
    """Return True if the person awaits a decision, or their invitation has expired."""
    if interest.state != INVITED:
        return interest.state == INTERESTED
    invitation = interest.invitation
    return invitation is None or invitations.get_state(invitation) in {"expired", "revoked"}


def load(interest: ExpressionOfInterest) -> Answers:
    """Return a person's answers; empty once it has ended."""
    return load_answers(interest.document) if interest.document else {}


def load_known(interest: ExpressionOfInterest) -> Answers:
    """Return the answers that need not be asked again at registration."""
    return {
        name: text
        for name, text in load(interest).items()
        if name in BY_NAME or name.startswith(KEY_PREFIX)
    }


def list_page(
    filters: RequestFilter, *, offset: int, limit: int
) -> tuple[Sequence[ExpressionOfInterest], int]:
    """Return a page of expressions of interest, and their number."""
    return requests.list_page(
        ExpressionOfInterest,
        filters,
        offset=offset,
        limit=limit,
        options=[
            joinedload(ExpressionOfInterest.category),
            joinedload(ExpressionOfInterest.invitation),
        ],
    )


def list_by_numbers(numbers: Sequence[int]) -> Sequence[ExpressionOfInterest]:
    """List the expressions of interest with these numbers, oldest first."""
    return requests.list_by_numbers(ExpressionOfInterest, numbers)


def list_of_delegate(delegate: Delegate) -> Sequence[ExpressionOfInterest]:
    """List a delegate's expressions of interest from before their booking."""
    return requests.list_of_delegate(ExpressionOfInterest, delegate)

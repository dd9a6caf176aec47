"""The cookie ``answers`` of a visitor who is registering; only this module reads it.

Without it, the visitor has to start again.
"""

from flask import request

from app.delegates import question_pages
from app.delegates.answer_json import Answers
from app.delegates.categories.queries import CATEGORY
from app.delegates.models import Confirmation
from app.registration import queries, services
from app.registration.draft_cookie import DraftCookie
from app.registration.steps import RegistrationProgress

ANSWERS = DraftCookie("answers")


def current_progress() -> RegistrationProgress:
    """Return the visitor's progress; lock the draft in a request that may write."""
    visitor_secret = ANSWERS.read()
    find = services.get_draft_for_update if request.method == "POST" else queries.find_draft
    stored_draft = find(visitor_secret) if visitor_secret else None
    if stored_draft is None:
        return RegistrationProgress(
            visitor_secret,
            None,
            {},
            is_expired=bool(visitor_secret) or _is_later_answer(),
        )
    return RegistrationProgress(visitor_secret, stored_draft, stored_draft.answers)


def has_confirmation(confirmation: Confirmation) -> bool:
    """Return True if this browser has a confirmation, and has not started again since."""
    stored_draft = queries.find_draft(ANSWERS.read())
    return stored_draft is not None and stored_draft.confirmation_id == confirmation.id


def find_typed_answers(confirmation_id: int) -> Answers:
    """Return the answers typed for this browser's confirmation, for up to a week."""
    stored_draft = queries.find_draft(ANSWERS.read())
    if stored_draft is None or stored_draft.confirmation_id != confirmation_id:
        return {}
    return stored_draft.answers


def _is_later_answer() -> bool:
    """Return True if the request answers a question that is not the first."""
    first = question_pages.list_steps({})[0]
    step = (request.view_args or {}).get("step", first)
    return request.method == "POST" and step not in {CATEGORY, first}

"""The data export of a group's contact."""

from typing import Any

from app.delegates.answer_json import load_answers
from app.history import queries as history
from app.registration.groups import presentation
from app.registration.groups.models import RegistrationGroup
from app.registration.groups.services import ACTOR_CONTACT


def export_contact(group: RegistrationGroup) -> dict[str, Any]:
    """Return the stored data about a contact and what they entered, but not others' answers."""
    return {
        "name": group.name,
        "email": group.email,
        "organisation": group.organisation,
        "language": group.language,
        "created_at": group.created_at.isoformat(),
        "answers_for_everyone": dict(load_answers(group.shared)),
        "people": [
            {
                "name": row.member.name,
                "email": row.email,
                "state": str(row.state),
                "reference": row.reference,
            }
            for row in presentation.list_members(group)
        ],
        "history": [
            {
                "happened_at": entry.happened_at.isoformat(),
                "who": entry.actor if entry.actor == ACTOR_CONTACT else "the organisers",
                "what": entry.summary,
            }
            for entry in history.list_entries(group.history_subject)
        ],
    }

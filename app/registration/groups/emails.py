"""The emails to the contact of a group, each queued with the change that it reports.

They say who has a place, and never mention access or dietary requirements.
"""

from typing import Any

from app.mail import services as mail
from app.registration.groups.models import PLACED, GroupMember, RegistrationGroup


def send_group_registered(group: RegistrationGroup) -> None:
    """Tell the contact who has a place and who does not, with the link to the group."""
    _enqueue("group_registered", group)


def send_group_changed(group: RegistrationGroup, name: str, change: str) -> None:
    """Tell the contact that a person left the group or was added to it."""
    _enqueue("group_changed", group, person=name, change=change)


def list_received(group: RegistrationGroup) -> list[GroupMember]:
    """List the people with a booking whose emails go to the contact."""
    return [
        one
        for one in group.members
        if one.is_received_by_contact and one.delegate is not None and one.current_state == PLACED
    ]


def _enqueue(template: str, group: RegistrationGroup, **context: Any) -> None:
    mail.enqueue(
        template,
        to=group.email,
        language=group.language,
        is_secret=True,
        **build_context(group),
        **context,
    )


def build_context(group: RegistrationGroup) -> dict[str, Any]:
    """Return the template variables of an email to the contact of a group."""
    return {
        "group": group,
        "placed": [one for one in group.members if one.current_state == PLACED],
        "others": [one for one in group.members if one.is_lacking],
        "received": list_received(group),
    }

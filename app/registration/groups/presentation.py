"""Groups as pages show them: the people of a draft, and the state of those in a group."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.delegates import fields
from app.delegates.answer_json import Answers, full_name
from app.delegates.categories import queries as categories
from app.delegates.fields import BADGE_NAME, DAYS, EMAIL
from app.delegates.standard_questions import is_retired
from app.registration import required_answers, services
from app.registration.groups import register_group
from app.registration.groups import services as group_services
from app.registration.groups.cookie import GroupProgress
from app.registration.groups.draft import (
    CONTACT_NAME,
    COUNTRY,
    OFTEN_SHARED,
    ORGANISATION,
    GroupDraft,
)
from app.registration.groups.models import (
    CANCELLED,
    LEFT,
    PLACED,
    UNPLACED,
    WAITING,
    GroupMember,
    RegistrationGroup,
)

STATES = {
    PLACED: _l("Has a place"),
    WAITING: _l("On the waiting list"),
    UNPLACED: _l("No place"),
    LEFT: _l("Left the group"),
    CANCELLED: _l("Cancelled"),
}


@dataclass(frozen=True)
class PersonRow:
    """A person to be registered, as the list shows them."""

    number: int  # from 1
    name: str
    details: Sequence[str]  # relevant details, one per line
    fault: str


@dataclass(frozen=True)
class MemberRow:
    """A person of a group, as its contact sees them."""

    member: GroupMember
    state: str
    email: str
    reference: str  # only if emails about the person go to the contact
    can_rename: bool
    unanswered: int  # required questions, likewise

    @property
    def is_good(self) -> bool:
        """Whether they have a place."""
        return self.member.current_state == PLACED


def list_people(draft: GroupDraft) -> Sequence[PersonRow]:
    """List the people of a draft with what is missing."""
    faults = {number: gettext(fault) for number, fault in register_group.list_faults(draft)}
    return [
        PersonRow(number, full_name(one), _describe(draft, one), faults.get(number, ""))
        for number, one in enumerate(draft.people, start=1)
    ]


def _describe(draft: GroupDraft, person: Answers) -> Sequence[str]:
    answers = draft.complete(person)
    chosen = categories.find_chosen(answers)
    return [
        person.get(EMAIL) or gettext("Emails are sent to you"),
        *([chosen.name] if chosen else []),
        fields.BY_NAME[DAYS].format(answers.get(DAYS, "")),
    ]


def list_contact(draft: GroupDraft) -> Sequence[tuple[str, str]]:
    """List label and text of the contact's own and the shared answers."""
    asked = [fields.BY_NAME[name] for name in (ORGANISATION, COUNTRY)]
    return [
        (gettext("Your name"), draft.contact.get(CONTACT_NAME, "")),
        (gettext("Your email address"), draft.email),
        *(
            (
                one.label_for(desk=False),
                one.format(draft.common.get(one.name, "")) or str(one.empty),
            )
            for one in asked
            if draft.common.get(one.name) or not is_retired(one)
        ),
    ]


def list_members(group: RegistrationGroup) -> Sequence[MemberRow]:
    """List the people of a group with their states."""
    return [
        MemberRow(
            one,
            str(STATES[one.current_state]),
            one.email,
            one.delegate.reference if one.delegate and one.is_received_by_contact else "",
            group_services.can_rename(one),
            _count_unanswered(one),
        )
        for one in group.members
    ]


def split_name(name: str) -> Answers:
    """Return the initial values of the rename form, split from the listed name only.

    The name in the booking could be that of an earlier one. If a name has more than two words, the
    contact has to say which of them are the family name.
    """
    words = name.split()
    given, family = {1: (name, ""), 2: (words[0], words[-1])}.get(len(words), ("", ""))
    return {"given_names": given, "family_name": family, BADGE_NAME: ""}


def _count_unanswered(member: GroupMember) -> int:
    """Count the required questions that the contact can answer for people whose emails they get.

    Others are asked themselves, and their number would reveal to the contact who had a booking
    before.
    """
    if member.delegate is None or not member.is_received_by_contact:
        return 0
    return len(required_answers.list_unanswered(member.delegate))


def has_unanswered(draft: GroupDraft) -> bool:
    """Return True if anyone has to answer questions that the contact is not asked."""
    every = (categories.settle(draft.complete(one)) for one in draft.people)
    return any(required_answers.list_missing(answers) for answers in every)


def share(draft: GroupDraft, answers: Answers) -> GroupDraft:
    """Return a draft with new shared answers, which replace the old ones of each person."""
    people = [
        {
            name: answers.get(name, "")
            if name in OFTEN_SHARED and text == draft.shared.get(name, "")
            else text
            for name, text in one.items()
        }
        for one in draft.people
    ]
    return replace(draft, shared=answers, people=people)


def delete_draft(progress: GroupProgress) -> None:
    """Delete the draft, unless it is registered."""
    if progress.stored is not None and not progress.draft.registered:
        services.delete_draft(progress.stored)

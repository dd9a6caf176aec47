"""The input of a group's contact, until the group is registered.

It is stored as one answer of an ``ApplicationDraft``: so it is kept for a week, in this browser
only, and is deleted with the drafts of people who register themselves.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from app.delegates.answer_json import Answers, full_name
from app.delegates.categories.queries import CATEGORY
from app.delegates.delegate_record import identity_key
from app.delegates.fields import BADGE_NAME, DAYS, EMAIL

GROUP: Final = "group"  # the answer of the draft
MAX_PEOPLE: Final = 30
CONTACT_NAME, ORGANISATION, COUNTRY = "contact_name", "organisation", "country"
OWN = ("given_names", "family_name", BADGE_NAME, EMAIL)  # never shared by all
OFTEN_SHARED = (CATEGORY, DAYS)  # shared by all, unless a person has their own


@dataclass(frozen=True)
class UploadedRow:
    """A row of a spreadsheet, with its faults."""

    number: int  # the spreadsheet's row number, from 1
    person: Answers
    faults: Sequence[str] = ()


@dataclass(frozen=True)
class UploadedSheet:
    """The contents of a spreadsheet."""

    rows: Sequence[UploadedRow] = ()
    unused_columns: Sequence[str] = ()  # the names of ignored columns


@dataclass(frozen=True)
class GroupDraft:
    """A group that is not registered yet."""

    contact: Answers = field(default_factory=dict)  # the contact's name, email and organisation
    shared: Answers = field(default_factory=dict)  # the shared answers
    people: Sequence[Answers] = ()
    rows: Sequence[UploadedRow] = ()  # of a spreadsheet whose dry run is shown
    unused_columns: Sequence[str] = ()  # of that spreadsheet
    registered: int = 0  # the number of the group, once it is registered

    @property
    def email(self) -> str:
        """The email address of the contact."""
        return self.contact.get(EMAIL, "")

    @property
    def common(self) -> Answers:
        """The shared answers, with the organisation of the contact."""
        return {**self.shared, ORGANISATION: self.contact.get(ORGANISATION, "")}

    @property
    def is_full(self) -> bool:
        """Whether no more people can be added."""
        return len(self.people) >= MAX_PEOPLE

    def complete(self, person: Answers) -> Answers:
        """Return the answers with which a person is registered."""
        return complete(person, self.common, self.email)

    def with_person(self, person: Answers, number: int | None = None) -> "GroupDraft":
        """Return the draft with a person added, or replacing the one with a number."""
        if number is None:
            return replace(self, people=[*self.people, person])
        others = [person if n == number else one for n, one in enumerate(self.people, start=1)]
        return replace(self, people=others)

    def without_person(self, number: int) -> "GroupDraft":
        """Return the draft without the person with this number."""
        return replace(
            self, people=[one for n, one in enumerate(self.people, start=1) if n != number]
        )

    def with_sheet(self, sheet: UploadedSheet) -> "GroupDraft":
        """Return the draft with the contents of a spreadsheet, which are not added yet."""
        return replace(self, rows=sheet.rows, unused_columns=sheet.unused_columns)

    def has_person(self, person: Answers, but: int | None = None) -> bool:
        """Return True if a person is already in the group, except with the number ``but``."""
        known = (one for n, one in enumerate(self.people, start=1) if n != but)
        return get_identity(person, self.email) in {get_identity(one, self.email) for one in known}


def complete(person: Answers, shared: Answers, contact_email: str) -> Answers:
    """Return a person's answers, filled in with the shared ones."""
    own = {name: text for name, text in person.items() if text}
    return {BADGE_NAME: "", **shared, **own, EMAIL: person.get(EMAIL) or contact_email}


def get_identity(person: Answers, contact_email: str) -> str:
    """Return a key that is equal for two entries of one person."""
    return identity_key(full_name(person), person.get(EMAIL) or contact_email)


def load(answers: Answers) -> GroupDraft:
    """Return the group of a stored draft."""
    document: Mapping[str, Any] = json.loads(answers.get(GROUP, "{}"))
    rows = [UploadedRow(**one) for one in document.get("rows", ())]
    return GroupDraft(**{**document, "rows": rows})


def dump(draft: GroupDraft) -> Answers:
    """Return a group as the answers of a draft."""
    return {GROUP: json.dumps(asdict(draft), ensure_ascii=False)}

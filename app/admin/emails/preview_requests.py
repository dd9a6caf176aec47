"""Previews with people who have no booking: who wait, apply, or are the contact of a group."""

from collections.abc import Sequence
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from app.admin.emails.kinds.registry import EMAIL_KINDS
from app.admin.emails.kinds.samples import Context
from app.admin.emails.preview_source import (
    PreviewPerson,
    PreviewSource,
    copy_row,
    find_row,
    list_rows,
)
from app.registration.applications.models import RegistrationApplication
from app.registration.delegate_record import search_key
from app.registration.groups import emails as group_emails
from app.registration.groups.models import RegistrationGroup
from app.registration.interest.models import ExpressionOfInterest
from app.registration.waiting_list import queries as waiting_list
from app.registration.waiting_list.models import CONFERENCE_LIST, WaitingListEntry

NAME_OR_EMAIL: Final = _l("Name or email address")
FOR_A_PLACE: Final = WaitingListEntry.scope == CONFERENCE_LIST  # and not for a seat in a session


def _find(kind: str, model: Any, search: str, *conditions: Any) -> Sequence[PreviewPerson]:
    rows = list_rows(model, search_key(search).split(), *conditions)
    return [PreviewPerson(f"{kind}-{row.id}", row.name, row.email) for row in rows]


def _find_waiting(search: str) -> Sequence[PreviewPerson]:
    return _find("entry", WaitingListEntry, search, FOR_A_PLACE)


def _build_waiting(template: str, number: str) -> Context | None:
    row = find_row(WaitingListEntry, number, FOR_A_PLACE)
    if row is None:
        return None
    sample = EMAIL_KINDS[template].sample()
    ends_at = row.offer_ends_at or sample["entry"].offer_ends_at
    delegate = copy_row(row.delegate) if row.delegate is not None else None
    copied = copy_row(row, ["category"], offer_ends_at=ends_at, delegate=delegate)
    context: Context = {"entry": copied}
    if "position" in sample:
        position = waiting_list.get_queue_position(row)
        context |= {"position": position.overall, "category_position": position.in_category}
    return context


def _find_applicants(search: str) -> Sequence[PreviewPerson]:
    return _find("application", RegistrationApplication, search)


def _build_application(template: str, number: str) -> Context | None:
    row = find_row(RegistrationApplication, number)
    return None if row is None else {"application": copy_row(row, ["category"])}


def _find_interested(search: str) -> Sequence[PreviewPerson]:
    return _find("interest", ExpressionOfInterest, search)


def _build_interest(template: str, number: str) -> Context | None:
    row = find_row(ExpressionOfInterest, number)
    if row is None:
        return None
    copied = copy_row(row, ["category"])
    invented = EMAIL_KINDS[template].sample()["interest"]
    copied.invitation = (
        copy_row(row.invitation, ["category"]) if row.invitation else invented.invitation
    )
    return {"interest": copied}


def _find_contacts(search: str) -> Sequence[PreviewPerson]:
    return _find("group", RegistrationGroup, search)


def _build_group(template: str, number: str) -> Context | None:
    row = find_row(RegistrationGroup, number)
    if row is None:
        return None
    context = group_emails.build_context(row)
    received = [
        copy_row(one, delegate=copy_row(one.delegate))
        for one in context["received"]
        if one.delegate is not None
    ]
    return {**context, "group": copy_row(row), "received": received}


SOURCES: Final = {
    "entry": PreviewSource(
        _l("Preview with a person on the waiting list"),
        NAME_OR_EMAIL,
        _find_waiting,
        _build_waiting,
    ),
    "application": PreviewSource(
        _l("Preview with an applicant"), NAME_OR_EMAIL, _find_applicants, _build_application
    ),
    "interest": PreviewSource(
        _l("Preview with a person who would like to come"),
        NAME_OR_EMAIL,
        _find_interested,
        _build_interest,
    ),
    "group": PreviewSource(
        _l("Preview with the contact of a group"), NAME_OR_EMAIL, _find_contacts, _build_group
    ),
}

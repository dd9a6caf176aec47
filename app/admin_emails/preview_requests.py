"""Previews with people who wait, apply, are invited or offered a place, and contacts of groups.

Most of them have no booking.
"""

from collections.abc import Sequence
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from app.accounts import roles
from app.admin_emails.kinds.registry import EMAIL_KINDS
from app.admin_emails.kinds.samples import Context
from app.admin_emails.preview_source import (
    MAX_PEOPLE,
    PreviewPerson,
    PreviewSource,
    copy_row,
    find_row,
    list_rows,
)
from app.database import db
from app.delegates.delegate_record import search_key
from app.delegates.models import Delegate
from app.registration.applications.models import RegistrationApplication
from app.registration.groups import emails as group_emails
from app.registration.groups import queries as groups
from app.registration.groups.models import RegistrationGroup
from app.registration.interest.models import ExpressionOfInterest
from app.registration.invitations.models import InvitationCode
from app.registration.transfers.models import PlaceTransfer
from app.registration.waiting_list import joining, positions
from app.registration.waiting_list.models import CONFERENCE_LIST, WaitingListEntry

NAME_OR_EMAIL: Final = _l("Name or email address")
FOR_A_PLACE: Final = WaitingListEntry.scope == CONFERENCE_LIST  # not for a seat in a session
KEEPS_PLACE: Final = and_(  # in another category, which comes with a booking
    FOR_A_PLACE,
    WaitingListEntry.ended_at.is_(None),
    WaitingListEntry.delegate_id.is_not(None),
    WaitingListEntry.category_id.is_not(None),
)
HAS_NONE: Final = and_(
    FOR_A_PLACE, or_(WaitingListEntry.ended_at.is_not(None), WaitingListEntry.delegate_id.is_(None))
)


def _find(kind: str, model: Any, search: str, *conditions: Any) -> Sequence[PreviewPerson]:
    rows = list_rows(model, search_key(search).split(), *conditions)
    return [PreviewPerson(f"{kind}-{row.id}", row.name, row.email) for row in rows]


def _find_waiting(search: str) -> Sequence[PreviewPerson]:
    return _find("entry", WaitingListEntry, search, HAS_NONE)


def _build_waiting(template: str, number: str) -> Context | None:
    return _build_entry(template, find_row(WaitingListEntry, number, HAS_NONE))


def _find_category_waits(search: str) -> Sequence[PreviewPerson]:
    return _find("category_wait", WaitingListEntry, search, KEEPS_PLACE)


def _build_category_wait(template: str, number: str) -> Context | None:
    return _build_entry(template, find_row(WaitingListEntry, number, KEEPS_PLACE))


def _build_entry(template: str, row: WaitingListEntry | None) -> Context | None:
    if row is None:
        return None
    sample = EMAIL_KINDS[template].sample()
    ends_at = row.offer_ends_at or sample["entry"].offer_ends_at
    delegate = copy_row(row.delegate) if row.delegate is not None else None
    copied = copy_row(row, ["category"], offer_ends_at=ends_at, delegate=delegate)
    context: Context = {"entry": copied}
    if "category_position" in sample:
        position = positions.get_queue_position(row)
        context |= {"position": position.overall, "category_position": position.in_category}
        context["is_added_by_team"] = joining.was_added_by_team(row)
        context["group_contact"] = groups.find_contact_name(row)
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
    return {"interest": copied, "invitation": copied.invitation}


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


def _find_invited(search: str) -> Sequence[PreviewPerson]:
    conditions = [InvitationCode.email.icontains(word, autoescape=True) for word in search.split()]
    newest = (
        select(InvitationCode)
        .where(InvitationCode.email != "", *conditions)
        .options(joinedload(InvitationCode.category))
        .order_by(InvitationCode.id.desc())
    )
    return [
        PreviewPerson(f"invitation-{invitation.id}", invitation.email, invitation.category.name)
        for invitation in db.session.scalars(newest.limit(MAX_PEOPLE))
    ]


def _build_invited(_template: str, number: str) -> Context | None:
    row = find_row(InvitationCode, number, InvitationCode.email != "")
    return None if row is None else {"invitation": copy_row(row, ["category"])}


def _find_colleagues(search: str) -> Sequence[PreviewPerson]:
    names = (PlaceTransfer.name, PlaceTransfer.email)
    conditions = [
        or_(
            *(name.icontains(word, autoescape=True) for name in names),
            Delegate.search_text.contains(search_key(word), autoescape=True),
        )
        for word in search.split()
    ]
    newest = (
        select(PlaceTransfer)
        .join(PlaceTransfer.delegate)
        .where(PlaceTransfer.name != "", *conditions)
        .options(contains_eager(PlaceTransfer.delegate))
        .order_by(PlaceTransfer.id.desc())
    )
    return [
        PreviewPerson(f"transfer-{transfer.id}", transfer.name, transfer.email)
        for transfer in db.session.scalars(newest.limit(MAX_PEOPLE))
    ]


def _build_colleague(_template: str, number: str) -> Context | None:
    row = find_row(PlaceTransfer, number, PlaceTransfer.name != "")
    return None if row is None else {"transfer": copy_row(row, delegate=copy_row(row.delegate))}


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
    "category_wait": PreviewSource(
        _l("Preview with a delegate who waits for another category"),
        NAME_OR_EMAIL,
        _find_category_waits,
        _build_category_wait,
    ),
    "invitation": PreviewSource(
        _l("Preview with a person who is invited"),
        _l("Email address"),
        _find_invited,
        _build_invited,
        area=roles.INVITATIONS,
    ),
    "transfer": PreviewSource(
        _l("Preview with a colleague"), NAME_OR_EMAIL, _find_colleagues, _build_colleague
    ),
    "group": PreviewSource(
        _l("Preview with the contact of a group"), NAME_OR_EMAIL, _find_contacts, _build_group
    ),
}

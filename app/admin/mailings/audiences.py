"""The people in lists as audiences: delegates, speakers, waiting people and applicants.

To add a kind, declare it at the bottom: how its list finds people, and the placeholders of emails
to them. Placeholders never contain access or dietary requirements, nor other people's links.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, case, func, literal, select

from app.admin.delegates import filters
from app.admin.mailings import request_audiences, speaker_audience
from app.admin.mailings.audience_parts import (
    ABOUT_CONFERENCE,
    ABOUT_PERSON,
    conference_gaps,
    conference_values,
    number_of,
    parse_query,
    to_args,
    to_person,
)
from app.database import db
from app.delegates import countries
from app.delegates.models import Delegate
from app.mail import placeholders
from app.mail.placeholders import Placeholder, PlaceholderKind
from app.mailings import recipients
from app.mailings.audiences import Audience, Candidate, PeopleQuery, declare
from app.registration import links
from app.registration.desk import queries as desk
from app.registration.waiting_list import queries as waiting_list
from app.registration.waiting_list import turns
from app.registration.waiting_list.models import IN_QUEUE, WaitingListEntry
from app.web import languages
from app.web.formatting import local_date

CANCELLED: Final = "booking cancelled"
NOT_CANCELLED: Final = "has a place again"
NOT_FOLLOWING: Final = "no longer wants emails about this session"
NOT_WAITING: Final = "no longer on the waiting list"
recipients.REASON_NAMES.update(
    {
        CANCELLED: _l("booking cancelled"),
        NOT_CANCELLED: _l("has a place again"),
        NOT_FOLLOWING: _l("no longer wants emails about this session"),
    }
)

FOR_DELEGATES: Final = placeholders.declare(
    *ABOUT_PERSON,
    Placeholder("days", _l("Days they attend"), _l("Thursday 6 November 2008")),
    Placeholder("booking_reference", _l("Booking reference"), "CG-7K2M"),
    Placeholder("booking_link", _l("Link to their booking"), kind=PlaceholderKind.LINK),
    *ABOUT_CONFERENCE,
)
FOR_WAITING: Final = placeholders.declare(
    Placeholder("full_name", _l("Full name"), "Ada Lovelace"),
    Placeholder(
        "waiting_list_link", _l("Link to their page of the waiting list"), kind=PlaceholderKind.LINK
    ),
    *ABOUT_CONFERENCE,
)


def find_delegates(query: str) -> PeopleQuery:
    """Find the delegates for a query string of their list, by name."""
    list_query = parse_query("delegates", query).query
    exclusion = case(
        (Delegate.erased_at.is_not(None), recipients.ERASED),
        *(
            [(Delegate.cancelled_at.is_(None), NOT_CANCELLED)]
            if _is_about_cancelled(query)
            else [(Delegate.cancelled_at.is_not(None), CANCELLED)]
        ),
        else_="",
    )
    has_no_name = (Delegate.given_names == "") & (Delegate.family_name == "")
    return PeopleQuery(
        person=to_person(recipients.DELEGATE, Delegate.id),
        name=func.trim(Delegate.given_names + " " + Delegate.family_name),
        address=Delegate.email,
        language=Delegate.language,
        booking_reference=Delegate.reference,
        exclusion=exclusion,
        conditions=filters.list_conditions(list_query),
        order=[Delegate.name_sort_key, Delegate.id],
        has_valid_addresses=True,
        key=Delegate.email_key,
        search=desk.match_text,
        gaps={
            **dict.fromkeys(("first_name", "full_name"), has_no_name),
            "organisation": Delegate.organisation == "",
            "country": Delegate.country == "",
            "days": Delegate.days == "",
            **dict.fromkeys(("booking_reference", "booking_link"), False),
            **conference_gaps(),
        },
    )


def _is_about_cancelled(query: str) -> bool:
    return to_args(query).get("state") == "cancelled"


def load_delegates(people: Collection[str], query: str) -> Mapping[str, Candidate]:
    """Return delegates with their placeholder values."""
    condition = Delegate.id.in_(map(number_of, people))
    rows = db.session.scalars(select(Delegate).where(condition)).all()
    willing = _find_willing(condition, to_args(query).get("follows", ""))
    return {
        _delegate_key(row.id): Candidate(
            _delegate_key(row.id),
            row.full_name,
            row.email,
            row.language,
            row.reference,
            _delegate_exclusion(row, query)
            or ("" if willing is None or row.id in willing else NOT_FOLLOWING),
            _delegate_values(row) if not row.is_erased else {},
        )
        for row in rows
    }


def _find_willing(such: ColumnElement[bool], session: str) -> Collection[int] | None:
    """Return which of these still follow a session and agree to emails; None if not filtered."""
    if not session:
        return None
    return set(db.session.scalars(select(Delegate.id).where(such, filters.follows(session))))


def _delegate_exclusion(row: Any, query: str) -> str:
    if row.erased_at is not None:
        return recipients.ERASED
    if _is_about_cancelled(query):
        return "" if row.cancelled_at is not None else NOT_CANCELLED
    return CANCELLED if row.cancelled_at is not None else ""


def _delegate_values(delegate: Delegate) -> Mapping[str, str]:
    with languages.use_language(delegate.language):
        days = [local_date(day) for day in delegate.days_attending]
        return {
            **conference_values(),
            "first_name": delegate.given_names or delegate.full_name,
            "full_name": delegate.full_name,
            "organisation": delegate.organisation,
            "country": countries.name_of(delegate.country, delegate.language)
            if delegate.country
            else "",
            "days": join_words(days),
            "booking_reference": delegate.reference,
            "booking_link": links.booking_link(delegate),
        }


def find_waiting(query: str) -> PeopleQuery:
    """Find the people for a query string of the waiting list, in its order."""
    listed = parse_query("waiting_list", query).query
    return PeopleQuery(
        person=to_person(recipients.WAITING, WaitingListEntry.id),
        name=WaitingListEntry.name,
        address=WaitingListEntry.email,
        language=WaitingListEntry.language,
        booking_reference=literal(""),
        exclusion=case((WaitingListEntry.ended_at.is_not(None), NOT_WAITING), else_=""),
        conditions=waiting_list.list_conditions(
            listed.search,
            listed.get_filter("state"),
            listed.get_filter("list"),
            listed.get_filter("category"),
        ),
        order=[WaitingListEntry.state == IN_QUEUE, *turns.ORDER],
        has_valid_addresses=True,
        search=waiting_list.list_search_conditions,
        gaps={
            "full_name": WaitingListEntry.name == "",
            "waiting_list_link": False,
            **conference_gaps(),
        },
    )


def load_waiting(people: Collection[str], query: str) -> Mapping[str, Candidate]:
    """Return waiting people with their placeholder values."""
    rows = db.session.scalars(
        select(WaitingListEntry).where(WaitingListEntry.id.in_(map(number_of, people)))
    )
    found = (replace(_build_waiting(row), values=_waiting_values(row)) for row in rows)
    return {one.person: one for one in found}


def _build_waiting(row: WaitingListEntry) -> Candidate:
    exclusion = NOT_WAITING if row.ended_at is not None else ""
    person = f"{recipients.WAITING} {row.id}"
    return Candidate(person, row.name, row.email, row.language, exclusion=exclusion)


def _waiting_values(row: WaitingListEntry) -> Mapping[str, str]:
    with languages.use_language(row.language):
        return {
            **conference_values(),
            "full_name": row.name,
            "waiting_list_link": links.waiting_list_link(row),
        }


def join_words(words: Sequence[str]) -> str:
    """Return words as a list in a sentence: Monday, Tuesday and Friday."""
    if len(words) < 2:
        return "".join(words)
    return str(gettext("%(words)s and %(last)s", words=", ".join(words[:-1]), last=words[-1]))


def _delegate_key(number: int) -> str:
    return f"{recipients.DELEGATE} {number}"


declare(
    Audience(
        "delegates",
        _l("Delegates"),
        FOR_DELEGATES,
        load_delegates,
        find_delegates,
        list_name="delegates",
        secrets=frozenset({"booking_link"}),
        consent_filters=filters.NEEDING_CONSENT,
    )
)
declare(speaker_audience.AUDIENCE)
declare(
    Audience(
        "waiting_list",
        _l("Waiting list"),
        FOR_WAITING,
        load_waiting,
        find_waiting,
        list_name="waiting_list",
        secrets=frozenset({"waiting_list_link"}),
    )
)
declare(request_audiences.APPLICANTS.build_audience())
declare(request_audiences.INTERESTED.build_audience())

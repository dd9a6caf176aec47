"""The questions that every site asks at registration, and what organisers may change about them.

Names, email address and days are always asked: bookings, badges and limits depend on them. Access
and dietary questions are never required, and their answers are deleted after the conference.
"""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from app.delegates.delegate_field import DelegateField
from app.delegates.fields import DAYS, EMAIL, FIELDS
from app.questions import queries, standard
from app.questions.definitions import AFTER_30_DAYS, AFTER_A_YEAR, REGISTRATIONS, TEAM, Definition
from app.questions.models import REGISTRATION
from app.questions.standard import StandardQuestion

FOR_BOOKING = _l("To give you a place and email you about your booking")
FOR_BADGE = _l("To make your badge")
PURPOSES: Mapping[str, Any] = {
    "given_names": FOR_BOOKING,
    "family_name": FOR_BOOKING,
    "badge_name": FOR_BADGE,
    "pronouns": FOR_BADGE,
    EMAIL: FOR_BOOKING,
    "organisation": FOR_BADGE,
    "role": _l("To know who comes"),
    "country": _l("To make your badge, and to know where people come from"),
    DAYS: _l("To plan each day"),
    "access_kinds": _l("To arrange access"),
    "dietary_kinds": _l("To arrange meals"),
}
REQUIRED = {"given_names", EMAIL, "country", DAYS}
CAN_BE_REQUIRED = {"organisation", "role", "country"}
CAN_BE_ERASED_EARLY = {"pronouns", "organisation", "role", "country"}
ALWAYS_ASKED = {"given_names", "family_name", EMAIL, DAYS}


def _describe(field: DelegateField) -> StandardQuestion:
    question: Any = field.question
    return StandardQuestion(
        key=field.name,
        page=field.step,
        label=field.label,
        help=_get_help(question),
        purpose=PURPOSES.get(field.name, FOR_BOOKING),
        readers=REGISTRATIONS if field.is_private else TEAM,
        erasure=AFTER_30_DAYS if field.is_private else AFTER_A_YEAR,
        is_required=field.name in REQUIRED,
        can_be_required=field.name in CAN_BE_REQUIRED,
        can_be_hidden=field.name not in ALWAYS_ASKED,
        can_be_erased_early=field.name in CAN_BE_ERASED_EARLY,
        is_private=field.is_private,
    )


def _get_help(asked: Any) -> Any:
    """Return the help text of a field that is not yet part of a form."""
    return asked.kwargs.get("description") or ""


standard.declare(REGISTRATION, [_describe(field) for field in FIELDS if not field.continues])


def find_definition(field: DelegateField) -> Definition | None:
    """Return the question for a field of delegate data."""
    return queries.find_standard(REGISTRATION, field.key)


def is_retired(field: DelegateField) -> bool:
    """Return True if organisers have hidden a question, so that it is not asked."""
    definition = find_definition(field)
    return definition is not None and definition.is_retired


def is_changed(definition: Definition) -> bool:
    """Return True if a question's purpose or the end of its answers was changed."""
    known = definition.standard
    return known is not None and (
        definition.erasure != known.erasure or definition.purpose != known.purpose
    )

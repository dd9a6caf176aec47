"""Delegate data: each field declared once, in the order of registration.

Registration, the check page, the pages of a booking, emails, the history, the data export, the
desk's pages and files, and erasure use this table. Every answer is text, stored unchanged in the
column of ``Delegate`` (of ``Needs`` if it is private) that it names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l

from app.delegates import countries, requirement_kinds
from app.delegates.answer_json import full_name
from app.delegates.delegate_field import Choices, DelegateField
from app.delegates.requirement_kinds import kinds_field
from app.forms.fields import (
    country_field,
    days_field,
    email_field,
    line_field,
    name_field,
    other_persons_email_field,
    text_field,
)
from app.forms.validators import all_of, no_web_address, single_line
from app.releases.current_release import conference_days
from app.web import languages
from app.web.formatting import local_date

EMPTY_PLACEHOLDER = {"placeholder": " "}  # the style sheet detects empty fields by it


@dataclass(frozen=True)
class Step:
    """A page of registration."""

    name: str  # the last part of its URL
    heading: Any = ""  # if it has several questions
    lede: Any = ""

    @property
    def fields(self) -> tuple[DelegateField, ...]:
        """Return the fields on this page."""
        return tuple(field for field in FIELDS if field.step == self.name)

    @property
    def is_private(self) -> bool:
        """Whether its answers are stored only with the delegate's consent."""
        return any(field.is_private for field in self.fields)


def _list_countries() -> Choices:
    return countries.choices(languages.current().code)


def _list_days() -> Choices:
    return [(day.isoformat(), local_date(day)) for day in conference_days()]


def _format_days(answer: str) -> str:
    return ", ".join(local_date(date.fromisoformat(day)) for day in answer.split())


ACCESS_WORDS = _l("Access requirements in their own words (optional)")
DIETARY_WORDS = _l("Dietary requirements in their own words (optional)")
CONSENT, DAYS, EMAIL, BADGE_NAME = "consented_at", "days", "email", "badge_name"

STEPS = (
    Step("name", _l("What is your name?")),
    Step("email"),
    Step(
        "work",
        _l("Where do you work or study?"),
        _l("Your badge shows your organisation and country."),
    ),
    Step("days"),
    Step("access-needs"),
    Step("dietary-needs"),
)
FIELDS = (
    DelegateField(
        "given_names",
        "name",
        _l("Given names"),
        name_field(
            _l("Given names"),
            _l("Your given names"),
            _l("Enter your given names"),
            autocomplete="given-name",
        ),
        name_field(
            _l("Given names"), _l("Given names"), _l("Enter given names"), autocomplete="off"
        ),
        is_part_of_name=True,
    ),
    DelegateField(
        "family_name",
        "name",
        _l("Family name"),
        name_field(
            _l("Family name"),
            _l("Your family name"),
            description=_l("Leave this empty if you have only one name"),
            autocomplete="family-name",
        ),
        name_field(
            _l("Family name"),
            _l("The family name"),
            description=_l("Leave this empty if they have only one name"),
            autocomplete="off",
        ),
        is_part_of_name=True,
    ),
    DelegateField(
        BADGE_NAME,
        "name",
        _l("Name on your badge"),
        name_field(
            _l("Name on your badge (optional)"),
            _l("The name on your badge"),
            description=_l("Leave this empty to use your full name"),
            autocomplete="nickname",
        ),
        name_field(
            _l("Name on the badge (optional)"),
            _l("The name on the badge"),
            description=_l("Leave this empty to use their full name"),
            autocomplete="off",
        ),
        desk_label=_l("Name on the badge"),
        fallback=full_name,
        is_in_confirmation=True,
    ),
    DelegateField(
        "pronouns",
        "name",
        _l("Pronouns"),
        line_field(
            _l("Pronouns (optional)"),
            _l("Your pronouns"),
            validator=all_of(single_line(_l("Your pronouns")), no_web_address(_l("Your pronouns"))),
            description=_l("Shown on your badge, for example she/her"),
            autocomplete="off",
        ),
        line_field(
            _l("Pronouns (optional)"),
            _l("The pronouns"),
            validator=all_of(single_line(_l("The pronouns")), no_web_address(_l("The pronouns"))),
            autocomplete="off",
        ),
        is_in_confirmation=True,
    ),
    DelegateField(
        EMAIL,
        "email",
        _l("Email address"),
        email_field(
            _l("What is your email address?"), _l("We will send your confirmation to this address")
        ),
        other_persons_email_field(_l("Email address")),
    ),
    DelegateField(
        "organisation",
        "work",
        _l("Organisation"),
        line_field(
            _l("Organisation (optional)"), _l("Your organisation"), autocomplete="organization"
        ),
        line_field(_l("Organisation (optional)"), _l("The organisation"), autocomplete="off"),
    ),
    DelegateField(
        "role",
        "work",
        _l("Role"),
        line_field(_l("Your role (optional)"), _l("Your role"), autocomplete="organization-title"),
        line_field(_l("Role (optional)"), _l("The role"), autocomplete="off"),
    ),
    DelegateField(
        "country",
        "work",
        _l("Country"),
        country_field(_l("Choose your country"), autocomplete="country"),
        country_field(_l("Choose a country"), autocomplete="off"),
        choices=_list_countries,
    ),
    DelegateField(
        DAYS,
        "days",
        _l("Days"),
        days_field(_l("Which days will you attend?"), _l("Choose all that apply")),
        days_field(_l("Days")),
        change_label=_l("Days you will attend"),
        choices=_list_days,
        display=_format_days,
        is_kept=True,
    ),
    DelegateField(
        "access_kinds",
        "access-needs",
        _l("Access requirements"),
        kinds_field(_l("Do you have any access requirements? (optional)")),
        kinds_field(_l("Access requirements")),
        empty=_l("None"),
        choices=requirement_kinds.list_access_choices,
        display=requirement_kinds.format_access,
        needs_column="access_kinds",
    ),
    DelegateField(
        "access_needs",
        "access-needs",
        _l("Access requirements"),
        text_field(
            _l("Tell us more (optional)"),
            _l("Your access requirements"),
            _l("For example who will come with you"),
            **EMPTY_PLACEHOLDER,
        ),
        text_field(ACCESS_WORDS, _l("The access requirements")),
        needs_column="access",
        continues="access_kinds",
    ),
    DelegateField(
        "dietary_kinds",
        "dietary-needs",
        _l("Dietary requirements"),
        kinds_field(_l("Do you have any dietary requirements? (optional)")),
        kinds_field(_l("Dietary requirements")),
        empty=_l("None"),
        choices=requirement_kinds.list_dietary_choices,
        display=requirement_kinds.format_dietary,
        needs_column="dietary_kinds",
    ),
    DelegateField(
        "dietary_needs",
        "dietary-needs",
        _l("Dietary requirements"),
        text_field(
            _l("Tell us more (optional)"),
            _l("Your dietary requirements"),
            _l("For example another allergy"),
            **EMPTY_PLACEHOLDER,
        ),
        text_field(DIETARY_WORDS, _l("The dietary requirements")),
        needs_column="dietary",
        continues="dietary_kinds",
    ),
)
BY_NAME: Mapping[str, DelegateField] = {field.name: field for field in FIELDS}
BOOKING_FIELDS = tuple(field for field in FIELDS if not field.is_private)
KEPT_AT_ERASURE = [field.name for field in FIELDS if field.is_kept]
PRIVATE_FIELDS = tuple(field for field in FIELDS if field.is_private)
PRIVATE_NAMES = frozenset(field.name for field in PRIVATE_FIELDS)

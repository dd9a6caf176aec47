"""Applicants, and people who expressed interest, as audiences of group emails.

Without a filter by state, recipients are those whose request has not ended; with one, those who
still have that state when the email is sent.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import case, literal, select
from sqlalchemy.orm import joinedload

from app.admin.mailings.audience_parts import (
    ABOUT_CONFERENCE,
    conference_gaps,
    conference_values,
    number_of,
    parse_query,
    to_person,
)
from app.admin.request_lists import build_filter
from app.database import db
from app.delegates.categories.texts import translated
from app.mail import placeholders
from app.mail.placeholders import Placeholder, PlaceholderKind
from app.mailings import recipients
from app.mailings.audiences import Audience, Candidate, PeopleQuery
from app.registration import links, registration_requests
from app.registration.applications.models import RegistrationApplication
from app.registration.interest.models import ExpressionOfInterest
from app.registration.registration_requests import OPEN, RequestFilter
from app.web import languages

ENDED: Final = "request ended"
OTHER_STATE: Final = "state changed since the people were chosen"
recipients.REASON_NAMES.update(
    {
        ENDED: _l("request ended"),
        OTHER_STATE: _l("state changed since the people were chosen"),
    }
)


@dataclass(frozen=True)
class RequestKind:
    """A kind of request, how a mailing finds its people, and the links to their pages."""

    list_name: str
    label: Any
    prefix: str  # of the ids of people in mailings
    model: Any  # a subclass of RegistrationRequest, with its category
    link_label: Any

    @property
    def link_name(self) -> str:
        """The name of the placeholder of the link."""
        return f"{self.prefix}_link"

    def get_link(self, row: Any) -> str:
        """Return the link to a person's own page."""
        if isinstance(row, RegistrationApplication):
            return links.application_link(row)
        return links.interest_link(row)

    def find(self, query: str) -> PeopleQuery:
        """Find the people for a query string of the list, those with open requests first."""
        listed = parse_query(self.list_name, query).query
        model, chosen = self.model, build_filter(listed)
        has_ended = model.ended_at.is_not(None)
        return PeopleQuery(
            person=to_person(self.prefix, model.id),
            name=model.name,
            address=model.email,
            language=model.language,
            booking_reference=literal(""),
            exclusion=literal("") if chosen.state else case((has_ended, ENDED), else_=""),
            conditions=registration_requests.list_conditions(model, chosen),
            order=[has_ended, model.id],
            has_valid_addresses=True,
            search=lambda text: registration_requests.list_conditions(model, RequestFilter(text)),
            gaps={
                "full_name": model.name == "",
                "category": model.category_id.is_(None),
                self.link_name: False,
                **conference_gaps(),
            },
        )

    def load(self, people: Collection[str], query: str) -> Mapping[str, Candidate]:
        """Return some of them with their placeholder values."""
        state = parse_query(self.list_name, query).query.get_filter("state")
        return {one.person: one for one in self._iterate(people, state)}

    def _iterate(self, people: Collection[str], state: str) -> Iterator[Candidate]:
        model = self.model
        rows = select(model).where(model.id.in_(map(number_of, people)))
        for row in db.session.scalars(rows.options(joinedload(model.category))):
            yield Candidate(
                f"{self.prefix} {row.id}",
                row.name,
                row.email,
                row.language,
                exclusion=_find_exclusion(row, state),
                values=self._build_values(row),
            )

    def _build_values(self, row: Any) -> Mapping[str, str]:
        with languages.use_language(row.language):
            return {
                **conference_values(),
                "full_name": row.name,
                "category": translated(row.category).name if row.category else "",
                self.link_name: self.get_link(row),
            }

    def build_audience(self) -> Audience:
        """Return them as an audience."""
        return Audience(
            self.list_name,
            self.label,
            placeholders.declare(
                Placeholder("full_name", _l("Full name"), "Ada Lovelace"),
                Placeholder("category", _l("Category that they asked for"), _l("Delegate")),
                Placeholder(self.link_name, self.link_label, kind=PlaceholderKind.LINK),
                *ABOUT_CONFERENCE,
            ),
            self.load,
            self.find,
            list_name=self.list_name,
            secrets=frozenset({self.link_name}),
        )


def _find_exclusion(row: Any, state: str) -> str:
    if not state or state == OPEN:
        return "" if row.is_open else ENDED
    return "" if row.state == state else OTHER_STATE


APPLICANTS: Final = RequestKind(
    "applications",
    _l("Applicants"),
    recipients.APPLICATION,
    RegistrationApplication,
    _l("Link to the page about their application"),
)
INTERESTED: Final = RequestKind(
    "interest",
    _l("People who expressed interest"),
    recipients.INTEREST,
    ExpressionOfInterest,
    _l("Link to the page with their status"),
)

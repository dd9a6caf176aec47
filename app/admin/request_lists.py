"""What the lists of applications and expressions of interest have in common."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.admin_kit.listing import (
    PAGE_SIZE,
    ListFilter,
    Listing,
    ListQuery,
    get_selected,
    parse_list_query,
)
from app.delegates.categories import queries as categories
from app.forms.fields import editor_line_field
from app.registration.registration_requests import MAX_LIST, OPEN, RequestFilter
from app.registration.request_models import RegistrationRequest
from app.text import parse_numbers
from app.web.formatting import conference_zone

MAX_TEXT_LENGTH: Final = 1_000
RequestT = TypeVar("RequestT", bound=RegistrationRequest)


@dataclass(frozen=True)
class RequestList(Generic[RequestT]):
    """A list of requests: its states, sort orders and query functions."""

    open_label: Any  # of the filter for open requests
    states: Mapping[str, Any]
    sorts: Sequence[str]
    read_page: Callable[..., tuple[Sequence[RequestT], int]]

    def get_filters(self, _: Any = None) -> Sequence[ListFilter]:
        """Return the filters."""
        states = [(OPEN, self.open_label), *self.states.items()]
        options = [(str(option.id), option.name) for option in categories.list_options()]
        return (
            ListFilter("state", _l("State"), states),
            *([ListFilter("category", _l("Category"), options)] if options else []),
        )

    def get_listing(self) -> Listing[RequestT]:
        """Return the requested page of the list."""
        query = parse_list_query(filters := self.get_filters(), self.sorts)
        rows, total = self._read(query, query.offset, PAGE_SIZE)
        return Listing(rows, total, query, filters)

    def list_all(self) -> Sequence[RequestT]:
        """List the requests on all pages, up to the limit of a file."""
        return self._read(parse_list_query(self.get_filters(), self.sorts), 0, MAX_LIST)[0]

    def list_selected(self) -> list[int]:
        """List the numbers of the selected rows."""
        chosen = get_selected(lambda: [one.slug for one in self.list_all()])
        return parse_numbers(chosen)

    def _read(self, query: ListQuery, offset: int, limit: int) -> tuple[Sequence[RequestT], int]:
        return self.read_page(build_filter(query), offset=offset, limit=limit)

    def iter_cells(
        self, rows: Sequence[RequestT], get_moments: Callable[[RequestT], Sequence[datetime | None]]
    ) -> Iterator[list[str]]:
        """Yield the first cells of each row of a file: the person, the request, state and time."""
        zone = conference_zone()
        for row in rows:
            category: Any = getattr(row, "category", None)
            yield [
                *(row.name, row.email, category.name if category else ""),
                str(self.states[row.state]),
                *(f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else "" for at in get_moments(row)),
            ]


def build_filter(query: ListQuery) -> RequestFilter:
    """Return the conditions and the order of a list."""
    return RequestFilter(
        query.search,
        query.get_filter("state"),
        query.get_filter("category"),
        query.sort,
        is_reversed=query.is_reversed,
    )


def list_first_heads() -> list[str]:
    """List the headings of the columns before the times in a file."""
    return [gettext("Name"), gettext("Email address"), gettext("Category"), gettext("State")]


def message_field(description: Any) -> Any:
    """Return the field for a message to the person."""
    return editor_line_field(
        _l("Message to the person (optional)"), _l("The message"), description, MAX_TEXT_LENGTH
    )

"""Lists of the back office: search, filters, sorting and paging, all of it in the address.

A list page reads what is asked for, hands it to a query of the capability, and shows the
``Listing`` that comes of it with the macros of ``templates/organise/list.html``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Generic, TypeVar

from flask import request, url_for
from flask_babel import gettext

from app.forms import one_line, without_hidden

Row = TypeVar("Row")

PAGE_SIZE = 50  # rows
LONGEST_SEARCH = 100  # characters
DIGITS = 4  # of the highest page number


@dataclass(frozen=True)
class Filter:
    """One way to narrow a list: its name in the address, its label, and what can be chosen."""

    name: str
    label: str
    options: Sequence[tuple[str, str]]  # value in the address, words


@dataclass(frozen=True)
class Asked:
    """What an address asks of a list; whatever it asks that cannot be is left out."""

    search: str
    chosen: Mapping[str, str]  # the name of a filter to the value that was chosen
    sort: str
    is_reversed: bool
    number: int  # of the page, from 1

    @property
    def offset(self) -> int:
        """How many rows stand before this page."""
        return (self.number - 1) * PAGE_SIZE

    def choice(self, name: str) -> str:
        """Give what was chosen of a filter, or nothing."""
        return self.chosen.get(name, "")


def said(options: Sequence[tuple[str, object]]) -> list[tuple[str, str]]:
    """Give what can be chosen in the reader's language."""
    return [(value, str(words)) for value, words in options]


def asked(filters: Sequence[Filter], sorts: Sequence[str]) -> Asked:
    """Read the address of a list; the first of ``sorts`` is the usual order."""
    sort = request.args.get("sort", "")
    chosen = {one.name: request.args.get(one.name, "") for one in filters}
    allowed = {one.name: {value for value, _ in one.options} for one in filters}
    return Asked(
        search=without_hidden(one_line(request.args.get("q", "")))[:LONGEST_SEARCH],
        chosen={name: value for name, value in chosen.items() if value in allowed[name] - {""}},
        sort=sort.removeprefix("-") if sort.removeprefix("-") in sorts else sorts[0],
        is_reversed=sort.startswith("-") and sort[1:] in sorts,
        number=_page_number(request.args.get("page", "1")),
    )


@dataclass(frozen=True)
class Listing(Generic[Row]):
    """One page of a list."""

    rows: Sequence[Row]
    total: int
    asked: Asked
    filters: Sequence[Filter] = ()
    endpoint: str = ""  # where the list is, when it is shown at another address

    @property
    def pages(self) -> int:
        """How many pages there are; a list without rows has one."""
        return max(1, ceil(self.total / PAGE_SIZE))

    @property
    def first(self) -> int:
        """The number of the first row shown."""
        return self.asked.offset + 1

    @property
    def last(self) -> int:
        """The number of the last row shown."""
        return self.asked.offset + len(self.rows)

    @property
    def is_narrowed(self) -> bool:
        """Whether a search or a filter hides rows."""
        return bool(self.asked.search or self.asked.chosen)

    def options(self, name: str) -> Sequence[tuple[str, str]]:
        """Give what can be chosen of a filter."""
        return next((one.options for one in self.filters if one.name == name), ())

    def titled(self, heading: str) -> str:
        """Tell this page of the list from any other: Sessions: search for ‘water’, page 2 of 4."""
        title = heading
        if narrowing := ", ".join(self._narrowings()):
            title = gettext("%(list)s: %(narrowing)s", list=title, narrowing=narrowing)
        if self.asked.number > 1:
            number, pages = self.asked.number, self.pages
            title = gettext(
                "%(list)s, page %(number)s of %(pages)s", list=title, number=number, pages=pages
            )
        return str(title)

    def _narrowings(self) -> Iterator[str]:
        if self.asked.search:
            yield str(gettext("search for ‘%(words)s’", words=self.asked.search))
        for one in self.filters:
            if chosen := self.asked.choice(one.name):
                yield f"{one.label} {dict(one.options)[chosen]}"

    def page_address(self, number: int) -> str:
        """Give the address of another page of the same list."""
        return self._address(sort=self._sort, page=str(number) if number > 1 else "")

    def sort_address(self, sort: str) -> str:
        """Give the address of the list in this order; in the other direction when it is so now."""
        turned = sort == self.asked.sort and not self.asked.is_reversed
        return self._address(sort=f"-{sort}" if turned else sort)

    def direction(self, sort: str) -> str:
        """Say how the list is sorted by this: ascending, descending or none (aria-sort)."""
        if sort != self.asked.sort:
            return "none"
        return "descending" if self.asked.is_reversed else "ascending"

    @property
    def plain_address(self) -> str:
        """Give the address of the whole list."""
        return self._to({})

    def address_at(self, endpoint: str = "") -> str:
        """Give an address that asks for these very rows: the list's own, or that of a deed."""
        sort = self._sort if "sort" in request.args else ""
        number = str(self.asked.number) if self.asked.number > 1 else ""
        return self._to(
            {"q": self.asked.search, **self.asked.chosen, "sort": sort, "page": number}, endpoint
        )

    @property
    def _sort(self) -> str:
        return f"-{self.asked.sort}" if self.asked.is_reversed else self.asked.sort

    def _address(self, **others: str) -> str:
        return self._to({"q": self.asked.search, **self.asked.chosen, **others})

    def _to(self, question: Mapping[str, str], endpoint: str = "") -> str:
        given = {name: value for name, value in question.items() if value}
        values: dict[str, Any] = {**(request.view_args or {}), **given}
        return url_for(endpoint or self.endpoint or request.endpoint or "", **values)


def _page_number(typed: str) -> int:
    is_number = typed.isascii() and typed.isdecimal() and len(typed) <= DIGITS
    return max(1, int(typed)) if is_number else 1

"""The sessions that a delegate can still book: filtered by day, theme and words, in pages.

A conference may have a thousand of them. Only those of one page become choices, since each needs
its free seats and the person's other bookings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from zoneinfo import ZoneInfo

from app.programme.collation import sort_key
from app.programme.listing import day_of
from app.programme.snapshot import Session
from app.text import collapse_whitespace, strip_hidden

PAGE_SIZE = 25
MAX_SEARCH_LENGTH = 100
LAST_PAGE_DIGITS = 4


@dataclass(frozen=True)
class BookableFilter:
    """The filters; empty values do not filter."""

    search: str = ""
    day: str = ""  # in ISO format
    theme: str = ""  # its slug
    page: int = 1

    @classmethod
    def parse(cls, typed: Mapping[str, str]) -> "BookableFilter":
        """Parse a query string."""
        page = typed.get("page", "")
        is_page = page.isascii() and page.isdigit() and len(page) <= LAST_PAGE_DIGITS
        return cls(
            search=strip_hidden(collapse_whitespace(typed.get("q", "")))[:MAX_SEARCH_LENGTH],
            day=typed.get("day", ""),
            theme=typed.get("theme", ""),
            page=max(int(page), 1) if is_page else 1,
        )

    @property
    def query(self) -> dict[str, str]:
        """Return the parameters of a link that keeps the filters, without the page."""
        values = {"q": self.search, "day": self.day, "theme": self.theme}
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True)
class BookableList:
    """All sessions that a delegate could still book, and those that match."""

    sessions: Sequence[Session]
    asked: BookableFilter
    zone: ZoneInfo

    @cached_property
    def days(self) -> Sequence[date]:
        """The days on which there are any."""
        return sorted({day for session in self.sessions if (day := day_of(session, self.zone))})

    @cached_property
    def themes(self) -> Sequence[tuple[str, str]]:
        """The slugs and names of their themes, by name."""
        found = {
            session.theme.slug: session.theme.name for session in self.sessions if session.theme
        }
        return sorted(found.items(), key=lambda one: sort_key(one[1]))

    @property
    def is_long(self) -> bool:
        """Whether there are more than one page shows."""
        return len(self.sessions) > PAGE_SIZE

    @cached_property
    def found(self) -> Sequence[Session]:
        """The matching sessions, by time."""
        words = sort_key(self.asked.search).split()
        return [
            session
            for session in self.sessions
            if self._is_on_day(session)
            and self.asked.theme in {"", session.theme.slug if session.theme else None}
            and _contains(session, words)
        ]

    @property
    def page(self) -> int:
        """The number of the page, at most that of the last."""
        return min(self.asked.page, self.page_count)

    @property
    def page_count(self) -> int:
        """The number of pages, at least one."""
        return max(-(-len(self.found) // PAGE_SIZE), 1)

    @property
    def window(self) -> Sequence[Session]:
        """The sessions on the page."""
        first = (self.page - 1) * PAGE_SIZE
        return self.found[first : first + PAGE_SIZE]

    def _is_on_day(self, session: Session) -> bool:
        if not self.asked.day:
            return True
        day = day_of(session, self.zone)
        return day is not None and day.isoformat() == self.asked.day


def _contains(session: Session, words: Sequence[str]) -> bool:
    """Return True if title or speakers contain each of these words."""
    if not words:
        return True
    text = sort_key(" ".join((session.title, *(part.name for part in session.parts))))
    return all(word in text for word in words)

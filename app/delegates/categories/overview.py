"""The categories as organisers see them: with the number of places taken and the limit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app import clock
from app.delegates.categories.models import RegistrationCategory
from app.delegates.categories.queries import count_by_category, list_all, list_limits
from app.delegates.models import SeatLimit


@dataclass(frozen=True)
class CategoryRow:
    """A category in the admin list, with its numbers."""

    category: RegistrationCategory
    position: int  # from 1
    taken: int
    limit: int | None

    @property
    def is_full(self) -> bool:
        """Whether none of its own places is left."""
        return self.limit is not None and self.taken >= self.limit

    @property
    def is_closed(self) -> bool:
        """Whether its own closing time has passed."""
        closes_at = self.category.closes_at
        return closes_at is not None and clock.now() >= closes_at

    @property
    def is_early(self) -> bool:
        """Whether its own opening time is still to come."""
        opens_at = self.category.opens_at
        return opens_at is not None and clock.now() < opens_at


def list_rows() -> Sequence[CategoryRow]:
    """List all categories with the number of places taken and the limit."""
    delegates, limits = count_by_category(), list_limits()
    return [
        _build_row(one, number, delegates, limits) for number, one in enumerate(list_all(), start=1)
    ]


def get_row(category: RegistrationCategory) -> CategoryRow:
    """Return a category with the number of places taken and the limit."""
    return next(row for row in list_rows() if row.category is category)


def _build_row(
    category: RegistrationCategory,
    position: int,
    delegates: Mapping[int, int],
    limits: Mapping[int, SeatLimit],
) -> CategoryRow:
    limit = limits.get(category.id)
    if limit is None:
        return CategoryRow(category, position, delegates.get(category.id, 0), None)
    return CategoryRow(category, position, limit.taken, limit.seats)

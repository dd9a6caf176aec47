"""What organisers type about speakers' own pages."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateField, Field
from wtforms.validators import Optional

from app.forms import Form
from app.registration.fields import somebodys_address
from app.speakers.items import Item

WRONG = _l("Enter a day, like 2008-10-06")


class Day(DateField):
    """A day, or none."""

    def __init__(self, label: Any, **bound: Any) -> None:
        super().__init__(label, [Optional()], format=["%Y-%m-%d"], **bound)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed, and say in our words what cannot be read."""
        self.data = None  # nothing is no day, whatever stood there before
        try:
            super().process_formdata([one for one in valuelist if one.strip()])
        except ValueError:
            raise ValueError(WRONG) from None


class DatesForm(Form):
    """Say by which day each item of the list is wanted."""

    @classmethod
    def of(cls, items: Sequence[Item], known: Mapping[str, date]) -> "DatesForm":
        """Make the form with a field for each item."""
        named = {_name(item): Day(item.label) for item in items}
        made: type[DatesForm] = type("Dates", (cls,), named)
        return made(data={_name(item): known.get(item.name) for item in items})

    def rows(self, items: Sequence[Item]) -> list[Field]:
        """Give the fields in the order of the list."""
        return [self[_name(item)] for item in items]

    def days(self) -> dict[str, date | None]:
        """Give what was typed, by the name of the item."""
        return {
            name.removeprefix("day_").replace("_", "-"): field.data
            for name, field in self._fields.items()
            if name.startswith("day_")
        }


class KeeperForm(Form):
    """Say whose address it is."""

    email = somebodys_address(_l("Email address"))


def _name(item: Item) -> str:
    return f"day_{item.name.replace('-', '_')}"

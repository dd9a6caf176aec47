"""What organisers type about a room."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField
from wtforms.validators import NumberRange, Optional

from app.organise.edited import EditForm, Several, a_name, a_text, notes
from app.organise.rooms.lists import features
from app.programme.models import Room
from app.programme.reading.rooms import LARGEST
from app.registration.fields import offered

LONGEST_DESCRIPTION = 2_000


class Capacity(IntegerField):
    """A number of people; empty when it is not known."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed: 1,200 is a number too."""
        typed = "".join(valuelist).replace(",", "").strip()
        self.data = None
        if typed:
            if not (typed.isascii() and typed.isdecimal() and len(typed) < len(str(LARGEST)) + 1):
                raise ValueError(_l("Enter the capacity as a number, for example 120"))
            self.data = int(typed)


class RoomForm(EditForm):
    """Say what a room is and offers."""

    name = a_name(_l("Name"), _l("The name"), _l("Enter the room’s name"))
    capacity = Capacity(
        _l("Capacity (optional)"),
        [
            Optional(),
            NumberRange(1, LARGEST, _l("Enter a capacity from 1 to 1,000,000")),
        ],
        description=_l("How many people may be in it"),
        render_kw={"inputmode": "numeric"},
    )
    description = a_text(
        _l("Description (optional)"),
        _l("The description"),
        _l("Where it is and how to get there"),
        LONGEST_DESCRIPTION,
    )
    features = Several(_l("Access"), [offered(_l("Choose from the list"))], validate_choice=False)
    is_illustrative = BooleanField(
        _l("This room is illustrative"),
        description=_l("It shows what a room could be like, and is not on record"),
    )
    notes = notes()

    def offer(self, room: Room | None = None) -> None:
        """Say what a room may offer: what we have words for, and what this one has besides."""
        self.features.choices = features([room] if room else [])

    @staticmethod
    def shown(room: Room) -> dict[str, Any]:
        """Give what stands in the form of a room before anything is typed."""
        return {
            "version": str(room.version),
            "name": room.name,
            "capacity": room.capacity,
            "description": room.description,
            "features": room.features.split(),
            "is_illustrative": room.is_illustrative,
            "notes": room.notes,
        }

    def values(self) -> dict[str, Any]:
        """Give what was typed, as an edit takes it."""
        return {
            "name": self.name.data,
            "capacity": self.capacity.data,
            "description": self.description.data or "",
            "features": list(self.features.data or ()),
            "is_illustrative": bool(self.is_illustrative.data),
            "notes": self.notes.data or "",
        }

"""The editable fields of rooms and themes.

A theme's shape and colour are edited as one field, which must be unique.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.database import db
from app.errors import RuleViolation
from app.programme import slugs
from app.programme.models import THEME_SHAPES, Room, Theme

SLUG = slugs.make_field(slugs.HINT_OF_NAME)
ROOM_LABELS = {
    "name": "Name",
    "capacity": "Capacity",
    "description": "Description",
    "features": "Access",
    "is_illustrative": "Illustrative",
    SLUG.name: SLUG.label,
    "notes": "Notes",
}
FEATURE_LABELS = {
    "step-free": "Step-free access",
    "hearing-loop": "Hearing loop",
    "captions": "Live captions",
    "interpretation": "Interpretation",
    "quiet": "A quiet space",
}


class _LabelledFields:
    """What the fields of rooms and of themes have in common."""

    def __init__(self, kind: str, labels: Mapping[str, str]) -> None:
        self._kind = kind
        self.labels = labels

    def history_subject(self, entity: Room | Theme) -> str:
        return f"{self._kind} {entity.key}"

    def name(self, entity: Room | Theme) -> str:
        return entity.name

    def label(self, field: str) -> str:
        return self.labels[field]


class _RoomFields(_LabelledFields):
    def get_value(self, entity: Room, field: str) -> Any:
        return entity.features.split() if field == "features" else getattr(entity, field)

    def set_value(self, entity: Room, field: str, value: Any) -> None:
        if field == SLUG.name:
            SLUG.set_value(entity, value)
        else:
            setattr(entity, field, " ".join(value) if field == "features" else value)

    def display_value(self, field: str, value: Any) -> str:
        if field == "features":
            return ", ".join(FEATURE_LABELS.get(one, one) for one in value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        return "" if value is None else str(value)


ROOM_FIELDS = _RoomFields("room", ROOM_LABELS)

LOOK = "look"  # shape and number of the colour, for example ["circle", 1]
THEME_LABELS = {
    "name": "Name",
    "short_name": "Short name",
    "summary": "Summary",
    "letter": "Letter",
    LOOK: "Shape and colour",
    SLUG.name: SLUG.label,
    "notes": "Notes",
}
COLOURS = (  # names of the palette's colours; the first is number 1
    "Green",
    "Purple",
    "Orange",
    "Blue",
    "Pink",
    "Teal",
    "Olive",
    "Brown",
    "Indigo",
    "Red",
    "Slate",
    "Leaf green",
)


class ThemeLookTaken(RuleViolation):
    """Another theme has this shape and colour."""


class _ThemeFields(_LabelledFields):
    def get_value(self, entity: Theme, field: str) -> Any:
        return [entity.shape, entity.palette] if field == LOOK else getattr(entity, field)

    def set_value(self, entity: Theme, field: str, value: Any) -> None:
        if field == LOOK:
            shape, palette = value
            refuse_if_look_taken(shape, palette, except_id=entity.id)
            entity.shape, entity.palette = shape, palette
        elif field == SLUG.name:
            SLUG.set_value(entity, value)
        else:
            setattr(entity, field, value)

    def display_value(self, field: str, value: Any) -> str:
        if field == LOOK:
            shape, palette = value
            return f"{shape.capitalize()}, {COLOURS[palette - 1].lower()}"
        return str(value)


def refuse_if_look_taken(shape: str, palette: int, *, except_id: int = 0) -> None:
    """Raise ThemeLookTaken if a theme with another id has this shape and colour."""
    alike = select(Theme).where(
        Theme.shape == shape, Theme.palette == palette, Theme.id != except_id
    )
    other = db.session.scalar(alike.order_by(Theme.position).limit(1))
    if other is not None:
        raise ThemeLookTaken(
            f"{other.name} already has this shape and colour. Choose another combination"
        )


def next_free_look() -> tuple[str, int]:
    """Return an unused pair of shape and colour, preferring the least used of each."""
    rows = db.session.execute(select(Theme.shape, Theme.palette))
    taken = [(shape, palette) for shape, palette in rows]
    shapes = [shape for shape, _ in taken]
    palettes = [palette for _, palette in taken]
    free = [
        (shape, palette)
        for shape in THEME_SHAPES
        for palette in range(1, len(COLOURS) + 1)
        if (shape, palette) not in taken
    ]
    return min(
        free,
        key=lambda look: (shapes.count(look[0]) + palettes.count(look[1]), look[1]),
        default=(THEME_SHAPES[0], 1),
    )


THEME_FIELDS = _ThemeFields("theme", THEME_LABELS)

"""What an edit must know of a theme: its shape and colour are one thing, and its own."""

from typing import Any

from sqlalchemy import select

from app.database import db
from app.errors import Refused
from app.programme.loading import SHAPES
from app.programme.models import Theme

LOOK = "look"  # shape and colour together: ["circle", 1]
LABELS = {
    "name": "Name",
    "summary": "Summary",
    "letter": "Letter",
    LOOK: "Shape and colour",
    "notes": "Notes",
}
COLOURS = (  # of the palette, in its order
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


class LookTaken(Refused):
    """Another theme has this shape and colour."""


class _Themes:
    def about(self, thing: Theme) -> str:
        return f"theme {thing.slug}"

    def name(self, thing: Theme) -> str:
        return thing.name

    def value(self, thing: Theme, field: str) -> Any:
        return [thing.shape, thing.palette] if field == LOOK else getattr(thing, field)

    def put(self, thing: Theme, field: str, value: Any) -> None:
        if field == LOOK:
            shape, palette = value
            refuse_if_taken(shape, palette, besides=thing.id)
            thing.shape, thing.palette = shape, palette
        else:
            setattr(thing, field, value)

    def label(self, field: str) -> str:
        return LABELS[field]

    def said(self, field: str, value: Any) -> str:
        if field == LOOK:
            shape, palette = value
            return f"{shape.capitalize()}, {COLOURS[palette - 1].lower()}"
        return str(value)


def refuse_if_taken(shape: str, palette: int, *, besides: int = 0) -> None:
    """Raise LookTaken when a theme other than this one looks so already."""
    alike = select(Theme).where(Theme.shape == shape, Theme.palette == palette, Theme.id != besides)
    other = db.session.scalar(alike.order_by(Theme.position).limit(1))
    if other is not None:
        raise LookTaken(f"{other.name} has this shape in this colour: choose another pair")


def first_free_look() -> tuple[str, int]:
    """Give a shape and a colour that no theme has together, as far from the others as may be."""
    rows = db.session.execute(select(Theme.shape, Theme.palette))
    taken = [(shape, palette) for shape, palette in rows]
    shapes = [shape for shape, _ in taken]
    palettes = [palette for _, palette in taken]
    free = [
        (shape, palette)
        for shape in SHAPES
        for palette in range(1, len(COLOURS) + 1)
        if (shape, palette) not in taken
    ]
    return min(
        free,
        key=lambda look: (shapes.count(look[0]) + palettes.count(look[1]), look[1]),
        default=(SHAPES[0], 1),
    )


KIND = _Themes()

"""What an edit must know of a room."""

from typing import Any

from app.programme.models import Room

LABELS = {
    "name": "Name",
    "capacity": "Capacity",
    "description": "Description",
    "features": "Access",
    "is_illustrative": "Illustrative",
    "notes": "Notes",
}
FEATURES = {
    "step-free": "Step-free access",
    "hearing-loop": "Hearing loop",
    "captions": "Live captions",
    "interpretation": "Interpretation",
    "quiet": "A quiet space",
}


class _Rooms:
    def about(self, thing: Room) -> str:
        return f"room {thing.key}"

    def name(self, thing: Room) -> str:
        return thing.name

    def value(self, thing: Room, field: str) -> Any:
        return thing.features.split() if field == "features" else getattr(thing, field)

    def put(self, thing: Room, field: str, value: Any) -> None:
        setattr(thing, field, " ".join(value) if field == "features" else value)

    def label(self, field: str) -> str:
        return LABELS[field]

    def said(self, field: str, value: Any) -> str:
        if field == "features":
            return ", ".join(FEATURES.get(one, one) for one in value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        return "" if value is None else str(value)


KIND = _Rooms()

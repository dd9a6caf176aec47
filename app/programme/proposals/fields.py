"""What can be proposed of a speaker and of a session, and what of it may be trusted."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.programme import profile
from app.programme.editing import of_sessions, of_speakers
from app.programme.editing.edits import Kind
from app.programme.models import Session, Speaker

OF_SPEAKERS: Final = (*profile.FIELDS, of_speakers.PHOTO)
OF_SESSIONS: Final = ("title", "abstract")
WORDS: Final = (*profile.FIELDS, *OF_SESSIONS)
TOGETHER: Final = (profile.FIELDS, (of_speakers.PHOTO,), OF_SESSIONS)  # each on a page of its own
TRUSTED: Final[Mapping[str, Sequence[str]]] = {  # what can go out by itself, in the settings' words
    "biography": ("biography", "biographies"),
    "photo": (of_speakers.PHOTO,),
    "links": ("links",),
}


def kind(thing: Speaker | Session) -> Kind:
    """Tell how to edit a thing."""
    return of_speakers.KIND if isinstance(thing, Speaker) else of_sessions.KIND


def of(thing: Speaker | Session) -> Sequence[str]:
    """List what can be proposed of a thing."""
    return OF_SPEAKERS if isinstance(thing, Speaker) else OF_SESSIONS


def working(thing: Speaker | Session) -> dict[str, Any]:
    """Give what these fields hold in the working programme."""
    return {field: kind(thing).value(thing, field) for field in of(thing)}


def trusted(thing: Speaker | Session, settings: str) -> frozenset[str]:
    """Tell which fields of a thing go out by themselves, as the settings have it."""
    if isinstance(thing, Session):
        return frozenset()
    return frozenset(field for name in settings.split() for field in TRUSTED.get(name, ()))

"""Where the things are of which the history tells. Nothing here changes anything."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Select, String, cast, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from app.accounts.models import ROLES, Person
from app.database import db
from app.mail.models import Letter
from app.organise.edited import LONGEST_NUMBER
from app.programme.models import Release, Room, Session, Speaker, Theme
from app.registration.models import Delegate

KNOWN_BY: Final[Mapping[str, tuple[InstrumentedAttribute[Any], InstrumentedAttribute[Any]]]] = {
    "session": (Session.key, Session.slug),  # by what the history knows it, by what its page does
    "speaker": (Speaker.key, Speaker.slug),
    "room": (Room.key, Room.slug),
    "theme": (Theme.slug, Theme.slug),
    "release": (Release.number, Release.number),
    "booking": (Delegate.reference, Delegate.reference),
    "letter": (Letter.id, Letter.id),
    "person": (Person.email, Person.id),
}


def pages(abouts: Iterable[str]) -> Mapping[str, str]:
    """Tell by what the page of each thing is found, in one question; what is gone has none."""
    named: dict[str, set[str]] = {}
    for kind, _, name in (about.partition(" ") for about in abouts):
        named.setdefault(kind, set()).add(name)
    asked = [_such(kind, sorted(named[kind])) for kind in KNOWN_BY if kind in named]
    rows = db.session.execute(union_all(*asked)) if asked else ()
    return {f"{kind} {name}": page for kind, name, page in rows}


def _such(kind: str, names: Sequence[str]) -> Select[tuple[str, str, str]]:
    name, page = KNOWN_BY[kind]
    values = names if isinstance(name.type, String) else _numbers(names)
    such = select(literal(kind), cast(name, String), cast(page, String)).where(name.in_(values))
    return such.where(Person.role.in_(ROLES)) if kind == "person" else such


def _numbers(names: Iterable[str]) -> Sequence[int]:
    return [int(name) for name in names if name.isdecimal() and len(name) < LONGEST_NUMBER]

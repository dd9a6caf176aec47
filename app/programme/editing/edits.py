"""An edit: some fields of one thing brought to new values, with what stood there before.

Each thing counts its edits (``version``). Whoever saves says which count they began with; when
somebody else has saved since, nothing is changed, and ``Stale`` holds both versions. What was
changed stands in the history field by field, so that it can be told and undone.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

from app import clock
from app.database import db
from app.errors import Refused
from app.history import services as history
from app.history.changes import Change
from app.programme.models import Conference, Room, Session, Speaker, Theme

Thing = Session | Speaker | Room | Theme | Conference
Held = TypeVar("Held", bound=Thing)

SHORT = 80  # characters of a value that a sentence can hold


class Kind(Protocol):
    """What must be known of one kind of thing to edit it (one module each beside this one)."""

    def about(self, thing: Any) -> str:
        """Give the name under which the history keeps it: ``session opening``."""

    def name(self, thing: Any) -> str:
        """Give the name that people know it by."""

    def value(self, thing: Any, field: str) -> Any:
        """Give what a field holds, as JSON can hold it."""

    def put(self, thing: Any, field: str, value: Any) -> None:
        """Bring a field to a value in that form; raise Refused where that cannot be any more."""

    def label(self, field: str) -> str:
        """Say what people call a field."""

    def said(self, field: str, value: Any) -> str:
        """Say a value in words; nothing for nothing."""


@runtime_checkable
class Bound(Protocol):
    """A kind of thing whose fields bind each other, besides."""

    def check(self, thing: Any) -> None:
        """Raise Refused where the fields, as an edit leaves them, cannot stand together."""


class Stale(Refused):
    """Somebody else has saved this since the page was opened."""

    def __init__(self, version: int, differing: Sequence[Change]) -> None:
        super().__init__(
            "Somebody else saved this after you opened the page, so nothing of yours has been "
            "saved yet. Compare the two versions below, then save again"
        )
        self.version = version  # to begin with next time
        self.differing = tuple(differing)  # before: as it is saved now; after: as it was typed


def hold(thing: Held) -> Held:
    """Let nobody else edit a thing until the transaction ends, and see it as it is now."""
    db.session.flush()
    db.session.refresh(thing, with_for_update={"of": type(thing)})
    return thing


def save(  # noqa: PLR0913 - what, to what, since when, by whom, and in which words
    kind: Kind, thing: Thing, values: Mapping[str, Any], *, seen: int, who: str, says: str = ""
) -> Sequence[Change]:
    """Bring a thing to these values and tell what that changed; raise Stale when it is too late.

    The history says what changed, unless ``says`` holds a better sentence.
    """
    hold(thing)
    made = differing(kind, thing, values)
    if not made:
        return ()
    if thing.version != seen:
        raise Stale(thing.version, made)
    make(kind, thing, made)
    history.record(says or sentence(kind, thing, made), about=kind.about(thing), who=who, made=made)
    return made


def differing(kind: Kind, thing: Thing, values: Mapping[str, Any]) -> Sequence[Change]:
    """Tell which of these values are not what the thing has."""
    held = {field: kind.value(thing, field) for field in values}
    return [
        Change(
            field=field,
            before=held[field],
            after=value,
            label=kind.label(field),
            old=kind.said(field, held[field]),
            new=kind.said(field, value),
        )
        for field, value in values.items()
        if held[field] != value
    ]


def make(kind: Kind, thing: Thing, changes: Sequence[Change]) -> None:
    """Make changes, all or none of them, and count the edit."""
    with db.session.begin_nested(), db.session.no_autoflush:  # what is half done may break a rule
        _put(kind, thing, changes)
        thing.version += 1
        if not isinstance(thing, Conference):
            thing.changed_at = clock.now()


def refusal(kind: Kind, thing: Thing, changes: Sequence[Change]) -> str:
    """Say why changes could not be made, or nothing; nothing is changed."""
    try:
        with db.session.begin_nested() as trial, db.session.no_autoflush:
            _put(kind, thing, changes)
            trial.rollback()
    except Refused as refused:
        return str(refused)
    return ""


def _put(kind: Kind, thing: Thing, changes: Sequence[Change]) -> None:
    for change in changes:
        kind.put(thing, change.field, change.after)
    if isinstance(kind, Bound):
        kind.check(thing)


def sentence(kind: Kind, thing: Thing, made: Sequence[Change]) -> str:
    """Say what was changed, in short; a single change with what it was before."""
    name, first = kind.name(thing), made[0]
    labels = ", ".join(one.label.lower() for one in made)
    if len(made) > 1 or max(len(first.old), len(first.new)) > SHORT:
        return f"{name} was changed: {labels}"
    if not first.new:
        return f"{name}: {labels} was removed ({first.old})"
    return (
        f"{name}: {labels} {f'changed from {first.old} to' if first.old else 'is now'} {first.new}"
    )

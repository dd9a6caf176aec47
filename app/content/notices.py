"""The urgent notice above every page: one at a time, for a while."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from app import clock
from app.content.models import Notice
from app.database import db, hold
from app.edition import raise_edition
from app.errors import Refused
from app.history import services as history
from app.history.changes import Change
from app.web.words import local_moment

NEVER = "when somebody takes it down"


class Replaced(Refused):
    """Somebody else has changed the notice since the page was opened."""

    def __init__(self, seen: str, differing: Sequence[Change]) -> None:
        super().__init__("Somebody else changed the notice after you opened the page")
        self.seen = seen
        self.differing = tuple(differing)


def present() -> Notice | None:
    """Find the notice that stands or waits; of several the one that was written last."""
    return next(iter(_not_over()), None)


def seen(notice: Notice | None) -> str:
    """Give what a form says of the notice that its reader saw."""
    return str(notice.id) if notice else "none"


@dataclass(frozen=True)
class Wanted:
    """What a notice is to say, and when."""

    words: str
    appears_at: datetime | None  # None: at once
    ends_at: datetime | None  # None: when somebody takes it down


def put_up(wanted: Wanted, *, saw: str, who: str) -> None:
    """Put a notice up in place of any other, from its own beginning on."""
    hold(Notice)
    before = present()
    words, ends_at = wanted.words, wanted.ends_at
    begins = wanted.appears_at or clock.now()
    if saw != seen(before):
        raise Replaced(seen(before), [Change("words", "", "", "Notice", _said(before), words)])
    if ends_at is not None and ends_at <= begins:
        raise Refused("The notice must end after it appears")
    for other in _not_over():
        _make_way(other, begins)
    now = clock.now()
    db.session.add(Notice(words=words, appears_at=begins, ends_at=ends_at, who=who, written_at=now))
    raise_edition()
    ends = local_moment(ends_at) if ends_at else NEVER
    history.record(
        f"An urgent notice was written, from {local_moment(begins)} until {ends}: “{words}”",
        about="notice",
        who=who,
    )


def take_down(who: str) -> None:
    """Let no notice stand or wait any more."""
    hold(Notice)
    for notice in _not_over():
        _make_way(notice, clock.now())
        history.record(
            f"The urgent notice was taken down: “{notice.words}”", about="notice", who=who
        )
    raise_edition()


def _make_way(notice: Notice, moment: datetime) -> None:
    """End a notice at a moment; one that would only begin then is gone."""
    if notice.appears_at >= moment and notice.appears_at > clock.now():
        db.session.delete(notice)
    elif notice.ends_at is None or notice.ends_at > moment:
        notice.ends_at = max(moment, notice.appears_at)


def _not_over() -> Sequence[Notice]:
    return db.session.scalars(
        select(Notice)
        .where(or_(Notice.ends_at.is_(None), Notice.ends_at > clock.now()))
        .order_by(Notice.id.desc())
    ).all()


def _said(notice: Notice | None) -> str:
    return notice.words if notice else ""

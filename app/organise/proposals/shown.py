"""A change by a speaker for a page: what stands and what is asked for, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.content import comparing
from app.content.comparing import Line
from app.programme.editing.of_speakers import PHOTO
from app.programme.models import Session
from app.programme.proposals.models import Proposal
from app.programme.proposals.queries import Field, Look


@dataclass(frozen=True)
class Row:
    """One field: the two versions in pieces, and the third where somebody else has been there."""

    label: str
    old: Sequence[Line]
    new: Sequence[Line]
    began: str = ""  # what it began with, where that is no longer so
    is_overtaken: bool = False
    photos: tuple[Any, Any] | None = None  # keys, before and after


def rows(look: Look) -> list[Row]:
    """Give every field of a proposal that waits; of one that is decided, as it was sent."""
    return [_row(one, is_open=look.is_open) for one in look.fields]


def amended(proposal: Proposal) -> list[Row]:
    """Give what became of it where that is something else."""
    pairs = [(one.label, comparing.pieces(one.old, one.new)) for one in proposal.amended]
    return [Row(label, old, new) for label, (old, new) in pairs]


def address(proposal: Proposal) -> tuple[str, str]:
    """Tell where the back office keeps what it is about: the endpoint and the slug."""
    part = "sessions" if isinstance(proposal.thing, Session) else "speakers"
    return f"organise.{part}.shown", proposal.thing.slug


def _row(field: Field, *, is_open: bool) -> Row:
    change = field.asked
    is_overtaken = is_open and field.is_overtaken
    old, new = comparing.pieces(field.now_said if is_open else change.old, change.new)
    before = field.now if is_open else change.before
    return Row(
        label=change.label,
        old=old,
        new=new,
        began=change.old if is_overtaken else "",
        is_overtaken=is_overtaken,
        photos=(before, change.after) if change.field == PHOTO else None,
    )

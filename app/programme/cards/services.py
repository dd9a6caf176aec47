"""Deeds on cards: the worker has those drawn that are lacking, and forgets those of the past.

They are drawn by a program of its own (``pen``), a few at a time and while nothing in the
database is held. Readers are shown them once all are there; until then a session is shared with the
general picture. Two workers at once draw some twice, and keep each once.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from app import clock, edition
from app.database import db, transaction
from app.edition import raise_edition
from app.log import log
from app.programme import releases
from app.programme.cards import queries, shown
from app.programme.cards.models import Card
from app.programme.cards.shown import Shown

PEN: Final = Path(__file__).with_name("pen.py")
AT_ONCE: Final = 10  # cards, in one turn
LONGEST: Final = 60  # seconds that drawing them may take
KEPT: Final = timedelta(days=30)  # after they were drawn, for those who shared what has changed


@dataclass
class Lacking:
    """The cards that a worker still has before it in this edition."""

    cards: dict[str, Shown]
    has_drawn: bool = False


def draw_what_is_lacking() -> None:
    """Draw a few of the cards that the sessions of the current release lack."""
    lacking = edition.kept_for_all("cards lacking", _lacking)
    if not lacking.cards:
        return
    turn = [lacking.cards.popitem() for _ in range(min(AT_ONCE, len(lacking.cards)))]
    there = queries.keys()
    left = [(key, card) for key, card in turn if key not in there]
    pictures = _drawn([card for _, card in left])
    made = [(key, body) for (key, _), body in zip(left, pictures, strict=False)]
    lacking.has_drawn = lacking.has_drawn or bool(made)
    try:
        with transaction():
            for key, body in made:
                db.session.add(Card(key=key, picture=body, made_at=clock.real_now()))
            if lacking.has_drawn and not lacking.cards:
                raise_edition()  # readers are told of all of them at once
    except IntegrityError:  # another worker was faster with one of them
        lacking.cards.update(turn)


def forget_unseen() -> None:
    """Forget the cards that nothing leads to any more."""
    old = delete(Card).where(Card.made_at < clock.real_now() - KEPT, Card.key.not_in(_wanted()))
    db.session.execute(old)


def _lacking() -> Lacking:
    """List what is to be drawn; each worker begins elsewhere, so that they share the work."""
    there = queries.keys()
    lacking = [(key, card) for key, card in _wanted().items() if key not in there]
    first = os.getpid() % len(lacking) if lacking else 0
    return Lacking(dict(lacking[first:] + lacking[:first]))


def _wanted() -> dict[str, Shown]:
    programme = releases.current()
    cards = (shown.of(one, programme.conference) for one in programme.sessions if one.is_told)
    return {shown.key(card): card for card in cards}


def _drawn(cards: Sequence[Shown]) -> list[bytes]:
    """Have cards drawn; none where that fails, which is tried again after the next release."""
    if not cards:
        return []
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-I", str(PEN)],
            input=json.dumps(cards).encode(),
            capture_output=True,
            check=True,
            timeout=LONGEST,
        )
    except (OSError, subprocess.SubprocessError) as fault:
        log.error("cards cannot be drawn", kind=type(fault).__name__)
        return []
    return list(_read(done.stdout))


def _read(written: bytes) -> Iterator[bytes]:
    """Read what the pen wrote."""
    while written:
        length, _, rest = written.partition(b"\n")
        yield rest[: int(length)]
        written = rest[int(length) :]

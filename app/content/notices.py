"""The urgent notice above every page: one at a time, for a while, and every one is kept."""

from pathlib import Path

from app import clock
from app.content import queries, services
from app.content.models import Writing
from app.content.versions import NOTICE_KEY, Version, Wording, Writings
from app.database import hold
from app.errors import Refused


def present(writings: Writings) -> Version | None:
    """Find the notice that stands or waits; of several the one that was written last."""
    newest = writings.newest(NOTICE_KEY)
    if newest is None or newest.is_removed or newest.is_over(clock.now()):
        return None
    return newest


def put_up(folder: Path, wording: Wording, *, seen: int, who: str) -> None:
    """Put a notice up in place of any other, from its own beginning on."""
    hold(Writing)
    begins = wording.appears_at or clock.now()
    if wording.ends_at is not None and wording.ends_at <= begins:
        raise Refused("The notice must end after it appears")
    if queries.written(folder).newest(NOTICE_KEY) is None:
        services.begin(NOTICE_KEY, wording, who=who)
    else:
        services.save(folder, NOTICE_KEY, wording, seen=seen, who=who)


def take_down(folder: Path, *, seen: int, who: str) -> None:
    """Let the notice that somebody saw stand or wait no more; Stale if another stands there."""
    hold(Writing)
    if present(queries.written(folder)) is not None:
        services.remove(folder, NOTICE_KEY, seen=seen, who=who)

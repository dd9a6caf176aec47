"""Publish what somebody has looked at, and go back to what was public before.

Only what was seen is done: a page hands over the seal of what it showed, and what has changed
since is shown again first. Clashes stop a release unless somebody says why they may stand; that
is kept with the release.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import update

from app import clock
from app.database import db, hold
from app.edition import raise_edition
from app.errors import Refused
from app.history import services as history
from app.programme import document, revisions
from app.programme import services as programme
from app.programme.clashes import Clash
from app.programme.finding import services as finding
from app.programme.following import services as following
from app.programme.models import CANCELLED, FAILED, Conference, PlannedRelease, Release
from app.programme.publishing import queries
from app.programme.publishing.queries import Outlook


class Clashing(Refused):
    """There are clashes, and nobody has said why they may stand."""

    def __init__(self) -> None:
        super().__init__("Say why the clashes may stand, or solve them first")


class Changed(Refused):
    """What would be done is no longer what was seen."""

    def __init__(self) -> None:
        super().__init__(
            "Something has changed since you opened the page, so nothing has been published. "
            "Look at what would change now"
        )


@dataclass(frozen=True)
class Published:
    """The release that readers see now, and whether it was made just now."""

    release: Release
    is_new: bool


def publish(note: str, *, overrule: str, seal: str, who: str) -> Published:
    """Publish what was seen; where that is public already, no release is made."""
    hold(Conference)
    look = queries.outlook()
    if look.current and not look.comparison:
        return Published(queries.release(look.current), is_new=False)
    if look.seal != seal:
        raise Changed
    if look.clashes and not overrule:
        raise Clashing
    return Published(release(look, note, overrule=overrule, who=who), is_new=True)


def release(look: Outlook, note: str, *, overrule: str, who: str) -> Release:
    """Make a release of what was looked at, in spite of its clashes."""
    overruled = "\n".join([overrule, *lines(look.clashes)]) if look.clashes else ""
    made = programme.publish(note, who=who, overruled=overruled, frozen=look.working)
    db.session.execute(
        update(PlannedRelease).where(PlannedRelease.state == FAILED).values(state=CANCELLED)
    )
    return made


def roll_back(number: int, note: str, *, seen: int, who: str) -> Release:
    """Let readers see another release again; ``seen`` is the one that they saw until now."""
    hold(Conference)
    conference = queries.conference()
    if conference.current_release != seen:
        raise Refused(
            f"Readers see release {conference.current_release} by now, so nothing has been done. "
            "Look again at what would change"
        )
    if number == seen:
        raise Refused(f"Readers see release {number} already")
    back = queries.release(number)
    before, after = queries.public(), queries.as_shown_again(number)
    revisions.tell(before, after)
    conference.in_effect = document.written_facts(after.conference)
    conference.current_release = number
    following.begin(number, after, (seen, before), clock.now())
    finding.write(number, after)
    raise_edition()
    history.record(
        f"Release {number} was made public again in place of release {seen}"
        + (f": {note}" if note else ""),
        about=f"release {number}",
        who=who,
    )
    return back


def lines(clashes: Sequence[Clash]) -> list[str]:
    """Tell clashes, a line each."""
    return [queries.told(clash) for clash in clashes]

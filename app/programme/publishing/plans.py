"""Releases that are planned for a moment by the site's clock, and made by whoever looks then.

A plan and its release are one deed: done together or not at all, and once, however many
processes look. A plan fails where clashes have come since that nobody has accepted.
"""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app import clock, edition
from app.database import db, hold
from app.errors import Refused
from app.history import services as history
from app.programme.clashes import Clash
from app.programme.models import (
    CANCELLED,
    DONE,
    FAILED,
    WAITING,
    Conference,
    PlannedRelease,
)
from app.programme.publishing import queries, services
from app.programme.publishing.queries import Outlook
from app.web.words import on_the_clock

ABOUT = "planned release"
MOST_NAMED = 5  # clashes


def plan(publish_at: datetime, note: str, *, overrule: str, who: str) -> PlannedRelease:
    """Say that the working programme is to be published at a moment, as it will be then."""
    planned = PlannedRelease(planned_at=clock.now())
    look = _settle(planned, publish_at, note, overrule, who)
    db.session.add(planned)
    _record(f"A release was planned for {_said(publish_at, look)}", planned, who)
    return planned


def change(number: int, publish_at: datetime, note: str, *, overrule: str, who: str) -> None:
    """Give a planned release, or one that failed, another moment or note."""
    planned = _held(number)
    before = planned.publish_at
    look = _settle(planned, publish_at, note, overrule, who)
    _record(
        f"The release planned for {_said(before, look)} was planned for {_said(publish_at, look)}",
        planned,
        who,
    )


def cancel(number: int, *, who: str) -> None:
    """Publish nothing at the moment that was planned."""
    planned = _held(number)
    planned.state = CANCELLED
    zone = ZoneInfo(queries.conference().time_zone)
    said = _moment(planned.publish_at, zone)
    history.record(f"The release planned for {said} was called off", about=ABOUT, who=who)


def publish_what_is_due() -> None:
    """Publish as planned, once, whoever else looks."""
    if not edition.agrees_on_time() or not queries.is_anything_due():
        return
    hold(Conference)
    due = select(PlannedRelease).where(queries.is_due()).order_by(PlannedRelease.publish_at)
    for planned in db.session.scalars(due.with_for_update()).all():
        _carry_out(planned)


def _carry_out(planned: PlannedRelease) -> None:
    """Make the release, or say why it cannot be."""
    look = queries.outlook()
    accepted = set(planned.accepted.splitlines())
    new = [clash for clash in look.clashes if queries.told(clash) not in accepted]
    if new:
        planned.state, planned.outcome = FAILED, _why(new)
        history.record(
            f"The release planned for {_said(planned.publish_at, look)} was not made, "
            "because of new clashes",
            about=ABOUT,
        )
        return
    release = services.release(look, planned.note, overrule=planned.overrules, who=planned.who)
    planned.state, planned.release_number = DONE, release.number


def _settle(
    planned: PlannedRelease, publish_at: datetime, note: str, overrule: str, who: str
) -> Outlook:
    """Bring a plan to what somebody asks for, if it can be so."""
    if publish_at <= clock.now():
        raise Refused("Choose a moment that is still to come")
    look = queries.outlook()
    if look.clashes and not overrule:
        raise services.Clashing
    planned.publish_at, planned.note, planned.who = publish_at, note, who
    planned.state, planned.outcome = WAITING, ""
    planned.overrules = overrule if look.clashes else ""
    planned.accepted = "\n".join(services.lines(look.clashes))
    return look


def _held(number: int) -> PlannedRelease:
    """Find a plan that can still be changed, and let nobody else change it meanwhile."""
    planned = queries.plan(number)
    db.session.refresh(planned, with_for_update=True)
    if planned.state not in {WAITING, FAILED}:
        raise Refused("This release has been made or called off already")
    return planned


def _record(sentence: str, planned: PlannedRelease, who: str) -> None:
    accepted = len(planned.accepted.splitlines())
    clashes = "1 clash" if accepted == 1 else f"{accepted} clashes"
    why = f", in spite of {clashes}: {planned.overrules}" if accepted else ""
    history.record(sentence + why, about=ABOUT, who=who)


def _why(new: Sequence[Clash]) -> str:
    """Say which clashes have come, for people."""
    named = "\n".join(services.lines(new[:MOST_NAMED]))
    more = len(new) - MOST_NAMED
    return f"{named}\n… and {more} more" if more > 0 else named


def _said(moment: datetime, look: Outlook) -> str:
    return _moment(moment, ZoneInfo(look.conference.time_zone))


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    """Tell a moment by the conference's clocks, in English, as the history is."""
    local = moment.astimezone(zone)
    return f"{on_the_clock(local)} on {local:%A} {local.day} {local:%B %Y}"

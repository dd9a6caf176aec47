"""What speakers are trusted with: changed at once, and shown to readers within minutes.

The release that shows it is made of what readers see already. Only the trusted fields of these
speakers differ in it, so that nothing else that waits to be published comes along. Whatever was
changed within a few minutes goes out together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final, cast

from sqlalchemy import select

from app import clock, edition
from app.database import db, hold, reading
from app.history import changes
from app.history import services as history
from app.history.changes import Change
from app.programme import document, freezing
from app.programme import services as programme
from app.programme.editing import edits
from app.programme.editing.of_speakers import KIND
from app.programme.models import Conference, Release, Speaker
from app.programme.proposals.models import TRUSTED, Proposal
from app.programme.publishing import queries as publishing

TOGETHER: Final = timedelta(minutes=2)  # from the first change to the release that shows it
MOST_NAMED = 5


def change_at_once(speaker: Speaker, made: Sequence[Change], *, who: str) -> None:
    """Change what a speaker is trusted with, and let it go out soon."""
    says = edits.sentence(KIND, speaker, made)
    edits.make(KIND, speaker, made)
    history.record(says, about=KIND.about(speaker), who=who, made=made)
    now = clock.now()
    db.session.add(
        Proposal(
            speaker_id=speaker.id,
            state=TRUSTED,
            changes=changes.written(made),
            who=who,
            sent_at=now,
            decided_at=now,
            decided_by=history.THE_SITE,
            goes_out_at=now + TOGETHER,
        )
    )


def publish_what_is_due() -> None:
    """Show readers what speakers have changed, once, whoever else looks."""
    if not edition.agrees_on_time() or not _is_anything_due():
        return
    hold(Conference)
    waiting = db.session.scalars(
        select(Proposal).where(Proposal.goes_out_at.is_not(None)).order_by(Proposal.id)
    ).all()
    shown = db.session.get(Release, publishing.conference().current_release or 0)
    if shown is not None:
        _show(waiting, shown)
    for proposal in waiting:
        proposal.goes_out_at = None


def _is_anything_due() -> bool:
    with reading(db.engine) as connection:
        due = select(Proposal.id).where(Proposal.goes_out_at <= clock.now()).limit(1)
        return connection.execute(due).first() is not None


def _show(waiting: Sequence[Proposal], shown: Release) -> None:
    """Make a release in which nothing but these changes differs from what readers see."""
    public = publishing.public()
    told = _still_so(waiting)
    speakers = tuple(
        _with(one, *told[one.slug]) if one.slug in told else one for one in public.speakers
    )
    pairs = zip(public.speakers, speakers, strict=True)
    names = [one.name for old, one in pairs if old != one]
    if names:
        release = programme.publish(_note(names), frozen=replace(public, speakers=speakers))
        release.frozen_at = shown.frozen_at or shown.published_at


def _still_so(waiting: Sequence[Proposal]) -> Mapping[str, tuple[Speaker, set[str]]]:
    """Tell by the speakers' addresses what still stands as they have written it.

    What an organiser has changed since waits like everything else until it is published.
    """
    told: dict[str, tuple[Speaker, set[str]]] = {}
    for proposal in waiting:
        for change in proposal.asked:
            speaker = cast(Speaker, proposal.speaker)
            if KIND.value(speaker, change.field) == change.after:
                told.setdefault(speaker.slug, (speaker, set()))[1].add(change.field)
    return told


def _with(public: document.Speaker, row: Speaker, named: set[str]) -> document.Speaker:
    """Give a speaker as readers see them, with some fields as they are now."""
    now = freezing.speaker(row)
    besides = {"summary"} if "biography" in named else set()
    return replace(public, **{name: getattr(now, name) for name in named | besides})


def _note(names: Sequence[str]) -> str:
    named = ", ".join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return f"Speakers changed their own pages: {named}{f' and {more} more' if more > 0 else ''}"

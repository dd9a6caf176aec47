"""The changes for speakers and their assistants only: details, profiles, and removal."""

from collections.abc import Iterator
from datetime import datetime

from app.mailings.notice_changes import (
    DETAILS,
    PROFILE,
    REMOVED,
    NoticeChange,
    is_ahead,
    sort_key,
)
from app.programme.snapshot import Session, Snapshot, Speaker
from app.releases import diff_text
from app.releases.comparison import SCHEDULE_FIELDS, TITLE_FIELDS, Comparison, Modified
from app.web import languages

NOT_DETAILS = SCHEDULE_FIELDS | TITLE_FIELDS  # which followers are notified of as well
PARTS = "parts"


def list_details(comparison: Comparison, new: Snapshot, now: datetime) -> tuple[NoticeChange, ...]:
    """List the further changes for speakers, until the conference is over."""
    if now.astimezone(comparison.zone).date() > new.conference.ends_on:
        return ()
    with languages.use_language(languages.SOURCE_LANGUAGE):  # the language of emails to speakers
        sessions = (
            change
            for modification in comparison.sessions.modified
            for change in _of_session(modification)
        )
        return (
            *sorted((session for session in sessions if is_ahead(session, now)), key=sort_key),
            *(change for one in comparison.speakers.modified for change in _of_profile(one)),
            *map(_build_removal, comparison.speakers.withdrawn),
        )


def _of_session(one: Modified[Session]) -> Iterator[NoticeChange]:
    """Yield the changed details of a session that takes place, and took place before."""
    if one.old.is_cancelled or one.new.is_cancelled or not (one.old.parts or one.new.parts):
        return
    for field in one.fields:
        if field.name in NOT_DETAILS or (field.name == PARTS and _has_other_speakers(one)):
            continue
        (row,) = diff_text.build_rows(Modified(one.old, one.new, (field,)))
        yield NoticeChange(
            DETAILS,
            one.new.key,
            one.old,
            one.new,
            old_text=row.old,
            new_text=row.new,
            field=field.name,
        )


def _has_other_speakers(one: Modified[Session]) -> bool:
    """Return True if speakers changed, which followers are notified of as well."""
    before, after = ({part.slug for part in session.parts} for session in (one.old, one.new))
    return before != after


def _of_profile(one: Modified[Speaker]) -> Iterator[NoticeChange]:
    for field in one.fields:
        (row,) = diff_text.build_rows(Modified(one.old, one.new, (field,)))
        yield NoticeChange(
            PROFILE,
            _get_key(one.new),
            old_text=row.old,
            new_text=row.new,
            field=field.name,
            speaker=one.new.slug,
            name=one.new.name,
        )


def _build_removal(speaker: Speaker) -> NoticeChange:
    return NoticeChange(REMOVED, _get_key(speaker), speaker=speaker.slug, name=speaker.name)


def _get_key(speaker: Speaker) -> str:
    return speaker.key or speaker.slug

"""Changes in words, for the page of a notice and for emails."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from flask_babel import gettext

from app.mailings.notice_changes import (
    ADDED,
    CANCELLED,
    MOVED,
    REINSTATED,
    REMOVED,
    RENAMED,
    ROOM,
    SPEAKERS,
    START,
    VENUE,
    WITHDRAWN,
    NoticeChange,
)
from app.programme.snapshot import Session
from app.releases.diff_text import describe_time_and_room
from app.web.formatting import local_date, local_time

ENDINGS: Final = frozenset({CANCELLED, WITHDRAWN})
MIN_UNDERLINE: Final = 3


@dataclass(frozen=True)
class ChangeText:
    """A change in words; ``lines`` have labels, since a change may have only one value."""

    heading: str
    label: str
    lines: tuple[tuple[str, str], ...]  # label and value: (Before, Boat house)


def describe(change: NoticeChange) -> ChangeText:
    """Describe a change in the current language and the conference's time zone."""
    return ChangeText(_heading(change), change.label, tuple(_iter_lines(change)))


def _heading(change: NoticeChange) -> str:
    if change.kind == START:
        return local_date(date.fromisoformat(change.key))
    if change.speaker:
        return str(gettext("Profile of %(name)s", name=change.name))
    return change.session.title if change.session else str(gettext("Venue"))


def _iter_lines(change: NoticeChange) -> Iterator[tuple[str, str]]:
    if change.kind == SPEAKERS:
        yield from _pair(
            gettext("No longer speaking"), change.old_text, gettext("Now speaking"), change.new_text
        )
    elif change.field:
        missing = gettext("Not given")
        yield gettext("Before"), change.old_text or missing
        yield gettext("Now"), change.new_text or missing
    elif change.kind == REMOVED:
        yield gettext("Speaker"), change.name
    elif change.kind in ENDINGS and change.old:
        yield gettext("It was planned for"), describe_time_and_room(change.old)
    else:
        before, now = _old_and_new(change)
        yield from _pair(gettext("Before"), before, gettext("Now"), now)


def _pair(old_label: str, old: str, new_label: str, new: str) -> Iterator[tuple[str, str]]:
    if old:
        yield old_label, old
    if new:
        yield new_label, new


def _old_and_new(change: NoticeChange) -> tuple[str, str]:
    if change.kind == VENUE:
        return change.old_text, change.new_text
    show = _FACT_OF[change.kind]
    is_new_only = change.kind in {ADDED, REINSTATED}
    old = "" if is_new_only or change.old is None else show(change.old)
    return old, show(change.new) if change.new else ""


def _show_start(session: Session) -> str:
    return local_time(session.starts_at) if session.starts_at else ""


def _show_room(session: Session) -> str:
    return session.room.name if session.room else str(gettext("No room yet"))


def _show_title(session: Session) -> str:
    return session.title


_FACT_OF: Final = {
    START: _show_start,
    ADDED: describe_time_and_room,
    MOVED: describe_time_and_room,
    ROOM: _show_room,
    REINSTATED: describe_time_and_room,
    RENAMED: _show_title,
}


def render_block(changes: Sequence[NoticeChange]) -> str:
    """Return all changes of a person in the layout of ``app.mail.html_body``."""
    parts: dict[str, list[str]] = {}
    for change in changes:
        text = describe(change)
        heading = f"{text.heading}\n{'-' * max(MIN_UNDERLINE, len(text.heading))}"
        parts.setdefault(change.key, [heading]).append(_render_change(text))
    return "\n\n".join("\n\n".join(some) for some in parts.values())


def _render_change(text: ChangeText) -> str:
    """Return a small table, or two lines if there is only one value."""
    lines = "\n".join(f"{label}: {value}" for label, value in text.lines)
    return f"{text.label}:\n\n{lines}" if len(text.lines) > 1 else f"{text.label}\n{lines}"

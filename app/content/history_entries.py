"""History entries about pages, news items, links and the urgent notice."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from babel import Locale

from app import clock
from app.content.models import LINK, NEWS, NOTICE, PAGE, Link
from app.content.versions import FALLBACK_LANGUAGE, ContentDraft, ContentKey, Version
from app.database import db
from app.errors import NotFound
from app.history import services as history
from app.history.models import Change
from app.text import parse_number
from app.web import formatting

ADDED: Final = "was added"
CHANGED: Final = "was changed"
REMOVED: Final = "was deleted"
LABELS: Final = {  # labels of title, summary and body
    PAGE: ("Title", "Summary", "Text"),
    NEWS: ("Title", "Summary", "Text"),
    LINK: ("Link text", "", "Web address"),
    NOTICE: ("Notice", "", ""),
}
KIND_NAMES: Final = {PAGE: "page", NEWS: "news item"}
NOTICE_PHRASES: Final = {ADDED: "was written", CHANGED: "was written", REMOVED: "was removed"}
LINK_PHRASES: Final = {
    ADDED: "was added to the page /%s",
    CHANGED: "on the page /%s was changed",
    REMOVED: "was deleted from the page /%s",
}
NO_END: Final = "someone removes it"


def record_change(key: ContentKey, event: str, draft: ContentDraft, actor: str) -> None:
    """Record a change of a text in the history."""
    history.record(_describe(key, event, draft), subject=history_subject(key), actor=actor)


def history_subject(key: ContentKey) -> str:
    """Return the subject of a text's history entries; a link belongs to its page."""
    if key.kind == LINK:
        return f"{PAGE} {get_link_page(key)}"
    return NOTICE if key.kind == NOTICE else f"{key.kind} {key.slug}"


def get_link_page(key: ContentKey) -> str:
    """Return the slug of the page that has this link; raise NotFound if there is none."""
    number = parse_number(key.slug)
    link = None if number is None else db.session.get(Link, number)
    if link is None:
        raise NotFound("There is no such link")
    return link.page


def diff_fields(newest: Version | None, body: str, draft: ContentDraft) -> Sequence[Change]:
    """Return the fields of a draft that differ from the newest version."""
    if newest is None:
        return ()
    title, summary, text = LABELS[newest.kind]
    pairs = (
        ("title", title, "" if newest.is_removed else newest.title, draft.title),
        ("summary", summary, newest.summary, draft.summary),
        ("body", text, normalise_newlines(body), normalise_newlines(draft.body)),
        ("ends", "Ends", _format_moment(newest.ends_at), _format_moment(draft.ends_at)),
    )
    return [
        Change(name, old, new, label, old, new) for name, label, old, new in pairs if old != new
    ]


def normalise_newlines(body: str) -> str:
    """Return a text with LF line endings and without blank lines at both ends."""
    return body.replace("\r\n", "\n").strip()


def _describe(key: ContentKey, event: str, draft: ContentDraft) -> str:
    if key.kind == NOTICE:
        event = f"{NOTICE_PHRASES.get(event, event)}{_describe_period(event, draft)}"
        return f"The urgent notice {event}: “{draft.title}”"
    appears = f", to appear at {_format_moment(draft.appears_at)}" if draft.appears_at else ""
    if key.kind == LINK:
        event = LINK_PHRASES.get(event, f"on the page /%s {event}") % get_link_page(key)
        return f"The link “{draft.title}” {event}{appears}: {draft.body}"
    return f"{_describe_text(key, draft.title)} {event}{appears}"


def _describe_period(event: str, draft: ContentDraft) -> str:
    """Describe from when until when a notice is shown."""
    if event == REMOVED:
        return ""
    begins = _format_moment(draft.appears_at or clock.now())
    return f", from {begins} until {_format_moment(draft.ends_at) or NO_END}"


def _format_moment(moment: datetime | None) -> str:
    return formatting.local_moment(moment) if moment else ""


def _describe_text(key: ContentKey, title: str) -> str:
    name = f"The {KIND_NAMES[key.kind]} “{title}”"
    if key.language == FALLBACK_LANGUAGE:
        return name
    return f"{name} in {Locale.parse(key.language, sep='-').get_display_name('en')}"

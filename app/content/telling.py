"""How it is told what happened to a page, a news item, a link or the urgent notice."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from babel import Locale

from app import clock
from app.content.models import LINK, NEWS, NOTICE, PAGE, Link
from app.content.versions import FALLBACK, Key, Version, Wording
from app.database import db
from app.errors import NotFound
from app.history import services as history
from app.history.changes import Change
from app.web import words

ADDED: Final = "was added"
CHANGED: Final = "was changed"
REMOVED: Final = "was taken away"
LABELS: Final = {  # of title, summary and text
    PAGE: ("Title", "Summary", "Text"),
    NEWS: ("Title", "Summary", "Text"),
    LINK: ("Words", "", "Address"),
    NOTICE: ("Notice", "", ""),
}
CALLED: Final = {PAGE: "page", NEWS: "news item"}
OF_THE_NOTICE: Final = {ADDED: "was written", CHANGED: "was written", REMOVED: "was taken down"}
OF_A_LINK: Final = {
    ADDED: "was added to the page /%s",
    CHANGED: "on the page /%s was changed",
    REMOVED: "was taken off the page /%s",
}
NEVER: Final = "when somebody takes it down"


def tell(key: Key, what: str, wording: Wording, who: str) -> None:
    """Write into the history what happened to a text."""
    history.record(_sentence(key, what, wording), about=about(key), who=who)


def about(key: Key) -> str:
    """Give the name under which the history keeps a text; a link belongs to its page."""
    if key.kind == LINK:
        return f"{PAGE} {page_of(key)}"
    return NOTICE if key.kind == NOTICE else f"{key.kind} {key.slug}"


def page_of(key: Key) -> str:
    """Tell on which page a link stands."""
    found = db.session.get(Link, int(key.slug)) if key.slug.isdecimal() else None
    if found is None:
        raise NotFound("There is no such link")
    return found.page


def differing(newest: Version | None, body: str, wording: Wording) -> Sequence[Change]:
    """Tell which of these words are not what the newest version has."""
    if newest is None:
        return ()
    title, summary, text = LABELS[newest.kind]
    pairs = (
        ("title", title, "" if newest.is_removed else newest.title, wording.title),
        ("summary", summary, newest.summary, wording.summary),
        ("body", text, as_lines(body), as_lines(wording.body)),
        ("ends", "Ends", _moment(newest.ends_at), _moment(wording.ends_at)),
    )
    return [
        Change(name, old, new, label, old, new) for name, label, old, new in pairs if old != new
    ]


def as_lines(body: str) -> str:
    """Give a text in one form, however its lines end."""
    return body.replace("\r\n", "\n").strip()


def _sentence(key: Key, what: str, wording: Wording) -> str:
    if key.kind == NOTICE:
        what = f"{OF_THE_NOTICE.get(what, what)}{_while(what, wording)}"
        return f"The urgent notice {what}: “{wording.title}”"
    appears = f", to appear at {_moment(wording.appears_at)}" if wording.appears_at else ""
    if key.kind == LINK:
        what = OF_A_LINK.get(what, f"on the page /%s {what}") % page_of(key)
        return f"The link “{wording.title}” {what}{appears}: {wording.body}"
    return f"{_name(key, wording.title)} {what}{appears}"


def _while(what: str, wording: Wording) -> str:
    """Say from when until when a notice stands."""
    if what == REMOVED:
        return ""
    begins = _moment(wording.appears_at or clock.now())
    return f", from {begins} until {_moment(wording.ends_at) or NEVER}"


def _moment(moment: datetime | None) -> str:
    return words.local_moment(moment) if moment else ""


def _name(key: Key, title: str) -> str:
    name = f"The {CALLED[key.kind]} “{title}”"
    if key.language == FALLBACK:
        return name
    return f"{name} in {Locale.parse(key.language, sep='-').get_display_name('en')}"

"""Messages of the schedule board: the time and room of a session, and its clashes."""

from collections.abc import Sequence

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from app.programme.clashes import Clash
from app.programme.labels import clash_reason
from app.programme.models import Session
from app.web.formatting import local_date, local_time

ZOOM_NAMES = (("small", _l("Whole day")), ("medium", _l("Medium")), ("large", _l("Large")))


def saved_message(session: Session) -> str:
    """Return the message after a move was saved."""
    return str(
        gettext("Saved: %(title)s, %(place)s.", title=session.title, place=describe_slot(session))
    )


def conflict_message(session: Session) -> str:
    """Return the message if another user has changed the session meanwhile."""
    words = gettext("Not saved. Someone else has changed %(title)s.", title=session.title)
    return f"{words} {describe_current_slot(session)}"


def not_saved_message(reason: str) -> str:
    """Return the message if a move failed."""
    return str(gettext("Not saved. %(reason)s.", reason=reason))


def describe_current_slot(session: Session) -> str:
    """Return the session's day, time and room."""
    if session.starts_at is None:
        return str(gettext("No time yet."))
    day = local_date(session.starts_at)
    return str(gettext("Currently %(place)s, %(day)s.", day=day, place=describe_slot(session)))


def describe_slot(session: Session) -> str:
    """Return the session's room and time: Great hall, 9:30am to 10:30am."""
    room_name = session.room.name if session.room else gettext("no room")
    if session.starts_at is None:
        return str(gettext("without a time"))
    if session.ends_at is None:
        return str(
            gettext("%(room)s, from %(start)s", room=room_name, start=local_time(session.starts_at))
        )
    return str(
        gettext(
            "%(room)s, %(start)s to %(end)s",
            room=room_name,
            start=local_time(session.starts_at),
            end=local_time(session.ends_at),
        )
    )


def describe_clashes(found: Sequence[Clash]) -> str:
    """Return the number of clashes and the reason of each."""
    if not found:
        return str(gettext("No clashes."))
    reasons = ". ".join(map(clash_reason, found))
    return str(
        ngettext(
            "%(num)s clash: %(reasons)s.",
            "%(num)s clashes: %(reasons)s.",
            len(found),
            reasons=reasons,
        )
    )


def script_messages() -> dict[str, str]:
    """Return the messages of the board's script, with its placeholders in braces."""
    return {
        "place": gettext("{room}, {start} to {end}"),
        "moving": gettext(
            "Moving {title}: {place}. Use the arrow keys to move it, and plus or minus to "
            "change its length. Press Enter to save or Escape to cancel."
        ),
        "here": gettext("{place}."),
        "found": gettext("{count} of {all} shown."),
        "off": gettext("Without a time. Press Enter to save or Escape to cancel."),
        "gaveUp": gettext("{title} was not moved: {place}."),
        "saving": gettext("{title}: {place}. Saving."),
        "waiting": gettext("without a time"),
        "edge": gettext(
            "This is the end of the board. Open the session to move it earlier or later."
        ),
        "back": gettext(
            "Not saved. The site did not respond. {title} is back where it was: {place}."
        ),
        "signIn": gettext(
            "Not saved. You have been signed out. Reload this page to sign in again."
        ),
        "nothingUndone": gettext("There is nothing to undo."),
        "nothingRedone": gettext("There is nothing to redo."),
        "undone": gettext("Undone."),
        "redone": gettext("Redone."),
        "midday": gettext("midday"),
        "midnight": gettext("midnight"),
    }

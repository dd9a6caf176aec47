"""What the board says when something is moved: where it is, and what it clashes with."""

from collections.abc import Sequence

from flask_babel import gettext, ngettext

from app.programme.clashes import Clash
from app.programme.models import Session
from app.programme.shown import clash_reason
from app.web.words import local_date, local_time


def saved(session: Session) -> str:
    """Say that a move has been saved."""
    return str(gettext("Saved: %(title)s, %(place)s.", title=session.title, place=place(session)))


def gone_elsewhere(session: Session) -> str:
    """Say that somebody else was faster."""
    words = gettext("Not saved: somebody else has changed %(title)s.", title=session.title)
    return f"{words} {where_it_is(session)}"


def not_saved(reason: str) -> str:
    """Say why a move could not be."""
    return str(gettext("Not saved: %(reason)s.", reason=reason))


def where_it_is(session: Session) -> str:
    """Say when and where a session is, with its day."""
    if session.starts_at is None:
        return str(gettext("It has no time yet."))
    day = local_date(session.starts_at)
    return str(gettext("It is now on %(day)s: %(place)s.", day=day, place=place(session)))


def place(session: Session) -> str:
    """Say where a session is: Great hall, 9:30am to 10:30am."""
    where = session.room.name if session.room else gettext("no room")
    if session.starts_at is None:
        return str(gettext("without a time"))
    if session.ends_at is None:
        return str(
            gettext("%(room)s, from %(start)s", room=where, start=local_time(session.starts_at))
        )
    return str(
        gettext(
            "%(room)s, %(start)s to %(end)s",
            room=where,
            start=local_time(session.starts_at),
            end=local_time(session.ends_at),
        )
    )


def clashes(found: Sequence[Clash]) -> str:
    """Say what a session clashes with."""
    if not found:
        return str(gettext("No clash."))
    reasons = ". ".join(map(clash_reason, found))
    return str(
        ngettext(
            "%(num)s clash: %(reasons)s.",
            "%(num)s clashes: %(reasons)s.",
            len(found),
            reasons=reasons,
        )
    )


def words() -> dict[str, str]:
    """Give the sentences of the board's script, with names in them where it puts its own."""
    return {
        "place": gettext("{room}, {start} to {end}"),
        "moving": gettext(
            "Moving {title}: {place}. Arrow keys move it, plus and minus change its length, "
            "Enter saves, Escape gives up."
        ),
        "here": gettext("{place}."),
        "off": gettext("Without a time. Enter saves, Escape gives up."),
        "gaveUp": gettext("{title} stays where it was: {place}."),
        "saving": gettext("{title}: {place}. Saving."),
        "waiting": gettext("without a time"),
        "edge": gettext("The board ends here. Its form can put it earlier or later."),
        "back": gettext("Not saved: the site did not answer. {title} is back: {place}."),
        "signIn": gettext("Not saved: you are not signed in any more. Open this page again."),
        "nothingUndone": gettext("There is nothing to undo."),
        "nothingRedone": gettext("There is nothing to do again."),
        "undone": gettext("Undone."),
        "redone": gettext("Done again."),
        "midday": gettext("midday"),
        "midnight": gettext("midnight"),
    }

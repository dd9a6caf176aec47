"""A speaker's own calendar, at a private address that they can end.

It holds only what readers see too: the sessions of the current release in which the speaker
appears, with the identities of the public calendars, so that an entry that moves is replaced; and
those that the speaker was taken off, as cancelled, since a calendar keeps what it hears no more of.
"""

from secrets import token_urlsafe

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.errors import NotFound
from app.forms import ButtonForm
from app.programme import calendars, releases
from app.programme.models import Speaker
from app.programme.published import Programme
from app.speakers import door, leaving, queries, said, services
from app.speakers.models import CalendarKey
from app.web import headers, signing
from app.web.pages import absolute_url, page

PURPOSE = "speaker’s calendar"
NO_CALENDAR = "There is no calendar at this address. Its owner may have made another one"
KEY_BYTES = 16

pages = Blueprint("calendar", __name__, url_prefix="/<slug>/calendar")
feeds = Blueprint("speaker_calendars", __name__, url_prefix="/speak/calendar")
headers.keep_addresses(feeds)


@pages.get("")
def shown(slug: str) -> ResponseReturnValue:
    """Show the address to subscribe to, once there is one."""
    speaker = door.speaker(slug)
    key = queries.calendar_key(speaker)
    return page(
        "speakers/calendar.html",
        speaker=speaker,
        address=_address(key) if key else "",
        form=ButtonForm(),
    )


@pages.post("/new")
def make(slug: str) -> ResponseReturnValue:
    """Make an address; the one before shows nothing any more."""
    speaker = door.speaker(slug)
    services.make_calendar(speaker, token_urlsafe(KEY_BYTES), who=door.who())
    return said.back(url_for(".shown", slug=slug), "calendar-made")


@feeds.get("/<secret>.ics")
def feed(secret: str) -> ResponseReturnValue:
    """Give the calendar to whoever holds its address."""
    key = queries.calendar(signing.read(PURPOSE, secret) or "")
    if key is None:
        raise NotFound(NO_CALENDAR)
    programme = releases.current()
    own = _sessions_of(key.speaker, programme)
    left = leaving.left_by(key.speaker) - own
    written = calendars.written(
        programme,
        site=absolute_url("site.home").rstrip("/"),
        name=gettext("%(name)s at %(title)s", name=key.speaker.name, title=_title(programme)),
        address=_address(key),
        keys=own | left,
        left=left,
    )
    return Response(written, mimetype="text/calendar")


def _title(programme: Programme) -> str:
    return programme.conference.title


def _sessions_of(speaker: Speaker, programme: Programme) -> set[str]:
    return {
        session.key
        for session in programme.sessions
        if any(part.slug == speaker.slug for part in session.parts)
    }


def _address(key: CalendarKey) -> str:
    return absolute_url("speaker_calendars.feed", secret=signing.signed(PURPOSE, key.key))

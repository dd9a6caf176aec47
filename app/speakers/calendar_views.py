"""A speaker's own calendar feed, at a private URL that they can replace.

It contains only public data: the sessions of the current release in which the speaker appears, with
the UIDs of the public calendars, so that calendar applications update them. Sessions from which the
speaker was removed are listed as cancelled, since calendars keep entries that are merely missing.
"""

from secrets import token_urlsafe

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.errors import NotFound, require
from app.forms.form import ConfirmForm
from app.interchange import ical_writer
from app.programme.models import Speaker
from app.releases import current_release
from app.releases.published_programme import PublishedProgramme
from app.speakers import access, queries, removed_appearances, services
from app.speakers.models import CalendarKey
from app.web import redirects, security_headers, signing
from app.web.rendering import absolute_url, render_page

SALT = "speaker’s calendar"
NO_CALENDAR = "There is no calendar at this web address. Its owner may have created a new link"
KEY_BYTES = 16

bp = Blueprint("calendar", __name__, url_prefix="/<slug>/calendar")

redirects.MESSAGES["speakers"] |= {
    "calendar-made": _l("This is your new calendar link. The old link no longer works."),
}
feeds_bp = Blueprint("speaker_calendar_feeds", __name__, url_prefix="/speak/calendar")
security_headers.no_referrer(feeds_bp)


@bp.get("")
def show(slug: str) -> ResponseReturnValue:
    """Show the URL to subscribe to, once there is one."""
    speaker = access.get_own_speaker(slug)
    key = queries.find_calendar_key(speaker)
    return render_page(
        "speakers/calendar.html",
        speaker=speaker,
        address=_feed_url(key) if key else "",
        form=ConfirmForm(),
    )


@bp.post("/new")
def create(slug: str) -> ResponseReturnValue:
    """Create a URL; the previous one stops working."""
    speaker = access.get_own_speaker(slug)
    services.set_calendar_key(speaker, token_urlsafe(KEY_BYTES), actor=access.current_actor())
    return redirects.redirect_to(url_for(".show", slug=slug), "calendar-made")


@feeds_bp.get("/<secret>.ics")
def feed(secret: str) -> ResponseReturnValue:
    """Serve the calendar."""
    key = require(queries.find_calendar(signing.unsign(SALT, secret) or ""), NotFound(NO_CALENDAR))
    programme = current_release.get_programme()
    own = _session_keys(key.speaker, programme)
    removed_keys = removed_appearances.list_removed_from(key.speaker) - own
    written = ical_writer.dump(
        programme,
        site=absolute_url("site.home").rstrip("/"),
        name=gettext("%(name)s at %(title)s", name=key.speaker.name, title=_title(programme)),
        address=_feed_url(key),
        keys=own | removed_keys,
        cancelled_for_reader=removed_keys,
    )
    return Response(written, mimetype="text/calendar")


def _title(programme: PublishedProgramme) -> str:
    return programme.conference.title


def _session_keys(speaker: Speaker, programme: PublishedProgramme) -> set[str]:
    return {
        session.key
        for session in programme.sessions
        if any(part.slug == speaker.slug for part in session.parts)
    }


def _feed_url(key: CalendarKey) -> str:
    return absolute_url("speaker_calendar_feeds.feed", secret=signing.sign(SALT, key.key))

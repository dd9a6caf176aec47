"""The programme for other programs: iCalendar, plain text, schedule files and Atom.

Like public pages, the responses are cached until the next release. Plain text has its own URLs, and
is also served to clients that prefer text/plain.
"""

from datetime import date, datetime, time

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import clock, preview_mode
from app.errors import NotFound
from app.interchange import ical_writer, plain_text
from app.interchange.exporters import source as export_source
from app.interchange.exporters.formats import FORMATS
from app.interchange.plain_text import create_link_context
from app.materials import files
from app.materials import queries as materials
from app.releases import current_release, share_images, timeline
from app.site import changelog
from app.web import atom, security_headers
from app.web.cache_policy import cacheable
from app.web.formatting import conference_zone
from app.web.preview_middleware import allow_in_preview
from app.web.rendering import absolute_url


def whole() -> ResponseReturnValue:
    """Return the whole programme as plain text."""
    programme = current_release.get_programme()
    return _render_text(
        plain_text.render_programme(programme, create_link_context()),
        absolute_url("programme.whole"),
    )


def day(asked: date) -> ResponseReturnValue:
    """Return one day as plain text."""
    programme = current_release.get_programme()
    written = plain_text.render_day(programme, programme.get_day(asked), create_link_context())
    return _render_text(written, absolute_url("programme.day", asked=asked))


def session(slug: str) -> ResponseReturnValue:
    """Return one session as plain text."""
    programme = current_release.get_programme()
    written = plain_text.render_session(
        programme, programme.get_session(slug), create_link_context()
    )
    return _render_text(written, absolute_url("programme.session", slug=slug))


def _render_text(body: str, page: str) -> Response:
    response = Response(body, mimetype="text/plain")
    if preview_mode.current() is None:  # a preview has no canonical URL
        response.headers["Link"] = f'<{page}>; rel="canonical"'
    return response


MAX_RELEASES = 20  # in the feed

bp = Blueprint("feeds", __name__)
security_headers.allow_cors(bp)


@bp.get("/programme.ics")
@cacheable
def calendar() -> ResponseReturnValue:
    programme = current_release.get_programme()
    written = ical_writer.dump(
        programme,
        site=_site_url(),
        name=programme.conference.title,
        address=absolute_url("feeds.calendar"),
    )
    return Response(written, mimetype="text/calendar")


@bp.get("/sessions/<slug>.ics")
@cacheable
def session_calendar(slug: str) -> ResponseReturnValue:
    programme = current_release.get_programme()
    found = ical_writer.get_event(programme, slug)
    written = ical_writer.dump(
        programme,
        site=_site_url(),
        name=found.revision.title,
        address=absolute_url("feeds.session_calendar", slug=slug),
        keys={found.revision.key},
    )
    return Response(written, mimetype="text/calendar")


@bp.get("/<any('schedule.xml', 'schedule.json'):name>")
@cacheable
def schedule(name: str) -> ResponseReturnValue:
    programme = current_release.get_programme()
    source = export_source.from_snapshot(
        programme.snapshot, _site_url(), version=f"release {programme.number}"
    )
    return Response(FORMATS[name].dump(source), mimetype=FORMATS[name].media_type)


bp.add_url_rule("/programme.txt", view_func=cacheable(whole))
bp.add_url_rule("/programme/<day:asked>.txt", view_func=cacheable(day))
bp.add_url_rule("/sessions/<slug>.txt", view_func=cacheable(session))


@bp.get("/changes.atom")
@cacheable
def changes() -> ResponseReturnValue:
    programme = current_release.get_programme()
    entries = timeline.get_timeline().entries[:MAX_RELEASES]
    return atom.render_feed(
        atom.AtomFeed(
            identity="changes",
            title=gettext("Changes – %(title)s", title=programme.conference.title),
            url=absolute_url("feeds.changes"),
            page_url=absolute_url("changelog.index"),
            entries=[
                changelog.build_feed_entry(
                    changelog.build_changes(entry, programme, changelog.MAX_ITEMS_IN_LIST)
                )
                for entry in entries
            ],
            started_at=datetime.combine(programme.conference.starts_on, time(), conference_zone()),
        )
    )


def _site_url() -> str:
    """Return the URL of the home page in the current language, without a trailing slash."""
    return absolute_url("site.home").rstrip("/")


# A changed picture gets a new URL.
IMMUTABLE_CACHE_CONTROL = "public, max-age=31536000, immutable"

share_images_bp = Blueprint("share_images", __name__)


@share_images_bp.get("/cards/<key>.png")
@allow_in_preview
def picture(key: str) -> ResponseReturnValue:
    answer = Response(share_images.get_picture(key), mimetype="image/png")
    answer.headers["Cache-Control"] = IMMUTABLE_CACHE_CONTROL
    return answer


materials_bp = Blueprint("materials", __name__, url_prefix="/materials")


@materials_bp.get("/<key>")
@allow_in_preview
def download(key: str) -> Response:
    if not current_release.get_programme().has_open_material(key, clock.now()):
        raise NotFound(materials.MATERIAL_GONE)
    material = materials.get_material(key)
    answer = files.send(material)
    files.count_download(material, answer)
    return answer

"""The public programme of the current release: days, sessions, speakers, rooms, and what is on."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import cast

from flask import Blueprint, Flask, Response, make_response, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import MultiDict
from werkzeug.routing import BaseConverter, ValidationError

from app import clock
from app.database_faults import log_if_unavailable
from app.errors import NotFound
from app.programme import labels, queries, snapshot, time_zones
from app.releases import current_release, json_ld
from app.releases.published_programme import PublishedProgramme
from app.site import feed_views, search_filters
from app.site.now_next import MAX_SCREEN_PAGES, NowNext, build_screen_page, get_now_next
from app.site.search_filters import SearchFilters
from app.web import cache_params, cache_policy
from app.web.cache_params import choice_param, short_text_param, varies_on_params
from app.web.cache_policy import (
    ParamReader,
    always_revalidate,
    cacheable,
    do_not_store,
    expires_at,
    text_variant,
)
from app.web.error_handlers import is_error_page
from app.web.formatting import local_date
from app.web.preview_middleware import allow_in_preview
from app.web.rendering import render_page

Breadcrumbs = list[tuple[str, str]]

GRID_CHOICE = choice_param("grid")
ZONE_PARAMS: Mapping[str, ParamReader] = {
    "times": choice_param(time_zones.CHOOSE),
    "zone": time_zones.parse_zone,
}
FILTER_PARAMS = dict.fromkeys(search_filters.PROGRAMME_FILTERS, search_filters.READ_FILTER)
IMMUTABLE = "public, max-age=31536000, immutable"  # a changed picture gets a new URL
MEDIA_TYPES = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"}

bp = Blueprint("programme", __name__)


@bp.record_once
def _register_on_app(state: BlueprintSetupState) -> None:
    app = cast(Flask, state.app)
    app.url_map.converters["day"] = DayConverter
    app.extensions["conference_zone"] = lambda: _get_public_conference().time_zone
    app.extensions["email_additions"] = queries.get_email_additions
    labels.init_app(app)
    app.add_template_global(time_zones.list_zone_options, "zones_offered")
    app.add_template_global(time_zones.zone_name, "zone_in_words")
    app.add_template_filter(time_zones.zone_code)


@bp.app_context_processor
def _conference_context() -> dict[str, snapshot.Conference]:
    return {"conference": _get_public_conference()}


def _get_public_conference() -> snapshot.Conference:
    """Return the conference, or an empty one if it cannot be read.

    Error pages need it too, if the database is unavailable or the release is damaged.
    """
    try:
        return current_release.get_programme().conference
    except (SQLAlchemyError, ValueError) as fault:
        if not (_is_survived(fault) or is_error_page()):
            raise
        do_not_store()
        return current_release.EMPTY_SNAPSHOT.conference


def _is_survived(fault: Exception) -> bool:
    return isinstance(fault, ValueError) or log_if_unavailable(fault, "conference")


@bp.get("/programme")
@cacheable
@varies_on_params(view=GRID_CHOICE, **ZONE_PARAMS, **FILTER_PARAMS)
@text_variant(feed_views.whole)
def whole() -> ResponseReturnValue:
    programme = current_release.get_programme()
    clocks = time_zones.get_zone_choice(programme.conference)
    filters = _read_filters(programme)
    grids = programme.grids if cache_params.get_param("view") else ()
    return render_page(
        "programme/programme.html",
        clocks.status,
        programme=programme,
        filters=filters,
        listing=filters.narrow(programme.sessions, programme.zone)
        if filters.query_params
        else programme.listing,
        clocks=clocks,
        grids=grids,
    )


@bp.get("/programme/<day:asked>")
@cacheable
@varies_on_params(view=GRID_CHOICE, **ZONE_PARAMS, **FILTER_PARAMS)
@text_variant(feed_views.day)
def day(asked: date) -> ResponseReturnValue:
    programme = current_release.get_programme()
    clocks = time_zones.get_zone_choice(programme.conference)
    found = programme.get_day(asked)
    filters = _read_filters(programme)
    drawn = [programme.build_grid(found)] if cache_params.get_param("view") else []
    return render_page(
        "programme/day.html",
        clocks.status,
        programme=programme,
        day=found,
        filters=filters,
        listing=filters.narrow((line.session for line in found.lines), programme.zone),
        grid=next(iter(drawn), None),
        clocks=clocks,
        breadcrumbs=_programme_breadcrumbs(),
    )


def _read_filters(programme: PublishedProgramme) -> SearchFilters:
    """Return the filters of this request.

    Only pages with a single filter are cached, so that no one can fill the cache with combinations.
    All unknown values lead to one page.
    """
    values = {name: cache_params.get_param(name) or "" for name in FILTER_PARAMS}
    filters = search_filters.parse_filters(programme, MultiDict(values), FILTER_PARAMS)
    if sum(map(bool, values.values())) > 1:
        do_not_store()
    policy = cache_policy.current()
    policy.params = {**policy.params, **search_filters.build_readers(programme)}
    return filters


@bp.get("/sessions")
@cacheable
def session_index() -> ResponseReturnValue:
    programme = current_release.get_programme()
    return render_page(
        "programme/session_index.html", programme=programme, breadcrumbs=_programme_breadcrumbs()
    )


@bp.get("/sessions/<slug>")
@cacheable
@varies_on_params(**ZONE_PARAMS)
@text_variant(feed_views.session)
def session(slug: str) -> ResponseReturnValue:
    programme = current_release.get_programme()
    clocks = time_zones.get_zone_choice(programme.conference)
    found = programme.get_session(slug)
    made_from = json_ld.build_session_context(programme, found, clocks)
    expires_at(*(material.opens_at for material in found.materials))
    return render_page(
        "programme/session.html",
        clocks.status,
        **made_from,
        breadcrumbs=_programme_breadcrumbs(made_from["related"].day),
    )


@bp.get("/speakers")
@cacheable
@varies_on_params(q=short_text_param(100))
def speaker_index() -> ResponseReturnValue:
    programme = current_release.get_programme()
    query = (cache_params.get_param("q") or "").strip()
    if query:
        do_not_store()
    return render_page(
        "programme/speakers.html",
        programme=programme,
        query=query,
        found=programme.find_speakers(query) if query else (),
    )


@bp.get("/speakers/<slug>")
@cacheable
def speaker(slug: str) -> ResponseReturnValue:
    programme = current_release.get_programme()
    return render_page(
        "programme/speaker.html",
        **json_ld.build_speaker_context(programme, programme.get_speaker(slug)),
        breadcrumbs=[(gettext("Speakers"), url_for(".speaker_index"))],
    )


@bp.get("/photos/<key>.jpg")
@allow_in_preview
def photo(key: str) -> ResponseReturnValue:
    _require_public_photo(key)
    return _immutable_response(queries.get_photo_body(key), "image/jpeg")


@bp.get("/photos/<key>/<int(max=999):side>.<kind>")
@allow_in_preview
def rendition(key: str, side: int, kind: str) -> ResponseReturnValue:
    _require_public_photo(key)
    return _immutable_response(queries.get_rendition_body(key, kind, side), MEDIA_TYPES[kind])


def _require_public_photo(photo: str) -> None:
    if not current_release.get_programme().has_photo(photo):
        raise NotFound("There is no photo at that web address")


def _immutable_response(body: bytes, mimetype: str) -> Response:
    answer = Response(body, mimetype=mimetype)
    answer.headers["Cache-Control"] = IMMUTABLE
    return answer


@bp.get("/themes/<slug>")
@cacheable
def theme(slug: str) -> ResponseReturnValue:
    programme = current_release.get_programme()
    found = programme.get_theme(slug)
    return render_page(
        "programme/theme.html",
        theme=found,
        listing=programme.build_theme_listing(found),
        breadcrumbs=_programme_breadcrumbs(),
    )


@bp.get("/rooms/<slug>")
@cacheable
def room(slug: str) -> ResponseReturnValue:
    programme = current_release.get_programme()
    found = programme.get_room(slug)
    return render_page(
        "programme/room.html",
        room=found,
        listing=programme.build_room_listing(found),
        breadcrumbs=_programme_breadcrumbs(),
    )


def _programme_breadcrumbs(day: date | None = None) -> Breadcrumbs:
    """Return the breadcrumbs of a page below the programme, or below one of its days."""
    breadcrumbs = [(gettext("Programme"), url_for(".whole"))]
    if day is not None:
        breadcrumbs.append((local_date(day), url_for(".day", asked=day)))
    return breadcrumbs


class DayConverter(BaseConverter):
    """A URL converter for dates: 2008-11-06."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        """Return the date; raise ValidationError if it does not exist."""
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValidationError from None

    def to_url(self, value: date) -> str:
        """Return the date in ISO format."""
        return value.isoformat()


REFRESH_SECONDS = 15  # display time of a page on the large screen; usually answered by 304
SCREEN_PAGES = choice_param(*map(str, range(1, MAX_SCREEN_PAGES + 1)))


@bp.get("/now")
@cacheable
@varies_on_params(display=choice_param("1"), page=SCREEN_PAGES, **ZONE_PARAMS)
def now() -> ResponseReturnValue:
    programme = current_release.get_programme()
    now = clock.now()
    found = get_now_next(programme, now)
    expires_at(found.changes_at)
    always_revalidate()
    if cache_params.get_param("display"):
        return _render_display(found, now)
    clocks = time_zones.get_zone_choice(programme.conference)
    return render_page(
        "programme/now.html",
        clocks.status,
        now_next=found,
        clocks=clocks,
        breadcrumbs=[],
    )


def _render_display(now_next: NowNext, now: datetime) -> ResponseReturnValue:
    """Render the version for large screens, which cycles through its pages without scripts."""
    expires_at(now.replace(second=0, microsecond=0) + timedelta(minutes=1))  # the time is shown
    screen = build_screen_page(now_next.rooms, int(cache_params.get_param("page") or 1))
    response = make_response(
        render_page("programme/now_screen.html", now_next=now_next, screen=screen, now=now)
    )
    response.headers["Refresh"] = f"{REFRESH_SECONDS}; url=?display=1&page={screen.following}"
    return response

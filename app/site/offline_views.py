"""The programme for offline use, for visitors who save it on their device.

A small service worker downloads what ``offline_manifest`` lists and nothing else, without cookies.
All of it is public and the same for everyone. The agenda page is rendered from the browser's own
storage. Decision 0023 explains why.
"""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import blake2b

from flask import Blueprint, Response, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import clock
from app.content import queries as content
from app.content.views import get_content_folder, get_logo, get_look_url
from app.programme import queries as programme_queries
from app.releases import current_release
from app.web.cache_policy import cacheable, expires_at
from app.web.formatting import local_date, local_time
from app.web.rendering import STATIC_FOLDER, asset, render_page

SERVICE_WORKER_FILE = STATIC_FOLDER / "js" / "service-worker.js"
FILES = (
    "css/forms.css",
    "css/site.css",
    "css/home.css",
    "css/session.css",
    "js/site.js",
    "js/offline.js",
    "js/speakers.js",
    "img/favicon.svg",
)
MAX_PAGES = 2000
A_MINUTE = timedelta(minutes=1)
PAGE_ENDPOINTS = (
    *("site.offline_unavailable", "site.offline_agenda", "site.offline"),
    *("site.home", "programme.whole", "programme.session_index", "programme.speaker_index"),
)


def add_url_rules(bp: Blueprint) -> None:
    """Register the routes on the blueprint of the public website."""
    bp.add_url_rule("/offline", "offline", offline)
    bp.add_url_rule("/offline/agenda", "offline_agenda", offline_agenda)
    bp.add_url_rule("/offline/away", "offline_unavailable", offline_unavailable)
    bp.add_url_rule("/offline.json", "offline_manifest", offline_manifest)
    bp.add_url_rule("/service-worker.js", "service_worker", service_worker)


@cacheable
def offline() -> ResponseReturnValue:
    """Render the page to save, check and delete the offline copy."""
    return render_page("site/offline.html", root=request.script_root, breadcrumbs=[])


@cacheable
def offline_agenda() -> ResponseReturnValue:
    """Render the agenda page, which a script fills from the browser's storage."""
    return render_page("site/offline_agenda.html", walking=_walking_minutes(), breadcrumbs=[])


@cacheable
def offline_unavailable() -> ResponseReturnValue:
    """Render the page shown offline in place of one that is not saved."""
    return render_page("site/offline_unavailable.html", breadcrumbs=[])


@cacheable
def offline_manifest() -> ResponseReturnValue:
    """Return the files to save, the version of the programme and the current time."""
    now = clock.now()
    expires_at(now + A_MINUTE)
    moment = {"day": local_date(now), "time": local_time(now)}
    addresses = [*map(asset, FILES), *_look_urls(), *_page_urls()][:MAX_PAGES]
    message = gettext("You are offline. This page was saved at %(time)s on %(day)s.", **moment)
    return jsonify(
        version=_version(addresses),
        addresses=addresses,
        told=gettext("Last updated at %(time)s on %(day)s.", **moment),
        banner=render_template("site/_offline_banner.html", message=message),
    )


def service_worker() -> ResponseReturnValue:
    """Return the service worker script, which browsers revalidate each time."""
    answer = Response(SERVICE_WORKER_FILE.read_bytes(), mimetype="text/javascript")
    answer.headers["Cache-Control"] = "no-cache"
    answer.add_etag()
    return answer.make_conditional(request)


def _look_urls() -> Iterator[str]:
    """Yield the URLs of the colours and the logo, if organisers have set them."""
    palette, logo = content.get_palette(get_content_folder()), get_logo()
    if not palette.is_shipped:
        yield get_look_url(palette)
    if logo is not None:
        yield logo.url


def _page_urls() -> Iterator[str]:
    """Yield the URLs of the pages to save, the most important first."""
    programme = current_release.get_programme()
    yield from map(url_for, PAGE_ENDPOINTS)
    yield from (url_for("programme.day", asked=day.date) for day in programme.days)
    yield from (
        url_for("programme.session", slug=session.slug)
        for session in programme.sessions
        if session.has_page
    )
    yield from (url_for("programme.room", slug=room.slug) for room in programme.rooms)
    yield from (url_for("programme.theme", slug=theme.slug) for theme in programme.themes)
    yield from (
        url_for("content.show", slug=slug)
        for slug in content.get_update_dates(get_content_folder())
    )


def _walking_minutes() -> int:
    return programme_queries.get_walking_time() // A_MINUTE


def _version(urls: list[str]) -> str:
    """Return a version that changes with the programme, its files and the walking time."""
    parts = [*urls, str(_walking_minutes())]
    digest = blake2b("\n".join(parts).encode(), digest_size=4).hexdigest()
    return f"{current_release.get_programme().number}-{digest}"

"""Endpoints for machines: health checks, robots.txt, sitemap.xml, security.txt, favicon.ico."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from flask import Blueprint, Response, current_app, jsonify
from flask.typing import ResponseReturnValue

from app import cache_version, clock
from app.content import queries as content
from app.content.views import get_content_folder
from app.registration.ballots import queries as ballots
from app.releases import current_release
from app.releases.published_programme import PublishedProgramme
from app.site import news_views
from app.site.readiness import check as check_readiness
from app.web import languages
from app.web.cache_policy import cacheable, expires_at
from app.web.rendering import STATIC_FOLDER, absolute_url, render_page

PAGE_ENDPOINTS = (
    "site.home",
    "site.whats_new",
    "programme.now",
    "site.site_map",
    "site.developers",
    "site.offline",
    "ballots.index",
)
PROGRAMME_ENDPOINTS = (
    "programme.whole",
    "programme.session_index",
    "programme.speaker_index",
    "site.themes",
    "changelog.index",
)


class SitemapEntry(NamedTuple):
    """A page, and when it last changed if known."""

    url: str
    last_modified: date | datetime | None = None


@cacheable
def sitemap() -> ResponseReturnValue:
    """Return the public pages for search engines (sitemaps.org, protocol 0.9)."""
    answer = render_page(
        "site/sitemap.xml", entries=list(_entries(current_release.get_programme()))
    )
    answer.mimetype = "application/xml"
    return answer


def _entries(programme: PublishedProgramme) -> Iterator[SitemapEntry]:
    yield from (SitemapEntry(absolute_url(endpoint)) for endpoint in PAGE_ENDPOINTS)
    for slug, updated in content.get_update_dates(get_content_folder()).items():
        yield SitemapEntry(absolute_url("content.show", slug=slug), updated)
    for item in news_views.list_news():
        yield SitemapEntry(
            absolute_url("site.news_item", slug=item.slug), item.appeared_at or item.published
        )
    for ballot in ballots.list_public():
        yield SitemapEntry(absolute_url("ballots.show", number=ballot.id), ballot.drawn_at)
    for number in range(1, programme.number + 1):
        yield SitemapEntry(absolute_url("changelog.show", number=number))
    yield from (
        SitemapEntry(address, programme.published_at) for address in _programme_urls(programme)
    )
    for session in programme.sessions:
        revision = programme.revisions.get(session.key)
        changed = revision.changed_at if revision else programme.published_at
        yield SitemapEntry(absolute_url("programme.session", slug=session.slug), changed)


def _programme_urls(programme: PublishedProgramme) -> Iterator[str]:
    """Yield the URLs of pages that only change with a release."""
    yield from (absolute_url(endpoint) for endpoint in PROGRAMME_ENDPOINTS)
    yield from (absolute_url("programme.day", asked=day.date) for day in programme.days)
    yield from (absolute_url("programme.theme", slug=theme.slug) for theme in programme.themes)
    yield from (absolute_url("programme.room", slug=room.slug) for room in programme.rooms)
    yield from (
        absolute_url("programme.speaker", slug=speaker.slug) for speaker in programme.speakers
    )


DISALLOWED_PATHS = (  # prefixes; $ marks an exact path
    "/agenda$",
    "/agenda?",
    "/agenda/",
    "/booking$",
    "/booking/",
    "/register/",
    "/organise$",
    "/organise/",
    "/sign-in$",
    "/sign-in/",
    "/sign-in?",
    "/search?",
    "/sign-out$",
    "/speak$",
    "/speak/",
    "/my$",
    "/my/",
    "/preview/",
    "/rehearsal/",
)
HALF_A_YEAR = timedelta(days=182)  # RFC 9116, 2.5.5 recommends less than a year
A_DAY = timedelta(days=1)


def add_url_rules(bp: Blueprint) -> None:
    """Register the routes on the blueprint of the public website."""
    bp.add_url_rule("/healthz", view_func=liveness)
    bp.add_url_rule("/readyz", view_func=readiness)
    bp.add_url_rule("/robots.txt", view_func=robots)
    bp.add_url_rule("/favicon.ico", view_func=favicon)
    bp.add_url_rule("/sitemap.xml", view_func=sitemap)
    bp.add_url_rule("/.well-known/security.txt", view_func=security)


def liveness() -> ResponseReturnValue:
    """Respond 200 while this process can respond."""
    return Response("alive\n", mimetype="text/plain")


def readiness() -> ResponseReturnValue:
    """Respond with all problems in the body; use 503 only if nothing can be served."""
    found = check_readiness()
    body = jsonify(
        database=found.database,
        edition=cache_version.current(),
        oldest_waiting_letter_seconds=found.waiting_seconds,
        failed_letters=found.failed_emails,
        worker_seen_seconds_ago=found.worker_seconds,
        problems=found.problems,
    )
    return body, 200 if found.can_serve else 503


@cacheable
def robots() -> ResponseReturnValue:
    """Return the paths that crawlers must not visit (RFC 9309)."""
    lines = [
        "User-agent: *",
        *(
            f"Disallow: {languages.url_prefix(code)}{address}"
            for code in languages.list_codes()
            for address in DISALLOWED_PATHS
        ),
        *(f"Sitemap: {one}" for one in _sitemap_urls()),
    ]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


def _sitemap_urls() -> Iterator[str]:
    """Yield the URL of the sitemap in each language."""
    for code in languages.list_codes():
        with languages.use_language(code):
            yield absolute_url("site.sitemap")


@cacheable
def favicon() -> ResponseReturnValue:
    """Return the icon for programs that request it at the root, ignoring the page."""
    icon = (STATIC_FOLDER / "img" / "favicon.ico").read_bytes()
    return Response(icon, mimetype="image/x-icon")


@cacheable
def security() -> ResponseReturnValue:
    """Return where to report security issues (RFC 9116)."""
    expires = clock.real_now() + HALF_A_YEAR
    expires_at(clock.now() + A_DAY)  # so that Expires stays about half a year ahead
    contact = (
        current_release.get_programme().conference.contact_email
        or current_app.config["MAIL_DEFAULT_SENDER"]
    )
    lines = [
        f"Contact: mailto:{contact}",
        f"Expires: {expires:%Y-%m-%dT00:00:00Z}",
        "Preferred-Languages: en",
        f"Canonical: {absolute_url('site.security')}",
    ]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")

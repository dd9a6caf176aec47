"""The programme without a connection, for whoever asks to keep it on their device.

A small service worker fetches what is listed here and nothing else, without a cookie. All of it
is public and the same for everyone. The agenda is set by its page from what the browser itself
remembers. Decision 0023 tells why.
"""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import blake2b

from flask import Blueprint, Response, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import clock
from app.content import queries as content
from app.content.views import folder
from app.programme import queries as programme_queries
from app.programme import releases
from app.web.assets import STATIC, asset
from app.web.pages import page
from app.web.public import public, true_until
from app.web.words import local_date, local_time

WORKER = STATIC / "js" / "service-worker.js"
FILES = ("css/site.css", "js/site.js", "js/offline.js", "img/favicon.svg")
MOST_PAGES = 2000
A_MINUTE = timedelta(minutes=1)
PAGES = (
    *("site.offline_away", "site.offline_agenda", "site.offline"),
    *("site.home", "programme.whole", "programme.titles", "programme.speakers"),
)


def attach(pages: Blueprint) -> None:
    """Put these addresses on the front door."""
    pages.add_url_rule("/offline", "offline", shown)
    pages.add_url_rule("/offline/agenda", "offline_agenda", agenda)
    pages.add_url_rule("/offline/away", "offline_away", away)
    pages.add_url_rule("/offline.json", "offline_list", listed)
    pages.add_url_rule("/service-worker.js", "service_worker", worker)


@public
def shown() -> ResponseReturnValue:
    """Let a visitor ask to keep the programme, see what is kept, and remove it."""
    return page("site/offline.html", root=request.script_root, trail=[])


@public
def agenda() -> ResponseReturnValue:
    """Show an agenda from what its own browser remembers."""
    return page("site/offline_agenda.html", walking=_minutes_to_walk(), trail=[])


@public
def away() -> ResponseReturnValue:
    """Say of a page that it is not kept on the device."""
    return page("site/offline_away.html", trail=[])


@public
def listed() -> ResponseReturnValue:
    """List what is kept, which programme it is, and of what moment."""
    now = clock.now()
    true_until(now + A_MINUTE)
    moment = {"day": local_date(now), "time": local_time(now)}
    addresses = [*map(asset, FILES), *_addresses()][:MOST_PAGES]
    said = gettext(
        "You are without a connection. This is the programme as of %(day)s, %(time)s.", **moment
    )
    return jsonify(
        version=_version(addresses),
        addresses=addresses,
        told=gettext("Last brought up to date on %(day)s at %(time)s.", **moment),
        banner=render_template("site/offline_banner.html", said=said),
    )


def worker() -> ResponseReturnValue:
    """Give the service worker; browsers ask each time whether theirs is still right."""
    answer = Response(WORKER.read_bytes(), mimetype="text/javascript")
    answer.headers["Cache-Control"] = "no-cache"
    answer.add_etag()
    return answer.make_conditional(request)


def _addresses() -> Iterator[str]:
    """List the pages that are kept, those first that are wanted most."""
    programme = releases.current()
    yield from map(url_for, PAGES)
    yield from (url_for("programme.day", asked=day.date) for day in programme.days)
    yield from (
        url_for("programme.session", slug=one.slug) for one in programme.sessions if one.is_told
    )
    yield from (url_for("programme.room", slug=room.slug) for room in programme.rooms)
    yield from (url_for("programme.theme", slug=theme.slug) for theme in programme.themes)
    yield from (url_for("content.shown", slug=slug) for slug in content.last_changes(folder()))


def _minutes_to_walk() -> int:
    return programme_queries.walking() // A_MINUTE


def _version(addresses: list[str]) -> str:
    """Name the programme that is kept, with the files that show it and the minutes to walk."""
    parts = [*addresses, str(_minutes_to_walk())]
    print_of_all = blake2b("\n".join(parts).encode(), digest_size=4).hexdigest()
    return f"{releases.current().number}-{print_of_all}"

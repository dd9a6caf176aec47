"""What machines ask for: is the site alive, is it ready, what may be read."""

from collections.abc import Iterator
from datetime import timedelta

from flask import Blueprint, Response, current_app, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app import clock, edition
from app.database import db, log_if_unavailable, reading
from app.mail import queries as mail
from app.programme import releases
from app.site.listed import sitemap
from app.web import languages
from app.web.pages import absolute_url
from app.web.public import public, true_until

NOT_FOR_SEARCH = (  # what begins so, or with $ is just this
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
HALF_A_YEAR = timedelta(days=182)  # RFC 9116, 2.5.5: less than a year
A_DAY = timedelta(days=1)


def attach(pages: Blueprint) -> None:
    """Put these addresses on the front door."""
    pages.add_url_rule("/healthz", view_func=alive)
    pages.add_url_rule("/readyz", view_func=ready)
    pages.add_url_rule("/robots.txt", view_func=robots)
    pages.add_url_rule("/sitemap.xml", view_func=sitemap)
    pages.add_url_rule("/.well-known/security.txt", view_func=security)


def alive() -> ResponseReturnValue:
    """Say that this process answers."""
    return Response("alive\n", mimetype="text/plain")


def ready() -> ResponseReturnValue:
    """Say whether the site can do its work: database, edition, age of the oldest letter."""
    try:
        age = mail.oldest_waiting_age()
    except SQLAlchemyError as fault:
        if not log_if_unavailable(fault, "readiness"):
            raise
        return jsonify(database=_trouble(), edition=edition.current()), 503
    return jsonify(
        database="there",
        edition=edition.current(),
        oldest_waiting_letter_seconds=round(age.total_seconds()) if age else 0,
    )


def _trouble() -> str:
    """Tell a database that does not answer from one that is not made ready for the site."""
    try:
        with reading(db.engine) as connection:
            connection.execute(select(1))
    except SQLAlchemyError:
        return "away"
    return "not up to date"


@public
def robots() -> ResponseReturnValue:
    """Tell search engines what is not for them (RFC 9309)."""
    lines = [
        "User-agent: *",
        *(
            f"Disallow: {languages.root(code)}{address}"
            for code in languages.offered()
            for address in NOT_FOR_SEARCH
        ),
        *(f"Sitemap: {one}" for one in _sitemaps()),
    ]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


def _sitemaps() -> Iterator[str]:
    """Give the address of the site map of each language."""
    for code in languages.offered():
        with languages.speaking(code):
            yield absolute_url("site.sitemap")


@public
def security() -> ResponseReturnValue:
    """Tell finders of weaknesses where to write (RFC 9116)."""
    expires = clock.real_now() + HALF_A_YEAR
    true_until(clock.now() + A_DAY)  # so that it is never far from its half year
    contact = (
        releases.current().conference.contact_email or current_app.config["MAIL_DEFAULT_SENDER"]
    )
    lines = [
        f"Contact: mailto:{contact}",
        f"Expires: {expires:%Y-%m-%dT00:00:00Z}",
        "Preferred-Languages: en",
        f"Canonical: {absolute_url('site.security')}",
    ]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")

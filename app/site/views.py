"""The front door, and what belongs to no room of its own."""

from flask import Blueprint, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app import edition
from app.content import queries as content
from app.forms import csrf
from app.programme import releases
from app.registration import queries as registration
from app.site import machines, search, services
from app.site.forms import AccessKeysForm, FeedbackForm
from app.web import languages
from app.web.pages import page
from app.web.public import public, true_until

A_YEAR = 365 * 24 * 60 * 60  # seconds
NEWS_ON_THE_FRONT_PAGE = 3

pages = Blueprint("site", __name__)
machines.attach(pages)


@pages.get("/")
@public
def home() -> ResponseReturnValue:
    door = edition.kept("door", registration.door)
    true_until(door.opens_at, door.closes_at)
    return page(
        "site/home.html",
        programme=releases.current(),
        door=door,
        news=_news()[:NEWS_ON_THE_FRONT_PAGE],
    )


@pages.get("/search", endpoint="search")
@public
def results() -> ResponseReturnValue:
    question = request.args.get("q", "").strip()
    found = search.find(question, _index())
    return page("site/search.html", question=question, found=found)


@pages.get("/site-map")
@public
def site_map() -> ResponseReturnValue:
    return page("site/site_map.html", programme=releases.current(), written=_pages())


@pages.get("/whats-new")
@public
def whats_new() -> ResponseReturnValue:
    return page("site/whats_new.html", news=_news(), programme=releases.current())


@pages.get("/venue")
@public
def venue() -> ResponseReturnValue:
    return page("site/venue.html", written=_page("venue"), rooms=releases.current().rooms)


@pages.route("/feedback", methods=["GET", "POST"])
@csrf.exempt
@public
def feedback() -> ResponseReturnValue:
    form = FeedbackForm()
    if form.validate_on_submit():
        message = form.written()
        services.send_feedback(message.text, message.email)
        return redirect(url_for(".feedback_sent"), 303)
    status = 422 if form.is_submitted() else 200
    return page("site/feedback.html", status, form=form, written=_page("feedback"))


@pages.get("/feedback/sent")
@public
def feedback_sent() -> ResponseReturnValue:
    return page("site/feedback_sent.html")


@pages.route("/access-keys", methods=["GET", "POST"])
@csrf.exempt
@public
def access_keys() -> ResponseReturnValue:
    form = AccessKeysForm()
    if form.validate_on_submit():
        answer = redirect(url_for(".access_keys"), 303)
        if "off" in request.form:
            answer.set_cookie(
                "access_keys",
                "off",
                max_age=A_YEAR,
                secure=current_app.config["SESSION_COOKIE_SECURE"],
                httponly=True,
                samesite="Lax",
            )
        else:
            answer.delete_cookie("access_keys")
        return answer
    status = 422 if form.is_submitted() else 200
    return page("site/access_keys.html", status, form=form, written=_page("access-keys"))


def _page(slug: str) -> content.Page:
    return content.page(current_app.config["CONTENT_PATH"], slug, languages.current().code)


def _pages() -> list[content.Page]:
    return list(content.pages(current_app.config["CONTENT_PATH"], languages.current().code))


def _news() -> list[content.News]:
    return list(content.news(current_app.config["CONTENT_PATH"], languages.current().code))


def _index() -> list[search.Found]:
    """Make the index once for each edition and language."""
    name = f"search {languages.current().code}"
    return list(edition.kept(name, lambda: search.index(releases.current(), _pages())))

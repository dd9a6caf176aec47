"""The front door, and what belongs to no room of its own."""

from datetime import timedelta

from flask import Blueprint, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app import clock
from app.accounts import limits
from app.content import queries as content
from app.content.views import content_of, folder
from app.errors import TooOften
from app.forms import checks_its_own_token
from app.programme import releases
from app.registration import queries as registration
from app.site import front, machines, news, offline, searching, services
from app.site.forms import AccessKeysForm, FeedbackForm
from app.web import languages
from app.web.pages import page
from app.web.public import public, true_until

A_YEAR = timedelta(days=365)
A_DAY = timedelta(days=1)
NEWS_ON_THE_FRONT_PAGE = 3
TOO_MANY = _l("Wait an hour, then send this again: several messages have come from where you are")

pages = Blueprint("site", __name__)
machines.attach(pages)
offline.attach(pages)
pages.register_blueprint(news.feeds)


@pages.get("/")
@public
def home() -> ResponseReturnValue:
    programme = releases.current()
    door = registration.door()
    true_until(door.opens_at, door.closes_at)
    return page(
        "site/home.html",
        programme=programme,
        days=front.glances(programme),
        linked=front.linked_data(programme),
        door=door,
        present=front.now(programme),
        words=content.front(folder(), programme.conference.acronym, _language()),
        news=news.items()[:NEWS_ON_THE_FRONT_PAGE],
    )


pages.add_url_rule("/search", endpoint="search", view_func=searching.results)


@pages.get("/site-map")
@public
def site_map() -> ResponseReturnValue:
    programme = releases.current()
    return page("site/site_map.html", programme=programme, written=_pages(), trail=[])


@pages.get("/developers")
@public
def developers() -> ResponseReturnValue:
    return page("site/developers.html", trail=[])


@pages.get("/whats-new")
@public
def whats_new() -> ResponseReturnValue:
    return page("site/whats_new.html", news=news.items(), trail=[])


@pages.get("/whats-new/<slug>")
@public
def news_item(slug: str) -> ResponseReturnValue:
    trail = [(gettext("What’s new"), url_for(".whats_new"))]
    return page("site/news_item.html", news=news.item(slug), trail=trail)


@pages.get("/venue")
@public
def venue() -> ResponseReturnValue:
    rooms = releases.current().rooms
    return page("site/venue.html", rooms=rooms, **content_of("venue"))


@pages.route("/feedback", methods=["GET", "POST"])
@checks_its_own_token
@public
def feedback() -> ResponseReturnValue:
    form = FeedbackForm()
    status = 200
    if form.validate_on_submit():
        try:
            _pass_on(form)
        except TooOften:
            form.reject(form.message, TooOften(str(TOO_MANY)))
            status = 429
        else:
            return redirect(url_for(".feedback_sent"), 303)
    elif form.is_submitted():
        status = 422
    true_until(clock.now() + A_DAY)  # so that its token never grows old
    return page("site/feedback.html", status, form=form, **content_of("feedback"))


@pages.get("/feedback/sent")
@public
def feedback_sent() -> ResponseReturnValue:
    return page("site/feedback_sent.html")


@pages.route("/access-keys", methods=["GET", "POST"])
@checks_its_own_token
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
    true_until(clock.now() + A_DAY)
    return page("site/access_keys.html", status, form=form, **content_of("access-keys"))


def _pass_on(form: FeedbackForm) -> None:
    message = form.written()
    contact = releases.current().conference.contact_email
    services.send_feedback(
        message.text,
        message.email,
        network=limits.network(request.remote_addr),
        organisers=contact or current_app.config["MAIL_DEFAULT_SENDER"],
    )


def _language() -> str:
    return languages.current().code


def _pages() -> list[content.Page]:
    return list(content.pages(folder(), _language(), languages.root(_language())))

"""The home page, what's new, the venue, contact, feedback, access keys and the site map."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_babel import gettext
from sqlalchemy.exc import SQLAlchemyError

from app import clock
from app.content import queries as content
from app.content.views import get_content_folder, page_context
from app.database_faults import log_if_unavailable
from app.errors import RateLimitExceeded
from app.forms.form import validates_own_csrf
from app.programme import opening_times
from app.registration.queries import RegistrationStatus
from app.releases import current_release, json_ld
from app.releases.published_programme import PublishedProgramme
from app.site import home_page, news_views, offline_views, search_views, well_known_views
from app.site.feedback import send_feedback
from app.site.forms import AccessKeysForm, FeedbackForm
from app.site.now_next import NowNext, get_conference_span, get_now_next
from app.web import languages
from app.web.cache_policy import (
    PUBLIC_CACHE_CONTROL,
    always_revalidate,
    cacheable,
    do_not_store,
    expires_at,
    vary_on_cookie,
)
from app.web.error_handlers import is_error_page, refuse
from app.web.rendering import render_page

STILL_UNKNOWN = '<h2 id="still-to-be-announced"'  # the part of the venue page about what is unknown
MAX_SESSIONS = 4  # of what is on now, and of what is next


def find_now_next(programme: PublishedProgramme) -> NowNext | None:
    """Return what is on now and next, or None before and after the conference."""
    moment = clock.now()
    begins, ends = get_conference_span(programme)
    if not begins <= moment < ends:
        expires_at(begins)
        return None
    found = get_now_next(programme, moment)
    expires_at(found.changes_at)
    always_revalidate()
    return found.summary(MAX_SESSIONS)


def build_json_ld(programme: PublishedProgramme) -> str:
    """Return the conference and some of its sessions as JSON-LD for search engines."""
    if not programme.is_published:
        return ""
    sessions = [session for day in home_page.list_highlights(programme) for session in day.sessions]
    return json_ld.render_conference(programme.conference, sessions)


def find_places_left(status: RegistrationStatus) -> int | None:
    """Return the number of places left, if there are few and the database is available."""
    if status.is_open:  # the cache version does not change with every place taken
        expires_at(clock.now() + A_MINUTE)
    try:
        return home_page.find_places_left(status)
    except SQLAlchemyError as fault:
        if not log_if_unavailable(fault, "places left"):
            raise
        return None


A_YEAR = timedelta(days=365)
A_DAY = timedelta(days=1)
A_MINUTE = timedelta(minutes=1)
MAX_HOME_NEWS = 3

bp = Blueprint("site", __name__)
well_known_views.add_url_rules(bp)
offline_views.add_url_rules(bp)


def _find_state() -> home_page.ConferenceState | None:
    """Return what a visitor can do now, or None on pages that can do without it."""
    try:
        state = home_page.get_conference_state(current_release.get_programme())
    except (SQLAlchemyError, ValueError) as fault:
        is_survived = isinstance(fault, ValueError) or log_if_unavailable(fault, "main action")
        if not (is_survived or is_error_page()):
            raise
        do_not_store()
        return None
    expires_at(*state.changes)
    return state


@bp.app_template_global()
def find_main_action() -> str:
    """Return the main button of the header, even on error pages when data is unavailable."""
    state = _find_state()
    return state.main_action if state else "register"


@bp.app_template_global()
def is_conference_over() -> bool:
    """Return True after the last session: pages then link to what stays available."""
    state = _find_state()
    return state is not None and state.phase == "over"


@bp.get("/")
@cacheable
def home() -> ResponseReturnValue:
    programme = current_release.get_programme()
    state = home_page.get_conference_state(programme)
    hero = content.get_hero_text(
        get_content_folder(), programme.conference.acronym, _language_code()
    )
    return render_page(
        "site/home.html",
        programme=programme,
        state=state,
        places_left=find_places_left(state.registration),
        json_ld=build_json_ld(programme),
        now_next=find_now_next(programme),
        highlights=home_page.list_highlights(programme),
        keynote_speakers=home_page.list_keynote_speakers(programme),
        hero=hero,
        news=news_views.list_news()[:MAX_HOME_NEWS],
    )


bp.add_url_rule("/search", endpoint="search", view_func=search_views.results)


@bp.get("/site-map")
@cacheable
def site_map() -> ResponseReturnValue:
    programme = current_release.get_programme()
    return render_page(
        "site/site_map.html",
        programme=programme,
        content_pages=_list_content_pages(),
        breadcrumbs=[],
    )


@bp.get("/developers")
@cacheable
def developers() -> ResponseReturnValue:
    return render_page("site/developers.html", breadcrumbs=[])


@bp.get("/whats-new")
@cacheable
def whats_new() -> ResponseReturnValue:
    return render_page("site/whats_new.html", news=news_views.list_news(), breadcrumbs=[])


@bp.get("/whats-new/<slug>")
@cacheable
def news_item(slug: str) -> ResponseReturnValue:
    breadcrumbs = [(gettext("What’s new"), url_for(".whats_new"))]
    return render_page(
        "site/news_item.html", news=news_views.get_news_item(slug), breadcrumbs=breadcrumbs
    )


@bp.get("/venue")
@cacheable
def venue() -> ResponseReturnValue:
    programme = current_release.get_programme()
    rooms = programme.rooms
    context = page_context("venue")
    text, unknown = _split_venue_text(context["content_page"].body, programme)
    return render_page(
        "site/venue.html",
        rooms=rooms,
        are_rooms_illustrative=all(room.is_illustrative for room in rooms),
        text_before_map=text,
        text_after_map=unknown,
        doors_open=[] if is_conference_over() else opening_times.describe(programme.conference),
        **context,
    )


def _split_venue_text(body: str, programme: PublishedProgramme) -> tuple[str, str]:
    """Split the text where the map belongs, and drop parts that are known or past from the rest."""
    text, heading, unknown = body.partition(STILL_UNKNOWN)
    if is_conference_over() and "<h2" not in unknown:
        return text, ""
    if programme.conference.latitude_longitude:
        unknown = unknown.replace("<li>Map</li>\n", "")
    return text, heading + unknown


@bp.get("/contact")
@cacheable
def contact() -> ResponseReturnValue:
    return render_page("site/contact.html", **page_context("contact"))


@bp.get("/themes")
@cacheable
def themes() -> ResponseReturnValue:
    return render_page(
        "site/themes.html", programme=current_release.get_programme(), breadcrumbs=[]
    )


@bp.get("/faq", endpoint="faq", defaults={"page": "content.show", "slug": "questions"})
@bp.get("/rooms", endpoint="rooms", defaults={"page": ".venue", "_anchor": "rooms"})
@bp.get("/schedule", endpoint="schedule", defaults={"page": "programme.whole"})
@cacheable
def alias(page: str, **values: Any) -> ResponseReturnValue:
    response = redirect(url_for(page, **values), 308)
    response.headers["Cache-Control"] = PUBLIC_CACHE_CONTROL
    return response


@bp.route("/feedback", methods=["GET", "POST"])
@validates_own_csrf
@cacheable
def feedback() -> ResponseReturnValue:
    form = FeedbackForm()
    if form.validate_on_submit():
        try:
            _send_feedback(form)
        except RateLimitExceeded as refusal:
            form.reject(refusal)
            return refuse(_render_feedback(form), refusal)
        return redirect(url_for(".feedback_sent"), 303)
    expires_at(clock.now() + A_DAY)  # so that the CSRF token in the page does not expire
    return _render_feedback(form)


@bp.get("/feedback/sent")
@cacheable
def feedback_sent() -> ResponseReturnValue:
    return render_page("site/feedback_sent.html")


@bp.route("/access-keys", methods=["GET", "POST"])
@validates_own_csrf
@cacheable
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
                samesite="Lax",
            )
        else:
            answer.delete_cookie("access_keys")
        # pages do not vary on cookies, so browsers would show cached ones for a while
        answer.headers["Clear-Site-Data"] = '"cache"'
        return answer
    expires_at(clock.now() + A_DAY)
    vary_on_cookie()
    return render_page("site/access_keys.html", form=form, **page_context("access-keys"))


def _render_feedback(form: FeedbackForm) -> Response:
    return render_page("site/feedback.html", form=form, **page_context("feedback"))


def _send_feedback(form: FeedbackForm) -> None:
    message = form.get_message()
    contact = current_release.get_programme().conference.contact_email
    send_feedback(
        message.text,
        message.email,
        ip_address=request.remote_addr,
        organisers=contact or current_app.config["MAIL_DEFAULT_SENDER"],
    )


def _language_code() -> str:
    return languages.current().code


def _list_content_pages() -> list[content.ContentPage]:
    return list(
        content.list_pages(
            get_content_folder(), _language_code(), languages.url_prefix(_language_code())
        )
    )

"""The preview of a group email, as each recipient gets it."""

from dataclasses import replace

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.admin.mailings.views import breadcrumbs
from app.admin_emails.previews import FRAME_POLICY, PREVIEW_POLICY, PreviewFrame
from app.errors import NotFound, RuleViolation
from app.forms.form import ConfirmForm
from app.mailings import audiences, message, queries, recipient_queries
from app.mailings.audiences import Candidate
from app.mailings.models import Mailing
from app.web import languages
from app.web.rendering import render_page

bp = Blueprint("preview", __name__, url_prefix="/<int:number>/preview")


@bp.get("")
def show(number: int) -> ResponseReturnValue:
    """Show the email to one of the people, with links to the previous and next."""
    mailing = queries.get_mailing(number)
    chosen = queries.select_people(mailing)
    place = recipient_queries.find_neighbours(chosen, request.args.get("person", ""))
    if place is None:
        raise RuleViolation("Nobody would get this email, so there is no preview")
    candidate = _load(mailing, place.person)
    row = queries.get_own(mailing, candidate.person)
    values = {**candidate.values, **message.own_values(row)}
    audience = audiences.get_audience(mailing.audience)
    response = render_page(
        "admin/mailings/preview.html",
        mailing=mailing,
        candidate=candidate,
        place=place,
        count=chosen.count,
        email=message.render(mailing, audience, candidate, row),
        empty=message.find_empty(mailing, candidate.language, values),
        text_language=_name_text(mailing, candidate.language),
        shown=_build_frame(mailing, candidate),
        breadcrumbs=breadcrumbs(mailing),
        form=ConfirmForm(),
    )
    response.headers["Content-Security-Policy"] = PREVIEW_POLICY
    return response


def _name_text(mailing: Mailing, language: str) -> str:
    """Return the name of the text that a person gets, if there are several."""
    if len(mailing.texts) == 1:
        return ""
    code = message.find_language(mailing, language)
    return languages.describe(code).name if code else gettext("Default text")


@bp.get("/html")
def show_html(number: int) -> ResponseReturnValue:
    """Return the HTML of the email to one person, for the frame."""
    mailing = queries.get_mailing(number)
    candidate = _load(mailing, request.args.get("person", ""))
    row = queries.get_own(mailing, candidate.person)
    audience = audiences.get_audience(mailing.audience)
    html = message.render(mailing, audience, candidate, row).html
    response = Response(_build_frame(mailing, candidate).set_colours(html))
    response.headers["Content-Security-Policy"] = FRAME_POLICY
    return response


def _build_frame(mailing: Mailing, candidate: Candidate) -> PreviewFrame:
    args = {"number": mailing.id, "person": candidate.person}
    return PreviewFrame(".show", ".show_html", args)


def _load(mailing: Mailing, person: str) -> Candidate:
    """Return a person with their placeholder values."""
    audience = audiences.get_audience(mailing.audience)
    found = audience.load([person], mailing.query).get(person)
    if found is None:
        raise NotFound("There is no such recipient")
    return replace(found, values=message.hide_secrets(found.values, audience))

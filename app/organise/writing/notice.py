"""The urgent notice: write it, let it begin and end, take it down."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import clock
from app.content import notices
from app.content.models import NOTICE
from app.content.services import Stale
from app.content.views import folder
from app.errors import Refused
from app.forms import checks_its_own_token
from app.history import queries as history
from app.organise import done
from app.organise.edited import EditForm, who
from app.organise.writing import opened
from app.organise.writing.forms import NoticeForm
from app.organise.writing.opened import Text
from app.web.pages import page


def attach(pages: Blueprint) -> None:
    """Put these addresses on the part."""
    pages.add_url_rule("/notice", view_func=notice)
    pages.add_url_rule("/notice/write", view_func=write_notice, methods=["GET", "POST"])
    pages.add_url_rule("/notice/remove", view_func=remove_notice, methods=["POST"])


def notice() -> ResponseReturnValue:
    """Show the notice that stands or waits."""
    return _shown(200)


def _shown(status: int, **late: Any) -> ResponseReturnValue:
    text = opened.notice()
    form = EditForm(formdata=None)
    form.version.data = str(text.seen)
    return page(
        "organise/writing/notice.html",
        status,
        text=text,
        present=notices.present(text.writings),
        standing=text.writings.notice(clock.now()),
        form=form,
        entries=history.newest_about(NOTICE),
        **late,
    )


@checks_its_own_token
def write_notice() -> ResponseReturnValue:
    """Write a notice in place of any other, or look at how it would stand."""
    form = NoticeForm()
    if not form.is_submitted():
        _begin(form, opened.notice())
        return _asked(form, 200)
    if not form.validate():
        return _asked(form, 422)
    if "preview" in request.form:
        return _asked(form, 200, preview=form.words.data)
    try:
        notices.put_up(folder(), form.wording(), seen=form.seen, who=who())
    except Stale as stale:
        form.version.data = str(stale.version)
        return _asked(form, 409, stale=stale)
    except Refused as refusal:
        form.reject(form.ends, refusal)
        return _asked(form, 422)
    return redirect(done.at(url_for(".notice"), "notice-written"), 303)


def _asked(form: NoticeForm, status: int, **seen: Any) -> ResponseReturnValue:
    trail = [(gettext("Urgent notice"), url_for(".notice"))]
    return page("organise/writing/write_notice.html", status, form=form, trail=trail, **seen)


def remove_notice() -> ResponseReturnValue:
    """Take the notice down, unless another has taken its place meanwhile."""
    try:
        notices.take_down(folder(), seen=EditForm().seen, who=who())
    except Stale as stale:
        return _shown(409, stale=stale)
    return redirect(done.at(url_for(".notice"), "notice-removed"), 303)


def _begin(form: NoticeForm, text: Text) -> None:
    """Let the notice stand in the form that is there already, or an old one that was asked for."""
    now = clock.now()
    begins = opened.asked_for(text) or notices.present(text.writings)
    form.version.data = str(text.seen)
    if begins is not None:
        form.words.data = begins.title
        form.appears.show(None if begins.has_come(now) else begins.appears_at)
        form.ends.show(None if begins.is_over(now) else begins.ends_at)

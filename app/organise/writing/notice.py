"""The urgent notice: write it, let it begin and end, take it down."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import clock
from app.content import notices
from app.content.models import Notice
from app.content.notices import Replaced
from app.errors import Refused
from app.forms import ButtonForm, checks_its_own_token
from app.history import queries as history
from app.organise import done
from app.organise.edited import who
from app.organise.writing.forms import NoticeForm
from app.web.pages import page


def attach(pages: Blueprint) -> None:
    """Put these addresses on the part."""
    pages.add_url_rule("/notice", view_func=notice)
    pages.add_url_rule("/notice/write", view_func=write_notice, methods=["GET", "POST"])
    pages.add_url_rule("/notice/remove", view_func=remove_notice, methods=["POST"])


def notice() -> ResponseReturnValue:
    """Show the notice that stands or waits."""
    present = notices.present()
    return page(
        "organise/writing/notice.html",
        present=present,
        stands=present is not None and present.appears_at <= clock.now(),
        press=ButtonForm(),
        entries=history.newest_about("notice"),
    )


@checks_its_own_token
def write_notice() -> ResponseReturnValue:
    """Write a notice in place of any other, or look at how it would stand."""
    form = NoticeForm()
    if not form.is_submitted():
        _begin(form, notices.present())
        return _asked(form, 200)
    if not form.validate():
        return _asked(form, 422)
    if "preview" in request.form:
        return _asked(form, 200, preview=form.words.data)
    try:
        notices.put_up(form.wanted(), saw=form.seen.data or "", who=who())
    except Replaced as replaced:
        form.seen.data = replaced.seen
        return _asked(form, 409, stale=replaced)
    except Refused as refusal:
        form.reject(form.ends, refusal)
        return _asked(form, 422)
    return redirect(done.at(url_for(".notice"), "notice-written"), 303)


def _asked(form: NoticeForm, status: int, **seen: Any) -> ResponseReturnValue:
    trail = [(gettext("Urgent notice"), url_for(".notice"))]
    return page("organise/writing/write_notice.html", status, form=form, trail=trail, **seen)


def remove_notice() -> ResponseReturnValue:
    """Take the notice down."""
    notices.take_down(who())
    return redirect(done.at(url_for(".notice"), "notice-removed"), 303)


def _begin(form: NoticeForm, present: Notice | None) -> None:
    """Let the notice stand in the form that is there already."""
    form.seen.data = notices.seen(present)
    if present is not None:
        form.words.data = present.words
        form.appears.show(present.appears_at if present.appears_at > clock.now() else None)
        form.ends.show(present.ends_at)

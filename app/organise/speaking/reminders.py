"""Reminders that go by themselves: when, to whom, with which words, and holding them back."""

from collections.abc import Callable, Collection, Sequence
from itertools import groupby

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.forms import ButtonForm
from app.organise import done, edited
from app.speakers import mailing, reminding
from app.speakers.reminding import Planned
from app.web.pages import page

pages = Blueprint("reminders", __name__, url_prefix="/reminders")


@pages.get("")
def shown() -> ResponseReturnValue:
    """Show what goes by itself, and the words of one letter."""
    look = reminding.look()
    goes = [one for one in look.planned if not one.is_held]
    read = _read(look.planned)
    return page(
        "organise/speaking/reminders.html",
        look=look,
        groups=[(at, list(rows)) for at, rows in groupby(goes, lambda one: one.row.goes_at)],
        held=[one for one in look.planned if one.is_held],
        read=read,
        wording=read and mailing.preview(mailing.reminder_to(read.reader), read.reader),
        form=ButtonForm(),
    )


@pages.post("/hold")
def hold() -> ResponseReturnValue:
    """Hold some back."""
    return _changed(reminding.hold_back, "reminders-held")


@pages.post("/let-go")
def let_go() -> ResponseReturnValue:
    """Let some go after all."""
    return _changed(reminding.let_go, "reminders-go")


def _read(planned: Sequence[Planned]) -> Planned | None:
    """Give the reminder whose words are shown: the one that was asked for, else the first."""
    asked = request.args.get("to", "")
    chosen = (one for one in planned if str(one.row.id) == asked)
    return next(chosen, planned[0] if planned else None)


def _changed(deed: Callable[..., None], what: str) -> ResponseReturnValue:
    """Do it to those that were ticked, or to all that the page showed."""
    numbers = _numbers("shown" if request.form.get("all") else "chosen")
    deed(numbers, who=edited.who())
    return redirect(done.at(url_for(".shown"), what if numbers else "nobody-ticked"), 303)


def _numbers(name: str) -> Collection[int]:
    return {int(one) for one in request.form.getlist(name) if one.isascii() and one.isdigit()}

"""What can be done with several rows of a list at once: ask first, then do it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from flask import redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from app.accounts import onward
from app.forms import ButtonForm
from app.organise import done, edited
from app.organise.lists import Listing
from app.web.pages import page

Thing = TypeVar("Thing")


def stand_so_already(count: int) -> str:
    """Say how many of the ticked things a deed would leave as they are."""
    told = ngettext(
        "%(num)s of those you ticked stands so already and stays as it is.",
        "%(num)s of those you ticked stand so already and stay as they are.",
        count,
    )
    return str(told)


@dataclass(frozen=True)
class Deed(Generic[Thing]):
    """What can be done with several things: its button, the question, the news."""

    name: str
    button: str
    ask: Callable[[int], str]
    done: str
    is_news_for: Callable[[Thing], bool]
    do: Callable[..., Any]
    agree: str = ""  # the button of the question, where it is another
    left: Callable[[int], str] = stand_so_already  # said of those for which it is none
    warning: str = ""  # what comes of it, where that is more than the question tells
    chosen: Mapping[str, str] = field(default_factory=dict)  # with it, by the names of fields


def asked(deed: Deed[Any], things: Iterable[Any], back: str) -> ResponseReturnValue:
    """Ask before something is done with several things, or do it once that has been answered."""
    things = list(things)
    affected = [thing for thing in things if deed.is_news_for(thing)]
    if affected and request.form.get("sure"):
        for thing in affected:
            deed.do(thing, who=edited.who())
        return redirect(done.at(back, deed.done), 303)
    return page(
        "organise/several.html",
        deed=deed,
        affected=affected,
        others=len(things) - len(affected),
        back=back,
        form=ButtonForm(),
    )


def back(otherwise: str) -> str:
    """Give the address of the list in which the rows were ticked."""
    return onward.local(request.form.get("back", "")) or done.where_pressed(otherwise)


def none_ticked(
    template: str, listing: Listing[Any], endpoint: str, refusal: str, **shown: Any
) -> ResponseReturnValue:
    """Show a list once more, and what has to be ticked or chosen in it first."""
    form = ButtonForm()
    form.form_errors = [refusal]
    here = replace(listing, endpoint=endpoint)
    return page(template, 422, listing=here, form=form, **shown)

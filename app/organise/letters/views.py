"""Letters: what became of each, and sending it again."""

from datetime import timedelta

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_babel import gettext

from app.errors import NotFound
from app.forms import ButtonForm
from app.history import queries as history
from app.mail import listed as letters
from app.mail import queries as mail
from app.mail import reading
from app.mail.models import Letter
from app.organise import done, lists
from app.organise.edited import who
from app.organise.letters import kinds
from app.organise.lists import Filter, Listing
from app.registration.desk import letters as desk
from app.registration.desk import queries as delegates
from app.registration.models import Delegate
from app.web.pages import page

pages = Blueprint("letters", __name__, url_prefix="/letters")

AGES = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
}


@pages.get("")
def listed() -> ResponseReturnValue:
    filters = _filters()
    asked = lists.asked(filters, letters.SORTS)
    wanted = letters.Wanted(
        words=asked.search,
        state=asked.choice("state"),
        kind=asked.choice("kind"),
        younger_than=AGES.get(asked.choice("age")),
    )
    rows = letters.listed(
        wanted,
        asked.sort,
        is_reversed=asked.is_reversed,
        offset=asked.offset,
        limit=lists.PAGE_SIZE,
    )
    return page(
        "organise/letters/listed.html",
        listing=Listing(rows, letters.count(wanted), asked, filters),
        kind_name=kinds.named,
        is_slow=letters.is_slow,
    )


@pages.get("/<int:number>")
def shown(number: int) -> ResponseReturnValue:
    letter = mail.letter(number)
    return page(
        "organise/letters/shown.html",
        letter=letter,
        text=reading.text(letter),
        kind=kinds.named(letter.name),
        is_slow=letters.is_slow(letter),
        delegate=_delegate(letter),
        again=desk.way_to_send_again(letter),
        past=history.newest_about(desk.subject(letter)),
        form=ButtonForm(),
    )


@pages.post("/<int:number>/again")
def again(number: int) -> ResponseReturnValue:
    sent = desk.send_again(mail.letter(number), who=who())
    address = url_for(".shown", number=sent.id)
    return Response(status=303, headers={"Location": done.at(address, "letter-again")})


def _delegate(letter: Letter) -> Delegate | None:
    try:
        return delegates.delegate(letter.about) if letter.about else None
    except NotFound:
        return None


def _filters() -> tuple[Filter, ...]:
    return (
        Filter(
            "state",
            gettext("State"),
            [
                ("failed", gettext("Not delivered")),
                ("slow", gettext("Waiting too long")),
                ("waiting", gettext("Waiting")),
                ("sent", gettext("Sent")),
            ],
        ),
        Filter("kind", gettext("Kind"), kinds.listed()),
        Filter(
            "age",
            gettext("Written"),
            [
                ("hour", gettext("In the last hour")),
                ("day", gettext("In the last day")),
                ("week", gettext("In the last 7 days")),
                ("month", gettext("In the last 30 days")),
            ],
        ),
    )

"""Opening a rehearsal, and what its address answers to whom it is not opened."""

import re
from datetime import datetime
from typing import cast

from flask import Blueprint, Flask, redirect, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from app import clock
from app.accounts import guards
from app.errors import NotFound
from app.lens import Lens
from app.programme.reading import moments
from app.web.headers import keep_addresses
from app.web.lenses import offer
from app.web.words import zone

ASKED = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2})(,full)?")

pages = Blueprint("rehearsed", __name__)
keep_addresses(pages)


@pages.record_once
def _offer(state: BlueprintSetupState) -> None:
    offer(cast(Flask, state.app), "rehearsal", through)


def through(asked: str, prefix: str) -> Lens | None:
    """Give the lens of a moment, to those who run the conference."""
    if guards.require_a_part() is not None:
        return None
    moment, is_full = _read(asked)
    is_past = moment < clock.now()
    return Lens("rehearsal", prefix, moment=moment, is_full=is_full, is_past=is_past)


@pages.get("/rehearsal/<moment>")
@pages.get("/rehearsal/<moment>/<path:rest>")
def closed(moment: str, rest: str = "") -> ResponseReturnValue:
    """Lead to the sign-in page and back, or say why nothing is shown."""
    answer = guards.require_a_part()
    if answer is not None:
        return answer
    _read(moment)
    return redirect(f"{request.script_root}/rehearsal/{moment}/{rest}", 303)


def _read(asked: str) -> tuple[datetime, bool]:
    """Read a moment from an address: 2008-11-06T09:15, by the conference's own clocks."""
    found = ASKED.fullmatch(asked)
    moment = moments.moment(found[1], zone()) if found else None
    if found is None or moment is None:
        raise NotFound("There is no moment at this address. Choose one in the back office")
    return moment, found[2] is not None

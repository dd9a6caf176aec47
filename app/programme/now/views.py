"""What is on now and next, for people on their way and for a screen in the foyer."""

from flask import Blueprint, make_response
from flask.typing import ResponseReturnValue

from app import clock
from app.programme import releases, zones
from app.programme.now import present
from app.web import variants
from app.web.pages import page
from app.web.public import of_this_moment, public, true_until
from app.web.variants import answers, one_of

REFRESH = "30"  # seconds after which the screen asks again; mostly it hears that nothing changed
MANY, SOME = 12, 6  # rooms, from which on the screen sets them smaller

pages = Blueprint("now", __name__)


@pages.get("/now")
@public
@answers(display=one_of("1"), zone=zones.read)
def shown() -> ResponseReturnValue:
    programme = releases.current()
    now = clock.now()
    found = present.at(programme, now)
    true_until(found.until)
    of_this_moment()
    if variants.asked("display"):
        return _on_a_screen(found)
    clocks = zones.clocks(programme.conference)
    return page("programme/now.html", clocks.status, present=found, clocks=clocks, trail=[])


def _on_a_screen(found: present.Present) -> ResponseReturnValue:
    """Set it large, and let the screen come back by itself; nobody acts on that page."""
    rooms = len(found.rooms or found.next)
    size = "many" if rooms > MANY else "some" if rooms > SOME else "few"
    answer = make_response(page("programme/now_on_a_screen.html", present=found, size=size))
    answer.headers["Refresh"] = REFRESH
    return answer

"""What a visitor meets inside a lens: a banner on every page, and no way to do anything.

Only GET and HEAD are answered, and only where nothing personal is shown (``shown_inside``).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Flask, current_app, request
from flask.wrappers import Response

from app import clock, lens
from app.lens import Lens
from app.web import languages
from app.web.lenses import is_shown_inside
from app.web.pages import page
from app.web.words import zone

LOOKING = frozenset({"GET", "HEAD"})
AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Banner:
    """What stands above every page inside: what is seen, and where one can go from here."""

    lens: Lens
    same_page: str  # as it is outside

    @property
    def moment(self) -> datetime | None:
        """The moment of a rehearsal."""
        return self.lens.moment

    @property
    def earlier(self) -> str:
        """The same page an hour earlier."""
        return self._at(-AN_HOUR)

    @property
    def later(self) -> str:
        """The same page an hour later."""
        return self._at(AN_HOUR)

    def _at(self, distance: timedelta) -> str:
        root = languages.own_root(languages.of_this_request())
        moment = clock.now() + distance
        return f"{root}{rehearsed_at(moment, is_full=self.lens.is_full)}{_asked()}"


def rehearsed_at(moment: datetime, *, is_full: bool) -> str:
    """Give the prefix of a rehearsal: /rehearsal/2008-11-06T09:15, with ``,full`` behind it."""
    local = moment.astimezone(zone()).strftime("%Y-%m-%dT%H:%M")
    return f"/rehearsal/{local}{',full' if is_full else ''}"


def attach(app: Flask) -> None:
    """Keep whoever looks through a lens to looking, and say on every page what is seen."""
    app.before_request(_only_look)
    app.context_processor(lambda: {"banner": _banner()})
    app.add_template_global(outside)


def outside(endpoint: str, **values: str) -> str:
    """Give the address of a page outside the lens, in the language of the moment."""
    adapter = current_app.url_map.bind("", script_name=languages.own_root(_spoken()) + "/")
    return adapter.build(endpoint, values)


def _only_look() -> Response | None:
    if lens.current() is None:
        return None
    if request.method not in LOOKING:
        answer = page("lens/nothing_written.html", 405)
        answer.headers["Allow"] = ", ".join(sorted(LOOKING))
        return answer
    view = current_app.view_functions.get(request.endpoint or "")
    return None if view is None or is_shown_inside(view) else page("lens/elsewhere.html", 404)


def _banner() -> Banner | None:
    seen = lens.current()
    return None if seen is None else Banner(seen, languages.own_root(_spoken()) + _asked())


def _spoken() -> str:
    return languages.of_this_request()


def _asked() -> str:
    return request.full_path.rstrip("?")

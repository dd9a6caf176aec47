"""A user's display options for admin lists: dense or spacious, and which columns.

They are stored in a cookie that is sent only to the admin area, so that public pages stay the same
for everyone. The cookie holds the density, the zoom of the schedule board and the hidden columns of
each list.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import current_app, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from app.web import languages, redirects

COOKIE = "admin_view"
A_YEAR = 365 * 24 * 60 * 60  # seconds
MAX_COOKIE_LENGTH = 1000  # characters
MAX_NAMES = 20  # lists in the cookie, and columns of each
NAME = re.compile(r"[a-z_]{1,20}")
COMPACT, ROOMY = "compact", "roomy"
HIDE_PARAM = "hide"  # the query parameter: hidden columns of a saved view
NONE_HIDDEN = "none"  # not the name of any column
MEDIUM = "medium"
ZOOM_LEVELS = ("small", MEDIUM, "large")
DENSITY, ZOOM = "density", "zoom"  # keys of the cookie, not the names of lists


@dataclass(frozen=True)
class ViewOptions:
    """The density of lists, and the hidden columns of each list by its name."""

    density: str = ROOMY
    hidden: Mapping[str, Sequence[str]] = field(default_factory=dict)
    zoom: str = MEDIUM

    @property
    def is_compact(self) -> bool:
        """Return True for dense lists."""
        return self.density == COMPACT

    @property
    def list_name(self) -> str:
        """Return the name of this request's list, under which its columns are stored."""
        return (request.blueprint or "").rpartition(".")[2]

    def list_hidden(self, by_default: Sequence[str] = ()) -> Sequence[str]:
        """List the names of this list's hidden columns.

        Those of a saved view are in the URL, and take precedence over the cookie.
        """
        if named := request.args.get(HIDE_PARAM, ""):
            return _valid_names(named.split("."))
        return self.hidden.get(self.list_name, by_default)

    def css_classes(
        self, columns: Sequence[tuple[str, str]], by_default: Sequence[str], first: int
    ) -> str:
        """Return the classes that hide columns of a table; ``first`` is the number of the first."""
        hidden = self.list_hidden(by_default)
        numbers = (number for number, (name, _) in enumerate(columns, first) if name in hidden)
        return "".join(f" hides-{number}" for number in numbers)

    def hide_param(self, by_default: Sequence[str] = ()) -> str:
        """Return the hidden columns as a value for the URL."""
        return ".".join(self.list_hidden(by_default)) or NONE_HIDDEN

    def to_cookie(self) -> str:
        """Return the value of the cookie."""
        lists = {name: ".".join(columns) for name, columns in self.hidden.items()}
        zoom = {} if self.zoom == MEDIUM else {ZOOM: self.zoom}
        return urlencode({DENSITY: self.density, **zoom, **lists})[:MAX_COOKIE_LENGTH]


def read_view_options() -> ViewOptions:
    """Parse the cookie of this request; invalid values are left out."""
    pairs = parse_qsl(request.cookies.get(COOKIE, "")[:MAX_COOKIE_LENGTH], keep_blank_values=True)
    values = {name: value for name, value in pairs[:MAX_NAMES] if NAME.fullmatch(name)}
    density, zoom = values.pop(DENSITY, ROOMY), values.pop(ZOOM, MEDIUM)
    hidden = {name: _valid_names(value.split(".")) for name, value in values.items()}
    return ViewOptions(
        COMPACT if density == COMPACT else ROOMY, hidden, zoom if zoom in ZOOM_LEVELS else MEDIUM
    )


def save() -> ResponseReturnValue:
    """Store the density and the columns of one list, and redirect back to it."""
    options = read_view_options()
    hidden = dict(options.hidden)
    list_name = request.form.get("list", "")
    if NAME.fullmatch(list_name) and list_name not in {DENSITY, ZOOM}:
        shown_columns = request.form.getlist("column")
        known = _valid_names(request.form.getlist("known"))
        hidden[list_name] = [name for name in known if name not in shown_columns]
    density = COMPACT if request.form.get(DENSITY) == COMPACT else ROOMY
    answer = redirect(_without_columns(redirects.referrer_or(url_for("admin.home"))), 303)
    remember(answer, replace(options, density=density, hidden=hidden))
    return answer


def remember(answer: Response, options: ViewOptions) -> None:
    """Store the options in the cookie of a response."""
    for code in languages.list_codes():  # each has its own path
        answer.set_cookie(
            COOKIE,
            options.to_cookie(),
            max_age=A_YEAR,
            path=f"{languages.language_prefix(code)}/organise",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )


def _without_columns(url: str) -> str:
    """Return a URL without the columns of a saved view, because others have just been chosen."""
    parts = urlsplit(url)
    rest = [pair for pair in parse_qsl(parts.query) if pair[0] != HIDE_PARAM]
    return parts._replace(query=urlencode(rest)).geturl()


def _valid_names(names: Sequence[str]) -> Sequence[str]:
    return [name for name in names[:MAX_NAMES] if NAME.fullmatch(name)]

"""How somebody likes to see the lists of admin: dense or roomy, and with which columns.

It is remembered in a cookie that is sent only to admin, so that public pages stay the same for
everyone. The cookie holds the density and, for each list, the columns that are hidden.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from flask import current_app, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.utils import redirect

from app.web import languages, redirects

COOKIE = "admin_view"
A_YEAR = 365 * 24 * 60 * 60  # seconds
MAX_COOKIE_LENGTH = 1000  # characters
MAX_NAMES = 20  # lists in the cookie, and columns of each
NAME = re.compile(r"[a-z_]{1,20}")
COMPACT, ROOMY = "compact", "roomy"
DENSITY = "density"  # a key of the cookie; no list is called so


@dataclass(frozen=True)
class ViewOptions:
    """The density of lists, and the hidden columns of each list by its name."""

    density: str = ROOMY
    hidden: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def is_compact(self) -> bool:
        """Return True if more rows should fit on the screen."""
        return self.density == COMPACT

    @property
    def list_name(self) -> str:
        """Return the name of the list of this request, under which its columns are kept."""
        return (request.blueprint or "").rpartition(".")[2]

    def list_hidden(self, by_default: Sequence[str] = ()) -> Sequence[str]:
        """Return the names of the columns of this list that are not shown."""
        return self.hidden.get(self.list_name, by_default)

    def css_classes(
        self, columns: Sequence[tuple[str, str]], by_default: Sequence[str], first: int
    ) -> str:
        """Return the classes that hide columns of a table; ``first`` is the number of the first."""
        hidden = self.list_hidden(by_default)
        numbers = (number for number, (name, _) in enumerate(columns, first) if name in hidden)
        return "".join(f" hides-{number}" for number in numbers)

    def to_cookie(self) -> str:
        """Return the value of the cookie."""
        lists = {name: ".".join(columns) for name, columns in self.hidden.items()}
        return urlencode({DENSITY: self.density, **lists})[:MAX_COOKIE_LENGTH]


def read_view_options() -> ViewOptions:
    """Return what the cookie of this request says; whatever is not valid is left out."""
    pairs = parse_qsl(request.cookies.get(COOKIE, "")[:MAX_COOKIE_LENGTH], keep_blank_values=True)
    values = {name: value for name, value in pairs[:MAX_NAMES] if NAME.fullmatch(name)}
    density = values.pop(DENSITY, ROOMY)
    hidden = {name: _valid_names(value.split(".")) for name, value in values.items()}
    return ViewOptions(COMPACT if density == COMPACT else ROOMY, hidden)


def save() -> ResponseReturnValue:
    """Remember the density and the columns of one list, and go back to it."""
    options = read_view_options()
    hidden = dict(options.hidden)
    if NAME.fullmatch(list_name := request.form.get("list", "")) and list_name != DENSITY:
        shown = request.form.getlist("column")
        known = _valid_names(request.form.getlist("known"))
        hidden[list_name] = [name for name in known if name not in shown]
    density = COMPACT if request.form.get(DENSITY) == COMPACT else ROOMY
    answer = redirect(redirects.referrer_or(url_for("admin.home")), 303)
    for code in languages.list_codes():  # each has an address of its own
        answer.set_cookie(
            COOKIE,
            ViewOptions(density, hidden).to_cookie(),
            max_age=A_YEAR,
            path=f"{languages.language_prefix(code)}/organise",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
    return answer


def _valid_names(names: Sequence[str]) -> Sequence[str]:
    return [name for name in names[:MAX_NAMES] if NAME.fullmatch(name)]

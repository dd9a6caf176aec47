"""What changed between releases, and the programme as it was in each."""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import lens
from app.programme import releases
from app.programme.following import queries, shown
from app.programme.publishing import told
from app.web.pages import absolute_url, page
from app.web.public import public

PAGE_SIZE = 10  # releases
HIGHEST = 2**31 - 1  # number that a release can have
A_RELEASE = f"<int(min=1, max={HIGHEST}):number>"

pages = Blueprint("following", __name__)


@pages.get("/changes")
@public
def changes() -> ResponseReturnValue:
    past, present = queries.past(), releases.current()
    last = max(1, -(-len(past.showings) // PAGE_SIZE))
    number = min(_page_number(request.args.get("page", "")), last)
    some = past.showings[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    return page(
        "programme/changes.html",
        changes=[shown.change(one, present, shown.MOST_IN_A_LIST) for one in some],
        now=past.showings[0] if past.showings else None,
        number=number,
        last=last,
        trail=[],
    )


@pages.get(f"/changes/{A_RELEASE}")
@public
def change(number: int) -> ResponseReturnValue:
    past, present = queries.past(), releases.current()
    first, *others = (shown.change(one, present) for one in past.of(number))
    before, after = past.around(number)
    return page(
        "programme/change.html",
        change=first,
        again=others,
        before=before,
        after=after,
        trail=_beneath_changes(),
    )


@pages.get(f"/releases/{A_RELEASE}")
@public
def earlier(number: int) -> ResponseReturnValue:
    return page(
        "programme/earlier.html",
        programme=queries.earlier(number),
        present=releases.current(),
        **_found_at(absolute_url("programme.whole")),
        trail=_beneath_changes(),
    )


@pages.get(f"/releases/{A_RELEASE}/sessions/<slug>")
@public
def earlier_session(number: int, slug: str) -> ResponseReturnValue:
    programme, present = queries.earlier(number), releases.current()
    found = programme.session(slug)
    now = present.session_slugs.get(found.key)
    return page(
        "programme/earlier_session.html",
        session=found,
        programme=programme,
        when=told.when(found),
        now=now,
        **_found_at(
            absolute_url("programme.session", slug=now) if now else absolute_url("programme.whole")
        ),
        trail=[*_beneath_changes(), _named(number)],
    )


def _found_at(address: str) -> dict[str, Any]:
    """Tell search engines where the present is; through a lens there are none to tell."""
    return {} if lens.current() else {"canonical": address, "alternates": ()}


def _page_number(typed: str) -> int:
    is_number = typed.isascii() and typed.isdecimal() and len(typed) < 6
    return max(1, int(typed)) if is_number else 1


def _beneath_changes() -> list[tuple[str, str]]:
    return [(gettext("Changes"), url_for(".changes"))]


def _named(number: int) -> tuple[str, str]:
    name = gettext("Release %(number)s", number=number)
    return str(name), url_for(".earlier", number=number)

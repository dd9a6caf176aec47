"""The list of changes between releases, and the programme of each earlier release."""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import preview_mode
from app.releases import current_release, diff_text, timeline
from app.site import changelog
from app.text import parse_number
from app.web.cache_policy import cacheable
from app.web.rendering import absolute_url, render_page

PAGE_SIZE = 10  # releases
MAX_RELEASE_NUMBER = 2**31 - 1  # of a PostgreSQL integer
RELEASE_RULE = f"<int(min=1, max={MAX_RELEASE_NUMBER}):number>"

bp = Blueprint("changelog", __name__)


@bp.get("/changes")
@cacheable
def index() -> ResponseReturnValue:
    past, present = timeline.get_timeline(), current_release.get_programme()
    last = max(1, -(-len(past.entries) // PAGE_SIZE))
    number = min(_parse_page_number(request.args.get("page", "")), last)
    page_entries = past.entries[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    return render_page(
        "programme/changelog.html",
        changes=[
            changelog.build_changes(entry, present, changelog.MAX_ITEMS_IN_LIST)
            for entry in page_entries
        ],
        now=past.entries[0] if past.entries else None,
        number=number,
        last=last,
        breadcrumbs=[],
    )


@bp.get(f"/changes/{RELEASE_RULE}")
@cacheable
def show(number: int) -> ResponseReturnValue:
    past, present = timeline.get_timeline(), current_release.get_programme()
    first, *others = (changelog.build_changes(entry, present) for entry in past.get_entries(number))
    before, after = past.get_neighbours(number)
    return render_page(
        "programme/changelog_release.html",
        change=first,
        again=others,
        before=before,
        after=after,
        breadcrumbs=_changes_breadcrumbs(),
    )


@bp.get(f"/releases/{RELEASE_RULE}")
@cacheable
def release(number: int) -> ResponseReturnValue:
    return render_page(
        "programme/release.html",
        programme=timeline.get_earlier_programme(number),
        current=current_release.get_programme(),
        **_canonical_context(absolute_url("programme.whole")),
        breadcrumbs=_changes_breadcrumbs(),
    )


@bp.get(f"/releases/{RELEASE_RULE}/sessions/<slug>")
@cacheable
def release_session(number: int, slug: str) -> ResponseReturnValue:
    programme, present = timeline.get_earlier_programme(number), current_release.get_programme()
    found = programme.get_session(slug)
    now = present.session_slugs.get(found.key)
    return render_page(
        "programme/release_session.html",
        session=found,
        programme=programme,
        when=diff_text.describe_time(found),
        now=now,
        **_canonical_context(
            absolute_url("programme.session", slug=now) if now else absolute_url("programme.whole")
        ),
        breadcrumbs=[*_changes_breadcrumbs(), _release_crumb(number)],
    )


def _canonical_context(address: str) -> dict[str, Any]:
    """Return the canonical URL, that of the current programme; nothing in a preview."""
    return {} if preview_mode.current() else {"canonical": address, "alternates": ()}


def _parse_page_number(typed: str) -> int:
    return max(1, parse_number(typed, max_digits=5) or 1)


def _changes_breadcrumbs() -> list[tuple[str, str]]:
    return [(gettext("Changes"), url_for(".index"))]


def _release_crumb(number: int) -> tuple[str, str]:
    name = gettext("Release %(number)s", number=number)
    return str(name), url_for(".release", number=number)

"""Add several sessions to a room or a theme on one page, and undo that as a whole."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial, update_wrapper
from hashlib import sha256
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts import guards
from app.admin_kit import option_search
from app.admin_kit.bulk_actions import parse_versions
from app.admin_kit.listing import MAX_SELECTED
from app.admin_kit.option_search import MAX_LISTED
from app.errors import RuleViolation
from app.forms.form import ConfirmForm
from app.programme.clashes import Clash
from app.programme.editing import assignments, session_queries
from app.programme.editing import rooms_and_themes as editing
from app.programme.editing.rooms_and_themes import EntityT, OrderedKind
from app.text import parse_numbers
from app.web import redirects
from app.web.rendering import render_page

MAX_ID = 2**31 - 1  # of a PostgreSQL integer

redirects.MESSAGES["admin"] |= {
    "sessions-added": _l("The sessions have been added. Changes will be public when you publish."),
    "sessions-put-back": _l("Undone. The sessions are as they were before."),
}


def register(bp: Blueprint, kind: OrderedKind[EntityT]) -> None:
    """Add the pages to the blueprint of a kind."""
    views: Sequence[tuple[str, list[str], Callable[..., ResponseReturnValue]]] = (
        ("/<slug>/sessions", ["GET", "POST"], assign),
        ("/<slug>/sessions/undo", ["POST"], undo_assign),
    )
    for rule, methods, view in views:
        bound = update_wrapper(partial(view, kind), view)
        bp.add_url_rule(rule, view_func=bound, methods=methods)


def assign(kind: OrderedKind[EntityT], slug: str) -> ResponseReturnValue:
    item = editing.get_by_slug(kind, slug)
    chosen = parse_versions(request.form.getlist("chosen"))
    if request.method == "GET" or option_search.is_searching():
        return _render(kind, item, chosen)
    if not chosen:
        return _render(kind, item, chosen, error=gettext("Select at least one session"))
    found = assignments.find_new_clashes(item, session_queries.list_by_key(list(chosen)))
    if found and request.form.get("named") != _fingerprint(found):
        return _render(kind, item, chosen, clashes=found)
    try:
        entries = assignments.assign(kind, item, chosen, actor=guards.current_actor())
    except RuleViolation as refusal:
        return _render(kind, item, chosen, error=gettext(str(refusal)), status=409)
    url = url_for(".show", slug=slug, undo=".".join(map(str, entries)))
    return redirects.redirect_to(url, "sessions-added")


def undo_assign(kind: OrderedKind[EntityT], slug: str) -> ResponseReturnValue:
    item = editing.get_by_slug(kind, slug)
    entries = parse_entries(request.form.get("undo", ""))
    assignments.undo_all(entries, actor=guards.current_actor())
    return redirects.redirect_to(url_for(".show", slug=item.slug), "sessions-put-back")


def parse_entries(typed: str) -> Sequence[int]:
    """Return the numbers of history entries in “12.13.14”; none if they are not numbers."""
    parts = typed.split(".")[:MAX_SELECTED] if typed else []
    numbers = parse_numbers(parts)
    return numbers if len(numbers) == len(parts) else []


def _fingerprint(found: Sequence[Clash]) -> str:
    """Return a fingerprint of these clashes, so that only the ones shown are accepted."""
    text = "\n".join(
        sorted(f"{clash.session} {clash.other_session} {clash.reason}" for clash in found)
    )
    return sha256(text.encode()).hexdigest()


def _render(  # noqa: PLR0913 - what the page shows
    kind: OrderedKind[EntityT],
    item: EntityT,
    chosen: Mapping[str, int],
    *,
    clashes: Sequence[Clash] = (),
    error: str = "",
    status: int = 422,
) -> ResponseReturnValue:
    words = option_search.get_words()
    found = assignments.list_assignable(kind, item, words, MAX_LISTED + 1)
    selected = [
        session for session in session_queries.list_by_key(list(chosen)) if session not in found
    ]
    context: dict[str, Any] = {
        "kind": kind.name,
        "item": item,
        "words": words,
        "sessions": [*selected, *found[:MAX_LISTED]],
        "has_more": len(found) > MAX_LISTED,
        "chosen": chosen,
        "clashes": clashes,
        "named": _fingerprint(clashes) if clashes else "",
        "error": error,
        "form": ConfirmForm(),
        "back": url_for(".show", slug=item.slug),
        "breadcrumbs": [(item.name, url_for(".show", slug=item.slug))],
    }
    return render_page("admin/ordered/assign.html", status if clashes or error else 200, **context)

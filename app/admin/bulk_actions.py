"""Bulk actions on rows of a list, confirmed before they run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from app.accounts import guards
from app.forms.form import ConfirmForm
from app.web import redirects
from app.web.rendering import render_page

ItemT = TypeVar("ItemT")


def describe_unchanged(count: int) -> str:
    """Return the sentence about the selected items that an action does not change."""
    text = ngettext(
        "%(num)s of those you selected is like this already, so it will not change.",
        "%(num)s of those you selected are like this already, so they will not change.",
        count,
    )
    return str(text)


@dataclass(frozen=True)
class BulkAction(Generic[ItemT]):
    """An action on several items: its button, confirmation page and flash message."""

    name: str
    button: str
    question: Callable[[int], str]
    message_key: str
    applies_to: Callable[[ItemT], bool]
    run: Callable[..., Any]
    confirm_label: str = ""  # the button on the confirmation page; by default ``button``
    skipped_text: Callable[[int], str] = describe_unchanged  # for items it does not apply to
    warning: str = ""  # consequences that the question does not mention
    hidden_fields: Mapping[str, str] = field(default_factory=dict)  # sent with the confirmation


def confirm_or_run(
    actions: Mapping[str, BulkAction[Any]], items: Sequence[Any]
) -> ResponseReturnValue | None:
    """Render the confirmation page of the chosen action, or run it once it has been confirmed.

    Return None if no action or no item is chosen.
    """
    action = actions.get(request.form.get("action", ""))
    if action is None or not items:
        return None
    back_url = get_back_url()
    affected = [thing for thing in items if action.applies_to(thing)]
    if affected and request.form.get("sure"):
        for thing in affected:
            action.run(thing, actor=guards.current_actor())
        return redirects.redirect_to(back_url, action.message_key)
    return render_page(
        "admin/bulk.html",
        action=action,
        affected=affected,
        skipped_count=len(items) - len(affected),
        back=back_url,
        form=ConfirmForm(),
    )


def get_back_url() -> str:
    """Return the URL of the list in which the rows were selected."""
    back = redirects.safe_path_or_blank(request.form.get("back", ""))
    return back or redirects.referrer_or(url_for(".index"))

"""Bulk actions on rows of a list, confirmed before they run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from app.accounts import guards
from app.errors import RuleViolation
from app.forms.form import ConfirmForm, Form
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
    build_form: Callable[..., Form] = ConfirmForm  # what is asked before it runs
    read_form: Callable[[Any], Mapping[str, Any]] = lambda _: {}  # arguments of ``run`` from it
    template: str = "admin/bulk.html"
    runs_at_once: bool = False  # ``run`` is called once, with all items


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
    is_sure = bool(affected and request.form.get("sure"))
    form = action.build_form() if is_sure else action.build_form(formdata=None)
    if is_sure and _run(action, affected, form):
        return redirects.redirect_to(back_url, action.message_key)
    return render_page(
        action.template,
        422 if form.errors else 200,
        action=action,
        affected=affected,
        skipped_count=len(items) - len(affected),
        back=back_url,
        form=form,
    )


def _run(action: BulkAction[Any], items: Sequence[Any], form: Form) -> bool:
    """Run an action on all of these items; return False if it is refused, with the reason.

    The page is shown again with status 422, which undoes what was done until then.
    """
    if not form.validate_on_submit():
        return False
    try:
        for thing in [items] if action.runs_at_once else items:
            action.run(thing, actor=guards.current_actor(), **action.read_form(form))
    except RuleViolation as refusal:
        form.form_errors.append(gettext(str(refusal)))
    return not form.form_errors


def get_back_url() -> str:
    """Return the URL of the list in which the rows were selected."""
    back = redirects.safe_path_or_blank(request.form.get("back", ""))
    return back or redirects.referrer_or(url_for(".index"))

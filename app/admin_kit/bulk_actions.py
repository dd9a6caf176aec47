"""Bulk actions on rows of a list, confirmed before they run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from app.accounts import guards
from app.admin_kit.listing import MAX_SELECTED
from app.errors import Gone, RuleViolation
from app.forms.form import ConfirmForm, Form
from app.request_transaction import start_writing
from app.text import parse_number
from app.web import redirects
from app.web.rendering import render_page

ItemT = TypeVar("ItemT")
MAX_ATTEMPTS: Final = 3  # in each of which some rows had been deleted
TOO_MANY_GONE: Final = "Others are deleting what you selected. Check the list, then try again"


def describe_unchanged(count: int) -> str:
    """Return the sentence about the selected items that an action leaves unchanged."""
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
    read_form: Callable[[Any], Mapping[str, Any]] = lambda _: {}  # arguments of ``run``
    template: str = "admin/bulk.html"
    runs_at_once: bool = False  # ``run`` is called once, with all items
    commits_parts: bool = False  # ``run`` commits in batches, which stay done


class _Selection(Generic[ItemT]):
    """The selected rows as they are now; deleted ones have names if they were read before."""

    def __init__(
        self,
        action: BulkAction[ItemT],
        keys: Sequence[Any],
        find: Callable[[Sequence[Any]], Sequence[ItemT]],
    ) -> None:
        self._action, self._keys, self._find = action, keys, find
        self._names: dict[str, str] = {}
        self.read()

    def read(self) -> None:
        """Reload the rows."""
        found: Sequence[Any] = self._find(self._keys)
        names = {one.slug: str(one.name) for one in found}
        self._names |= names
        self.affected = [one for one in found if self._action.applies_to(one)]
        self.skipped_count = len(found) - len(self.affected)
        self.gone_count = len(set(self._keys)) - len(found)
        self.gone_names = [name for slug, name in self._names.items() if slug not in names]

    @property
    def open_count(self) -> int:
        """Return the number of rows that are still to be done, or have been deleted."""
        return len(self.affected) + self.gone_count


def confirm_or_run(
    actions: Mapping[str, BulkAction[Any]],
    selected: Sequence[Any],
    find: Callable[[Sequence[Any]], Sequence[Any]],
) -> ResponseReturnValue | None:
    """Render the confirmation page of the chosen action, or run it once it has been confirmed.

    ``find`` returns those of the selected rows that still exist; the others are skipped, and the
    page says so. Return None if no action or no row is chosen.
    """
    action = actions.get(request.form.get("action", ""))
    if action is None or not selected:
        return None
    back_url, selection = get_back_url(), _Selection(action, selected, find)
    is_sure = bool(selection.affected and request.form.get("sure"))
    form = action.build_form() if is_sure else action.build_form(formdata=None)
    is_done = is_sure and form.validate_on_submit() and _run(action, selection, form)
    if is_done and not selection.gone_count:
        return redirects.redirect_to(back_url, action.message_key)
    return render_page(
        "admin/bulk_gone.html" if is_done else action.template,
        action=action,
        selection=selection,
        back=back_url,
        form=form,
    )


def _run(action: BulkAction[ItemT], selection: _Selection[ItemT], form: Form) -> bool:
    """Run an action on all of these rows; return False with the reason if it is refused.

    The page is shown again with status 422, which rolls back what was done until then. If a row is
    deleted while the action waits for its lock, everything is rolled back and repeated for the
    others. What an action has already committed stays done, even if nothing is left to do.
    """
    before = selection.open_count
    for _ in range(MAX_ATTEMPTS):
        try:
            _run_once(action, selection.affected, form)
        except Gone:
            start_writing()
            selection.read()
        else:
            break
    else:
        raise Gone(TOO_MANY_GONE)
    is_partly_done = action.commits_parts and selection.open_count < before
    return bool(selection.affected or is_partly_done) and not form.form_errors


def _run_once(action: BulkAction[ItemT], affected: Sequence[ItemT], form: Form) -> None:
    try:
        for thing in [affected] if action.runs_at_once and affected else affected:
            action.run(thing, actor=guards.current_actor(), **action.read_form(form))
    except RuleViolation as refusal:
        form.form_errors.append(gettext(str(refusal)))


def get_back_url() -> str:
    """Return the URL of the list in which the rows were selected."""
    back = redirects.safe_path_or_blank(request.form.get("back", ""))
    return back or redirects.referrer_or(url_for(".index"))


def parse_versions(pairs: Sequence[str]) -> dict[str, int]:
    """Return the version of each row that was shown, from “3 opening” pairs."""
    split_pairs = [pair.partition(" ") for pair in pairs[:MAX_SELECTED]]
    versions = {key: parse_number(version) for version, _, key in split_pairs}
    return {key: one for key, one in versions.items() if one is not None}

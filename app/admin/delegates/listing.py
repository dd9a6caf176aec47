"""The list of delegates: bulk actions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from app.admin.delegates import filters
from app.admin.delegates.forms import (
    AddTagForm,
    CancelBookingForm,
    MoveToCategoryForm,
    RemoveTagForm,
)
from app.admin_kit.bulk_actions import BulkAction
from app.admin_kit.listing import MAX_SELECTED
from app.delegates import custom_questions
from app.delegates.categories import queries as categories
from app.delegates.models import Delegate
from app.errors import RuleViolation
from app.registration.desk import annotations, queries, services
from app.registration.seats import CategoryAwaited
from app.web import redirects

redirects.MESSAGES["admin"] |= {
    "delegates-written-to": _l("We are sending the emails."),
    "delegates-cancelled": _l(
        "The selected bookings have been cancelled. The places are now available to someone else."
    ),
    "delegates-moved": _l("The selected delegates have been moved to the category."),
    "delegates-tagged": _l("The tag has been added to the selected delegates."),
    "delegates-untagged": _l("The tag has been removed from the selected delegates."),
}


@dataclass(frozen=True)
class SelectedDelegate:
    """A selected row of the list, as bulk actions show it."""

    delegate: Delegate

    @property
    def name(self) -> str:
        """The name, with the reference of the booking."""
        return f"{self.delegate.full_name} ({self.delegate.reference})".lstrip()

    @property
    def slug(self) -> str:
        """Return what identifies the row in the form."""
        return self.delegate.reference


def list_references() -> Sequence[str]:
    """List the references of all delegates that the request selects, up to the limit."""
    list_query = filters.parse_request()
    conditions = filters.list_conditions(list_query)
    rows = queries.list_delegates(conditions, **list_query.first_window(MAX_SELECTED))
    return [row.reference for row in rows]


def find_selected(references: Sequence[str]) -> Sequence[SelectedDelegate]:
    """Return the delegates with these references, as bulk actions show them."""
    return [SelectedDelegate(delegate) for delegate in queries.list_by_reference(references)]


def build_actions() -> Mapping[str, BulkAction[SelectedDelegate]]:
    """Return the actions by name, in the order of their buttons."""
    found = (*_iter_email_actions(), *_iter_tag_actions(), *_iter_category_actions())
    return {action.name: action for action in found}


def _iter_email_actions() -> Iterator[BulkAction[SelectedDelegate]]:
    yield BulkAction(
        "resend",
        _l("Send confirmation again"),
        lambda num: ngettext("Email %(num)s delegate?", "Email %(num)s delegates?", num),
        "delegates-written-to",
        lambda one: not one.delegate.is_erased,
        lambda one, actor: services.send_status_again_once(one.delegate, actor=actor),
        confirm_label=_l("Send emails"),
        skipped_text=_describe_erased,
        warning=_l(
            "Each gets the current state of their booking, with a link to it. Anyone who has got "
            "this email in the last 5 minutes does not get it again."
        ),
    )
    yield BulkAction(
        "cancel",
        _l("Cancel booking"),
        lambda num: ngettext("Cancel %(num)s booking?", "Cancel %(num)s bookings?", num),
        "delegates-cancelled",
        lambda one: one.delegate.is_attending,
        _cancel_all,
        runs_at_once=True,
        confirm_label=_l("Cancel bookings"),
        warning=_l("The places will become available to someone else immediately."),
        build_form=CancelBookingForm,
        read_form=lambda form: {"notify": form.should_notify, "reason": form.reason.data or ""},
        template="admin/delegates/bulk.html",
    )


def _iter_tag_actions() -> Iterator[BulkAction[SelectedDelegate]]:
    yield BulkAction(
        "tag",
        _l("Add a tag"),
        lambda num: ngettext("Tag %(num)s delegate", "Tag %(num)s delegates", num),
        "delegates-tagged",
        lambda one: not one.delegate.is_erased,
        lambda chosen, actor, tag: annotations.add_tag_to_all(
            [one.delegate for one in chosen], tag, actor=actor
        ),
        runs_at_once=True,
        confirm_label=_l("Add tag"),
        skipped_text=_describe_erased,
        build_form=build_add_tag_form,
        read_form=lambda form: {"tag": str(form.tag.data)},
        template="admin/delegates/bulk.html",
    )
    yield BulkAction(
        "untag",
        _l("Remove a tag"),
        lambda num: ngettext(
            "Remove a tag from %(num)s delegate", "Remove a tag from %(num)s delegates", num
        ),
        "delegates-untagged",
        lambda one: not one.delegate.is_erased,
        lambda chosen, actor, tag: annotations.remove_tag_from_all(
            [one.delegate for one in chosen], tag, actor=actor
        ),
        runs_at_once=True,
        confirm_label=_l("Remove tag"),
        skipped_text=_describe_erased,
        build_form=_build_remove_tag_form,
        read_form=lambda form: {"tag": form.tag.data},
        template="admin/delegates/bulk.html",
    )


def _iter_category_actions() -> Iterator[BulkAction[SelectedDelegate]]:
    """Yield the action that moves delegates to a category, if there are categories."""
    if not categories.list_options():
        return
    yield BulkAction(
        "category",
        _l("Move to a category"),
        lambda num: ngettext(
            "Move %(num)s delegate to a category",
            "Move %(num)s delegates to a category",
            num,
        ),
        "delegates-moved",
        lambda one: one.delegate.is_attending,
        _move,
        runs_at_once=True,
        confirm_label=_l("Move"),
        skipped_text=_describe_cancelled,
        build_form=_build_move_form,
        read_form=lambda form: {
            "category_id": int(form.category.data),
            "notify": form.should_notify,
            "override_reason": form.reason.data or "",
        },
        template="admin/delegates/bulk.html",
        warning=_l(
            "Free places in a category are for the people who are waiting for it. If anyone is, "
            "you need a reason to give these delegates a place first."
        ),
    )


def _move(
    chosen: Sequence[SelectedDelegate],
    *,
    actor: str,
    category_id: int,
    notify: bool,
    override_reason: str,
) -> None:
    people = [selected.delegate for selected in chosen]
    try:
        services.move_all_to_category(
            people, category_id, actor=actor, notify=notify, override_reason=override_reason
        )
    except CategoryAwaited as refusal:
        hint = gettext("Enter a reason if these delegates are to have them first")
        raise RuleViolation(f"{gettext(str(refusal))}. {hint}") from refusal


def _build_move_form(**bound: Any) -> MoveToCategoryForm:
    form = MoveToCategoryForm(**bound)
    form.category.choices = [(str(option.id), option.name) for option in categories.list_options()]
    form.has_own_questions = any(question.categories for question in custom_questions.list_active())
    return form


def _describe_cancelled(count: int) -> str:
    return str(
        ngettext(
            "%(num)s of the bookings you selected is cancelled, so it will not change.",
            "%(num)s of the bookings you selected are cancelled, so they will not change.",
            count,
        )
    )


def build_add_tag_form(labels: Sequence[str] | None = None, **bound: Any) -> AddTagForm:
    """Return the form that asks for a tag; it offers those in use."""
    form = AddTagForm(**bound)
    form.labels = annotations.list_labels() if labels is None else labels
    return form


def _build_remove_tag_form(**bound: Any) -> RemoveTagForm:
    form = RemoveTagForm(**bound)
    form.tag.choices = [(label, label) for label in annotations.list_labels()]
    return form


def _cancel_all(
    chosen: Sequence[SelectedDelegate], *, actor: str, notify: bool, reason: str
) -> None:
    people = [selected.delegate for selected in chosen]
    services.cancel_all(people, actor=actor, notify=notify, reason=reason)


def _describe_erased(count: int) -> str:
    return str(
        ngettext(
            "The details of %(num)s of those you selected have been deleted.",
            "The details of %(num)s of those you selected have been deleted.",
            count,
        )
    )

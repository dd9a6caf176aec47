"""Bulk actions on requirement cases."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from app.admin_kit.bulk_actions import BulkAction
from app.registration.requirement_cases import labels, services
from app.registration.requirement_cases.queries import OpenedCase
from app.web import redirects

redirects.MESSAGES["admin"] |= {
    "access-arranged": _l("Marked as arranged. The delegates see it on their booking pages."),
}


@dataclass(frozen=True)
class SelectedCase:
    """A selected row of the list, as bulk actions show it."""

    opened: OpenedCase

    @property
    def name(self) -> str:
        """Return what is required, and by whom."""
        return f"{labels.name_requirement(self.opened)} ({self.opened.delegate.full_name})"

    @property
    def slug(self) -> str:
        """Return what identifies the row in the form."""
        return self.opened.row.key


def list_actions() -> Sequence[BulkAction[SelectedCase]]:
    """Return the actions, in the order of their buttons."""
    mark_arranged: BulkAction[SelectedCase] = BulkAction(
        "arranged",
        gettext("Mark as arranged"),
        lambda n: ngettext(
            "Mark %(num)s requirement as arranged?", "Mark %(num)s requirements as arranged?", n
        ),
        "access-arranged",
        lambda one: one.opened.can_be_marked,
        lambda one, actor: services.mark_arranged(one.opened, actor=actor),
        skipped_text=_describe_skipped,
    )
    return [mark_arranged]


def _describe_skipped(count: int) -> str:
    text = ngettext(
        "%(num)s of those you selected will not change: it is arranged already, or has a new reply "
        "to read first.",
        "%(num)s of those you selected will not change: they are arranged already, or have a new "
        "reply to read first.",
        count,
    )
    return str(text)

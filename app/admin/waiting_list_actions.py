"""Bulk actions on the waiting list: offer places, remove people."""

from collections.abc import Mapping, Sequence

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from app.admin_kit.bulk_actions import BulkAction
from app.admin_kit.listing import MAX_SELECTED, ListQuery, get_selected
from app.forms.fields import line_field
from app.forms.form import Form
from app.registration.waiting_list import manual_changes, queries
from app.registration.waiting_list.models import WaitingListEntry
from app.text import parse_numbers
from app.web import redirects

redirects.MESSAGES["admin"] |= {
    "waiting-offered-all": _l("We are emailing them the offers."),
    "waiting-removed-all": _l(
        "They are no longer on the waiting list. We are emailing them to say so."
    ),
}


class ReasonForm(Form):
    """Enter why a person is preferred."""

    reason = line_field(
        _l("Reason"),
        _l("The reason"),
        _l("Enter a reason"),
        description=_l("They can read it on their own page. Do not name anyone else"),
    )


class OfferForm(ReasonForm):
    """Offer a place before a person's turn."""

    adds_place = BooleanField(_l("If no place is free, add one for them"))


def list_selected(query: ListQuery) -> Sequence[int]:
    """List the numbers of the selected people."""

    def list_all() -> Sequence[str]:
        filter_values = (query.search, *map(query.get_filter, ("state", "list", "category")))
        rows, _ = queries.list_page(*filter_values, offset=0, limit=MAX_SELECTED)
        return [row.slug for row in rows]

    return parse_numbers(get_selected(list_all))


def build_actions() -> Mapping[str, BulkAction[WaitingListEntry]]:
    """Return the actions by name, in the order of their buttons."""
    return {action.name: action for action in (_build_offer(), _build_removal())}


def _build_offer() -> BulkAction[WaitingListEntry]:
    return BulkAction(
        "offer",
        gettext("Make offers now"),
        lambda n: ngettext(
            "Make %(num)s person an offer now?", "Make %(num)s people offers now?", n
        ),
        "waiting-offered-all",
        lambda one: one.is_waiting,
        manual_changes.offer_to_all,
        confirm_label=gettext("Make the offers"),
        skipped_text=_describe_offered,
        build_form=OfferForm,
        read_form=lambda form: {
            "reason": str(form.reason.data),
            "adds_place": bool(form.adds_place.data),
        },
        template="admin/waiting_list/offer_to_all.html",
        runs_at_once=True,
    )


def _build_removal() -> BulkAction[WaitingListEntry]:
    return BulkAction(
        "remove",
        gettext("Remove from the list"),
        lambda n: ngettext(
            "Remove %(num)s person from the waiting list?",
            "Remove %(num)s people from the waiting list?",
            n,
        ),
        "waiting-removed-all",
        lambda one: one.ended_at is None,
        manual_changes.remove_all,
        confirm_label=gettext("Remove"),
        skipped_text=_describe_ended,
        warning=gettext("We email each of them. An offer that they have goes to the next person."),
        runs_at_once=True,
    )


def _describe_offered(count: int) -> str:
    text: str = ngettext(
        "%(num)s person has an offer already, or is no longer waiting.",
        "%(num)s people have offers already, or are no longer waiting.",
        count,
    )
    return text


def _describe_ended(count: int) -> str:
    text: str = ngettext(
        "%(num)s person is no longer on the list.",
        "%(num)s people are no longer on the list.",
        count,
    )
    return text

"""Rooms of the working programme: what is specific to their list, form and bulk actions.

The views are those of every ordered list (``app/admin_kit/ordered_views.py``).
"""

from collections.abc import Mapping, Sequence

from flask import Blueprint, request
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField
from wtforms.validators import NumberRange, Optional

from app.admin_kit import ordered_listing, ordered_views
from app.admin_kit.bulk_actions import BulkAction
from app.admin_kit.edit_form import CheckboxesField, notes_field
from app.admin_kit.listing import ListFilter
from app.admin_kit.ordered_listing import RowFilter
from app.admin_kit.ordered_views import OrderedForm, OrderedSection
from app.forms.fields import editor_name_field, editor_text_field
from app.forms.validators import one_of_choices
from app.interchange.importers.rooms_and_themes import MAX_CAPACITY
from app.programme import queries
from app.programme.editing import rooms_and_themes
from app.programme.editing.rooms_and_themes import ROOMS
from app.programme.fields.rooms_and_themes import ROOM_LABELS
from app.programme.labels import FEATURES, feature_name
from app.programme.models import Room
from app.web import redirects

MISSING_OPTIONS = (("capacity", _l("Capacity")), ("features", _l("Access")))
MAX_DESCRIPTION_LENGTH = 2_000


def feature_choices(every: Sequence[Room]) -> list[tuple[str, str]]:
    """Return the known features, and others that these rooms have."""
    offered = [feature for room in every for feature in room.features.split()]
    return [(one, feature_name(one)) for one in dict.fromkeys([*FEATURES, *offered])]


def get_filters(every: Sequence[Room]) -> Sequence[RowFilter]:
    """Return the filters of the list."""
    access = ListFilter("access", gettext("Access"), feature_choices(every))
    return (
        ordered_listing.usage_filter(),
        RowFilter(access, lambda row, chosen: chosen in row.item.features.split()),
        ordered_listing.missing_filter(MISSING_OPTIONS),
    )


def get_bulk_actions() -> Mapping[str, BulkAction[Room]]:
    """Return the bulk actions by name, those on features for the chosen feature."""
    feature = _requested_feature()
    name, chosen = feature_name(feature), {"feature": feature}
    found = (
        BulkAction[Room](
            "give",
            gettext("Add to selected rooms"),
            lambda num: ngettext(
                "Add “%(feature)s” to %(num)s room?",
                "Add “%(feature)s” to %(num)s rooms?",
                num,
                feature=name,
            ),
            "rooms-changed",
            lambda room: bool(feature) and feature not in room.features.split(),
            lambda room, actor: rooms_and_themes.add_feature(room, feature, actor=actor),
            confirm_label=gettext("Add"),
            hidden_fields=chosen,
        ),
        BulkAction[Room](
            "take",
            gettext("Remove from selected rooms"),
            lambda num: ngettext(
                "Remove “%(feature)s” from %(num)s room?",
                "Remove “%(feature)s” from %(num)s rooms?",
                num,
                feature=name,
            ),
            "rooms-changed",
            lambda room: feature in room.features.split(),
            lambda room, actor: rooms_and_themes.remove_feature(room, feature, actor=actor),
            confirm_label=gettext("Remove"),
            hidden_fields=chosen,
        ),
        ordered_listing.delete_action(
            ROOMS,
            gettext("Delete selected rooms"),
            lambda num: ngettext("Delete %(num)s room?", "Delete %(num)s rooms?", num),
        ),
    )
    return {action.name: action for action in found}


def _requested_feature() -> str:
    """Return the chosen feature, or "" if it is unknown."""
    chosen = request.form.get("feature", "")
    return chosen if chosen and chosen in dict(feature_choices(queries.list_rooms())) else ""


class CapacityField(IntegerField):
    """A number of people; empty if it is not known."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Parse the number; commas are allowed, as in 1,200."""
        typed = "".join(valuelist).replace(",", "").strip()
        self.data = None
        if typed:
            if not (
                typed.isascii() and typed.isdecimal() and len(typed) < len(str(MAX_CAPACITY)) + 1
            ):
                raise ValueError(_l("Enter the capacity as a number, for example 120"))
            self.data = int(typed)


class RoomForm(OrderedForm):
    """Edit a room."""

    labels = ROOM_LABELS

    name = editor_name_field(_l("Name"), _l("The name"), _l("Enter the room’s name"))
    capacity = CapacityField(
        _l("Capacity (optional)"),
        [
            Optional(),
            NumberRange(1, MAX_CAPACITY, _l("Enter a capacity from 1 to 1,000,000")),
        ],
        description=_l("The most people allowed in the room"),
        render_kw={"inputmode": "numeric"},
    )
    description = editor_text_field(
        _l("Description (optional)"),
        _l("The description"),
        _l("Where it is and how to get there"),
        MAX_DESCRIPTION_LENGTH,
    )
    features = CheckboxesField(
        _l("Access"), [one_of_choices(_l("Choose from the list"))], validate_choice=False
    )
    is_illustrative = BooleanField(
        _l("This room is illustrative"),
        description=_l("It is an example, not a real room"),
    )
    notes = notes_field()

    def set_choices(self, item: Room | None = None) -> None:
        """Set the features to choose from: the known ones, and others that the room has."""
        self.features.choices = feature_choices([item] if item else [])


redirects.MESSAGES["admin"] |= {
    "room-added": _l("The room has been added. It will be public when you publish."),
    "room-saved": _l("The room has been saved. Changes will be public when you publish."),
    "room-moved": _l("The order of rooms has been changed. It will be public when you publish."),
    "room-emptied": _l("The sessions have been moved. The change will be public when you publish."),
    "rooms-changed": _l(
        "All selected rooms have been changed. Changes will be public when you publish."
    ),
    "rooms-deleted": _l(
        "All selected items have been deleted. The public site changes when you publish."
    ),
    "room-deleted": _l("The room has been deleted. The public site changes when you publish."),
}

bp = Blueprint("rooms", __name__, url_prefix="/rooms")
ordered_views.register(
    bp,
    _l("Rooms"),
    OrderedSection(
        ROOMS,
        RoomForm,
        ("place", "name", "capacity", "sessions"),
        get_filters,
        get_bulk_actions,
        _l("Select at least one room"),
    ),
)

"""Rooms of the working programme: list, details, form, order and bulk actions."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField
from wtforms.validators import NumberRange, Optional

from app.accounts import guards
from app.admin import bulk_actions, ordered_listing
from app.admin.bulk_actions import BulkAction
from app.admin.edit_form import (
    CheckboxesField,
    EditForm,
    ReassignForm,
    name_field,
    notes_field,
    text_field,
)
from app.admin.listing import ListFilter, translated_options
from app.admin.ordered_listing import OrderedListing, RowFilter
from app.errors import StaleEdit
from app.forms.base import ConfirmForm, validates_own_csrf
from app.forms.validators import one_of_choices
from app.history import queries as history
from app.interchange.importers.rooms_and_themes import MAX_CAPACITY
from app.programme import queries
from app.programme.editing import ordering, rooms
from app.programme.fields.rooms_and_themes import ROOM_FIELDS
from app.programme.labels import FEATURES, feature_name
from app.programme.models import Room
from app.releases import current_release
from app.web import flash
from app.web.rendering import render_page

SORTS = ("place", "name", "capacity", "sessions")
MISSING_OPTIONS = (("capacity", _l("Capacity")), ("features", _l("Access")))


def get_listing() -> OrderedListing[Room]:
    """Return the page of the list that the request asks for."""
    every = queries.list_rooms()
    return ordered_listing.build_listing(
        every, ordering.count_by_id(Room), SORTS, _row_filters(every)
    )


def feature_choices(every: Sequence[Room]) -> list[tuple[str, str]]:
    """Return the known features, and others that these rooms have."""
    offered = [feature for room in every for feature in room.features.split()]
    return [(one, feature_name(one)) for one in dict.fromkeys([*FEATURES, *offered])]


def get_bulk_actions(feature: str = "") -> Mapping[str, BulkAction[Room]]:
    """Return the bulk actions by name, those on features for the chosen feature."""
    name, chosen = feature_name(feature), {"feature": feature}
    found = (
        BulkAction[Room](
            "give",
            gettext("Add to the ticked rooms"),
            lambda num: ngettext(
                "%(feature)s: add it to %(num)s room?",
                "%(feature)s: add it to %(num)s rooms?",
                num,
                feature=name,
            ),
            "rooms-changed",
            lambda room: bool(feature) and feature not in room.features.split(),
            lambda room, actor: rooms.add_feature(room, feature, actor=actor),
            confirm_label=gettext("Add it"),
            hidden_fields=chosen,
        ),
        BulkAction[Room](
            "take",
            gettext("Take from the ticked rooms"),
            lambda num: ngettext(
                "%(feature)s: take it from %(num)s room?",
                "%(feature)s: take it from %(num)s rooms?",
                num,
                feature=name,
            ),
            "rooms-changed",
            lambda room: feature in room.features.split(),
            lambda room, actor: rooms.remove_feature(room, feature, actor=actor),
            confirm_label=gettext("Take it away"),
            hidden_fields=chosen,
        ),
        ordered_listing.delete_action(
            Room,
            gettext("Delete the ticked rooms"),
            lambda num: ngettext("Delete %(num)s room?", "Delete %(num)s rooms?", num),
            "rooms-deleted",
            rooms.delete,
        ),
    )
    return {deed.name: deed for deed in found}


def _row_filters(every: Sequence[Room]) -> Sequence[RowFilter]:
    access = ListFilter("access", gettext("Access"), feature_choices(every))
    lacks = ListFilter("missing", gettext("Without"), translated_options(MISSING_OPTIONS))
    return (
        ordered_listing.usage_filter(),
        RowFilter(access, lambda row, chosen: chosen in row.item.features.split()),
        RowFilter(lacks, lambda row, chosen: not getattr(row.item, chosen)),
    )


MAX_DESCRIPTION_LENGTH = 2_000


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


class RoomForm(EditForm):
    """Edit a room."""

    name = name_field(_l("Name"), _l("The name"), _l("Enter the room’s name"))
    capacity = CapacityField(
        _l("Capacity (optional)"),
        [
            Optional(),
            NumberRange(1, MAX_CAPACITY, _l("Enter a capacity from 1 to 1,000,000")),
        ],
        description=_l("How many people may be in it"),
        render_kw={"inputmode": "numeric"},
    )
    description = text_field(
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
        description=_l("It shows what a room could be like, and is not on record"),
    )
    notes = notes_field()

    def set_choices(self, room: Room | None = None) -> None:
        """Set the features to choose from: the known ones, and others that the room has."""
        self.features.choices = feature_choices([room] if room else [])

    @staticmethod
    def initial_data(room: Room) -> dict[str, Any]:
        """Return the current values of the fields."""
        return {
            "version": str(room.version),
            "name": room.name,
            "capacity": room.capacity,
            "description": room.description,
            "features": room.features.split(),
            "is_illustrative": room.is_illustrative,
            "notes": room.notes,
        }

    def values(self) -> dict[str, Any]:
        """Return the submitted values for saving."""
        return {
            "name": self.name.data,
            "capacity": self.capacity.data,
            "description": self.description.data or "",
            "features": list(self.features.data or ()),
            "is_illustrative": bool(self.is_illustrative.data),
            "notes": self.notes.data or "",
        }


bp = Blueprint("rooms", __name__, url_prefix="/rooms")

flash.MESSAGES["admin"] |= {
    "room-added": _l("The room has been added. Readers see it once you publish."),
    "room-saved": _l("The room has been saved. Readers see it once you publish."),
    "room-moved": _l("The order of rooms has been changed. Readers see it once you publish."),
    "room-emptied": _l("The sessions have been moved. Readers are told once you publish."),
    "rooms-changed": _l("All of them have been changed. Readers see it once you publish."),
    "rooms-deleted": _l("They have been deleted. Readers see it once you publish."),
    "room-deleted": _l("The room has been deleted. Readers see it once you publish."),
    "not-moved": _l("The order is as it was: there is no such place, or it stands there already."),
}


@bp.get("")
def index() -> ResponseReturnValue:
    listing, deeds = get_listing(), get_bulk_actions().values()
    return render_page("admin/rooms/index.html", listing=listing, actions=deeds, form=ConfirmForm())


@bp.post("/_several")
def bulk() -> ResponseReturnValue:
    deed = get_bulk_actions(_requested_feature()).get(request.form.get("deed", ""))
    chosen = rooms.list_by_slug(request.form.getlist("chosen"))
    if deed is None or not chosen:
        return _render_nothing_selected()
    return bulk_actions.confirm_or_run(deed, chosen, bulk_actions.get_back_url(url_for(".index")))


@bp.route("/_add", methods=["GET", "POST"])
@validates_own_csrf
def add() -> ResponseReturnValue:
    form = RoomForm()
    form.set_choices()
    if form.validate_on_submit():
        room = rooms.add(form.values(), actor=guards.current_actor())
        return _redirect(_url(room), "room-added")
    return _render_form(form)


@bp.get("/<slug>")
def show(slug: str) -> ResponseReturnValue:
    room = rooms.get_room(slug)
    return render_page(
        "admin/rooms/show.html",
        room=room,
        place=ordering.get_position(room),
        sessions=ordering.list_sessions_using(room),
        is_public=any(one.slug == slug for one in current_release.get_programme().rooms),
        past=history.list_newest(ROOM_FIELDS.history_subject(room)),
        form=ConfirmForm(),
    )


@bp.route("/<slug>/change", methods=["GET", "POST"])
@validates_own_csrf
def edit(slug: str) -> ResponseReturnValue:
    room = rooms.get_room(slug)
    form = RoomForm(data=RoomForm.initial_data(room))
    form.set_choices(room)
    if form.validate_on_submit():
        try:
            changes = rooms.save(
                room,
                form.values(),
                expected_version=form.expected_version,
                actor=guards.current_actor(),
            )
        except StaleEdit as stale:
            return _render_form(form.rebase_on(stale), room, stale)
        return _redirect(_url(room), "room-saved" if changes else "as-it-was")
    return _render_form(form, room)


@bp.post("/<slug>/move")
def move(slug: str) -> ResponseReturnValue:
    room = rooms.get_room(slug)
    is_moved = rooms.move(room, request.form.get("way", ""), actor=guards.current_actor())
    return _redirect(
        ordered_listing.url_in_listing(room), "room-moved" if is_moved else "not-moved"
    )


@bp.route("/<slug>/empty", methods=["GET", "POST"])
@validates_own_csrf
def reassign(slug: str) -> ResponseReturnValue:
    room = rooms.get_room(slug)
    others = [one for one in queries.list_rooms() if one is not room]
    form = ReassignForm()
    form.to.choices = [(one.slug, one.name) for one in others]
    if form.validate_on_submit():
        rooms.reassign_sessions(room, rooms.get_room(form.to.data), actor=guards.current_actor())
        return _redirect(url_for(".delete", slug=slug), "room-emptied")
    return render_page(
        "admin/rooms/reassign.html",
        status=422 if form.errors else 200,
        form=form,
        room=room,
        sessions=ordering.list_sessions_using(room),
        trail=[(room.name, _url(room))],
    )


@bp.route("/<slug>/delete", methods=["GET", "POST"])
def delete(slug: str) -> ResponseReturnValue:
    room = rooms.get_room(slug)
    if request.method == "POST":
        rooms.delete(room, actor=guards.current_actor())
        return _redirect(url_for(".index"), "room-deleted")
    return render_page(
        "admin/rooms/delete.html",
        room=room,
        sessions=ordering.list_sessions_using(room),
        is_public=any(one.slug == slug for one in current_release.get_programme().rooms),
        has_others=len(queries.list_rooms()) > 1,
        form=ConfirmForm(),
        trail=[(room.name, _url(room))],
    )


def _requested_feature() -> str:
    """Return the chosen feature, or "" if it is not known."""
    chosen = request.form.get("feature", "")
    return chosen if chosen in dict(feature_choices(queries.list_rooms())) else ""


def _render_nothing_selected() -> ResponseReturnValue:
    return bulk_actions.render_nothing_selected(
        "admin/rooms/index.html",
        get_listing(),
        "admin.rooms.index",
        gettext("Tick at least one room first"),
        actions=get_bulk_actions().values(),
    )


def _render_form(
    form: RoomForm, room: Room | None = None, stale: StaleEdit | None = None
) -> ResponseReturnValue:
    """Render the form; with both versions if somebody else has saved meanwhile."""
    return render_page(
        "admin/rooms/form.html",
        status=409 if stale else 422 if form.errors else 200,
        form=form,
        room=room,
        stale=stale,
        back=_url(room) if room else url_for(".index"),
        trail=[(room.name, _url(room))] if room else [],
    )


def _redirect(url: str, message_key: str) -> ResponseReturnValue:
    return redirect(flash.with_flash(url, message_key), 303)


def _url(room: Room) -> str:
    return url_for(".show", slug=room.slug)

"""The rooms of the working programme: the list in their order, a page and a form for each."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.forms import ButtonForm, checks_its_own_token
from app.history import queries as history
from app.organise import at_once, done, edited, ordered
from app.organise.edited import MoveForm
from app.organise.rooms import lists
from app.organise.rooms.forms import RoomForm
from app.programme import queries, releases
from app.programme.editing import order, rooms, uses
from app.programme.editing.edits import Stale
from app.programme.editing.of_rooms import KIND
from app.programme.models import Room
from app.web.pages import page

pages = Blueprint("rooms", __name__, url_prefix="/rooms")


@pages.get("")
def listed() -> ResponseReturnValue:
    listing, deeds = lists.listing(), lists.deeds().values()
    return page("organise/rooms/listed.html", listing=listing, deeds=deeds, form=ButtonForm())


@pages.post("/_several")
def several() -> ResponseReturnValue:
    deed = lists.deeds(_feature()).get(request.form.get("deed", ""))
    chosen = rooms.chosen(request.form.getlist("chosen"))
    if deed is None or not chosen:
        return _none_ticked()
    return at_once.asked(deed, chosen, at_once.back(url_for(".listed")))


@pages.route("/_add", methods=["GET", "POST"])
@checks_its_own_token
def add() -> ResponseReturnValue:
    form = RoomForm()
    form.offer()
    if form.validate_on_submit():
        room = rooms.add(form.values(), who=edited.who())
        return _see(_address(room), "room-added")
    return _asked(form)


@pages.get("/<slug>")
def shown(slug: str) -> ResponseReturnValue:
    room = rooms.room(slug)
    return page(
        "organise/rooms/shown.html",
        room=room,
        place=order.place(room),
        sessions=uses.sessions(room),
        is_public=any(one.slug == slug for one in releases.current().rooms),
        past=history.newest_about(KIND.about(room)),
        form=ButtonForm(),
    )


@pages.route("/<slug>/change", methods=["GET", "POST"])
@checks_its_own_token
def change(slug: str) -> ResponseReturnValue:
    room = rooms.room(slug)
    form = RoomForm(data=RoomForm.shown(room))
    form.offer(room)
    if form.validate_on_submit():
        try:
            made = rooms.save(room, form.values(), seen=form.seen, who=edited.who())
        except Stale as stale:
            return _asked(form.begun_again(stale), room, stale)
        return _see(_address(room), "room-saved" if made else "as-it-was")
    return _asked(form, room)


@pages.post("/<slug>/move")
def move(slug: str) -> ResponseReturnValue:
    room = rooms.room(slug)
    is_moved = rooms.move(room, request.form.get("way", ""), who=edited.who())
    return _see(ordered.address_of(room), "room-moved" if is_moved else "not-moved")


@pages.route("/<slug>/empty", methods=["GET", "POST"])
@checks_its_own_token
def empty(slug: str) -> ResponseReturnValue:
    room = rooms.room(slug)
    others = [one for one in queries.rooms() if one is not room]
    form = MoveForm()
    form.to.choices = [(one.slug, one.name) for one in others]
    if form.validate_on_submit():
        rooms.give_sessions(room, rooms.room(form.to.data), who=edited.who())
        return _see(url_for(".delete", slug=slug), "room-emptied")
    return page(
        "organise/rooms/empty.html",
        status=422 if form.errors else 200,
        form=form,
        room=room,
        sessions=uses.sessions(room),
        trail=[(room.name, _address(room))],
    )


@pages.route("/<slug>/delete", methods=["GET", "POST"])
def delete(slug: str) -> ResponseReturnValue:
    room = rooms.room(slug)
    if request.method == "POST":
        rooms.delete(room, who=edited.who())
        return _see(url_for(".listed"), "room-deleted")
    return page(
        "organise/rooms/delete.html",
        room=room,
        sessions=uses.sessions(room),
        is_public=any(one.slug == slug for one in releases.current().rooms),
        has_others=len(queries.rooms()) > 1,
        form=ButtonForm(),
        trail=[(room.name, _address(room))],
    )


def _feature() -> str:
    """Read which feature was chosen; what no room could offer is none."""
    chosen = request.form.get("feature", "")
    return chosen if chosen in dict(lists.features(queries.rooms())) else ""


def _none_ticked() -> ResponseReturnValue:
    """Show the list once more, and that a room has to be ticked in it first."""
    return at_once.none_ticked(
        "organise/rooms/listed.html",
        lists.listing(),
        "organise.rooms.listed",
        gettext("Tick at least one room first"),
        deeds=lists.deeds().values(),
    )


def _asked(
    form: RoomForm, room: Room | None = None, stale: Stale | None = None
) -> ResponseReturnValue:
    """Show the form, with both versions when somebody else has saved meanwhile."""
    return page(
        "organise/rooms/form.html",
        status=409 if stale else 422 if form.errors else 200,
        form=form,
        room=room,
        stale=stale,
        back=_address(room) if room else url_for(".listed"),
        trail=[(room.name, _address(room))] if room else [],
    )


def _see(address: str, what: str) -> ResponseReturnValue:
    return redirect(done.at(address, what), 303)


def _address(room: Room) -> str:
    return url_for(".shown", slug=room.slug)
